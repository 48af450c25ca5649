#include "weft/adapters/sagemaker/runtime/bodies.h"

#include <gtest/gtest.h>

#include "weft/adapters/sagemaker/runtime/errors.h"
#include "weft/adapters/sagemaker/runtime/invocation_head.h"
#include "weft/adapters/sagemaker/runtime/lines.h"
#include "weft/hub/testing.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

using hub::testing::fake_skill;

AskedBody asked(const model::Skill& skill, std::string_view type, std::string_view body) {
  auto read = read_body(skill, type, body);
  EXPECT_TRUE(read.has_value()) << read.error().message;
  return read.value_or(AskedBody());
}
std::string why(const model::Skill& skill, std::string_view type, std::string_view body) {
  const auto read = read_body(skill, type, body);
  return read ? "" : read.error().message;
}

const model::Skill kTalk = fake_skill("talk", model::Shape::converse);
const model::Skill kPay =
    fake_skill("pay", model::Shape::invoke, R"({"properties":{"to":{},"inputs":{}}})");
const model::Skill kTensor =
    fake_skill("iris", model::Shape::predict, R"({"properties":{"x":{"type":"array"}}})");

TEST(RuntimeBodies, FormsAreToldByTheirMembers) {
  EXPECT_EQ(asked(kTalk, "application/json", R"({"messages":[]})").form, BodyForm::chat);
  EXPECT_EQ(asked(kTalk, "application/json; charset=utf-8", R"({"inputs":"x"})").form,
            BodyForm::generation);
  EXPECT_EQ(asked(kTalk, "", R"({"message":"x"})").form, BodyForm::arguments);
  EXPECT_EQ(asked(kTalk, "application/json", R"({"parts":[{"text":"x"}]})").form,
            BodyForm::message);
  // A member that the skill itself names is meant as the skill means it.
  const auto own = asked(kPay, "application/json", R"({"inputs":"x"})");
  EXPECT_EQ(own.form, BodyForm::arguments);
  EXPECT_EQ(json::write(*own.args), R"({"inputs":"x"})");
  EXPECT_EQ(json::write(*asked(kTensor, "application/json", "[[1,2]]").args), R"({"x":[[1,2]]})");
  EXPECT_EQ(json::write(*asked(kTensor, "application/json", R"({"instances":[[1]]})").args),
            R"({"x":[[1]]})");
  EXPECT_EQ(json::write(*asked(kPay, "application/json", R"({"instances":[{"to":1}]})").args),
            R"({"to":1})");
  EXPECT_EQ(json::write(*asked(kPay, "application/jsonlines", "{\"to\":1}\n").args), R"({"to":1})");
  EXPECT_EQ(json::write(*asked(fake_skill("e", model::Shape::embed), "application/json",
                               R"({"inputs":["a","b"]})")
                             .args),
            R"({"input":["a","b"]})");
}

TEST(RuntimeBodies, WhatIsNoneSaysWhatWouldDo) {
  EXPECT_EQ(why(kPay, "application/json", "[1]"),
            "the body must be an object of arguments, got array");
  EXPECT_EQ(why(kTalk, "application/json", R"({"inputs":["a","b"]})"),
            "`inputs` must be one text: a request is one call of the solution");
  EXPECT_EQ(why(kPay, "application/json", R"({"instances":[{},{}]})"),
            "`instances` must hold one object: a request is one call of the solution");
  EXPECT_EQ(why(kPay, "application/jsonlines", "{}\n{}"), "one line is one call: send one");
  EXPECT_EQ(
      why(kPay, "text/csv", "1"),
      "text/csv is a tensor, and the skill takes none, or several; send application/json with "
      "its arguments by name");
  EXPECT_EQ(why(kTensor, "text/csv", "1,a"), "line 1, column 2: `a` is not a number");
  EXPECT_EQ(why(kPay, "image/png", "x"),
            "the skill takes arguments: application/json, not `image/png`");
  EXPECT_EQ(why(kTalk, "text/plain", "\xff"), "the text is not UTF-8");
  EXPECT_EQ(asked(kTalk, "image/png", "\xff").form, BodyForm::file);
}

std::string written(const model::Output& output, BodyForm form, std::string_view accept) {
  const auto body = write_body(output, form, accept);
  return body ? std::format("{}|{}", body->type, body->body) : body.error().message;
}

