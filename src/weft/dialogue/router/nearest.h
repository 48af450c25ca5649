// How near an utterance is to the nearest of the examples, by words and neighbours in common. Owned
// by whoever made it; immutable, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "weft/dialogue/router/features.h"

namespace weft::dialogue {

class NearestExample {
 public:
  explicit NearestExample(std::span<const Utterance> examples);

  /// The cosine between the two: 1 for an example itself, 0 where no word is known. Words that very
  /// many examples have do not count in what is common.
  float cosine(const Utterance& utterance) const;
  std::size_t bytes() const;

 private:
  struct Posting {
    std::uint32_t example;
    float weight;  ///< of an example of length 1
  };
  struct Term {
    float idf = 0;
    std::uint32_t begin = 0;  ///< in postings_, up to `end`
    std::uint32_t end = 0;
  };

  std::unordered_map<std::uint32_t, Term> terms_;
  std::vector<Posting> postings_;
  std::size_t examples_ = 0;
  float unseen_ = 1;
};

}  // namespace weft::dialogue
