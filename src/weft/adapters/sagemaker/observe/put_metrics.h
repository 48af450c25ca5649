// The points of a PutMetricData request. Owned by adapters/sagemaker; pure.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {

struct NewPoint {
  ml::MetricKey key;
  double value = 0;
  std::int64_t at_ms = 0;
  std::size_t times = 1;  ///< so often it counts
};

/// All of them, or an error that names the first that is wrong: a namespace of AWS's, a time too
/// far off, a value that is none, what weft does not keep.
std::expected<std::vector<NewPoint>, AwsError> points_of(const json::object& input,
                                                         const std::string& owner,
                                                         std::int64_t now_ms);

}  // namespace weft::adapters::sagemaker
