#include "weft/wire/aws_chunked.h"

#include <gtest/gtest.h>

#include <format>

namespace weft::wire {
namespace {

// The example of the S3 API Reference: 66,560 times `a` in chunks of 64 KiB.
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

AwsChunkReader::Keys example_keys() {
  AwsChunkReader::Keys out;
  out.seed.scope = {"AKIAIOSFODNN7EXAMPLE", "20130524", "us-east-1", "s3"};
  out.seed.amz_date = "20130524T000000Z";
  out.seed.signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  out.signing_key = aws_signing_key(kSecret, out.seed.scope);
  return out;
}

std::string example_body() {
  return std::format(
      "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n"
      "{}\r\n"
      "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n"
      "{}\r\n"
      "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n"
      "\r\n",
      std::string(65536, 'a'), std::string(1024, 'a'));
}

Result<std::string> read(AwsChunkReader& reader, std::string_view body, std::size_t piece) {
  std::string out;
  while (!body.empty()) {
    std::string_view now = body.substr(0, piece);
    body.remove_prefix(now.size());
    while (!now.empty()) {
      std::size_t used = 0;
      WEFT_TRY(const std::string_view content, reader.feed(now, used));
      out += content;
      now.remove_prefix(used);
    }
  }
  WEFT_CHECK(reader.finish());
  return out;
}

std::string why(AwsChunking chunking, std::string_view body) {
  AwsChunkReader reader(chunking, example_keys());
  const auto content = read(reader, body, 4096);
  return content ? std::string() : content.error().message;
}

TEST(AwsChunked, ThePublishedExampleInAnyPieces) {
  const std::string body = example_body();
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{65536}, body.size()}) {
    AwsChunkReader reader({.chunks_signed = true, .trailer = false}, example_keys());
    EXPECT_EQ(read(reader, body, piece).value_or("?"), std::string(66560, 'a')) << piece;
    EXPECT_EQ(reader.content_bytes(), 66560U);
  }
}

TEST(AwsChunked, NothingOfItCanBeChanged) {
  const AwsChunking chunking{.chunks_signed = true, .trailer = false};
  std::string body = example_body();
  body[100] = 'b';
  EXPECT_TRUE(
      why(chunking, body).starts_with("The request signature we calculated does not match"));
  // A chunk left out, and the end come early.
  std::string shorter = example_body();
  shorter.erase(shorter.find("400;"), 4 + 16 + 64 + 2 + 1024 + 2);
  EXPECT_TRUE(why(chunking, shorter).contains("does not match"));
  std::string cut = example_body();
  cut.resize(cut.find("0;chunk"));
  EXPECT_EQ(why(chunking, cut), "aws-chunked: it ends before its last chunk");
  EXPECT_EQ(why(chunking, example_body() + "x"), "aws-chunked: there is more behind its end");
}

TEST(AwsChunked, TrailersOfUnsignedChunks) {
  const AwsChunking chunking{.chunks_signed = false, .trailer = true};
  AwsChunkReader reader(chunking, std::nullopt);
  EXPECT_EQ(read(reader, "5\r\nhello\r\n1\r\n!\r\n0\r\nX-Amz-Checksum-CRC32: AAAAAA==\r\n\r\n", 3)
                .value_or("?"),
            "hello!");
  ASSERT_EQ(reader.trailers().size(), 1U);
  EXPECT_EQ(reader.trailers()[0].first, "x-amz-checksum-crc32");
  EXPECT_EQ(reader.trailers()[0].second, "AAAAAA==");
}

TEST(AwsChunked, SignedTrailers) {
  const AwsChunking chunking{.chunks_signed = true, .trailer = true};
  const auto keys = example_keys();
  const auto sign = [&](std::string_view kind, std::string_view previous, std::string_view rest) {
    return hex(hmac_sha256(keys.signing_key,
                           std::format("AWS4-HMAC-SHA256-{}\n{}\n{}\n{}\n{}", kind,
                                       keys.seed.amz_date, keys.seed.scope.str(), previous, rest)));
  };
  const std::string empty = hex(sha256(""));
  const std::string one =
      sign("PAYLOAD", keys.seed.signature, std::format("{}\n{}", empty, hex(sha256("hi"))));
  const std::string end = sign("PAYLOAD", one, std::format("{}\n{}", empty, empty));
  const std::string trailers = sign("TRAILER", end, hex(sha256("x-amz-checksum-crc32:AAAAAA==\n")));
  const auto body = [&](std::string_view sum) {
    return std::format(
        "2;chunk-signature={}\r\nhi\r\n0;chunk-signature={}\r\nx-amz-checksum-crc32:{}\r\n"
        "x-amz-trailer-signature:{}\r\n\r\n",
        one, end, sum, trailers);
  };
  EXPECT_EQ(why(chunking, body("AAAAAA==")), "");
  EXPECT_TRUE(why(chunking, body("AAAAAQ==")).ends_with("(of the trailers)"));
}

TEST(AwsChunked, WhatIsMalformedIsNamed) {
  const AwsChunking plain{.chunks_signed = false, .trailer = true};
  const AwsChunking chained{.chunks_signed = true, .trailer = false};
  EXPECT_EQ(why(plain, "x\r\n"), "aws-chunked: a chunk begins with its size in hexadecimal digits");
  EXPECT_EQ(why(plain, "\r\n"), "aws-chunked: a chunk begins with its size in hexadecimal digits");
  EXPECT_EQ(why(plain, "11111111111111111\r\n"),
            "aws-chunked: a chunk begins with its size in hexadecimal digits");
  EXPECT_EQ(why(plain, "2\r\nabc\r\n"), "aws-chunked: a chunk is longer than its size");
  EXPECT_EQ(why(plain, "2\nab"), "aws-chunked: its lines end with CR LF");
  EXPECT_EQ(why(plain, "0\r\nnocolon\r\n\r\n"), "aws-chunked: a trailer is `name:value`");
  EXPECT_EQ(why(plain, "0\r\na:b\r\n"), "aws-chunked: it ends before its last chunk");
  EXPECT_EQ(why(plain, std::string(300, '1')), "aws-chunked: a line of it is too long");
  EXPECT_EQ(why(chained, "0\r\n\r\n"), "aws-chunked: a chunk has no signature");
  std::string many = "0\r\n";
  for (int i = 0; i < 100; ++i) many += std::format("a{}:{}\r\n", i, std::string(100, 'x'));
  EXPECT_EQ(why(plain, many), "aws-chunked: its trailers are too long");
}

}  // namespace
}  // namespace weft::wire
