#include "weft/dialogue/router/near.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

#include "weft/dialogue/language/content.h"
#include "weft/dialogue/router/terms.h"

namespace weft::dialogue {
namespace {

/// The cosine of two meanings from which on they are near.
constexpr float kNearLeast = 0.45F;
/// Another word counts as much as its meaning is near, and so much less.
constexpr float kNearLess = 0.2F;
/// A word that is less rare is in every sentence.
constexpr float kRarityLeast = 0.2F;
constexpr std::size_t kCacheMax = 4096;
constexpr std::size_t kLanes = 8;
static_assert(kAffinityDims % kLanes == 0);

bool is_zero(const WordVector& vector) { return dot(vector, vector) < 0.5F; }

/// The same as dot(), in sums beside each other: every word of every skill is looked at.
float cosine_of(const WordVector& a, const WordVector& b) {
  std::array<float, kLanes> sums{};
  for (std::size_t i = 0; i < kAffinityDims; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float out = 0;
  for (const float each : sums) out += each;
  return out;
}

}  // namespace

NearWords::NearWords(std::vector<CountedWord> counted, std::size_t skills, const Affinity& affinity)
    : affinity_(&affinity), skills_(skills) {
  std::ranges::sort(counted, {}, [](const CountedWord& each) {
    return std::pair<std::string_view, std::uint32_t>(each.word, each.skill);
  });
  for (std::size_t i = 0; i < counted.size();) {
    const std::string& word = counted[i].word;
    const std::uint32_t hash = word_hash(word);
    Word made{.hash = hash, .begin = static_cast<std::uint32_t>(postings_.size())};
    const std::size_t first = i;
    for (; i < counted.size() && counted[i].word == word; ++i)
      postings_.push_back({.skill = counted[i].skill, .weight = counted[i].weight});
    made.end = static_cast<std::uint32_t>(postings_.size());
    const auto holders = static_cast<float>(i - first);
    made.idf = std::log(1 + (static_cast<float>(skills) - holders + 0.5F) / (holders + 0.5F));
    if (affinity.rarity(hash) < kRarityLeast || !is_content_word(word)) {
      postings_.resize(made.begin);
      continue;
    }
    words_.push_back(made);
    meanings_.push_back(affinity.meaning(std::span(&word, 1)));
  }
}

std::vector<NearWords::Near> NearWords::look(const std::string& word) const {
  std::vector<Near> out;
  const std::uint32_t hash = word_hash(word);
  const WordVector meaning = affinity_->meaning(std::span(&word, 1));
  const bool known = !is_zero(meaning);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    const auto place = static_cast<std::uint32_t>(i);
    if (words_[i].hash == hash) {
      out.push_back({.word = place, .gain = 1});
    } else if (const float cosine = known ? cosine_of(meaning, meanings_[i]) : 0;
               cosine > kNearLeast) {
      out.push_back({.word = place, .gain = cosine - kNearLess});
    }
  }
  return out;
}

NearWords::Neighbours NearWords::near(const std::string& word) const {
  const std::uint32_t hash = word_hash(word);
  {
    const std::lock_guard lock(cache_->mutex);
    if (const auto at = cache_->near.find(hash); at != cache_->near.end()) return at->second;
  }
  auto found = std::make_shared<const std::vector<Near>>(look(word));
  const std::lock_guard lock(cache_->mutex);
  if (cache_->near.size() >= kCacheMax) cache_->near.clear();
  cache_->near.insert_or_assign(hash, found);
  return found;
}

NearWords::Sums NearWords::sums(std::span<const std::string> utterance) const {
  Sums out{.shared = std::vector<float>(skills_, 0), .near = std::vector<float>(skills_, 0)};
  std::vector<float> shared(skills_, 0);
  std::vector<float> near(skills_, 0);
  std::vector<std::uint32_t> touched;
  float square = 0;
  for (const std::string& word : utterance) {
    const float rarity = affinity_->rarity(word_hash(word));
    if (rarity < kRarityLeast || !is_content_word(word)) continue;
    square += rarity * rarity;
    touched.clear();
    const Neighbours found = this->near(word);
    for (const Near& each : *found) {
      const Word& its = words_[each.word];
      for (std::uint32_t i = its.begin; i < its.end; ++i) {
        const auto [skill, weight] = postings_[i];
        if (shared[skill] == 0) touched.push_back(skill);
        shared[skill] = std::max(shared[skill], each.gain * weight);
        if (each.gain < 1) near[skill] = std::max(near[skill], each.gain * weight * its.idf);
      }
    }
    for (const std::uint32_t skill : touched) {
      out.shared[skill] += rarity * std::exchange(shared[skill], 0);
      out.near[skill] += rarity * std::exchange(near[skill], 0);
    }
  }
  if (square == 0) return out;
  for (std::vector<float>* sums : {&out.shared, &out.near}) {
    for (float& each : *sums) each /= std::sqrt(square);
  }
  return out;
}

std::size_t NearWords::bytes() const {
  return words_.size() * (sizeof(Word) + sizeof(WordVector)) + postings_.size() * sizeof(Posting);
}

}  // namespace weft::dialogue
