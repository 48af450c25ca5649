// Which skill an utterance asks for, from what skills say of themselves alone: words and pieces of
// words that both have (BM25), words that mean nearly the same, and the affinity of their words.
// Owned by whoever made it; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "weft/dialogue/router/affinity.h"
#include "weft/dialogue/router/features.h"
#include "weft/dialogue/router/near.h"
#include "weft/dialogue/router/skill.h"

namespace weft::dialogue {

/// What makes up a score: the affinity counts this often, words and pieces in common once.
inline constexpr float kAffinityWeight = 10;

/// The words of a skill for Affinity::offered, of length 1. Those of its name and description count
/// more than those of its parameters.
std::vector<WeighedWord> weighed_words(const SkillWords& skill, const Affinity& affinity);

/// BM25 over the fields of skills, of words or of pieces of words.
class FieldIndex {
 public:
  FieldIndex(std::span<const SkillWords> skills, Kind kind);

  /// Adds to each skill's score; 0 where it has nothing of the utterance. Does not grow with the
  /// length of the utterance.
  void add_scores(const Utterance& utterance, std::span<float> scores) const;
  std::size_t bytes() const;

 private:
  struct Posting {
    std::uint32_t skill;
    float weight;
  };
  struct Term {
    float idf = 0;
    std::uint32_t begin = 0;  ///< in postings_, up to `end`
    std::uint32_t end = 0;
  };
  void index(std::vector<std::unordered_map<std::uint32_t, float>> counts);

  Kind kind_;
  std::unordered_map<std::uint32_t, Term> terms_;
  std::vector<Posting> postings_;
};

/// Of each skill.
struct Matches {
  std::vector<float> scores;  ///< the logarithm of odds between skills, 0 and less where none fits
  std::vector<float> shared;  ///< what words of both, or near ones, are of it
};

class Matcher {
 public:
  Matcher(std::span<const SkillWords> skills, const Affinity& affinity);

  Matches matches(const Utterance& utterance) const;
  std::size_t bytes() const;

 private:
  const Affinity* affinity_;  ///< outlives this
  FieldIndex words_;
  FieldIndex pieces_;
  NearWords near_;
  std::vector<WordVector> offered_;
};

}  // namespace weft::dialogue
