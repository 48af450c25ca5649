// What is seen of an utterance: counts of its words, of pairs of words near each other, and of
// pieces of words, by hash. Owned by dialogue; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/router/terms.h"

namespace weft::dialogue {

struct Feature {
  std::uint32_t hash = 0;
  float value = 0;
  Kind kind = Kind::word;
  friend bool operator==(const Feature&, const Feature&) = default;
};

/// Sorted by hash, each once, with 1 + ln(count) for a value. Of hashes some collide, which costs
/// nothing that was measured.
std::vector<Feature> features_of(std::span<const std::string> words);

/// An utterance as the router reads it: at most kUtteranceWordsMax words.
struct Utterance {
  std::vector<std::string> words;
  std::vector<Feature> features;
};
Utterance read_utterance(std::string_view text);

}  // namespace weft::dialogue
