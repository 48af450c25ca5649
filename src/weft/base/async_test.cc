#include "weft/base/async.h"

#include <gmock/gmock.h>

#include <optional>
#include <vector>

#include "weft/base/testing/run.h"

namespace weft {
namespace {

Error why() { return make_error(Reason::cancelled, "no more"); }

Awaitable<> wait_times(Signal& signal, int times, int& woken) {
  for (int i = 0; i < times; ++i) {
    co_await signal.wait();
    ++woken;
  }
}

TEST(Signal, RemembersOneNotice) {
  boost::asio::io_context loop;
  Signal signal(loop.get_executor());
  int woken = 0;
  signal.notify();
  signal.notify();
  weft::testing::start(loop, wait_times(signal, 2, woken));
  loop.poll();
  EXPECT_EQ(woken, 1);
  signal.notify();
  EXPECT_EQ(woken, 1) << "never inline";
  loop.run();
  EXPECT_EQ(woken, 2);
}

Awaitable<> wait_once(Signal& signal, bool& woken) {
  co_await signal.wait();
  woken = true;
}

TEST(Signal, WakesItsWaiterWhenItGoes) {
  boost::asio::io_context loop;
  bool woken = false;
  {
    Signal signal(loop.get_executor());
    weft::testing::start(loop, wait_once(signal, woken));
    loop.poll();
  }
  loop.run();
  EXPECT_TRUE(woken);
}

TEST(Cancel, RunsEachActionOnceAndAtOnceWhenLate) {
  CancelSource source;
  int ran = 0;
  const auto early = source.token().on_cancel([&] { ++ran; });
  source.cancel(why());
  source.cancel(make_error(Reason::deadline, "later"));
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(source.token().why().message, "no more");
  const auto late = source.token().on_cancel([&] { ++ran; });
  EXPECT_EQ(ran, 2);
}

TEST(Cancel, ARegistrationThatIsGoneRunsNothing) {
  CancelSource source;
  int ran = 0;
  {
    const auto gone = source.token().on_cancel([&] { ran += 1; });
    CancelRegistration moved = source.token().on_cancel([&] { ran += 10; });
    moved = source.token().on_cancel([&] { ran += 100; });
    CancelRegistration kept = std::move(moved);
    source.cancel(why());
    EXPECT_EQ(ran, 101);
  }
  EXPECT_EQ(ran, 101);
}

TEST(Cancel, AnActionMayDropARegistrationThatWasToRunAfterIt) {
  CancelSource source;
  std::vector<int> ran;
  std::optional<CancelRegistration> second;
  const auto first = source.token().on_cancel([&] {
    ran.push_back(1);
    second.reset();
  });
  // Its action reads what the first one destroyed: it must not run.
  second.emplace(source.token().on_cancel([&] { ran.push_back(2); }));
  const auto third = source.token().on_cancel([&] { ran.push_back(3); });
  source.cancel(why());
  EXPECT_THAT(ran, ::testing::ElementsAre(1, 3));
}

TEST(Cancel, AnActionMayDropItsOwnRegistrationAndTheSource) {
  auto source = std::make_unique<CancelSource>();
  const CancelToken token = source->token();
  std::optional<CancelRegistration> own;
  auto held = std::make_shared<int>(7);
  int seen = 0;
  own.emplace(token.on_cancel([&, held] {
    own.reset();
    source.reset();
    seen = *held;
  }));
  source->cancel(why());
  EXPECT_EQ(seen, 7);
  EXPECT_TRUE(token.cancelled());
}

TEST(Cancel, ActionsRunInTheOrderOfTheirRegistration) {
  CancelSource source;
  std::vector<int> ran;
  const auto note = [&](int number) {
    return source.token().on_cancel([&ran, number] { ran.push_back(number); });
  };
  auto first = note(1);
  const auto second = note(2);
  const auto third = note(3);
  first = CancelRegistration();
  const auto fourth = note(4);
  source.cancel(why());
  EXPECT_THAT(ran, ::testing::ElementsAre(2, 3, 4));
}

TEST(Cancel, AnActionMayRegisterMore) {
  CancelSource source;
  int ran = 0;
  std::optional<CancelRegistration> inner;
  const auto outer =
      source.token().on_cancel([&] { inner.emplace(source.token().on_cancel([&] { ++ran; })); });
  source.cancel(why());
  EXPECT_EQ(ran, 1);
}

TEST(Cancel, ARegistrationOutlivesItsSource) {
  CancelRegistration registration;
  {
    CancelSource source;
    registration = source.token().on_cancel([] { FAIL(); });
  }
  registration = CancelRegistration();
}

TEST(Cancel, FollowsItsParentAlsoWhenMovedOrLate) {
  CancelSource parent;
  CancelSource child;
  child.follow(parent.token());
  const CancelSource moved = std::move(child);
  const CancelToken token = moved.token();
  parent.cancel(why());
  EXPECT_TRUE(token.cancelled());
  EXPECT_EQ(token.why().message, "no more");
  CancelSource late;
  late.follow(parent.token());
  EXPECT_TRUE(late.cancelled());
}

TEST(Cancel, AnEmptyTokenNeverCancels) {
  const CancelToken token;
  EXPECT_FALSE(token.cancelled());
  const auto registration = token.on_cancel([] { FAIL(); });
}

}  // namespace
}  // namespace weft
