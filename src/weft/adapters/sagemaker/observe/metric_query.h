// What is asked of metrics and what is answered, as CloudWatch writes them. Owned by
// adapters/sagemaker; pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {

/// A stretch of time in periods: from `begin_ms`, rounded down to one, up to `end_ms`.
struct MetricTimes {
  std::int64_t begin_ms = 0;
  std::int64_t end_ms = 0;
  std::int64_t period_s = 60;
};

/// `StartTime` and `EndTime` of the input. Errors: none, no times, the wrong way round; a period
/// that is neither 1, 5, 10, 20, 30 nor minutes.
std::expected<MetricTimes, AwsError> metric_times(const json::object& input, std::int64_t period_s);
/// `[{Name, Value}]`. Errors: a name twice.
std::expected<ml::Dimensions, AwsError> dimensions_of(const json::object& object);
json::array dimensions_json(const ml::Dimensions& dimensions);

enum class Statistic : std::uint8_t { average, sum, minimum, maximum, count };
/// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`; nothing for another.
std::optional<Statistic> statistic_from(std::string_view word);
double value_of(const ml::MetricSum& sum, Statistic statistic);

/// What the values of a metric are counted in: as it was said, or as SageMaker's own are.
std::string unit_of(const ml::MetricKey& key);
/// A point in time of an answer: seconds, with milliseconds.
json::value metric_time(std::int64_t unix_ms);

std::unexpected<AwsError> wrong_value(std::string message);
std::unexpected<AwsError> wrong_combination(std::string message);

}  // namespace weft::adapters::sagemaker
