// Keeps what a person wants, turn by turn: the running skill of each form, the values of its slots,
// what was asked to be told. Owned by one conversation, one thread at a time; the model is shared.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "weft/dialogue/slots/memory.h"
#include "weft/dialogue/slots/questions.h"

namespace weft::dialogue {

/// What a turn did to a form.
struct FormChange {
  std::size_t form = 0;
  bool opened = false;  ///< another skill runs, or the same one once more
  std::vector<Filling> fillings;
  std::vector<Carried> carried;
};

struct TurnChange {
  ActGuess acts{};
  std::vector<FormChange> forms;
};

class Tracker {
 public:
  Tracker(const LinearModel& model, std::span<const PreparedForm> forms,
          const Vocabulary& vocabulary)
      : model_(model), memory_(forms, vocabulary) {}

  void hear(const SystemTurn& turn) { memory_.hear(turn); }
  /// The person spoke, of these forms.
  TurnChange listen(std::string_view utterance, std::span<const Value> values,
                    std::span<const std::size_t> forms);

  const Memory& memory() const { return memory_; }
  Memory& memory() { return memory_; }

 private:
  bool choose_skill(std::size_t form, const Heard& heard);
  std::vector<Filling> fill(std::size_t form, std::string_view utterance,
                            std::span<const Value> values, bool opened);
  std::vector<Carried> carry(std::size_t form, std::optional<std::size_t> before,
                             const std::vector<bool>& filled, const Heard& heard);
  void note_requests(std::size_t form, const Heard& heard);

  const LinearModel& model_;
  Memory memory_;
};

}  // namespace weft::dialogue
