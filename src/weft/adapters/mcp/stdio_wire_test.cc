#include "weft/adapters/mcp/stdio_wire.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "weft/base/testing/run.h"
#include "weft/base/testing/wait.h"

namespace weft::adapters::mcp {
namespace {

/// Once it was told anything: more than any box holds, for request 1; then the responses of 2 and
/// of 1.
constexpr const char* kTalker = R"sh(
read told
awk 'BEGIN { for (i = 0; i < 5000; i++) print "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":1}}" }'
echo '{"jsonrpc":"2.0","id":2,"result":{}}'
echo '{"jsonrpc":"2.0","id":1,"result":{}}'
exec cat
)sh";
constexpr std::size_t kSaid = 5'000;

class StdioWireTest : public ::testing::Test {
 protected:
  ~StdioWireTest() override {
    std::vector<std::weak_ptr<StdioWire>> ending;
    for (const auto& wire : wires) {
      wire->stop();
      ending.emplace_back(wire);
    }
    wires.clear();
    loop.restart();
    // The pumps hold a wire until its process is gone.
    while (!std::ranges::all_of(ending, [](const auto& wire) { return wire.expired(); }))
      loop.run_one();
  }

  std::shared_ptr<StdioWire> start(std::vector<std::string> arguments) {
    net::ChildCommand command;
    command.arguments = std::move(arguments);
    auto wire = run(StdioWire::start(pumps, loop.get_executor(), std::move(command))).value();
    wires.push_back(wire);
    return wire;
  }
  std::shared_ptr<StdioWire::Inbox> expect(StdioWire& wire, int id) {
    auto inbox = std::make_shared<StdioWire::Inbox>(loop.get_executor());
    wire.expect(json::value(id), inbox, false);
    return inbox;
  }
  Result<wire::JsonRpcMessage> pop(StdioWire::Inbox& inbox) {
    return run(inbox.pop(CancelToken()));
  }
  /// How much comes up to the response.
  std::size_t count(StdioWire::Inbox& inbox) {
    for (std::size_t n = 1;; ++n) {
      auto message = pop(inbox);
      if (!message) return 0;
      if (std::holds_alternative<wire::JsonRpcResponse>(*message)) return n;
    }
  }
  template <class T>
  T run(Awaitable<T> work) {
    std::optional<T> out;
    weft::testing::start(loop, weft::testing::keep(std::move(work), out));
    loop.restart();
    while (!out && loop.run_one() > 0) {
    }
    WEFT_ASSERT(out.has_value());
    return *std::move(out);
  }

  boost::asio::io_context loop;
  std::shared_ptr<Pumps> pumps = std::make_shared<Pumps>();
  std::vector<std::shared_ptr<StdioWire>> wires;
};

TEST_F(StdioWireTest, AReaderGetsAllHoweverMuchIsSaid) {
  const auto wire = start({"sh", "-c", kTalker});
  const auto inbox = expect(*wire, 1);
  ASSERT_TRUE(wire->send("go"));
  EXPECT_EQ(count(*inbox), kSaid + 1);
}

TEST_F(StdioWireTest, WhoLeftKeepsNobodyWaiting) {
  const auto wire = start({"sh", "-c", kTalker});
  const auto gone = expect(*wire, 1);
  const auto inbox = expect(*wire, 2);
  ASSERT_TRUE(wire->send("go"));
  while (!gone->full()) loop.run_one();
  wire->forget(json::value(1));
  EXPECT_FALSE(gone->full());
  EXPECT_EQ(count(*inbox), 1U);
}

TEST_F(StdioWireTest, WhoLagsLosesNotificationsAndNoResponse) {
  const auto wire = start({"sh", "-c", kTalker});
  const auto lagging = expect(*wire, 1);
  const auto inbox = expect(*wire, 2);
  ASSERT_TRUE(wire->send("go"));
  EXPECT_EQ(count(*inbox), 1U);
  EXPECT_EQ(count(*lagging), kInboxMessagesMax + 1);
}

TEST_F(StdioWireTest, WhatSaysNothingAtAllIsEnded) {
  constexpr Milliseconds kPatience{weft::testing::kSlackMs};
  // It says the ping again: a sign of life.
  const auto lively = start({"cat"});
  const auto asked = expect(*lively, 1);
  lively->doubt(json::value(1), lively->said(), kPatience);
  const auto busy = start({"sleep", "600"});
  const auto older = expect(*busy, 1);
  const auto younger = expect(*busy, 2);
  busy->doubt(json::value(2), busy->said(), kPatience);
  const auto silent = start({"sleep", "600"});
  const auto waiting = expect(*silent, 1);
  silent->doubt(json::value(1), silent->said(), kPatience);
  const auto message = pop(*waiting);
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().reason, Reason::unavailable) << message.error().message;
  EXPECT_TRUE(silent->dead());
  EXPECT_FALSE(lively->dead());
  // An older request may be what keeps it busy.
  EXPECT_FALSE(busy->dead());
}

}  // namespace
}  // namespace weft::adapters::mcp
