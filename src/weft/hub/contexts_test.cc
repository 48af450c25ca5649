#include "weft/hub/contexts.h"

#include <gmock/gmock.h>

#include "weft/hub/limits.h"
#include "weft/hub/testing.h"
#include "weft/store/memory_tables.h"

namespace weft::hub {
namespace {

class ContextsTest : public ::testing::Test {
 protected:
  void run(std::function<Awaitable<>()> body) { testing::run(loop_, std::move(body)); }
  Awaitable<std::string> ids(model::Principal principal) {
    auto kept = co_await contexts_.list(std::move(principal), 100);
    std::string out;
    for (const KeptContext& each : *kept) out += each.owner + "/" + each.id.str() + " ";
    co_return out;
  }

  boost::asio::io_context loop_{1};
  testing::FakeClock clock_;
  store::MemoryTables tables_;
  Contexts contexts_{tables_, clock_};
  model::Principal ada_{.name = "ada"};
  model::Principal adam_{.name = "ad"};
  model::Principal root_{.name = "root", .admin = true};
};

TEST_F(ContextsTest, BelongToTheirOwner) {
  run([&]() -> Awaitable<> {
    EXPECT_TRUE(co_await contexts_.put("ada", ContextId("c1"), json::value(1)));
    EXPECT_TRUE(co_await contexts_.put("ad", ContextId("a/c2"), json::value(2)));
    EXPECT_EQ(**co_await contexts_.get("ada", ContextId("c1")), json::value(1));
    EXPECT_EQ(*co_await contexts_.get("ad", ContextId("c1")), std::nullopt);
    EXPECT_EQ(co_await ids(ada_), "ada/c1 ");
    EXPECT_EQ(co_await ids(adam_), "ad/a/c2 ");
    EXPECT_EQ((co_await ids(root_)).size(), std::string("ada/c1 ad/a/c2 ").size());
    EXPECT_EQ((co_await contexts_.show(adam_, ContextId("c1"))).error().code, Code::not_found);
    EXPECT_FALSE(co_await contexts_.erase(adam_, ContextId("c1")));
    EXPECT_TRUE(co_await contexts_.erase(ada_, ContextId("c1")));
    EXPECT_FALSE(co_await contexts_.erase(ada_, ContextId("c1")));
    EXPECT_TRUE(co_await contexts_.erase(root_, ContextId("a/c2")));
    EXPECT_EQ(co_await ids(root_), "");
  });
}

TEST_F(ContextsTest, AreForgottenAfterTheirTime) {
  run([&]() -> Awaitable<> {
    EXPECT_TRUE(co_await contexts_.put("ada", ContextId("c1"), json::value(1)));
    clock_.now_ms += kContextTtlMs + 1;
    EXPECT_EQ(*co_await contexts_.get("ada", ContextId("c1")), std::nullopt);
    for (std::uint32_t i = 0; i < kContextSweepEvery; ++i)
      EXPECT_TRUE(co_await contexts_.put("ada", ContextId("c2"), json::value(2)));
    EXPECT_EQ(co_await ids(ada_), "ada/c2 ");
  });
}

TEST_F(ContextsTest, AreBounded) {
  run([&]() -> Awaitable<> {
    json::value large(std::string(kContextBytesMax, 'x'));
    const auto put = co_await contexts_.put("ada", ContextId("c1"), std::move(large));
    EXPECT_EQ(put.error().reason, Reason::too_large);
  });
}

}  // namespace
}  // namespace weft::hub
