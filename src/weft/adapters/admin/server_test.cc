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

TEST(Answers, AnApprovalIsNeverGivenBySayingNothing) {
  model::Ask ask;
  ask.items["approve"] = {.kind = model::Ask::Kind::approve, .message = "Allow it?"};
  const auto read = [&](const char* text) {
    return read_answers(json::parse_object(text, "body").value(), ask);
  };
  for (const char* nothing :
       {"{}", R"({"action":"accept"})", R"({"action":"accept","text":""})", R"({"data":null})",
        R"({"data":{}})", R"({"data":true})", R"({"data":{"confirm":true}})",
        R"({"data":{"approve":"no"}})", R"({"data":{},"text":"no"})",
        R"({"answers":{"approve":{"action":"accept"}}})"}) {
    const auto answers = read(nothing);
    ASSERT_FALSE(answers) << nothing;
    EXPECT_EQ(answers.error().param, "/approve");
  }
  for (const char* said : {R"({"text":"yes"})", R"({"text":"no"})", R"({"data":{"approve":true}})",
                           R"({"data":{"approve":false}})", R"({"action":"decline"})",
                           R"({"action":"cancel"})", R"({"answers":{"approve":{"text":"yes"}}})"}) {
    EXPECT_TRUE(read(said)) << said;
  }
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
  const json::object& tasks =
      document.at("paths").as_object().at("/admin/v1/tasks").at("get").as_object();
  EXPECT_EQ(tasks.at("parameters").as_array().size(), 4U);
  for (const auto& state : tasks.at("parameters").at(1).at("schema").at("enum").as_array()) {
    EXPECT_TRUE(model::task_state_from(state.get_string())) << state;
  }
}

TEST(Document, NamesTheParameterOfAPath) {
  const json::object document = openapi_document("1");
  const json::object& paths = document.at("paths").as_object();
  const auto parameter = [&](std::string_view path, std::string_view method) {
    return json::write(paths.at(path).as_object().at(method).at("parameters"));
  };
  EXPECT_EQ(parameter("/admin/v1/solutions/{id}", "delete"),
            R"([{"name":"id","in":"path","required":true,"schema":{"type":"string"}}])");
  EXPECT_EQ(parameter("/admin/v1/jobs/{name}", "get"),
            R"([{"name":"name","in":"path","required":true,"schema":{"type":"string"}}])");
  EXPECT_FALSE(paths.at("/admin/v1/jobs").as_object().at("get").as_object().contains("parameters"));
  EXPECT_EQ(paths.at("/admin/v1/jobs").at("get").at("operationId"), "list_jobs");
  for (const auto& [path, item] : paths) {
    for (const auto& [method, operation] : item.as_object()) {
      EXPECT_EQ(std::string_view(path).contains('{'),
                json::write(operation).find(R"("in":"path")") != std::string::npos)
          << path;
    }
  }
}

}  // namespace
}  // namespace weft::adapters::admin
