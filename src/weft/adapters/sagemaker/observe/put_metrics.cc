#include "weft/adapters/sagemaker/observe/put_metrics.h"

#include <cmath>
#include <format>
#include <optional>
#include <utility>

#include "weft/adapters/sagemaker/aws/times.h"
#include "weft/adapters/sagemaker/observe/limits.h"
#include "weft/adapters/sagemaker/observe/metric_query.h"

namespace weft::adapters::sagemaker {
namespace {

using Points = std::vector<NewPoint>;

constexpr std::int64_t kPastMax = 14LL * 24 * 3'600'000;
constexpr std::int64_t kFutureMax = 2LL * 3'600'000;

std::expected<std::string, AwsError> space_of(const json::object& input) {
  std::string space(json::string_at(input, "Namespace"));
  for (const std::string_view own : {"AWS/", "/aws/"}) {
    if (space.starts_with(own)) {
      return wrong_value(std::format(
          "The value {} for parameter Namespace is invalid: what begins with {} is AWS's own",
          space, own));
    }
  }
  return space;
}

std::expected<std::int64_t, AwsError> time_of(const json::object& datum, std::string_view place,
                                              std::int64_t now_ms) {
  const json::value* given = json::find(datum, "Timestamp");
  if (given == nullptr || given->is_null()) return now_ms;
  std::optional<double> seconds = json::number_at(datum, "Timestamp");
  if (given->is_string()) seconds = from_iso8601(given->get_string());
  const double ms = seconds.value_or(std::nan("")) * 1'000;
  const auto now = static_cast<double>(now_ms);
  if (!(ms >= now - static_cast<double>(kPastMax) && ms <= now + static_cast<double>(kFutureMax))) {
    return wrong_value(std::format(
        "The parameter {}.Timestamp must specify a time no more than two weeks in the past and "
        "two hours in the future.",
        place));
  }
  return std::llround(ms);
}

/// Of `Counts`, the one that goes with a value; 1 where none are given.
std::optional<std::size_t> times_of(const json::array* counts, std::size_t i) {
  if (counts == nullptr) return 1;
  if (i >= counts->size() || !(*counts)[i].is_number()) return std::nullopt;
  const double count = (*counts)[i].to_number<double>();
  if (!(count >= 1 && count <= static_cast<double>(kPutPointsMax)) || count != std::floor(count))
    return std::nullopt;
  return static_cast<std::size_t>(count);
}

std::expected<void, AwsError> take_values(const json::object& datum, std::string_view place,
                                          const NewPoint& as, Points& out) {
  const auto take = [&](const json::value& value, std::size_t times) {
    const double number = value.is_number() ? value.to_number<double>() : std::nan("");
    if (!std::isfinite(number)) return false;
    out.push_back(as);
    out.back().value = number;
    out.back().times = times;
    return true;
  };
  const json::value* one = json::find(datum, "Value");
  const json::array* several = json::array_at(datum, "Values");
  if ((one == nullptr) == (several == nullptr)) {
    return wrong_combination(
        std::format("Exactly one of {}.Value and {}.Values has to be given", place, place));
  }
  if (one != nullptr) {
    if (take(*one, 1)) return {};
    return wrong_value(std::format("The value of {}.Value is no number", place));
  }
  const json::array* counts = json::array_at(datum, "Counts");
  for (std::size_t i = 0; i < several->size(); ++i) {
    const auto times = times_of(counts, i);
    if (!times || !take((*several)[i], *times)) {
      return wrong_value(
          std::format("{}.Values.member.{}: a number and a count of 1 to {} are wanted", place,
                      i + 1, kPutPointsMax));
    }
  }
  return {};
}

std::expected<void, AwsError> take_datum(const json::object& datum, std::string_view place,
                                         NewPoint as, std::int64_t now_ms, Points& out) {
  if (json::object_at(datum, "StatisticValues") != nullptr) {
    return wrong_value(std::format(
        "{}.StatisticValues is not supported by weft, which keeps single points; send Value or "
        "Values",
        place));
  }
  auto dimensions = dimensions_of(datum);
  if (!dimensions) return std::unexpected(std::move(dimensions).error());
  as.key.dimensions = *std::move(dimensions);
  as.key.name = json::string_at(datum, "MetricName");
  as.key.unit = json::string_at(datum, "Unit");
  if (as.key.unit == "None") as.key.unit.clear();
  const auto at = time_of(datum, place, now_ms);
  if (!at) return std::unexpected(at.error());
  as.at_ms = *at;
  return take_values(datum, place, as, out);
}

}  // namespace

std::expected<Points, AwsError> points_of(const json::object& input, const std::string& owner,
                                          std::int64_t now_ms) {
  if (const json::array* of = json::array_at(input, "EntityMetricData"); of && !of->empty())
    return wrong_value("EntityMetricData is not supported by weft; send MetricData");
  auto space = space_of(input);
  if (!space) return std::unexpected(std::move(space).error());
  NewPoint as;
  as.key.owner = owner;
  as.key.space = *std::move(space);
  Points out;
  const json::array* data = json::array_at(input, "MetricData");
  if (data == nullptr) return out;
  std::size_t number = 0;
  for (const json::value& each : *data) {
    const std::string place = std::format("MetricData.member.{}", ++number);
    if (!each.is_object()) continue;
    if (auto taken = take_datum(each.get_object(), place, as, now_ms, out); !taken)
      return std::unexpected(std::move(taken).error());
    std::size_t all = 0;
    for (const NewPoint& point : out) all += point.times;
    if (all > kPutPointsMax)
      return wrong_value(std::format("more than {} points in one request", kPutPointsMax));
  }
  return out;
}

}  // namespace weft::adapters::sagemaker
