// Dividing rows for cross-validation. Owned by the worker; pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft::ml::xgboost {

struct Fold {
  std::vector<int> train;
  std::vector<int> validation;
};

/// `repeats` times `folds` of them: in each repeat every row is for validation exactly once. With
/// classes (labels that are whole numbers) each fold has its share of each. The same seed gives the
/// same folds.
std::vector<Fold> folds_of(std::span<const float> labels, bool classes, std::int64_t folds,
                           std::int64_t repeats, std::uint64_t seed);

}  // namespace weft::ml::xgboost
