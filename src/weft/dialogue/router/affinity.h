// What words have to do with each other, learned once from dialogues: vectors of words such that
// those used alike lie near each other, and such that what people say lies near the words in which
// a skill that does it describes itself. The table is built by training/affinity. Owned by who read
// it; views the bytes it was read from; immutable, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::dialogue {

inline constexpr std::size_t kAffinityDims = 64;
using WordVector = std::array<float, kAffinityDims>;

struct WeighedWord {
  std::uint32_t hash = 0;  ///< word_hash
  float weight = 1;
};

/// The vectors of one kind: a row for each word, each number in steps of `step`.
struct VectorTable {
  float step = 1;
  std::span<const std::int8_t> rows;
};

class Affinity {
 public:
  /// Bytes that write_affinity wrote. Errors: Reason::invalid_argument.
  static Result<Affinity> read(std::string_view bytes);
  /// The one that weft is shipped with.
  static const Affinity& built_in();

  /// How rare a word is, 0 to 1; 1 where it is unknown.
  float rarity(std::uint32_t word) const;
  /// What the words are about, of length 1; zeros where none is known. Rare words count more.
  WordVector meaning(std::span<const std::string> words) const;
  /// Of what a person says: to be multiplied with what skills offer.
  WordVector asked(std::span<const std::string> words) const;
  /// Of what a skill says of itself.
  WordVector offered(std::span<const WeighedWord> words) const;
  std::size_t words() const { return words_.size(); }

 private:
  static constexpr std::uint32_t kNowhere = ~0U;

  std::vector<std::uint32_t> words_;   ///< hashes, sorted
  std::vector<std::uint32_t> paired_;  ///< of words that have an affinity
  std::vector<std::uint32_t> twos_;    ///< of two neighbours
  std::span<const std::uint8_t> rarity_;
  VectorTable meaning_;
  VectorTable asked_;
  VectorTable offered_;
  VectorTable asked_twos_;
};

/// What a table is written from; rows in the order of the hashes, kAffinityDims numbers each.
struct AffinityParts {
  std::vector<std::uint32_t> words;  ///< sorted
  std::vector<float> rarity;
  std::vector<float> meaning;
  std::vector<std::uint32_t> paired;  ///< sorted; those that have an affinity
  std::vector<float> asked;
  std::vector<float> offered;
  std::vector<std::uint32_t> twos;  ///< sorted
  std::vector<float> asked_twos;
};
std::string write_affinity(const AffinityParts& parts);

/// What two neighbours count in Affinity::asked, where a word counts as much as it is rare.
inline constexpr float kTwosWeight = 0.5F;

float dot(const WordVector& a, const WordVector& b);
/// To length 1; zeros stay.
void normalize(WordVector& vector);

}  // namespace weft::dialogue
