#include "weft/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace weft {
namespace {

Result<std::unique_ptr<int>> make(bool good) {
  if (!good) return fail(Reason::unavailable, "not now");
  return std::make_unique<int>(7);
}

Result<int> through(bool good) {
  WEFT_TRY(const auto made, make(good));
  return *made;
}

Result<void> check(bool good) {
  WEFT_CHECK(make(good));
  return {};
}

TEST(Result, TryCarriesValuesAndErrors) {
  EXPECT_EQ(through(true), 7);
  EXPECT_EQ(through(false).error().message, "not now");
  EXPECT_TRUE(check(true));
  EXPECT_EQ(check(false).error().reason, Reason::unavailable);
}

TEST(Result, EveryReasonHasAWordThatLeadsBack) {
  for (int i = 0; i <= static_cast<int>(Reason::internal); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_EQ(reason_from(to_string(reason)), reason);
    EXPECT_EQ(make_error(reason, "x").code, code_of(reason));
  }
  EXPECT_EQ(reason_from("nonsense"), std::nullopt);
  EXPECT_EQ(to_string(Code::unauthenticated), "unauthenticated");
}

TEST(Result, ErrorsSayWhetherARetryCanHelp) {
  EXPECT_TRUE(make_error(Reason::unavailable, "").retryable);
  EXPECT_FALSE(make_error(Reason::invalid_argument, "").retryable);
  EXPECT_EQ(make_argument_error("/a", "x").param, "/a");
}

TEST(ResultDeathTest, AssertionsNameThePlace) {
  EXPECT_DEATH(WEFT_ASSERT(1 == 2), "this is a bug: 1 == 2 is false at .*result_test.cc");
}

}  // namespace
}  // namespace weft
