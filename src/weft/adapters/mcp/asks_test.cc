#include "weft/adapters/mcp/asks.h"

#include <gtest/gtest.h>

namespace weft::adapters::mcp {
namespace {

using model::Answer;
using model::AnswerAction;
using model::Ask;

json::value parsed(std::string_view text) { return json::parse(text).value(); }

Ask::Item form(std::string_view schema) {
  Ask::Item item;
  item.kind = Ask::Kind::form;
  item.message = "Which?";
  item.schema = parsed(schema);
  return item;
}

constexpr ElicitCaps kBoth{true, true};

TEST(Asks, CapabilitiesAreReadAsTheSpecificationSays) {
  EXPECT_FALSE(elicit_caps(parsed("{}").get_object()).form);
  EXPECT_TRUE(elicit_caps(parsed(R"({"elicitation":{}})").get_object()).form);
  EXPECT_FALSE(elicit_caps(parsed(R"({"elicitation":{}})").get_object()).url);
  const ElicitCaps url = elicit_caps(parsed(R"({"elicitation":{"url":{}}})").get_object());
  EXPECT_TRUE(url.url && !url.form);
}

TEST(Asks, AFlatFormGoesThroughUnchanged) {
  const std::string_view schema =
      R"({"type":"object","properties":{"confirm":{"type":"boolean","title":"Sure?","default":false},
    "size":{"type":"string","enum":["s","m"],"enumNames":["Small","Medium"]},"n":{"type":"integer","minimum":1},
    "many":{"type":"array","items":{"type":"string","enum":["a"]}},
    "one":{"type":"string","oneOf":[{"const":"x","title":"X"}]}},"required":["confirm"]})";
  EXPECT_EQ(json::value(form_of(parsed(schema), kModernVersion)), parsed(schema));
}

TEST(Asks, ADeepFieldIsAskedForAsJsonAndReadBack) {
  const Ask::Item item = form(
      R"({"type":"object","properties":{"to":{"type":"object","description":"Whom"},"n":{"type":"string"}}})");
  const auto params = elicit_params(item, kBoth, kModernVersion, "");
  ASSERT_TRUE(params);
  EXPECT_EQ(
      json::at_pointer(json::value(*params), "/requestedSchema/properties/to/type")->get_string(),
      "string");
  auto answer = answer_of(
      item, parsed(R"({"action":"accept","content":{"to":"{\"name\":\"Li\"}","n":"{}"}})"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer->data, parsed(R"({"to":{"name":"Li"},"n":"{}"})"));
}

TEST(Asks, EachKindHasItsForm) {
  Ask::Item question;
  question.message = "Which day?";
  auto params = elicit_params(question, kBoth, "2025-06-18", "");
  ASSERT_TRUE(params);
  EXPECT_FALSE(params->contains("mode"));
  auto answer =
      answer_of(question, parsed(R"({"action":"accept","content":{"message":"Friday"}})"));
  EXPECT_EQ(answer->text, "Friday");

  Ask::Item url;
  url.kind = Ask::Kind::url;
  url.url = "https://example.com/login";
  EXPECT_FALSE(elicit_params(url, ElicitCaps{true, false}, kLegacyVersion, "e1"));
  params = elicit_params(url, kBoth, kLegacyVersion, "e1");
  EXPECT_EQ(json::string_at(*params, "elicitationId"), "e1");

  Ask::Item approve;
  approve.kind = Ask::Kind::approve;
  EXPECT_TRUE(elicit_params(approve, kBoth, kModernVersion, ""));
  EXPECT_EQ(answer_of(approve, parsed(R"({"action":"decline"})"))->action, AnswerAction::decline);

  Ask::Item sample;
  sample.kind = Ask::Kind::sample;
  EXPECT_FALSE(elicit_params(sample, kBoth, kModernVersion, ""));
}

TEST(Asks, ABadAnswerIsRefused) {
  const Ask::Item item = form(R"({"type":"object","properties":{}})");
  EXPECT_FALSE(answer_of(item, parsed("7")));
  EXPECT_FALSE(answer_of(item, parsed(R"({"action":"maybe"})")));
}

TEST(Asks, AServersQuestionAndItsAnswer) {
  auto item = item_of(parsed(R"({"message":"Sure?","requestedSchema":{"type":"object",
    "properties":{"confirm":{"type":"boolean"},"note":{"type":"string","default":"-"}},"required":["confirm"]}})")
                          .get_object());
  ASSERT_TRUE(item);
  Answer yes;
  yes.text = "yes";
  EXPECT_EQ(json::value(elicit_result_of(*item, yes)),
            parsed(R"({"action":"accept","content":{"confirm":true,"note":"-"}})"));
  Answer no;
  no.action = AnswerAction::decline;
  EXPECT_EQ(json::value(elicit_result_of(*item, no)), parsed(R"({"action":"decline"})"));
  EXPECT_FALSE(item_of(parsed(R"({"message":"x"})").get_object()));
  EXPECT_FALSE(item_of(parsed(R"({"mode":"url","message":"x"})").get_object()));
}

TEST(Asks, AParkedQuestionIsAnsweredByATool) {
  Ask ask;
  ask.items["answer"] = form(R"({"type":"object","properties":{"confirm":{"type":"boolean"}}})");
  const json::object result = parked_result(ask, "01ABC", Era::legacy, false);
  EXPECT_EQ(json::at_pointer(json::value(result), "/structuredContent/continue/arguments/task_id")
                ->get_string(),
            "01ABC");
  EXPECT_FALSE(result.contains("isError"));
  auto answers = answers_of(
      ask, parsed(R"({"task_id":"01ABC","answers":{"answer":{"confirm":true}}})").get_object());
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at("answer").data, parsed(R"({"confirm":true})"));
  answers = answers_of(ask, parsed(R"({"text":"no"})").get_object());
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at("answer").data, parsed(R"({"confirm":false})"));
  answers = answers_of(ask, parsed(R"({"decline":true})").get_object());
  EXPECT_EQ(answers->at("answer").action, AnswerAction::decline);
  auto missing = answers_of(ask, parsed("{}").get_object());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().param, "/answers/answer");
}

TEST(Asks, AParkedQuestionOfAToolThatPromisesDataIsNoData) {
  Ask ask;
  ask.items["answer"] = form(R"({"type":"object","properties":{"confirm":{"type":"boolean"}}})");
  for (const Era era : {Era::legacy, Era::modern}) {
    const json::value result = parked_result(ask, "01ABC", era, true);
    EXPECT_EQ(result.at("isError"), true) << "clients refuse everything else without data";
    EXPECT_EQ(json::find(result, "structuredContent"), nullptr);
    const json::value& handle = result.at("_meta").at("weft/task");
    EXPECT_EQ(handle.at("continue").at("arguments").at("task_id"), "01ABC");
    EXPECT_EQ(json::parse(result.at("content").at(1).at("text").get_string()).value(), handle);
  }
}

}  // namespace
}  // namespace weft::adapters::mcp
