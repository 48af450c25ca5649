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
constexpr int kRoundsMax = 30;
/// A class is trained once no example's gradient is larger.
constexpr float kGradientEnough = 0.05F;
/// Of the largest weight: what is smaller says nothing.
constexpr float kWeightLeast = 1e-4F;
constexpr std::uint64_t kSeed = 20;

struct Cell {
  std::uint32_t feature;
  float value;
};

}  // namespace

/// One training; the examples as rows of known features.
class Training {
 public:
  Training(std::span<const Example> examples, std::size_t classes) : classes_(classes) {
    std::vector<std::vector<Feature>> all;
    all.reserve(examples.size());
    labels_.reserve(examples.size());
    std::vector<std::size_t> holders;
    for (const Example& example : examples) {
      all.push_back(features_of(example.text));
      labels_.push_back(example.label);
      for (const Feature& each : all.back()) {
        const auto [at, added] =
            numbers_.try_emplace(each.hash, static_cast<std::uint32_t>(holders.size()));
        if (added) holders.push_back(0);
        ++holders[at->second];
      }
    }
    const auto count = static_cast<float>(examples.size());
    idf_.reserve(holders.size());
    for (const std::size_t held : holders)
      idf_.push_back(std::log((1 + count) / (1 + static_cast<float>(held))) + 1);
    rows_.reserve(all.size());
    for (const auto& features : all) rows_.push_back(row_of(features));
  }

  Classifier run() {
    std::vector<std::vector<Cell>> weights(classes_);
    Classifier out;
    out.biases_.assign(classes_, -1);
    float largest = 0;
    for (std::size_t label = 0; label < classes_; ++label) {
      train_class(label);
      out.biases_[label] = bias_;
      for (std::uint32_t feature = 0; feature < w_.size(); ++feature) {
        if (w_[feature] == 0) continue;
        weights[label].push_back({feature, w_[feature]});
        largest = std::max(largest, std::abs(w_[feature]));
      }
    }
    out.unseen_ = std::log(1 + static_cast<float>(rows_.size())) + 1;
    pack(weights, largest, out);
    return out;
  }

 private:
  std::vector<Cell> row_of(const std::vector<Feature>& features) const {
    std::vector<Cell> row;
    row.reserve(features.size());
    float square = 0;
    for (const Feature& each : features) {
      const std::uint32_t feature = numbers_.at(each.hash);
      const float value = each.value * idf_[feature];
      row.push_back({feature, value});
      square += value * value;
    }
    const float length = square > 0 ? std::sqrt(square) : 1;
    for (Cell& cell : row) cell.value /= length;
    return row;
  }

  float margin(const std::vector<Cell>& row) const {
    float sum = bias_;
    for (const Cell& cell : row) sum += w_[cell.feature] * cell.value;
    return sum;
  }

  void train_class(std::size_t label) {
    w_.assign(idf_.size(), 0);
    bias_ = 0;
    std::vector<float> alpha(rows_.size(), 0);
    std::vector<std::uint32_t> order(rows_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::mt19937_64 random(kSeed + label);
    constexpr float kDiagonal = 1 / (2 * kCost);
    // Rows have length 1 (or 0), and the bias is one feature more.
    constexpr float kCurve = 2 + kDiagonal;
    std::size_t active = order.size();
    for (int round = 0; round < kRoundsMax; ++round) {
      float worst = 0;
      for (std::size_t i = 0; i + 1 < active; ++i)
        std::swap(order[i], order[i + random() % (active - i)]);
      for (std::size_t i = 0; i < active; ++i) {
        const std::uint32_t at = order[i];
        const float sign = labels_[at] == label ? 1.0F : -1.0F;
        const float gradient = sign * margin(rows_[at]) - 1 + kDiagonal * alpha[at];
        if (alpha[at] == 0 && gradient >= 0) {
          // Well beyond the margin: not looked at again until all else is in order.
          if (round > 0 && gradient > worst) {
            std::swap(order[i], order[--active]);
            --i;
          }
          continue;
        }
        worst = std::max(worst, std::abs(gradient));
        const float next = std::max(alpha[at] - gradient / kCurve, 0.0F);
        const float step = (next - alpha[at]) * sign;
        alpha[at] = next;
        for (const Cell& cell : rows_[at]) w_[cell.feature] += step * cell.value;
        bias_ += step;
      }
      if (worst > kGradientEnough) continue;
      if (active == order.size()) return;
      active = order.size();
    }
  }

  /// By feature, since few of them are in what is asked.
  void pack(const std::vector<std::vector<Cell>>& weights, float largest, Classifier& out) const {
    if (largest == 0) largest = 1;
    constexpr float kSteps = std::numeric_limits<std::int16_t>::max();
    out.scale_ = largest / kSteps;
    std::vector<std::uint32_t> begins(idf_.size() + 1, 0);
    const auto counts = [&](const Cell& cell) {
      return std::abs(cell.value) >= largest * kWeightLeast;
    };
    for (const auto& row : weights) {
      for (const Cell& cell : row) begins[cell.feature + 1] += counts(cell) ? 1 : 0;
    }
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    out.weights_.resize(begins.back());
    std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
    for (std::size_t label = 0; label < weights.size(); ++label) {
      for (const Cell& cell : weights[label]) {
        if (!counts(cell)) continue;
        out.weights_[next[cell.feature]++] = {
            .label = static_cast<std::uint16_t>(label),
            .value = static_cast<std::int16_t>(std::lround(cell.value / out.scale_))};
      }
    }
    out.known_.reserve(numbers_.size());
    for (const auto& [hash, feature] : numbers_)
      out.known_.emplace(
          hash, Classifier::Known{
                    .idf = idf_[feature], .begin = begins[feature], .end = begins[feature + 1]});
  }

  std::size_t classes_;
  std::vector<std::size_t> labels_;
  std::unordered_map<std::uint32_t, std::uint32_t> numbers_;
  std::vector<float> idf_;
  std::vector<std::vector<Cell>> rows_;
  std::vector<float> w_;
  float bias_ = 0;
};

Classifier Classifier::train(std::span<const Example> examples, std::size_t classes) {
  WEFT_ASSERT(classes <= kRoutedSkillsMax && examples.size() <= kExamplesMax);
  return Training(examples, classes).run();
}

std::vector<float> Classifier::scores(std::string_view text) const {
  std::vector<float> out(biases_.size(), 0);
  float seen = 0;
  float square = 0;
  for (const Feature& each : features_of(text)) {
    const auto at = known_.find(each.hash);
    const bool known = at != known_.end();
    const float value = each.value * (known ? at->second.idf : unseen_);
    square += value * value;
    if (!known) continue;
    seen += value * value;
    for (std::uint32_t i = at->second.begin; i < at->second.end; ++i)
      out[weights_[i].label] += value * static_cast<float>(weights_[i].value);
  }
  const float factor = square > 0 ? scale_ / std::sqrt(square) : 0;
  const float covered = square > 0 ? std::sqrt(seen / square) : 0;
  for (std::size_t label = 0; label < out.size(); ++label)
    out[label] = out[label] * factor + (biases_[label] + 1) * covered - 1;
  return out;
}

std::size_t Classifier::bytes() const {
  // A node of the map is its entry and a pointer, a bucket one more.
  return weights_.size() * sizeof(Weight) + biases_.size() * sizeof(float) +
         known_.size() * (sizeof(std::pair<const std::uint32_t, Known>) + 2 * sizeof(void*));
}

}  // namespace weft::dialogue
