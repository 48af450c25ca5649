// A server in a child process: a few lines of shell that speak MCP over standard input and output.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>

#include "harness.h"

namespace weft::mcp_door {
namespace {

// `say` answers in words, `die` ends the process, `wait` answers when it is cancelled, `count`
// tells progress first, `burst` much of it, `trace` tells the trace it came with, `grow` makes one
// more tool. Each start is a line of $STARTS.
constexpr std::string_view kServer = R"sh(
echo started >> "$STARTS"
more=
tool() { printf '{"name":"%s","inputSchema":{"type":"object"}}' "$1"; }
while IFS= read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  answer() { printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$1"; }
  text() { answer '"result":{"content":[{"type":"text","text":"'"$1"'"}]}'; }
  case $line in
    *server/discover*) answer '"error":{"code":-32601,"message":"no"}' ;;
    *'"initialize"'*) answer '"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true},"prompts":{}},"serverInfo":{"name":"sh","version":"1"}}' ;;
    *tools/list*) answer '"result":{"tools":['"$(tool say),$(tool die),$(tool wait),$(tool count),$(tool burst),$(tool trace),$(tool grow)$more"']}' ;;
    *prompts/list*) answer '"result":{"prompts":[{"name":"hello"}]}' ;;
    *'"say"'*) text "said by $MARK" ;;
    *'"die"'*) echo 'dying as told' >&2; exit 3 ;;
    *'"wait"'*) waiting=$id ;;
    *notifications/cancelled*) id=$waiting; echo "cancelled" >&2 ;;
    *'"count"'*) printf '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,"progress":1,"message":"one"}}\n' "$id"; text counted ;;
    *'"burst"'*) awk -v id="$id" 'BEGIN { for (i = 1; i <= 4500; i++) printf "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":%s,\"progress\":%d}}\n", id, i }'; text 'all said' ;;
    *'"trace"'*) text "$(printf '%s' "$line" | sed -n 's/.*"traceparent":"\([^"]*\)".*/\1/p')" ;;
    *'"grow"'*) more=",$(tool grown)"; printf '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n'; text grown ;;
  esac
done
)sh";

class StdioServer : public ::testing::Test {
 protected:
  StdioServer() {
    hub::JoinRequest request;
    request.id = SolutionId("shell");
    request.command = {"/bin/sh", "-c", std::string(kServer)};
    request.environment["MARK"] = "a shell";
    request.environment["STARTS"] = starts;
    joined = hub.join(request);
    caller.initialize();
  }
  Answer call(std::string_view tool, Caller::OnMessage on_message = {}) {
    return caller.legacy(
        "tools/call",
        std::format(R"({{"name":"{}","arguments":{{}},"_meta":{{"progressToken":1}}}})", tool),
        std::move(on_message));
  }
  ~StdioServer() override { std::filesystem::remove(starts); }
  int started() const {
    std::ifstream in(starts);
    return static_cast<int>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
  }

  const std::string starts =
      std::format("{}/weft-starts-{}-{}", ::testing::TempDir(), ::getpid(),
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
  TestHub hub;
  Result<hub::JoinReport> joined;
  Caller caller{hub.url()};
};

TEST_F(StdioServer, JoinsAndAnswers) {
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_EQ(joined->protocol_version, "2025-06-18");
  EXPECT_EQ(joined->skills, 7U);
  EXPECT_EQ(call("shell__say").text(), "said by a shell");
  const Answer count = call("shell__count");
  ASSERT_EQ(count.messages.size(), 2U) << count.body;
  EXPECT_EQ(count.messages[0].at("params").at("message"), "one");
}

TEST_F(StdioServer, IsStartedAgain) {
  ASSERT_TRUE(joined);
  const Answer died = call("shell__die");
  EXPECT_NE(died.body.find("dying as told"), std::string::npos) << died.body;
  EXPECT_EQ(call("shell__say").text(), "said by a shell");
}

TEST_F(StdioServer, IsStartedAgainOnceForAll) {
  ASSERT_TRUE(joined);
  (void)call("shell__die");
  const int before = started();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Caller other(hub.url());
      other.initialize();
      const Answer answer = other.legacy("tools/call", R"({"name":"shell__say","arguments":{}})");
      EXPECT_EQ(answer.text(), "said by a shell") << answer.body;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(started(), before + 1);
}

TEST_F(StdioServer, LosesNothingOfABurst) {
  ASSERT_TRUE(joined);
  const Answer burst = call("shell__burst");
  EXPECT_EQ(burst.text(), "all said");
  ASSERT_EQ(burst.messages.size(), 4501U);
  EXPECT_EQ(burst.messages[4499].at("params").at("progress"), 4500);
}

TEST_F(StdioServer, IsToldTheTrace) {
  ASSERT_TRUE(joined);
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const Answer told = caller.legacy(
      "tools/call",
      std::format(R"({{"name":"shell__trace","arguments":{{}},"_meta":{{"traceparent":"{}"}}}})",
                  trace));
  // The span is the hub's own, the trace the caller's.
  EXPECT_NE(told.text().find(trace.substr(0, 35)), std::string::npos) << told.body;
}

TEST_F(StdioServer, NewToolsAreSeen) {
  ASSERT_TRUE(joined);
  EXPECT_EQ(call("shell__grow").text(), "grown");
  EXPECT_TRUE(testing::wait_until([&] {
    const auto snapshot = hub.hub().registry().snapshot();
    return snapshot->find("shell")->solution->skill("grown") != nullptr;
  }));
}

TEST_F(StdioServer, PromptsGoThroughTheBridge) {
  ASSERT_TRUE(joined);
  Caller own(hub.url());
  own.path = "/mcp/shell";
  own.initialize();
  EXPECT_EQ(own.legacy("prompts/list", "{}").at("/result/prompts/0/name"), "hello");
  EXPECT_EQ(own.legacy("resources/list", "{}").at("/result/resources"), parsed("[]"));
  EXPECT_EQ(own.modern("prompts/list", "{}").at("/result/prompts/0/name"), "hello");
  EXPECT_EQ(own.modern("resources/read", R"({"uri":"test://x"})").at("/error/code"), -32602);
}

TEST_F(StdioServer, ManyCallsShareTheProcess) {
  ASSERT_TRUE(joined);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Caller other(hub.url());
      other.initialize();
      for (int n = 0; n < 5; ++n) {
        const Answer answer = other.legacy("tools/call", R"({"name":"shell__say","arguments":{}})");
        if (answer.text() == "said by a shell") ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

}  // namespace
}  // namespace weft::mcp_door
