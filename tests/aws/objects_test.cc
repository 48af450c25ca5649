// S3 over a socket, over objects in a folder that have owners.
#include <gtest/gtest.h>

#include <format>

#include "aws_hub.h"
#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/s3/s3.h"
#include "weft/adapters/sagemaker/s3/version2.h"
#include "weft/base/hex.h"
#include "weft/base/url.h"
#include "weft/ml/owned_objects.h"
#include "weft/store/files/local_objects.h"
#include "weft/store/testing/directory.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker {
namespace {

using weft::testing::Answer;
using weft::testing::AwsHub;
using weft::testing::run;
using weft::testing::Sent;

constexpr std::size_t kMiB = 1024 * 1024;

std::string digest_of(wire::DigestKind kind, std::string_view bytes) {
  wire::Digest digest(kind);
  digest.add(bytes);
  return wire::base64_encode(digest.finish());
}

std::string md5_of(std::string_view bytes) {
  wire::Digest digest(wire::DigestKind::md5);
  digest.add(bytes);
  const std::string out = digest.finish();
  return weft::hex({reinterpret_cast<const std::uint8_t*>(out.data()), out.size()});
}

/// What stands between the first such tags.
std::string in(const std::string& xml, const std::string& tag) {
  const auto from = xml.find("<" + tag + ">");
  if (from == std::string::npos) return "";
  const auto begin = from + tag.size() + 2;
  return xml.substr(begin, xml.find("</" + tag + ">", begin) - begin);
}

std::vector<std::string> all_in(const std::string& xml, const std::string& tag) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while ((at = xml.find("<" + tag + ">", at)) != std::string::npos) {
    at += tag.size() + 2;
    out.push_back(xml.substr(at, xml.find("</" + tag + ">", at) - at));
  }
  return out;
}

/// Bytes that do not repeat soon.
std::string noise(std::size_t bytes) {
  std::string out(bytes, '\0');
  std::uint32_t state = 1;
  for (char& c : out) c = static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  return out;
}

class S3 : public ::testing::Test {
 protected:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  Sent sent(std::string method, std::string target, std::string body = "", Headers headers = {}) {
    return {.method = std::move(method),
            .target = std::move(target),
            .headers = std::move(headers),
            .body = std::move(body),
            .service = "s3",
            .by = by_};
  }
  Answer send(std::string method, std::string target, std::string body = "", Headers headers = {}) {
    return hub_.send(
        sent(std::move(method), std::move(target), std::move(body), std::move(headers)));
  }
  /// `404 NoSuchKey`
  static std::string told(const Answer& answer) {
    return std::format("{} {}", answer.status, in(answer.body, "Code"));
  }
  std::string refused(std::string method, std::string target, std::string body = "",
                      Headers headers = {}) {
    return told(send(std::move(method), std::move(target), std::move(body), std::move(headers)));
  }
  void make(const std::string& bucket) { EXPECT_EQ(send("PUT", "/" + bucket).status, 200); }

  /// A URL that is signed in its query.
  std::string presigned(std::string method, std::string path, std::int64_t expires_s,
                        std::string more = "") {
    wire::AwsSignature claimed;
    claimed.amz_date = wire::to_amz_date(hub_.now_s());
    claimed.scope = {.access_key = by_->access_key,
                     .date = claimed.amz_date.substr(0, 8),
                     .region = "us-east-1",
                     .service = "s3"};
    claimed.signed_headers = {"host"};
    const std::string target = std::format(
        "{}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}&"
        "X-Amz-SignedHeaders=host{}",
        path, percent_encode(claimed.scope.access_key + "/" + claimed.scope.str()),
        claimed.amz_date, expires_s, more);
    wire::Headers headers;
    headers.add("Host", "127.0.0.1");
    return target + "&X-Amz-Signature=" +
           wire::aws_signature_of(wire::aws_signing_key(by_->secret, claimed.scope), claimed,
                                  {.method = method, .target = target, .headers = headers},
                                  "UNSIGNED-PAYLOAD");
  }

  AwsHub hub_{[this](Environment& environment) {
    return std::vector<Route>{
        s3_route(environment, std::make_shared<AwsDoor>(environment),
                 [this](std::string owner) { return owned_.of(std::move(owner)); })};
  }};
  std::optional<wire::AwsCredentials> by_ =
      wire::AwsCredentials{.access_key = "AKIDEXAMPLE", .secret = "x", .session_token = ""};
  store::testing::TemporaryDirectory directory_;
  SystemRandom random_;
  WorkPool pool_{2, 1'000};
  std::unique_ptr<store::Objects> all_ =
      *store::files::open_local_objects(directory_.path() / "objects", random_, pool_);
  ml::OwnedObjects owned_{*all_, hub_.tables};
};

TEST_F(S3, BucketsComeAndGo) {
  const Answer made =
      send("PUT", "/first",
           "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
           "</CreateBucketConfiguration>");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.headers.get("Location"), "/first");
  EXPECT_EQ(made.headers.get("x-amz-request-id").size(), 36U);
  make("second");
  // Once more is an error everywhere but in the oldest region.
  make("first");
  Sent again = sent("PUT", "/first");
  again.region = "eu-west-1";
  EXPECT_EQ(told(hub_.send(again)), "409 BucketAlreadyOwnedByYou");
  EXPECT_EQ(refused("PUT", "/Not_One"), "400 InvalidBucketName");
  const std::string list = send("GET", "/").body;
  EXPECT_EQ(all_in(list, "Name"), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(all_in(send("GET", "/?max-buckets=1").body, "Name"), std::vector<std::string>{"first"});
  EXPECT_EQ(all_in(send("GET", "/?continuation-token=first").body, "Name"),
            std::vector<std::string>{"second"});
  const Answer head = send("HEAD", "/first");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.get("x-amz-bucket-region"), "us-east-1");
  EXPECT_TRUE(send("GET", "/first?location")
                  .body.contains("<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/"
                                 "2006-03-01/\"></LocationConstraint>"));
  Sent elsewhere = sent("GET", "/first?location");
  elsewhere.region = "eu-west-1";
  EXPECT_TRUE(hub_.send(elsewhere).body.contains(">eu-west-1</LocationConstraint>"));
  EXPECT_EQ(send("PUT", "/first/key", "x").status, 200);
  EXPECT_EQ(refused("DELETE", "/first"), "409 BucketNotEmpty");
  EXPECT_EQ(send("DELETE", "/first/key").status, 204);
  EXPECT_EQ(send("DELETE", "/first").status, 204);
  const Answer gone = send("HEAD", "/first");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.body, "");
  EXPECT_EQ(refused("GET", "/first?list-type=2"), "404 NoSuchBucket");
  EXPECT_EQ(refused("PUT", "/first/key", "x"), "404 NoSuchBucket");
}

