#include "weft/adapters/sagemaker/remote/errors.h"

#include <gtest/gtest.h>

namespace weft::adapters::sagemaker::remote {
namespace {

RemoteStore store() {
  RemoteStore out;
  out.endpoint = *parse_url("http://127.0.0.1:9000");
  out.access_key = "AKIDEXAMPLE";
  out.secret = "wJalrXUtnFEMI";
  out.origin = "weft.yaml:14";
  return out;
}

Error of(int status, std::string code, std::string message = "its words") {
  return error_of(store(),
                  {.status = status,
                   .fault = {.code = std::move(code), .message = std::move(message), .region = ""},
                   .content_type = "application/xml",
                   .region = ""},
                  "data");
}

TEST(RemoteErrors, AreWhatTheInterfacePromises) {
  EXPECT_EQ(of(404, "NoSuchBucket").code, Code::not_found);
  EXPECT_EQ(of(404, "NoSuchBucket").message, "there is no bucket `data`");
  EXPECT_EQ(of(404, "NoSuchUpload").reason, Reason::task_not_found);
  EXPECT_EQ(of(409, "BucketAlreadyOwnedByYou").code, Code::already_exists);
  EXPECT_EQ(of(409, "BucketAlreadyOwnedByYou").reason, Reason::invalid_argument);
  EXPECT_EQ(of(409, "BucketAlreadyExists").code, Code::already_exists);
  EXPECT_EQ(of(409, "BucketAlreadyExists").reason, Reason::permission_denied);
  EXPECT_EQ(of(409, "BucketNotEmpty").code, Code::failed_precondition);
  EXPECT_EQ(of(400, "InvalidPart").code, Code::invalid_argument);
  EXPECT_EQ(of(403, "AccessDenied").reason, Reason::permission_denied);
  EXPECT_EQ(of(403, "").reason, Reason::permission_denied);
  EXPECT_EQ(of(507, "").reason, Reason::storage_full);
  EXPECT_EQ(of(400, "EntityTooLarge").reason, Reason::too_large);
  EXPECT_EQ(of(503, "SlowDown").reason, Reason::rate_limited);
  EXPECT_EQ(of(500, "InternalError").reason, Reason::unavailable);
  EXPECT_EQ(of(500, "InternalError").upstream_status, 500);
  EXPECT_EQ(of(501, "NotImplemented").reason, Reason::unsupported);
}

TEST(RemoteErrors, NameTheStoreItsWordsThePlaceAndTheRemedy) {
  EXPECT_EQ(of(403, "AccessDenied", "Access Denied.").message,
            "the object store at http://127.0.0.1:9000 says AccessDenied: Access Denied.; see "
            "whether the key of `ml.objects` (weft.yaml:14) may do this");
  EXPECT_EQ(of(403, "SignatureDoesNotMatch", "no").message,
            "the object store at http://127.0.0.1:9000 says SignatureDoesNotMatch: no; see whether "
            "`access_key` and `secret_key` of `ml.objects` (weft.yaml:14) are the store's");
  EXPECT_EQ(of(503, "", "").message,
            "the object store at http://127.0.0.1:9000 says HTTP 503 without saying why; try "
            "again, and look at its log");
  EXPECT_EQ(
      unreached(store(), make_error(Reason::unavailable, "http://127.0.0.1:9000: refused")).message,
      "the object store at http://127.0.0.1:9000 cannot be reached: refused; see whether it "
      "runs, and whether `ml.objects.endpoint` (weft.yaml:14) is its address");
  const Error region = error_of(store(),
                                {.status = 301,
                                 .fault = {.code = "PermanentRedirect", .message = "elsewhere"},
                                 .content_type = "application/xml",
                                 .region = "eu-west-1"},
                                "data");
  EXPECT_EQ(region.message,
            "the object store at http://127.0.0.1:9000 says PermanentRedirect: elsewhere; its "
            "region is `eu-west-1`, see `ml.objects.region` (weft.yaml:14)");
  EXPECT_EQ(error_of(store(), {.status = 404, .content_type = "text/html"}, "data").reason,
            Reason::upstream_protocol);
}

TEST(RemoteErrors, NeverHoldTheKey) {
  const Error told =
      of(403, "InvalidAccessKeyId", "AKIDEXAMPLE with wJalrXUtnFEMI, wJalrXUtnFEMI is\r\nunknown");
  EXPECT_FALSE(told.message.contains("AKIDEXAMPLE"));
  EXPECT_FALSE(told.message.contains("wJalrXUtnFEMI"));
  EXPECT_TRUE(told.message.contains("*** with ***, *** is  unknown"));
  EXPECT_LT(of(500, "X", std::string(100'000, 'a')).message.size(), 1'000U);
}

}  // namespace
}  // namespace weft::adapters::sagemaker::remote
