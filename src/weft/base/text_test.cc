#include "weft/base/text.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Text, IsCutBetweenCharacters) {
  const std::string_view text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  constexpr std::size_t kWhole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t most = 0; most < std::size(kWhole); ++most)
    EXPECT_EQ(beginning_of(text, most), text.substr(0, kWhole[most])) << most;
}

TEST(Text, IsCountedInCharacters) {
  const std::string_view text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  constexpr std::size_t kBytes[] = {0, 1, 3, 6, 10, 10};
  for (std::size_t most = 0; most < std::size(kBytes); ++most)
    EXPECT_EQ(first_characters(text, most), text.substr(0, kBytes[most])) << most;
  EXPECT_EQ(first_characters("", 3), "");
}

TEST(Text, WhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(mended_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
            "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(mended_utf8("a\xff"
                        "b"),
            "a" + mark + "b");
  EXPECT_EQ(mended_utf8("\xe2\x82"), mark);
  EXPECT_EQ(mended_utf8("\xe2\x82"
                        "a"),
            mark + "a");
  EXPECT_EQ(mended_utf8("\xc0\xaf"), mark + mark);
  EXPECT_EQ(mended_utf8("\xed\xa0\x80"), mark + mark + mark);
  EXPECT_EQ(mended_utf8("\xf4\x90\x80\x80"), mark + mark + mark + mark);
}

}  // namespace
}  // namespace weft
