#include "weft/adapters/sagemaker/remote/answers.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/adapters/sagemaker/remote/heads.h"

namespace weft::adapters::sagemaker::remote {
namespace {

TEST(RemoteAnswers, AListOfObjects) {
  const auto page = read_listing(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data</Name><Prefix></Prefix>
<EncodingType>url</EncodingType><KeyCount>3</KeyCount><MaxKeys>3</MaxKeys>
<IsTruncated>true</IsTruncated>
<NextContinuationToken>t/=</NextContinuationToken>
<Contents><Key>a+b%2Bc%0A</Key><LastModified>2026-11-26T09:00:00.250Z</LastModified>
<ETag>&quot;0cc1&quot;</ETag><Size>12</Size><StorageClass>STANDARD</StorageClass></Contents>
<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes></ListBucketResult>)");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 1U);
  EXPECT_EQ(page->objects[0].key, "a b+c\n");
  EXPECT_EQ(page->objects[0].size, 12U);
  EXPECT_EQ(page->objects[0].etag, "0cc1");
  EXPECT_EQ(page->objects[0].modified_ms, 1'795'683'600'250);
  EXPECT_EQ(page->common_prefixes, std::vector<std::string>{"d/"});
  EXPECT_EQ(page->next, "t/=");
}

TEST(RemoteAnswers, NamesThatAreNotEncodedStayAsTheyAre) {
  const auto page = read_listing(
      "<ListBucketResult><Contents><Key>a+b%2B</Key><Size>0</Size></Contents>"
      "<Contents><Key> </Key><Size>1</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 2U);
  EXPECT_EQ(page->objects[0].key, "a+b%2B");
  EXPECT_EQ(page->objects[1].key, " ");
  EXPECT_EQ(page->next, "");
}

/// A list of this.
std::string list_of(std::string_view inside) {
  return std::format("<ListBucketResult>{}</ListBucketResult>", inside);
}

TEST(RemoteAnswers, WhatIsNoListIsSaidToBeNone) {
  constexpr std::string_view kEncoded =
      "<EncodingType>url</EncodingType><CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>";
  const std::vector<std::string> texts{"",
                                       "<html><body>no</body></html>",
                                       "{}",
                                       "<ListBucketResult>",
                                       "<ListBucketResult><",
                                       list_of("<Contents><Key></Key><Size>1</Size></Contents>"),
                                       list_of("<Contents><Key>a</Key><Size>-1</Size></Contents>"),
                                       list_of("<Contents><Key>a</Key></Contents>"),
                                       list_of("<IsTruncated>true</IsTruncated>"),
                                       list_of(std::format(kEncoded, "%zz")),
                                       list_of(std::format(kEncoded, "%ff"))};
  for (const std::string& text : texts) {
    const auto page = read_listing(text);
    ASSERT_FALSE(page) << text;
    EXPECT_EQ(page.error().reason, Reason::upstream_protocol);
  }
}

TEST(RemoteAnswers, EntitiesAreNotTaken) {
  // A bomb of entities: they are no part of what S3 says and stay as they are.
  const auto fault = read_fault(
      "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>"
      "<Error><Code>&b;</Code><Message>&amp;</Message></Error>");
  EXPECT_EQ(fault.code, "&b;");
  EXPECT_EQ(fault.message, "&");
}

TEST(RemoteAnswers, BucketsPartsAndUploads) {
  const auto buckets = read_buckets(
      "<ListAllMyBucketsResult><Owner><ID>x</ID></Owner><Buckets><Bucket><Name>data</Name>"
      "<CreationDate>2026-11-26T09:00:00Z</CreationDate></Bucket></Buckets>"
      "<ContinuationToken>more</ContinuationToken></ListAllMyBucketsResult>");
  ASSERT_TRUE(buckets);
  EXPECT_EQ(buckets->buckets.at(0).name, "data");
  EXPECT_EQ(buckets->buckets.at(0).created_ms, 1'795'683'600'000);
  EXPECT_EQ(buckets->next, "more");

  const auto parts = read_parts(
      "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>2"
      "</NextPartNumberMarker><Part><PartNumber>2</PartNumber><ETag>\"ab\"</ETag><Size>5</Size>"
      "</Part></ListPartsResult>");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->parts.at(0).number, 2);
  EXPECT_EQ(parts->parts.at(0).etag, "ab");
  EXPECT_EQ(parts->next, "2");

  EXPECT_TRUE(read_parts("<ListPartsResponse/>"));
  EXPECT_FALSE(read_parts("<ListPartsResults/>"));

  const auto uploads = read_uploads(
      "<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextKeyMarker>a%2Fb</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker>"
      "<Upload><Key>a%2Fb</Key><UploadId>u1</UploadId></Upload></ListMultipartUploadsResult>");
  ASSERT_TRUE(uploads);
  EXPECT_EQ(uploads->uploads.at(0).key, "a/b");
  EXPECT_EQ(uploads->next_key, "a/b");
  EXPECT_EQ(uploads->next_id, "u1");

  EXPECT_EQ(read_upload_id("<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                           "</InitiateMultipartUploadResult>"),
            "u");
  EXPECT_FALSE(read_upload_id("<InitiateMultipartUploadResult/>"));
  EXPECT_EQ(read_completed("<s3:CompleteMultipartUploadResult xmlns:s3=\"x\"><s3:ETag>\"ab-2\""
                           "</s3:ETag></s3:CompleteMultipartUploadResult>"),
            "ab-2");
  EXPECT_FALSE(read_completed("<Error><Code>InternalError</Code></Error>"));
}

TEST(RemoteAnswers, ETags) {
  EXPECT_EQ(bare_etag("\"ab\""), "ab");
  EXPECT_EQ(bare_etag("W/\"ab-2\""), "ab-2");
  EXPECT_EQ(bare_etag("ab"), "ab");
  EXPECT_EQ(bare_etag("\""), "\"");
  EXPECT_EQ(bare_etag(""), "");
}

TEST(RemoteHeads, WhatIsSaidOfAnObject) {
  wire::Headers headers;
  headers.add("content-length", "5");
  headers.add("ETag", "\"ab\"");
  headers.add("Last-Modified", "Thu, 26 Nov 2026 09:00:00 GMT");
  headers.add("Content-Type", "text/csv");
  headers.add("Cache-Control", "no-cache");
  headers.add("X-Amz-Meta-Made-By", "test");
  headers.add("x-amz-checksum-crc32", "AAAAAA==");
  headers.add("x-amz-checksum-sha256", "c2hvcnQ=");
  headers.add("Server", "other");
  headers.add("Set-Cookie", "a=b");
  const auto info = info_of("k", headers);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->size, 5U);
  EXPECT_EQ(info->etag, "ab");
  EXPECT_EQ(info->modified_ms, 1'795'683'600'000);
  EXPECT_EQ(info->meta.content_type, "text/csv");
  EXPECT_EQ(info->meta.headers,
            (std::map<std::string, std::string>{{"cache-control", "no-cache"},
                                                {"x-amz-meta-made-by", "test"}}));
  EXPECT_EQ(info->meta.checksums, (std::map<std::string, std::string>{{"crc32", "AAAAAA=="}}));

  headers.set("x-amz-checksum-type", "COMPOSITE");
  EXPECT_TRUE(info_of("k", headers)->meta.checksums.empty());
  headers.set("Content-Range", "bytes 2-3/100");
  EXPECT_EQ(info_of("k", headers)->size, 100U);
  headers.remove("ETag");
  EXPECT_FALSE(info_of("k", headers));
}

TEST(RemoteHeads, WhatIsSaidToTheStore) {
  wire::Headers out;
  describe(out, {.content_type = "text/csv",
                 .headers = {{"x-amz-meta-a", "b"}},
                 .checksums = {{"crc32", "AAAAAA=="}, {"sha1", "x"}}});
  EXPECT_EQ(out.get("Content-Type"), "text/csv");
  EXPECT_EQ(out.get("x-amz-meta-a"), "b");
  EXPECT_EQ(out.get("x-amz-checksum-crc32"), "AAAAAA==");
  EXPECT_EQ(out.get("x-amz-sdk-checksum-algorithm"), "CRC32");
  EXPECT_FALSE(out.has("x-amz-checksum-sha1"));
}

TEST(RemoteHeads, Ranges) {
  const auto range = read_content_range("bytes 2-5/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 2U);
  EXPECT_EQ(range->size, 4U);
  EXPECT_EQ(range->whole, 10U);
  for (const char* text : {"", "bytes */10", "bytes 5-2/10", "bytes 2-10/10", "bytes 2-5/*",
                           "bytes 2-5", "2-5/10", "bytes -5/10", "bytes 2/5-10",
                           "bytes 18446744073709551615-18446744073709551615/18446744073709551615"})
    EXPECT_FALSE(read_content_range(text)) << text;
}

}  // namespace
}  // namespace weft::adapters::sagemaker::remote
