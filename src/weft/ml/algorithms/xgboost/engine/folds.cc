#include "weft/ml/algorithms/xgboost/engine/folds.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

namespace weft::ml::xgboost {
namespace {

/// The standard leaves open how its shuffle uses the random numbers.
void shuffle(std::vector<int>& rows, std::mt19937_64& random) {
  for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random() % i]);
}

}  // namespace

std::vector<Fold> folds_of(std::span<const float> labels, bool classes, std::int64_t folds,
                           std::int64_t repeats, std::uint64_t seed) {
  std::map<std::int64_t, std::vector<int>> groups;
  for (std::size_t row = 0; row < labels.size(); ++row)
    groups[classes ? std::llround(labels[row]) : 0].push_back(static_cast<int>(row));
  std::mt19937_64 random(seed);
  std::vector<Fold> out;
  std::vector<std::int64_t> fold_of(labels.size());
  for (std::int64_t repeat = 0; repeat < repeats; ++repeat) {
    // Dealt out in turn, one group behind the other: no fold gets two rows more than another.
    std::int64_t turn = 0;
    for (auto& [name, rows] : groups) {
      shuffle(rows, random);
      for (const int row : rows) fold_of[static_cast<std::size_t>(row)] = turn++ % folds;
    }
    for (std::int64_t fold = 0; fold < folds; ++fold) {
      Fold made;
      for (std::size_t row = 0; row < labels.size(); ++row)
        (fold_of[row] == fold ? made.validation : made.train).push_back(static_cast<int>(row));
      out.push_back(std::move(made));
    }
  }
  return out;
}

}  // namespace weft::ml::xgboost
