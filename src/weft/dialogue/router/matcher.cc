#include "weft/dialogue/router/matcher.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace weft::dialogue {
namespace {

/// What a word counts in each field.
constexpr std::array<float, kFields> kFieldWeights{2, 2, 0.5F, 0.3F, 1};
/// A field of more words counts as one of so many: five hundred parameters do not drown a name.
constexpr float kFieldWords = 200;
/// BM25's own constants, as is usual.
constexpr float kSaturation = 1.2F;
constexpr float kLength = 0.5F;
/// What a word that means the same would count, beside one that is the same.
constexpr float kNearWeight = 1;
/// What the share of the sentence that a skill has words for counts.
constexpr float kSharedWeight = 2;
/// A common word says something, too.
constexpr float kRarityLeast = 0.05F;

using Counts = std::unordered_map<std::uint32_t, float>;

/// What one word of a field counts, of so many words there.
float field_weight(std::size_t field, std::size_t words) {
  const auto length = static_cast<float>(std::max<std::size_t>(words, 1));
  return kFieldWeights[field] * std::min(1.0F, kFieldWords / length);
}

Counts counts_of(const SkillWords& skill, Kind kind) {
  Counts out;
  for (std::size_t field = 0; field < kFields; ++field) {
    const float weight = field_weight(field, skill.fields[field].size());
    for (const std::string& word : skill.fields[field]) {
      for (const Feature& each : features_of(std::span(&word, 1))) {
        if (each.kind == kind) out[each.hash] += weight * std::exp(each.value - 1);
      }
    }
  }
  return out;
}

std::vector<Counts> counts_of(std::span<const SkillWords> skills, Kind kind) {
  std::vector<Counts> out;
  out.reserve(skills.size());
  for (const SkillWords& skill : skills) out.push_back(counts_of(skill, kind));
  return out;
}

/// BM25's weight of a count in a skill of this length, where the mean is 1.
float saturated(float count, float length) {
  const float saturation = kSaturation * (1 - kLength + kLength * length);
  return count * (kSaturation + 1) / (count + saturation);
}

/// The same of one word in each skill, for words that mean nearly the same.
std::vector<CountedWord> counted_words(std::span<const SkillWords> skills) {
  // Of each word, the skills in their order.
  std::unordered_map<std::string_view, std::vector<std::pair<std::uint32_t, float>>> counts;
  std::vector<float> lengths(skills.size(), 0);
  for (std::uint32_t skill = 0; skill < skills.size(); ++skill) {
    for (std::size_t field = 0; field < kFields; ++field) {
      const auto& words = skills[skill].fields[field];
      const float weight = field_weight(field, words.size());
      for (const std::string& word : words) {
        auto& holders = counts[word];
        if (holders.empty() || holders.back().first != skill) holders.emplace_back(skill, 0.0F);
        holders.back().second += weight;
        lengths[skill] += weight;
      }
    }
  }
  const float mean = std::reduce(lengths.begin(), lengths.end(), 0.0F) /
                     std::max(static_cast<float>(skills.size()), 1.0F);
  std::vector<CountedWord> out;
  for (const auto& [word, holders] : counts) {
    for (const auto& [skill, said] : holders) {
      const float length = mean > 0 ? lengths[skill] / mean : 1;
      out.push_back({.word = std::string(word), .skill = skill, .weight = saturated(said, length)});
    }
  }
  return out;
}

float sum_of(const Counts& counts) {
  float sum = 0;
  // In the order of hashes: a sum of floats depends on its order.
  const std::map<std::uint32_t, float> sorted(counts.begin(), counts.end());
  for (const auto& [hash, count] : sorted) sum += count;
  return sum;
}

}  // namespace

