// OpenAI callers: bytes that pass through, and skills of other solutions.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>

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

TEST_F(PassThrough, AnErrorKeepsItsWordsAndIsNamed) {
  answer = response("429 Too Many Requests", "application/json",
                    R"({"error":{"message":"no tokens left","type":"insufficient_quota",)"
                    R"("param":"messages[0].content","code":"insufficient_quota","own":[1]}})",
                    "Retry-After: 7\r\nx-request-id: req_1\r\nx-ratelimit-limit-requests: 3\r\n");
  for (const bool stream : {false, true}) {
    const Reply reply = chat(hub, "model/oracle", "hello", stream);
    EXPECT_EQ(reply.status, 429);
    EXPECT_EQ(reply.at("/error/type"), "insufficient_quota") << reply.body;
    EXPECT_EQ(reply.at("/error/code"), "insufficient_quota");
    EXPECT_EQ(reply.at("/error/param"), "messages[0].content");
    EXPECT_EQ(json::write(reply.at("/error/own")), "[1]");
    EXPECT_EQ(reply.at("/error/message"), "solution \"oracle\": no tokens left");
    EXPECT_EQ(reply.headers.get("Retry-After"), "7");
    EXPECT_EQ(reply.headers.get("x-request-id"), "req_1");
    EXPECT_EQ(reply.headers.get("x-ratelimit-limit-requests"), "3");
    EXPECT_EQ(reply.headers.get("Content-Type"), "application/json");
  }
}

TEST_F(PassThrough, AComplaintAboutWeftsKeyIsNoneAboutTheCallers) {
  for (const std::string_view status : {"401 Unauthorized", "403 Forbidden", "400 Bad Request"}) {
    answer = response(status, "application/json",
                      R"({"error":{"message":"bad key","type":"x","code":"invalid_api_key"}})",
                      "x-request-id: req_2\r\n");
    const Reply reply = chat(hub, "model/oracle", "hello", false);
    EXPECT_NE(reply.status, 401) << status;
    EXPECT_NE(reply.at("/error/code"), "invalid_api_key") << status;
    EXPECT_EQ(reply.headers.get("x-request-id"), "req_2") << status;
  }
}

TEST_F(PassThrough, EveryErrorHasARequestId) {
  answer = response("500 Oops", "application/json", R"({"error":{"message":"broken"}})");
  EXPECT_EQ(chat(hub, "model/oracle", "hello", false).headers.get("x-request-id").size(), 26U);
  answer = response("500 Oops", "text/html", "broken");
  EXPECT_EQ(chat(hub, "model/oracle", "hello", false).headers.get("x-request-id").size(), 26U);
  for (const std::string_view body : {"", "{", R"({"model":"nobody","messages":[]})"}) {
    const Reply reply = call(hub, "POST", "/v1/chat/completions", body);
    EXPECT_EQ(reply.headers.get("x-request-id").size(), 26U) << reply.body;
  }
  EXPECT_EQ(call(hub, "GET", "/v1/models/nobody").headers.get("x-request-id").size(), 26U);
  EXPECT_EQ(call(hub, "POST", "/v1/responses", "{}").headers.get("x-request-id").size(), 26U);
}

