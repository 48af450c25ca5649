#include "weft/adapters/sagemaker/observe/metric_query.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "weft/adapters/sagemaker/aws/times.h"

namespace weft::adapters::sagemaker {
namespace {

std::optional<std::int64_t> time_ms(const json::object& input, std::string_view key) {
  const json::value* value = json::find(input, key);
  if (value == nullptr) return std::nullopt;
  std::optional<double> seconds = json::number_at(input, key);
  if (value->is_string()) seconds = from_iso8601(value->get_string());
  // Beyond the year 9999 it is none that anybody means.
  constexpr double kSecondsMax = 253'402'300'800;
  if (!seconds || !std::isfinite(*seconds) || *seconds < 0 || *seconds > kSecondsMax)
    return std::nullopt;
  return std::llround(*seconds * 1'000);
}

bool is_period(std::int64_t seconds) {
  constexpr std::int64_t kShort[] = {1, 5, 10, 20, 30};
  return (seconds > 0 && seconds % 60 == 0) ||
         std::ranges::find(kShort, seconds) != std::end(kShort);
}

std::unexpected<AwsError> wrong(std::string_view code, std::string message) {
  return std::unexpected(AwsError{
      .status = 400, .code = std::string(code), .message = std::move(message), .more = {}});
}

}  // namespace

std::unexpected<AwsError> wrong_value(std::string message) {
  return wrong("InvalidParameterValueException", std::move(message));
}

std::unexpected<AwsError> wrong_combination(std::string message) {
  return wrong("InvalidParameterCombinationException", std::move(message));
}

std::expected<MetricTimes, AwsError> metric_times(const json::object& input,
                                                  std::int64_t period_s) {
  const auto begin = time_ms(input, "StartTime");
  const auto end = time_ms(input, "EndTime");
  if (!begin || !end) return wrong_value("StartTime and EndTime have to be points in time");
  if (*begin >= *end)
    return wrong_value("The parameter StartTime must be less than the parameter EndTime.");
  if (!is_period(period_s)) {
    return wrong_value(std::format(
        "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60; {} is not", period_s));
  }
  const std::int64_t grain = period_s * 1'000;
  return MetricTimes{.begin_ms = *begin - *begin % grain, .end_ms = *end, .period_s = period_s};
}

std::expected<ml::Dimensions, AwsError> dimensions_of(const json::object& object) {
  ml::Dimensions out;
  const json::array* given = json::array_at(object, "Dimensions");
  if (given == nullptr) return out;
  for (const json::value& each : *given) {
    if (!each.is_object()) continue;
    std::string name(json::string_at(each.get_object(), "Name"));
    std::string value(json::string_at(each.get_object(), "Value"));
    if (!out.emplace(name, std::move(value)).second)
      return wrong_value(std::format("the dimension {} is there twice", name));
  }
  return out;
}

json::array dimensions_json(const ml::Dimensions& dimensions) {
  json::array out;
  for (const auto& [name, value] : dimensions)
    out.push_back(json::object{{"Name", name}, {"Value", value}});
  return out;
}

std::optional<Statistic> statistic_from(std::string_view word) {
  if (word == "Average") return Statistic::average;
  if (word == "Sum") return Statistic::sum;
  if (word == "Minimum") return Statistic::minimum;
  if (word == "Maximum") return Statistic::maximum;
  if (word == "SampleCount") return Statistic::count;
  return std::nullopt;
}

double value_of(const ml::MetricSum& sum, Statistic statistic) {
  switch (statistic) {
    case Statistic::average: return sum.sum / static_cast<double>(sum.count);
    case Statistic::sum: return sum.sum;
    case Statistic::minimum: return sum.min;
    case Statistic::maximum: return sum.max;
    case Statistic::count: return static_cast<double>(sum.count);
  }
  return 0;
}

std::string unit_of(const ml::MetricKey& key) {
  if (!key.unit.empty()) return key.unit;
  const bool time = key.name.ends_with("Latency") || key.name.ends_with("Time");
  return key.space == "AWS/SageMaker" && time ? "Microseconds" : "None";
}

json::value metric_time(std::int64_t unix_ms) {
  return unix_ms % 1'000 == 0 ? json::value(unix_ms / 1'000)
                              : json::value(static_cast<double>(unix_ms) / 1'000);
}

}  // namespace weft::adapters::sagemaker
