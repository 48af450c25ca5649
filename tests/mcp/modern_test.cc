#include <gtest/gtest.h>

#include <boost/asio/write.hpp>

#include "bridge.h"

namespace weft::mcp_door {
namespace {

class ModernDoor : public ::testing::Test {
 protected:
  ModernDoor() { hub.add("fake", service, fake_skills()); }
  TestHub hub;
  std::shared_ptr<hub::testing::FakeService> service = fake_service();
  Caller caller{hub.url()};
  static constexpr std::string_view kAsks = R"({"elicitation":{}})";
};

TEST_F(ModernDoor, SaysWhatItSpeaks) {
  const Answer said = caller.modern("server/discover", "{}");
  ASSERT_EQ(said.status, 200) << said.body;
  EXPECT_EQ(said.at("/result/supportedVersions/0"), "2026-07-28");
  EXPECT_EQ(said.at("/result/resultType"), "complete");
  EXPECT_EQ(said.at("/result/cacheScope"), "private");
}

TEST_F(ModernDoor, ListsAndCalls) {
  const Answer tools = caller.modern("tools/list", "{}", {}, kAsks);
  EXPECT_EQ(tools.at("/result/tools/0/name"), "fake__chat") << tools.body;
  EXPECT_TRUE(tools.at("/result/ttlMs").is_int64());
  const Answer echo =
      caller.modern("tools/call", R"({"name":"fake__echo","arguments":{"text":"hi"}})");
  EXPECT_EQ(echo.text(), R"(echo {"text":"hi"})") << echo.body;
  const Answer list = caller.modern("tools/call", R"({"name":"fake__list","arguments":{}})");
  EXPECT_EQ(list.at("/result/structuredContent"), parsed("[1,2]"));
  const Answer steps = caller.modern(
      "tools/call", R"({"name":"fake__steps","arguments":{},"_meta":{"progressToken":1}})");
  EXPECT_EQ(steps.messages.size(), 4U) << steps.body;
}

TEST_F(ModernDoor, RefusesWhatDisagrees) {
  wire::Headers other;
  other.set("Mcp-Name", "fake__slow");
  const Answer name = caller.modern("tools/call", R"({"name":"fake__echo"})", {}, "{}", other);
  EXPECT_EQ(name.status, 400);
  EXPECT_EQ(name.at("/error/code"), -32020);
  EXPECT_EQ(name.at("/id"), 1);
  wire::Headers version;
  version.set("MCP-Protocol-Version", "2025-11-25");
  EXPECT_EQ(caller.modern("tools/list", "{}", {}, "{}", version).at("/error/code"), -32020);
  const Answer unknown = caller.modern("no/such", "{}");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.at("/error/code"), -32601);
  wire::Headers modern;
  modern.set("MCP-Protocol-Version", "2026-07-28");
  EXPECT_EQ(caller.send("GET", {}, {}, modern).status, 405);
  EXPECT_EQ(caller.send("DELETE", {}, {}, modern).status, 405);
  EXPECT_EQ(caller.modern("tools/call", R"({"name":"nope"})").at("/error/code"), -32602);
}

TEST_F(ModernDoor, AQuestionIsAResultAndTheRetryAnswersIt) {
  const std::string call = R"("name":"fake__pay","arguments":{"amount":5})";
  const Answer asked = caller.modern("tools/call", "{" + call + "}", {}, kAsks);
  ASSERT_EQ(asked.at("/result/resultType"), "input_required") << asked.body;
  EXPECT_EQ(asked.at("/result/inputRequests/sure/method"), "elicitation/create");
  EXPECT_EQ(asked.at("/result/inputRequests/sure/params/message"), "Pay 5?");
  const std::string state = json::write(asked.at("/result/requestState"));
  const auto retry = [&](std::string_view responses, std::string_view with, std::string_view what) {
    return caller.modern(
        "tools/call",
        std::format(R"({{{},"inputResponses":{},"requestState":{}}})", what, responses, with), {},
        kAsks);
  };
  EXPECT_EQ(retry("{}", state, call).at("/result/resultType"), "input_required") << "asked again";
  EXPECT_EQ(retry(R"({"sure":{"action":"accept","content":{"confirm":"x"}}})", state, call)
                .at("/result/resultType"),
            "input_required");
  EXPECT_EQ(retry(R"({"sure":7})", state, call).at("/error/code"), -32602);
  EXPECT_EQ(retry("{}", R"("AAAA")", call).at("/error/code"), -32602) << "forged";
  EXPECT_EQ(retry("{}", state, R"("name":"fake__pay","arguments":{"amount":6})").at("/error/code"),
            -32602)
      << "another call";
  const Answer paid =
      retry(R"({"sure":{"action":"accept","content":{"confirm":true}},"more":{}})", state, call);
  EXPECT_EQ(paid.text(), R"(paid, {"confirm":true})") << paid.body;
  EXPECT_EQ(service->started, 1);
}

TEST_F(ModernDoor, WhoCannotBeAskedGetsATask) {
  const Answer asked =
      caller.modern("tools/call", R"({"name":"fake__pay","arguments":{"amount":5}})");
  EXPECT_EQ(asked.at("/result/resultType"), "complete");
  const json::value task = asked.at("/result/structuredContent/task_id");
  const Answer paid = caller.modern(
      "tools/call",
      std::format(R"({{"name":"continue_task","arguments":{{"task_id":{},"decline":true}}}})",
                  json::write(task)));
  EXPECT_EQ(paid.text(), "declined") << paid.body;
}

TEST_F(ModernDoor, LeavingCancels) {
  std::thread leave([&] {
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket socket(io);
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), hub.server().port()});
    const std::string body =
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"fake__slow","arguments":{},"_meta":{)"
        R"("io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}})";
    const std::string head = std::format(
        "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: "
        "application/json, text/event-stream\r\n"
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: "
        "fake__slow\r\nContent-Length: {}\r\n\r\n",
        body.size());
    boost::asio::write(socket, boost::asio::buffer(head + body));
    testing::wait_until([&] { return *service->running != 0; });
  });
  leave.join();
  EXPECT_TRUE(testing::wait_until([&] { return *service->running == 0; }));
}

