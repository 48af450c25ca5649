#include "weft/adapters/mcp/attempts.h"

#include <gtest/gtest.h>

#include "weft/base/testing/run.h"

namespace weft::adapters::mcp {
namespace {

class AttemptsTest : public ::testing::Test {
 protected:
  hub::CallContext context(Milliseconds patience = Milliseconds(15'000)) {
    return {loop.get_executor(), std::chrono::steady_clock::now() + patience, cancel.token()};
  }
  /// Begins to wait; `out` is set at the end.
  void wait(std::optional<Result<void>>& out, hub::CallContext with) {
    weft::testing::start(loop, weft::testing::keep(attempts.wait(std::move(with)), out));
    loop.poll();
  }
  void run() {
    loop.restart();
    loop.run();
  }

  boost::asio::io_context loop;
  CancelSource cancel;
  Attempts attempts;
};

TEST_F(AttemptsTest, OneAtATime) {
  auto turn = attempts.begin();
  ASSERT_TRUE(turn);
  EXPECT_FALSE(attempts.begin());
  turn.reset();
  EXPECT_TRUE(attempts.begin());
}

TEST_F(AttemptsTest, WhoWaitsGoesOnAtItsEnd) {
  std::optional<Result<void>> first;
  std::optional<Result<void>> second;
  auto turn = attempts.begin();
  wait(first, context());
  wait(second, context());
  EXPECT_FALSE(first);
  turn.reset();
  run();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(*first);
  EXPECT_TRUE(*second);
  std::optional<Result<void>> late;
  wait(late, context());
  run();
  EXPECT_TRUE(late && *late);
}

TEST_F(AttemptsTest, WhoWaitsFailsAlikeUnlessItIsTheOthersOwn) {
  std::optional<Result<void>> down;
  auto turn = attempts.begin();
  wait(down, context());
  turn->failed(make_error(Reason::unavailable, "no such program"));
  turn.reset();
  run();
  ASSERT_TRUE(down && !*down);
  EXPECT_EQ(down->error().message, "no such program");
  std::optional<Result<void>> looks_again;
  turn = attempts.begin();
  wait(looks_again, context());
  turn->failed(make_error(Reason::cancelled, "the caller left"));
  turn.reset();
  run();
  EXPECT_TRUE(looks_again && *looks_again);
}

TEST_F(AttemptsTest, WhoWaitsKeepsItsOwnDeadlineAndCancel) {
  std::optional<Result<void>> late;
  std::optional<Result<void>> left;
  const auto turn = attempts.begin();
  wait(late, context(Milliseconds(1)));
  run();
  ASSERT_TRUE(late && !*late);
  EXPECT_EQ(late->error().reason, Reason::deadline);
  loop.restart();
  wait(left, context());
  cancel.cancel(make_error(Reason::cancelled, "not wanted"));
  run();
  ASSERT_TRUE(left && !*left);
  EXPECT_EQ(left->error().reason, Reason::cancelled);
}

}  // namespace
}  // namespace weft::adapters::mcp
