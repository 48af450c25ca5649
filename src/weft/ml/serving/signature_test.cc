#include "weft/ml/serving/signature.h"

#include <gtest/gtest.h>

#include "weft/base/testing/run.h"

namespace weft::ml {
namespace {

constexpr std::string_view kIris = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],
    "outputs":[{"name":"y","datatype":"FP32","shape":[-1]}]})";

/// A worker that is a function.
class FakeModel final : public Inferring {
 public:
  explicit FakeModel(std::string_view about) {
    ModelAbout said;
    said.about = json::parse_object(about, "about").value();
    about_ = std::make_shared<const ModelAbout>(std::move(said));
  }
  Awaitable<Result<InvocationReply>> invoke(Invocation invocation, SteadyTime,
                                            CancelToken) override {
    last = invocation;
    body = invocation.body;
    co_return reply;
  }
  Awaitable<Result<InvocationReply>> stream(Invocation, SteadyTime, CancelToken,
                                            TakePiece) override {
    co_return reply;
  }
  std::shared_ptr<const ModelAbout> about() const override { return about_; }
  const std::string& owner() const override { return owned_by; }
  void unload() { about_ = nullptr; }

  std::string owned_by;
  Invocation last;
  std::string body;
  Result<InvocationReply> reply = InvocationReply();

 private:
  std::shared_ptr<const ModelAbout> about_;
};

Result<model::Output> ask(const std::shared_ptr<FakeModel>& model, std::string_view args) {
  auto call = std::make_shared<model::Call>();
  call->args = json::parse(args).value();
  return weft::testing::run(
      predict(model, call, std::chrono::steady_clock::now() + std::chrono::seconds(10), {}));
}

InvocationReply replied(std::uint16_t status, std::string type, std::string body) {
  InvocationReply out;
  out.status = status;
  out.type = std::move(type);
  out.body = std::move(body);
  return out;
}

TEST(Signature, ACallIsAnInference) {
  auto model = std::make_shared<FakeModel>(kIris);
  model->reply =
      replied(200, "", R"({"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[0.1]}]})");
  const auto output = ask(model, R"({"x":[1,2,3,4]})");
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_EQ(json::write(*output->data), R"({"y":[0.1]})");
  EXPECT_TRUE(model->last.tensors);
  EXPECT_EQ(model->last.accept, "");
  EXPECT_EQ(model->body,
            R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]})");
}

TEST(Signature, AnswersWithTensorsBehindTheJson) {
  auto model = std::make_shared<FakeModel>(kIris);
  const std::string json =
      R"({"outputs":[{"name":"y","datatype":"FP16","shape":[1],"parameters":{"binary_data_size":2}}]})";
  // Its length is the type, or, as workers write it, stands among the attributes.
  model->reply = replied(200, std::to_string(json.size()), json + std::string("\0\x3c", 2));
  EXPECT_EQ(json::write(*ask(model, R"({"x":[1,2,3,4]})")->data), R"({"y":[1.0]})");
  model->reply = replied(200, "application/octet-stream", json + std::string("\0\x3c", 2));
  model->reply->attributes = std::to_string(json.size());
  EXPECT_EQ(json::write(*ask(model, R"({"x":[1,2,3,4]})")->data), R"({"y":[1.0]})");
}

TEST(Signature, WhatTheModelSaysIsTheError) {
  auto model = std::make_shared<FakeModel>(kIris);
  model->reply = replied(400, "", "Feature size is 3");
  const auto wrong = ask(model, R"({"x":[1,2,3,4]})");
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().reason, Reason::invalid_argument);
  EXPECT_EQ(wrong.error().message, "Feature size is 3");
  EXPECT_EQ(wrong.error().upstream_status, 400);
  model->reply = replied(500, "", "");
  EXPECT_EQ(ask(model, R"({"x":[1,2,3,4]})").error().message,
            "the model answered 500 without a word");
  model->reply = replied(200, "", "no JSON");
  EXPECT_EQ(ask(model, R"({"x":[1,2,3,4]})").error().reason, Reason::upstream_protocol);
  EXPECT_EQ(ask(model, R"({"x":[1]})").error().reason, Reason::invalid_argument);
  model->unload();
  EXPECT_EQ(ask(model, R"({"x":[1,2,3,4]})").error().reason, Reason::unavailable);
}

/// The user's own program tells no tensors: it is asked as SageMaker's containers are.
TEST(Signature, AModelWithoutASignatureIsAskedInJson) {
  auto model = std::make_shared<FakeModel>("{}");
  model->reply = replied(200, "application/json", R"({"predictions":[1]})");
  EXPECT_EQ(json::write(*ask(model, R"({"instances":[[1]]})")->data), R"({"predictions":[1]})");
  EXPECT_FALSE(model->last.tensors);
  EXPECT_EQ(model->last.type, "application/json");
  EXPECT_EQ(model->body, R"({"instances":[[1]]})");
  model->reply = replied(200, "text/csv", "0.5");
  EXPECT_EQ(model::plain_text(*ask(model, "{}")), "0.5");
  model->reply = replied(200, "image/png", "\x89PNG");
  const auto file = ask(model, "{}");
  EXPECT_EQ(file->turns.at(0).parts.at(0).media_type, "image/png");
  const model::Skill skill = predict_skill(signature_of(json::object()));
  EXPECT_EQ(json::write(*skill.input_schema), R"({"type":"object"})");
  EXPECT_FALSE(skill.output_schema.has_value());
}

TEST(Signature, TensorsOfACallGoAsTheyAre) {
  model::Call call;
  call.tensors.push_back(
      {.name = "x", .datatype = "INT8", .shape = {2}, .bytes = "\1\2", .elements = {}});
  call.tensors.push_back(
      {.name = "t", .datatype = "BYTES", .shape = {1}, .bytes = "", .elements = {"a"}});
  const auto request = request_of({}, call);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->inputs.at(0).bytes, "\1\2");
  EXPECT_EQ(request->inputs.at(1).bytes, std::string("\1\0\0\0a", 5));
  call.tensors.at(0).shape = {3};
  EXPECT_EQ(request_of({}, call).error().message,
            "tensor `x`: it has 2 bytes, its type and shape need 3");
  call.tensors.at(0).datatype = "F";
  EXPECT_EQ(request_of({}, call).error().message, "tensor `x`: `F` is no datatype");
}

TEST(Signature, TheSkillOfAModel) {
  const json::object about = json::parse_object(kIris, "about").value();
  const model::Skill skill = predict_skill(signature_of(about));
  EXPECT_EQ(skill.id.str(), "predict");
  EXPECT_EQ(skill.shape, model::Shape::predict);
  EXPECT_TRUE(skill.effects.safe_to_repeat());
  EXPECT_EQ(json::write(*skill.output_schema),
            R"({"type":"object","properties":{"y":{"type":"array","items":)"
            R"({"type":["number","null"]},"description":"FP32 [-1]"}}})");
  EXPECT_EQ(*skill.input_schema, schema_of_tensors(*json::array_at(about, "inputs")));
}

}  // namespace
}  // namespace weft::ml
