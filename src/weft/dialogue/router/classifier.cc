#include "weft/dialogue/router/classifier.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <random>

#include "weft/base/result.h"
#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

constexpr float kCost = 2.0F;
/// An example of the class itself costs more, since there are few.
constexpr float kCostOfOwn = 4 * kCost;
/// More of them change no answer that was measured.
constexpr int kRoundsMax = 10;
/// A class is trained once no example's gradient is larger.
constexpr float kGradientEnough = 0.05F;
/// Of the class's largest weight: what is smaller says nothing.
constexpr float kWeightLeast = 1e-3F;
/// What is rare counts more, though not as much more as it is rarer.
constexpr float kIdfPower = 0.6F;
/// The length of what the words are about, where that of the features is 1: this with so many
/// examples of a class or fewer, less with more, since those then say it better.
constexpr float kMeaningLength = 0.6F;
constexpr float kMeaningExamples = 15;
constexpr std::uint64_t kSeed = 20;

struct Cell {
  std::uint32_t feature;
  float value;
};

struct Row {
  std::vector<Cell> cells;
  WordVector meaning;
  float square;  ///< of its length
};

float idf_of(std::size_t examples, std::size_t holders) {
  const float ratio = static_cast<float>(1 + examples) / static_cast<float>(1 + holders);
  return std::pow(std::log(ratio) + 1, kIdfPower);
}

float meaning_length(std::size_t examples, std::size_t classes) {
  const auto each = static_cast<float>(examples) / static_cast<float>(classes);
  return each > kMeaningExamples ? kMeaningLength * std::sqrt(kMeaningExamples / each)
                                 : kMeaningLength;
}

WordVector meaning_of(const Affinity& affinity, const Utterance& utterance, float length) {
  WordVector out = affinity.meaning(utterance.words);
  for (float& each : out) each *= length;
  return out;
}

}  // namespace

/// One training; the examples as rows of known features.
class Training {
 public:
  Training(std::span<const Utterance> examples, std::span<const std::size_t> labels,
           std::size_t classes, const Affinity& affinity)
      : classes_(classes),
        affinity_(affinity),
        labels_(labels),
        meaning_length_(meaning_length(examples.size(), classes)) {
    std::vector<std::size_t> holders;
    for (const Utterance& example : examples) {
      for (const Feature& each : example.features) {
        const auto [at, added] =
            numbers_.try_emplace(each.hash, static_cast<std::uint32_t>(holders.size()));
        if (added) holders.push_back(0);
        ++holders[at->second];
      }
    }
    idf_.reserve(holders.size());
    for (const std::size_t held : holders) idf_.push_back(idf_of(examples.size(), held));
    rows_.reserve(examples.size());
    for (const Utterance& example : examples) rows_.push_back(row_of(example));
  }

  Classifier run() {
    Classifier out;
    out.affinity_ = &affinity_;
    out.meaning_length_ = meaning_length_;
    out.unseen_ = idf_of(rows_.size(), 0);
    std::vector<std::vector<Classifier::Weight>> weights(idf_.size());
    for (std::size_t label = 0; label < classes_; ++label) {
      train_class(label);
      out.biases_.push_back(bias_);
      out.meanings_.push_back(about_);
      out.scales_.push_back(keep(static_cast<std::uint16_t>(label), weights));
    }
    pack(weights, out);
    return out;
  }

 private:
  Row row_of(const Utterance& utterance) const {
    Row row;
    row.cells.reserve(utterance.features.size());
    float square = 0;
    for (const Feature& each : utterance.features) {
      const std::uint32_t feature = numbers_.at(each.hash);
      const float value = each.value * idf_[feature];
      row.cells.push_back({feature, value});
      square += value * value;
    }
    const float length = square > 0 ? std::sqrt(square) : 1;
    for (Cell& cell : row.cells) cell.value /= length;
    row.meaning = meaning_of(affinity_, utterance, meaning_length_);
    row.square = (square > 0 ? 1.0F : 0.0F) + dot(row.meaning, row.meaning);
    return row;
  }

  float margin(const Row& row) const {
    float sum = bias_ + dot(about_, row.meaning);
    for (const Cell& cell : row.cells) sum += w_[cell.feature] * cell.value;
    return sum;
  }

  void add(const Row& row, float step) {
    for (const Cell& cell : row.cells) w_[cell.feature] += step * cell.value;
    for (std::size_t i = 0; i < kAffinityDims; ++i) about_[i] += step * row.meaning[i];
    bias_ += step;
  }

