#include "weft/app/curve.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weft::app {
namespace {

TEST(Curves, FallFromTheTopLeftToTheBottomRight) {
  const std::vector<double> values{3, 2, 1, 0};
  EXPECT_EQ(curve_of(values, 2, 1), (std::vector<std::string>{"        3 ⠑⢄"}));
  const auto rows = curve_of(values, 2, 2);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], "        3 ⠡⠀");
  EXPECT_EQ(rows[1], "        0 ⠀⢂");
}

TEST(Curves, AFlatOneIsALineInTheMiddle) {
  EXPECT_EQ(curve_of(std::vector<double>{1, 1}, 2, 1), (std::vector<std::string>{"        1 ⠤⠤"}));
}

TEST(Curves, WhatIsNoNumberIsLeftOut) {
  EXPECT_TRUE(curve_of({}).empty());
  EXPECT_TRUE(
      curve_of(std::vector<double>{std::nan(""), std::numeric_limits<double>::infinity()}).empty());
  EXPECT_EQ(curve_of(std::vector<double>{std::nan(""), 3, 2, 1, 0}, 2, 1),
            curve_of(std::vector<double>{3, 2, 1, 0}, 2, 1));
}

TEST(Curves, ManyPointsAreThinnedOut) {
  std::vector<double> values;
  for (int i = 0; i < 10'000; ++i) values.push_back(i);
  const auto rows = curve_of(values);
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_LT(rows[0].size(), 10U + 60U * 3 + 1);
}

}  // namespace
}  // namespace weft::app
