#include "weft/wire/half_float.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace weft::wire {
namespace {

// IEEE 754-2008, table 3.5 and the usual examples of binary16.
TEST(HalfFloat, KnownValues) {
  EXPECT_EQ(float_of_fp16(0x3c00), 1.0F);
  EXPECT_EQ(float_of_fp16(0xc000), -2.0F);
  EXPECT_EQ(float_of_fp16(0x7bff), 65504.0F);
  EXPECT_EQ(float_of_fp16(0x0400), 6.103515625e-05F);
  EXPECT_EQ(float_of_fp16(0x0001), 5.9604644775390625e-08F);
  EXPECT_EQ(float_of_fp16(0x3555), 0.333251953125F);
  EXPECT_EQ(float_of_fp16(0x7c00), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(float_of_fp16(0x7e00)));
  EXPECT_TRUE(std::signbit(float_of_fp16(0x8000)));
  EXPECT_EQ(float_of_bf16(0x3f80), 1.0F);
  EXPECT_EQ(float_of_bf16(0xc228), -42.0F);
}

TEST(HalfFloat, EveryHalfIsItselfAgain) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float wide = float_of_fp16(half);
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(float_of_fp16(fp16_of_float(wide))));
    } else {
      ASSERT_EQ(fp16_of_float(wide), half) << bits;
    }
    const float brain = float_of_bf16(half);
    if (std::isnan(brain)) {
      EXPECT_TRUE(std::isnan(float_of_bf16(bf16_of_float(brain))));
    } else {
      ASSERT_EQ(bf16_of_float(brain), half) << bits;
    }
  }
}

/// The middle of two neighbours goes to the even one, what is past it to the other.
TEST(HalfFloat, RoundsToTheNearest) {
  for (std::uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const auto low = static_cast<std::uint16_t>(bits);
    const auto high = static_cast<std::uint16_t>(bits + 1);
    const float middle = (float_of_fp16(low) + float_of_fp16(high)) / 2;
    ASSERT_EQ(fp16_of_float(middle), bits % 2 == 0 ? low : high) << bits;
    ASSERT_EQ(fp16_of_float(std::nextafter(middle, 0.0F)), low) << bits;
    ASSERT_EQ(fp16_of_float(std::nextafter(middle, 1e9F)), high) << bits;
  }
  EXPECT_EQ(fp16_of_float(65519.99F), 0x7bff);
  EXPECT_EQ(fp16_of_float(65520.0F), 0x7c00);
  EXPECT_EQ(fp16_of_float(-1e30F), 0xfc00);
  EXPECT_EQ(fp16_of_float(1e-9F), 0);
  EXPECT_EQ(bf16_of_float(std::bit_cast<float>(0x3f808000U)), 0x3f80);
  EXPECT_EQ(bf16_of_float(std::bit_cast<float>(0x3f818000U)), 0x3f82);
}

}  // namespace
}  // namespace weft::wire
