// One training run of XGBoost, as SageMaker's container does it: channels `train` and `validation`,
// scores in the log, early stopping, checkpoints, cross-validation, `xgboost-model`. Owned by the
// worker; one thread.
#pragma once

#include "weft/ml/worker/training_view.h"

namespace weft::ml::xgboost {

using worker::TrainingWatch;

/// Errors: Reason::invalid_argument for what the job's maker can mend (a hyper-parameter, a broken
/// row with file, line and column, no data), else Reason::internal.
Result<void> train(const worker::TrainingView& view, const TrainingWatch& watch);

}  // namespace weft::ml::xgboost
