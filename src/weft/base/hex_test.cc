#include "weft/base/hex.h"

#include <gtest/gtest.h>

#include <array>

namespace weft {
namespace {

TEST(Hex, TwoDigitsAByte) {
  EXPECT_EQ(hex(std::array<std::uint8_t, 4>{0x00, 0xff, 0x1a, 0x0b}), "00ff1a0b");
  EXPECT_EQ(hex({}), "");
}

}  // namespace
}  // namespace weft
