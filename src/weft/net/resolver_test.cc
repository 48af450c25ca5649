#include "weft/net/resolver.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <format>
#include <map>
#include <mutex>

#include "weft/base/task_group.h"
#include "weft/base/testing/wait.h"
#include "weft/base/timers.h"
#include "weft/net/clients.h"
#include "weft/net/limits.h"
#include "weft/net/testing.h"

namespace weft::net {
namespace {

using testing::Harness;
using weft::testing::wait_until;

Addresses loopback() { return {boost::asio::ip::address_v4::loopback()}; }

/// Knows every name, but is silent on those that begin with `silent` until it is told to speak,
/// and knows no name that begins with `none`.
class Names {
 public:
  Names() : state_(std::make_shared<State>()) {}
  /// What still asks goes on without this.
  ~Names() { speak(); }
  LookUp look_up() const {
    return [state = state_](const std::string& name) -> Result<Addresses> {
      std::unique_lock lock(state->mutex);
      ++state->asked[name];
      ++state->at_it;
      if (name.starts_with("silent")) state->spoke.wait(lock, [&] { return state->speaks; });
      --state->at_it;
      if (name.starts_with("none")) return fail(Reason::unavailable, "nobody knows it");
      return loopback();
    };
  }
  void speak() {
    const std::lock_guard lock(state_->mutex);
    state_->speaks = true;
    state_->spoke.notify_all();
  }
  /// How often a name was asked for.
  int asked(const std::string& name) const {
    const std::lock_guard lock(state_->mutex);
    return state_->asked[name];
  }
  int at_it() const {
    const std::lock_guard lock(state_->mutex);
    return state_->at_it;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable spoke;
    bool speaks = false;
    int at_it = 0;
    std::map<std::string, int> asked;
  };
  std::shared_ptr<State> state_;
};

ClientLimits limits_with(const Names& names) {
  ClientLimits limits;
  limits.resolver = std::make_shared<Resolver>(names.look_up());
  return limits;
}

Awaitable<> answer(Exchange& exchange) {
  (void)exchange.respond({}, "ok");
  co_return;
}

ClientRequest named(const Harness& harness, std::string host) {
  ClientRequest request = harness.request("/");
  request.origin.url.host = std::move(host);
  return request;
}

Awaitable<Result<std::string>> fetch(HttpClient& client, ClientRequest request,
                                     CancelToken cancel = {}) {
  WEFT_CO_TRY(auto response, co_await client.send(std::move(request), std::move(cancel)));
  co_return co_await response->read_all(1000);
}

Awaitable<> fetch_into(HttpClient& client, ClientRequest request, CancelToken cancel,
                       std::vector<Result<std::string>>& out) {
  out.push_back(co_await fetch(client, std::move(request), std::move(cancel)));
}

/// Asks and waits for the answer.
Awaitable<Result<Addresses>> ask(Resolver& resolver, Loop& loop, std::string name, SteadyTime now) {
  Wake wake(loop.executor());
  const auto question = resolver.ask(std::move(name), loop.executor(), wake, now);
  const auto work = boost::asio::make_work_guard(loop.executor());
  while (!question.answered()) co_await wake.wait();
  co_return question.answer();
}

TEST(Resolver, ADigitAddressAndLocalhostNeedNoQuestion) {
  const auto texts = [](std::string_view host) {
    std::vector<std::string> out;
    for (const auto& each : addresses_without_question(host).value_or(Addresses()))
      out.push_back(each.to_string());
    return out;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts("127.0.0.1"), Texts({"127.0.0.1"}));
  EXPECT_EQ(texts("2001:db8::1"), Texts({"2001:db8::1"}));
  for (const char* host : {"localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.Localhost."})
    EXPECT_EQ(texts(host), Texts({"::1", "127.0.0.1"})) << host;
  for (const char* host : {"localhost.example", "notlocalhost", "example.com", "127.1", "."})
    EXPECT_EQ(texts(host), Texts()) << host;
}

TEST(Resolver, AsksTheSystem) {
  // An address in an old form: the system reads it without asking anybody.
  EXPECT_EQ(system_look_up("127.1").value_or(Addresses()), loopback());
}

TEST(Resolver, OneQuestionServesAllWhoWait) {
  Names names;
  Harness harness(answer);
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, limits_with(names));
    TaskGroup group(loop.executor());
    std::vector<Result<std::string>> out;
    for (int i = 0; i < 20; ++i)
      group.spawn(fetch_into(*client, named(harness, "silent.test"), {}, out));
    while (names.asked("silent.test") == 0) co_await sleep_for(Milliseconds(1), {});
    names.speak();
    while (out.size() < 20) co_await sleep_for(Milliseconds(1), {});
    co_await group.join();
    for (const auto& each : out) EXPECT_EQ(each.value_or("?"), "ok");
  });
  EXPECT_EQ(names.asked("silent.test"), 1);
}

