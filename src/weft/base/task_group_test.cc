#include "weft/base/task_group.h"

#include <gtest/gtest.h>

#include <vector>

#include "weft/base/timers.h"

#include "weft/base/testing/run.h"

namespace weft {
namespace {

Awaitable<> until_cancelled(CancelToken cancel, int& ended) {
  co_await sleep_for(std::chrono::hours(1), cancel);
  ++ended;
}

Awaitable<> spawn_on_cancel(TaskGroup& group, int& ended) {
  co_await sleep_for(std::chrono::hours(1), group.token());
  group.spawn(until_cancelled(group.token(), ended));
}

Awaitable<> join(TaskGroup& group, bool& joined) {
  co_await group.join();
  joined = true;
}

TEST(TaskGroup, JoinWaitsForAll) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  int ended = 0;
  bool joined = false;
  for (int i = 0; i < 3; ++i) group.spawn(until_cancelled(group.token(), ended));
  group.spawn(spawn_on_cancel(group, ended));
  EXPECT_EQ(group.size(), 4u);
  loop.poll();
  EXPECT_EQ(ended, 0);
  weft::testing::start(loop, join(group, joined));
  loop.run();
  EXPECT_TRUE(joined);
  EXPECT_EQ(ended, 4);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, JoinOfAnEmptyGroupReturnsAtOnce) {
  boost::asio::io_context loop;
  TaskGroup group(loop.get_executor());
  bool joined = false;
  weft::testing::start(loop, join(group, joined));
  loop.run();
  EXPECT_TRUE(joined);
}

Awaitable<> throws() {
  (void)std::vector<int>().at(1);
  co_return;
}

TEST(TaskGroupDeathTest, AnEscapedExceptionEndsTheProcess) {
  EXPECT_DEATH(
      {
        boost::asio::io_context loop;
        TaskGroup group(loop.get_executor());
        group.spawn(throws());
        loop.run();
      },
      "an exception left a coroutine: vector");
}

}  // namespace
}  // namespace weft
