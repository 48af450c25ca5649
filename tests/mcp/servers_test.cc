// Servers of 2025-11-25 as they are found: they ask late, forget sessions, are upgraded, refuse
// weft's credentials, want a page visited first, and answer in one piece.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <format>

#include "harness.h"
#include "upstream.h"
#include "weft/adapters/mcp/http_link.h"
#include "weft/base/url.h"

namespace weft::mcp_door {
namespace {

constexpr std::string_view kInitialized =
    R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}})";
constexpr std::string_view kDiscovered =
    R"({"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}})";
constexpr std::string_view kTools =
    R"({"tools":[{"name":"echo","inputSchema":{"type":"object"}}]})";
constexpr std::string_view kHi = R"({"content":[{"type":"text","text":"hi"}]})";

std::string in_json(std::string_view status, std::string_view body, std::string_view more = "") {
  return testing::response(status, "application/json", body, more);
}
std::string result_of(const json::value& id, std::string_view result, std::string_view more = "") {
  return in_json("200 OK",
                 std::format(R"({{"jsonrpc":"2.0","id":{},"result":{}}})", json::write(id), result),
                 more);
}
std::string error_of(std::string_view status, const json::value& id, int code,
                     std::string_view message, std::string_view data = "null") {
  return in_json(
      status,
      std::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":"{}","data":{}}}}})",
                  json::write(id), code, message, data));
}

/// Keeps one session. What tools/call and GET get is the test's.
class Server {
 public:
  using Call = std::function<std::string(const json::value& id)>;
  Call on_call = [](const json::value& id) { return result_of(id, kHi); };
  std::function<std::string()> on_get = [] {
    return testing::response("405 Method Not Allowed", "", "");
  };
  /// What it says to a session that it does not know.
  std::function<std::string()> unknown = [] {
    return error_of("400 Bad Request", nullptr, -32000,
                    "Bad Request: No valid session ID provided");
  };
  /// 2026-07-28 alone.
  std::atomic<bool> modern = false;
  /// What discovery is refused with, when that is not the legacy way.
  std::string discovery_error;
  std::atomic<int> sessions = 0;
  std::atomic<int> calls = 0;

  std::string url() const { return upstream_.url(); }
  void forget() { session_ = "none"; }
  bool heard(std::string_view text) const {
    return std::ranges::any_of(upstream_.requests(), [&](const std::string& request) {
      return request.find(text) != std::string::npos;
    });
  }

 private:
  std::string answer(const std::string& request) {
    const auto end = request.find("\r\n\r\n");
    const auto body = json::parse(std::string_view(request).substr(end + 4));
    if (!body || !body->is_object()) return on_get();
    const json::object& message = body->get_object();
    const std::string_view method = json::string_at(message, "method");
    const json::value* id = json::find(message, "id");
    if (id == nullptr || method.empty()) return testing::response("202 Accepted", "", "");
    if (method == "server/discover" && !discovery_error.empty())
      return in_json("400 Bad Request", discovery_error);
    return modern ? modern_answer(method, *id, request) : legacy_answer(method, *id, request);
  }

  std::string modern_answer(std::string_view method, const json::value& id,
                            const std::string& request) {
    if (request.find("MCP-Protocol-Version: 2026-07-28") == std::string::npos) {
      return error_of("400 Bad Request", id, -32022, "unsupported version",
                      R"({"supported":["2026-07-28"]})");
    }
    return method == "server/discover" ? result_of(id, kDiscovered) : served(method, id);
  }

  std::string legacy_answer(std::string_view method, const json::value& id,
                            const std::string& request) {
    if (method == "initialize") {
      session_ = std::format("session-{}", ++sessions);
      return result_of(id, kInitialized, std::format("Mcp-Session-Id: {}\r\n", session_));
    }
    if (request.find(std::format("Mcp-Session-Id: {}\r\n", session_)) == std::string::npos)
      return unknown();
    return served(method, id);
  }

  std::string served(std::string_view method, const json::value& id) {
    if (method == "tools/list") return result_of(id, kTools);
    ++calls;
    return on_call(id);
  }

  std::string session_ = "none";
  testing::Upstream upstream_{[this](const std::string& request) { return answer(request); }};
};

