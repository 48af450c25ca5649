#include <gtest/gtest.h>

#include <thread>
#include <tuple>

#include "chain.h"
#include "weft/hub/limits.h"
#include "weft/model/fold.h"

namespace weft::pairs {
namespace {

using Pair = std::tuple<std::string, std::string>;

class Pairs : public ::testing::TestWithParam<Pair> {
 protected:
  Pairs() : chain_(std::get<0>(GetParam()), std::get<1>(GetParam())) {}
  void SetUp() override { ASSERT_EQ(chain_.broken(), ""); }

  bool through(std::string_view protocol) const {
    return std::get<0>(GetParam()) == protocol || std::get<1>(GetParam()) == protocol;
  }

  static json::object text(std::string_view words) { return json::object{{"text", words}}; }

  /// Exactly one End, and it is the last event (law 4).
  static const model::End& end_of(const Chain::Told& told) {
    for (std::size_t i = 0; i + 1 < told.events.size(); ++i)
      EXPECT_FALSE(told.events[i].is_end()) << "an early End";
    return std::get<model::End>(told.events.back().body);
  }

  static model::Output fold(const Chain::Told& told) {
    model::Fold folded(1 << 20);
    for (const auto& event : told.events) EXPECT_TRUE(folded.add(event));
    model::End end = folded.take();
    EXPECT_TRUE(end.outcome) << (end.outcome ? "" : end.outcome.error().message);
    return end.outcome.value_or(model::Output{});
  }

  Chain chain_;
};

TEST_P(Pairs, TextCrosses) {
  const auto told = chain_.call("say", text("good morning, 早上好"), model::Reply::unary);
  const auto& end = end_of(told);
  ASSERT_TRUE(end.outcome) << end.outcome.error().message;
  EXPECT_EQ(model::plain_text(*end.outcome), "good morning, 早上好");
}

TEST_P(Pairs, StructuredDataCrosses) {
  const auto told = chain_.call("data", text("abc"), model::Reply::unary);
  const auto& end = end_of(told);
  ASSERT_TRUE(end.outcome) << end.outcome.error().message;
  auto data = model::plain_data(*end.outcome);
  // A chat answer carries JSON as its text; that is its form there, not a loss. As an MCP tool a
  // model's data is {text, finish_reason, …}.
  const bool of_a_chat = std::get<1>(GetParam()) == "openai";
  if (!data || of_a_chat) data = json::parse(model::plain_text(*end.outcome)).value_or(nullptr);
  EXPECT_EQ(*data, json::value(json::object{{"said", "abc"}, {"length", 3}}));
}

TEST_P(Pairs, TheFoldedStreamIsTheUnaryAnswer) {
  const auto unary = fold(chain_.call("stream", text("a"), model::Reply::unary));
  const auto stream = fold(chain_.call("stream", text("a"), model::Reply::stream));
  EXPECT_EQ(model::plain_text(unary), "a0 a1 a2 ");
  EXPECT_EQ(model::plain_text(stream), model::plain_text(unary));
  EXPECT_EQ(stream.finish, unary.finish);
}

TEST_P(Pairs, ErrorsKeepTheirCodeOrAreCoarsenedAsTheTablesSay) {
  for (const Reason reason : {Reason::invalid_argument, Reason::unavailable, Reason::rate_limited,
                              Reason::solution_failed, Reason::deadline, Reason::too_large,
                              Reason::upstream_protocol, Reason::refused}) {
    const auto told =
        chain_.call("fail", json::object{{"reason", to_string(reason)}}, model::Reply::unary);
    const auto& end = end_of(told);
    ASSERT_FALSE(end.outcome) << to_string(reason);
    EXPECT_NE(end.outcome.error().message.find("the script failed as it was told"),
              std::string::npos)
        << to_string(reason) << ": " << end.outcome.error().message;
    EXPECT_EQ(end.outcome.error().solution, "far") << to_string(reason);
  }
}

TEST_P(Pairs, ArgumentsThatDoNotFitNameThePlace) {
  json::object wrong{{"text", 7}};
  const auto told = chain_.call("say", wrong, model::Reply::unary);
  // A chat door asks for what is missing instead of failing (standing convention 1).
  if (std::holds_alternative<model::Ask>(told.events.front().body)) return;
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

TEST_P(Pairs, CancelEndsTheCallAndFreesTheSolution) {
  const auto told = chain_.call("wait", text("x"), model::Reply::stream, {}, 0);
  const auto& end = end_of(told);
  ASSERT_FALSE(end.outcome);
  EXPECT_EQ(end.outcome.error().reason, Reason::cancelled);
  EXPECT_LE(told.ended_after_cancel_ms, hub::kCancelBoundMs + 500);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (chain_.seen().released < chain_.seen().started &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_EQ(chain_.seen().started, 1);
  EXPECT_EQ(chain_.seen().released, 1) << "the solution still works for a caller who is gone";
}

TEST_P(Pairs, AQuestionIsAnsweredAndTheCallGoesOn) {
  bool asked = false;
  const auto told = chain_.call("ask", text("x"), model::Reply::stream, [&](const model::Ask& ask) {
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
  const bool of_a_service = std::get<1>(GetParam()) == "openapi";
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

std::string name_of(const ::testing::TestParamInfo<Pair>& info) {
  return std::get<0>(info.param) + "_to_" + std::get<1>(info.param);
}

const auto kProtocols = ::testing::Values("openai", "mcp", "a2a", "openapi");
INSTANTIATE_TEST_SUITE_P(All, Pairs, ::testing::Combine(kProtocols, kProtocols), name_of);

}  // namespace
}  // namespace weft::pairs
