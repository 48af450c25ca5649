#include "weft/base/json_compare.h"

#include <gtest/gtest.h>

namespace weft::json {
namespace {

value of(std::string_view text) { return parse(text).value(); }

TEST(JsonCompare, NumbersAreEqualByWorth) {
  EXPECT_TRUE(equal(of("1"), of("1.0")));
  EXPECT_EQ(hash_of(of("1")), hash_of(of("1.0")));
  EXPECT_TRUE(equal(of("0"), of("-0.0")));
  EXPECT_EQ(hash_of(of("0")), hash_of(of("-0.0")));
  EXPECT_FALSE(equal(of("9007199254740993"), of("9007199254740992")));
  EXPECT_FALSE(equal(of("18446744073709551615"), of("-1")));
  EXPECT_FALSE(equal(of("1"), of("true")));
}

TEST(JsonCompare, ObjectsAreEqualInAnyOrder) {
  EXPECT_TRUE(equal(of(R"({"a":1,"b":[{"c":2.0}]})"), of(R"({"b":[{"c":2}],"a":1})")));
  EXPECT_EQ(hash_of(of(R"({"a":1,"b":2})")), hash_of(of(R"({"b":2,"a":1})")));
  EXPECT_FALSE(equal(of("[1,2]"), of("[2,1]")));
}

TEST(JsonCompare, MultiplesAreDecimal) {
  EXPECT_TRUE(is_multiple(of("0.3"), of("0.1")));
  EXPECT_TRUE(is_multiple(of("0.0075"), of("0.0001")));
  EXPECT_FALSE(is_multiple(of("0.00751"), of("0.0001")));
  EXPECT_TRUE(is_multiple(of("12391239123"), of("1e-8")));
  EXPECT_FALSE(is_multiple(of("1e308"), of("0.123456789")));
  EXPECT_TRUE(is_multiple(of("1e308"), of("0.5")));
  EXPECT_TRUE(is_multiple(of("-9223372036854775808"), of("2")));
  EXPECT_TRUE(is_multiple(of("0"), of("1e300")));
  EXPECT_FALSE(is_multiple(of("5"), of("1e300")));
}

TEST(JsonCompare, KnowsIntegers) {
  EXPECT_TRUE(is_integer(of("1.0")));
  EXPECT_TRUE(is_integer(of("1e300")));
  EXPECT_FALSE(is_integer(of("1.5")));
  EXPECT_FALSE(is_integer(of("\"1\"")));
}

}  // namespace
}  // namespace weft::json