TEST_F(ModernDoor, TellsChangesToWhoListens) {
  const auto stop_at_change = [&](const json::value& message, bool& stop) {
    if (message.at("method") == "notifications/subscriptions/acknowledged")
      hub.add("other", fake_service(), fake_skills());
    stop = message.at("method") == "notifications/tools/list_changed";
    return json::object();
  };
  const Answer told = caller.modern(
      "subscriptions/listen",
      R"({"notifications":{"toolsListChanged":true,"promptsListChanged":true}})", stop_at_change);
  ASSERT_EQ(told.messages.size(), 2U) << told.body;
  EXPECT_EQ(told.messages[0].at("method"), "notifications/subscriptions/acknowledged");
  EXPECT_EQ(told.messages[0].at("params").at("notifications"),
            parsed(R"({"toolsListChanged":true})"));
  EXPECT_EQ(told.messages[1].at("params").at("_meta").at("io.modelcontextprotocol/subscriptionId"),
            1);
}

TEST_F(ModernDoor, ADrainEndsWhoOnlyListens) {
  std::thread drain;
  const auto drain_at_once = [&](const json::value&, bool&) {
    if (!drain.joinable()) drain = std::thread([&] { hub.server().drain(Milliseconds(600'000)); });
    return json::object();
  };
  const Answer told = caller.modern(
      "subscriptions/listen", R"({"notifications":{"toolsListChanged":true}})", drain_at_once);
  drain.join();
  ASSERT_EQ(told.messages.size(), 2U) << told.body;
  EXPECT_EQ(told.at("/result/resultType"), "complete");
  EXPECT_EQ(told.at("/result/_meta/io.modelcontextprotocol~1subscriptionId"), 1);
}

TEST_F(ModernDoor, TheStdioBridgeRepeatsArgumentsInHeaders) {
  hub.add(
      "routed", fake_service(),
      {hub::testing::fake_skill(
          "echo", model::Shape::invoke,
          R"({"type":"object","properties":{"text":{"type":"string","x-mcp-header":"Text"}}})")});
  BridgeRun bridge(hub.url());
  const std::string_view meta =
      R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
      R"("io.modelcontextprotocol/clientCapabilities":{}})";
  EXPECT_TRUE(
      bridge.request(1, "tools/list", std::format("{{{}}}", meta)).at("result").is_object());
  const json::value echo = bridge.request(
      2, "tools/call",
      std::format(R"({{"name":"routed__echo","arguments":{{"text":"hi"}},{}}})", meta));
  ASSERT_NE(json::find(echo, "result"), nullptr) << json::write(echo);
  EXPECT_EQ(echo.at("result").at("content").at(0).at("text"), R"(echo {"text":"hi"})");
}

}  // namespace
}  // namespace weft::mcp_door
