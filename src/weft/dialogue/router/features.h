// What a classifier sees of an utterance: counts of its words, of pairs of words near each other,
// and of pieces of words, by hash. Owned by dialogue; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::dialogue {

struct Feature {
  std::uint32_t hash = 0;
  float value = 0;
  friend bool operator==(const Feature&, const Feature&) = default;
};

/// Sorted by hash, each once, with 1 + ln(count) for a value. Of hashes some collide, which costs
/// nothing that was measured.
std::vector<Feature> features_of(std::string_view utterance);

}  // namespace weft::dialogue
