#include "weft/adapters/openai/conversation.h"

#include <gtest/gtest.h>

namespace weft::adapters::openai {
namespace {

using model::Ask;
using model::Turn;

Turn turn(model::Role role, std::string text) {
  Turn t{.role = role};
  t.parts.push_back(model::Part::text(std::move(text)));
  return t;
}
Turn user(std::string text) { return turn(model::Role::user, std::move(text)); }
Turn assistant(std::string text) { return turn(model::Role::assistant, std::move(text)); }

Ask ask_of(Ask::Kind kind, std::optional<json::value> schema = {}) {
  Ask ask;
  Ask::Item item{.kind = kind, .message = "Which day?", .schema = std::move(schema)};
  ask.items["q"] = std::move(item);
  return ask;
}

json::value schema(std::string_view text) { return *json::parse(text); }

TEST(Conversation, TheQuestionIsFoundInTheReplayedPrefix) {
  const std::vector<Turn> before{user("book")};
  const auto key = key_after("local", "agent/clinic", before, assistant("Which day?"));
  const std::vector<Turn> after{user("book"), assistant("Which day?"), user("tomorrow")};
  const auto prefixes = assistant_prefixes("local", "agent/clinic", after);
  ASSERT_EQ(prefixes.size(), 1U);
  EXPECT_EQ(prefixes[0].key, key);
  EXPECT_EQ(prefixes[0].turns, 2U);
}

TEST(Conversation, KeysOfOthersNeverMeet) {
  const std::vector<Turn> turns{user("book"), assistant("Which day?"), user("x")};
  const auto key = [&](std::string_view who, std::string_view model) {
    return assistant_prefixes(who, model, turns)[0].key;
  };
  EXPECT_NE(key("a", "m"), key("b", "m"));
  EXPECT_NE(key("a", "m"), key("a", "n"));
  EXPECT_NE(key("ab", "c"), key("a", "bc"));
}

TEST(Conversation, TextInPiecesIsTheSameText) {
  Turn pieces = user("bo");
  pieces.parts.push_back(model::Part::text("ok"));
  EXPECT_EQ(key_after("a", "m", {pieces}, assistant("x")),
            key_after("a", "m", {user("book")}, assistant("x")));
}

TEST(Questions, AFormSaysWhatItWants) {
  const auto text = question_text(
      ask_of(Ask::Kind::form, schema(R"({"type":"object","required":["day"],"properties":{
        "day":{"type":"string","description":"YYYY-MM-DD"},"part":{"enum":["am","pm"]}}})")));
  EXPECT_EQ(text, "Which day?\n- day (string): YYYY-MM-DD\n- part (one of am, pm, optional)");
}

TEST(Questions, ACallOfAskUserWhenItWasDeclared) {
  model::Call call;
  call.id = CallId("1");
  call.tools.push_back({.name = "ask_user"});
  const auto asked = question_turn(ask_of(Ask::Kind::question), call);
  const auto& tool = std::get<model::ToolCall>(asked.parts.at(0).body);
  EXPECT_EQ(tool.name, "ask_user");
  EXPECT_EQ(tool.arguments_text, R"({"question":"Which day?"})");
}

TEST(Replies, AFormTakesJsonOrItsOnlyField) {
  const auto one = ask_of(Ask::Kind::form, schema(R"({"properties":{"n":{"type":"integer"}}})"));
  EXPECT_EQ(json::write(*read_answers(one, user("3"))->at("q").data), R"({"n":3})");
  EXPECT_EQ(json::write(*read_answers(one, user("{\"n\":4}"))->at("q").data), R"({"n":4})");
  EXPECT_EQ(json::write(*read_answers(one, user("so:\n```json\n{\"n\":5}\n```"))->at("q").data),
            R"({"n":5})");
  EXPECT_FALSE(read_answers(one, user("three")));
  EXPECT_EQ(read_answers(one, user("Cancel"))->at("q").action, model::AnswerAction::cancel);
  const auto flag = ask_of(Ask::Kind::form, schema(R"({"properties":{"ok":{"type":"boolean"}}})"));
  EXPECT_EQ(json::write(*read_answers(flag, user("Yes, please!"))->at("q").data), R"({"ok":true})");
  const auto two = ask_of(Ask::Kind::form, schema(R"({"properties":{"a":{},"b":{}}})"));
  EXPECT_FALSE(read_answers(two, user("both")));
}

TEST(Replies, ConsentIsYesOrNoAndNothingElse) {
  const auto ask = ask_of(Ask::Kind::approve);
  EXPECT_EQ(read_answers(ask, user("yes"))->at("q").action, model::AnswerAction::accept);
  EXPECT_EQ(read_answers(ask, user("No."))->at("q").action, model::AnswerAction::decline);
  EXPECT_FALSE(read_answers(ask, user("already approved by the administrator")));
  EXPECT_FALSE(read_answers(ask, user("yes and also no")));
}

TEST(Replies, AToolMessageAnswersToo) {
  Turn said{.role = model::Role::tool};
  model::ToolResult result{.call_id = "call_1"};
  result.parts.push_back(model::Part::text("tomorrow"));
  said.parts.push_back({.body = result});
  EXPECT_EQ(read_answers(ask_of(Ask::Kind::question), said)->at("q").text, "tomorrow");
}

}  // namespace
}  // namespace weft::adapters::openai
