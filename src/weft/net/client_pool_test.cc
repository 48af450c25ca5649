// Who gets a connection when all that an origin may have are taken.
#include "weft/net/client_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <format>

#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/net/testing.h"

namespace weft::net {
namespace {

using testing::Harness;

/// Begins an answer on /held that is never ended; answers anything else.
Awaitable<> hold_or_answer(Exchange& exchange) {
  if (exchange.head().path() != "/held") {
    (void)exchange.respond({}, "ok");
    co_return;
  }
  Signal gone(exchange.executor());
  const auto registration = exchange.gone().on_cancel([&] { gone.notify(); });
  (void)co_await exchange.start({});
  (void)co_await exchange.write("begun");
  co_await gone.wait();
}

/// One call that waits for its connection.
struct Waiting {
  CancelSource cancel;
  std::optional<Result<std::string>> out;
};

Awaitable<> fetch(HttpClient& client, ClientRequest request, Waiting& waiting) {
  auto response = co_await client.send(std::move(request), waiting.cancel.token());
  if (!response) {
    waiting.out = fail(response.error());
    co_return;
  }
  waiting.out = co_await (*response)->read_all(100);
}

/// Lets whatever was started come to where it waits.
Awaitable<> settle(Loop& loop) {
  for (int i = 0; i < 20; ++i) co_await others_first(loop.executor());
}

Awaitable<> until_answered(const Waiting& waiting) {
  while (!waiting.out) co_await sleep_for(Milliseconds(1), {});
}

Error stopped() { return make_error(Reason::cancelled, "stopped"); }

TEST(ClientPool, WhoWasStoppedPassesItsTurnOn) {
  Harness harness(hold_or_answer);
  for (const bool stopped_first : {true, false}) {
    harness.run([&](Loop& loop) -> Awaitable<> {
      ClientLimits limits;
      limits.connections_per_origin_max = 1;
      auto client = HttpClient::create(loop, limits);
      auto held = co_await client->send(harness.request("/held"), {});
      EXPECT_TRUE(held.has_value());
      TaskGroup group(loop.executor());
      Waiting first;
      Waiting second;
      group.spawn(fetch(*client, harness.request("/"), first));
      co_await settle(loop);
      group.spawn(fetch(*client, harness.request("/"), second));
      co_await settle(loop);
      // In one go: neither has run when the connection is given up.
      if (stopped_first) first.cancel.cancel(stopped());
      held->reset();
      if (!stopped_first) first.cancel.cancel(stopped());
      co_await until_answered(first);
      EXPECT_EQ(first.out->error().message, "stopped");
      co_await until_answered(second);
      EXPECT_EQ(second.out->value_or("never had its turn"), "ok") << stopped_first;
      co_await group.join();
    });
  }
}

TEST(ClientPool, WhoFailsToConnectPassesItsTurnOn) {
  Harness harness(hold_or_answer);
  std::atomic<int> asked = 0;
  ClientLimits limits;
  limits.connections_per_origin_max = 1;
  limits.resolver = std::make_shared<Resolver>([&](const std::string&) -> Result<Addresses> {
    if (++asked == 1) return Addresses{boost::asio::ip::address_v4::loopback()};
    return fail(Reason::unavailable, "gone");
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, limits);
    const auto request = [&](std::string path) {
      ClientRequest out = harness.request(std::move(path));
      out.origin.url.host = "some.test";
      return out;
    };
    auto held = co_await client->send(request("/held"), {});
    EXPECT_TRUE(held.has_value());
    TaskGroup group(loop.executor());
    std::array<Waiting, 3> waiting;
    for (Waiting& each : waiting) group.spawn(fetch(*client, request("/"), each));
    co_await settle(loop);
    held->reset();
    for (const Waiting& each : waiting) {
      co_await until_answered(each);
      EXPECT_EQ(each.out->error().reason, Reason::unavailable) << each.out->error().message;
    }
    co_await group.join();
  });
}

TEST(ClientPool, WhoWaitsForAnAddressCountsToo) {
  std::atomic<std::size_t> most = 0;
  Harness* server = nullptr;
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    most = std::max(most.load(), server->server().connections());
    (void)exchange.respond({}, "ok");
    co_return;
  });
  server = &harness;
  ClientLimits limits;
  limits.connections_per_origin_max = 2;
  limits.resolver = std::make_shared<Resolver>([](const std::string&) -> Result<Addresses> {
    return Addresses{boost::asio::ip::address_v4::loopback()};
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, limits);
    TaskGroup group(loop.executor());
    std::array<Waiting, 20> waiting;
    for (Waiting& each : waiting) {
      ClientRequest request = harness.request("/");
      request.origin.url.host = "some.test";
      group.spawn(fetch(*client, std::move(request), each));
    }
    for (const Waiting& each : waiting) {
      co_await until_answered(each);
      EXPECT_EQ(each.out->value_or("?"), "ok");
    }
    co_await group.join();
  });
  EXPECT_LE(most, 2U);
}

}  // namespace
}  // namespace weft::net
