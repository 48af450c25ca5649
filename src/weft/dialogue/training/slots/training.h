// Learns the weights of slot filling and tracking from recorded dialogues with their states. Owned
// by whoever trains.
#pragma once

#include "weft/dialogue/replay/fill.h"
#include "weft/dialogue/training/slots/ftrl.h"

namespace weft::dialogue {

class SlotsTraining {
 public:
  SlotsTraining(const SgdServices& services, const Vocabulary& vocabulary, unsigned bits,
                Ftrl::Pace pace, Extract extract)
      : original_(services),
        services_(services),
        vocabulary_(vocabulary),
        learner_(bits, pace),
        extract_(std::move(extract)) {}

  /// First all dialogues for what people do, then all for the rest, which builds on it.
  void learn_acts(const SgdDialogue& dialogue);
  void learn_slots(const SgdDialogue& dialogue);
  LinearModel finish() const { return learner_.finish(); }

 private:
  void hide_words();
  SgdDialogue with_strange_names(SgdDialogue dialogue);
  static SgdDialogue in_small_letters(SgdDialogue dialogue);
  void learn_dialogue(const SgdDialogue& dialogue);
  void learn_turn(const SgdTurn& turn, Memory& memory);
  void learn_frame(const SgdTurn& turn, const SgdFrame& frame, std::size_t form, Heard heard,
                   Memory& memory);
  void learn_fillings(const SgdTurn& turn, const SgdFrame& frame, std::size_t form, Memory& memory);
  void learn_others(const SgdTurn& turn, const Heard& heard, const Memory& memory);
  ActGuess guess(std::span<const Token> tokens, std::uint32_t system_acts);

  const SgdServices& original_;
  SgdServices services_;  ///< the same with some words hidden
  std::uint64_t random_ = 20;
  const Vocabulary& vocabulary_;
  Ftrl learner_;
  Extract extract_;
  Features features_;
};

}  // namespace weft::dialogue
