#include "weft/wire/aws_signature.h"

#include <gtest/gtest.h>

namespace weft::wire {
namespace {

// The keys and requests of AWS's own published examples.
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kSecretS3 = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kEmpty =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

Headers headers_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  Headers out;
  for (const auto& [name, value] : fields) out.add(name, value);
  return out;
}

/// Whether what the request claims is what it should.
::testing::AssertionResult fits(const AwsRequest& request, std::string_view secret,
                                std::string_view digest) {
  const auto read = read_aws_signature(request);
  if (!read) return ::testing::AssertionFailure() << read.error().message;
  if (!*read) return ::testing::AssertionFailure() << "not signed";
  const AwsSignature& claimed = **read;
  const Sha256 key = aws_signing_key(secret, claimed.scope);
  const std::string should = aws_signature_of(key, claimed, request, digest);
  if (should == claimed.signature) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << should << " of\n"
                                       << aws_canonical_request(claimed, request, digest);
}

TEST(AwsSignature, PublishedIamExample) {
  const Headers headers =
      headers_of({{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                  {"Host", "iam.amazonaws.com"},
                  {"X-Amz-Date", "20150830T123600Z"},
                  {"Authorization",
                   "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                   "SignedHeaders=content-type;host;x-amz-date, "
                   "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"}});
  const AwsRequest request{"GET", "/?Action=ListUsers&Version=2010-05-08", headers};
  EXPECT_TRUE(fits(request, kSecret, kEmpty));
  EXPECT_FALSE(fits(request, kSecretS3, kEmpty));
  const AwsRequest other{"GET", "/?Action=ListRoles&Version=2010-05-08", headers};
  EXPECT_FALSE(fits(other, kSecret, kEmpty));
}

TEST(AwsSignature, PublishedS3Examples) {
  const Headers get = headers_of(
      {{"Host", "examplebucket.s3.amazonaws.com"},
       {"Range", "bytes=0-9"},
       {"x-amz-content-sha256", kEmpty},
       {"x-amz-date", "20130524T000000Z"},
       {"Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"}});
  EXPECT_TRUE(fits({"GET", "/test.txt", get}, kSecretS3, kEmpty));
  const std::string body = hex(sha256("Welcome to Amazon S3."));
  const Headers put = headers_of(
      {{"Host", "examplebucket.s3.amazonaws.com"},
       {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
       {"x-amz-date", "20130524T000000Z"},
       {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
       {"x-amz-content-sha256", body},
       {"Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"}});
  EXPECT_TRUE(fits({"PUT", "/test%24file.text", put}, kSecretS3, body));
  // What the client did not encode it signed encoded.
  EXPECT_TRUE(fits({"PUT", "/test$file.text", put}, kSecretS3, body));
  const Headers list = headers_of(
      {{"Host", "examplebucket.s3.amazonaws.com"},
       {"x-amz-date", "20130524T000000Z"},
       {"x-amz-content-sha256", kEmpty},
       {"Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"}});
  EXPECT_TRUE(fits({"GET", "/?max-keys=2&prefix=J", list}, kSecretS3, kEmpty));
  EXPECT_TRUE(fits({"GET", "/?prefix=J&max-keys=2", list}, kSecretS3, kEmpty));
}

TEST(AwsSignature, PublishedPresignedExample) {
  const Headers headers = headers_of({{"Host", "examplebucket.s3.amazonaws.com"}});
  const AwsRequest request{
      "GET",
      "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524"
      "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
      "X-Amz-SignedHeaders=host&X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
      headers};
  EXPECT_TRUE(fits(request, kSecretS3, kUnsignedPayload));
  const auto read = read_aws_signature(request).value().value();
  EXPECT_TRUE(read.presigned());
  EXPECT_EQ(read.expires_s, 86400);
  EXPECT_EQ(read.signed_at_s, 1369353600);
}

/// A signed request of our own, to be spoilt.
struct Signed {
  std::string method = "POST";
  std::string target = "/endpoints/a%20b/./x/../invocations?b=2&a=1&a=0";
  Headers headers;
  std::string service = "sagemaker";
  explicit Signed(std::string of = "sagemaker") : service(std::move(of)) {
    headers.add("Host", "127.0.0.1:8420");
    headers.add("Content-Type", "text/csv");
    headers.add("X-Spaces", "  a   b \t c ");
    sign_aws(method, target, headers, kEmpty, {"AKID", "secret", ""}, "eu-west-1", service,
             1'700'000'000);
  }
  AwsRequest request() const { return {method, target, headers}; }
  void replace(std::string_view from, std::string_view to) {
    std::string all(headers.get("Authorization"));
    const auto at = all.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    headers.set("Authorization", all.replace(at, from.size(), to));
  }
};

TEST(AwsSignature, WhatIsSignedFits) {
  for (const char* service : {"sagemaker", "s3", "logs"}) {
    Signed made(service);
    EXPECT_TRUE(fits(made.request(), "secret", kEmpty)) << service;
    EXPECT_FALSE(fits(made.request(), "Secret", kEmpty)) << service;
    EXPECT_FALSE(fits(made.request(), "secret", hex(sha256("x")))) << service;
    // What is signed again does not sign its first signature.
    sign_aws(made.method, made.target, made.headers, kEmpty, {"AKID", "secret", ""}, "eu-west-1",
             service, 1'700'000'001);
    EXPECT_TRUE(fits(made.request(), "secret", kEmpty)) << service;
    made.headers.set("X-Spaces", "a b c");
    EXPECT_TRUE(fits(made.request(), "secret", kEmpty)) << service;
    made.headers.set("Content-Type", "text/libsvm");
    EXPECT_FALSE(fits(made.request(), "secret", kEmpty)) << service;
  }
}

TEST(AwsSignature, DotsAreResolvedExceptInS3) {
  Signed control("sagemaker");
  control.target = "/endpoints/a%20b/invocations?a=0&a=1&b=2";
  EXPECT_TRUE(fits(control.request(), "secret", kEmpty));
  Signed objects("s3");
  objects.target = "/endpoints/a%20b/invocations?a=0&a=1&b=2";
  EXPECT_FALSE(fits(objects.request(), "secret", kEmpty));
}

TEST(AwsSignature, WhatIsMissingOrWrongIsNamed) {
  const auto why = [](Signed& made) {
    const auto read = read_aws_signature(made.request());
    return read ? std::string() : read.error().message;
  };
  const auto spoilt = [&](std::string_view from, std::string_view to) {
    Signed made;
    made.replace(from, to);
    return why(made);
  };
  EXPECT_EQ(spoilt("Credential=AKID/", "Credential="),
            "Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  EXPECT_EQ(spoilt("/aws4_request", "/aws5_request"),
            "Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request");
  EXPECT_EQ(spoilt("Signature=", "Signed="),
            "Authorization needs `Credential`, `SignedHeaders` and `Signature`");
  EXPECT_EQ(spoilt("content-type;host;", "content-type;"), "'Host' must be a signed header");
  EXPECT_EQ(spoilt("content-type;host;", "host;content-type;"),
            "the signed headers must be in order");
  EXPECT_EQ(spoilt("content-type;host;", "Content-Type;host;"),
            "the signed headers must be named in lower case");
  EXPECT_EQ(spoilt(";x-amz-date", ""), "the header `x-amz-date` was not signed and is not taken");
  EXPECT_EQ(spoilt("/20231114/", "/20231115/"),
            "the date of Credential (20231115) is not that of X-Amz-Date (20231114T221320Z)");
  Signed dated;
  dated.headers.set("x-amz-date", "20231314T221320Z");
  EXPECT_EQ(why(dated), "X-Amz-Date must be YYYYMMDDTHHMMSSZ");
  Signed injected;
  injected.headers.add("X-Amz-Target", "SageMaker.DeleteEndpoint");
  EXPECT_EQ(why(injected), "the header `X-Amz-Target` was not signed and is not taken");
  Signed twice;
  twice.headers.add("Content-Type", "text/plain");
  EXPECT_FALSE(fits(twice.request(), "secret", kEmpty));
}

TEST(AwsSignature, WhatIsNotSignedIsNone) {
  const Headers none = headers_of({{"Host", "a"}, {"Authorization", "Bearer weft_x"}});
  EXPECT_FALSE(read_aws_signature({"GET", "/?X-Amz-Algorithm=AWS3", none}).value().has_value());
  EXPECT_FALSE(aws_scope_of({"GET", "/", none}).has_value());
  const Signed made("s3");
  EXPECT_EQ(aws_scope_of(made.request()).value().service, "s3");
}

TEST(AwsSignature, ExpiryIsBounded) {
  const Headers headers = headers_of({{"Host", "a"}});
  for (const char* bad : {"0", "-1", "604801", "", "1h", "99999999999999999999"}) {
    const std::string target =
        std::string("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A/") +
        "20130524/r/s3/aws4_request&X-Amz-Date=20130524T000000Z&"
        "X-Amz-SignedHeaders=host&X-Amz-Signature=" +
        std::string(64, '0') + "&X-Amz-Expires=" + bad;
    const auto read = read_aws_signature({"GET", target, headers});
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_EQ(read.error().message, "X-Amz-Expires must be 1 to 604800 seconds");
  }
}

TEST(AwsSignature, Dates) {
  EXPECT_EQ(to_amz_date(1'700'000'000), "20231114T221320Z");
  EXPECT_EQ(from_amz_date("20231114T221320Z"), 1'700'000'000);
  for (const char* bad : {"", "20231114T221320", "20231114 221320Z", "20230229T000000Z",
                          "2023111-T221320Z", "20231114T241320Z", "20231114T22-320Z"}) {
    EXPECT_EQ(from_amz_date(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace weft::wire
