#include "weft/dialogue/router/features.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/router/words.h"

namespace weft::dialogue {
namespace {

/// Pairs of words at most so far apart count, in either order.
constexpr std::size_t kPairWindow = 8;
/// Pieces of words, their edges included, of so many bytes.
constexpr std::size_t kPieceMin = 2;
constexpr std::size_t kPieceMax = 5;

enum class Kind : std::uint8_t { word = 1, two = 2, pair = 3, piece = 4 };

/// FNV-1a over the kind and the bytes, folded and mixed.
class Hash {
 public:
  explicit Hash(Kind kind) { add(static_cast<char>(kind)); }
  Hash& add(char c) {
    state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return *this;
  }
  Hash& add(std::string_view text) {
    for (const char c : text) add(c);
    return *this;
  }
  std::uint32_t get() const {
    std::uint64_t mixed = state_ ^ (state_ >> 32);
    mixed *= 0x9e3779b97f4a7c15ULL;
    return static_cast<std::uint32_t>(mixed >> 32);
  }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

void add_pieces(std::vector<std::uint32_t>& out, const std::string& word) {
  const std::string edged = " " + word + " ";
  for (std::size_t at = 0; at < edged.size(); ++at) {
    Hash hash(Kind::piece);
    for (std::size_t size = 1; size <= kPieceMax && at + size <= edged.size(); ++size) {
      hash.add(edged[at + size - 1]);
      if (size >= kPieceMin) out.push_back(hash.get());
    }
  }
}

void add_pairs(std::vector<std::uint32_t>& out, const std::vector<std::string>& words,
               std::size_t at) {
  const std::size_t end = std::min(words.size(), at + 1 + kPairWindow);
  for (std::size_t other = at + 1; other < end; ++other) {
    const auto& [first, second] = std::minmax(words[at], words[other]);
    out.push_back(Hash(Kind::pair).add(first).add(' ').add(second).get());
  }
}

}  // namespace

std::vector<Feature> features_of(std::string_view utterance) {
  std::vector<std::string> words = words_of(utterance);
  if (words.size() > kUtteranceWordsMax) words.resize(kUtteranceWordsMax);
  std::vector<std::uint32_t> hashes;
  for (std::size_t i = 0; i < words.size(); ++i) {
    hashes.push_back(Hash(Kind::word).add(words[i]).get());
    if (i + 1 < words.size())
      hashes.push_back(Hash(Kind::two).add(words[i]).add(' ').add(words[i + 1]).get());
    add_pairs(hashes, words, i);
    add_pieces(hashes, words[i]);
  }
  std::ranges::sort(hashes);
  std::vector<Feature> out;
  for (std::size_t i = 0; i < hashes.size();) {
    std::size_t end = i;
    while (end < hashes.size() && hashes[end] == hashes[i]) ++end;
    out.push_back({hashes[i], 1 + std::log(static_cast<float>(end - i))});
    i = end;
  }
  return out;
}

}  // namespace weft::dialogue
