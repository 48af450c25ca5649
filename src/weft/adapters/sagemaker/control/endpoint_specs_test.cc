#include "weft/adapters/sagemaker/control/endpoint_specs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weft::adapters::sagemaker {
namespace {

json::object object(std::string_view text) { return json::parse(text)->get_object(); }

std::string refused(std::string_view text) {
  const auto config = endpoint_config_of(object(text));
  return config ? "taken" : config.error().message;
}

TEST(EndpointSpecs, VariantsAsTheyAreAsked) {
  const auto config = endpoint_config_of(object(R"({"EndpointConfigName":"c",
    "ProductionVariants":[
      {"VariantName":"A","ModelName":"m","InitialInstanceCount":2,"InstanceType":"ml.m5.large",
       "InitialVariantWeight":0.25},
      {"VariantName":"B","ModelName":"n","ServerlessConfig":{"MemorySizeInMB":2048,
       "MaxConcurrency":5}}],
    "DataCaptureConfig":{"EnableCapture":false,"InitialSamplingPercentage":1,
      "DestinationS3Uri":"s3://b/c","CaptureOptions":[{"CaptureMode":"Input"}]},
    "ShadowProductionVariants":[],"Tags":[]})"));
  ASSERT_TRUE(config.has_value()) << config.error().message;
  EXPECT_EQ(config->variants,
            (std::vector<ml::VariantSpec>{{.name = "A",
                                           .model = "m",
                                           .instance_type = "ml.m5.large",
                                           .instances = 2,
                                           .weight = 0.25},
                                          {.name = "B", .model = "n", .instance_type = ""}}));
  const AwsCaller caller{.principal = {}, .account = "123456789012", .region = "us-east-1"};
  const json::object shown = described(caller, *config);
  EXPECT_EQ(shown.at("EndpointConfigArn"),
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/c");
  EXPECT_EQ(shown.at("ProductionVariants").at(1).at("InitialVariantWeight"), 1);
  EXPECT_EQ(shown.at("ProductionVariants").at(1).at("ServerlessConfig").at("MaxConcurrency"), 5);
  EXPECT_FALSE(shown.contains("Tags"));
}

TEST(EndpointSpecs, WhatWeftDoesNotDoIsRefusedByName) {
  const std::string variant =
      R"("ProductionVariants":[{"VariantName":"A","ModelName":"m","InitialInstanceCount":1,)"
      R"("InstanceType":"ml.m5.large"}])";
  EXPECT_EQ(refused("{" + variant + "}"), "taken");
  EXPECT_EQ(
      refused("{" + variant + R"(,"AsyncInferenceConfig":{"OutputConfig":{}}})"),
      "AsyncInferenceConfig is not supported by weft: call InvokeEndpoint, which waits for an "
      "answer up to 120 s; what takes longer is a training job in script mode");
  for (const char* more :
       {R"("DataCaptureConfig":{"EnableCapture":true})",
        R"("ShadowProductionVariants":[{"VariantName":"S"}])", R"("KmsKeyId":"k")",
        R"("ExplainerConfig":{})", R"("CrossRegionTrafficConfig":{})",
        R"("MetricsConfig":{"EnableEnhancedMetrics":true})"}) {
    EXPECT_TRUE(refused("{" + variant + "," + more + "}").contains("is not supported by weft"))
        << more;
  }
  EXPECT_EQ(refused(R"({"ProductionVariants":[{"VariantName":"A","InstanceType":"ml.m5.large",
    "InitialInstanceCount":1}]})"),
            "the variant A names no ModelName: inference components are not supported by weft");
  EXPECT_EQ(refused(R"({"ProductionVariants":[{"VariantName":"A","ModelName":"m"}]})"),
            "the variant A: InstanceType and InitialInstanceCount are missing");
  EXPECT_EQ(refused(R"({"ProductionVariants":[{"VariantName":"A","ModelName":"m",
    "InstanceType":"ml.m5.large","ServerlessConfig":{"MemorySizeInMB":1024,"MaxConcurrency":1}}]})"),
            "the variant A: ServerlessConfig goes without InstanceType and InitialInstanceCount");
  EXPECT_TRUE(refused(R"({"ProductionVariants":[{"VariantName":"A","ModelName":"m",
    "InstanceType":"ml.m5.large","InitialInstanceCount":1,
    "ManagedInstanceScaling":{"Status":"ENABLED"}}]})")
                  .contains("ManagedInstanceScaling.Status"));
  EXPECT_EQ(refused(R"({"ProductionVariants":[{"VariantName":"A","ModelName":"m",
    "InstanceType":"ml.m5.large","InitialInstanceCount":1,
    "RoutingConfig":{"RoutingStrategy":"RANDOM"}}]})"),
            "taken");
}

