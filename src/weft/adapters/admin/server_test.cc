#include <gtest/gtest.h>

#include <set>

#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/views.h"

namespace weft::adapters::admin {
namespace {

model::Ask two_questions() {
  model::Ask ask;
  ask.items["a"].message = "first?";
  ask.items["b"].message = "second?";
  return ask;
}

TEST(Answers, OneQuestionNeedsNoKey) {
  model::Ask ask;
  ask.items["only"].message = "yes?";
  const auto answers =
      read_answers(json::parse_object(R"({"action":"decline"})", "body").value(), ask);
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at("only").action, model::AnswerAction::decline);
}

TEST(Answers, SeveralQuestionsNeedTheirKeys) {
  EXPECT_FALSE(
      read_answers(json::parse_object(R"({"text":"x"})", "body").value(), two_questions()));
  const auto answers = read_answers(
      json::parse_object(R"({"answers":{"a":{"text":"x"},"b":{"data":{"n":1}}}})", "body").value(),
      two_questions());
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at("a").text, "x");
  EXPECT_EQ(*answers->at("b").data, json::value(json::object{{"n", 1}}));
}

TEST(Views, EveryEventHasAName) {
  EXPECT_EQ(kind_of(model::Event{model::Ask{}}), "ask");
  EXPECT_EQ(kind_of(model::end_with(model::Output{})), "end");
  EXPECT_EQ(kind_of(model::Event{model::Delta{}}), "delta");
}

TEST(Document, NamesEveryOperationOnce) {
  const json::object document = openapi_document("1");
  std::set<std::string> ids;
  for (const auto& [path, item] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : item.as_object()) {
      EXPECT_TRUE(
          ids.insert(std::string(json::string_at(operation.as_object(), "operationId"))).second)
          << path;
    }
  }
  EXPECT_GE(ids.size(), 15U);
}

}  // namespace
}  // namespace weft::adapters::admin
