#include "weft/base/json.h"

#include <gtest/gtest.h>

#include "weft/base/limits.h"

namespace weft::json {
namespace {

TEST(Json, ReadsOneWholeDocument) {
  EXPECT_EQ(parse(R"( {"a": [1, 2.5, "x"]} )").value(), (object{{"a", array{1, 2.5, "x"}}}));
  EXPECT_FALSE(parse(""));
  EXPECT_FALSE(parse("{"));
  EXPECT_FALSE(parse("[1] 2"));
  EXPECT_FALSE(parse("[1,]"));
  EXPECT_FALSE(parse("'a'"));
  EXPECT_FALSE(parse("\"\xff\""));
  EXPECT_FALSE(parse("\"\\ud800\"")) << "half a surrogate pair";
  EXPECT_FALSE(parse("NaN"));
}

TEST(Json, ErrorsSayWhere) {
  EXPECT_NE(parse("[1, x]").error().message.find("byte 4"), std::string::npos)
      << parse("[1, x]").error().message;
}

TEST(Json, KeepsToItsLimits) {
  const std::string fits = std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']');
  EXPECT_TRUE(parse(fits));
  EXPECT_FALSE(parse("[" + fits + "]"));
  EXPECT_FALSE(parse(std::string(100'000, '[')));
  EXPECT_EQ(parse("[1, 2]", 5).error().reason, Reason::too_large);
  EXPECT_FALSE(parse(std::string(1'000'000, '9')));
  EXPECT_FALSE(parse("[0." + std::string(kJsonNumberCharsMax + 1, '1') + "]"));
}

// A value takes a dozen times the two bytes that it is written in.
TEST(Json, MoreValuesThanFitAreRefusedBeforeTheyCost) {
  const auto repeated = [](std::string_view piece, std::size_t times) {
    std::string text = "[";
    for (std::size_t i = 0; i < times; ++i) text += piece;
    return text + "0]";
  };
  EXPECT_TRUE(parse(repeated("0,", kJsonValuesMax - 1)));
  for (const std::string_view piece : {"0,", "[],", "{},", "[[]],"}) {
    const auto refused = parse(repeated(piece, kJsonValuesMax + 1));
    ASSERT_FALSE(refused) << piece;
    EXPECT_EQ(refused.error().reason, Reason::too_large) << piece;
  }
  EXPECT_TRUE(parse("[\"" + std::string(3 * kJsonValuesMax, ',') + "\"]"));
}

TEST(Json, ATextOfDigitsIsNoNumber) {
  const std::string digits(5'000, '7');
  EXPECT_EQ(parse("[\"" + digits + "\"]").value(), array{digits});
  EXPECT_EQ(parse("{\"a\\\"" + digits + "\": 1}").value(), (object{{"a\"" + digits, 1}}));
  EXPECT_FALSE(parse("[\"a\\\\\", " + digits + "]"));
}

TEST(Json, NumbersComeBackAsTheyWere) {
  for (const char* text :
       {"0.1", "5e-324", "1.7976931348623157e308", "9007199254740993", "18446744073709551615",
        "-9223372036854775808", "0.30000000000000004", "123456789.123456789", "6.62607015e-34",
        "2.2250738585072011e-308", "9.007199254740993e15"}) {
    const value v = parse(text).value();
    EXPECT_EQ(parse(write(v)).value(), v) << text;
    EXPECT_EQ(v.to_number<double>(), std::strtod(text, nullptr)) << text;
  }
}

TEST(Json, ADoubleIsItsShortestDigits) {
  for (const auto& [number, text] : std::map<double, std::string_view>{
           {48967.31, "48967.31"}, {5.0, "5.0"}, {-0.0, "-0.0"}, {1e21, "1e+21"}, {0.1, "0.1"}}) {
    EXPECT_EQ(write(value(number)), text);
  }
  EXPECT_EQ(write(value(std::numeric_limits<double>::infinity())), "null");
}

TEST(Json, WritesEveryByteOfAString) {
  std::string text = "plain, 早上好";
  for (char c = 1; c < 0x20; ++c) text += c;
  text += "\"\\/";
  text += '\0';
  EXPECT_EQ(write(value(text)), boost::json::serialize(value(text)));
  EXPECT_EQ(parse(write(value(text))).value(), value(text));
}

TEST(Json, WritesWhateverStandsWhereverItStands) {
  for (const std::string_view special : {"\"", "\\", "\n", "\x01", "\x1f", "\x7f", "é"}) {
    for (std::size_t size = 0; size < 150; size += size < 40 ? 1 : 7) {
      for (std::size_t at = 0; at <= size; ++at) {
        std::string text(size, ' ');
        text.insert(at, special);
        text += size % 3 == 0 ? special : "";
        ASSERT_EQ(write(value(text)), boost::json::serialize(value(text))) << size << ' ' << at;
      }
    }
  }
}

TEST(Json, WhatIsWrittenIsUtf8) {
  EXPECT_EQ(write(value("0123456789abcdef0123456789 caf\xc3")),
            "\"0123456789abcdef0123456789 caf\xEF\xBF\xBD\"");
  EXPECT_EQ(write(value("\xff\"")), "\"\xEF\xBF\xBD\\\"\"");
  EXPECT_EQ(write(value("\xe4\xb8\x8a\xe6\xb5\xb7")), "\"\xe4\xb8\x8a\xe6\xb5\xb7\"");
}

TEST(Json, NoNumberIsInfinite) {
  for (const std::string& text :
       {std::string("1e400"), std::string("[{\"a\":-1e999}]"), std::string(400, '9')}) {
    EXPECT_FALSE(parse(text)) << text;
  }
  EXPECT_TRUE(parse("1e308"));
}

TEST(Json, DuplicateKeysAreOne) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += "\"a\":1,";
  text += "\"a\":2}";
  EXPECT_EQ(parse(text).value(), (object{{"a", 2}}));
}

TEST(Json, MembersAreCountedOutsideOfTexts) {
  std::string many = "[{}";
  for (std::size_t i = 0; i <= kJsonMembersMax; ++i) many += ",{\"a\":1}";
  EXPECT_EQ(parse(many + "]").error().reason, Reason::too_large);
  const std::string colons(kJsonMembersMax + 10, ':');
  EXPECT_TRUE(parse("{\"a\":\"" + colons + "\"}"));
}

TEST(Json, GetsMembersByType) {
  const object o{{"s", "x"},  {"n", 1.5},      {"i", 7},      {"f", 2.0},
                 {"b", true}, {"o", object{}}, {"a", array{}}};
  EXPECT_EQ(string_at(o, "s"), "x");
  EXPECT_EQ(string_at(o, "i"), "");
  EXPECT_EQ(int_at(o, "i"), 7);
  EXPECT_EQ(int_at(o, "f"), 2);
  EXPECT_EQ(int_at(o, "n"), std::nullopt);
  EXPECT_EQ(number_at(o, "i"), 7.0);
  EXPECT_EQ(bool_at(o, "b"), true);
  EXPECT_EQ(bool_at(o, "i"), std::nullopt);
  EXPECT_TRUE(object_at(o, "o"));
  EXPECT_FALSE(object_at(o, "a"));
  EXPECT_TRUE(array_at(o, "a"));
  EXPECT_FALSE(find(value(5), "x"));
}

TEST(Json, FollowsPointers) {
  const value v = parse(R"({"a/b": [{"~": 1}]})").value();
  EXPECT_EQ(*at_pointer(v, "/" + escape_pointer("a/b") + "/0/" + escape_pointer("~")), 1);
  EXPECT_EQ(at_pointer(v, "/x"), nullptr);
  EXPECT_EQ(at_pointer(v, "x"), nullptr);
  EXPECT_EQ(*at_pointer(v, ""), v);
}

TEST(Json, WritesForPeople) {
  EXPECT_EQ(write_pretty(parse(R"({"a":[1,{}],"b":[]})").value()),
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

TEST(Json, ParseObjectNamesWhatIsWrong) {
  EXPECT_EQ(parse_object("[1]", "the body").error().message,
            "the body must be a JSON object, not array");
}

}  // namespace
}  // namespace weft::json
