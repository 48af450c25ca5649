#include "weft/adapters/sagemaker/control/search_filter.h"

#include <gtest/gtest.h>

#include <format>
#include <string>

namespace weft::adapters::sagemaker {
namespace {

constexpr std::string_view kJob = "DescribeTrainingJobResponse";

const json::object& document() {
  static const json::object kDocument = json::parse(R"({
    "TrainingJobName":"xgb-fraud-1","TrainingJobStatus":"Completed",
    "CreationTime":1764147600.5,"EnableManagedSpotTraining":false,"TrainingTimeInSeconds":12,
    "HyperParameters":{"eta":"0.2","max.depth":"5","objective":"binary:logistic"},
    "InputDataConfig":[
      {"ChannelName":"train","DataSource":{"S3DataSource":{"S3Uri":"s3://a/train"}}},
      {"ChannelName":"validation","DataSource":{"S3DataSource":{"S3Uri":"s3://b/v"}}}],
    "FinalMetricDataList":[{"MetricName":"validation:auc","Value":0.93}],
    "Tags":[{"Key":"team","Value":"risk"}]})")
                                            ->get_object();
  return kDocument;
}

/// `yes`, `no`, or what is wrong.
std::string found(std::string_view expression) {
  const auto value = json::parse(expression);
  EXPECT_TRUE(value.has_value()) << expression;
  const auto filter = SearchFilter::create(&value->get_object(), kJob);
  if (!filter) return filter.error().message;
  return filter->matches(document()) ? "yes" : "no";
}

std::string by(std::string_view name, std::string_view word, std::string_view value) {
  return found(std::format(R"({{"Filters":[{{"Name":"{}","Operator":"{}","Value":"{}"}}]}})", name,
                           word, value));
}

TEST(SearchFilter, EachOperator) {
  EXPECT_EQ(by("TrainingJobName", "Equals", "xgb-fraud-1"), "yes");
  EXPECT_EQ(by("TrainingJobName", "Equals", "xgb"), "no");
  EXPECT_EQ(by("TrainingJobName", "NotEquals", "xgb"), "yes");
  EXPECT_EQ(by("TrainingJobName", "NotEquals", "xgb-fraud-1"), "no");
  EXPECT_EQ(by("TrainingJobName", "Contains", "fraud"), "yes");
  EXPECT_EQ(by("TrainingJobStatus", "In", "Failed,Completed"), "yes");
  EXPECT_EQ(by("TrainingJobStatus", "In", "Failed,Stopped"), "no");
  EXPECT_EQ(by("TrainingTimeInSeconds", "GreaterThan", "11"), "yes");
  EXPECT_EQ(by("TrainingTimeInSeconds", "GreaterThan", "12"), "no");
  EXPECT_EQ(by("TrainingTimeInSeconds", "GreaterThanOrEqualTo", "12"), "yes");
  EXPECT_EQ(by("TrainingTimeInSeconds", "LessThan", "12.5"), "yes");
  EXPECT_EQ(by("TrainingTimeInSeconds", "LessThanOrEqualTo", "11"), "no");
  EXPECT_EQ(by("TrainingTimeInSeconds", "Equals", "12.0"), "yes");
  EXPECT_EQ(by("EnableManagedSpotTraining", "Equals", "false"), "yes");
  EXPECT_EQ(found(R"({"Filters":[{"Name":"FailureReason","Operator":"NotExists"}]})"), "yes");
  EXPECT_EQ(found(R"({"Filters":[{"Name":"FailureReason","Operator":"Exists"}]})"), "no");
  EXPECT_EQ(found(R"({"Filters":[{"Name":"TrainingJobName","Value":"xgb-fraud-1"}]})"), "yes")
      << "Equals is what is meant by none";
}

TEST(SearchFilter, PropertiesOfProperties) {
  EXPECT_EQ(by("Tags.team", "Equals", "risk"), "yes");
  EXPECT_EQ(by("Tags.cost", "Equals", "risk"), "no");
  EXPECT_EQ(by("HyperParameters.eta", "LessThan", "0.3"), "yes");
  EXPECT_EQ(by("HyperParameters.max.depth", "Equals", "5"), "yes");
  EXPECT_EQ(by("Metrics.validation:auc", "GreaterThan", "0.9"), "yes");
  EXPECT_EQ(by("Metrics.validation:auc", "GreaterThan", "0.95"), "no");
  EXPECT_EQ(by("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "s3://b"), "yes");
  EXPECT_EQ(by("InputDataConfig.ChannelName", "Equals", "test"), "no");
}

TEST(SearchFilter, PointsInTime) {
  EXPECT_EQ(by("CreationTime", "GreaterThan", "2025-11-26T09:00:00Z"), "yes");
  EXPECT_EQ(by("CreationTime", "GreaterThan", "2025-11-26T09:00:01"), "no");
  EXPECT_EQ(by("CreationTime", "LessThan", "yesterday"),
            "the filter on CreationTime: `yesterday` is no point in time (2026-11-26T09:00:00)");
}

TEST(SearchFilter, AllOrAnyAndWithinOneElement) {
  const std::string right =
      R"({"Name":"TrainingJobStatus","Operator":"Equals","Value":"Completed"})";
  const std::string wrong = R"({"Name":"TrainingJobStatus","Operator":"Equals","Value":"Failed"})";
  EXPECT_EQ(found("{}"), "yes");
  EXPECT_EQ(found("{\"Filters\":[" + right + "," + wrong + "]}"), "no");
  EXPECT_EQ(found("{\"Operator\":\"Or\",\"Filters\":[" + right + "," + wrong + "]}"), "yes");
  EXPECT_EQ(found("{\"SubExpressions\":[{\"Operator\":\"Or\",\"Filters\":[" + wrong + "," + right +
                  "]},{\"Filters\":[" + right + "]}]}"),
            "yes");
  EXPECT_EQ(
      found("{\"Filters\":[" + right + "],\"SubExpressions\":[{\"Filters\":[" + wrong + "]}]}"),
      "no");
  const auto nested = [](std::string_view channel, std::string_view uri) {
    return found(std::format(
        R"({{"NestedFilters":[{{"NestedPropertyName":"InputDataConfig","Filters":[
           {{"Name":"InputDataConfig.ChannelName","Operator":"Equals","Value":"{}"}},
           {{"Name":"InputDataConfig.DataSource.S3DataSource.S3Uri","Operator":"Contains",
             "Value":"{}"}}]}}]}})",
        channel, uri));
  };
  EXPECT_EQ(nested("train", "s3://a"), "yes");
  EXPECT_EQ(nested("train", "s3://b"), "no") << "not of one and the same channel";
}