TEST_F(S3, AnObjectComesBackAsItWasPut) {
  make("bucket");
  const Answer put = send(
      "PUT", "/bucket/a/b%20c+d", "hello world",
      {{"Content-Type", "text/csv"}, {"x-amz-meta-colour", "blue"}, {"Cache-Control", "no-store"}});
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(put.headers.get("ETag"), "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"");
  const Answer got = send("GET", "/bucket/a/b%20c+d");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "hello world");
  EXPECT_EQ(got.headers.get("ETag"), "\"5eb63bbbe01eeed093cb22bb8f5acdc3\"");
  EXPECT_EQ(got.headers.get("Content-Type"), "text/csv");
  EXPECT_EQ(got.headers.get("x-amz-meta-colour"), "blue");
  EXPECT_EQ(got.headers.get("Cache-Control"), "no-store");
  EXPECT_EQ(got.headers.get("Content-Security-Policy"), "sandbox");
  const Answer head = send("HEAD", "/bucket/a/b%20c+d");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.get("Content-Length"), "11");
  EXPECT_EQ(head.body, "");
  const std::string modified(head.headers.get("Last-Modified"));
  EXPECT_TRUE(modified.ends_with(" GMT"));
  EXPECT_EQ(send("GET", "/bucket/a/b%20c+d", "",
                 {{"If-None-Match", std::string(got.headers.get("ETag"))}})
                .status,
            304);
  EXPECT_EQ(send("GET", "/bucket/a/b%20c+d", "", {{"If-Modified-Since", modified}}).status, 304);
  EXPECT_EQ(refused("GET", "/bucket/a/b%20c+d", "", {{"If-Match", "\"x\""}}),
            "412 PreconditionFailed");
  EXPECT_EQ(refused("GET", "/bucket/other"), "404 NoSuchKey");
  EXPECT_EQ(send("HEAD", "/bucket/other").status, 404);
  EXPECT_EQ(send("GET", "/bucket/a/b%20c+d?response-content-type=text%2Fplain")
                .headers.get("Content-Type"),
            "text/plain");
  const Answer empty = send("PUT", "/bucket/empty", "");
  EXPECT_EQ(empty.headers.get("ETag"), "\"d41d8cd98f00b204e9800998ecf8427e\"");
  EXPECT_EQ(send("GET", "/bucket/empty").body, "");
  EXPECT_EQ(send("DELETE", "/bucket/nobody").status, 204);
}

TEST_F(S3, LargeObjectsAndTheirRanges) {
  make("bucket");
  const std::string bytes = noise(3 * kMiB + 17);
  EXPECT_EQ(send("PUT", "/bucket/large", bytes).headers.get("ETag"), "\"" + md5_of(bytes) + "\"");
  const Answer whole = send("GET", "/bucket/large");
  EXPECT_EQ(whole.headers.get("Content-Length"), std::format("{}", bytes.size()));
  EXPECT_TRUE(whole.body == bytes);
  const Answer middle = send("GET", "/bucket/large", "", {{"Range", "bytes=1000000-2999999"}});
  EXPECT_EQ(middle.status, 206);
  EXPECT_EQ(middle.headers.get("Content-Range"),
            std::format("bytes 1000000-2999999/{}", bytes.size()));
  EXPECT_TRUE(middle.body == bytes.substr(1'000'000, 2'000'000));
  EXPECT_EQ(send("GET", "/bucket/large", "", {{"Range", "bytes=-17"}}).body,
            bytes.substr(3 * kMiB));
  EXPECT_EQ(refused("GET", "/bucket/large", "", {{"Range", "bytes=99999999-"}}),
            "416 InvalidRange");
  const Answer head = send("HEAD", "/bucket/large", "", {{"Range", "bytes=0-9"}});
  EXPECT_EQ(head.status, 206);
  EXPECT_EQ(head.headers.get("Content-Length"), "10");
}

