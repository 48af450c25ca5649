// The caller side over real sockets.
#include <gtest/gtest.h>

#include <format>
#include <set>

#include "harness.h"

namespace weft::a2a_door {
namespace {

class Door : public ::testing::Test {
 protected:
  Door() {
    hub_.add("shop", fake_skills());
    hub_.add("model", {hub::testing::fake_skill("chat", model::Shape::converse)});
  }
  static std::string message(std::string_view parts, std::string_view more = "") {
    return std::format(R"({{"message":{{"messageId":"m1","role":"ROLE_USER","parts":[{}]{}}}}})",
                       parts, more);
  }
  static std::string skill(std::string_view name, std::string_view parameters) {
    return std::format(R"({{"data":{{"skill":"{}","parameters":{}}}}})", name, parameters);
  }
  Answer get(std::string target, std::string name = "", std::string value = "") {
    Sent sent;
    sent.method = "GET";
    sent.target = std::move(target);
    if (!name.empty()) sent.headers.add(std::move(name), std::move(value));
    return send(hub_.url(), std::move(sent));
  }
  Answer post(std::string target, std::string body, std::string type = "application/json") {
    Sent sent;
    sent.target = std::move(target);
    sent.body = std::move(body);
    sent.headers.add("Content-Type", std::move(type));
    return send(hub_.url(), std::move(sent));
  }
  TestHub hub_;
};

TEST_F(Door, CardsSayWhoTheyAre) {
  const Answer card = get("/a2a/shop/.well-known/agent-card.json");
  EXPECT_EQ(card.status, 200);
  EXPECT_EQ(card.text_at("/supportedInterfaces/0/url"), hub_.url() + "/a2a/shop");
  EXPECT_EQ(card.text_at("/protocolVersion"), "0.3.0");
  for (const std::string_view name : {"ETag", "Cache-Control", "Last-Modified"})
    EXPECT_TRUE(card.headers.has(name)) << name;
  const std::string etag(card.headers.get("ETag"));
  EXPECT_EQ(get("/a2a/shop/.well-known/agent-card.json", "If-None-Match", etag).status, 304);
  EXPECT_EQ(get("/a2a/shop/.well-known/agent-card.json", "A2A-Version", "1.0").at("/url"),
            json::value());
  EXPECT_EQ(get("/.well-known/agent-card.json").text_at("/skills/1/id"), "shop__echo");
  const Answer nobody = get("/a2a/nobody/.well-known/agent-card.json");
  EXPECT_EQ(nobody.status, 404);
  EXPECT_NE(nobody.body.find("nobody"), std::string::npos);
}

TEST_F(Door, AToolAnswersWithAMessage) {
  const Answer answer =
      rpc(hub_.url(), "/a2a/shop", "SendMessage", message(skill("echo", R"({"text":"hi"})")));
  EXPECT_EQ(answer.text_at("/result/message/role"), "ROLE_AGENT") << answer.body;
  EXPECT_EQ(answer.text_at("/result/message/parts/0/text"), "echo");
  EXPECT_EQ(answer.text_at("/result/message/parts/1/data/text"), "hi");
}

TEST_F(Door, AConversationIsATaskAndRemembered) {
  const Answer first = rpc(hub_.url(), "/a2a/model", "SendMessage",
                           message(R"({"text":"one"})", R"(,"contextId":"c7")"));
  EXPECT_EQ(first.text_at("/result/task/status/state"), "TASK_STATE_COMPLETED") << first.body;
  EXPECT_EQ(first.text_at("/result/task/artifacts/0/parts/0/text"), "1 turns, last: one");
  EXPECT_EQ(first.text_at("/result/task/contextId"), "c7");
  const Answer second = rpc(hub_.url(), "/a2a/model", "SendMessage",
                            message(R"({"text":"two"})", R"(,"contextId":"c7")"));
  EXPECT_EQ(second.text_at("/result/task/artifacts/0/parts/0/text"), "3 turns, last: two");
  const Answer third = rpc(hub_.url(), "/a2a/model", "SendMessage",
                           message(R"({"text":"three"})", R"(,"contextId":"c7")"));
  EXPECT_EQ(third.text_at("/result/task/artifacts/0/parts/0/text"), "5 turns, last: three");
}

TEST_F(Door, AStreamBeginsWithTheTaskAndEndsWithItsState) {
  for (const bool old : {false, true}) {
    const std::string params =
        old ? R"({"message":{"kind":"message","messageId":"m","role":"user","parts":[{"kind":"data","data":{"skill":"steps","parameters":{}}}]}})"
            : message(skill("steps", "{}"));
    const Answer answer =
        rpc(hub_.url(), "/a2a/shop", old ? "message/stream" : "SendStreamingMessage", params);
    ASSERT_GE(answer.messages.size(), 3U) << answer.body;
    std::string text;
    for (const json::value& one : answer.messages) {
      const json::value* part =
          json::at_pointer(one, old ? "/result/artifact/parts/0/text"
                                    : "/result/artifactUpdate/artifact/parts/0/text");
      if (part != nullptr) text += part->get_string();
    }
    EXPECT_EQ(text, "1;2;3;");
    if (old) {
      EXPECT_EQ(*json::at_pointer(answer.messages.front(), "/result/kind"), json::value("task"));
      EXPECT_EQ(answer.text_at("/result/status/state"), "completed");
      EXPECT_EQ(answer.at("/result/final"), json::value(true));
    } else {
      EXPECT_NE(json::at_pointer(answer.messages.front(), "/result/task/id"), nullptr);
      EXPECT_EQ(answer.text_at("/result/statusUpdate/status/state"), "TASK_STATE_COMPLETED");
    }
  }
}

TEST_F(Door, AQuestionIsATaskThatGoesOn) {
  const Answer asked =
      rpc(hub_.url(), "/a2a/shop", "SendMessage", message(skill("pay", R"({"amount":3})")));
  EXPECT_EQ(asked.text_at("/result/task/status/state"), "TASK_STATE_INPUT_REQUIRED") << asked.body;
  EXPECT_EQ(asked.text_at("/result/task/status/message/parts/0/text"), "Pay 3?");
  EXPECT_EQ(asked.text_at(
                "/result/task/status/message/parts/1/data/requestedSchema/properties/confirm/type"),
            "boolean");
  const std::string task = asked.text_at("/result/task/id");
  const std::string with = std::format(R"(,"taskId":"{}")", task);
  const Answer wrong =
      rpc(hub_.url(), "/a2a/shop", "SendMessage", message(R"({"data":{"confirm":"maybe"}})", with));
  EXPECT_EQ(wrong.at("/error/code"), json::value(-32602)) << wrong.body;
  const Answer paid =
      rpc(hub_.url(), "/a2a/shop", "SendMessage", message(R"({"text":"yes"})", with));
  EXPECT_EQ(paid.text_at("/result/task/status/state"), "TASK_STATE_COMPLETED") << paid.body;
  EXPECT_EQ(paid.text_at("/result/task/id"), task);
  EXPECT_EQ(paid.text_at("/result/task/artifacts/0/parts/0/text"), R"(paid, {"confirm":true})");
  const Answer again =
      rpc(hub_.url(), "/a2a/shop", "SendMessage", message(R"({"text":"yes"})", with));
  EXPECT_EQ(again.at("/error/code"), json::value(-32004));
}

TEST_F(Door, WordsForSeveralToolsAreAskedWhich) {
  const Answer asked = rpc(hub_.url(), "/a2a/shop", "SendMessage", message(R"({"text":"do it"})"));
  EXPECT_EQ(asked.text_at("/result/task/status/state"), "TASK_STATE_INPUT_REQUIRED") << asked.body;
  EXPECT_NE(asked.text_at("/result/task/status/message/parts/0/text").find("`pay`"),
            std::string::npos);
  const std::string with = std::format(R"(,"taskId":"{}")", asked.text_at("/result/task/id"));
  const Answer done =
      rpc(hub_.url(), "/a2a/shop", "SendMessage", message(skill("echo", R"({"text":"hi"})"), with));
  EXPECT_EQ(done.text_at("/result/task/artifacts/0/parts/1/data/text"), "hi") << done.body;
}

TEST_F(Door, ErrorsCarryTheirReasonInBothBindings) {
  const Answer unknown = rpc(hub_.url(), "/a2a/shop", "GetTask", R"({"id":"nobody"})");
  EXPECT_EQ(unknown.at("/error/code"), json::value(-32001));
  EXPECT_EQ(unknown.text_at("/error/data/0/reason"), "TASK_NOT_FOUND");
  EXPECT_EQ(unknown.text_at("/error/data/0/domain"), "a2a-protocol.org");
  const Answer rest = get("/a2a/shop/tasks/nobody");
  EXPECT_EQ(rest.status, 404);
  EXPECT_EQ(rest.text_at("/error/status"), "NOT_FOUND");
  EXPECT_EQ(rest.text_at("/error/details/0/reason"), "TASK_NOT_FOUND");
  const Answer wrong =
      rpc(hub_.url(), "/a2a/shop", "SendMessage", message(skill("echo", R"({"text":7})")));
  EXPECT_EQ(wrong.at("/error/code"), json::value(-32602));
  EXPECT_EQ(wrong.text_at("/error/data/0/metadata/field"), "/text");
  EXPECT_EQ(rpc(hub_.url(), "/a2a/shop", "Dance", "{}").at("/error/code"), json::value(-32601));
  EXPECT_EQ(post("/a2a/shop", "{").at("/error/code"), json::value(-32700));
  EXPECT_EQ(post("/a2a/shop", "[]").at("/error/code"), json::value(-32600));
  EXPECT_EQ(post("/a2a/shop", "{}", "application/xml").at("/error/code"), json::value(-32005));
  EXPECT_EQ(post("/a2a/shop/message:send", "{}").status, 400);
  EXPECT_EQ(rpc(hub_.url(), "/a2a/shop?A2A-Version=9.9", "GetTask", "{}").at("/error/code"),
            json::value(-32009));
  EXPECT_EQ(rpc(hub_.url(), "/a2a/nobody", "GetTask", R"({"id":"x"})").status, 404);
  EXPECT_EQ(
      rpc(hub_.url(), "/a2a/shop", "CreateTaskPushNotificationConfig", "{}").at("/error/code"),
      json::value(-32003));
  EXPECT_EQ(get("/a2a/shop/tasks/x/pushNotificationConfigs").text_at("/error/details/0/reason"),
            "PUSH_NOTIFICATION_NOT_SUPPORTED");
}

TEST_F(Door, AFailureWithoutATaskKeepsItsReason) {
  for (const std::string_view reason :
       {"solution_failed", "refused", "unavailable", "rate_limited", "upstream_protocol"}) {
    const std::string parameters = std::format(R"({{"reason":"{}"}})", reason);
    const Answer answer =
        rpc(hub_.url(), "/a2a/shop", "SendMessage", message(skill("fail", parameters)));
    EXPECT_EQ(answer.text_at("/error/data/0/metadata/weftReason"), reason) << answer.body;
    EXPECT_NE(answer.text_at("/error/message").find("as told"), std::string::npos);
  }
}

TEST_F(Door, ATaskIsReadListedSubscribedToAndCancelled) {
  const std::string at_once =
      R"({"configuration":{"returnImmediately":true},)" + message(skill("slow", "{}")).substr(1);
  const Answer begun = rpc(hub_.url(), "/a2a/shop", "SendMessage", at_once);
  const std::string id = begun.text_at("/result/task/id");
  ASSERT_FALSE(id.empty()) << begun.body;
  EXPECT_EQ(get("/a2a/shop/tasks/" + id).text_at("/id"), id);
  EXPECT_EQ(get("/a2a/model/tasks/" + id).status, 404);
  EXPECT_EQ(get("/a2a/shop/tasks?pageSize=1").text_at("/tasks/0/id"), id);
  EXPECT_EQ(get("/a2a/shop/tasks?pageSize=0").status, 400);
  EXPECT_EQ(get("/a2a/shop/tasks?status=TASK_STATE_COMPLETED").at("/tasks"),
            json::value(json::array()));
  EXPECT_EQ(get("/a2a/shop/tasks/" + id + "?historyLength=0").at("/history"), json::value());
  const Answer first =
      rpc(hub_.url(), "/a2a/shop", "SubscribeToTask", std::format(R"({{"id":"{}"}})", id), 1);
  EXPECT_EQ(first.text_at("/result/task/id"), id);
  const Answer gone =
      rpc(hub_.url(), "/a2a/shop", "CancelTask", std::format(R"({{"id":"{}"}})", id));
  EXPECT_EQ(gone.text_at("/result/status/state"), "TASK_STATE_CANCELED") << gone.body;
  EXPECT_EQ(rpc(hub_.url(), "/a2a/shop", "CancelTask", std::format(R"({{"id":"{}"}})", id))
                .at("/error/code"),
            json::value(-32002));
  EXPECT_EQ(rpc(hub_.url(), "/a2a/shop", "SubscribeToTask", std::format(R"({{"id":"{}"}})", id))
                .at("/error/code"),
            json::value(-32004));
}

TEST_F(Door, TasksOfOneSolutionAreCountedAndPagedAlone) {
  for (int i = 0; i < 3; ++i) {
    for (const char* solution : {"shop", "model"}) {
      const bool talks = solution == std::string_view("model");
      const std::string parts = talks ? R"({"text":"hi"})" : skill("slow", "{}");
      const Answer begun =
          rpc(hub_.url(), std::format("/a2a/{}", solution), "SendMessage",
              R"({"configuration":{"returnImmediately":true},)" + message(parts).substr(1));
      ASSERT_FALSE(begun.text_at("/result/task/id").empty()) << begun.body;
    }
  }
  std::set<std::string> seen;
  std::string token;
  for (int pages = 0; pages < 2; ++pages) {
    const Answer page = get("/a2a/shop/tasks?pageSize=2&pageToken=" + token);
    EXPECT_EQ(page.at("/totalSize"), json::value(3)) << page.body;
    EXPECT_EQ(page.at("/pageSize"), json::value(2));
    token = page.text_at("/nextPageToken");
    EXPECT_EQ(token.empty(), pages == 1);
    const json::value tasks = page.at("/tasks");
    for (const json::value& task : tasks.as_array())
      seen.emplace(std::string_view(task.at("id").as_string()));
  }
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_EQ(get("/a2a/tasks").at("/totalSize"), json::value(6));
}

TEST_F(Door, RestAnswersInTheMediaTypeItWasAskedIn) {
  const std::string body = message(skill("echo", R"({"text":"hi"})"));
  EXPECT_EQ(post("/a2a/shop/message:send", body).headers.get("Content-Type"), "application/json");
  EXPECT_EQ(
      post("/a2a/shop/message:send", body, "application/a2a+json").headers.get("Content-Type"),
      "application/a2a+json");
  EXPECT_EQ(post("/a2a/message:send", message(skill("shop__echo", R"({"text":"hi"})")))
                .text_at("/message/parts/0/text"),
            "echo");
  const Answer old = post(
      "/a2a/shop/v1/message:send",
      R"({"message":{"messageId":"m","role":"ROLE_USER","content":[{"data":{"data":{"skill":"echo","parameters":{"text":"hi"}}}}]}})");
  EXPECT_EQ(old.text_at("/message/content/0/text"), "echo") << old.body;
}

}  // namespace
}  // namespace weft::a2a_door
