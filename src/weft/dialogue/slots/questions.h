// What the tracker asks the linear model beside the filler's pairs: which skill, whether it ends,
// what the person wants to know, which values are taken over. Owned by dialogue; pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "weft/dialogue/slots/memory.h"

namespace weft::dialogue {

/// An utterance and what was made of it so far.
struct Heard {
  std::span<const Token> tokens;
  ActGuess acts{};
  bool other_form = false;  ///< it speaks of another form, too
};

/// A value that a slot could take over from what was said before.
struct Carried {
  std::size_t slot = 0;
  std::string value;
  enum class Source : std::uint8_t { told, offered, state, elsewhere_offered, entity };
  Source source = Source::told;
  std::size_t form = 0;       ///< where it is from
  std::size_t from_slot = 0;  ///< of that form
};

/// Whether this skill begins (or begins again) with the utterance.
void describe_skill(const Memory& memory, std::size_t form, std::size_t skill, const Heard& heard,
                    Features& out);
/// Whether the running skill ends with it.
void describe_end(const Memory& memory, std::size_t form, const Heard& heard, Features& out);
/// Whether the person asks what this slot is.
void describe_request(const Memory& memory, std::size_t form, std::size_t slot, const Heard& heard,
                      Features& out);

/// Of the form itself (what the system told or offered), and of other forms.
std::vector<Carried> carried_of(const Memory& memory, std::size_t form);
/// Whether it is taken over. `skill` runs from now on; `filled`: slots the utterance itself filled.
void describe_carried(const Memory& memory, std::size_t form, const Carried& carried,
                      std::optional<std::size_t> skill, const std::vector<bool>& filled,
                      const Heard& heard, Features& out);

}  // namespace weft::dialogue
