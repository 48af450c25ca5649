#include "weft/adapters/a2a/questions.h"

#include <gtest/gtest.h>

namespace weft::adapters::a2a {
namespace {

using model::Ask;

json::value parse(std::string_view text) { return json::parse(text).value(); }

Ask form(std::string_view schema) {
  Ask ask;
  ask.items["confirm"] = {Ask::Kind::form, "Pay 3?", parse(schema), "", {}};
  return ask;
}

Message said(std::vector<model::Part> parts) {
  Message message;
  message.parts = std::move(parts);
  return message;
}

constexpr std::string_view kYesNo =
    R"({"type":"object","properties":{"confirm":{"type":"boolean"}}})";
constexpr std::string_view kTwo =
    R"({"type":"object","properties":{"name":{"type":"string"},"count":{"type":"integer"},"gift":{"type":"boolean"}}})";

TEST(Questions, AreReadAsTheyWereWritten) {
  Ask ask = form(kYesNo);
  ask.items["where"] = {
      Ask::Kind::url, "Log in there", std::nullopt, "https://example.com/login", {}};
  EXPECT_EQ(state_of(ask), model::TaskState::auth);
  const Ask back = read_ask(state_of(ask), said(write_ask(ask)));
  ASSERT_EQ(back.items.size(), 2U);
  EXPECT_EQ(back.items.at("confirm").kind, Ask::Kind::form);
  EXPECT_EQ(*back.items.at("confirm").schema, parse(kYesNo));
  EXPECT_EQ(back.items.at("where").kind, Ask::Kind::url);
  EXPECT_EQ(back.items.at("where").url, "https://example.com/login");
}

TEST(Questions, OfOtherAgentsAreWords) {
  const auto parts = std::vector<model::Part>{model::Part::text("Which day?"),
                                              model::Part::data(parse(R"({"missing":"day"})"))};
  const Ask ask = read_ask(model::TaskState::ask, said(parts));
  ASSERT_EQ(ask.items.size(), 1U);
  EXPECT_EQ(ask.items.begin()->second.kind, Ask::Kind::question);
  EXPECT_EQ(ask.items.begin()->second.message, "Which day?");
}

TEST(Questions, OfALoginAreLogins) {
  EXPECT_EQ(read_ask(model::TaskState::auth, std::nullopt).items.begin()->second.kind,
            Ask::Kind::login);
}

TEST(Answers, AreReadFromData) {
  const auto one = [](const Ask& ask, std::string_view data) {
    return read_answers(ask, said({model::Part::data(parse(data))})).value().at("confirm");
  };
  EXPECT_EQ(one(form(kYesNo), R"({"confirm":true})").data, parse(R"({"confirm":true})"));
  EXPECT_EQ(one(form(kYesNo), R"({"key":"confirm","data":{"confirm":false}})").data,
            parse(R"({"confirm":false})"));
  EXPECT_EQ(one(form(kYesNo), R"({"answers":{"confirm":{"confirm":true}}})").data,
            parse(R"({"confirm":true})"));
  EXPECT_EQ(one(form(kYesNo), R"({"skill":"pay","parameters":{"confirm":true}})").data,
            parse(R"({"confirm":true})"));
  EXPECT_EQ(one(form(kYesNo), R"({"action":"decline"})").action, model::AnswerAction::decline);
}

TEST(Answers, AreReadFromWords) {
  const auto one = [](const Ask& ask, std::string words) {
    return read_answers(ask, said({model::Part::text(std::move(words))})).value().at("confirm");
  };
  EXPECT_EQ(one(form(kYesNo), " yes \n").text, "yes");
  EXPECT_EQ(one(form(kYesNo), "decline").action, model::AnswerAction::decline);
  EXPECT_EQ(one(form(kYesNo), "Cancel").action, model::AnswerAction::cancel);
  EXPECT_EQ(one(form(kTwo), "Name: Wei\ncount = 3\ngift: yes").data,
            parse(R"({"name":"Wei","count":3,"gift":true})"));
  EXPECT_FALSE(one(form(kTwo), "whatever you like").data);
}

TEST(Answers, ThatLeaveAQuestionOpenAreRefused) {
  Ask ask = form(kYesNo);
  ask.items["other"] = {Ask::Kind::question, "And?", std::nullopt, "", {}};
  const auto read = read_answers(
      ask, said({model::Part::data(parse(R"({"key":"confirm","data":{"confirm":true}})"))}));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("`other`"), std::string::npos);
}

TEST(Answers, GoToTheAgentInItsForm) {
  Ask ask;
  ask.items["input"] = {Ask::Kind::question, "Which day?", std::nullopt, "", {}};
  const auto words = [&](model::Answer answer) {
    model::Answers answers;
    answers["input"] = std::move(answer);
    return model::joined_text(write_answers(ask, answers).parts, true);
  };
  EXPECT_EQ(words({model::AnswerAction::accept, std::nullopt, "Friday"}), "Friday");
  EXPECT_EQ(words({model::AnswerAction::accept, parse(R"({"answer":"Friday"})"), ""}), "Friday");
  model::Answers declined;
  declined["input"] = {model::AnswerAction::decline, std::nullopt, ""};
  EXPECT_EQ(json::string_at(write_answers(ask, declined).metadata, "weft.action"), "decline");
}

TEST(Answers, SurviveTheWayToAnotherWeft) {
  Ask ask = form(kYesNo);
  ask.items["other"] = {Ask::Kind::form, "And?", parse(kTwo), "", {}};
  model::Answers answers;
  answers["confirm"] = {model::AnswerAction::accept, parse(R"({"confirm":true})"), ""};
  answers["other"] = {model::AnswerAction::accept, parse(R"({"name":"x"})"), ""};
  const Reply reply = write_answers(ask, answers);
  Message message = said(reply.parts);
  message.metadata = reply.metadata;
  const auto back = read_answers(ask, message);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->at("confirm").data, answers["confirm"].data);
  EXPECT_EQ(back->at("other").data, answers["other"].data);
}

}  // namespace
}  // namespace weft::adapters::a2a
