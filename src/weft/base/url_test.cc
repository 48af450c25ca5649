#include "weft/base/url.h"

#include <gmock/gmock.h>

#include "weft/base/limits.h"

namespace weft {
namespace {

TEST(Url, TakesApart) {
  const Url url = parse_url("HTTP://Example.COM:8080/a%20b?x=1&y#frag").value();
  EXPECT_EQ(url, (Url{"http", "example.com", 8080, "/a%20b", "x=1&y"}));
  EXPECT_EQ(url.str(), "http://example.com:8080/a%20b?x=1&y");
  EXPECT_EQ(parse_url("https://h").value().str(), "https://h/");
  EXPECT_EQ(parse_url("https://h:443?q").value().str(), "https://h/?q");
  EXPECT_EQ(parse_url("http://[::1]:80/x").value(), (Url{"http", "::1", 80, "/x", ""}));
  EXPECT_EQ(parse_url("http://[::1]:81/x").value().authority(), "[::1]:81");
  EXPECT_EQ(parse_url("http://h:/x").value().port, 80);
}

TEST(Url, RefusesWithTheReason) {
  for (const char* text : {"",
                           "h",
                           "/x",
                           "ftp://h/",
                           "http://",
                           "http:///x",
                           "http://u@h/",
                           "http://u:p@h/",
                           "http://h:0/",
                           "http://h:65536/",
                           "http://h:x/",
                           "http://h/ x",
                           "http://h/\r\nX: y",
                           "http://h%0d%0aX:y/",
                           "http://a%2fb/",
                           "http://a%00/",
                           "http://a%22/",
                           "http://[v1.x]/",
                           "http://[fe80::1%25eth0]/",
                           "http://a$b/",
                           "http://h\\x/",
                           "javascript:alert(1)",
                           "file:///etc/passwd"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
  EXPECT_FALSE(parse_url("http://h/" + std::string(kUrlCharsMax, 'a')));
}

TEST(Url, Resolves) {
  const Url base = parse_url("http://h:3000/a/b?q").value();
  EXPECT_EQ(base.resolve("c").value().str(), "http://h:3000/a/c");
  EXPECT_EQ(base.resolve("../../../c?d").value().str(), "http://h:3000/c?d");
  EXPECT_EQ(base.resolve("//other/x").value().str(), "http://other/x");
  EXPECT_EQ(base.resolve("https://o").value().str(), "https://o/");
  EXPECT_FALSE(base.resolve("mailto:a@b"));
  EXPECT_FALSE(base.resolve("http://u:p@h/"));
  EXPECT_EQ(base.with_target("/x?y=1").str(), "http://h:3000/x?y=1");
}

TEST(Url, EncodesEverythingThatIsNotPlain) {
  EXPECT_EQ(percent_encode("a-Z_0.~"), "a-Z_0.~");
  EXPECT_EQ(percent_encode("../x?y=1#;\r\n é%"), "..%2Fx%3Fy%3D1%23%3B%0D%0A%20%C3%A9%25");
}

TEST(Url, DecodesUpToTheLastCharacter) {
  EXPECT_EQ(percent_decode("%41").value(), "A");
  EXPECT_EQ(percent_decode("a%2Fb%2f").value(), "a/b/");
  EXPECT_EQ(percent_decode("").value(), "");
  for (const char* text : {"%", "%4", "a%", "a%4", "%zz", "%4z", "%00", "%%41"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

TEST(Url, ReadsQueries) {
  using ::testing::ElementsAre;
  using ::testing::Pair;
  EXPECT_THAT(parse_query("a=1&b=x+y&a=%26&c&=d&&e=%3d="),
              ElementsAre(Pair("a", "1"), Pair("b", "x y"), Pair("a", "&"), Pair("c", ""),
                          Pair("", "d"), Pair("e", "==")));
  EXPECT_THAT(parse_query(""), ElementsAre());
  EXPECT_THAT(parse_query("a=%zz"), ElementsAre(Pair("a", "%zz")));
}

}  // namespace
}  // namespace weft