// Whoever is too busy says so in two ways; it is asked once, not marked as down, and its wait told.
TEST_F(PassThrough, ABusySolutionIsAskedOnceAndNotGivenUp) {
  const auto check = [&](std::string_view status, std::string_view words, int own, int told) {
    for (const bool in_words : {true, false}) {
      const int expected = in_words ? own : told;
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
  check("429 Too Many Requests", R"({"error":{"message":"busy","type":"rate_limit_error"}})", 429,
        429);
  check("529 Overloaded", R"({"error":{"message":"busy","type":"overloaded_error"}})", 529, 503);
  check("503 Service Unavailable", R"({"error":{"message":"busy","type":"server_error"}})", 503,
        503);
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

TEST_F(PassThrough, TheExactUrlIsTheSurest) {
  const auto found = [&](std::string id, const std::string& path) {
    return hub.join(std::move(id), upstream.url() + path, "").value();
  };
  EXPECT_EQ(joined->confidence, 0.95);
  for (const std::string path : {"/v1", "/v1/", "/v1/chat/completions"}) {
    const auto report = found("at" + std::to_string(path.size()), path);
    EXPECT_EQ(report.protocol, "openai") << path;
    EXPECT_EQ(report.confidence, 1) << path;
  }
}

// ---- a key of its own

/// A hub, and a key of it that may call the solution `parrot` alone.
class Restricted : public ::testing::Test {
 protected:
  struct Side {
    explicit Side(std::vector<std::string> solutions) {
      for (auto& id : solutions) {
        hub.add(std::move(id), hub::testing::echo_script,
                {hub::testing::fake_skill("talk"), hub::testing::fake_skill("sing")});
      }
      const auto make = [this]() -> Awaitable<Result<hub::NewKey>> {
        std::string name = "ada";
        std::vector<std::string> only{"parrot"};
        co_return co_await hub.hub().keys().make(std::move(name), false, std::move(only));
      };
      auto key = boost::asio::co_spawn(hub.executor(), make(), boost::asio::use_future).get();
      header = "Authorization: Bearer " + key.value().secret + "\r\n";
    }
    Reply get(const std::string& path) { return call(hub, "GET", path, "", header); }
    TestHub hub;
    std::string header;
  };
  Side with{{"parrot", "raven"}};
};

TEST_F(Restricted, WhatAKeyMayNotCallIsNotThere) {
  Side without{{"parrot"}};
  for (const std::string name : {"", "/parrot", "/raven", "/tool/raven/talk", "/ravens"}) {
    const Reply told = with.get("/v1/models" + name);
    const Reply unknown = without.get("/v1/models" + name);
    EXPECT_EQ(told.status, unknown.status) << name;
    EXPECT_EQ(told.body, unknown.body) << name;
  }
  EXPECT_EQ(with.get("/v1/models/raven").status, 404);
}

TEST_F(Restricted, ErrorsNameNothingThatTheKeyMayNotCall) {
  const auto ask = [&](std::string_view model, const std::string& path) {
    json::object body{{"model", model}, {"input", "x"}};
    body["messages"] = json::array{json::object{{"role", "user"}, {"content", "x"}}};
    return call(with.hub, "POST", path, json::write(body), with.header);
  };
  EXPECT_FALSE(ask("rave", "/v1/chat/completions").body.contains("raven"));
  // Its skills are not told either.
  for (const std::string path : {"/v1/chat/completions", "/v1/embeddings"}) {
    const Reply reply = ask("raven", path);
    EXPECT_EQ(reply.status, 403) << reply.body;
    EXPECT_FALSE(reply.body.contains("sing")) << reply.body;
  }
}

// ---- a server that nobody may call unasked

class AskedFirst : public ::testing::Test {
 protected:
  AskedFirst()
      : upstream([](const std::string& request) {
          if (request.starts_with("GET /v1/models ")) {
            return response("200 OK", "application/json",
                            R"({"object":"list","data":[{"id":"small"},{"id":"small-embed"}]})");
          }
          if (request.starts_with("POST /v1/embeddings ")) {
            return response("200 OK", "application/json",
                            R"({"data":[{"index":0,"embedding":[1]}]})");
          }
          return response("200 OK", "application/json", kCompletion);
        }) {
    hub::JoinRequest request;
    request.id = SolutionId("oracle");
    request.url = upstream.url();
    request.approvals["*"] = hub::Approval::hub;
    auto joined = hub.weft::testing::TestHub::join(std::move(request));
    EXPECT_TRUE(joined) << joined.error().message;
    EXPECT_EQ(joined->skills, 2U);
  }
  std::size_t posts() const {
    const auto all = upstream.requests();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [](const auto& r) { return r.starts_with("POST "); }));
  }
  Reply say(const json::array& messages, bool stream) {
    json::object body{{"model", "model/oracle"}, {"stream", stream}};
    body["messages"] = messages;
    return call(hub, "POST", "/v1/chat/completions", json::write(body));
  }
  static json::object message(std::string_view role, std::string_view content) {
    return {{"role", role}, {"content", content}};
  }
  Upstream upstream;
  TestHub hub;
};

TEST_F(AskedFirst, AChatIsForwardedOnceItIsApproved) {
  json::array messages{message("user", "hello")};
  const Reply asked = say(messages, false);
  const json::value question = asked.at("/choices/0/message/content");
  ASSERT_TRUE(question.is_string()) << asked.body;
  EXPECT_TRUE(asked.body.contains("Allow `oracle/chat` with hello?")) << asked.body;
  EXPECT_TRUE(say(messages, true).body.contains("Allow `oracle/chat`"));
  EXPECT_EQ(posts(), 0U);
  messages.push_back(message("assistant", question.get_string()));
  messages.push_back(message("user", "yes"));
  const Reply approved = say(messages, false);
  EXPECT_EQ(approved.at("/choices/0/message/content"), "hi") << approved.body;
  EXPECT_EQ(posts(), 1U);
}

TEST_F(AskedFirst, WhatIsNotApprovedIsNotForwarded) {
  json::array messages{message("user", "hello")};
  const Reply asked = say(messages, false);
  messages.push_back(message("assistant", asked.at("/choices/0/message/content").get_string()));
  messages.push_back(message("user", "no"));
  EXPECT_EQ(say(messages, false).at("/error/code"), "content_filter");
  EXPECT_EQ(posts(), 0U);
}

TEST_F(AskedFirst, EmbeddingsAreRefusedWithTheWayOut) {
  const Reply reply =
      call(hub, "POST", "/v1/embeddings", R"({"model":"model/oracle","input":"hello"})");
  EXPECT_EQ(reply.status, 400) << reply.body;
  EXPECT_EQ(reply.at("/error/code"), "unsupported");
  EXPECT_TRUE(reply.body.contains("POST /api/oracle/embed")) << reply.body;
  EXPECT_TRUE(reply.body.contains("approval: solution")) << reply.body;
  EXPECT_EQ(posts(), 0U);
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

TEST_F(Translated, AForcedChoiceOfToolNamesTheSkill) {
  hub.add("till", hub::testing::echo_script,
          {hub::testing::fake_skill("pay", model::Shape::invoke, kSchema),
           hub::testing::fake_skill("refund", model::Shape::invoke, kSchema)});
  const auto choose = [&](std::string_view name) {
    json::object function{{"name", name}};
    json::object tool{{"type", "function"}, {"function", function}};
    json::object body{{"model", "till"}, {"tool_choice", tool}};
    body["tools"] = json::array{tool};
    body["messages"] = json::array{message("user", R"({"amount":3})")};
    return call(hub, "POST", "/v1/chat/completions", json::write(body));
  };
  for (const std::string_view name : {"refund", "till__refund"}) {
    const Reply reply = choose(name);
    EXPECT_EQ(reply.at("/choices/0/message/content"), R"({"amount":3})") << reply.body;
    EXPECT_FALSE(reply.headers.has("Weft-Loss")) << reply.headers.get("Weft-Loss");
  }
  EXPECT_TRUE(choose("dance").body.contains("several skills"));
}

/// Chats with a solution that remembers in which context it was called.
class Contexts : public ::testing::Test {
 protected:
  Contexts() {
    const auto script = [this](std::shared_ptr<const model::Call> one,
                               hub::Emitter& out) -> Awaitable<Result<model::Output>> {
      calls.push_back(one);
      const std::string said = model::joined_text(one->turns.back().parts, false);
      if (said == "fail") co_return fail(Reason::solution_failed, "as it was told");
      if (said == "ask") {
        model::Ask ask;
        ask.items["q"].kind = model::Ask::Kind::question;
        ask.items["q"].message = "Which?";
        WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(ask)));
        co_return hub::testing::text_output("it is " + answers.at("q").text);
      }
      model::Event delta{model::Delta{model::Delta::Kind::text, "you said "}};
      WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
      co_return hub::testing::text_output("you said " + said);
    };
    hub.add("clinic", script, {hub::testing::fake_skill("talk", model::Shape::converse)});
  }
  /// Says the next thing, and keeps what is answered for the next turn.
  Reply say(json::array& messages, std::string_view text, bool stream = false) {
    messages.push_back(json::object{{"role", "user"}, {"content", text}});
    json::object body{{"model", "clinic"}, {"stream", stream}};
    body["messages"] = messages;
    const Reply reply = call(hub, "POST", "/v1/chat/completions", json::write(body));
    messages.push_back(json::object{{"role", "assistant"}, {"content", content(reply, stream)}});
    return reply;
  }
  static std::string content(const Reply& reply, bool stream) {
    const json::value whole = reply.at("/choices/0/message/content");
    if (!stream) return whole.is_string() ? std::string(whole.get_string()) : std::string();
    std::string out;
    std::string_view rest = reply.body;
    while (rest.starts_with("data: {")) {
      const auto end = rest.find("\n\n");
      const auto chunk = json::parse(rest.substr(6, end - 6)).value();
      if (const auto* text = json::at_pointer(chunk, "/choices/0/delta/content"))
        out += text->get_string();
      rest.remove_prefix(end + 2);
    }
    return out;
  }
  std::vector<std::shared_ptr<const model::Call>> calls;
  TestHub hub;
};

