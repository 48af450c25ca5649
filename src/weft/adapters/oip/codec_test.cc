#include "weft/adapters/oip/codec.h"

#include <gtest/gtest.h>

#include "weft/hub/testing.h"

namespace weft::adapters::oip {
namespace {

using hub::testing::fake_skill;

constexpr std::string_view kAccount =
    R"({"type":"object","properties":{"account":{"type":"string"},"days":{"type":["integer","null"]},
        "tags":{"type":"array","items":{"type":"string"}},"open":{"type":"boolean"}}})";

std::string inputs_of(const model::Skill& skill) {
  return json::write(json::value(wire::to_json(view_of(skill, nullptr).signature.inputs)));
}

TEST(OipCodec, WhatSkillsAreShownToTake) {
  EXPECT_EQ(inputs_of(fake_skill("a", model::Shape::invoke, kAccount)),
            R"([{"name":"account","datatype":"BYTES","shape":[1]},)"
            R"({"name":"days","datatype":"INT64","shape":[1]},)"
            R"({"name":"tags","datatype":"BYTES","shape":[-1]},)"
            R"({"name":"open","datatype":"BOOL","shape":[1]}])");
  const std::string args = R"([{"name":"args","datatype":"BYTES","shape":[1]}])";
  EXPECT_EQ(inputs_of(fake_skill("a")), args);
  EXPECT_EQ(inputs_of(fake_skill("a", model::Shape::invoke,
                                 R"({"properties":{"x":{"type":["string","number"]}}})")),
            args);
  // A member of a name that stands for something else.
  EXPECT_EQ(inputs_of(fake_skill("a", model::Shape::invoke,
                                 R"({"properties":{"result":{"type":"string"}}})")),
            args);
  EXPECT_EQ(inputs_of(fake_skill("a", model::Shape::converse)),
            R"([{"name":"text_input","datatype":"BYTES","shape":[-1]}])");
  model::Skill remote = fake_skill("a", model::Shape::predict);
  remote.raw = json::parse_object(
                   R"({"inputs":[{"name":"x","datatype":"FP32","shape":[-1]}],"platform":"p"})", "")
                   .value();
  EXPECT_EQ(view_of(remote, nullptr).form, Form::tensors);
  EXPECT_EQ(view_of(remote, nullptr).platform, "p");
}

Result<AskedCalls> asked(const model::Skill& skill, std::string_view body) {
  const auto request = wire::read_oip_request(body, std::nullopt);
  EXPECT_TRUE(request.has_value()) << request.error().message;
  return calls_of(view_of(skill, nullptr), skill, *request);
}

std::string text_tensor(std::string_view name, std::string_view text) {
  return std::format(R"({{"name":"{}","datatype":"BYTES","shape":[1],"data":[{}]}})", name,
                     json::write(json::value(text)));
}

std::string args_of(const model::Skill& skill, std::string_view inputs) {
  const auto calls = asked(skill, std::format(R"({{"inputs":[{}]}})", inputs));
  EXPECT_TRUE(calls.has_value()) << calls.error().message;
  return calls ? json::write(calls->args.at(0)) : "";
}
std::string why(const model::Skill& skill, std::string_view inputs) {
  const auto calls = asked(skill, std::format(R"({{"inputs":[{}]}})", inputs));
  return calls ? "" : calls.error().message;
}

TEST(OipCodec, RequestsAsArguments) {
  const auto skill = fake_skill("a", model::Shape::invoke, kAccount);
  EXPECT_EQ(args_of(skill, text_tensor("account", "a1") +
                               R"(,{"name":"days","datatype":"UINT8","shape":[],"data":[7]})"),
            R"({"account":"a1","days":7})");
  EXPECT_EQ(args_of(skill, text_tensor("args", R"({"account":"a2"})")), R"({"account":"a2"})");
  EXPECT_EQ(why(skill, R"({"name":"days","datatype":"INT64","shape":[2],"data":[7,8]})"),
            "tensor `days`: it has 2 elements; one is taken");
  EXPECT_EQ(why(skill, text_tensor("days", "7")),
            "tensor `days`: it is BYTES, the model takes INT64");
  EXPECT_EQ(why(skill, text_tensor("args", "{")).substr(0, 30), "tensor `args`: it is no JSON: ");
  // Without a schema tensors are told as JSON.
  EXPECT_EQ(
      args_of(fake_skill("a"), R"({"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]},)" +
                                   text_tensor("t", "a")),
      R"({"x":{"datatype":"FP32","shape":[1,2],"data":[1.0,2.0]},"t":["a"]})");
}

