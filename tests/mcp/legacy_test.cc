#include <gtest/gtest.h>

#include "harness.h"

namespace weft::mcp_door {
namespace {

class LegacyDoor : public ::testing::Test {
 protected:
  LegacyDoor() { hub.add("fake", service, fake_skills()); }
  TestHub hub;
  std::shared_ptr<hub::testing::FakeService> service = fake_service();
  Caller caller{hub.url()};
};

TEST_F(LegacyDoor, BeginsASessionAndListsTools) {
  const Answer begun = caller.initialize();
  EXPECT_EQ(begun.status, 200);
  EXPECT_EQ(begun.at("/result/protocolVersion"), "2025-11-25");
  EXPECT_FALSE(begun.headers.get("Mcp-Session-Id").empty());
  const Answer tools = caller.legacy("tools/list", "{}");
  ASSERT_EQ(tools.status, 200) << tools.body;
  EXPECT_EQ(tools.at("/result/tools/0/name"), "continue_task");
  EXPECT_EQ(tools.at("/result/tools/1/name"), "fake__chat");
  caller.path = "/mcp/fake";
  caller.initialize(R"({"elicitation":{}})");
  EXPECT_EQ(caller.legacy("tools/list", "{}").at("/result/tools/0/name"), "chat");
}

TEST_F(LegacyDoor, OlderRevisionsAreNegotiated) {
  for (const std::string_view version : {"2025-06-18", "2025-03-26", "2024-11-05"}) {
    EXPECT_EQ(caller.initialize("{}", version).at("/result/protocolVersion"), json::value(version));
  }
  EXPECT_EQ(caller.initialize("{}", "1999-01-01").at("/result/protocolVersion"), "2025-11-25");
}

TEST_F(LegacyDoor, CallsATool) {
  caller.initialize();
  const Answer echo =
      caller.legacy("tools/call", R"({"name":"fake__echo","arguments":{"text":"hi"}})");
  EXPECT_EQ(echo.text(), R"(echo {"text":"hi"})");
  EXPECT_TRUE(echo.headers.get("Content-Type").starts_with("application/json"));
  const Answer chat =
      caller.legacy("tools/call", R"({"name":"fake__chat","arguments":{"message":"hello"}})");
  EXPECT_EQ(chat.text(), "you said hello") << chat.body;
  EXPECT_EQ(chat.at("/result/structuredContent/finish_reason"), "stop");
  const Answer list = caller.legacy("tools/call", R"({"name":"fake__list","arguments":{}})");
  EXPECT_EQ(list.at("/result/structuredContent"), parsed(R"({"result":[1,2]})"));
}

TEST_F(LegacyDoor, SaysWhatIsWrong) {
  caller.initialize();
  const Answer bad = caller.legacy("tools/call", R"({"name":"fake__echo","arguments":{"text":7}})");
  EXPECT_EQ(bad.at("/result/isError"), true) << bad.body;
  EXPECT_NE(bad.text().find("/text"), std::string::npos);
  EXPECT_EQ(caller.legacy("tools/call", R"({"name":"nope"})").at("/error/code"), -32602);
  EXPECT_EQ(caller.legacy("no/such", "{}").at("/error/code"), -32601);
  EXPECT_EQ(caller.legacy("ping", "{}").at("/result"), parsed("{}"));
  EXPECT_EQ(caller.legacy("prompts/list", "{}").at("/result/prompts"), parsed("[]"));
  EXPECT_EQ(caller.legacy("logging/setLevel", R"({"level":"loud"})").at("/error/code"), -32602);
  EXPECT_EQ(caller.post(parsed("[]")).status, 400);
}

TEST_F(LegacyDoor, ErrorsHaveTheirPlaces) {
  caller.initialize();
  const auto failed = [&](std::string_view reason) {
    return caller.legacy(
        "tools/call",
        std::format(R"({{"name":"fake__fail","arguments":{{"reason":"{}"}}}})", reason));
  };
  EXPECT_EQ(failed("unsupported").at("/error/code"), -32601);
  EXPECT_EQ(failed("solution_failed").at("/result/isError"), true);
  EXPECT_EQ(failed("unavailable").at("/error/code"), -32603);
  EXPECT_EQ(failed("unavailable").status, 200);
  EXPECT_EQ(failed("unavailable").at("/error/data/reason"), "unavailable");
}

TEST_F(LegacyDoor, SessionsAreNeededAndEnd) {
  EXPECT_EQ(caller.legacy("tools/list", "{}").status, 400);
  caller.initialize();
  caller.path = "/mcp/fake";
  EXPECT_EQ(caller.legacy("tools/list", "{}").status, 404) << "another mount";
  caller.path = "/mcp";
  EXPECT_EQ(caller.send("DELETE", {}).status, 204);
  EXPECT_EQ(caller.legacy("tools/list", "{}").status, 404);
  EXPECT_EQ(caller.send("GET", {}).status, 404);
  EXPECT_EQ(caller.send("PUT", {}).status, 405);
  caller.path = "/mcp/nobody";
  EXPECT_EQ(caller.legacy("initialize", "{}").status, 404);
}

TEST_F(LegacyDoor, ProgressStreamsAndCanBeResumed) {
  caller.initialize();
  const Answer steps = caller.legacy(
      "tools/call", R"({"name":"fake__steps","arguments":{},"_meta":{"progressToken":"p"}})");
  ASSERT_EQ(steps.messages.size(), 4U) << steps.body;
  EXPECT_EQ(steps.messages[0].at("method"), "notifications/progress");
  EXPECT_EQ(steps.messages[0].at("params").at("progressToken"), "p");
  EXPECT_EQ(steps.text(), "done");
  wire::Headers last;
  last.set("Last-Event-ID", steps.event_ids[1]);
  const Answer rest = caller.send("GET", {}, {}, last);
  ASSERT_EQ(rest.messages.size(), 2U) << rest.body;
  EXPECT_EQ(rest.messages[0], steps.messages[2]);
  EXPECT_EQ(rest.messages[1], steps.messages[3]);
}

TEST_F(LegacyDoor, AsksAndGoesOn) {
  caller.initialize(R"({"elicitation":{}})");
  for (const bool yes : {true, false}) {
    const auto reply = [&](const json::value& message, bool&) {
      json::object answer;
      if (!json::find(message, "method")) return answer;
      EXPECT_EQ(message.at("params").at("message"), "Pay 5?");
      answer["jsonrpc"] = "2.0";
      answer["id"] = message.at("id");
      answer["result"] = parsed(yes ? R"({"action":"accept","content":{"confirm":true}})"
                                    : R"({"action":"decline"})");
      return answer;
    };
    const Answer paid =
        caller.legacy("tools/call", R"({"name":"fake__pay","arguments":{"amount":5}})", reply);
    EXPECT_EQ(paid.text(), yes ? R"(paid, {"confirm":true})" : "declined") << paid.body;
  }
}

TEST_F(LegacyDoor, WhoCannotBeAskedGetsATask) {
  caller.initialize();
  const Answer asked =
      caller.legacy("tools/call", R"({"name":"fake__pay","arguments":{"amount":5}})");
  const json::value task = asked.at("/result/structuredContent/task_id");
  ASSERT_TRUE(task.is_string()) << asked.body;
  const auto go_on = [&](std::string_view how) {
    return caller.legacy(
        "tools/call", std::format(R"({{"name":"continue_task","arguments":{{"task_id":{},{}}}}})",
                                  json::write(task), how));
  };
  const Answer wrong = go_on(R"("answers":{"sure":{"confirm":7}})");
  EXPECT_EQ(wrong.at("/result/isError"), true) << wrong.body;
  EXPECT_EQ(go_on(R"("text":"yes")").text(), R"(paid, {"confirm":true})");
  EXPECT_EQ(go_on(R"("text":"yes")").text(), R"(paid, {"confirm":true})") << "again";
}

TEST_F(LegacyDoor, CancelFreesTheSolution) {
  caller.initialize();
  const auto cancel = [&](const json::value&, bool&) { return json::object(); };
  std::thread later([&] {
    while (*service->running == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    Caller other = caller;
    other.post(
        parsed(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})"));
  });
  const Answer gone =
      caller.legacy("tools/call", R"({"name":"fake__slow","arguments":{}})", cancel);
  later.join();
  EXPECT_TRUE(gone.messages.empty()) << gone.body;
  EXPECT_EQ(*service->running, 0);
}

TEST_F(LegacyDoor, ChangesOfTheListAreTold) {
  caller.initialize();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    hub.add("other", fake_service(), fake_skills());
  });
  const Answer told = caller.send("GET", {}, [](const json::value&, bool& stop) {
    stop = true;
    return json::object();
  });
  later.join();
  EXPECT_EQ(told.at("/method"), "notifications/tools/list_changed") << told.body;
}

}  // namespace
}  // namespace weft::mcp_door