std::vector<WeighedWord> weighed_words(const SkillWords& skill, const Affinity& affinity) {
  std::map<std::uint32_t, float> weights;
  for (std::size_t field = 0; field < kFields; ++field) {
    const std::vector<std::string>& words = skill.fields[field];
    const float weight = kFieldWeights[field] / std::sqrt(static_cast<float>(words.size()));
    for (const std::string& word : words) {
      const std::uint32_t hash = word_hash(word);
      weights[hash] += weight * std::max(affinity.rarity(hash), kRarityLeast);
    }
  }
  // The root of each, and the whole of length 1.
  float square = 0;
  for (const auto& [hash, weight] : weights) square += weight;
  std::vector<WeighedWord> out;
  out.reserve(weights.size());
  for (const auto& [hash, weight] : weights)
    out.push_back({.hash = hash, .weight = std::sqrt(weight / square)});
  return out;
}

FieldIndex::FieldIndex(std::span<const SkillWords> skills, Kind kind) : kind_(kind) {
  index(counts_of(skills, kind));
}

void FieldIndex::index(std::vector<Counts> counts) {
  std::vector<float> lengths;
  lengths.reserve(counts.size());
  for (const Counts& each : counts) {
    lengths.push_back(sum_of(each));
    for (const auto& [hash, count] : each) ++terms_[hash].end;
  }
  const auto skills = static_cast<float>(counts.size());
  const float mean = std::reduce(lengths.begin(), lengths.end(), 0.0F) / std::max(skills, 1.0F);
  std::uint32_t begin = 0;
  for (auto& [hash, term] : terms_) {
    const auto holders = static_cast<float>(term.end);
    term.idf = std::log(1 + (skills - holders + 0.5F) / (holders + 0.5F));
    begin += std::exchange(term.end, begin);
    term.begin = term.end;
  }
  postings_.resize(begin);
  for (std::size_t skill = 0; skill < counts.size(); ++skill) {
    const float length = mean > 0 ? lengths[skill] / mean : 1;
    for (const auto& [hash, count] : counts[skill]) {
      Term& term = terms_.at(hash);
      const float weight = saturated(count, length);
      postings_[term.end++] = {.skill = static_cast<std::uint32_t>(skill),
                               .weight = weight * term.idf};
    }
  }
}

void FieldIndex::add_scores(const Utterance& utterance, std::span<float> scores) const {
  float square = 0;
  std::vector<const Term*> found;
  for (const Feature& each : utterance.features) {
    if (each.kind != kind_) continue;
    const auto at = terms_.find(each.hash);
    square += at == terms_.end() ? 1 : at->second.idf * at->second.idf;
    if (at != terms_.end()) found.push_back(&at->second);
  }
  if (found.empty()) return;
  const float length = std::sqrt(square);
  for (const Term* term : found) {
    for (std::uint32_t i = term->begin; i < term->end; ++i)
      scores[postings_[i].skill] += postings_[i].weight / length;
  }
}

std::size_t FieldIndex::bytes() const {
  return postings_.size() * sizeof(Posting) +
         terms_.size() * (sizeof(std::pair<const std::uint32_t, Term>) + 2 * sizeof(void*));
}

Matcher::Matcher(std::span<const SkillWords> skills, const Affinity& affinity)
    : affinity_(&affinity),
      words_(skills, Kind::word),
      pieces_(skills, Kind::piece),
      near_(counted_words(skills), skills.size(), affinity) {
  offered_.reserve(skills.size());
  for (const SkillWords& skill : skills)
    offered_.push_back(affinity.offered(weighed_words(skill, affinity)));
}

Matches Matcher::matches(const Utterance& utterance) const {
  NearWords::Sums sums = near_.sums(utterance.words);
  Matches out{.scores = std::vector<float>(offered_.size(), 0), .shared = std::move(sums.shared)};
  words_.add_scores(utterance, out.scores);
  pieces_.add_scores(utterance, out.scores);
  const WordVector asked = affinity_->asked(utterance.words);
  for (std::size_t skill = 0; skill < out.scores.size(); ++skill) {
    out.scores[skill] += kNearWeight * sums.near[skill] + kSharedWeight * out.shared[skill];
    out.scores[skill] += kAffinityWeight * dot(asked, offered_[skill]);
  }
  return out;
}

std::size_t Matcher::bytes() const {
  return words_.bytes() + pieces_.bytes() + near_.bytes() + offered_.size() * sizeof(WordVector);
}

}  // namespace weft::dialogue
