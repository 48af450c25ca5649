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
constexpr std::size_t kPieceMax = 4;

struct Term {
  std::uint32_t hash;
  Kind kind;
};

void add_pieces(std::vector<Term>& out, const std::string& word) {
  const std::string edged = " " + word + " ";
  for (std::size_t at = 0; at < edged.size(); ++at) {
    TermHash hash(Kind::piece);
    for (std::size_t size = 1; size <= kPieceMax && at + size <= edged.size(); ++size) {
      hash.add(edged[at + size - 1]);
      if (size >= kPieceMin) out.push_back({hash.get(), Kind::piece});
    }
  }
}

void add_pairs(std::vector<Term>& out, std::span<const std::string> words, std::size_t at) {
  const std::size_t end = std::min(words.size(), at + 1 + kPairWindow);
  for (std::size_t other = at + 1; other < end; ++other) {
    const auto& [first, second] = std::minmax(words[at], words[other]);
    out.push_back({TermHash(Kind::pair).add(first).add(' ').add(second).get(), Kind::pair});
  }
}

}  // namespace

std::vector<Feature> features_of(std::span<const std::string> words) {
  std::vector<Term> terms;
  terms.reserve(words.size() * 32);
  for (std::size_t i = 0; i < words.size(); ++i) {
    terms.push_back({word_hash(words[i]), Kind::word});
    if (i + 1 < words.size()) terms.push_back({two_hash(words[i], words[i + 1]), Kind::two});
    add_pairs(terms, words, i);
    add_pieces(terms, words[i]);
  }
  std::ranges::sort(terms, {}, &Term::hash);
  std::vector<Feature> out;
  out.reserve(terms.size());
  for (std::size_t i = 0; i < terms.size();) {
    std::size_t end = i;
    while (end < terms.size() && terms[end].hash == terms[i].hash) ++end;
    out.push_back({terms[i].hash, 1 + std::log(static_cast<float>(end - i)), terms[i].kind});
    i = end;
  }
  return out;
}

Utterance read_utterance(std::string_view text) {
  Utterance out;
  out.words = words_of(text);
  if (out.words.size() > kUtteranceWordsMax) out.words.resize(kUtteranceWordsMax);
  out.features = features_of(out.words);
  return out;
}

}  // namespace weft::dialogue
