#include "weft/base/clock.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Clock, WritesRfc3339) {
  EXPECT_EQ(to_rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(1'795'424'400'007), "2026-11-23T09:00:00.007Z");
  EXPECT_EQ(to_rfc3339(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, TheSystemsClockGoesForward) {
  const SystemClock clock;
  EXPECT_GT(clock.unix_ms(), 1'700'000'000'000);
  const auto before = clock.steady();
  EXPECT_GE(clock.steady(), before);
}

}  // namespace
}  // namespace weft
