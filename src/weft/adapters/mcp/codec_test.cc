#include "weft/adapters/mcp/codec.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/mcp/errors.h"

namespace weft::adapters::mcp {
namespace {

json::value parsed(std::string_view text) { return json::parse(text).value(); }

model::Output said(std::string text) {
  model::Output output;
  output.turns.push_back(
      model::Turn{"", model::Role::assistant, "", {model::Part::text(std::move(text))}});
  return output;
}

void expect_golden(std::string_view name, const json::object& result) {
  const std::string text = json::write_pretty(json::value(result)) + "\n";
  EXPECT_EQ(golden(WEFT_SOURCE "/src/weft/adapters/mcp/golden", name, text), text);
}

TEST(Results, TextComesBack) {
  const model::Output output = said("hello");
  for (const Era era : {Era::legacy, Era::modern}) {
    const json::object result = result_of(output, model::Skill(), era, {});
    auto back = output_of(result);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, output);
  }
}

TEST(Results, DataComesBackWithoutItsTextCopy) {
  model::Output output;
  for (const std::string_view data : {R"({"a":[1,2]})", "[1,2]", "true", "null"}) {
    output.data = parsed(data);
    for (const Era era : {Era::legacy, Era::modern}) {
      const json::object result = result_of(output, model::Skill(), era, {});
      EXPECT_TRUE(era == Era::modern || result.at("structuredContent").is_object()) << data;
      auto back = output_of(result);
      ASSERT_TRUE(back);
      EXPECT_EQ(*back, output) << data;
    }
  }
}

TEST(Results, WordsAreTheDataThatWasPromised) {
  const auto structured = [](std::string_view schema, std::string text) {
    model::Skill skill;
    skill.output_schema = parsed(schema);
    const json::object result = result_of(said(std::move(text)), skill, Era::modern, {});
    EXPECT_FALSE(result.contains("isError")) << schema;
    return result.at("structuredContent");
  };
  EXPECT_EQ(structured(R"({"type":"string"})", "12"), "12");
  EXPECT_EQ(structured(R"({"type":"integer"})", "12"), 12);
  EXPECT_EQ(structured(R"({"type":"object"})", R"({"a":1})"), parsed(R"({"a":1})"));
  EXPECT_EQ(structured(R"({})", "done"), "done");
  EXPECT_EQ(structured(R"({"type":["object","null"]})", ""), json::value());
}

TEST(Results, APromiseThatIsNotKeptIsAnErrorWithTheAnswer) {
  model::Skill skill;
  skill.output_schema = parsed(R"({"type":"object"})");
  for (const Era era : {Era::legacy, Era::modern}) {
    const json::object result = result_of(said("paid 5"), skill, era, {});
    EXPECT_EQ(result.at("isError"), true);
    EXPECT_FALSE(result.contains("structuredContent"));
    EXPECT_EQ(result.at("content").at(0).at("text"), "paid 5");
    auto back = output_of(result);
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().reason, Reason::upstream_protocol);
  }
  skill.output_schema = parsed(R"({"type":["object","null"]})");
  EXPECT_FALSE(result_of(said("paid 5"), skill, Era::legacy, {}).contains("isError"))
      << "nothing is promised to a legacy client";
}

TEST(Results, AConversationShowsTextFinishAndUsage) {
  model::Skill chat;
  chat.shape = model::Shape::converse;
  model::Output output = said("hi");
  output.usage = model::Usage{3, 5, 0, 0};
  output.model = "m";
  output.turns[0].parts.push_back(model::Part{model::ToolCall{"c1", "look", R"({"q":1})"}, {}, {}});
  expect_golden("result_converse.legacy.json", result_of(output, chat, Era::legacy, {}));
  expect_golden("result_converse.modern.json", result_of(output, chat, Era::modern, {}));
}

TEST(Results, LossesOfAnotherHubAreHandedOn) {
  const std::vector<model::Loss> told{
      {"/turns/0", "image", "content", model::LossKind::dropped, "no place"}};
  EXPECT_EQ(losses_of_result(result_of(said("hello"), model::Skill(), Era::modern, told)), told);
  EXPECT_TRUE(
      losses_of_result(parsed(R"({"content":[],"_meta":{"weft/loss":7}})").get_object()).empty());
}

TEST(Results, FilesAndLossesAreShown) {
  model::Output output = said("see");
  model::Artifact artifact;
  artifact.name = "plot";
  artifact.parts.push_back(model::Part{model::Blob{"png", ""}, "image/png", {}});
  artifact.parts.push_back(
      model::Part{model::Link{"https://example.com/a.pdf", "a", 7}, "application/pdf", {}});
  output.artifacts.push_back(artifact);
  output.turns[0].parts.push_back(model::Part{model::Reasoning{"…", ""}, {}, {}});
  expect_golden("result_files.modern.json", result_of(output, model::Skill(), Era::modern, {}));
}

TEST(Results, ErrorsKeepTheirReason) {
  for (const Reason reason : {Reason::invalid_argument, Reason::solution_failed, Reason::refused}) {
    Error error = make_error(reason, "no");
    error.param = "/a";
    ASSERT_TRUE(told_as_result(error));
    auto back = output_of(error_result_of(error, Era::modern));
    ASSERT_FALSE(back);
    EXPECT_EQ(back.error().reason, reason);
    EXPECT_EQ(back.error().code, error.code);
    EXPECT_EQ(back.error().message, "no");
    EXPECT_EQ(back.error().param, "/a");
  }
  expect_golden("error_argument.legacy.json",
                error_result_of(make_argument_error("/day", "/day: expected string"), Era::legacy));
}

TEST(Results, IsErrorOfAnyServerIsASolutionFailed) {
  auto back = output_of(
      parsed(R"({"content":[{"type":"text","text":"boom"}],"isError":true})").get_object());
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().reason, Reason::solution_failed);
  EXPECT_EQ(back.error().message, "boom");
}

TEST(Results, RubbishIsAnUpstreamFault) {
  for (const std::string_view text :
       {"{}", R"({"content":7})", R"({"content":[7]})", R"({"content":[{"type":"x"}]})"}) {
    auto back = output_of(parsed(text).get_object());
    ASSERT_FALSE(back) << text;
    EXPECT_EQ(back.error().reason, Reason::upstream_protocol);
  }
}

TEST(Errors, EveryReasonSurvivesJsonRpc) {
  for (int i = 1; i <= static_cast<int>(Reason::internal); ++i) {
    const Error error = make_error(static_cast<Reason>(i), "why");
    const Error back = error_of(rpc_error_of(error));
    EXPECT_EQ(back.reason, error.reason);
    EXPECT_EQ(back.code, error.code);
    EXPECT_EQ(back.retryable, error.retryable);
  }
}

TEST(Errors, ForeignCodesHaveAMeaning) {
  EXPECT_EQ(error_of({-32602, "Unknown tool: x", std::nullopt}).reason, Reason::invalid_argument);
  EXPECT_EQ(error_of({-32601, "?", std::nullopt}).reason, Reason::unsupported);
  EXPECT_EQ(error_of({-32603, "?", std::nullopt}).reason, Reason::solution_failed);
  EXPECT_EQ(error_of({-1, "", std::nullopt}).message, "the server gave no message");
}

}  // namespace
}  // namespace weft::adapters::mcp
