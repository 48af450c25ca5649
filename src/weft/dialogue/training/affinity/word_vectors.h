// Vectors of words from the company that they keep: skip-gram with negative sampling (Mikolov et
// al., NIPS 2013). Owned by the training of affinities; one thread.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace weft::dialogue {

struct Sentence {
  std::vector<std::string> words;
  std::size_t window = 2;  ///< so far apart two words are company, at most
};

/// Words by how often they occur, most often first.
struct Vocabulary {
  std::vector<std::string> words;
  std::vector<std::size_t> counts;
  std::size_t total = 0;  ///< of all counts
};
/// Those that occur at least `count_min` times, and `known` ones that occur.
Vocabulary vocabulary_of(std::span<const Sentence> sentences, std::size_t count_min,
                         const std::set<std::string>& known);

/// A row of kAffinityDims for each word. The same sentences give the same vectors.
std::vector<float> train_word_vectors(std::span<const Sentence> sentences,
                                      const Vocabulary& vocabulary);

}  // namespace weft::dialogue
