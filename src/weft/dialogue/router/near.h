// Which words of skills mean what a person says, or nearly ("taxi" for "cab"), by the meanings of
// the affinity table. Owned by the matcher; immutable but for a cache, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "weft/dialogue/router/affinity.h"

namespace weft::dialogue {

/// A word of a skill, once for each skill.
struct CountedWord {
  std::string word;
  std::uint32_t skill = 0;
  float weight = 0;  ///< what it counts there
};

class NearWords {
 public:
  /// `affinity` outlives it.
  NearWords(std::vector<CountedWord> counted, std::size_t skills, const Affinity& affinity);

  /// Sums over the words of an utterance, of each skill; they do not grow with its length.
  struct Sums {
    /// Of the same words and near ones, each as much as it is rare in what people say: what skill
    /// and utterance have in common, however many skills there are.
    std::vector<float> shared;
    /// Of near ones alone, each as much as few skills have it.
    std::vector<float> near;
  };
  Sums sums(std::span<const std::string> utterance) const;
  std::size_t bytes() const;

 private:
  struct Word {
    std::uint32_t hash = 0;
    float idf = 0;
    std::uint32_t begin = 0;  ///< in postings_, up to `end`
    std::uint32_t end = 0;
  };
  struct Posting {
    std::uint32_t skill = 0;
    float weight = 0;
  };
  /// One that means the same has 1 for a gain.
  struct Near {
    std::uint32_t word = 0;
    float gain = 0;
  };
  using Neighbours = std::shared_ptr<const std::vector<Near>>;
  Neighbours near(const std::string& word) const;
  std::vector<Near> look(const std::string& word) const;

  const Affinity* affinity_;
  std::vector<Word> words_;
  std::vector<WordVector> meanings_;  ///< of each word; zeros where it is not known
  std::vector<Posting> postings_;
  std::size_t skills_;
  /// Of words that were asked about lately.
  struct Cache {
    std::mutex mutex;
    std::unordered_map<std::uint32_t, Neighbours> near;
  };
  std::unique_ptr<Cache> cache_ = std::make_unique<Cache>();
};

}  // namespace weft::dialogue
