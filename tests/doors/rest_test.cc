// weft's own REST: calls, events, jobs and questions.
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "harness.h"

namespace weft::doors {
namespace {

using Call = std::shared_ptr<const model::Call>;

Awaitable<Result<model::Output>> desk(Call call, hub::Emitter& out) {
  if (call->skill.str() == "fail") co_return fail(Reason::solution_failed, "the till is closed");
  if (call->skill.str() == "ask") {
    model::Ask ask;
    ask.items["day"].message = "Which day?";
    WEFT_CO_TRY(model::Answers answers, co_await out.ask(std::move(ask)));
    co_return hub::testing::text_output("on " + answers.at("day").text);
  }
  if (call->skill.str() == "login") {
    model::Ask ask;
    ask.items["bank"] = {.kind = model::Ask::Kind::login, .message = "Sign in at the bank"};
    WEFT_CO_TRY(model::Answers answers, co_await out.ask(std::move(ask)));
    co_return hub::testing::text_output("signed in");
  }
  if (call->skill.str() == "both") {
    model::Event words{model::Delta{.text = "in words"}};
    WEFT_CO_CHECK(co_await out.emit(std::move(words)));
    model::Output output = hub::testing::text_output("in words");
    output.data = *call->args;
    output.usage = model::Usage{.input = 3, .output = 4};
    co_return output;
  }
  co_return co_await hub::testing::echo_script(call, out);
}

class Rest : public ::testing::Test {
 protected:
  Rest() {
    constexpr std::string_view kSchema =
        R"({"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false})";
    std::vector<model::Skill> skills;
    for (const auto* id : {"echo", "ask", "fail", "login", "both"}) {
      skills.push_back(hub::testing::fake_skill(id, model::Shape::invoke, kSchema));
    }
    hub.add("desk", desk, std::move(skills));
  }
  /// The job's document once it is over.
  Reply settled(std::string_view path) {
    Reply reply;
    testing::wait_until([&] {
      reply = call(hub, "GET", path);
      const json::value state = reply.at("/state");
      return state != "working" && state != "submitted";
    });
    return reply;
  }
  TestHub hub;
};

TEST_F(Rest, ACallIsAnsweredBySchema) {
  const Reply reply = call(hub, "POST", "/api/desk/echo", R"({"n":3})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"n":3})");
}

TEST_F(Rest, RefusalsAreProblems) {
  const auto expect = [&](const Reply& reply, int status, std::string_view reason) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(reply.at("/reason"), json::value(reason)) << reply.body;
  };
  expect(call(hub, "POST", "/api/nobody/x", "{}"), 404, "not_found");
  expect(call(hub, "POST", "/api/desk/dance", "{}"), 404, "not_found");
  expect(call(hub, "GET", "/api/desk/echo"), 400, "unsupported");
  expect(call(hub, "POST", "/api/desk/echo", R"({"n":"x"})"), 400, "invalid_argument");
  expect(call(hub, "POST", "/api/desk/echo", "[1]"), 400, "invalid_argument");
  expect(call(hub, "POST", "/api/desk/echo", "{"), 400, "invalid_argument");
  expect(call(hub, "POST", "/api/desk/fail", "{}"), 422, "solution_failed");
  expect(call(hub, "GET", "/api/jobs/nobody-knows"), 404, "task_not_found");
}

