// OpenAI callers: bytes that pass through, and skills of other solutions.
#include <gtest/gtest.h>

#include "harness.h"

namespace weft::doors {
namespace {

constexpr std::string_view kCompletion =
    R"({"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}], "own":[1 , 2]})";
constexpr std::string_view kStream =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"h\"}}]}\n\n"
    ": a comment\n\ndata: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"i\"},\"finish_reason\":\"stop\"}]}\n\n"
    "data: [DONE]\n\n";

class PassThrough : public ::testing::Test {
 protected:
  PassThrough() : upstream(with_models([this](const std::string&) { return answer; })) {
    joined = hub.join("oracle", upstream.url(), "");
  }
  std::string answer = response("200 OK", "application/json", kCompletion, "x-own: 1\r\n");
  Upstream upstream;
  TestHub hub;
  Result<hub::JoinReport> joined;
};

TEST_F(PassThrough, IsFoundByItsModelList) {
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_EQ(joined->protocol, "openai");
  EXPECT_EQ(joined->skills, 1U);
  const Reply models = call(hub, "GET", "/v1/models");
  EXPECT_NE(models.body.find("\"model/oracle/small\""), std::string::npos) << models.body;
  EXPECT_EQ(call(hub, "GET", "/v1/models/model/oracle").at("/owned_by"), "oracle");
  EXPECT_EQ(call(hub, "GET", "/v1/models/nobody").status, 404);
}

TEST_F(PassThrough, TheBytesOfAnAnswerPass) {
  const Reply reply = chat(hub, "model/oracle", "hello", false);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, kCompletion);
  EXPECT_EQ(reply.headers.get("x-own"), "1");
  const std::string sent = upstream.requests().back();
  EXPECT_NE(sent.find(R"("model":"small")"), std::string::npos) << sent;
  EXPECT_EQ(sent.find("callers-own"), std::string::npos);
}

TEST_F(PassThrough, TheBytesOfAStreamPass) {
  answer = event_stream(kStream);
  const Reply reply = chat(hub, "model/oracle", "hello", true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, kStream);
  EXPECT_TRUE(reply.whole);
}

TEST_F(PassThrough, AStreamCutAtEveryByteEndsWithAnError) {
  for (std::size_t cut = 0; cut < kStream.size(); ++cut) {
    answer = event_stream(kStream, cut);
    const Reply reply = chat(hub, "model/oracle", "hello", true);
    EXPECT_EQ(reply.body.find("[DONE]"), std::string::npos) << cut;
    EXPECT_NE(reply.body.find("\"error\""), std::string::npos) << cut << reply.body;
    EXPECT_NE(reply.body.find("oracle"), std::string::npos) << cut;
    EXPECT_EQ(reply.body.find("did not answer the last"), std::string::npos) << reply.body;
    // A whole answer in between: after too many broken ones the hub would not ask any more.
    answer = event_stream(kStream);
    EXPECT_EQ(chat(hub, "model/oracle", "hello", true).body, kStream);
  }
}

TEST_F(PassThrough, AnErrorKeepsItsStatusAndIsNamed) {
  answer =
      response("429 Too Many Requests", "application/json",
               R"({"error":{"message":"no tokens left","type":"x","code":"rate_limit_exceeded"}})",
               "Retry-After: 7\r\n");
  const Reply reply = chat(hub, "model/oracle", "hello", false);
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.at("/error/code"), "rate_limit_exceeded");
  EXPECT_EQ(reply.headers.get("Retry-After"), "7");
  EXPECT_NE(reply.body.find("oracle"), std::string::npos);
  EXPECT_NE(reply.body.find("no tokens left"), std::string::npos);
}

// Whoever is too busy says so in two ways; it is asked once, not marked as down, and its wait told.
TEST_F(PassThrough, ABusySolutionIsAskedOnceAndNotGivenUp) {
  const auto check = [&](std::string_view status, std::string_view words, int expected) {
    for (const bool in_words : {true, false}) {
      answer = response(status, in_words ? "application/json" : "text/html",
                        in_words ? words : "<h1>busy</h1>", "Retry-After: 7\r\n");
      for (int i = 0; i < 4; ++i) {
        const auto before = upstream.requests().size();
        const Reply reply = chat(hub, "model/oracle", "hello", false);
        EXPECT_EQ(reply.status, expected) << status << in_words;
        EXPECT_EQ(reply.headers.get("Retry-After"), "7") << status << in_words;
        EXPECT_EQ(upstream.requests().size(), before + 1) << status << in_words << i;
      }
    }
  };
  check("429 Too Many Requests", R"({"error":{"message":"busy","type":"rate_limit_error"}})", 429);
  check("529 Overloaded", R"({"error":{"message":"busy","type":"overloaded_error"}})", 503);
  check("503 Service Unavailable", R"({"error":{"message":"busy","type":"server_error"}})", 503);
}

