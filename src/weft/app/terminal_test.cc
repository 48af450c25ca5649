#include "weft/app/terminal.h"

#include <gtest/gtest.h>

namespace weft::app {
namespace {

TEST(Printable, WhatSteersATerminalIsShownAsAnEscape) {
  EXPECT_EQ(printable("\033[2J"), "\\u001b[2J");
  EXPECT_EQ(printable("a\u009b2Jb"), "a\\u009b2Jb");
  EXPECT_EQ(printable("a\x9b"), "a\\u009b") << "a byte that is no UTF-8";
  EXPECT_EQ(printable("pay\u202e001"), "pay\\u202e001");
  EXPECT_EQ(printable("\u2066x\u2069\u200f\u061c"), "\\u2066x\\u2069\\u200f\\u061c");
  EXPECT_EQ(printable("a\rb\x7f"), "a\\u000db\\u007f");
  EXPECT_EQ(printable("a\xff"), "a\\u00ff");
}

TEST(Printable, WritingStaysAsItIs) {
  for (const std::string_view text : {"one\n\ttwo", "早上好 世界", "naïve — “quoted”",
                                      "10\u00a0000", "❤\ufe0f", "👩\u200d🔧", "می\u200cخواهم"}) {
    EXPECT_EQ(printable(text), text);
  }
  EXPECT_EQ(printable("one\r\ntwo\r\n"), "one\ntwo\n");
}

TEST(Columns, AreCountedAsATerminalDoes) {
  EXPECT_EQ(columns("abc"), 3U);
  EXPECT_EQ(columns("é—…"), 3U);
  EXPECT_EQ(columns("e\u0301"), 1U);
  EXPECT_EQ(columns("早上好"), 6U);
  EXPECT_EQ(columns("🔧"), 2U);
  EXPECT_EQ(characters("早a好"), 3U);
  EXPECT_EQ(blank_like("\ta早"), "\t   ");
}

TEST(Wrapped, BreaksBetweenWords) {
  EXPECT_EQ(wrapped("one two three", 2, 7), "one two\n  three");
  EXPECT_EQ(wrapped("averylongword x", 0, 4), "averylongword\nx");
  EXPECT_EQ(wrapped("", 2, 7), "");
}

}  // namespace
}  // namespace weft::app
