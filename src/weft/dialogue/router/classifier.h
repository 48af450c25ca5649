// Which of several classes an utterance belongs to: one linear support vector machine for each
// class against the others (L2-regularised squared hinge loss), trained by dual coordinate descent
// (Hsieh et al., ICML 2008), over the utterance's features and what its words are about. Owned by
// whoever trained it; immutable, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "weft/dialogue/router/affinity.h"
#include "weft/dialogue/router/features.h"

namespace weft::dialogue {

class Classifier {
 public:
  /// An example and its label each; labels are below `classes`. The same examples in the same order
  /// give the same classifier. `affinity` outlives it.
  static Classifier train(std::span<const Utterance> examples, std::span<const std::size_t> labels,
                          std::size_t classes, const Affinity& affinity);

  /// A margin for each class; the larger the surer, 1 and more for what it was trained on. What was
  /// not seen in training speaks against every class: -1 for each when nothing was.
  std::vector<float> scores(const Utterance& utterance) const;
  std::size_t classes() const { return biases_.size(); }
  std::size_t bytes() const;

 private:
  struct Weight {
    std::uint16_t label;
    std::int16_t value;  ///< times the class's scale
  };
  struct Known {
    float idf;
    std::uint32_t begin;  ///< in weights_, up to the next one's
    std::uint32_t end;
  };
  friend class Training;

  std::unordered_map<std::uint32_t, Known> known_;
  std::vector<Weight> weights_;
  std::vector<float> scales_;
  std::vector<float> biases_;
  std::vector<WordVector> meanings_;  ///< weights of what the words are about, of each class
  const Affinity* affinity_ = nullptr;
  float meaning_length_ = 0;
  float unseen_ = 1;  ///< how rare what was never seen is
};

}  // namespace weft::dialogue
