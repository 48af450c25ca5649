// Rows of a table as tensors of the Open Inference Protocol. Owned by ml; pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "weft/base/json.h"
#include "weft/ml/tabular/requests.h"
#include "weft/wire/oip.h"

namespace weft::ml {

/// One tensor [rows, columns] (or [columns]: one row) of numbers, or one [rows] or [rows, 1] for
/// each of `names` (the model's features). Errors: Reason::invalid_argument naming the tensor.
Result<Rows> rows_of(const wire::OipRequest& request, std::span<const std::string> names);

/// What a model of tables says of its answers: `predictions`, FP32 [-1] or [-1, width].
json::object predictions_port(std::size_t width);
/// `predictions`: FP32 [rows] or [rows, width].
wire::OipTensor tensor_of(Scores scores);

}  // namespace weft::ml