TEST_F(S3, WhatIsSaidOfABodyIsChecked) {
  make("bucket");
  const std::string md5 = digest_of(wire::DigestKind::md5, "bytes");
  EXPECT_EQ(send("PUT", "/bucket/k", "bytes", {{"Content-MD5", md5}}).status, 200);
  EXPECT_EQ(refused("PUT", "/bucket/x", "bytez", {{"Content-MD5", md5}}), "400 BadDigest");
  EXPECT_EQ(refused("PUT", "/bucket/x", "bytes", {{"Content-MD5", "abc"}}), "400 InvalidDigest");
  for (const auto kind :
       {wire::DigestKind::crc32, wire::DigestKind::crc32c, wire::DigestKind::crc64nvme,
        wire::DigestKind::sha1, wire::DigestKind::sha256}) {
    const std::string name = std::format("x-amz-checksum-{}", wire::to_string(kind));
    const std::string value = digest_of(kind, "bytes");
    const Answer put = send("PUT", "/bucket/k", "bytes", {{name, value}});
    EXPECT_EQ(put.status, 200) << name;
    EXPECT_EQ(put.headers.get(name), value);
    EXPECT_EQ(refused("PUT", "/bucket/x", "bytez", {{name, value}}), "400 BadDigest") << name;
    EXPECT_EQ(refused("PUT", "/bucket/x", "bytes", {{name, "AA"}}), "400 InvalidRequest");
    const Answer got = send("GET", "/bucket/k", "", {{"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_EQ(got.headers.get(name), value);
    EXPECT_FALSE(send("GET", "/bucket/k").headers.has(name));
    EXPECT_FALSE(
        send("GET", "/bucket/k", "", {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-1"}})
            .headers.has(name))
        << "of a piece it would be wrong";
  }
  EXPECT_EQ(refused("PUT", "/bucket/x", "bytes",
                    {{"x-amz-checksum-crc32", digest_of(wire::DigestKind::crc32, "bytes")},
                     {"x-amz-checksum-sha1", digest_of(wire::DigestKind::sha1, "bytes")}}),
            "400 InvalidRequest");
  // Another body than the one that was signed.
  const Sent signed_one = sent("PUT", "/bucket/x", "bytes");
  EXPECT_EQ(told(hub_.send(hub_.head_of(signed_one), "bytez")), "400 XAmzContentSHA256Mismatch");
  EXPECT_EQ(refused("GET", "/bucket/x"), "404 NoSuchKey") << "none of it was kept";
}

TEST_F(S3, ADigestThatIsWrongLeavesWhatWasThere) {
  make("bucket");
  EXPECT_EQ(send("PUT", "/bucket/k", "old").status, 200);
  EXPECT_EQ(refused("PUT", "/bucket/k", "new",
                    {{"Content-MD5", digest_of(wire::DigestKind::md5, "other")}}),
            "400 BadDigest");
  EXPECT_EQ(send("GET", "/bucket/k").body, "old");
}

/// A body in chunks with a chain of signatures, as aws-chunked has it.
std::string signed_chunks(const wire::AwsCredentials& by, const wire::Headers& headers,
                          const std::vector<std::string>& chunks, std::string_view trailer) {
  const auto seed = *wire::read_aws_signature({.method = "PUT", .target = "/", .headers = headers});
  const wire::Sha256 key = wire::aws_signing_key(by.secret, seed->scope);
  std::string previous = seed->signature;
  const auto sign = [&](std::string_view what, std::string_view rest) {
    previous =
        wire::hex(wire::hmac_sha256(key, std::format("{}\n{}\n{}\n{}\n{}", what, seed->amz_date,
                                                     seed->scope.str(), previous, rest)));
    return previous;
  };
  std::string out;
  for (std::size_t i = 0; i <= chunks.size(); ++i) {
    const std::string chunk = i < chunks.size() ? chunks[i] : "";
    const std::string rest = wire::hex(wire::sha256("")) + "\n" + wire::hex(wire::sha256(chunk));
    out += std::format("{:x};chunk-signature={}\r\n{}", chunk.size(),
                       sign("AWS4-HMAC-SHA256-PAYLOAD", rest), chunk);
    if (i < chunks.size()) out += "\r\n";
  }
  if (!trailer.empty()) {
    const std::string lines = std::string(trailer) + "\n";
    out += std::string(trailer) + "\r\n";
    out += std::format("x-amz-trailer-signature:{}\r\n",
                       sign("AWS4-HMAC-SHA256-TRAILER", wire::hex(wire::sha256(lines))));
  }
  return out + "\r\n";
}

TEST_F(S3, SignedChunksAreCheckedOneByOne) {
  by_ = hub_.make_key("alice");
  make("bucket");
  const std::vector<std::string> chunks{noise(65'536), std::string(100'000, 'x'), "end"};
  std::string content;
  for (const auto& chunk : chunks) content += chunk;
  const std::string crc = digest_of(wire::DigestKind::crc32c, content);
  for (const bool trailer : {false, true}) {
    Sent put = sent("PUT", "/bucket/k", "",
                    {{"Content-Encoding", "aws-chunked"},
                     {"x-amz-decoded-content-length", std::format("{}", content.size())}});
    put.payload = trailer ? "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
                          : "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    if (trailer) put.headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32c");
    const auto head = hub_.head_of(put);
    const std::string line = trailer ? "x-amz-checksum-crc32c:" + crc : "";
    const std::string body = signed_chunks(*by_, head.headers, chunks, line);
    const Answer answer = hub_.send(head, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.headers.get("x-amz-checksum-crc32c"), trailer ? crc : "");
    const Answer got = send("GET", "/bucket/k");
    EXPECT_TRUE(got.body == content);
    EXPECT_FALSE(got.headers.has("Content-Encoding"));
    std::string changed = body;
    changed[body.find("\r\n") + 2] ^= 1;
    EXPECT_EQ(told(hub_.send(head, changed)), "403 SignatureDoesNotMatch");
    EXPECT_EQ(told(hub_.send(head, body.substr(0, body.size() - 40))), "400 IncompleteBody");
  }
}

TEST_F(S3, UnsignedChunksEndWithAChecksum) {
  by_ = hub_.make_key("alice");
  make("bucket");
  const auto put = [&](std::string body, std::string length, std::string trailer) {
    Sent out = sent("PUT", "/bucket/k", std::move(body),
                    {{"x-amz-decoded-content-length", std::move(length)},
                     {"x-amz-trailer", std::move(trailer)}});
    out.payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    return told(hub_.send(out));
  };
  const std::string crc = digest_of(wire::DigestKind::crc32, "hello");
  const auto body = [](std::string_view trailer) {
    return std::format("5\r\nhello\r\n0\r\n{}\r\n", trailer);
  };
  EXPECT_EQ(put(body("x-amz-checksum-crc32:" + crc + "\r\n"), "5", "x-amz-checksum-crc32"), "200 ");
  EXPECT_EQ(put(body("x-amz-checksum-crc32:AAAAAA==\r\n"), "5", "x-amz-checksum-crc32"),
            "400 BadDigest");
  EXPECT_EQ(put(body(""), "5", "x-amz-checksum-crc32"), "400 MalformedTrailerError");
  EXPECT_EQ(put(body("x-amz-checksum-crc32:" + crc + "\r\n"), "6", "x-amz-checksum-crc32"),
            "400 IncompleteBody");
  EXPECT_EQ(put(body(""), "5", "x-amz-checksum-md4"), "400 InvalidRequest");
  EXPECT_EQ(put(body(""), "", "x-amz-checksum-crc32"), "411 MissingContentLength");
}

TEST_F(S3, OthersSeeNothing) {
  const auto alice = hub_.make_key("alice");
  const auto bob = hub_.make_key("bob");
  by_ = alice;
  make("alices");
  EXPECT_EQ(send("PUT", "/alices/k", "secret").status, 200);
  EXPECT_EQ(
      send("HEAD", "/alices", "", {{"x-amz-expected-bucket-owner", account_of("alice")}}).status,
      200);
  EXPECT_EQ(refused("GET", "/alices/k", "", {{"x-amz-expected-bucket-owner", account_of("bob")}}),
            "403 AccessDenied");
  by_ = bob;
  EXPECT_EQ(all_in(send("GET", "/").body, "Name"), std::vector<std::string>());
  EXPECT_EQ(refused("GET", "/alices/k"), "403 AccessDenied");
  EXPECT_EQ(refused("GET", "/alices?list-type=2"), "403 AccessDenied");
  EXPECT_EQ(send("HEAD", "/alices").status, 403);
  EXPECT_EQ(refused("PUT", "/alices/k", "x"), "403 AccessDenied");
  EXPECT_EQ(refused("DELETE", "/alices/k"), "403 AccessDenied");
  EXPECT_EQ(refused("PUT", "/alices"), "409 BucketAlreadyExists");
  make("bobs");
  EXPECT_EQ(refused("PUT", "/bobs/k", "", {{"x-amz-copy-source", "alices/k"}}), "403 AccessDenied");
  EXPECT_EQ(refused("POST", "/alices?delete", "<Delete><Object><Key>k</Key></Object></Delete>"),
            "403 AccessDenied");
}

TEST_F(S3, WhoSignsWrongIsToldInS3sWords) {
  by_ = hub_.make_key("alice");
  make("bucket");
  Sent wrong = sent("GET", "/bucket");
  wrong.by->secret[0] ^= 1;
  EXPECT_EQ(told(hub_.send(wrong)), "403 SignatureDoesNotMatch");
  wrong.by->access_key = "WEFT0000000000000000";
  EXPECT_EQ(told(hub_.send(wrong)), "403 InvalidAccessKeyId");
  wrong = sent("GET", "/bucket");
  wrong.ahead_s = -901;
  EXPECT_EQ(told(hub_.send(wrong)), "403 RequestTimeTooSkewed");
  wrong.ahead_s = 901;
  EXPECT_EQ(told(hub_.send(wrong)), "403 RequestTimeTooSkewed");
  wrong.ahead_s = -899;
  EXPECT_EQ(hub_.send(wrong).status, 200);
  // By the bucket in Host it is S3's, signed or not.
  Sent none = sent("GET", "/k");
  none.by.reset();
  none.host = "bucket.localhost";
  EXPECT_EQ(told(hub_.send(none)), "403 AccessDenied");
  // Its header is what S3 signs; a version that is no more is refused by name.
  auto head = hub_.head_of(sent("GET", "/bucket"));
  head.headers.remove("x-amz-content-sha256");
  EXPECT_EQ(hub_.send(head, "").status, 400);
  wire::RequestHead old;
  old.method = "GET";
  old.target = "/bucket";
  old.headers.add("Host", "127.0.0.1");
  old.headers.add("Authorization", "AWS AKID:c2ln");
  EXPECT_TRUE(hub_.send(old, "").body.contains("Please use AWS4-HMAC-SHA256"));
}

TEST_F(S3, PresignedUrlsAreGoodForTheirTime) {
  by_ = hub_.make_key("alice");
  make("bucket");
  EXPECT_EQ(send("PUT", "/bucket/k", "bytes").status, 200);
  const std::string get = presigned("GET", "/bucket/k", 3600, "&response-expires=x");
  const std::string put = presigned("PUT", "/bucket/k", 3600);
  const Sent getting{.method = "GET", .target = get};
  EXPECT_EQ(hub_.send(getting).body, "bytes");
  EXPECT_EQ(told(hub_.send(Sent{.method = "DELETE", .target = get})), "403 SignatureDoesNotMatch");
  EXPECT_EQ(hub_.send(Sent{.method = "PUT", .target = put, .body = "new"}).status, 200);
  EXPECT_EQ(hub_.send(getting).body, "new");
  hub_.clock.now_ms += 3'600'000;
  EXPECT_EQ(hub_.send(getting).status, 200);
  hub_.clock.now_ms += 1'000;
  const Answer late = hub_.send(getting);
  EXPECT_EQ(told(late), "403 AccessDenied");
  EXPECT_EQ(in(late.body, "Message"), "Request has expired");
  EXPECT_EQ(
      told(hub_.send(Sent{.method = "GET", .target = presigned("GET", "/bucket/k", 604'801)})),
      "400 AuthorizationQueryParametersError");
}

// boto3's own way unless it is told otherwise.
TEST_F(S3, UrlsOfTheOlderSchemeAreGoodForTheirTime) {
  by_ = hub_.make_key("alice");
  make("bucket");
  EXPECT_EQ(send("PUT", "/bucket/k", "bytes").status, 200);
  const auto url = [&](std::int64_t for_s) {
    wire::RequestHead head;
    head.method = "GET";
    head.target = std::format("/bucket/k?AWSAccessKeyId={}&Expires={}", by_->access_key,
                              hub_.now_s() + for_s);
    const s3::Address address{.bucket = "bucket", .key = "k"};
    return Sent{.method = "GET",
                .target = head.target + "&Signature=" +
                          percent_encode(s3::signature_v2(by_->secret, head, address))};
  };
  const Sent get = url(60);
  EXPECT_EQ(hub_.send(get).body, "bytes");
  Sent other = get;
  other.method = "DELETE";
  EXPECT_EQ(told(hub_.send(other)), "403 SignatureDoesNotMatch");
  EXPECT_EQ(told(hub_.send(url(8 * 24 * 3600))), "403 AccessDenied");
  hub_.clock.now_ms += 61'000;
  EXPECT_EQ(told(hub_.send(get)), "403 AccessDenied");
  by_->access_key = "WEFT0000000000000000";
  EXPECT_EQ(told(hub_.send(url(60))), "403 InvalidAccessKeyId");
}

// A page of another site may neither read nor write, whoever signed the URL that it has.
TEST_F(S3, PagesOfOtherSitesAreKeptOut) {
  by_ = hub_.make_key("alice");
  make("bucket");
  EXPECT_EQ(send("PUT", "/bucket/k", "<script>", {{"Content-Type", "text/html"}}).status, 200);
  Sent page{.method = "GET",
            .target = presigned("GET", "/bucket/k", 60),
            .headers = {{"Origin", "https://evil.example"}}};
  EXPECT_EQ(told(hub_.send(page)), "403 AccessDenied");
  page.headers = {{"Sec-Fetch-Site", "cross-site"}};
  EXPECT_EQ(told(hub_.send(page)), "403 AccessDenied");
  page.headers = {{"Sec-Fetch-Site", "none"}};
  const Answer typed = hub_.send(page);
  EXPECT_EQ(typed.status, 200);
  EXPECT_EQ(typed.headers.get("Content-Security-Policy"), "sandbox");
  EXPECT_EQ(typed.headers.get("X-Content-Type-Options"), "nosniff");
}

TEST_F(S3, AUrlEndsWhereNobodyNeedsAKeyToo) {
  make("bucket");
  EXPECT_EQ(send("PUT", "/bucket/k", "bytes").status, 200);
  Sent get = sent("GET", presigned("GET", "/bucket/k", 60));
  get.by.reset();
  EXPECT_EQ(hub_.send(get).body, "bytes");
  hub_.clock.now_ms += 61'000;
  EXPECT_EQ(told(hub_.send(get)), "403 AccessDenied");
}

TEST_F(S3, ABucketMayBeInHost) {
  make("bucket");
  Sent put = sent("PUT", "/a//b", "bytes");
  put.host = "bucket.localhost:8420";
  EXPECT_EQ(hub_.send(put).status, 200);
  EXPECT_EQ(send("GET", "/bucket/a//b").body, "bytes");
  Sent get = sent("GET", "/a//b");
  get.host = "bucket.weft.example";
  EXPECT_EQ(hub_.send(get).body, "bytes");
  get.by.reset();
  EXPECT_EQ(hub_.send(get).body, "bytes") << "where nobody needs a key";
  get.host = "127.0.0.1";
  get.target = "/bucket/a//b";
  EXPECT_EQ(hub_.send(get).status, 404) << "nothing says that it is S3's";
}

TEST_F(S3, OddKeysAreKeptApart) {
  make("bucket");
  const std::vector<std::string> keys{"a b",      "a+b", "a%2Bb", "/lead", "x//y",
                                      "x/",       "x",   "../e",  "..",    ".",
                                      "\xC3\xBC", "a&b", "<k>",   "\"q\"", "e\xF0\x9F\x98\x80",
                                      "t\tb"};
  for (const auto& key : keys) {
    EXPECT_EQ(send("PUT", "/bucket/" + percent_encode(key), "of " + key).status, 200) << key;
  }
  for (const auto& key : keys)
    EXPECT_EQ(send("GET", "/bucket/" + percent_encode(key)).body, "of " + key) << key;
  const std::string list = send("GET", "/bucket?list-type=2&encoding-type=url").body;
  std::vector<std::string> listed;
  for (const auto& key : all_in(list, "Key")) listed.push_back(*percent_decode(key));
  std::vector<std::string> sorted = keys;
  std::ranges::sort(sorted);
  EXPECT_EQ(listed, sorted);
}

TEST_F(S3, ListsGoOnWhereTheyEnded) {
  make("bucket");
  for (const char* key : {"a", "b/1", "b/2", "c/d/1", "c+", "z"})
    EXPECT_EQ(send("PUT", "/bucket/" + percent_encode(key), "x").status, 200);
  const auto keys = [&](const std::string& query) {
    return all_in(send("GET", "/bucket?" + query).body, "Key");
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(keys("list-type=2"), (Names{"a", "b/1", "b/2", "c+", "c/d/1", "z"}));
  EXPECT_EQ(keys("list-type=2&prefix=b%2F"), (Names{"b/1", "b/2"}));
  EXPECT_EQ(keys("list-type=2&start-after=b%2F2"), (Names{"c+", "c/d/1", "z"}));
  const std::string folders = send("GET", "/bucket?list-type=2&delimiter=%2F").body;
  EXPECT_EQ(all_in(folders, "Key"), (Names{"a", "c+", "z"}));
  EXPECT_TRUE(
      folders.contains("<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>"
                       "<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>"));
  EXPECT_EQ(in(folders, "KeyCount"), "5");
  Names all;
  std::string query = "list-type=2&max-keys=2";
  for (int pages = 0; pages < 4; ++pages) {
    const std::string page = send("GET", "/bucket?" + query).body;
    for (auto& key : all_in(page, "Key")) all.push_back(std::move(key));
    if (in(page, "IsTruncated") == "false") break;
    query = "list-type=2&max-keys=2&continuation-token=" +
            percent_encode(in(page, "NextContinuationToken"));
  }
  EXPECT_EQ(all, (Names{"a", "b/1", "b/2", "c+", "c/d/1", "z"}));
  EXPECT_EQ(in(send("GET", "/bucket?list-type=2&max-keys=0").body, "IsTruncated"), "false");
  EXPECT_EQ(refused("GET", "/bucket?list-type=2&max-keys=x"), "400 InvalidArgument");
  EXPECT_EQ(refused("GET", "/bucket?list-type=2&encoding-type=x"), "400 InvalidArgument");
  const std::string encoded = send("GET", "/bucket?list-type=2&encoding-type=url&prefix=c%2B").body;
  EXPECT_EQ(in(encoded, "Key"), "c%2B");
  EXPECT_EQ(in(encoded, "EncodingType"), "url");
  // The first version.
  const std::string first = send("GET", "/bucket?delimiter=%2F&max-keys=2").body;
  EXPECT_EQ(all_in(first, "Key"), Names{"a"});
  EXPECT_EQ(in(first, "NextMarker"), "b/");
  EXPECT_TRUE(first.contains("<Owner><ID>"));
  EXPECT_EQ(keys("delimiter=%2F&marker=b%2F"), (Names{"c+", "z"}));
}

TEST_F(S3, UploadsInParts) {
  make("bucket");
  const std::string id =
      in(send("POST", "/bucket/k?uploads", "", {{"Content-Type", "text/csv"}}).body, "UploadId");
  const std::string first = noise(5 * kMiB);
  const std::string second = "the rest";
  const auto put = [&](int number, const std::string& bytes) {
    return send("PUT", std::format("/bucket/k?partNumber={}&uploadId={}", number, id), bytes,
                {{"x-amz-checksum-crc32", digest_of(wire::DigestKind::crc32, bytes)}});
  };
  const Answer one = put(1, first);
  EXPECT_EQ(one.headers.get("ETag"), "\"" + md5_of(first) + "\"");
  EXPECT_EQ(one.headers.get("x-amz-checksum-crc32"), digest_of(wire::DigestKind::crc32, first));
  EXPECT_EQ(put(2, second).status, 200);
  EXPECT_EQ(refused("PUT", "/bucket/k?partNumber=0&uploadId=" + id, "x"), "400 InvalidArgument");
  EXPECT_EQ(refused("PUT", "/bucket/k?partNumber=1&uploadId=nobody", "x"), "404 NoSuchUpload");
  EXPECT_EQ(all_in(send("GET", "/bucket/k?uploadId=" + id).body, "PartNumber"),
            (std::vector<std::string>{"1", "2"}));
  const std::string page = send("GET", "/bucket/k?max-parts=1&uploadId=" + id).body;
  EXPECT_EQ(in(page, "NextPartNumberMarker"), "1");
  EXPECT_EQ(all_in(send("GET", "/bucket?uploads").body, "UploadId"), std::vector<std::string>{id});
  const auto parts = [&](const std::vector<std::pair<int, std::string>>& named) {
    std::string xml = "<CompleteMultipartUpload>";
    for (const auto& [number, etag] : named)
      xml +=
          std::format("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag></Part>", number, etag);
    return xml + "</CompleteMultipartUpload>";
  };
  const std::string target = "/bucket/k?uploadId=" + id;
  EXPECT_EQ(refused("POST", target, "<x/>"), "400 MalformedXML");
  EXPECT_EQ(refused("POST", target, parts({{1, md5_of(second)}, {2, md5_of(second)}})),
            "400 InvalidPart");
  EXPECT_EQ(refused("POST", target, parts({{2, md5_of(second)}, {1, md5_of(first)}})),
            "400 InvalidPartOrder");
  const Answer done = send("POST", target, parts({{1, md5_of(first)}, {2, md5_of(second)}}));
  EXPECT_EQ(done.status, 200) << done.body;
  // The MD5 of the parts' MD5s, as Python's hashlib has it.
  EXPECT_EQ(in(done.body, "ETag"), "&quot;48e6903183ccfba4fb9889dbcb9ff86d-2&quot;");
  const Answer got = send("GET", "/bucket/k");
  EXPECT_TRUE(got.body == first + second);
  EXPECT_EQ(got.headers.get("Content-Type"), "text/csv");
  EXPECT_EQ(refused("POST", target, parts({{1, md5_of(first)}})), "404 NoSuchUpload");
  // Who did not hear the answer may ask again.
  EXPECT_EQ(send("POST", target, parts({{1, md5_of(first)}, {2, md5_of(second)}})).body, done.body);
  EXPECT_EQ(in(send("GET", "/bucket/k?attributes", "",
                    {{"x-amz-object-attributes", "ETag,ObjectParts,ObjectSize"}})
                   .body,
               "PartsCount"),
            "2");
  EXPECT_EQ(refused("GET", "/bucket/k?partNumber=1"), "501 NotImplemented");
}

TEST_F(S3, PartsMayBeTooSmallAndUploadsGivenUp) {
  make("bucket");
  const std::string id = in(send("POST", "/bucket/k?uploads").body, "UploadId");
  const std::string target = "/bucket/k?uploadId=" + id;
  for (const int number : {1, 2}) {
    EXPECT_EQ(send("PUT", std::format("{}&partNumber={}", target, number), "small").status, 200);
  }
  std::string xml = "<CompleteMultipartUpload>";
  for (const char* number : {"1", "2"})
    xml += std::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                       md5_of("small"));
  EXPECT_EQ(refused("POST", target, xml + "</CompleteMultipartUpload>"), "400 EntityTooSmall");
  EXPECT_EQ(send("DELETE", target).status, 204);
  EXPECT_EQ(refused("GET", target), "404 NoSuchUpload");
  EXPECT_EQ(all_in(send("GET", "/bucket?uploads").body, "UploadId"), std::vector<std::string>());
}

TEST_F(S3, AChecksumOfTheWholeIsCheckedWhenItIsPutTogether) {
  make("bucket");
  EXPECT_EQ(send("PUT", "/bucket/k", "old").status, 200);
  const std::string id = in(send("POST", "/bucket/k?uploads").body, "UploadId");
  const std::string target = "/bucket/k?uploadId=" + id;
  EXPECT_EQ(send("PUT", target + "&partNumber=1", "bytes").status, 200);
  const std::string xml = std::format(
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>"
      "</CompleteMultipartUpload>",
      md5_of("bytes"));
  const std::string right = digest_of(wire::DigestKind::crc64nvme, "bytes");
  const std::string wrong = digest_of(wire::DigestKind::crc64nvme, "other");
  const auto complete = [&](const std::string& type, const std::string& crc) {
    return refused("POST", target, xml,
                   {{"x-amz-checksum-type", type}, {"x-amz-checksum-crc64nvme", crc}});
  };
  EXPECT_EQ(complete("FULL_OBJECT", wrong), "400 BadDigest");
  EXPECT_EQ(refused("POST", target, xml, {{"x-amz-checksum-crc64nvme", wrong}}), "400 BadDigest")
      << "the type was said when the upload was begun";
  EXPECT_EQ(complete("FULL_OBJECT", "AAAA"), "400 InvalidRequest");
  EXPECT_EQ(send("GET", "/bucket/k").body, "old") << "what was there stays";
  EXPECT_EQ(all_in(send("GET", target).body, "PartNumber"), std::vector<std::string>{"1"})
      << "and so does the upload";
  EXPECT_EQ(complete("FULL_OBJECT", right), "200 ");
  EXPECT_EQ(send("GET", "/bucket/k").body, "bytes");
}

TEST_F(S3, CopiesKeepOrReplaceWhatIsSaid) {
  make("bucket");
  EXPECT_EQ(send("PUT", "/bucket/a%20b", "bytes",
                 {{"Content-Type", "text/csv"}, {"x-amz-meta-colour", "blue"}})
                .status,
            200);
  const Answer copied =
      send("PUT", "/bucket/copy", "",
           {{"x-amz-copy-source", "/bucket/a%20b"}, {"x-amz-checksum-algorithm", "SHA1"}});
  EXPECT_EQ(copied.status, 200) << copied.body;
  EXPECT_EQ(in(copied.body, "ETag"), "&quot;" + md5_of("bytes") + "&quot;");
  EXPECT_EQ(in(copied.body, "ChecksumSHA1"), digest_of(wire::DigestKind::sha1, "bytes"));
  EXPECT_EQ(send("GET", "/bucket/copy").headers.get("x-amz-meta-colour"), "blue");
  EXPECT_EQ(send("PUT", "/bucket/copy", "",
                 {{"x-amz-copy-source", "bucket/copy"},
                  {"x-amz-metadata-directive", "REPLACE"},
                  {"x-amz-meta-colour", "green"}})
                .status,
            200);
  EXPECT_EQ(send("GET", "/bucket/copy").headers.get("x-amz-meta-colour"), "green");
  EXPECT_EQ(send("GET", "/bucket/copy").body, "bytes");
  EXPECT_EQ(refused("PUT", "/bucket/copy", "", {{"x-amz-copy-source", "bucket/copy"}}),
            "400 InvalidRequest");
  EXPECT_EQ(refused("PUT", "/bucket/x", "", {{"x-amz-copy-source", "bucket/nobody"}}),
            "404 NoSuchKey");
  EXPECT_EQ(refused("PUT", "/bucket/x", "", {{"x-amz-copy-source", "bucket"}}),
            "400 InvalidArgument");
  EXPECT_EQ(
      refused("PUT", "/bucket/x", "",
              {{"x-amz-copy-source", "bucket/copy"}, {"x-amz-copy-source-if-none-match", "*"}}),
      "412 PreconditionFailed");
  const std::string id = in(send("POST", "/bucket/k?uploads").body, "UploadId");
  const Answer part =
      send("PUT", "/bucket/k?partNumber=1&uploadId=" + id, "",
           {{"x-amz-copy-source", "bucket/copy"}, {"x-amz-copy-source-range", "bytes=1-3"}});
  EXPECT_EQ(in(part.body, "ETag"), "&quot;" + md5_of("yte") + "&quot;");
}

TEST_F(S3, ManyAreDeletedAtOnce) {
  make("bucket");
  for (const char* key : {"a", "b%26c", "d"})
    EXPECT_EQ(send("PUT", std::string("/bucket/") + key, "x").status, 200);
  const Answer deleted =
      send("POST", "/bucket?delete",
           "<Delete><Object><Key>a</Key></Object><Object><Key>b&amp;c</Key></Object>"
           "<Object><Key>nobody</Key></Object></Delete>");
  EXPECT_EQ(deleted.status, 200);
  EXPECT_EQ(all_in(deleted.body, "Key"), (std::vector<std::string>{"a", "b&amp;c", "nobody"}));
  EXPECT_EQ(all_in(send("GET", "/bucket?list-type=2").body, "Key"), std::vector<std::string>{"d"});
  EXPECT_EQ(send("POST", "/bucket?delete",
                 "<Delete><Quiet>true</Quiet><Object><Key>d</Key></Object></Delete>")
                .body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeleteResult "
            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></DeleteResult>");
}

TEST_F(S3, AWriteMayDependOnWhatIsThere) {
  make("bucket");
  EXPECT_EQ(send("PUT", "/bucket/k", "one", {{"If-None-Match", "*"}}).status, 200);
  EXPECT_EQ(refused("PUT", "/bucket/k", "two", {{"If-None-Match", "*"}}), "412 PreconditionFailed");
  EXPECT_EQ(refused("PUT", "/bucket/k", "two", {{"If-Match", "\"x\""}}), "412 PreconditionFailed");
  EXPECT_EQ(send("PUT", "/bucket/k", "two", {{"If-Match", "\"" + md5_of("one") + "\""}}).status,
            200);
  EXPECT_EQ(refused("PUT", "/bucket/other", "x", {{"If-Match", "*"}}), "404 NoSuchKey");
  EXPECT_EQ(send("GET", "/bucket/k").body, "two");
}

TEST_F(S3, WhatWeftDoesNotHaveIsRefusedByName) {
  make("bucket");
  EXPECT_EQ(in(send("GET", "/bucket/k?tagging").body, "Message"),
            "weft's S3 does not have GetObjectTagging (`?tagging`)");
  EXPECT_EQ(refused("PUT", "/bucket?policy", "{}"), "501 NotImplemented");
  EXPECT_EQ(refused("GET", "/bucket?acl"), "501 NotImplemented");
  const Answer asked = send("PUT", "/bucket/k", "x", {{"x-amz-server-side-encryption", "aws:kms"}});
  EXPECT_EQ(asked.status, 200);
  EXPECT_FALSE(asked.headers.has("x-amz-server-side-encryption")) << "it was not done";
  EXPECT_EQ(refused("PUT", "/bucket/k", "x",
                    {{"x-amz-server-side-encryption-customer-algorithm", "AES256"}}),
            "501 NotImplemented");
  EXPECT_EQ(refused("POST", "/bucket", "x", {{"Content-Type", "multipart/form-data"}}),
            "501 NotImplemented");
  EXPECT_EQ(refused("PATCH", "/bucket/k", "x"), "405 MethodNotAllowed");
  EXPECT_EQ(refused("DELETE", "/bucket/k", "", {{"If-Match", "*"}}), "501 NotImplemented");
  EXPECT_EQ(in(send("GET", "/bucket?versioning").body, "Status"), "");
  EXPECT_EQ(send("GET", "/bucket?versioning").status, 200);
}

TEST_F(S3, ABodyIsAskedForOnceItIsWanted) {
  make("bucket");
  auto head = hub_.head_of(sent("PUT", "/bucket/k", "bytes"));
  head.headers.set("Content-Length", "5");
  head.headers.add("Expect", "100-continue");
  std::string text;
  wire::write_request_head(text, head);
  net::testing::RawClient client(hub_.port());
  client.send(text);
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("bytes");
  EXPECT_EQ(AwsHub::read(client).status, 200);
  head.target = "/nobody/k";
  std::string other;
  head.headers.remove("Authorization");
  auto again = hub_.head_of(sent("PUT", "/nobody/k", "bytes"));
  again.headers.set("Content-Length", "5");
  again.headers.add("Expect", "100-continue");
  wire::write_request_head(other, again);
  net::testing::RawClient second(hub_.port());
  second.send(other);
  EXPECT_EQ(AwsHub::read(second).status, 404) << "before a byte of it was sent";
}

TEST_F(S3, AnUploadThatIsCutOffLeavesNothing) {
  make("bucket");
  auto head = hub_.head_of(sent("PUT", "/bucket/k", "bytes"));
  head.headers.set("Content-Length", "5");
  std::string text;
  wire::write_request_head(text, head);
  {
    net::testing::RawClient client(hub_.port());
    client.send(text + "byt");
    client.close_write();
    (void)client.read_all();
  }
  EXPECT_EQ(refused("GET", "/bucket/k"), "404 NoSuchKey");
  const auto drafts = directory_.path() / "objects" / ".weft" / "drafts";
  weft::testing::wait_until([&] { return std::filesystem::is_empty(drafts); });
  EXPECT_TRUE(std::filesystem::is_empty(drafts));
}

}  // namespace
}  // namespace weft::adapters::sagemaker
