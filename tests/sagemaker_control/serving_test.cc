#include <format>
#include <string>
#include <vector>

#include "control_world.h"

namespace weft::adapters::sagemaker {
namespace {

using testing::ControlWorld;
using testing::text;

constexpr std::string_view kArns = "arn:aws:sagemaker:us-east-1:123456789012:";

std::string could_not_find(std::string_view what, std::string_view kind, std::string_view name) {
  return std::format("ValidationException: Could not find {} \"{}{}/{}\".", what, kArns, kind,
                     name);
}

TEST(ModelOperations, CreatedShownAndGone) {
  ControlWorld world;
  world.make_model("M-1");
  const json::object shown = world.ask("DescribeModel", R"({"ModelName":"M-1"})");
  EXPECT_EQ(text(shown.at("ModelArn")), std::string(kArns) + "model/m-1");
  EXPECT_EQ(shown.at("PrimaryContainer").at("Environment").at("NAME"), "M-1");
  EXPECT_EQ(
      world.refused("CreateModel",
                    R"({"ModelName":"M-1","PrimaryContainer":{"Image":"xgboost:1"}})"),
      std::format("ValidationException: Cannot create already existing model \"{}model/m-1\".",
                  kArns));
  EXPECT_EQ(
      world.refused("CreateModel", R"({"ModelName":"m2","PrimaryContainer":{"Image":"lda:1"}})")
          .substr(0, 60),
      "ValidationException: the algorithm or image `lda:1` is not s");
  for (const char* address : {"s3://data/none.tar.gz", "s3://none/model.tar.gz"}) {
    EXPECT_EQ(world.refused("CreateModel", std::format(R"({{"ModelName":"m2","PrimaryContainer":{{
                            "Image":"xgboost:1","ModelDataUrl":"{}"}}}})",
                                                       address)),
              std::format("ValidationException: Could not find model data at {}.", address));
  }
  EXPECT_EQ(json::write(world.ask("DeleteModel", R"({"ModelName":"M-1"})")), "{}");
  EXPECT_EQ(world.refused("DescribeModel", R"({"ModelName":"M-1"})"),
            could_not_find("model", "model", "m-1"));
  EXPECT_EQ(world.refused("DeleteModel", R"({"ModelName":"M-1"})"),
            could_not_find("model", "model", "m-1"));
}

TEST(ModelOperations, ListedNewestFirst) {
  ControlWorld world;
  for (const char* name : {"a", "b", "c"}) world.make_model(name);
  const json::object page = world.ask("ListModels", R"({"MaxResults":2,"SortBy":"Name"})");
  EXPECT_EQ(page.at("Models").get_array().size(), 2U);
  EXPECT_EQ(page.at("Models").at(0).at("ModelName"), "c");
  EXPECT_EQ(text(page.at("Models").at(0).at("ModelArn")), std::string(kArns) + "model/c");
  const json::object rest =
      world.ask("ListModels", std::format(R"({{"MaxResults":2,"SortBy":"Name","NextToken":"{}"}})",
                                          json::string_at(page, "NextToken")));
  EXPECT_EQ(rest.at("Models").get_array().size(), 1U);
  EXPECT_FALSE(rest.contains("NextToken"));
}

TEST(EndpointConfigOperations, CreatedShownAndGone) {
  ControlWorld world;
  world.make_model("m");
  world.make_config("C", "m");
  const json::object shown = world.ask("DescribeEndpointConfig", R"({"EndpointConfigName":"C"})");
  EXPECT_EQ(text(shown.at("EndpointConfigArn")), std::string(kArns) + "endpoint-config/c");
  EXPECT_EQ(shown.at("ProductionVariants").at(0).at("InitialVariantWeight"), 1);
  EXPECT_EQ(
      world.ask("ListEndpointConfigs", "{}").at("EndpointConfigs").at(0).at("EndpointConfigName"),
      "C");
  const auto again = R"({"EndpointConfigName":"C","ProductionVariants":[{"VariantName":"All",
      "ModelName":"m","InitialInstanceCount":1,"InstanceType":"ml.m5.large"}]})";
  EXPECT_EQ(
      world.refused("CreateEndpointConfig", again),
      std::format("ValidationException: Cannot create already existing endpoint configuration "
                  "\"{}endpoint-config/c\".",
                  kArns));
  EXPECT_EQ(world.refused("CreateEndpointConfig", R"({"EndpointConfigName":"D",
      "ProductionVariants":[{"VariantName":"All","ModelName":"none","InitialInstanceCount":1,
      "InstanceType":"ml.m5.large"}]})"),
            could_not_find("model", "model", "none"));
  world.ask("DeleteEndpointConfig", R"({"EndpointConfigName":"C"})");
  EXPECT_EQ(world.refused("DescribeEndpointConfig", R"({"EndpointConfigName":"C"})"),
            could_not_find("endpoint configuration", "endpoint-config", "c"));
  EXPECT_EQ(world.refused("DeleteEndpointConfig", R"({"EndpointConfigName":"C"})"),
            could_not_find("endpoint configuration", "endpoint-config", "c"));
}

