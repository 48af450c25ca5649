#include "weft/adapters/admin/body.h"

#include <gtest/gtest.h>

namespace weft::adapters::admin {
namespace {

json::object body_of(std::string_view text) { return json::parse_object(text, "it").value(); }

TEST(Body, AKeyThatIsLimitedIsNeverReadAsOneForAll) {
  EXPECT_TRUE(read_key(body_of(R"({"name":"a"})")).value().solutions.empty());
  EXPECT_TRUE(read_key(body_of(R"({"name":"a","solutions":null})")).value().solutions.empty());
  EXPECT_EQ(read_key(body_of(R"({"name":"a","solutions":["bank"]})")).value().solutions.size(), 1U);
  for (const char* text : {R"({"name":"a","solutions":"bank"})", R"({"name":"a","solutions":[1]})",
                           R"({"name":"a","solutions":{"bank":true}})"}) {
    const auto read = read_key(body_of(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().param, "/solutions");
  }
}

TEST(Body, WhatWouldBeLeftOutIsRefused) {
  const auto key = read_key(body_of(R"({"name":"a","solution":["bank"]})"));
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().param, "/solution");
  EXPECT_EQ(key.error().message,
            "`solution` is not known here; what is: `name`, `admin`, `solutions`");
  const auto join = read_join(body_of(R"({"url":"http://a/","timeout":5})"));
  ASSERT_FALSE(join);
  EXPECT_EQ(join.error().param, "/timeout");
}

TEST(Body, WhatIsOfAnotherKindIsRefused) {
  for (const auto& [text, place] : std::vector<std::pair<const char*, const char*>>{
           {R"({"url":5})", "/url"},
           {R"({"url":"http://a/","bearer":5})", "/bearer"},
           {R"({"url":"http://a/","details":{}})", "/details"},
           {R"({"url":"mqtt://a","details":[]})", "/details"},
           {R"({"url":"http://a/","headers":["X-Key: a"]})", "/headers"},
           {R"({"url":"http://a/","environment":"a=b"})", "/environment"},
           {R"({"command":"npx"})", "/command"},
           {R"({"url":"http://a/","timeout_ms":"500"})", "/timeout_ms"}}) {
    const auto read = read_join(body_of(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().param, place) << text;
  }
  EXPECT_FALSE(read_key(body_of(R"({"name":"a","admin":"no"})")));
  EXPECT_TRUE(read_join(body_of(R"({"url":"http://a/","bearer":null,"timeout_ms":null})")));
}

TEST(Body, ANameIsNotLongerThanAKeyMayHave) {
  EXPECT_TRUE(read_key(json::object{{"name", std::string(64, 'a')}}));
  EXPECT_FALSE(read_key(json::object{{"name", std::string(65, 'a')}}));
}

TEST(Body, ATimeoutIsOneThatAClockCanCount) {
  EXPECT_TRUE(read_join(body_of(R"({"url":"http://a/","timeout_ms":500})")));
  for (const char* text : {R"({"url":"http://a/","timeout_ms":-1})",
                           R"({"url":"http://a/","timeout_ms":9223372036854775807})"}) {
    const auto read = read_join(body_of(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().param, "/timeout_ms");
  }
}

}  // namespace
}  // namespace weft::adapters::admin