TEST(EndpointSpecs, DeploymentsAreAllAtOnce) {
  const auto told = [](std::string_view text) {
    const auto fine = check_deployment(object(text));
    return fine ? "taken" : fine.error().message;
  };
  EXPECT_EQ(told("{}"), "taken");
  EXPECT_EQ(told(R"({"DeploymentConfig":{"BlueGreenUpdatePolicy":{"TrafficRoutingConfiguration":
    {"Type":"ALL_AT_ONCE","WaitIntervalInSeconds":0}},"AutoRollbackConfiguration":{"Alarms":[]}}})"),
            "taken");
  EXPECT_EQ(told(R"({"DeploymentConfig":{"BlueGreenUpdatePolicy":{"TrafficRoutingConfiguration":
    {"Type":"CANARY"}}}})"),
            "DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration.Type is not "
            "supported by weft: the new workers take over all at once as soon as all of them are "
            "ready; use ALL_AT_ONCE");
  EXPECT_NE(told(R"({"DeploymentConfig":{"RollingUpdatePolicy":{}}})"), "taken");
}

TEST(EndpointSpecs, WhatAnUpdateKeeps) {
  const auto keeps = [](std::string_view text) {
    const auto kept = keeps_variants(object(text));
    return kept ? (*kept ? "yes" : "no") : kept.error().message;
  };
  EXPECT_EQ(keeps("{}"), "no");
  EXPECT_EQ(keeps(R"({"RetainAllVariantProperties":true})"), "yes");
  EXPECT_EQ(keeps(R"({"RetainAllVariantProperties":true,"ExcludeRetainedVariantProperties":[
    {"VariantPropertyType":"DataCaptureConfig"}]})"),
            "yes");
  EXPECT_EQ(keeps(R"({"RetainAllVariantProperties":true,"ExcludeRetainedVariantProperties":[
    {"VariantPropertyType":"DesiredWeight"},{"VariantPropertyType":"DesiredInstanceCount"}]})"),
            "no");
  EXPECT_TRUE(keeps(R"({"RetainAllVariantProperties":true,"ExcludeRetainedVariantProperties":[
    {"VariantPropertyType":"DesiredWeight"}]})")
                  .contains("both are kept or neither"));
}

TEST(EndpointSpecs, WeightsAndCapacities) {
  const auto changes = variant_changes_of(object(R"({"DesiredWeightsAndCapacities":[
    {"VariantName":"A","DesiredWeight":0},{"VariantName":"B","DesiredInstanceCount":3}]})"));
  ASSERT_TRUE(changes.has_value());
  EXPECT_EQ(changes->at(0).weight, 0);
  EXPECT_FALSE(changes->at(0).instances.has_value());
  EXPECT_EQ(changes->at(1).instances, 3);
  // moto's words.
  EXPECT_EQ(variant_changes_of(object(R"({"DesiredWeightsAndCapacities":[
    {"VariantName":"A","DesiredWeight":1},{"VariantName":"A","DesiredWeight":2}]})"))
                .error()
                .message,
            "The variant name \"A\" was non-unique within the request.");
}

}  // namespace
}  // namespace weft::adapters::sagemaker