TEST(Resolver, ASilentNameHoldsUpNobodyElse) {
  Names names;
  Harness harness(answer);
  harness.run([&](Loop& loop) -> Awaitable<> {
    ClientLimits limits = limits_with(names);
    limits.connect_timeout = Milliseconds(60'000);
    auto client = HttpClient::create(loop, limits);
    TaskGroup group(loop.executor());
    CancelSource cancel;
    std::vector<Result<std::string>> out;
    group.spawn(fetch_into(*client, named(harness, "silent.test"), cancel.token(), out));
    while (names.at_it() == 0) co_await sleep_for(Milliseconds(1), {});
    for (const std::string host : {"other.test", "localhost", "127.0.0.1"}) {
      EXPECT_EQ((co_await fetch(*client, named(harness, host))).value_or("?"), "ok") << host;
    }
    EXPECT_EQ(names.asked("localhost"), 0);
    EXPECT_TRUE(out.empty());
    cancel.cancel(make_error(Reason::cancelled, "enough"));
    while (out.empty()) co_await sleep_for(Milliseconds(1), {});
    EXPECT_EQ(out.front().error().message, "enough");
    EXPECT_EQ(names.at_it(), 1);
    co_await group.join();
  });
}

TEST(Resolver, AWaiterLeavesInItsTime) {
  Names names;
  Harness harness(answer);
  harness.run([&](Loop& loop) -> Awaitable<> {
    ClientLimits limits = limits_with(names);
    limits.connect_timeout = Milliseconds(40);
    auto client = HttpClient::create(loop, limits);
    const auto slow = co_await fetch(*client, named(harness, "silent.test"));
    EXPECT_EQ(slow.error().reason, Reason::unavailable);
    EXPECT_EQ(slow.error().message,
              "the name `silent.test` cannot be resolved: its server did not answer in time");
    limits.connect_timeout = Milliseconds(60'000);
    client = HttpClient::create(loop, limits);
    ClientRequest late = named(harness, "silent.test");
    late.deadline = std::chrono::steady_clock::now() + Milliseconds(40);
    EXPECT_EQ((co_await fetch(*client, std::move(late))).error().reason, Reason::deadline);
    EXPECT_EQ(names.asked("silent.test"), 1);
    // What it found when nobody waited any more is the next one's.
    names.speak();
    while (names.at_it() > 0) co_await sleep_for(Milliseconds(1), {});
    EXPECT_EQ((co_await fetch(*client, named(harness, "silent.test"))).value_or("?"), "ok");
  });
}

TEST(Resolver, WhatNobodyWaitsForIsNotBegun) {
  Names names;
  Harness harness(answer);
  harness.run([&](Loop& loop) -> Awaitable<> {
    ClientLimits limits = limits_with(names);
    limits.connect_timeout = Milliseconds(60'000);
    auto client = HttpClient::create(loop, limits);
    TaskGroup group(loop.executor());
    CancelSource cancel;
    std::vector<Result<std::string>> out;
    const auto at_most = static_cast<int>(kLookUpThreadsMax);
    for (int i = 0; i < at_most; ++i)
      group.spawn(fetch_into(*client, named(harness, std::format("silent{}.test", i)),
                             cancel.token(), out));
    while (names.at_it() < at_most) co_await sleep_for(Milliseconds(1), {});
    // All threads are at it: these stand in line.
    for (const std::string host : {"left.test", "stays.test"}) {
      ClientRequest request = named(harness, host);
      if (host == "left.test")
        request.deadline = std::chrono::steady_clock::now() + Milliseconds(40);
      group.spawn(fetch_into(*client, std::move(request), {}, out));
    }
    while (out.empty()) co_await sleep_for(Milliseconds(1), {});
    EXPECT_EQ(out.front().error().reason, Reason::deadline);
    names.speak();
    while (out.size() < kLookUpThreadsMax + 2) co_await sleep_for(Milliseconds(1), {});
    co_await group.join();
    for (std::size_t i = 1; i < out.size(); ++i) EXPECT_EQ(out[i].value_or("?"), "ok");
  });
  EXPECT_EQ(names.asked("left.test"), 0);
  EXPECT_EQ(names.asked("stays.test"), 1);
}

TEST(Resolver, AFailedNameIsNotAskedAgainAtOnce) {
  Names names;
  Resolver resolver(names.look_up());
  run_alone([&](Loop& loop) -> Awaitable<> {
    const SteadyTime now = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ((co_await ask(resolver, loop, "none.test", now)).error().message,
                "nobody knows it");
    }
    EXPECT_EQ(names.asked("none.test"), 1);
    const SteadyTime later = std::chrono::steady_clock::now() + kFailedNameTime;
    EXPECT_FALSE((co_await ask(resolver, loop, "none.test", later)).has_value());
    EXPECT_EQ(names.asked("none.test"), 2);
    // What was found is asked for each time: the system knows how long it holds.
    for (int i = 0; i < 2; ++i)
      EXPECT_TRUE((co_await ask(resolver, loop, "some.test", now)).has_value());
    EXPECT_EQ(names.asked("some.test"), 2);
  });
}

TEST(Resolver, TheGateJudgesWhatWasFound) {
  Harness harness(answer);
  ClientLimits limits;
  limits.resolver = std::make_shared<Resolver>([](const std::string& name) -> Result<Addresses> {
    if (name == "mixed.test")
      return Addresses{boost::asio::ip::make_address("10.0.0.1"), loopback().front()};
    return Addresses();
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, limits);
    for (const std::string host : {"mixed.test", "localhost", "a.localhost"}) {
      ClientRequest request = named(harness, host);
      request.origin.egress = Egress::guarded;
      EXPECT_EQ((co_await fetch(*client, std::move(request))).error().reason,
                Reason::permission_denied)
          << host;
    }
    EXPECT_EQ((co_await fetch(*client, named(harness, "empty.test"))).error().message,
              "the name `empty.test` cannot be resolved: it has no address");
  });
}

TEST(Resolver, NothingWaitsForASilentNameInTheEnd) {
  Names names;
  {
    Harness harness(answer);
    Loops loops(2);
    HttpClients clients(loops, limits_with(names));
    ASSERT_TRUE(loops.start());
    std::atomic<int> ended = 0;
    for (std::size_t i = 0; i < loops.size(); ++i) {
      ClientRequest request = named(harness, "silent.test");
      request.deadline = std::chrono::steady_clock::now() + Milliseconds(40);
      boost::asio::co_spawn(
          loops.at(i).executor(),
          [](HttpClient& client, ClientRequest what) -> Awaitable<> {
            EXPECT_EQ((co_await fetch(client, std::move(what))).error().reason, Reason::deadline);
          }(clients.at(loops.at(i).executor()), std::move(request)),
          [&](std::exception_ptr) { ++ended; });
    }
    EXPECT_TRUE(wait_until([&] { return ended == 2; }));
    loops.stop();
  }
  // The loops are gone and the look-up still runs: it was one for both.
  EXPECT_EQ(names.at_it(), 1);
  EXPECT_EQ(names.asked("silent.test"), 1);
}

TEST(Resolver, AnAnswerForALoopThatIsGoneIsDropped) {
  Names names;
  auto resolver = std::make_unique<Resolver>(names.look_up());
  auto loop = std::make_unique<Loop>("test");
  Wake wake(loop->executor());
  const auto question = resolver->ask("silent.test", loop->executor(), wake, {});
  loop.reset();
  resolver.reset();
  EXPECT_TRUE(wait_until([&] { return names.at_it() == 1; }));
  names.speak();
  EXPECT_TRUE(wait_until([&] { return names.at_it() == 0; }));
  EXPECT_FALSE(question.answered());
}

}  // namespace
}  // namespace weft::net
