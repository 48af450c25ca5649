#include "weft/base/work_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "weft/base/testing/run.h"

namespace weft {
namespace {

Awaitable<> count(WorkPool& pool, std::atomic<int>& done, std::thread::id loop) {
  const auto got = co_await pool.run<std::thread::id>(
      []() -> Result<std::thread::id> { return std::this_thread::get_id(); });
  EXPECT_TRUE(got.has_value());
  EXPECT_NE(got.value_or(loop), loop);
  EXPECT_EQ(std::this_thread::get_id(), loop);
  ++done;
}

TEST(WorkPool, RunsElsewhereAndAnswersHere) {
  boost::asio::io_context loop;
  WorkPool pool(2, 64);
  std::atomic<int> done = 0;
  for (int i = 0; i < 50; ++i) testing::start(loop, count(pool, done, std::this_thread::get_id()));
  loop.run();
  EXPECT_EQ(done, 50);
}

TEST(WorkPool, MoreThanCanWaitIsRefused) {
  std::atomic<bool> go = false;
  std::atomic<int> fine = 0;
  std::atomic<int> refused = 0;
  {
    boost::asio::io_context loop;
    WorkPool pool(1, 2);
    const auto ask = [&]() -> Awaitable<> {
      const auto got = co_await pool.run<int>([&]() -> Result<int> {
        go.wait(false);
        return 1;
      });
      ++(got ? fine : refused);
      EXPECT_TRUE(got || got.error().reason == Reason::rate_limited);
      // The first that is refused lets the others through.
      go = true;
      go.notify_all();
    };
    for (int i = 0; i < 20; ++i) testing::start(loop, ask());
    loop.run();
  }
  EXPECT_EQ(fine + refused, 20);
  EXPECT_GE(fine, 2);
  EXPECT_GE(refused, 1);
}

TEST(WorkPool, ErrorsComeBack) {
  WorkPool pool(1, 4);
  const auto got = testing::run(
      pool.run<int>([]() -> Result<int> { return fail(Reason::too_large, "too much"); }));
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().message, "too much");
}

}  // namespace
}  // namespace weft
