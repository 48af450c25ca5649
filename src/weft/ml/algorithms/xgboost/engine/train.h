// One training run of XGBoost, as SageMaker's container does it: channels `train` and `validation`,
// scores in the log, early stopping, checkpoints, cross-validation, `xgboost-model`. Owned by the
// worker; one thread.
#pragma once

#include <atomic>
#include <functional>

#include "weft/ml/worker/training_view.h"

namespace weft::ml::xgboost {

/// What the one who runs it wants to know meanwhile.
struct TrainingWatch {
  /// Rounds done, of how many.
  std::function<void(std::int64_t, std::int64_t)> progress = [](auto, auto) {};
  /// Asked after each round: somebody wants it to end now.
  std::function<bool()> stopped = [] { return false; };
};

/// Errors: Reason::invalid_argument for what the job's maker can mend (a hyper-parameter, a broken
/// row with file, line and column, no data), else Reason::internal.
Result<void> train(const worker::TrainingView& view, const TrainingWatch& watch);

}  // namespace weft::ml::xgboost