TEST(EndpointConfigOperations, WhatWasNotGivenIsNotShown) {
  ControlWorld world;
  world.ask("CreateModel", R"({"ModelName":"m","VpcConfig":null,"InferenceExecutionConfig":null,
      "PrimaryContainer":{"Image":"1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
      "ModelDataUrl":"s3://data/m/model.tar.gz","ContainerHostname":null,"ImageConfig":null}})");
  world.ask("CreateEndpointConfig", R"({"EndpointConfigName":"c","DataCaptureConfig":null,
      "MetricsConfig":{},"VpcConfig":null,"ProductionVariants":[{"VariantName":"All",
      "ModelName":"m","InitialInstanceCount":1,"InstanceType":"ml.m5.large",
      "ServerlessConfig":null,"CoreDumpConfig":null,"ManagedInstanceScaling":{}}]})");
  const json::object model = world.ask("DescribeModel", R"({"ModelName":"m"})");
  EXPECT_FALSE(model.contains("VpcConfig"));
  EXPECT_EQ(json::write(model.at("PrimaryContainer")),
            R"({"Image":"1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",)"
            R"("ModelDataUrl":"s3://data/m/model.tar.gz"})");
  const json::object shown = world.ask("DescribeEndpointConfig", R"({"EndpointConfigName":"c"})");
  for (const char* member : {"DataCaptureConfig", "MetricsConfig", "VpcConfig",
                             "AsyncInferenceConfig", "ExplainerConfig", "KmsKeyId"})
    EXPECT_FALSE(shown.contains(member)) << member;
  EXPECT_EQ(json::write(shown.at("ProductionVariants").at(0)),
            R"({"VariantName":"All","ModelName":"m","InitialInstanceCount":1,)"
            R"("InstanceType":"ml.m5.large","InitialVariantWeight":1})");
  world.ask("CreateEndpoint",
            R"({"EndpointName":"e","EndpointConfigName":"c","DeploymentConfig":{}})");
  const json::object endpoint = world.ask("DescribeEndpoint", R"({"EndpointName":"e"})");
  EXPECT_FALSE(endpoint.contains("LastDeploymentConfig"));
  EXPECT_FALSE(endpoint.contains("DataCaptureConfig"));
  EXPECT_FALSE(
      endpoint.at("ProductionVariants").at(0).get_object().contains("ManagedInstanceScaling"));
}

