// The metrics that SageMaker's container adds to libxgboost's own, as scikit-learn defines them.
// Owned by the worker; pure.
#pragma once

#include <span>
#include <string_view>

#include "weft/base/result.h"

namespace weft::ml::xgboost {

/// What was predicted, before the objective's transformation: `width` margins for each row.
struct Margins {
  std::span<const float> values;
  std::size_t width = 1;
};

/// One margin says class 1 when it is above 0; of several the highest names the class. Errors: a
/// metric of two classes for more of them.
Result<double> own_metric(std::string_view name, Margins margins, std::span<const float> labels);

}  // namespace weft::ml::xgboost