  void train_class(std::size_t label) {
    w_.assign(idf_.size(), 0);
    about_ = {};
    bias_ = 0;
    alpha_.assign(rows_.size(), 0);
    std::vector<std::uint32_t> order(rows_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::mt19937_64 random(kSeed + label);
    std::size_t active = order.size();
    for (int round = 0; round < kRoundsMax; ++round) {
      float worst = 0;
      for (std::size_t i = 0; i + 1 < active; ++i)
        std::swap(order[i], order[i + random() % (active - i)]);
      for (std::size_t i = 0; i < active; ++i) {
        const std::uint32_t at = order[i];
        const bool own = labels_[at] == label;
        const float sign = own ? 1.0F : -1.0F;
        const float diagonal = 1 / (2 * (own ? kCostOfOwn : kCost));
        const float gradient = sign * margin(rows_[at]) - 1 + diagonal * alpha_[at];
        if (alpha_[at] == 0 && gradient >= 0) {
          // Well beyond the margin: not looked at again until all else is in order.
          if (round > 0 && gradient > worst) {
            std::swap(order[i], order[--active]);
            --i;
          }
          continue;
        }
        worst = std::max(worst, std::abs(gradient));
        // The bias is one feature more.
        const float curve = rows_[at].square + 1 + diagonal;
        const float next = std::max(alpha_[at] - gradient / curve, 0.0F);
        add(rows_[at], (next - alpha_[at]) * sign);
        alpha_[at] = next;
      }
      if (worst > kGradientEnough) continue;
      if (active == order.size()) return;
      active = order.size();
    }
  }

  /// Of the class's weights those that say something; returns their scale.
  float keep(std::uint16_t label, std::vector<std::vector<Classifier::Weight>>& weights) const {
    float largest = 0;
    for (const float each : w_) largest = std::max(largest, std::abs(each));
    if (largest == 0) largest = 1;
    const float scale = largest / static_cast<float>(std::numeric_limits<std::int16_t>::max());
    for (std::uint32_t feature = 0; feature < w_.size(); ++feature) {
      if (std::abs(w_[feature]) < largest * kWeightLeast) continue;
      weights[feature].push_back(
          {.label = label, .value = static_cast<std::int16_t>(std::lround(w_[feature] / scale))});
    }
    return scale;
  }

  /// By feature, since few of them are in what is asked.
  void pack(const std::vector<std::vector<Classifier::Weight>>& weights, Classifier& out) const {
    std::vector<std::uint32_t> begins{0};
    begins.reserve(weights.size() + 1);
    for (const auto& each : weights)
      begins.push_back(begins.back() + static_cast<std::uint32_t>(each.size()));
    out.weights_.reserve(begins.back());
    for (const auto& each : weights)
      out.weights_.insert(out.weights_.end(), each.begin(), each.end());
    out.known_.reserve(numbers_.size());
    for (const auto& [hash, feature] : numbers_)
      out.known_.emplace(
          hash, Classifier::Known{
                    .idf = idf_[feature], .begin = begins[feature], .end = begins[feature + 1]});
  }

  std::size_t classes_;
  const Affinity& affinity_;
  std::span<const std::size_t> labels_;
  float meaning_length_;
  std::unordered_map<std::uint32_t, std::uint32_t> numbers_;
  std::vector<float> idf_;
  std::vector<Row> rows_;
  std::vector<float> alpha_;
  std::vector<float> w_;
  WordVector about_{};
  float bias_ = 0;
};

Classifier Classifier::train(std::span<const Utterance> examples,
                             std::span<const std::size_t> labels, std::size_t classes,
                             const Affinity& affinity) {
  WEFT_ASSERT(classes <= kRoutedSkillsMax && examples.size() == labels.size());
  return Training(examples, labels, classes, affinity).run();
}

std::vector<float> Classifier::scores(const Utterance& utterance) const {
  std::vector<float> out(biases_.size(), 0);
  float seen = 0;
  float square = 0;
  for (const Feature& each : utterance.features) {
    const auto at = known_.find(each.hash);
    const bool known = at != known_.end();
    const float value = each.value * (known ? at->second.idf : unseen_);
    square += value * value;
    if (!known) continue;
    seen += value * value;
    for (std::uint32_t i = at->second.begin; i < at->second.end; ++i)
      out[weights_[i].label] += value * static_cast<float>(weights_[i].value);
  }
  const float factor = square > 0 ? 1 / std::sqrt(square) : 0;
  const float covered = square > 0 ? std::sqrt(seen / square) : 0;
  const WordVector meaning = meaning_of(*affinity_, utterance, meaning_length_);
  for (std::size_t label = 0; label < out.size(); ++label)
    out[label] = out[label] * factor * scales_[label] + dot(meaning, meanings_[label]) +
                 (biases_[label] + 1) * covered - 1;
  return out;
}

std::size_t Classifier::bytes() const {
  // A node of the map is its entry and a pointer, a bucket one more.
  return weights_.size() * sizeof(Weight) +
         biases_.size() * (2 * sizeof(float) + sizeof(WordVector)) +
         known_.size() * (sizeof(std::pair<const std::uint32_t, Known>) + 2 * sizeof(void*));
}

}  // namespace weft::dialogue
