#include "weft/base/log.h"

#include <gtest/gtest.h>

namespace weft::log {
namespace {

TEST(Log, WritesFromItsLevelOn) {
  set_level(Level::warn);
  EXPECT_FALSE(enabled(Level::info));
  ::testing::internal::CaptureStderr();
  info("not {}", 1);
  warn("yes {}", 2);
  const std::string text = ::testing::internal::GetCapturedStderr();
  set_level(Level::info);
  EXPECT_EQ(text.find("not 1"), std::string::npos);
  EXPECT_NE(text.find("yes 2"), std::string::npos);
}

TEST(Log, AnEventIsOneLine) {
  ::testing::internal::CaptureStderr();
  warn("a {}", "forged\n2026-01-01 error line\r\x1b[31m");
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
  EXPECT_EQ(text.find("\x1b[31m"), std::string::npos) << text;
}

}  // namespace
}  // namespace weft::log
