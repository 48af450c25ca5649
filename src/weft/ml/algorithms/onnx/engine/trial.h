// Values to try a model with when it is loaded. Owned by the worker; one thread.
#pragma once

#include "weft/ml/algorithms/onnx/engine/library.h"

namespace weft::ml::onnx {

/// Runs the model once, so that the first request finds everything configured: zeros, a row where
/// the first dimension is of any size. False when no values were found that it takes.
bool warm_up(Session& session);

/// Whether rows that are asked about together are answered as they are alone: every input and
/// output begins with a dimension of any size, and runs of one, two, and those three rows say the
/// same. Not so for a sequence whose first dimension is time, or where chance plays a part.
bool rows_stand_alone(Session& session);

}  // namespace weft::ml::onnx
