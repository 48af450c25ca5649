#include "weft/ml/serving/choice.h"

#include <algorithm>
#include <cmath>

#include "weft/base/result.h"

namespace weft::ml {
namespace {

constexpr double kUnits = 1e6;
/// So that the sum of them all stays far from what a number can be.
constexpr double kWeightMax = 1e15;

}  // namespace

void SmoothChoice::set(std::span<const double> weights) {
  WEFT_ASSERT(weights.size() <= 32);
  shares_.assign(weights.size(), Share());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > 0) {
      shares_[i].weight =
          std::llround(std::clamp(std::round(weights[i] * kUnits), 1.0, kWeightMax));
    }
  }
}

std::optional<std::size_t> SmoothChoice::next(std::uint32_t among) {
  std::optional<std::size_t> best;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    Share& share = shares_[i];
    if ((among >> i & 1) == 0 || share.weight == 0) continue;
    share.owed += share.weight;
    sum += share.weight;
    if (!best || share.owed > shares_[*best].owed) best = i;
  }
  if (best) shares_[*best].owed -= sum;
  return best;
}

}  // namespace weft::ml
