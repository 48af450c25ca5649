// A server whose stream breaks off, wherever: the call fails, and the tool is not called again.
#include <gtest/gtest.h>

#include <format>

#include "harness.h"
#include "upstream.h"

namespace weft::mcp_door {
namespace {

constexpr std::string_view kInitialized =
    R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"cut","version":"1"}})";
constexpr std::string_view kTools =
    R"({"tools":[{"name":"echo","inputSchema":{"type":"object"}}]})";
constexpr std::string_view kProgress =
    R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"on it"}})";

std::string event_of(std::string_view message) { return std::format("data: {}\n\n", message); }

/// An MCP server of 2025-11-25 that answers tools/call with an event stream, cut off after `bytes`.
class CutServer {
 public:
  std::size_t bytes = std::string::npos;
  std::string more;  ///< behind the stream, in the same piece
  std::atomic<int> calls = 0;
  std::string url() const { return upstream_.url(); }
  /// The stream that answers the request with this id.
  static std::string stream_of(const json::value& id) {
    return event_of(kProgress) +
           event_of(std::format(
               R"({{"jsonrpc":"2.0","id":{},"result":{{"content":[{{"type":"text","text":"hi"}}]}}}})",
               json::write(id)));
  }

 private:
  std::string answer(const std::string& request) {
    const auto body = json::parse(request.substr(request.find("\r\n\r\n") + 4));
    if (!body || !body->is_object()) return testing::response("405 Method Not Allowed", "", "");
    const json::object& message = body->get_object();
    const std::string_view method = json::string_at(message, "method");
    const json::value* id = json::find(message, "id");
    if (id == nullptr) return testing::response("202 Accepted", "", "");
    if (method == "tools/call") {
      ++calls;
      return testing::event_stream(stream_of(*id) + more, bytes);
    }
    const auto result = [&](std::string_view text) {
      return testing::response(
          "200 OK", "application/json",
          std::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", json::write(*id), text));
    };
    if (method == "initialize") return result(kInitialized);
    if (method == "tools/list") return result(kTools);
    return testing::response("400 Bad Request", "application/json", "{}");
  }
  testing::Upstream upstream_{[this](const std::string& request) { return answer(request); }};
};

hub::JoinRequest join_of(const CutServer& server) {
  hub::JoinRequest request;
  request.id = SolutionId("cut");
  request.url = server.url();
  request.protocol = "mcp";
  return request;
}

TEST(CutStreams, WhatIsWholeBeforeRubbishIsTold) {
  CutServer server;
  server.more = "\xff\n\n";
  TestHub hub;
  const auto joined = hub.join(join_of(server));
  ASSERT_TRUE(joined) << joined.error().message;
  Caller caller(hub.url());
  ASSERT_EQ(caller.initialize().status, 200);
  const Answer answer = caller.legacy("tools/call", R"({"name":"cut__echo","arguments":{}})");
  EXPECT_EQ(answer.text(), "hi") << answer.body;
}

TEST(CutStreams, AreNoAnswerAtAnyByte) {
  CutServer server;
  TestHub hub;
  const auto joined = hub.join(join_of(server));
  ASSERT_TRUE(joined) << joined.error().message;
  // Another of the hub's solutions: the translated way, not the bytes that pass through.
  Caller caller(hub.url());
  ASSERT_EQ(caller.initialize().status, 200);
  const auto call = [&] {
    return caller.legacy("tools/call", R"({"name":"cut__echo","arguments":{}})");
  };
  const Answer good = call();
  ASSERT_EQ(good.text(), "hi") << good.body;
  const std::size_t size = CutServer::stream_of(json::value(1)).size();
  for (std::size_t cut = 0; cut < size; ++cut) {
    server.bytes = cut;
    const int before = server.calls;
    const Answer answer = call();
    ASSERT_FALSE(answer.messages.empty()) << cut << answer.body;
    const bool refused =
        answer.at("/result/isError") == json::value(true) || !answer.at("/error").is_null();
    EXPECT_TRUE(refused) << cut << answer.body;
    EXPECT_NE(answer.body.find("cut"), std::string::npos) << answer.body;
    EXPECT_EQ(server.calls, before + 1) << cut;
    // A whole answer in between: after too many broken ones the hub would not ask any more.
    server.bytes = std::string::npos;
    EXPECT_EQ(call().text(), "hi") << cut;
  }
}

}  // namespace
}  // namespace weft::mcp_door
