#include "weft/base/timers.h"

#include <gmock/gmock.h>
#include <boost/asio/io_context.hpp>

#include <vector>

#include "weft/base/testing/run.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

TEST(Timers, RunInTheOrderOfTheirTimes) {
  boost::asio::io_context loop;
  std::vector<int> seen;
  const Timer late = run_after(loop.get_executor(), Milliseconds(30), [&] { seen.push_back(2); });
  const Timer soon = run_after(loop.get_executor(), Milliseconds(10), [&] { seen.push_back(1); });
  loop.run();
  EXPECT_THAT(seen, ElementsAre(1, 2));
}

TEST(Timers, NeverRunEarly) {
  boost::asio::io_context loop;
  for (int i = 0; i < 20; ++i) {
    const auto when = std::chrono::steady_clock::now() + std::chrono::microseconds(i * 777);
    bool ran = false;
    const Timer timer = run_at(loop.get_executor(), when, [&] {
      ran = true;
      EXPECT_GE(std::chrono::steady_clock::now(), when);
    });
    loop.restart();
    loop.run();
    EXPECT_TRUE(ran);
  }
}

TEST(Timers, ADroppedTimerDropsItsAction) {
  boost::asio::io_context loop;
  auto held = std::make_shared<int>(1);
  bool ran = false;
  {
    const Timer timer =
        run_after(loop.get_executor(), Milliseconds(1), [held, &ran] { ran = true; });
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  loop.run();
  EXPECT_FALSE(ran);
}

TEST(Timers, AnActionMayDropItselfAndOthersAndSetMore) {
  boost::asio::io_context loop;
  std::vector<int> seen;
  Timer self, other, more;
  other = run_after(loop.get_executor(), Milliseconds(1), [&] { seen.push_back(9); });
  self = run_after(loop.get_executor(), Milliseconds(1), [&] {
    seen.push_back(1);
    other.cancel();
    self.cancel();
    more = run_at(loop.get_executor(), SteadyTime(), [&] { seen.push_back(2); });
  });
  loop.run();
  // Of two in one tick either may go first.
  EXPECT_EQ(seen.back(), 2);
  EXPECT_EQ(std::ranges::count(seen, 1), 1);
}

TEST(Timers, AnEarlierTimerMovesTheAlarm) {
  boost::asio::io_context loop;
  const auto start = std::chrono::steady_clock::now();
  Timer far = run_after(loop.get_executor(), std::chrono::minutes(10), [] {});
  const Timer near = run_after(loop.get_executor(), Milliseconds(5), [&] { far.cancel(); });
  loop.run_for(std::chrono::seconds(20));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Timers, ALoopWhoseTimersWereAllDroppedHasNoWork) {
  boost::asio::io_context loop;
  for (int i = 0; i < 1000; ++i) {
    Timer timer = run_after(loop.get_executor(), std::chrono::hours(i + 1), [] { FAIL(); });
    Timer moved = std::move(timer);
    timer = std::move(moved);
  }
  const auto start = std::chrono::steady_clock::now();
  loop.run_for(std::chrono::seconds(20));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Timers, OutliveTheirLoop) {
  Timer timer;
  auto held = std::make_shared<Timer>();
  {
    boost::asio::io_context loop;
    timer = run_after(loop.get_executor(), Milliseconds(1), [held] {});
    *held = run_after(loop.get_executor(), Milliseconds(2), [] {});
  }
  EXPECT_EQ(held.use_count(), 1);
  timer.cancel();
}

TEST(Timers, SleepEndsAtItsTimeOrWhenCancelled) {
  boost::asio::io_context loop;
  CancelSource source;
  std::vector<bool> slept;
  const auto sleeper = [](Milliseconds delay, CancelToken cancel,
                          std::vector<bool>& out) -> Awaitable<> {
    out.push_back(co_await sleep_for(delay, cancel));
  };
  weft::testing::start(loop, sleeper(Milliseconds(1), source.token(), slept));
  loop.run();
  loop.restart();
  weft::testing::start(loop, sleeper(std::chrono::hours(1), source.token(), slept));
  const Timer stop = run_after(loop.get_executor(), Milliseconds(5),
                               [&] { source.cancel(make_error(Reason::cancelled, "no more")); });
  loop.run();
  EXPECT_THAT(slept, ElementsAre(true, false));
}

}  // namespace
}  // namespace weft