TEST(SearchFilter, WhatIsWrongIsNamed) {
  EXPECT_EQ(by("NoSuchThing", "Equals", "x"), "Unknown property name: NoSuchThing");
  EXPECT_EQ(by("TrainingTimeInSeconds", "LessThan", "soon"),
            "the filter on TrainingTimeInSeconds: `soon` is no number");
  EXPECT_EQ(found(R"({"Filters":[{"Name":"TrainingJobName","Operator":"Equals"}]})"),
            "the filter on TrainingJobName has no Value");
  std::string many = R"({"Name":"TrainingJobName","Operator":"Exists"})";
  for (int i = 0; i < 1'000; ++i) many += R"(,{"Name":"TrainingJobName","Operator":"Exists"})";
  EXPECT_EQ(found("{\"Filters\":[" + many + "]}"), "more than 1000 filters in one search");
}

TEST(SearchFilter, OrdersOfResults) {
  EXPECT_LT(sort_key_of(document(), "CreationTime"), sort_key_of(document(), "TrainingJobName"))
      << "numbers before texts";
  EXPECT_LT(sort_key_of(document(), "TrainingJobName"), sort_key_of(document(), "FailureReason"))
      << "and what there is before what there is not";
  EXPECT_EQ(sort_key_of(document(), "HyperParameters.eta").number, 0.2);
}

}  // namespace
}  // namespace weft::adapters::sagemaker