TEST_F(PassThrough, TwoModelsInOneRequestReachNobody) {
  const auto before = upstream.requests().size();
  const Reply reply = call(hub, "POST", "/v1/chat/completions",
                           R"({"model":"model/oracle","model":"other","messages":[]})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(upstream.requests().size(), before);
}

TEST_F(PassThrough, OtherPathsAreRefusedByName) {
  const Reply reply = call(hub, "POST", "/v1/responses", "{}");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.at("/error/code"), "unsupported");
  EXPECT_NE(reply.body.find("/v1/chat/completions"), std::string::npos);
}

// ---- skills of other solutions

Awaitable<Result<model::Output>> pay(std::shared_ptr<const model::Call> call, hub::Emitter& out) {
  model::Ask ask;
  model::Ask::Item item;
  item.kind = model::Ask::Kind::form;
  item.message = "Sure?";
  item.schema =
      json::parse(R"({"type":"object","properties":{"ok":{"type":"boolean"}},"required":["ok"]})")
          .value();
  ask.items["sure"] = std::move(item);
  WEFT_CO_TRY(model::Answers answers, co_await out.ask(std::move(ask)));
  model::Output output;
  output.data = json::object{{"args", *call->args}, {"answer", *answers.at("sure").data}};
  co_return output;
}

class Translated : public ::testing::Test {
 protected:
  Translated() {
    hub.add("bank", pay, {hub::testing::fake_skill("pay", model::Shape::invoke, kSchema)});
    hub.add("parrot", hub::testing::echo_script,
            {hub::testing::fake_skill("talk", model::Shape::converse)});
  }
  static constexpr std::string_view kSchema =
      R"({"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"]})";
  Reply say(json::array messages, bool stream) {
    json::object body{{"model", "tool/bank/pay"}, {"stream", stream}};
    body["messages"] = std::move(messages);
    return call(hub, "POST", "/v1/chat/completions", json::write(body));
  }
  static json::object message(std::string_view role, std::string_view content) {
    return {{"role", role}, {"content", content}};
  }
  TestHub hub;
};

TEST_F(Translated, AConversationIsAnswered) {
  const Reply reply = chat(hub, "parrot", "good day", false);
  EXPECT_EQ(reply.at("/choices/0/message/content"), "good day") << reply.body;
}

TEST_F(Translated, AConversationIsStreamed) {
  const Reply reply = chat(hub, "parrot", "good day", true);
  EXPECT_NE(reply.body.find("\"content\":\"good day\""), std::string::npos) << reply.body;
  EXPECT_TRUE(reply.body.ends_with("data: [DONE]\n\n"));
}

TEST_F(Translated, TheNextTurnAnswersAQuestion) {
  for (const bool stream : {false, true}) {
    json::array messages{message("user", R"({"amount":3})")};
    const Reply asked = say(messages, false);
    const json::value question = asked.at("/choices/0/message/content");
    ASSERT_TRUE(question.is_string()) << asked.body;
    EXPECT_NE(std::string(question.get_string()).find("Sure?"), std::string::npos);
    messages.push_back(message("assistant", question.get_string()));
    messages.push_back(message("user", "what?"));
    const Reply again = say(messages, false);
    EXPECT_NE(again.body.find("yes or no"), std::string::npos) << again.body;
    messages.pop_back();
    messages.push_back(message("user", "yes"));
    const Reply paid = say(messages, stream);
    EXPECT_NE(paid.body.find(R"(\"answer\":{\"ok\":true})"), std::string::npos) << paid.body;
    EXPECT_NE(paid.body.find(R"(\"amount\":3)"), std::string::npos) << paid.body;
  }
}

TEST_F(Translated, WhatDoesNotFitNamesThePath) {
  const Reply reply = chat(hub, "tool/bank/pay", R"({"amount":"three"})", false);
  EXPECT_NE(reply.body.find("amount"), std::string::npos) << reply.body;
}

}  // namespace
}  // namespace weft::doors
