#include "weft/dialogue/router/nearest.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft::dialogue {
namespace {

/// More examples than these of a word are not looked at.
constexpr std::size_t kPostingsMax = 1000;

bool counts(const Feature& feature) {
  return feature.kind == Kind::word || feature.kind == Kind::two;
}

float idf_of(std::size_t examples, std::size_t holders) {
  return std::log(static_cast<float>(1 + examples) / static_cast<float>(1 + holders)) + 1;
}

}  // namespace

NearestExample::NearestExample(std::span<const Utterance> examples) : examples_(examples.size()) {
  for (const Utterance& example : examples) {
    for (const Feature& each : example.features) {
      if (counts(each)) ++terms_[each.hash].end;
    }
  }
  std::uint32_t begin = 0;
  for (auto& [hash, term] : terms_) {
    const std::uint32_t holders = term.end;
    term.idf = idf_of(examples_, holders);
    term.begin = term.end = begin;
    begin += holders;
  }
  unseen_ = idf_of(examples_, 0);
  postings_.resize(begin);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    float square = 0;
    for (const Feature& each : examples[i].features) {
      if (!counts(each)) continue;
      const float value = each.value * terms_.at(each.hash).idf;
      square += value * value;
    }
    for (const Feature& each : examples[i].features) {
      if (!counts(each)) continue;
      Term& term = terms_.at(each.hash);
      postings_[term.end++] = {.example = static_cast<std::uint32_t>(i),
                               .weight = each.value * term.idf / std::sqrt(square)};
    }
  }
}

float NearestExample::cosine(const Utterance& utterance) const {
  float square = 0;
  std::vector<std::pair<std::uint32_t, float>> common;
  for (const Feature& each : utterance.features) {
    if (!counts(each)) continue;
    const auto at = terms_.find(each.hash);
    const float value = each.value * (at == terms_.end() ? unseen_ : at->second.idf);
    square += value * value;
    if (at == terms_.end() || at->second.end - at->second.begin > kPostingsMax) continue;
    for (std::uint32_t i = at->second.begin; i < at->second.end; ++i)
      common.emplace_back(postings_[i].example, value * postings_[i].weight);
  }
  if (common.empty()) return 0;
  std::vector<float> sums(examples_, 0);
  float best = 0;
  for (const auto& [example, value] : common) best = std::max(best, sums[example] += value);
  return best / std::sqrt(square);
}

std::size_t NearestExample::bytes() const {
  return postings_.size() * sizeof(Posting) +
         terms_.size() * (sizeof(std::pair<const std::uint32_t, Term>) + 2 * sizeof(void*));
}

}  // namespace weft::dialogue
