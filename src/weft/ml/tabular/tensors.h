// Rows of a table as tensors of the Open Inference Protocol. Owned by ml; pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "weft/ml/tabular/requests.h"
#include "weft/wire/oip.h"

namespace weft::ml {

/// One tensor [rows, columns] (or [columns]: one row) of numbers, or one [rows] or [rows, 1] for
/// each of `names` (the model's features). Errors: Reason::invalid_argument naming the tensor.
Result<Rows> rows_of(const wire::OipRequest& request, std::span<const std::string> names);

/// `predictions`: FP32 [rows] or [rows, width].
wire::OipTensor tensor_of(Scores scores);

}  // namespace weft::ml