TEST(OipCodec, ConversationsAndTheirSettings) {
  const auto skill = fake_skill("a", model::Shape::converse);
  const auto calls = asked(
      skill,
      std::format(R"({{"parameters":{{"seed":7,"priority":1}},"inputs":[{},{}]}})",
                  text_tensor("text_input", "hello"),
                  text_tensor("parameters",
                              R"({"stop":"x","n":2,"response_format":{"type":"json_object"}})")));
  ASSERT_TRUE(calls.has_value()) << calls.error().message;
  EXPECT_EQ(calls->gen.stop, std::vector<std::string>{"x"});
  EXPECT_EQ(calls->gen.choices, 2);
  EXPECT_EQ(calls->gen.format, "json");
  EXPECT_EQ(calls->gen.seed, 7);
  ASSERT_EQ(calls->losses.size(), 1U);
  EXPECT_EQ(calls->losses[0].path, "/priority");
  EXPECT_EQ(args_of(skill, text_tensor("messages", R"([{"role":"user","content":"x"}])")),
            R"({"messages":[{"role":"user","content":"x"}]})");
  EXPECT_EQ(why(skill, text_tensor("system", "x")), "the tensor `text_input` is missing");
  EXPECT_EQ(why(skill, R"({"name":"text_input","datatype":"BYTES","shape":[0],"data":[]})"),
            "tensor `text_input`: 0 texts; from 1 to 64 are taken");
}

TEST(OipCodec, AnswersHaveWordsResultAndFiles) {
  const auto skill = fake_skill("a", model::Shape::invoke);
  model::Output output = hub::testing::text_output("see the file");
  output.data = json::object{{"ok", true}};
  output.finish = model::Finish::length;
  model::Part file;
  file.body = model::Blob{.bytes = "\xff\x01", .filename = "a.bin"};
  file.media_type = "image/png";
  output.turns[0].parts.push_back(file);
  model::Part link;
  link.body = model::Link{.uri = "https://example.org/x", .name = "x", .size = 7};
  output.turns[0].parts.push_back(link);
  std::vector<model::Loss> losses;
  const auto response = response_of(view_of(skill, nullptr), {}, {output}, losses);
  ASSERT_TRUE(response.has_value());
  EXPECT_TRUE(losses.empty());
  EXPECT_EQ(
      wire::write_oip(*response, {}).body,
      R"({"parameters":{"finish":"length"},"outputs":[)"
      R"({"name":"text_output","datatype":"BYTES","shape":[1],"data":["see the file"]},)"
      R"({"name":"result","datatype":"BYTES","shape":[1],"data":["{\"ok\":true}"]},)"
      R"({"name":"file_1","datatype":"BYTES","shape":[1],"parameters":{"content_type":"base64",)"
      R"("filename":"a.bin","media_type":"image/png"},"data":["/wE="]},)"
      R"({"name":"file_2","datatype":"BYTES","shape":[1],"parameters":{"content_type":"uri",)"
      R"("name":"x","size":7},"data":["https://example.org/x"]}]})");
  const auto read = output_of_own(*response, model::Shape::invoke);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, output);
}

TEST(OipCodec, WhatHasNoPlaceIsALoss) {
  model::Output output;
  model::Turn turn;
  turn.role = model::Role::assistant;
  model::Part call;
  call.body = model::ToolCall{.id = "1", .name = "t", .arguments_text = "{}"};
  model::Part thought;
  thought.body = model::Reasoning{.text = "hm", .opaque = ""};
  turn.parts = {call, thought};
  output.turns.push_back(turn);
  output.artifacts.push_back(model::Artifact{.id = "a"});
  std::vector<model::Loss> losses;
  (void)beside_words(output, losses);
  std::vector<std::string> lost;
  for (const auto& loss : losses) lost.push_back(loss.from);
  EXPECT_EQ(lost, (std::vector<std::string>{"tool_call", "reasoning", "artifact"}));
}

TEST(OipCodec, AModelOfTensorsAnswersTensors) {
  model::Skill skill = fake_skill("a", model::Shape::predict);
  skill.raw = json::parse_object(
                  R"({"inputs":[],"outputs":[{"name":"y","datatype":"INT32","shape":[-1]}]})", "")
                  .value();
  const ModelView view = view_of(skill, nullptr);
  model::Output output;
  output.data = json::parse(R"({"y":[1,2]})").value();
  std::vector<model::Loss> losses;
  const auto response = response_of(view, {}, {output}, losses);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->outputs.at(0).type, wire::TensorType::int32);
  EXPECT_EQ(output_of(*response, model::Shape::predict), output);
  output.data = json::parse(R"({"y":["x"]})").value();
  EXPECT_EQ(response_of(view, {}, {output}, losses).error().reason, Reason::upstream_protocol);
  EXPECT_FALSE(response_of(view, {}, {model::Output()}, losses).has_value());
}

}  // namespace
}  // namespace weft::adapters::oip
