#include "weft/adapters/sagemaker/s3/address.h"

#include <gtest/gtest.h>

#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/meta.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

std::string address(std::string target, std::string_view host = "127.0.0.1:8420") {
  wire::RequestHead head;
  head.target = std::move(target);
  head.headers.add("Host", host);
  const auto out = address_of(head, {"weft.example"});
  return out ? out->bucket + "|" + out->key : "!" + told(out.error()).code;
}

TEST(S3Address, IsInThePathOrInHost) {
  EXPECT_EQ(address("/"), "|");
  EXPECT_EQ(address("/bucket"), "bucket|");
  EXPECT_EQ(address("/bucket/"), "bucket|");
  EXPECT_EQ(address("/bucket/a/b?x=1"), "bucket|a/b");
  EXPECT_EQ(address("/a/b", "bucket.localhost:8420"), "bucket|a/b");
  EXPECT_EQ(address("/", "Bucket.LOCALHOST"), "bucket|");
  EXPECT_EQ(address("/k", "my.bucket.weft.example"), "my.bucket|k");
  EXPECT_EQ(address("/bucket/k", "weft.example"), "bucket|k");
  EXPECT_EQ(address("/bucket/k", "localhost:1"), "bucket|k");
}

TEST(S3Address, OddKeysStayAsTheyAre) {
  EXPECT_EQ(address("/b/a%20b+c"), "b|a b+c");
  EXPECT_EQ(address("/b//a//b/"), "b|/a//b/");
  EXPECT_EQ(address("/b/../x/./%2e%2e"), "b|../x/./..");
  EXPECT_EQ(address("/b/%C3%BC%F0%9F%98%80"), "b|\xC3\xBC\xF0\x9F\x98\x80");
  EXPECT_EQ(address("/b/a%2Fb"), "b|a/b");
  EXPECT_EQ(address("/b/%"), "!InvalidURI");
  EXPECT_EQ(address("/b/%00"), "!InvalidURI");
  EXPECT_EQ(address("/b/%ff"), "!InvalidURI");
  EXPECT_EQ(address("/b/" + std::string(kKeyBytesMax, 'a')).size(), kKeyBytesMax + 2);
  EXPECT_EQ(address("/b/" + std::string(kKeyBytesMax + 1, 'a')), "!KeyTooLongError");
}

TEST(S3Query, NamesMayHaveNoValue) {
  const Query query("uploads&prefix=a+b%2Bc&max-keys=");
  EXPECT_TRUE(query.has("uploads"));
  EXPECT_FALSE(query.has("upload"));
  EXPECT_EQ(query.get("prefix"), "a b+c");
  EXPECT_EQ(query.get("max-keys"), "");
}

Result<store::ObjectMeta> meta(
    std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
  wire::Headers all;
  for (const auto& [name, value] : headers) all.add(name, value);
  return meta_from(all);
}

TEST(S3Meta, WhatIsSaidOfAnObjectIsKept) {
  const auto kept = meta({{"Content-Type", "text/csv"},
                          {"Content-Encoding", "aws-chunked, gzip"},
                          {"Cache-Control", "no-store"},
                          {"X-Amz-Meta-Colour", "blue"},
                          {"x-amz-meta-colour", "green"},
                          {"x-amz-date", "x"},
                          {"Host", "h"}});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->content_type, "text/csv");
  EXPECT_EQ(kept->headers,
            (std::map<std::string, std::string>{{"content-encoding", "gzip"},
                                                {"cache-control", "no-store"},
                                                {"x-amz-meta-colour", "blue,green"}}));
  EXPECT_TRUE(meta({{"Content-Encoding", "aws-chunked"}})->headers.empty());
  const store::ObjectInfo info{
      .key = "k", .size = 1, .modified_ms = 784'111'777'000, .etag = "abc", .meta = *kept};
  wire::Headers out;
  describe(out, info);
  EXPECT_EQ(out.get("ETag"), "\"abc\"");
  EXPECT_EQ(out.get("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(out.get("Content-Encoding"), "gzip");
  EXPECT_EQ(out.get("x-amz-meta-colour"), "blue,green");
  EXPECT_EQ(out.get("Content-Security-Policy"), "sandbox");
  EXPECT_TRUE(override_headers(out, Query("response-content-type=a%2Fb&response-expires=never")));
  EXPECT_EQ(out.get("Content-Type"), "a/b");
  EXPECT_EQ(out.get("Expires"), "never");
  EXPECT_FALSE(override_headers(out, Query("response-content-type=a%0D%0Ab")));
}

TEST(S3Meta, WhatWeftDoesNotDoIsRefusedByName) {
  const auto code =
      [](std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
        const auto out = meta(headers);
        return out ? "" : told(out.error()).code;
      };
  EXPECT_EQ(code({{"x-amz-server-side-encryption", "aws:kms"}}), "");
  EXPECT_EQ(code({{"X-Amz-Server-Side-Encryption-Customer-Key", "x"}}), "NotImplemented");
  EXPECT_EQ(code({{"x-amz-tagging", "a=b"}}), "NotImplemented");
  EXPECT_EQ(code({{"x-amz-object-lock-mode", "GOVERNANCE"}}), "NotImplemented");
  EXPECT_EQ(code({{"x-amz-storage-class", "GLACIER"}}), "NotImplemented");
  EXPECT_EQ(code({{"x-amz-storage-class", "STANDARD"}}), "");
  EXPECT_EQ(code({{"x-amz-acl", "public-read"}}), "AccessControlListNotSupported");
  EXPECT_EQ(code({{"x-amz-acl", "bucket-owner-full-control"}}), "");
  EXPECT_EQ(code({{"x-amz-meta-a", std::string(kUserMetaBytesMax, 'x')}}), "MetadataTooLarge");
  EXPECT_EQ(code({{"x-amz-meta-a", std::string(kUserMetaBytesMax - 1, 'x')}}), "");
}

}  // namespace
}  // namespace weft::adapters::sagemaker::s3
