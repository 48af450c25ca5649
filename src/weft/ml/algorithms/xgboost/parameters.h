// The hyper-parameters of SageMaker's XGBoost, and what a job's come to. Owned by ml; pure: the
// engine that trains with them is in a process of its own (engine/).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/ml/algorithms/hyperparameters.h"

namespace weft::ml::xgboost {

std::span<const Hyperparameter> hyperparameters();

/// What a job is to do.
struct Plan {
  std::int64_t rounds = 0;
  std::int64_t early_stopping_rounds = 0;  ///< 0: never
  std::int64_t folds = 0;                  ///< 0: no cross-validation
  std::int64_t fold_repeats = 1;
  bool weights_in_csv = false;  ///< of the channel `train` alone
  /// Whether a run that is stopped leaves the model it has by then.
  bool save_on_termination = false;
  /// For the booster, in this order; `eval_metric` may come several times.
  std::vector<std::pair<std::string, std::string>> parameters;
  /// Metrics that the engine does not know itself (metrics.h of the engine).
  std::vector<std::string> own_metrics;
  /// The metric that early stopping watches; empty: the last one there is.
  std::string watched_metric;
  std::string objective;
  std::int64_t classes = 0;
  /// Whether rows, columns or trees are sampled: a run that is taken up again may then differ.
  bool samples = false;
  /// The random state, for the folds.
  std::int64_t seed = 0;
};

/// Errors as check_hyperparameters() has them, and those of values that do not go together.
Result<Plan> plan_of(const Given& given);

/// Whether a higher value of the metric is better.
bool higher_is_better(std::string_view metric);
/// Whether a name is a metric of this container's own (`accuracy`, `f1`, `mse` …).
bool is_own_metric(std::string_view name);

}  // namespace weft::ml::xgboost
