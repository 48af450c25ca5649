// Between SGD's words and weft's: what a recorded turn is to the tracker. Owned by whoever replays.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/replay/sgd.h"
#include "weft/dialogue/slots/memory.h"

namespace weft::dialogue {

/// The forms of a schema, ready to be tracked.
class SgdServices {
 public:
  SgdServices(std::vector<Form> forms, const Vocabulary& vocabulary);

  std::span<const PreparedForm> forms() const { return forms_; }
  std::span<PreparedForm> forms() { return forms_; }
  std::optional<std::size_t> find(std::string_view service) const;

 private:
  std::vector<PreparedForm> forms_;
  std::map<std::string, std::size_t, std::less<>> numbers_;
};

/// Nothing when its service is not of the schema.
std::optional<SystemTurn> system_turn_of(const SgdTurn& turn, const SgdServices& services);
/// The forms that a turn of the user speaks of: those already begun first.
std::vector<std::size_t> forms_of(const SgdTurn& turn, const SgdServices& services,
                                  const Memory& memory);
/// The recorded state in place of the tracker's own.
void put_state(const SgdState& state, std::size_t form, Memory& memory);
/// What the user did, as recorded.
ActGuess acts_of(const SgdTurn& turn);

inline constexpr std::string_view kNoIntent = "NONE";

}  // namespace weft::dialogue
