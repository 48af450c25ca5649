#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>
#include <set>
#include <utility>

#include "weft/adapters/sagemaker/aws/shape_refusal.h"
#include "weft/adapters/sagemaker/observe/limits.h"
#include "weft/adapters/sagemaker/observe/metric_query.h"
#include "weft/adapters/sagemaker/observe/observe.h"
#include "weft/adapters/sagemaker/observe/put_metrics.h"

namespace weft::adapters::sagemaker {
namespace {

struct MetricCall {
  ml::Metrics& metrics;
  const Clock& clock;
  AwsCaller caller;
  json::object input;

  std::string text(std::string_view key) const { return std::string(json::string_at(input, key)); }
};

/// A metric by all that it is named by.
struct Named {
  std::string space;
  std::string name;
  ml::Dimensions dimensions;
  std::string unit;  ///< empty: any
};

std::expected<Named, AwsError> named_of(const json::object& object, std::string_view unit) {
  auto dimensions = dimensions_of(object);
  if (!dimensions) return std::unexpected(std::move(dimensions).error());
  return Named{.space = std::string(json::string_at(object, "Namespace")),
               .name = std::string(json::string_at(object, "MetricName")),
               .dimensions = *std::move(dimensions),
               .unit = std::string(unit)};
}

struct Sums {
  std::string unit;
  std::vector<ml::MetricSum> sums;
};

/// By unit; those without a point are left out.
Awaitable<Result<std::vector<Sums>>> read(ml::Metrics& metrics, std::string owner, Named named,
                                          MetricTimes times) {
  WEFT_CO_TRY(auto keys, co_await metrics.read_list(std::move(owner), named.space, named.name,
                                                    named.dimensions));
  std::vector<Sums> out;
  for (ml::MetricKey& key : keys) {
    std::string unit = unit_of(key);
    if (key.dimensions != named.dimensions || (!named.unit.empty() && named.unit != unit)) continue;
    WEFT_CO_TRY(auto sums, co_await metrics.read_sums(std::move(key), times.begin_ms, times.end_ms,
                                                      times.period_s));
    if (!sums.empty()) out.push_back({.unit = std::move(unit), .sums = std::move(sums)});
  }
  co_return out;
}

std::expected<std::vector<Statistic>, AwsError> statistics_of(const json::object& input) {
  const json::array* extended = json::array_at(input, "ExtendedStatistics");
  if (extended != nullptr && !extended->empty()) {
    return wrong_combination(
        "ExtendedStatistics are not supported by weft, which keeps sums; ask for Average, Sum, "
        "Minimum, Maximum or SampleCount");
  }
  std::vector<Statistic> out;
  if (const json::array* given = json::array_at(input, "Statistics")) {
    for (const json::value& word : *given) {
      if (const auto one = word.is_string() ? statistic_from(word.get_string()) : std::nullopt)
        out.push_back(*one);
    }
  }
  if (out.empty()) return wrong_combination("Must specify either Statistics or ExtendedStatistics");
  return out;
}

std::string_view member_of(Statistic statistic) {
  switch (statistic) {
    case Statistic::average: return "Average";
    case Statistic::sum: return "Sum";
    case Statistic::minimum: return "Minimum";
    case Statistic::maximum: return "Maximum";
    case Statistic::count: return "SampleCount";
  }
  return "";
}

Awaitable<AwsResult> get_metric_statistics(MetricCall call) {
  const auto statistics = statistics_of(call.input);
  if (!statistics) co_return std::unexpected(statistics.error());
  const auto times = metric_times(call.input, json::int_at(call.input, "Period").value_or(0));
  if (!times) co_return std::unexpected(times.error());
  const std::int64_t points = (times->end_ms - times->begin_ms) / (times->period_s * 1'000);
  if (points > kStatisticsPointsMax) {
    co_return wrong_combination(std::format(
        "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the "
        "datapoints requested by increasing Period, or decreasing the time range.",
        points, kStatisticsPointsMax));
  }
  auto named = named_of(call.input, json::string_at(call.input, "Unit"));
  if (!named) co_return std::unexpected(std::move(named).error());
  json::object out{{"Label", named->name}};
  auto all = co_await read(call.metrics, call.caller.principal.name, *std::move(named), *times);
  if (!all) co_return std::unexpected(to_aws(all.error()));
  json::array datapoints;
  for (const Sums& of : *all) {
    for (const ml::MetricSum& sum : of.sums) {
      json::object point{{"Timestamp", metric_time(sum.begin_ms)}, {"Unit", of.unit}};
      for (const Statistic each : *statistics) point[member_of(each)] = value_of(sum, each);
      datapoints.push_back(std::move(point));
    }
  }
  out["Datapoints"] = std::move(datapoints);
  co_return out;
}

/// One of GetMetricData's queries.
struct Query {
  std::string id;
  std::string label;
  Named named;
  Statistic statistic = Statistic::average;
  MetricTimes times;
};

std::expected<Query, AwsError> query_of(const MetricCall& call, const json::object& given) {
  Query out;
  out.id = json::string_at(given, "Id");
  const json::object* stat = json::object_at(given, "MetricStat");
  if (!json::string_at(given, "Expression").empty() || stat == nullptr) {
    return wrong_value(std::format(
        "the query {}: Expression is not supported by weft; ask for a MetricStat and compute it "
        "yourself",
        out.id));
  }
  const auto account = json::string_at(given, "AccountId");
  if (!account.empty() && account != call.caller.account)
    return wrong_value(std::format("the query {}: AccountId is another account's", out.id));
  const auto statistic = statistic_from(json::string_at(*stat, "Stat"));
  if (!statistic) {
    return wrong_value(std::format(
        "the query {}: Stat {} is not supported by weft, which keeps sums; there are Average, Sum, "
        "Minimum, Maximum and SampleCount",
        out.id, json::string_at(*stat, "Stat")));
  }
  out.statistic = *statistic;
  auto times = metric_times(call.input, json::int_at(*stat, "Period").value_or(0));
  if (!times) return std::unexpected(std::move(times).error());
  out.times = *times;
  const json::object* metric = json::object_at(*stat, "Metric");
  if (metric == nullptr) return wrong_value(std::format("the query {} names no Metric", out.id));
  auto named = named_of(*metric, json::string_at(*stat, "Unit"));
  if (!named) return std::unexpected(std::move(named).error());
  out.named = *std::move(named);
  out.label = json::string_at(given, "Label");
  if (out.label.empty()) out.label = out.named.name;
  return out;
}

std::expected<std::vector<Query>, AwsError> queries_of(const MetricCall& call) {
  std::vector<Query> out;
  std::set<std::string> ids;
  const json::array* given = json::array_at(call.input, "MetricDataQueries");
  if (given == nullptr || given->size() > kMetricQueriesMax)
    return wrong_value(std::format("more than {} MetricDataQueries", kMetricQueriesMax));
  for (const json::value& each : *given) {
    if (!each.is_object()) continue;
    auto query = query_of(call, each.get_object());
    if (!query) return std::unexpected(std::move(query).error());
    if (!ids.insert(query->id).second)
      return wrong_value(
          std::format("The values for parameter id in MetricDataQueries are not "
                      "unique: {}",
                      query->id));
    const bool hidden = json::bool_at(each.get_object(), "ReturnData") == std::optional(false);
    if (!hidden) out.push_back(*std::move(query));
  }
  return out;
}

/// The points of all units of one query, oldest or newest first.
json::object result_of(const Query& query, const std::vector<Sums>& all, bool ascending) {
  std::vector<ml::MetricSum> sums;
  for (const Sums& of : all) sums.insert(sums.end(), of.sums.begin(), of.sums.end());
  std::ranges::stable_sort(sums, {}, &ml::MetricSum::begin_ms);
  if (!ascending) std::ranges::reverse(sums);
  json::array times;
  json::array values;
  for (const ml::MetricSum& sum : sums) {
    times.push_back(metric_time(sum.begin_ms));
    values.push_back(value_of(sum, query.statistic));
  }
  return {{"Id", query.id},
          {"Label", query.label},
          {"Timestamps", std::move(times)},
          {"Values", std::move(values)},
          {"StatusCode", "Complete"}};
}

Awaitable<AwsResult> get_metric_data(MetricCall call) {
  if (!call.text("NextToken").empty())
    co_return wrong_value("NextToken is not one that this operation gave: it answers in one page");
  auto queries = queries_of(call);
  if (!queries) co_return std::unexpected(std::move(queries).error());
  const bool ascending = call.text("ScanBy") == "TimestampAscending";
  const auto wanted = json::int_at(call.input, "MaxDatapoints")
                          .value_or(static_cast<std::int64_t>(kMetricDataPointsMax));
  const std::size_t points_max = std::min<std::size_t>(
      wanted > 0 ? static_cast<std::size_t>(wanted) : kMetricDataPointsMax, kMetricDataPointsMax);
  std::size_t points = 0;
  json::array results;
  for (const Query& query : *queries) {
    Named named = query.named;
    auto all =
        co_await read(call.metrics, call.caller.principal.name, std::move(named), query.times);
    if (!all) co_return std::unexpected(to_aws(all.error()));
    for (const Sums& of : *all) points += of.sums.size();
    if (points > points_max) {
      co_return wrong_value(std::format(
          "more than {} datapoints: ask for a larger Period, or a shorter time", points_max));
    }
    results.push_back(result_of(query, *all, ascending));
  }
  co_return json::object{{"MetricDataResults", std::move(results)}, {"Messages", json::array()}};
}

/// Filters whose value is left out want the name alone.
bool fits(const ml::MetricKey& key, const json::array* filters) {
  if (filters == nullptr) return true;
  return std::ranges::all_of(*filters, [&](const json::value& each) {
    if (!each.is_object()) return true;
    const auto at = key.dimensions.find(json::string_at(each.get_object(), "Name"));
    const json::value* value = json::find(each, "Value");
    return at != key.dimensions.end() &&
           (value == nullptr || json::string_at(each.get_object(), "Value") == at->second);
  });
}

Awaitable<AwsResult> list_metrics(MetricCall call) {
  if (!call.text("RecentlyActive").empty())
    co_return wrong_value("RecentlyActive is not supported by weft: every metric is listed");
  if (json::bool_at(call.input, "IncludeLinkedAccounts").value_or(false))
    co_return wrong_value("IncludeLinkedAccounts is not supported by weft: there are none");
  std::size_t from = 0;
  if (const std::string token = call.text("NextToken"); !token.empty()) {
    const auto read = std::from_chars(token.data(), token.data() + token.size(), from);
    if (read.ec != std::errc() || read.ptr != token.data() + token.size())
      co_return wrong_value("NextToken is not one that this operation gave");
  }
  auto keys = co_await call.metrics.read_list(call.caller.principal.name, call.text("Namespace"),
                                              call.text("MetricName"), {});
  if (!keys) co_return std::unexpected(to_aws(keys.error()));
  const json::array* filters = json::array_at(call.input, "Dimensions");
  std::erase_if(*keys, [&](const ml::MetricKey& key) { return !fits(key, filters); });
  // One metric, in whatever units.
  for (ml::MetricKey& key : *keys) key.unit.clear();
  const auto doubled = std::ranges::unique(*keys);
  keys->erase(doubled.begin(), doubled.end());
  json::array shown;
  const std::size_t end = std::min(keys->size(), from + kMetricsPerPage);
  for (std::size_t i = from; i < end; ++i) {
    const ml::MetricKey& key = (*keys)[i];
    shown.push_back(json::object{{"Namespace", key.space},
                                 {"MetricName", key.name},
                                 {"Dimensions", dimensions_json(key.dimensions)}});
  }
  json::object out{{"Metrics", std::move(shown)}};
  if (end < keys->size()) out["NextToken"] = std::to_string(end);
  co_return out;
}

Awaitable<AwsResult> put_metric_data(MetricCall call) {
  const auto points = points_of(call.input, call.caller.principal.name, call.clock.unix_ms());
  if (!points) co_return std::unexpected(points.error());
  for (const NewPoint& point : *points) {
    for (std::size_t i = 0; i < point.times; ++i) {
      auto added = call.metrics.add_point(point.key, point.value, point.at_ms);
      if (!added) co_return std::unexpected(to_aws(added.error()));
    }
  }
  co_return json::object();
}

/// Of operations that weft does not have.
constexpr Advice kInstead[] = {
    {"Alarm", "there are no alarms: call GetMetricStatistics as often as you want to know"},
};

Awaitable<AwsResult> refused(std::string operation) {
  co_return std::unexpected(
      unknown_operation(cloudwatch_shapes(), "CloudWatch", operation, kInstead));
}

}  // namespace

AwsService cloudwatch_metrics(Environment& environment) {
  ml::Api* ml = environment.ml;
  WEFT_ASSERT(ml != nullptr);
  const Clock& clock = environment.hub.clock();
  AwsService out;
  out.signing_name = "monitoring";
  out.target = "GraniteServiceVersion20100801";
  out.query_version = "2010-08-01";
  out.xml_namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/";
  out.shapes = &cloudwatch_shapes();
  out.call = [ml, &clock](AwsCaller caller, std::string operation,
                          json::object input) -> Awaitable<AwsResult> {
    MetricCall call{ml->metrics, clock, std::move(caller), std::move(input)};
    if (operation == "GetMetricStatistics") return get_metric_statistics(std::move(call));
    if (operation == "GetMetricData") return get_metric_data(std::move(call));
    if (operation == "ListMetrics") return list_metrics(std::move(call));
    if (operation == "PutMetricData") return put_metric_data(std::move(call));
    return refused(std::move(operation));
  };
  return out;
}

}  // namespace weft::adapters::sagemaker
