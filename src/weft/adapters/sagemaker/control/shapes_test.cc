#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "weft/adapters/sagemaker/aws/shape_check.h"
#include "weft/base/file.h"
#include "weft/base/json.h"

namespace weft::adapters::sagemaker {
namespace {

std::string told(std::string_view operation, std::string_view input) {
  const ShapedOperation* known = sagemaker_shapes().operation(operation);
  EXPECT_NE(known, nullptr) << operation;
  const auto value = json::parse(input);
  EXPECT_TRUE(value.has_value()) << input;
  const auto checked = check_shape(sagemaker_shapes(), known->input, *value);
  return checked ? "" : checked.error().message;
}

// Every pattern of the table, so that none ends the process with its first request.
TEST(SagemakerShapes, EveryPatternCanBeUsed) {
  const Shapes& shapes = sagemaker_shapes();
  std::size_t patterns = 0;
  for (std::size_t i = 0; i < shapes.shapes.size(); ++i) {
    const Shape& shape = shapes.shapes[i];
    if (shape.pattern.empty()) continue;
    ++patterns;
    (void)check_shape(shapes, static_cast<std::uint16_t>(i), json::value("x"));
  }
  EXPECT_GT(patterns, 80U);
}

TEST(SagemakerShapes, AllOperationsAreKnownOrRefused) {
  const Shapes& shapes = sagemaker_shapes();
  EXPECT_EQ(shapes.operations.size(), 24U);
  EXPECT_EQ(shapes.operations.size() + shapes.refused.size(), 434U);
  EXPECT_TRUE(shapes.refuses("CreateTransformJob"));
  EXPECT_TRUE(shapes.refuses("CreateModelPackage"));
  EXPECT_FALSE(shapes.refuses("CreateModel"));
  EXPECT_TRUE(std::ranges::is_sorted(shapes.refused));
}

// What real programs send.
TEST(SagemakerShapes, RealRequestsFit) {
  EXPECT_EQ(told("CreateTrainingJob", R"({"TrainingJobName":"xgb-2026-11-26-09-00-00-000",
    "AlgorithmSpecification":{"TrainingInputMode":"File",
      "TrainingImage":"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"},
    "OutputDataConfig":{"S3OutputPath":"s3://sagemaker-us-east-1-123456789012/out"},
    "StoppingCondition":{"MaxRuntimeInSeconds":86400},
    "ResourceConfig":{"VolumeSizeInGB":30,"InstanceCount":1,"InstanceType":"ml.m5.xlarge"},
    "RoleArn":"arn:aws:iam::123456789012:role/SageMakerRole",
    "InputDataConfig":[{"DataSource":{"S3DataSource":{"S3DataType":"S3Prefix",
      "S3Uri":"s3://b/train","S3DataDistributionType":"FullyReplicated"}},
      "ContentType":"text/csv","ChannelName":"train"}],
    "HyperParameters":{"num_round":"50","objective":"reg:squarederror"},
    "ProfilerConfig":{"DisableProfiler":false,"S3OutputPath":"s3://b/out"},
    "Tags":[{"Key":"team","Value":"Grün und Co: a/b=1"}]})"),
            "");
  EXPECT_EQ(told("CreateEndpointConfig", R"({"EndpointConfigName":"c","ProductionVariants":[
    {"VariantName":"AllTraffic","ModelName":"m","InitialInstanceCount":1,
     "InstanceType":"ml.m5.large","InitialVariantWeight":1.0}]})"),
            "");
  EXPECT_EQ(told("Search", R"({"Resource":"TrainingJob","SearchExpression":{"SubExpressions":[
    {"Filters":[{"Name":"TrainingJobName","Operator":"Contains","Value":"x"}]}]}})"),
            "");
}

TEST(SagemakerShapes, LimitsAreToldAsSagemakerDoes) {
  // From an answer of the service (a notebook's log).
  EXPECT_TRUE(told("CreateEndpointConfig",
                   R"({"EndpointConfigName":"c","ProductionVariants":[{"VariantName":"v",
                       "ModelName":"ENTER MODEL NAME"}]})")
                  .starts_with("1 validation error detected: Value 'ENTER MODEL NAME' at "
                               "'productionVariants.1.member.modelName' failed to satisfy "
                               "constraint: Member must satisfy regular expression pattern: "));
  EXPECT_EQ(told("StopTrainingJob", "{}"),
            "1 validation error detected: Value null at 'trainingJobName' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_TRUE(told("ListModels", R"({"MaxResults":101})")
                  .ends_with("at 'maxResults' failed to satisfy constraint: Member must have "
                             "value less than or equal to 100"));
  EXPECT_TRUE(told("CreateTrainingJob", R"({"TrainingJobName":"j","RoleArn":"role",
    "OutputDataConfig":{"S3OutputPath":"b/out"},"AlgorithmSpecification":{
    "AlgorithmName":"ends-","TrainingInputMode":"File"}})")
                  .starts_with("4 validation errors detected: "));
}

// README.md says of every member what becomes of it.
TEST(SagemakerShapes, TheReadmeNamesEveryMember) {
  const auto readme = read_file(
      std::string(WEFT_SOURCE) + "/src/weft/adapters/sagemaker/control/README.md", 1 << 20);
  ASSERT_TRUE(readme.has_value());
  const Shapes& shapes = sagemaker_shapes();
  for (const char* operation : {"CreateTrainingJob", "CreateModel", "CreateEndpointConfig",
                                "CreateEndpoint", "UpdateEndpoint", "UpdateTrainingJob"}) {
    const Shape& input = shapes.at(shapes.operation(operation)->input);
    for (const Shape::Member& member : shapes.members_of(input)) {
      EXPECT_TRUE(readme->contains("`" + std::string(member.name)))
          << operation << ": " << member.name;
    }
  }
}

}  // namespace
}  // namespace weft::adapters::sagemaker
