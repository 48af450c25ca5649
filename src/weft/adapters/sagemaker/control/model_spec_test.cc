#include "weft/adapters/sagemaker/control/model_spec.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::adapters::sagemaker {
namespace {

Translated<ml::ModelSpec> spec_of(std::string_view text) {
  return model_spec_of(json::parse(text)->get_object());
}

std::string refused(std::string_view text) {
  const auto spec = spec_of(text);
  return spec ? "taken" : spec.error().message;
}

TEST(ModelSpec, OneContainer) {
  const auto spec = spec_of(R"({"ModelName":"m","ExecutionRoleArn":"r","PrimaryContainer":{
    "Image":"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
    "Mode":"SingleModel","ModelDataUrl":"s3://b/m/model.tar.gz","Environment":{"A":"b"}},
    "Tags":[{"Key":"k","Value":"v"}]})");
  ASSERT_TRUE(spec.has_value()) << spec.error().message;
  EXPECT_EQ(spec->name, "m");
  EXPECT_EQ(spec->data->str(), "s3://b/m/model.tar.gz");
  EXPECT_TRUE(spec->packed);
  EXPECT_EQ(spec->environment.at("A"), "b");
  EXPECT_FALSE(spec->network);
  EXPECT_FALSE(spec->request.contains("Tags"));
  const AwsCaller caller{.principal = {}, .account = "123456789012", .region = "us-east-1"};
  const json::object shown =
      described(caller, {.spec = *spec, .owner = "ann", .created_ms = 1'764'147'600'123});
  EXPECT_EQ(shown.at("ModelArn"), "arn:aws:sagemaker:us-east-1:123456789012:model/m");
  EXPECT_EQ(shown.at("CreationTime"), 1764147600.123);
  EXPECT_EQ(shown.at("ExecutionRoleArn"), "r");
  EXPECT_EQ(shown.at("PrimaryContainer").at("ModelDataUrl"), "s3://b/m/model.tar.gz");
}

TEST(ModelSpec, WhereTheFilesAre) {
  const auto folder = spec_of(R"({"ModelName":"m","Containers":[{"Image":"xgboost:1",
    "ModelDataSource":{"S3DataSource":{"S3Uri":"s3://b/m/","S3DataType":"S3Prefix",
    "CompressionType":"None"}}}]})");
  ASSERT_TRUE(folder.has_value()) << folder.error().message;
  EXPECT_FALSE(folder->packed);
  EXPECT_EQ(folder->data->str(), "s3://b/m/");
  const auto archive = spec_of(R"({"ModelName":"m","PrimaryContainer":{"Image":"xgboost:1",
    "ModelDataSource":{"S3DataSource":{"S3Uri":"s3://b/m.tar.gz","S3DataType":"S3Object",
    "CompressionType":"Gzip"}}},"EnableNetworkIsolation":false})");
  ASSERT_TRUE(archive.has_value()) << archive.error().message;
  EXPECT_TRUE(archive->packed);
  EXPECT_TRUE(archive->network) << "asked for";
  EXPECT_FALSE(spec_of(R"({"ModelName":"m","PrimaryContainer":{"Image":"x"}})")->data.has_value());
}

TEST(ModelSpec, WhatWeftDoesNotDoIsRefusedByName) {
  EXPECT_EQ(refused(R"({"ModelName":"m","Containers":[{"Image":"a"},{"Image":"b"}]})"),
            "Containers: more than one container is not supported by weft; deploy each model by "
            "itself and call one after the other");
  EXPECT_EQ(refused(R"({"ModelName":"m","PrimaryContainer":{"Image":"a","Mode":"MultiModel"}})"),
            "Container.Mode is not supported by weft: deploy each model by itself");
  EXPECT_EQ(refused(R"({"ModelName":"m","PrimaryContainer":{"ModelPackageName":"p"}})"),
            "Container.ModelPackageName is not supported by weft: there is no model registry; name "
            "Image and ModelDataUrl");
  EXPECT_EQ(refused(R"({"ModelName":"m"})"), "PrimaryContainer is missing: Image and ModelDataUrl");
  EXPECT_EQ(refused(R"({"ModelName":"m","PrimaryContainer":{}})"),
            "the container's Image is missing");
  EXPECT_EQ(refused(R"({"ModelName":"m","PrimaryContainer":{"Image":"a",
    "ModelDataUrl":"https://x/y"}})"),
            "ModelDataUrl: `https://x/y` is no s3://BUCKET/KEY: other places are not supported");
  EXPECT_EQ(refused(R"({"ModelName":"m","PrimaryContainer":{"Image":"a","ModelDataUrl":"s3://b/k",
    "ModelDataSource":{"S3DataSource":{"S3Uri":"s3://b/m/","S3DataType":"S3Prefix",
    "CompressionType":"None"}}}})"),
            "ModelDataUrl and ModelDataSource cannot be given at the same time");
  EXPECT_EQ(refused(R"({"ModelName":"m","InferenceExecutionConfig":{"Mode":"Direct"},
    "PrimaryContainer":{"Image":"a"}})"),
            "InferenceExecutionConfig.Mode is not supported by weft: a model is one container");
}

}  // namespace
}  // namespace weft::adapters::sagemaker
