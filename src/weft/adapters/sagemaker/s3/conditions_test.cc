#include "weft/adapters/sagemaker/s3/conditions.h"

#include <gtest/gtest.h>

#include "weft/adapters/sagemaker/s3/errors.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

std::string range(std::string_view header, std::uint64_t bytes) {
  const auto out = range_of(header, bytes);
  if (!out) return told(out.error()).code;
  return *out ? std::format("{}+{}", (*out)->first, (*out)->size) : "all";
}

// RFC 9110, 14.1.2, of 10,000 bytes.
TEST(S3Ranges, AreThoseOfTheStandard) {
  EXPECT_EQ(range("bytes=0-499", 10'000), "0+500");
  EXPECT_EQ(range("bytes=500-999", 10'000), "500+500");
  EXPECT_EQ(range("bytes=-500", 10'000), "9500+500");
  EXPECT_EQ(range("bytes=9500-", 10'000), "9500+500");
  EXPECT_EQ(range("bytes=0-0", 10'000), "0+1");
  EXPECT_EQ(range("bytes=9999-20000", 10'000), "9999+1");
  EXPECT_EQ(range("bytes=-20000", 10'000), "0+10000");
}

TEST(S3Ranges, WhatCannotBeIsRefusedAndWhatIsNoneIsTheWhole) {
  for (const char* none : {"bytes=10000-", "bytes=10000-10001", "bytes=-0"})
    EXPECT_EQ(range(none, 10'000), "InvalidRange") << none;
  EXPECT_EQ(range("bytes=0-", 0), "InvalidRange");
  EXPECT_EQ(range("bytes=-1", 0), "InvalidRange");
  for (const char* whole : {"", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "lines=0-1",
                            "bytes=0-1,3-4", "bytes=0-1x", "bytes=99999999999999999999-"}) {
    EXPECT_EQ(range(whole, 10'000), "all") << whole;
  }
}

TEST(S3Ranges, OfACopyMustLieWithinTheSource) {
  EXPECT_EQ(copied_range("bytes=0-9", 10)->size, 10U);
  for (const char* none : {"", "bytes=0-10", "bytes=-1", "bytes=3-", "bytes=2-1"}) {
    const auto copied = copied_range(none, 10);
    ASSERT_FALSE(copied) << none;
    EXPECT_EQ(told(copied.error()).code, "InvalidArgument") << none;
  }
}

Condition asked(std::initializer_list<std::pair<std::string_view, std::string_view>> headers,
                std::string_view prefix = "") {
  wire::Headers all;
  for (const auto& [name, value] : headers) all.add(name, value);
  const store::ObjectInfo info{.key = "k",
                               .size = 1,
                               // Sun, 06 Nov 1994 08:49:37.500 GMT
                               .modified_ms = 784'111'777'500,
                               .etag = "abc",
                               .meta = {}};
  return condition_of(all, info, prefix);
}

constexpr std::string_view kThen = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";

TEST(S3Conditions, AreAskedInTheirOrder) {
  EXPECT_EQ(asked({}), Condition::holds);
  EXPECT_EQ(asked({{"If-Match", "\"abc\""}}), Condition::holds);
  EXPECT_EQ(asked({{"If-Match", "abc"}}), Condition::holds);
  EXPECT_EQ(asked({{"If-Match", "*"}}), Condition::holds);
  EXPECT_EQ(asked({{"If-Match", "\"x\", \"abc\""}}), Condition::holds);
  EXPECT_EQ(asked({{"If-Match", "\"x\""}}), Condition::failed);
  EXPECT_EQ(asked({{"If-None-Match", "\"abc\""}}), Condition::not_modified);
  EXPECT_EQ(asked({{"If-None-Match", "W/\"abc\""}}), Condition::not_modified);
  EXPECT_EQ(asked({{"If-None-Match", "\"x\""}}), Condition::holds);
  EXPECT_EQ(asked({{"If-Modified-Since", kThen}}), Condition::not_modified);
  EXPECT_EQ(asked({{"If-Modified-Since", kBefore}}), Condition::holds);
  EXPECT_EQ(asked({{"If-Modified-Since", "whenever"}}), Condition::holds);
  EXPECT_EQ(asked({{"If-Unmodified-Since", kThen}}), Condition::holds);
  EXPECT_EQ(asked({{"If-Unmodified-Since", kBefore}}), Condition::failed);
  // As S3's documentation has it: the ETag wins over the time.
  EXPECT_EQ(asked({{"If-Match", "\"abc\""}, {"If-Unmodified-Since", kBefore}}), Condition::holds);
  EXPECT_EQ(asked({{"If-None-Match", "\"abc\""}, {"If-Modified-Since", kBefore}}),
            Condition::not_modified);
  EXPECT_EQ(asked({{"x-amz-copy-source-if-match", "\"x\""}}, "x-amz-copy-source-"),
            Condition::failed);
}

}  // namespace
}  // namespace weft::adapters::sagemaker::s3