TEST(RuntimeBodies, AcceptChooses) {
  EXPECT_TRUE(takes("", "text/csv"));
  EXPECT_TRUE(takes("application/json, text/*;q=0.5", "text/csv"));
  EXPECT_TRUE(takes("*/*", "image/png"));
  EXPECT_FALSE(takes("application/json", "text/csv"));
  model::Output table;
  table.data = json::parse(R"({"y":[0.5,"a,\"b\"",null]})").value();
  EXPECT_EQ(written(table, BodyForm::arguments, "text/csv"),
            "text/csv; charset=utf-8|0.5\n\"a,\"\"b\"\"\"\n\n");
  EXPECT_EQ(written(table, BodyForm::arguments, ""),
            R"(application/json|{"y":[0.5,"a,\"b\"",null]})");
  const model::Output words = hub::testing::text_output("hi");
  EXPECT_EQ(written(words, BodyForm::arguments, "*/*"), R"(application/json|{"text":"hi"})");
  EXPECT_EQ(written(words, BodyForm::arguments, "text/plain"), "text/plain; charset=utf-8|hi");
  EXPECT_EQ(written(words, BodyForm::text, "application/json"),
            R"(application/json|{"text":"hi"})");
  EXPECT_EQ(written(words, BodyForm::text, "audio/wav"),
            "the answer cannot be written as `audio/wav`; accept application/json or text/plain");
  model::Output file;
  model::Part part;
  part.body = model::Blob{.bytes = "RIFF", .filename = ""};
  part.media_type = "audio/wav";
  file.turns.push_back({"", model::Role::assistant, "", {part}});
  EXPECT_EQ(written(file, BodyForm::text, "audio/*"), "audio/wav|RIFF");
}

TEST(RuntimeBodies, WhatStandsBesideIsALoss) {
  model::Output output = hub::testing::text_output("words");
  output.data = json::object{{"a", 1}};
  const auto body = write_body(output, BodyForm::arguments, "");
  ASSERT_EQ(body->losses.size(), 1U);
  EXPECT_EQ(body->losses[0].from, "text");
}

TEST(RuntimeLines, ArtifactsAreToldBehindTheWords) {
  LineWriter lines(BodyForm::arguments, "");
  EXPECT_EQ(lines.type(), "application/jsonlines");
  std::string out;
  lines.add(out, {model::Delta{.text = "a"}});
  lines.add(out, {model::State()});
  model::Output output;
  output.artifacts.push_back(model::Artifact{.id = "1"});
  output.artifacts[0].parts = {model::Part::text("b")};
  output.data = json::object{{"c", 1}};
  lines.end(out, output, {});
  EXPECT_EQ(out, "{\"text\":\"a\"}\n{\"text\":\"\\nb\"}\n{\"result\":{\"c\":1}}\n");
}

TEST(RuntimeHead, FieldsOfBothOperations) {
  wire::Headers headers;
  headers.add("content-type", "text/csv");
  headers.add("ACCEPT", "a/b");
  headers.add("X-Amzn-SageMaker-Accept", "c/d");
  headers.add("x-amzn-sagemaker-target-variant", "v");
  headers.add("X-Amzn-SageMaker-Prefix-Aware-Id", "p");
  const auto whole = read_invocation_head(headers, false);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->type, "text/csv");
  EXPECT_EQ(whole->accept, "a/b");
  EXPECT_EQ(whole->variant, "v");
  EXPECT_EQ(read_invocation_head(headers, true)->accept, "c/d");
  headers.set("X-Amzn-SageMaker-Target-Variant", std::string(64, 'v'));
  EXPECT_EQ(read_invocation_head(headers, false).error().message,
            "1 validation error detected: Value '" + std::string(64, 'v') +
                "' at 'targetVariant' failed to satisfy constraint: Member must have length less "
                "than or equal to 63");
}

TEST(RuntimeErrors, EveryReasonHasItsRow) {
  const Place place{.endpoint = "e", .region = "eu-west-1", .account = "123456789012"};
  for (int i = 1; i <= static_cast<int>(Reason::internal); ++i) {
    const Error error = make_error(static_cast<Reason>(i), "words");
    const RuntimeError told = error_of(error, place, false);
    const bool known = told.type == "ValidationError" || told.type == "ModelError" ||
                       told.type == "ModelNotReadyException" || told.type == "InternalFailure" ||
                       told.type == "ServiceUnavailable" || told.type == "AccessDeniedException";
    EXPECT_TRUE(known) << told.type;
    EXPECT_FALSE(told.message.empty());
    EXPECT_FALSE(body_of(told, place).contains("LogStreamArn"));
  }
  Error from_upstream = make_error(Reason::solution_failed, "words");
  from_upstream.upstream_status = 422;
  EXPECT_EQ(error_of(from_upstream, place, false).original_status, 422);
}

}  // namespace
}  // namespace weft::adapters::sagemaker::runtime
