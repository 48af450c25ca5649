#include "weft/adapters/a2a/resent.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/adapters/a2a/limits.h"
#include "weft/base/task_group.h"
#include "weft/hub/testing.h"

namespace weft::adapters::a2a {
namespace {

constexpr std::string_view kId = "0b8c1f6e-7a3d-4a52";

Sending sending(std::string principal = "ada", std::size_t content = 7) {
  return {std::move(principal), "shop", std::string(kId), content};
}

LedTo answer(std::string text) {
  Message message;
  message.parts.push_back(model::Part::text(std::move(text)));
  return {TaskId(), std::move(message)};
}

class ResentTest : public ::testing::Test {
 protected:
  Result<Resent::Place> place(Sending one) {
    return hub::testing::run_on<Result<Resent::Place>>(loop_, [&] {
      Sending copy = one;
      return resent_.place(std::move(copy), loop_.get_executor(), CancelToken());
    });
  }
  std::unique_ptr<Resent::First> first(Sending one) {
    auto found = place(std::move(one));
    EXPECT_TRUE(found && found->first && !found->led_to);
    return std::move(found->first);
  }
  /// What the message led to; empty for none.
  std::string known(Sending one) {
    const auto found = place(std::move(one));
    if (!found || !found->led_to) return "";
    if (!found->led_to->answer) return found->led_to->task.str();
    return model::joined_text(found->led_to->answer->parts, false);
  }

  boost::asio::io_context loop_;
  hub::testing::FakeClock clock_;
  Resent resent_{clock_};
};

TEST_F(ResentTest, TheSameAgainGetsWhatItLedTo) {
  first(sending())->led_to({TaskId("t1"), std::nullopt});
  EXPECT_EQ(known(sending()), "t1");
  EXPECT_EQ(known(sending()), "t1");
}

TEST_F(ResentTest, AnothersMessageOrAnotherOfThatIdIsNew) {
  first(sending())->led_to({TaskId("t1"), std::nullopt});
  first(sending("bob"))->led_to({TaskId("t2"), std::nullopt});
  Sending elsewhere = sending();
  elsewhere.solution = "bank";
  first(elsewhere)->led_to({TaskId("t3"), std::nullopt});
  EXPECT_EQ(known(sending()), "t1");
  first(sending("ada", 8))->led_to({TaskId("t4"), std::nullopt});
  EXPECT_EQ(known(sending("ada", 8)), "t4");
}

TEST_F(ResentTest, WhatLedToNothingIsSentAnew) {
  (void)first(sending());
  first(sending())->led_to(answer("done"));
  EXPECT_EQ(known(sending()), "done");
  resent_.anew(sending())->led_to(answer("again"));
  EXPECT_EQ(known(sending()), "again");
}

TEST_F(ResentTest, AnAnswerIsForgottenAfterAWhile) {
  auto begun = first(sending());
  clock_.now_ms += 10 * kResentMs;
  begun->led_to(answer("done"));
  clock_.now_ms += kResentMs;
  EXPECT_EQ(known(sending()), "done");
  clock_.now_ms += 1;
  EXPECT_EQ(known(sending()), "");
}

TEST_F(ResentTest, TheOldestAreForgottenWhenThereAreTooMany) {
  const std::string large(kResentAnswerBytesMax, 'x');
  for (std::size_t i = 0; i < kResentBytesMax / kResentAnswerBytesMax; ++i)
    first(sending(std::format("q{}", i)))->led_to(answer(large));
  EXPECT_EQ(known(sending("q0")), large);
  first(sending("small"))->led_to(answer("y"));
  EXPECT_EQ(known(sending("q0")), "");
  EXPECT_EQ(known(sending("q1")), large);
  EXPECT_EQ(known(sending("small")), "y");
  first(sending("huge"))->led_to(answer(large + "x"));
  EXPECT_EQ(known(sending("huge")), "");
  EXPECT_EQ(known(sending("small")), "y");
}

TEST_F(ResentTest, NoMoreThanTheLimitAreKept) {
  for (std::size_t i = 0; i <= kResentMax; ++i)
    first(sending(std::format("p{}", i)))->led_to({TaskId(std::format("t{}", i)), std::nullopt});
  EXPECT_EQ(known(sending("p1")), "t1");
  EXPECT_EQ(known(sending("p0")), "");
}

/// One that waits, and what it came to.
struct Waiting {
  std::optional<Result<Resent::Place>> found;
};

Awaitable<> wait(Resent& resent, Sending one, Executor executor, CancelToken cancel, Waiting& out) {
  out.found = co_await resent.place(std::move(one), executor, std::move(cancel));
}

TEST_F(ResentTest, WhoComesWhileItRunsWaits) {
  auto begun = first(sending());
  Waiting waiting;
  TaskGroup group(loop_.get_executor());
  group.spawn(wait(resent_, sending(), loop_.get_executor(), CancelToken(), waiting));
  loop_.restart();
  loop_.poll();
  EXPECT_FALSE(waiting.found);
  // Too large to be kept, and told all the same to who waited.
  begun->led_to(answer(std::string(kResentAnswerBytesMax + 1, 'x')));
  hub::testing::run(loop_, [&] { return group.join(); });
  ASSERT_TRUE(waiting.found && *waiting.found && (*waiting.found)->led_to);
}

TEST_F(ResentTest, WhoWaitsForNothingIsTheNextFirst) {
  auto begun = first(sending());
  Waiting waiting;
  TaskGroup group(loop_.get_executor());
  group.spawn(wait(resent_, sending(), loop_.get_executor(), CancelToken(), waiting));
  loop_.restart();
  loop_.poll();
  begun.reset();
  hub::testing::run(loop_, [&] { return group.join(); });
  ASSERT_TRUE(waiting.found && *waiting.found);
  EXPECT_TRUE((*waiting.found)->first);
}

TEST_F(ResentTest, AWaitEndsWithItsCaller) {
  const auto begun = first(sending());
  Waiting waiting;
  CancelSource gone;
  TaskGroup group(loop_.get_executor());
  group.spawn(wait(resent_, sending(), loop_.get_executor(), gone.token(), waiting));
  loop_.restart();
  loop_.poll();
  gone.cancel(make_error(Reason::cancelled, "gone"));
  hub::testing::run(loop_, [&] { return group.join(); });
  ASSERT_TRUE(waiting.found);
  EXPECT_FALSE(*waiting.found);
}

}  // namespace
}  // namespace weft::adapters::a2a
