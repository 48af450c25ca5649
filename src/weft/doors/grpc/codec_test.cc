#include "weft/doors/grpc/codec.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstring>

#include "weft/doors/grpc/inference.pb.h"

namespace weft::doors {
namespace {

inference::ModelInferRequest message(const std::string& text) {
  inference::ModelInferRequest out;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &out));
  return out;
}

std::string bytes_of(std::initializer_list<float> values) {
  std::string out(values.size() * sizeof(float), '\0');
  std::memcpy(out.data(), values.begin(), out.size());
  return out;
}

// KServe's iris request (specs/oip/kserve/e2e-data/iris_input_v2_grpc.json), its first row.
TEST(GrpcRequests, ContentsBecomeBytes) {
  const auto request = request_of(message(
      R"(model_name: "iris" id: "7"
         inputs { name: "input-0" datatype: "FP32" shape: 1 shape: 4
                  contents { fp32_contents: 6.8 fp32_contents: 2.8 fp32_contents: 4.8
                             fp32_contents: 1.4 } }
         outputs { name: "predict" }
         parameters { key: "k" value { int64_param: 2 } })"));
  ASSERT_TRUE(request.has_value()) << request.error().message;
  ASSERT_EQ(request->inputs.size(), 1U);
  EXPECT_EQ(request->inputs[0].bytes, bytes_of({6.8F, 2.8F, 4.8F, 1.4F}));
  EXPECT_EQ(request->id, "7");
  EXPECT_EQ(request->outputs.at(0).name, "predict");
  EXPECT_EQ(json::int_at(request->parameters, "k"), 2);
}

TEST(GrpcRequests, TextsHaveTheirLengthsBeforeThem) {
  const auto request = request_of(message(R"(inputs { name: "t" datatype: "BYTES" shape: 2
                            contents { bytes_contents: "ab" bytes_contents: "" } })"));
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->inputs[0].bytes, std::string("\2\0\0\0ab\0\0\0\0", 10));
}

TEST(GrpcRequests, RawBytesAreTakenAsTheyAre) {
  auto in = message(R"(inputs { name: "x" datatype: "FP32" shape: 2 })");
  in.add_raw_input_contents(bytes_of({1, 2}));
  const auto request = request_of(in);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->inputs[0].bytes, bytes_of({1, 2}));
}

TEST(GrpcRequests, WhatDoesNotFitIsNamed) {
  const auto words = [](const std::string& text) {
    const auto request = request_of(message(text));
    return request ? std::string("none") : request.error().message;
  };
  EXPECT_EQ(words(R"(inputs { name: "x" datatype: "FLOAT" shape: 1 })"),
            "the input `x` has the datatype `FLOAT`, which is none of the protocol's");
  EXPECT_EQ(words(R"(inputs { name: "x" datatype: "INT8" shape: 1
                     contents { int_contents: 300 } })"),
            "the input `x` of INT8 has contents that do not fit it; FP16 and BF16 go by "
            "raw_input_contents alone");
  EXPECT_THAT(words(R"(inputs { name: "x" datatype: "FP32" shape: 3
                       contents { fp32_contents: 1 } })"),
              testing::HasSubstr("x"));
  EXPECT_THAT(words(R"(inputs { name: "x" datatype: "FP32" shape: 4611686018427387904
                       shape: 4611686018427387904 contents { fp32_contents: 1 } })"),
              testing::HasSubstr("x"));
  auto two = message(R"(inputs { name: "x" datatype: "FP32" shape: 1 }
                        inputs { name: "y" datatype: "FP32" shape: 1 })");
  two.add_raw_input_contents(bytes_of({1}));
  EXPECT_EQ(request_of(two).error().message,
            "raw_input_contents holds 1 tensors for 2 inputs; it holds all of them or none");
  EXPECT_THAT(words("outputs { }"), testing::HasSubstr("an output has no name"));
  EXPECT_THAT(words(R"(outputs { name: "y" parameters { key: "classification"
                       value { int64_param: 3 } } })"),
              testing::HasSubstr("output `y`: `classification` is not served"));
  auto both = message(R"(inputs { name: "x" datatype: "FP32" shape: 1
                         contents { fp32_contents: 1 } })");
  both.add_raw_input_contents(bytes_of({1}));
  EXPECT_EQ(request_of(both).error().message,
            "the input `x` has contents beside raw_input_contents; send one of them");
}

TEST(GrpcAnswers, AreRaw) {
  wire::OipResponse response;
  response.model = "m";
  response.version = "3";
  response.id = "7";
  response.parameters = {{"cold", true}, {"rate", 0.5}, {"list", json::array{1}}};
  response.outputs = {{.name = "y",
                       .type = wire::TensorType::fp32,
                       .shape = {1, 2},
                       .bytes = bytes_of({1, 2}),
                       .parameters = {}}};
  const auto out = response_of(std::move(response));
  EXPECT_EQ(out.model_name(), "m");
  EXPECT_EQ(out.model_version(), "3");
  EXPECT_EQ(out.id(), "7");
  EXPECT_TRUE(out.parameters().at("cold").bool_param());
  EXPECT_EQ(out.parameters().at("rate").double_param(), 0.5);
  EXPECT_EQ(out.parameters().at("list").string_param(), "[1]");
  ASSERT_EQ(out.outputs_size(), 1);
  EXPECT_EQ(out.outputs(0).datatype(), "FP32");
  EXPECT_EQ(out.outputs(0).shape(1), 2);
  EXPECT_EQ(out.raw_output_contents(0), bytes_of({1, 2}));
}

TEST(GrpcAnswers, OfTheServerAndItsModels) {
  const auto read = [](std::string_view text) { return *json::parse(text); };
  const auto server = server_metadata_of(
      read(R"({"name":"weft","version":"1","extensions":["binary_tensor_data"]})").as_object());
  EXPECT_EQ(server.name(), "weft");
  EXPECT_EQ(server.extensions(0), "binary_tensor_data");
  const auto model = model_metadata_of(
      read(R"({"name":"m","versions":["1"],"platform":"onnx","inputs":[{"name":"x",
              "datatype":"FP32","shape":[-1,4]}],"outputs":[]})")
          .as_object());
  EXPECT_EQ(model.inputs(0).shape(0), -1);
  EXPECT_EQ(model.platform(), "onnx");
  EXPECT_EQ(model.outputs_size(), 0);
  const auto index = repository_index_of(read(R"([{"name":"m","state":"READY"}, 3])"));
  ASSERT_EQ(index.models_size(), 1);
  EXPECT_EQ(index.models(0).state(), "READY");
}

}  // namespace
}  // namespace weft::doors
