#include "weft/adapters/common/upstream.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace weft::adapters {
namespace {

hub::JoinRequest with_header(std::string name, std::string value) {
  hub::JoinRequest request;
  request.headers.emplace_back(std::move(name), std::move(value));
  return request;
}

TEST(SolutionHeaders, TheEnvironmentIsReadWhereItIsNamed) {
  ::setenv("WEFT_TEST_TOKEN", "secret", 1);
  hub::JoinRequest request = with_header("X-Key", "a-${WEFT_TEST_TOKEN}-b");
  request.bearer = "${WEFT_TEST_TOKEN}";
  const auto headers = solution_headers(request);
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->get("x-key"), "a-secret-b");
  EXPECT_EQ(headers->get("Authorization"), "Bearer secret");
}

TEST(SolutionHeaders, AMissingVariableIsNamed) {
  const auto headers = solution_headers(with_header("X-Key", "${WEFT_TEST_MISSING}"));
  ASSERT_FALSE(headers);
  EXPECT_NE(headers.error().message.find("WEFT_TEST_MISSING"), std::string::npos);
}

TEST(SilenceUntil, AStreamMaySayNothingUntilItsCallEnds) {
  const auto now = std::chrono::steady_clock::now();
  EXPECT_GT(silence_until(now + std::chrono::hours(24)), std::chrono::hours(23));
  EXPECT_LE(silence_until(now + std::chrono::minutes(5)), std::chrono::minutes(5));
  // Zero would be no bound at all.
  EXPECT_EQ(silence_until(now - std::chrono::minutes(5)), Milliseconds(1));
}

TEST(SolutionHeaders, NothingUnsendableIsSent) {
  EXPECT_FALSE(solution_headers(with_header("X Key", "a")));
  EXPECT_FALSE(solution_headers(with_header("X-Key", "a\r\nX-Evil: b")));
  EXPECT_FALSE(solution_headers(with_header("X-Key", "${UNCLOSED")));
}

TEST(ErrorOfStatus, SaysWhatTheSolutionSaid) {
  wire::Headers headers;
  headers.add("Retry-After", "7");
  const Error limited = error_of_status(429, headers, R"({"error":{"message":"slow down"}})");
  EXPECT_EQ(limited.reason, Reason::rate_limited);
  EXPECT_EQ(limited.retry_after, Milliseconds(7000));
  EXPECT_NE(limited.message.find("slow down"), std::string::npos);
  EXPECT_EQ(limited.upstream_status, 429);
  EXPECT_EQ(error_of_status(500, {}, "broken").reason, Reason::solution_failed);
  EXPECT_EQ(error_of_status(504, {}, "").reason, Reason::deadline);
  EXPECT_NE(error_of_status(401, {}, "").message.find("--bearer"), std::string::npos);
}

TEST(ErrorOfStatus, GarbageIsCutAndPrintable) {
  const Error bytes = error_of_status(500, {}, "\xff\xfe");
  EXPECT_NE(bytes.message.find("not UTF-8"), std::string::npos);
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "\u00e9";
  const Error cut = error_of_status(500, {}, text);
  EXPECT_LT(cut.message.size(), 500U);
  EXPECT_EQ(error_of_status(500, {}, "a\x1b[31mb").message.find('\x1b'), std::string::npos);
}

TEST(ErrorOfStatus, AHugeRetryAfterIsBounded) {
  wire::Headers headers;
  headers.add("Retry-After", "1000000000");
  EXPECT_EQ(error_of_status(503, headers, "").retry_after, Milliseconds(86'400'000));
}

TEST(ErrorOfStatus, RetryAfterMayBeADate) {
  const auto wait_for = [](std::string text, std::string date = "Sat, 21 Nov 2026 08:00:00 GMT") {
    wire::Headers headers;
    headers.add("Retry-After", text);
    if (!date.empty()) headers.add("Date", date);
    return error_of_status(429, headers, "").retry_after;
  };
  EXPECT_EQ(wait_for("Sat, 21 Nov 2026 08:01:30 GMT"), Milliseconds(90'000));
  EXPECT_EQ(wait_for("Sat, 21 Nov 2026 07:59:00 GMT"), Milliseconds(0));
  EXPECT_EQ(wait_for("Fri, 31 Dec 9999 23:59:59 GMT"), Milliseconds(86'400'000));
  EXPECT_EQ(wait_for("99999999999999999999999"), Milliseconds(86'400'000));
  EXPECT_EQ(wait_for("Sat, 21 Nov 2026 08:01:30 GMT", ""), std::nullopt);
  EXPECT_EQ(wait_for("tomorrow"), std::nullopt);
  EXPECT_EQ(wait_for("-5"), std::nullopt);
  EXPECT_EQ(wait_for("-99999999999999999999999"), std::nullopt);
}

TEST(NameSolution, OnceOnly) {
  Error error = name_solution(make_error(Reason::internal, "x"), "bank");
  error = name_solution(std::move(error), "outer");
  EXPECT_EQ(error.solution, "bank");
  EXPECT_EQ(error.message, "solution \"bank\": x");
}

}  // namespace
}  // namespace weft::adapters
