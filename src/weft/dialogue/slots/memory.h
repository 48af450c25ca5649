// What a conversation has established, form by form. Owned by one conversation, one thread at a
// time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/acts/guess.h"
#include "weft/dialogue/acts/move.h"
#include "weft/dialogue/slots/filler.h"

namespace weft::dialogue {

struct FormMemory {
  bool begun = false;                ///< the person has spoken of it
  std::optional<std::size_t> skill;  ///< that runs; begun without one: it has ended
  std::optional<std::size_t> last_skill;
  std::vector<std::string> values;     ///< by slot; empty: not filled
  std::vector<std::string> told;       ///< by the system in its last turn, if that was of this form
  std::vector<std::string> offered;    ///< by the system, last of all
  std::vector<bool> offered_as_offer;  ///< and not as an answer
  /// By slot: how likely a value was given that was not taken over.
  std::vector<float> doubt;
  std::vector<bool> asked;       ///< in its last turn
  std::vector<bool> confirming;  ///< in its last turn
  std::vector<std::size_t> requested;
  Entity entity;  ///< the result that the last offer is of
  std::vector<Entity> results;
};

class Memory {
 public:
  Memory(std::span<const PreparedForm> forms, const Vocabulary& vocabulary);

  /// Before each utterance of the person but the first.
  void hear(const SystemTurn& turn);

  const PreparedForm& form(std::size_t at) const { return forms_[at]; }
  std::size_t size() const { return forms_.size(); }
  FormMemory& of(std::size_t at) { return memories_[at]; }
  const FormMemory& of(std::size_t at) const { return memories_[at]; }
  const SystemTurn& last() const { return last_; }
  std::uint32_t acts_of(std::size_t form) const { return form == last_.form ? last_.acts() : 0; }
  /// What the filler must know, with `skill` running.
  std::vector<SlotContext> contexts(std::size_t form, std::optional<std::size_t> skill) const;
  const KnownValues& known() const { return known_; }
  const Vocabulary& vocabulary() const { return *vocabulary_; }

 private:
  void infer_skill(const SystemTurn& turn);
  void note(std::size_t form, std::size_t slot, std::string_view value);

  std::span<const PreparedForm> forms_;
  const Vocabulary* vocabulary_;
  std::vector<FormMemory> memories_;
  SystemTurn last_;
  KnownValues known_;
};

}  // namespace weft::dialogue
