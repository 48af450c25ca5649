#include "weft/adapters/openai/scan.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/net/http_client.h"

namespace weft::adapters::openai {
namespace {

TEST(Scan, FindsModelAndStream) {
  std::string body =
      R"( {"messages":[{"content":"\"model\":\"no\""}], "model" : "model/oracle" , "stream":true})";
  const auto scanned = scan_request(body);
  ASSERT_TRUE(scanned) << scanned.error().message;
  EXPECT_EQ(scanned->model, "model/oracle");
  EXPECT_TRUE(scanned->stream);
  replace_model(body, *scanned, "gpt \"x\"");
  EXPECT_EQ(
      body,
      R"( {"messages":[{"content":"\"model\":\"no\""}], "model" : "gpt \"x\"" , "stream":true})");
}

TEST(Scan, EscapedKeysAndNamesAreTheSame) {
  std::string body = R"({"mod\u0065l":"a\/b","stream":null})";
  const auto scanned = scan_request(body);
  ASSERT_TRUE(scanned);
  EXPECT_EQ(scanned->model, "a/b");
  EXPECT_FALSE(scanned->stream);
  replace_model(body, *scanned, "z");
  EXPECT_EQ(body, R"({"mod\u0065l":"z","stream":null})");
}

TEST(Scan, AnAnswerIsOneWholeDocument) {
  const auto fits = [](std::string body) {
    const std::size_t size = body.size();
    // What lies behind must not matter.
    body.resize(size + net::kViewSlack, '}');
    return check_answer(std::string_view(body).substr(0, size), body.size(), "choices").has_value();
  };
  EXPECT_TRUE(fits(R"({"id":"1","choices":[{"message":{"content":"[}"}}],"usage":{}})"));
  EXPECT_TRUE(fits(R"( {"ch\u006fices" : [] } )"));
  for (const char* body :
       {"", "{}", "[]", "garbage", R"({"choices":{}})", R"({"choices":[]} x)", R"({"choices":[)",
        R"({"choices":[]}})", "{\"choices\":[\"\xff\"]}", R"({"error":{"message":"no"}})"}) {
    EXPECT_FALSE(fits(body)) << body;
  }
  EXPECT_FALSE(fits(std::string(100'000, '[') + std::string(100'000, ']')));
}

TEST(Scan, TwoReadersNeverDiffer) {
  for (std::string body : {R"({"model":"a","model":"b"})", R"({"model":"a","mod\u0065l":"b"})",
                           R"({"model":"a","stream":false,"stream":true})"}) {
    const auto scanned = scan_request(body);
    ASSERT_FALSE(scanned) << body;
    EXPECT_EQ(scanned.error().reason, Reason::invalid_argument);
  }
}

TEST(Scan, RefusesWhatIsNoRequest) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (std::string body :
       {std::string(""), std::string("{"), std::string("[]"), std::string("\"x\""),
        std::string("{\"model\":1}"), std::string("{\"model\":\"\"}"), std::string("{}"),
        std::string("{\"model\":\"a\",\"stream\":\"yes\"}"), std::string("{\"model\":\"a\"} x"),
        std::string("{\"model\":\"\xff\"}"), std::format("{{\"model\":\"a\",\"x\":{}}}", deep)}) {
    const auto scanned = scan_request(body);
    ASSERT_FALSE(scanned) << body.substr(0, 60);
    EXPECT_EQ(scanned.error().reason, Reason::invalid_argument);
  }
}

TEST(Scan, ABigBodyIsReadToo) {
  std::string body = R"({"messages":")" + std::string(2'000'000, 'x') + R"(","model":"m"})";
  const auto scanned = scan_request(body);
  ASSERT_TRUE(scanned);
  EXPECT_EQ(scanned->model, "m");
}

}  // namespace
}  // namespace weft::adapters::openai