TEST(EndpointOperations, HowItWasDeployedLastIsToldAgain) {
  ControlWorld world;
  world.make_model("m");
  world.make_config("c", "m");
  world.ask("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
  const auto deployment = [&](std::string_view more) {
    world.until_in_service("e");
    world.ask("UpdateEndpoint",
              std::format(R"({{"EndpointName":"e","EndpointConfigName":"c"{}}})", more));
    const json::object told = world.ask("DescribeEndpoint", R"({"EndpointName":"e"})");
    return told.contains("LastDeploymentConfig") ? json::write(told.at("LastDeploymentConfig"))
                                                 : std::string();
  };
  const std::string policy =
      R"({"BlueGreenUpdatePolicy":{"TrafficRoutingConfiguration":{"Type":"ALL_AT_ONCE",)"
      R"("WaitIntervalInSeconds":0},"TerminationWaitInSeconds":7}})";
  EXPECT_EQ(deployment(R"(,"DeploymentConfig":)" + policy), policy);
  EXPECT_EQ(deployment(R"(,"RetainDeploymentConfig":true)"), policy);
  EXPECT_EQ(deployment(""), "");
}

TEST(EndpointOperations, FromCreatingToGone) {
  ControlWorld world;
  world.make_model("m");
  world.make_config("c", "m");
  const json::object made =
      world.ask("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
  EXPECT_EQ(text(made.at("EndpointArn")), std::string(kArns) + "endpoint/e");
  json::object shown = world.ask("DescribeEndpoint", R"({"EndpointName":"e"})");
  EXPECT_EQ(shown.at("EndpointStatus"), "Creating");
  world.until_in_service("e");
  shown = world.ask("DescribeEndpoint", R"({"EndpointName":"e"})");
  EXPECT_EQ(shown.at("EndpointStatus"), "InService");
  EXPECT_EQ(shown.at("EndpointConfigName"), "c");
  const json::value& variant = shown.at("ProductionVariants").at(0);
  EXPECT_EQ(variant.at("VariantName"), "All");
  EXPECT_EQ(variant.at("CurrentInstanceCount"), 1);
  EXPECT_EQ(variant.at("DesiredInstanceCount"), 1);
  EXPECT_EQ(variant.at("CurrentWeight"), 1.0);
  EXPECT_EQ(variant.at("DeployedImages").at(0).at("SpecifiedImage"),
            "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1");
  EXPECT_EQ(world.refused("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})"),
            std::format("ValidationException: Cannot create already existing endpoint "
                        "\"{}endpoint/e\".",
                        kArns));
  EXPECT_EQ(world.refused("CreateEndpoint", R"({"EndpointName":"f","EndpointConfigName":"none"})"),
            could_not_find("endpoint configuration", "endpoint-config", "none"));
  EXPECT_EQ(world.ask("ListEndpoints", R"({"StatusEquals":"InService"})")
                .at("Endpoints")
                .at(0)
                .at("EndpointName"),
            "e");
  EXPECT_EQ(
      world.ask("ListEndpoints", R"({"StatusEquals":"Failed"})").at("Endpoints").get_array().size(),
      0U);
  world.ask("DeleteEndpoint", R"({"EndpointName":"e"})");
  world.turn([&] { return world.serving.find("e") == nullptr; });
  // What the waiter endpoint_deleted looks for.
  EXPECT_EQ(world.refused("DescribeEndpoint", R"({"EndpointName":"e"})"),
            could_not_find("endpoint", "endpoint", "e"));
  EXPECT_EQ(world.refused("DeleteEndpoint", R"({"EndpointName":"e"})"),
            could_not_find("endpoint", "endpoint", "e"));
}

TEST(EndpointOperations, UpdatedAndWeighed) {
  ControlWorld world;
  world.make_model("m");
  world.make_model("n");
  world.make_config("c", "m");
  world.make_config("d", "n");
  world.ask("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
  EXPECT_EQ(world.refused("UpdateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"d"})"),
            std::format("ValidationException: Cannot update in-progress endpoint \"{}endpoint/e\".",
                        kArns));
  world.until_in_service("e");
  EXPECT_EQ(world.refused("UpdateEndpoint", R"({"EndpointName":"none","EndpointConfigName":"d"})"),
            could_not_find("endpoint", "endpoint", "none"));
  EXPECT_EQ(world.refused("UpdateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"none"})"),
            could_not_find("endpoint configuration", "endpoint-config", "none"));
  world.ask("UpdateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"d"})");
  EXPECT_EQ(world.ask("DescribeEndpoint", R"({"EndpointName":"e"})").at("EndpointStatus"),
            "Updating");
  world.turn([&] {
    const auto endpoint = world.serving.find("e");
    return endpoint->status == ml::EndpointStatus::in_service && endpoint->config == "d";
  });
  const auto weigh = [&](std::string_view changes) {
    return world.refused(
        "UpdateEndpointWeightsAndCapacities",
        std::format(R"({{"EndpointName":"e","DesiredWeightsAndCapacities":[{}]}})", changes));
  };
  EXPECT_EQ(weigh(R"({"VariantName":"None","DesiredWeight":2})"),
            "ValidationException: The variant name(s) \"None\" is/are not present within endpoint "
            "configuration \"d\".");
  EXPECT_EQ(weigh(R"({"VariantName":"All","DesiredWeight":2})"), "taken");
  const json::object shown = world.ask("DescribeEndpoint", R"({"EndpointName":"e"})");
  EXPECT_EQ(shown.at("ProductionVariants").at(0).at("DesiredWeight"), 2.0);
  EXPECT_EQ(world.refused("UpdateEndpointWeightsAndCapacities",
                          R"({"EndpointName":"none","DesiredWeightsAndCapacities":[
                              {"VariantName":"All"}]})"),
            could_not_find("endpoint", "endpoint", "none"));
  // While their programs do not get ready: one that is updated, one that is made.
  world.serving.script = [](const ml::WorkerSpec&) {
    return ml::testing::FakeProgram::Script{.ready = false};
  };
  world.ask("UpdateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
  world.ask("CreateEndpoint", R"({"EndpointName":"f","EndpointConfigName":"c"})");
  for (const char* name : {"e", "f"}) {
    EXPECT_EQ(world.refused("DeleteEndpoint", std::format(R"({{"EndpointName":"{}"}})", name)),
              std::format("ValidationException: Cannot delete in-progress endpoint "
                          "\"{}endpoint/{}\".",
                          kArns, name));
  }
}

TEST(EndpointOperations, AModelThatDoesNotLoadSaysWhy) {
  ControlWorld world;
  world.serving.script = [](const ml::WorkerSpec&) {
    ml::testing::FakeProgram::Script out;
    out.refusal = "the archive holds no model";
    return out;
  };
  world.make_model("m");
  world.make_config("c", "m");
  world.ask("CreateEndpoint", R"({"EndpointName":"e","EndpointConfigName":"c"})");
  world.turn([&] { return world.serving.find("e")->status == ml::EndpointStatus::failed; });
  const json::object shown = world.ask("DescribeEndpoint", R"({"EndpointName":"e"})");
  EXPECT_EQ(shown.at("EndpointStatus"), "Failed");
  EXPECT_TRUE(shown.at("FailureReason").get_string().find("the archive holds no model") !=
              std::string::npos)
      << shown.at("FailureReason");
}

}  // namespace
}  // namespace weft::adapters::sagemaker
