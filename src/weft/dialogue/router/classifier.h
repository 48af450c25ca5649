// Which of several classes a text belongs to: one linear support vector machine for each class
// against the others (L2-regularised squared hinge loss), trained by dual coordinate descent
// (Hsieh et al., ICML 2008). Owned by whoever trained it; immutable, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "weft/dialogue/router/features.h"

namespace weft::dialogue {

struct Example {
  std::string text;
  std::size_t label = 0;
};

class Classifier {
 public:
  /// Labels are below `classes`. The same examples in the same order give the same classifier.
  static Classifier train(std::span<const Example> examples, std::size_t classes);

  /// A margin for each class; the larger the surer, 1 and more for what it was trained on. What was
  /// not seen in training speaks against every class: -1 for each when nothing was.
  std::vector<float> scores(std::string_view text) const;
  std::size_t classes() const { return biases_.size(); }
  std::size_t bytes() const;

 private:
  struct Weight {
    std::uint16_t label;
    std::int16_t value;  ///< times scale_
  };
  struct Known {
    float idf;
    std::uint32_t begin;  ///< in weights_, up to the next one's
    std::uint32_t end;
  };
  friend class Training;

  std::unordered_map<std::uint32_t, Known> known_;
  std::vector<Weight> weights_;
  std::vector<float> biases_;
  float scale_ = 1;
  float unseen_ = 1;  ///< how rare what was never seen is
};

}  // namespace weft::dialogue
