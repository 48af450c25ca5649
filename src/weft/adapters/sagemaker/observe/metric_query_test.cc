#include "weft/adapters/sagemaker/observe/metric_query.h"

#include <gtest/gtest.h>

#include <string>

#include "weft/adapters/sagemaker/aws/shape_check.h"
#include "weft/adapters/sagemaker/observe/put_metrics.h"

namespace weft::adapters::sagemaker {
namespace {

json::object object(std::string_view text) { return json::parse(text)->get_object(); }

constexpr std::int64_t kNow = 1'764'147'600'000;

TEST(ObserveShapes, EveryPatternCanBeUsed) {
  for (const Shapes* shapes : {&logs_shapes(), &cloudwatch_shapes()}) {
    for (std::size_t i = 0; i < shapes->shapes.size(); ++i) {
      if (!shapes->shapes[i].pattern.empty())
        (void)check_shape(*shapes, static_cast<std::uint16_t>(i), json::value("x"));
    }
    EXPECT_EQ(shapes->operations.size(), 4U);
  }
  EXPECT_TRUE(logs_shapes().refuses("StartQuery"));
  EXPECT_TRUE(cloudwatch_shapes().refuses("PutMetricAlarm"));
  const Shapes& shapes = cloudwatch_shapes();
  EXPECT_TRUE(check_shape(shapes, shapes.operation("GetMetricStatistics")->input,
                          json::parse(R"({"Namespace":"/aws/sagemaker/TrainingJobs",
    "MetricName":"train:rmse","Dimensions":[{"Name":"TrainingJobName","Value":"j"}],
    "StartTime":1764147600.5,"EndTime":"2025-11-26T10:00:00Z","Period":60,
    "Statistics":["Average"]})")
                              .value())
                  .has_value());
}

TEST(MetricQuery, TimesAreRoundedDown) {
  const auto times =
      metric_times({{"StartTime", 1'764'147'899.9}, {"EndTime", "2025-11-26T09:30:00Z"}}, 300);
  ASSERT_TRUE(times.has_value()) << times.error().message;
  EXPECT_EQ(times->begin_ms, kNow) << "to the period, so that stretches are always the same ones";
  EXPECT_EQ(times->end_ms, kNow + 1'800'000);
  EXPECT_EQ(
      metric_times({{"StartTime", 1'764'147'659.9}, {"EndTime", 1'764'147'700}}, 60)->begin_ms,
      kNow);
  EXPECT_EQ(metric_times({{"StartTime", 1'764'147'607}, {"EndTime", 1'764'147'700}}, 5)->begin_ms,
            kNow + 5'000);
  EXPECT_EQ(metric_times({{"StartTime", 1'764'147'607.7}, {"EndTime", 1'764'147'700}}, 1)->begin_ms,
            kNow + 7'000);
  const auto wrong = [](json::object input, std::int64_t period) {
    const auto made = metric_times(input, period);
    return made ? "taken" : made.error().code + ": " + made.error().message;
  };
  EXPECT_EQ(wrong({{"StartTime", 20}, {"EndTime", 10}}, 60),
            "InvalidParameterValueException: The parameter StartTime must be less than the "
            "parameter EndTime.");
  EXPECT_EQ(wrong({{"StartTime", "soon"}, {"EndTime", 10}}, 60),
            "InvalidParameterValueException: StartTime and EndTime have to be points in time");
  EXPECT_EQ(wrong({{"StartTime", 1e300}, {"EndTime", 10}}, 60),
            "InvalidParameterValueException: StartTime and EndTime have to be points in time");
  for (const std::int64_t period : {0, -60, 2, 45, 90})
    EXPECT_TRUE(wrong({{"StartTime", 1}, {"EndTime", 10}}, period).contains("Period must be"));
}

TEST(MetricQuery, Statistics) {
  const ml::MetricSum sum{.begin_ms = 0, .sum = 12, .min = 1, .max = 6, .count = 4};
  const auto value = [&](std::string_view word) { return value_of(sum, *statistic_from(word)); };
  EXPECT_EQ(value("Average"), 3);
  EXPECT_EQ(value("Sum"), 12);
  EXPECT_EQ(value("Minimum"), 1);
  EXPECT_EQ(value("Maximum"), 6);
  EXPECT_EQ(value("SampleCount"), 4);
  EXPECT_FALSE(statistic_from("p99").has_value());
  EXPECT_EQ(unit_of({.space = "AWS/SageMaker", .name = "ModelLatency"}), "Microseconds");
  EXPECT_EQ(unit_of({.space = "AWS/SageMaker", .name = "Invocations"}), "None");
  EXPECT_EQ(unit_of({.space = "mine", .name = "x", .unit = "Count"}), "Count");
}

std::string put(std::string_view text) {
  const auto points = points_of(object(text), "ann", kNow);
  if (!points) return points.error().message;
  std::string out;
  for (const NewPoint& point : *points) {
    out += std::format("{}/{}{}={}x{}@{};", point.key.space, point.key.name, point.key.unit,
                       point.value, point.times, point.at_ms - kNow);
  }
  return out;
}

TEST(PutMetrics, PointsInAllTheirForms) {
  EXPECT_EQ(put(R"({"Namespace":"mine","MetricData":[
    {"MetricName":"a","Value":1.5,"Unit":"Count"},
    {"MetricName":"b","Values":[2,3],"Counts":[1,4],"Timestamp":1764147599,"Unit":"None"},
    {"MetricName":"c","Value":-1,"Timestamp":"2025-11-26T10:00:00Z"}]})"),
            "mine/aCount=1.5x1@0;mine/b=2x1@-1000;mine/b=3x4@-1000;mine/c=-1x1@3600000;");
  EXPECT_EQ(put(R"({"Namespace":"mine"})"), "");
}

TEST(PutMetrics, WhatIsWrongIsNamed) {
  EXPECT_TRUE(put(R"({"Namespace":"AWS/SageMaker","MetricData":[]})").contains("is AWS's own"));
  EXPECT_TRUE(put(R"({"Namespace":"/aws/sagemaker/TrainingJobs","MetricData":[]})")
                  .contains("is AWS's own"));
  EXPECT_TRUE(put(R"({"Namespace":"m","MetricData":[{"MetricName":"a","Value":1,
    "Timestamp":1700000000}]})")
                  .contains("MetricData.member.1.Timestamp must specify a time no more than"));
  EXPECT_EQ(put(R"({"Namespace":"m","MetricData":[{"MetricName":"a"}]})"),
            "Exactly one of MetricData.member.1.Value and MetricData.member.1.Values has to be "
            "given");
  EXPECT_TRUE(put(R"({"Namespace":"m","MetricData":[{"MetricName":"a","StatisticValues":{}}]})")
                  .contains("StatisticValues is not supported by weft"));
  EXPECT_TRUE(put(R"({"Namespace":"m","MetricData":[{"MetricName":"a","Values":[1],
    "Counts":[0.5]}]})")
                  .contains("MetricData.member.1.Values.member.1"));
  EXPECT_TRUE(put(R"({"Namespace":"m","MetricData":[{"MetricName":"a","Values":[1,2],
    "Counts":[9999,9999]}]})")
                  .contains("more than 10000 points"));
  EXPECT_TRUE(put(R"({"Namespace":"m","EntityMetricData":[{}]})").contains("EntityMetricData"));
  EXPECT_EQ(put(R"({"Namespace":"m","MetricData":[{"MetricName":"a","Value":1,"Dimensions":[
    {"Name":"d","Value":"1"},{"Name":"d","Value":"2"}]}]})"),
            "the dimension d is there twice");
}

}  // namespace
}  // namespace weft::adapters::sagemaker