class Servers : public ::testing::Test {
 protected:
  /// The translated way: another mount than the server's own.
  Result<hub::JoinReport> join(std::int64_t timeout_ms = 0) {
    hub::JoinRequest request;
    request.id = SolutionId("far");
    request.url = server.url();
    request.protocol = "mcp";
    request.timeout_ms = timeout_ms;
    auto joined = hub.join(std::move(request));
    EXPECT_EQ(caller.initialize(R"({"elicitation":{"form":{},"url":{}}})").status, 200);
    return joined;
  }
  Answer call(Caller::OnMessage on_message = {}) {
    return caller.legacy("tools/call", R"({"name":"far__echo","arguments":{}})",
                         std::move(on_message));
  }
  static json::object reply(const json::value& asked, std::string_view result) {
    json::object answer;
    if (!json::find(asked, "method")) return answer;
    answer["jsonrpc"] = "2.0";
    answer["id"] = asked.at("id");
    answer["result"] = parsed(result);
    return answer;
  }

  Server server;
  TestHub hub;
  Caller caller{hub.url()};
};

TEST_F(Servers, AnAnswerAfterTheDeadlineIsDelivered) {
  constexpr Milliseconds kTimeout{2'000};
  json::value called;
  server.on_call = [&](const json::value& id) {
    called = id;
    return testing::event_stream(
        "id: 1\nretry: 1\ndata: "
        R"({"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"Pay?",)"
        R"("requestedSchema":{"type":"object","properties":{"ok":{"type":"boolean"}}}}})"
        "\n\n");
  };
  // The stream ends while the person thinks: it is taken up again after the answer.
  server.on_get = [&] {
    return testing::event_stream(
        std::format("id: 2\ndata: {{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{}}}\n\n",
                    json::write(called), kHi));
  };
  ASSERT_TRUE(join(kTimeout.count()));
  const Answer answer = call([&](const json::value& asked, bool&) {
    // The call cannot have begun later than now.
    const auto late = std::chrono::steady_clock::now() + kTimeout;
    if (json::find(asked, "method") != nullptr)
      testing::wait_until([&] { return std::chrono::steady_clock::now() > late; });
    return reply(asked, R"({"action":"accept","content":{"ok":true}})");
  });
  EXPECT_EQ(answer.text(), "hi") << answer.body;
  EXPECT_TRUE(server.heard(R"("content":{"ok":true})"));
  EXPECT_EQ(server.calls, 1);
}

TEST_F(Servers, AForgottenSessionIsBegunAnewOnce) {
  ASSERT_TRUE(join());
  const std::array<std::string, 3> refusals = {
      error_of("400 Bad Request", nullptr, -32000, "Bad Request: Server not initialized"),
      testing::response("400 Bad Request", "text/plain", "Bad Request: No valid session ID"),
      error_of("404 Not Found", nullptr, -32001, "Session not found")};
  for (const std::string& refusal : refusals) {
    server.unknown = [&] { return refusal; };
    server.forget();
    const int sessions = server.sessions;
    const int calls = server.calls;
    EXPECT_EQ(call().text(), "hi") << refusal;
    EXPECT_EQ(server.sessions, sessions + 1) << refusal;
    EXPECT_EQ(server.calls, calls + 1) << refusal;
  }
  // A server that never knows its own session is not asked for ever.
  server.on_call = [](const json::value& id) {
    return error_of("400 Bad Request", id, -32000, "Bad Request: Server not initialized");
  };
  const int calls = server.calls;
  const Answer refused = call();
  EXPECT_NE(refused.body.find("Server not initialized"), std::string::npos) << refused.body;
  EXPECT_EQ(server.calls, calls + 2);
}

TEST_F(Servers, AForgottenSessionIsBegunAnewByOneForAll) {
  ASSERT_TRUE(join());
  server.forget();
  const int sessions = server.sessions;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      Caller other(hub.url());
      other.initialize();
      const Answer answer = other.legacy("tools/call", R"({"name":"far__echo","arguments":{}})");
      if (answer.text() == "hi") ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 6);
  EXPECT_EQ(server.sessions, sessions + 1);
}

TEST_F(Servers, OfAnotherEraByNowAreFoundAgain) {
  ASSERT_TRUE(join());
  EXPECT_EQ(call().text(), "hi");
  server.modern = true;
  const Answer modern = call();
  EXPECT_EQ(modern.text(), "hi") << modern.body;
  server.modern = false;
  const Answer legacy = call();
  EXPECT_EQ(legacy.text(), "hi") << legacy.body;
}

TEST_F(Servers, OfANewerModernRevisionAreNotTakenForLegacy) {
  server.discovery_error =
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"too old","data":{"supported":["2027-01-01"]}}})";
  const auto joined = join();
  ASSERT_FALSE(joined);
  EXPECT_NE(joined.error().message.find("too old"), std::string::npos) << joined.error().message;
  EXPECT_EQ(server.sessions, 0);
  // One that speaks both is served in the older.
  server.discovery_error =
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"too old","data":{"supported":["2027-01-01","2025-11-25"]}}})";
  EXPECT_TRUE(join());
}