TEST_F(Rest, EventsOnTheWay) {
  const Reply reply =
      call(hub, "POST", "/api/desk/echo", R"({"n":3})", "Accept: text/event-stream\r\n");
  EXPECT_EQ(reply.headers.get("Content-Type"), "text/event-stream");
  EXPECT_NE(reply.body.find("event: delta"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find("event: done\ndata: {\"result\":{\"n\":3},\"form\":\"data\"}"),
            std::string::npos)
      << reply.body;
}

TEST_F(Rest, AJobIsStartedReadWatchedAndCancelled) {
  const Reply begun =
      call(hub, "POST", "/api/desk/echo", R"({"n":3})", "Prefer: respond-async\r\n");
  ASSERT_EQ(begun.status, 202) << begun.body;
  const std::string job(begun.headers.get("Location"));
  EXPECT_EQ(settled(job).at("/result/n"), 3);
  const Reply watched = call(hub, "GET", job, "", "Accept: text/event-stream\r\n");
  EXPECT_NE(watched.body.find("event: done"), std::string::npos) << watched.body;
  EXPECT_NE(watched.body.find("\nid: 1\n"), std::string::npos) << watched.body;
  const Reply resumed =
      call(hub, "GET", job, "", "Accept: text/event-stream\r\nLast-Event-ID: 1\r\n");
  EXPECT_EQ(resumed.body.find("\nid: 1\n"), std::string::npos) << resumed.body;
  EXPECT_EQ(call(hub, "DELETE", job).status, 409);
  EXPECT_EQ(call(hub, "POST", "/api/desk/echo", R"({"n":"x"})", "Prefer: respond-async\r\n").status,
            400);
}

TEST_F(Rest, AHeaderTellsWhatTheCallTook) {
  const Reply reply = call(hub, "POST", "/api/desk/both", R"({"n":3})");
  EXPECT_EQ(reply.body, R"({"n":3})");
  EXPECT_EQ(reply.headers.get("Weft-Usage"), "input=3, output=4");
  EXPECT_EQ(reply.headers.get("Weft-Loss"), "/turns text> dropped");
  EXPECT_FALSE(call(hub, "POST", "/api/desk/echo", R"({"n":3})").headers.has("Weft-Usage"));
}

TEST_F(Rest, AJobsStreamLosesNoWordsThatItTold) {
  const Reply begun =
      call(hub, "POST", "/api/desk/both", R"({"n":3})", "Prefer: respond-async\r\n");
  const std::string job(begun.headers.get("Location"));
  const Reply over = settled(job);
  // Who reads the job itself has not had them.
  EXPECT_EQ(over.at("/losses/0/from"), "text") << over.body;
  EXPECT_EQ(over.at("/usage/input"), 3) << over.body;
  const Reply watched = call(hub, "GET", job, "", "Accept: text/event-stream\r\n");
  EXPECT_NE(watched.body.find("in words"), std::string::npos) << watched.body;
  EXPECT_NE(watched.body.find("event: done"), std::string::npos) << watched.body;
  EXPECT_EQ(watched.body.find("losses"), std::string::npos) << watched.body;
  const auto delta = watched.body.find("event: delta");
  const auto id = watched.body.rfind("id: ", watched.body.find("\n\n", delta)) + 4;
  const std::string seq = watched.body.substr(id, watched.body.find('\n', id) - id);
  const Reply resumed = call(
      hub, "GET", job, "", std::format("Accept: text/event-stream\r\nLast-Event-ID: {}\r\n", seq));
  EXPECT_EQ(resumed.body.find("event: delta"), std::string::npos) << resumed.body;
  EXPECT_NE(resumed.body.find("event: done"), std::string::npos) << resumed.body;
  EXPECT_EQ(resumed.body.find("losses"), std::string::npos) << resumed.body;
}

TEST_F(Rest, ALoginThatIsNeededIsForbidden) {
  const Reply asked = call(hub, "POST", "/api/desk/login", "{}");
  EXPECT_EQ(asked.status, 403) << asked.body;
  EXPECT_EQ(asked.at("/type"), "urn:weft:question");
  EXPECT_EQ(asked.at("/question/asks/bank/kind"), "login") << asked.body;
  const std::string job(asked.headers.get("Location"));
  EXPECT_EQ(call(hub, "GET", job).at("/state"), "auth");
  EXPECT_EQ(call(hub, "POST", job + "/input", R"({"action":"accept"})").status, 202);
  EXPECT_EQ(settled(job).at("/result/text"), "signed in");
}

TEST_F(Rest, AKeyIsToldNothingOfWhatItMayNotCall) {
  hub.add("vault", desk,
          {hub::testing::fake_skill("open", model::Shape::invoke,
                                    R"({"type":"object","required":["code"]})")});
  std::vector<std::string> allowed{"desk"};
  auto made = boost::asio::co_spawn(hub.executor(),
                                    hub.hub().keys().make("guest", false, std::move(allowed)),
                                    boost::asio::use_future);
  const std::string key = std::format("Authorization: Bearer {}\r\n", made.get().value().secret);
  const auto post = [&](std::string_view path, std::string_view more = "") {
    return call(hub, "POST", path, "{}", std::format("{}{}", key, more));
  };
  EXPECT_EQ(post("/api/desk/echo").status, 200);
  for (const auto* path : {"/api/vaul/open", "/api/vault/opne", "/api/desk/vault"}) {
    const Reply reply = post(path);
    EXPECT_GE(reply.status, 400);
    EXPECT_EQ(reply.body.find("nearest: `vault`"), std::string::npos) << reply.body;
    EXPECT_EQ(reply.body.find("`open`"), std::string::npos) << reply.body;
  }
  for (const auto* how : {"", "Prefer: respond-async\r\n", "Accept: text/event-stream\r\n"}) {
    const Reply reply = post("/api/vault/open", how);
    EXPECT_EQ(reply.status, 403) << how << reply.body;
    EXPECT_EQ(reply.body.find("code"), std::string::npos) << reply.body;
  }
  const Reply document = call(hub, "GET", "/api/vaul/openapi.json", "", key);
  EXPECT_EQ(document.status, 404);
  EXPECT_EQ(document.body.find("vault"), std::string::npos) << document.body;
}

TEST_F(Rest, AQuestionIsAJobThatWaits) {
  for (const bool events : {false, true}) {
    const Reply asked =
        call(hub, "POST", "/api/desk/ask", "{}", events ? "Accept: text/event-stream\r\n" : "");
    EXPECT_NE(asked.body.find("Which day?"), std::string::npos) << asked.body;
    const auto at = asked.body.find("/api/jobs/");
    ASSERT_NE(at, std::string::npos) << asked.body;
    const std::string job = asked.body.substr(at, asked.body.find('"', at) - at);
    if (!events) {
      EXPECT_EQ(asked.status, 409);
    }
    EXPECT_EQ(call(hub, "GET", job).at("/state"), "ask");
    const Reply answered = call(hub, "POST", job + "/input", R"("Sunday")");
    EXPECT_EQ(answered.status, 202) << answered.body;
    EXPECT_EQ(settled(job).at("/result/text"), "on Sunday");
    EXPECT_GE(call(hub, "POST", job + "/input", R"("Monday")").status, 400);
  }
}

TEST_F(Rest, TheDocumentDescribesTheSkills) {
  const Reply own = call(hub, "GET", "/api/desk/openapi.json");
  EXPECT_EQ(own.at("/paths/~1api~1desk~1echo/post/operationId"), "echo") << own.body;
  const Reply all = call(hub, "GET", "/api/openapi.json");
  EXPECT_EQ(all.at("/paths/~1api~1desk~1echo/post/operationId"), "desk__echo") << all.body;
}

}  // namespace
}  // namespace weft::doors
