#include "weft/wire/base64.h"

#include <gtest/gtest.h>

#include "weft/wire/multipart.h"

namespace weft::wire {
namespace {

TEST(Base64, BothWays) {
  // RFC 4648 §10.
  const std::vector<std::pair<std::string, std::string>> table = {{"", ""},
                                                                  {"f", "Zg=="},
                                                                  {"fo", "Zm8="},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg=="},
                                                                  {"fooba", "Zm9vYmE="},
                                                                  {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text).value_or("?"), bytes);
    std::string bare = text.substr(0, text.find('='));
    EXPECT_EQ(base64url_encode(bytes), bare);
    EXPECT_EQ(base64_decode(bare).value_or("?"), bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(base64_decode(base64_encode(all)).value_or("?"), all);
  EXPECT_EQ(base64_decode(base64url_encode(all)).value_or("?"), all);
  for (const char* bad :
       {"Z", "Zg=", "Zg===", "Z===", "=", "Zh==", "Zm9 v", "Zm9v\n", "Zg==Zg==", "Zm\xff="}) {
    EXPECT_FALSE(base64_decode(bad).has_value()) << bad;
  }
}

TEST(Base64, Utf8) {
  EXPECT_TRUE(is_utf8("caf\xc3\xa9"));
  EXPECT_FALSE(is_utf8("\xc3"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_utf8("\xc0\x80"));
}

TEST(Multipart, NamesCannotEndTheirField) {
  const auto form =
      write_form({{"a", "1", "", ""}, {"f\"x\r\nB: c", "bytes", "n\".txt", "text/plain"}}, "bbb");
  ASSERT_TRUE(form.has_value());
  EXPECT_EQ(form->content_type, "multipart/form-data; boundary=bbb");
  EXPECT_EQ(
      form->body,
      "--bbb\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
      "--bbb\r\nContent-Disposition: form-data; name=\"f%22x%0D%0AB: c\"; filename=\"n%22.txt\"\r\n"
      "Content-Type: text/plain\r\n\r\nbytes\r\n--bbb--\r\n");
  EXPECT_FALSE(write_form({{"a", "xbbbx", "", ""}}, "bbb").has_value());
  EXPECT_FALSE(write_form({{"a", "x", "", "a\r\nb"}}, "bbb").has_value());
  EXPECT_FALSE(write_form({}, "b b").has_value());
}

}  // namespace
}  // namespace weft::wire
