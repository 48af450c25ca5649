#include "weft/adapters/sagemaker/remote/address.h"

#include <gtest/gtest.h>

namespace weft::adapters::sagemaker::remote {
namespace {

RemoteStore store(std::string_view endpoint, bool path_style = true) {
  RemoteStore out;
  out.endpoint = *parse_url(endpoint);
  out.path_style = path_style;
  return out;
}

std::string at(const RemoteStore& of, std::string_view bucket, std::string_view key,
               const Parameters& parameters = {}) {
  const Place place = place_of(of, bucket, key, parameters);
  return place.url.authority() + " " + place.target;
}

TEST(RemoteAddress, BucketsInThePath) {
  const RemoteStore of = store("http://127.0.0.1:9000");
  EXPECT_EQ(at(of, "", ""), "127.0.0.1:9000 /");
  EXPECT_EQ(at(of, "data", ""), "127.0.0.1:9000 /data");
  EXPECT_EQ(at(of, "data", "a/b c+d/ä"), "127.0.0.1:9000 /data/a/b%20c%2Bd/%C3%A4");
  EXPECT_EQ(at(of, "data", "/a//b/"), "127.0.0.1:9000 /data//a//b/");
  EXPECT_EQ(at(of, "data", "k", {{"uploads", ""}, {"prefix", "a/b&c"}}),
            "127.0.0.1:9000 /data/k?uploads&prefix=a%2Fb%26c");
}

TEST(RemoteAddress, APathBeforeTheBucket) {
  const RemoteStore of = store("https://store.example/storage/v1/s3/");
  EXPECT_EQ(at(of, "", ""), "store.example /storage/v1/s3");
  EXPECT_EQ(at(of, "data", "k"), "store.example /storage/v1/s3/data/k");
}

TEST(RemoteAddress, BucketsInTheHost) {
  const RemoteStore of = store("https://s3.example:444", false);
  EXPECT_EQ(at(of, "", ""), "s3.example:444 /");
  EXPECT_EQ(at(of, "data", ""), "data.s3.example:444 /");
  EXPECT_EQ(at(of, "data", "a/b"), "data.s3.example:444 /a/b");
  // No certificate would be good for it.
  EXPECT_EQ(at(of, "my.data", "a/b"), "s3.example:444 /my.data/a/b");
  EXPECT_EQ(at(store("http://s3.example", false), "my.data", "k"), "my.data.s3.example /k");
}

TEST(RemoteAddress, WhatMayBeABucket) {
  for (const char* name : {"abc", "my-data.1", "Old_Bucket9"}) EXPECT_TRUE(is_bucket_name(name));
  for (const char* name : {"", "ab", "a/b", "a..b", "..", "a b", "-ab", "ab.", "a%2fb", "a?b"})
    EXPECT_FALSE(is_bucket_name(name)) << name;
  EXPECT_FALSE(is_bucket_name(std::string(64, 'a')));
}

TEST(RemoteAddress, KeysThatMightBecomeAnotherBucketAreRefused) {
  for (const char* key : {"a", "a/b", "/a", "a/", "a//b", "..a", "a../b", "...", "ä"})
    EXPECT_TRUE(check_key(key)) << key;
  for (const char* key : {"", ".", "..", "../other/key", "a/../../b", "a/.", "./a", "\xff"})
    EXPECT_FALSE(check_key(key)) << key;
  EXPECT_FALSE(check_key(std::string_view("a\0b", 3)));
  EXPECT_TRUE(check_key(std::string(1'024, 'k')));
  EXPECT_FALSE(check_key(std::string(1'025, 'k')));
}

}  // namespace
}  // namespace weft::adapters::sagemaker::remote