TEST_F(Contexts, TheTurnsOfAConversationShareOne) {
  for (const bool stream : {false, true}) {
    calls.clear();
    json::array messages;
    for (const std::string_view text : {"good day", "and now?", "and then?"})
      say(messages, text, stream);
    ASSERT_EQ(calls.size(), 3U);
    EXPECT_FALSE(calls[0]->context.empty());
    EXPECT_EQ(calls[1]->context, calls[0]->context) << stream;
    EXPECT_EQ(calls[2]->context, calls[0]->context) << stream;
    // All before the last turn is what the context knows already.
    EXPECT_EQ(calls[2]->turns.size(), 5U);
  }
}

TEST_F(Contexts, AnotherConversationHasAnother) {
  json::array messages;
  say(messages, "good day");
  json::array changed = messages;
  changed[1].get_object()["content"] = "you said good  day";
  say(changed, "and now?");
  json::array branch = messages;
  say(messages, "and now?");
  say(branch, "and now?");
  ASSERT_EQ(calls.size(), 4U);
  EXPECT_NE(calls[1]->context, calls[0]->context);
  EXPECT_EQ(calls[2]->context, calls[0]->context);
  EXPECT_NE(calls[3]->context, calls[0]->context);
}

TEST_F(Contexts, FailuresAndQuestionsStayInTheirs) {
  json::array messages;
  say(messages, "good day");
  json::array failed = messages;
  EXPECT_EQ(say(failed, "fail").status, 500);
  say(messages, "ask");
  EXPECT_EQ(say(messages, "this").at("/choices/0/message/content"), "it is this");
  say(messages, "and now?");
  ASSERT_EQ(calls.size(), 4U);
  for (const auto& one : calls) EXPECT_EQ(one->context, calls[0]->context);
}

TEST_F(Contexts, TheOneThatTheCallerNamesCounts) {
  json::object body{{"model", "clinic"}, {"metadata", json::object{{"weft_context", "mine"}}}};
  body["messages"] = json::array{json::object{{"role", "user"}, {"content", "x"}}};
  call(hub, "POST", "/v1/chat/completions", json::write(body));
  EXPECT_EQ(calls.at(0)->context, ContextId("mine"));
}

TEST_F(Translated, WhatDoesNotFitNamesThePath) {
  const Reply reply = chat(hub, "tool/bank/pay", R"({"amount":"three"})", false);
  EXPECT_NE(reply.body.find("amount"), std::string::npos) << reply.body;
}

}  // namespace
}  // namespace weft::doors