TEST_F(Servers, AreToldOfACancelBeforeTheyAnswer) {
  json::value called;
  server.on_call = [&](const json::value& id) {
    called = id;
    return std::string(testing::Upstream::kSilence);
  };
  ASSERT_TRUE(join(500));
  const Answer late = call();
  EXPECT_EQ(late.at("/error/data/reason"), "deadline") << late.body;
  EXPECT_TRUE(testing::wait_until([&] { return server.heard("notifications/cancelled"); }));
  EXPECT_TRUE(server.heard(std::format(R"("requestId":{})", json::write(called))));
}

TEST_F(Servers, ThatRefuseWeftsCredentialsAreUnavailable) {
  ASSERT_TRUE(join());
  for (const std::string_view status : {"401 Unauthorized", "403 Forbidden"}) {
    server.on_call = [&](const json::value& id) {
      return error_of(status, id, -32603, "who are you?", R"({"reason":"unauthenticated"})");
    };
    const Answer answer = call();
    EXPECT_EQ(answer.at("/error/data/reason"), "unavailable") << answer.body;
    EXPECT_NE(answer.body.find("who are you?"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find("--bearer"), std::string::npos) << answer.body;
  }
  server.on_call = [&](const json::value& id) {
    return error_of("403 Forbidden", id, -32603, "not this", R"({"reason":"refused"})");
  };
  const Answer refused = call();
  EXPECT_EQ(refused.at("/result/isError"), true) << refused.body;
  EXPECT_EQ(refused.at("/result/_meta/weft~1error/reason"), "refused") << refused.body;
}

TEST_F(Servers, WantPagesVisitedFirst) {
  ASSERT_TRUE(join());
  const auto required = [](const json::value& id) {
    return error_of("200 OK", id, -32042, "visit first",
                    R"({"elicitations":[{"mode":"url","elicitationId":"e1","message":"Log in",)"
                    R"("url":"https://example.com/login"}]})");
  };
  bool done = false;
  server.on_call = [&](const json::value& id) { return done ? result_of(id, kHi) : required(id); };
  json::value asked;
  const Answer visited = call([&](const json::value& message, bool&) {
    json::object answer = reply(message, R"({"action":"accept"})");
    if (!answer.empty()) asked = message;
    done = true;
    return answer;
  });
  EXPECT_EQ(visited.text(), "hi") << visited.body;
  ASSERT_TRUE(asked.is_object());
  EXPECT_EQ(asked.at("params").at("url"), "https://example.com/login");
  EXPECT_EQ(server.calls, 2);
  done = false;
  const Answer declined = call(
      [&](const json::value& message, bool&) { return reply(message, R"({"action":"decline"})"); });
  EXPECT_EQ(declined.at("/result/_meta/weft~1error/reason"), "refused") << declined.body;
  EXPECT_EQ(server.calls, 3);
  // Once: what is still not done then is the caller's to do.
  const Answer again = call(
      [&](const json::value& message, bool&) { return reply(message, R"({"action":"accept"})"); });
  EXPECT_EQ(again.at("/result/isError"), true) << again.body;
  EXPECT_EQ(server.calls, 5);
}

TEST_F(Servers, StreamsOfForgottenSessionsAreTriedAgain) {
  server.on_get = [] {
    return testing::response("400 Bad Request", "text/plain", "Invalid or missing session ID");
  };
  net::Loops loops{1};
  ASSERT_TRUE(loops.start());
  net::HttpClients clients(loops, net::ClientLimits());
  auto link = std::make_shared<adapters::mcp::HttpLink>(clients, hub::JoinRequest(),
                                                        parse_url(server.url()).value());
  const Executor executor = loops.at(0).executor();
  const hub::CallContext context{
      executor, std::chrono::steady_clock::now() + std::chrono::seconds(15), CancelToken()};
  const auto on_loop = [&](auto work) {
    return boost::asio::co_spawn(executor, std::move(work), boost::asio::use_future).get();
  };
  ASSERT_TRUE(on_loop(link->connect(context)));
  EXPECT_EQ(on_loop(link->listen(context)).error().reason, Reason::unavailable);
  EXPECT_EQ(on_loop(link->listen(context)).error().reason, Reason::unsupported);
  ASSERT_TRUE(on_loop(link->connect(context)));
  EXPECT_EQ(on_loop(link->listen(context)).error().reason, Reason::unavailable);
  loops.stop();
}

}  // namespace
}  // namespace weft::mcp_door
