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

TEST(GrpcRequests, GoOutAsTheyCameIn) {
  wire::OipRequest asked;
  asked.id = "7";
  asked.parameters = {{"k", 2}, {"yes", true}, {"s", "t"}, {"x", 0.5}};
  asked.inputs = {{.name = "x",
                   .type = wire::TensorType::fp32,
                   .shape = {2, 1},
                   .bytes = bytes_of({1, 2}),
                   .parameters = {{"unit", "m"}}}};
  asked.outputs = {{.name = "y", .binary = true, .parameters = {{"n", 1}}}};
  asked.binary_output = true;
  const auto out = message_of(asked, "iris", "3");
  EXPECT_EQ(out.model_name(), "iris");
  EXPECT_EQ(out.model_version(), "3");
  EXPECT_EQ(request_of(out).value(), asked);
}

TEST(GrpcAnswers, ComeByEitherForm) {
  wire::OipResponse told;
  told.model = "m";
  told.version = "1";
  told.id = "7";
  told.outputs = {{.name = "y",
                   .type = wire::TensorType::fp32,
                   .shape = {2},
                   .bytes = bytes_of({1, 2}),
                   .parameters = {}}};
  EXPECT_EQ(answer_of(response_of(told)).value(), told);
  inference::ModelInferResponse typed;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(model_name: "m" model_version: "1" id: "7"
         outputs { name: "y" datatype: "FP32" shape: 2
                   contents { fp32_contents: 1 fp32_contents: 2 } })",
      &typed));
  EXPECT_EQ(answer_of(typed).value(), told);
}

TEST(GrpcAnswers, ThatLieAreNone) {
  const auto words = [](const std::string& text, int raw) {
    inference::ModelInferResponse message;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
    for (int i = 0; i < raw; ++i) message.add_raw_output_contents(bytes_of({1}));
    const auto answer = answer_of(message);
    if (answer) return std::string("none");
    EXPECT_EQ(answer.error().reason, Reason::upstream_protocol);
    return answer.error().message;
  };
  EXPECT_EQ(words(R"(outputs { name: "y" datatype: "FP32" shape: 1 })", 2),
            "raw_output_contents holds 2 tensors for 1 outputs");
  EXPECT_THAT(words(R"(outputs { name: "y" datatype: "FP32" shape: 3 })", 1),
              testing::HasSubstr("it has 4 bytes, its type and shape need 12"));
  EXPECT_EQ(words(R"(outputs { name: "y" datatype: "FLOAT" shape: 1 })", 1),
            "the output `y` has the datatype `FLOAT`, which is none of the protocol's");
  EXPECT_THAT(words(R"(outputs { name: "y" datatype: "INT8" shape: 1
                       contents { int_contents: 300 } })",
                    0),
              testing::HasSubstr("go by raw_output_contents alone"));
}

TEST(GrpcAnswers, OfTheServerAndItsModelsBothWays) {
  const auto same = [](const json::object& told, const json::object& back) {
    EXPECT_EQ(json::write(told), json::write(back));
  };
  const json::object server{{"name", "s"}, {"version", "1"}, {"extensions", json::array{"e"}}};
  same(server, json_of(server_metadata_of(server)));
  const json::object tensor{{"name", "x"}, {"datatype", "FP32"}, {"shape", json::array{-1, 4}}};
  const json::object model{{"name", "m"},
                           {"versions", json::array{"1"}},
                           {"platform", "p"},
                           {"inputs", json::array{tensor}},
                           {"outputs", json::array()},
                           {"properties", {{"weft.shape", "converse"}}}};
  same(model, json_of(model_metadata_of(model)));
  const json::array index{
      json::object{{"name", "m"}, {"version", "1"}, {"state", "READY"}, {"reason", ""}}};
  EXPECT_EQ(json::write(index), json::write(json_of(repository_index_of(index))));
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
