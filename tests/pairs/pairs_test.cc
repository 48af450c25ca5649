// What a caller meets on the way in and in the middle: arguments that do not fit, and questions.
#include "pairs.h"

namespace weft::pairs {
namespace {

class Pairs : public OverPairs {
 protected:
  Told call(std::string skill, json::object args, model::Reply reply, Chain::OnAsk on_ask = {}) {
    return chain_.tell(chain_.with_args(skill, std::move(args), reply), std::move(on_ask));
  }

  static json::object text(std::string_view words) { return json::object{{"text", words}}; }

  /// Exactly one End, and it is the last event (law 4).
  static const model::End& end_of(const Told& told) {
    for (std::size_t i = 0; i + 1 < told.events.size(); ++i)
      EXPECT_FALSE(told.events[i].is_end()) << "an early End";
    return std::get<model::End>(told.events.back().body);
  }

  static model::Output fold(const Told& told) {
    const model::End end = folded(told.events);
    EXPECT_TRUE(end.outcome) << (end.outcome ? "" : end.outcome.error().message);
    return end.outcome.value_or(model::Output{});
  }
};

TEST_P(Pairs, ArgumentsThatDoNotFitNameThePlace) {
  json::object wrong{{"text", 7}};
  const auto told = call("say", wrong, model::Reply::unary);
  // A chat door asks for what is missing instead of failing (standing convention 1).
  if (std::holds_alternative<model::Ask>(told.events.front().body)) {
    EXPECT_TRUE(through("openai"));
    return;
  }
  const auto& end = end_of(told);
  if (end.outcome) {
    EXPECT_TRUE(through("openai"));
    EXPECT_NE(model::plain_text(*end.outcome).find("text"), std::string::npos);
    return;
  }
  EXPECT_NE(end.outcome.error().message.find("text"), std::string::npos)
      << end.outcome.error().message;
  EXPECT_NE(end.outcome.error().message.find("string"), std::string::npos)
      << end.outcome.error().message;
}

TEST_P(Pairs, AQuestionIsAnsweredAndTheCallGoesOn) {
  bool asked = false;
  const auto told = call("ask", text("x"), model::Reply::stream, [&](const model::Ask& ask) {
    asked = true;
    model::Answers answers;
    for (const auto& [key, item] : ask.items) {
      model::Answer answer;
      answer.data = json::object{{"name", "Ada"}};
      answer.text = R"({"name":"Ada"})";
      answers[key] = std::move(answer);
    }
    return answers;
  });
  const auto& end = end_of(told);
  const bool of_a_service = solution() == "openapi";
  if (through("openai") && !of_a_service) {
    // A chat answer cannot hold a call open: the question is the assistant's text.
    const std::string said = model::plain_text(fold(told));
    EXPECT_NE(said.find("What is your name?"), std::string::npos) << said;
    return;
  }
  if (through("openapi")) {
    // A REST service cannot ask: the call fails with the question's words.
    ASSERT_FALSE(end.outcome);
    EXPECT_NE(end.outcome.error().message.find("What is your name?"), std::string::npos)
        << end.outcome.error().message;
    return;
  }
  ASSERT_TRUE(end.outcome) << end.outcome.error().message;
  EXPECT_TRUE(asked);
  EXPECT_NE(model::plain_text(*end.outcome).find("hello Ada"), std::string::npos)
      << model::plain_text(*end.outcome);
}

INSTANTIATE_TEST_SUITE_P(All, Pairs, all_pairs(), name_of);

}  // namespace
}  // namespace weft::pairs
