// One training run of BlazingText, as SageMaker's container does it: channels `train` and
// `validation`, early stopping, accuracies in the log; `model.bin` for texts, `vectors.bin` and
// `vectors.txt` for words. Owned by the worker; one thread.
#pragma once

#include "weft/ml/worker/training_view.h"

namespace weft::ml::blazingtext {

/// Errors: Reason::invalid_argument for what the job's maker can mend (a hyper-parameter, a broken
/// line with its file and number, no data), else Reason::internal or Reason::storage_full.
Result<void> train(const worker::TrainingView& view, const worker::TrainingWatch& watch);

}  // namespace weft::ml::blazingtext
