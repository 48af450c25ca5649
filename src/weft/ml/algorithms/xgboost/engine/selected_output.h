// SAGEMAKER_INFERENCE_OUTPUT: answers that say more than the score, as SageMaker's container has
// them. Owned by the worker; pure.
#pragma once

#include <string>
#include <vector>

#include "weft/base/json.h"
#include "weft/ml/algorithms/xgboost/engine/library.h"
#include "weft/ml/tabular/requests.h"

namespace weft::ml::xgboost {

/// What a model says of itself.
struct ModelFacts {
  std::string objective;
  std::uint64_t features = 0;
  std::int64_t classes = 0;
  std::vector<std::string> feature_names;
};

Result<ModelFacts> facts_of(Booster& booster);

class SelectedOutput {
 public:
  /// `predicted_label, probability`: `predicted_label`, `labels`, `probability`, `probabilities`,
  /// `raw_score`, `raw_scores`, `predicted_score`. Errors: a key that is none, or an objective that
  /// has none of them.
  static Result<SelectedOutput> create(std::string_view keys, const ModelFacts& facts);
  /// As write_scores(), with the keys in the place of `score`.
  Result<Answer> write(std::string_view accept, Scores scores) const;

 private:
  SelectedOutput(std::vector<std::string> keys, ModelFacts facts)
      : keys_(std::move(keys)), facts_(std::move(facts)) {}
  json::value value_of(std::string_view key, std::span<const float> scores) const;

  std::vector<std::string> keys_;
  ModelFacts facts_;
};

}  // namespace weft::ml::xgboost
