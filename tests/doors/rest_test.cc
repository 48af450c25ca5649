// weft's own REST: calls, events, jobs and questions.
#include <gtest/gtest.h>

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
  co_return co_await hub::testing::echo_script(call, out);
}

class Rest : public ::testing::Test {
 protected:
  Rest() {
    constexpr std::string_view kSchema =
        R"({"type":"object","properties":{"n":{"type":"integer"}},"additionalProperties":false})";
    std::vector<model::Skill> skills;
    for (const auto* id : {"echo", "ask", "fail"}) {
      skills.push_back(hub::testing::fake_skill(id, model::Shape::invoke, kSchema));
    }
    hub.add("desk", desk, std::move(skills));
  }
  /// The job's document once it is over.
  Reply settled(std::string_view path) {
    Reply reply;
    for (int i = 0; i < 500; ++i) {
      reply = call(hub, "GET", path);
      const json::value state = reply.at("/state");
      if (state != "working" && state != "submitted") break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
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
