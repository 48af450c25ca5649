// What the wire looks like, as golden files of the adapter.
#include <gtest/gtest.h>

#include "aws_hub.h"
#include "weft/adapters/common/golden.h"
#include "weft/adapters/sagemaker/aws/dispatch.h"
#include "weft/adapters/sagemaker/aws/identity.h"
#include "weft/adapters/sagemaker/s3/s3.h"
#include "weft/ml/owned_objects.h"
#include "weft/store/files/local_objects.h"
#include "weft/store/testing/directory.h"

namespace weft::adapters::sagemaker {
namespace {

using weft::testing::AwsHub;
using weft::testing::Sent;

class AwsGolden : public ::testing::Test {
 protected:
  /// The answer's status and body; what is another one each time is replaced.
  std::string wire(const Sent& sent) {
    const auto answer = hub_.send(sent);
    std::string out = std::format("{} {}\n\n{}\n", answer.status,
                                  answer.headers.get("Content-Type"), answer.body);
    for (const char* tag : {"RequestId", "LastModified", "CreationDate", "UploadId", "Initiated"}) {
      const std::string open = std::format("<{}>", tag);
      for (auto at = out.find(open); at != std::string::npos; at = out.find(open, at)) {
        at += open.size();
        out.replace(at, out.find('<', at) - at, "…");
      }
    }
    return out;
  }
  void same(std::string_view name, const Sent& sent) {
    const std::string text = wire(sent);
    EXPECT_EQ(golden(WEFT_SOURCE "/src/weft/adapters/sagemaker/golden", name, text), text) << name;
  }
  static Sent s3(std::string method, std::string target, std::string body = "") {
    return {.method = std::move(method),
            .target = std::move(target),
            .body = std::move(body),
            .service = "s3",
            .by = wire::AwsCredentials{.access_key = "AKIDEXAMPLE", .secret = "x"}};
  }
  static Sent form(std::string body) {
    return {.headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
            .body = std::move(body)};
  }

  AwsHub hub_{[this](Environment& environment) {
    auto door = std::make_shared<AwsDoor>(environment);
    auto dispatch = std::make_shared<AwsDispatch>(
        environment, door, std::vector<AwsService>{security_tokens(), identities()});
    Route services;
    services.prefix = "/";
    services.handler = [dispatch](Request& request) { return dispatch->handle(request); };
    services.match = [](const net::Exchange& exchange) { return AwsDispatch::matches(exchange); };
    return std::vector<Route>{services, s3_route(environment, door, [this](std::string owner) {
                                return owned_.of(owner);
                              })};
  }};
  store::testing::TemporaryDirectory directory_;
  SystemRandom random_;
  WorkPool pool_{1, 100};
  std::unique_ptr<store::Objects> all_ =
      *store::files::open_local_objects(directory_.path() / "objects", random_, pool_);
  ml::OwnedObjects owned_{*all_, hub_.tables};
};

TEST_F(AwsGolden, Identity) {
  same("get_caller_identity.txt", form("Action=GetCallerIdentity&Version=2011-06-15"));
  same("get_role.txt", form("Action=GetRole&Version=2010-05-08&RoleName=my-role"));
  same("assume_role.txt", form("Action=AssumeRole&Version=2011-06-15"));
  Sent json{.headers = {{"X-Amz-Target", "Nobody.Do"}}, .body = "{}"};
  same("unknown_operation.txt", json);
}

TEST_F(AwsGolden, Objects) {
  same("list_no_buckets.txt", s3("GET", "/"));
  EXPECT_EQ(hub_.send(s3("PUT", "/bucket")).status, 200);
  same("list_buckets.txt", s3("GET", "/"));
  for (const char* key : {"/bucket/a%20b", "/bucket/c/1", "/bucket/c/2", "/bucket/d"})
    EXPECT_EQ(hub_.send(s3("PUT", key, "bytes")).status, 200);
  same(
      "list_objects_v2.txt",
      s3("GET", "/bucket?list-type=2&delimiter=%2F&max-keys=2&encoding-type=url&fetch-owner=true"));
  same("list_objects.txt", s3("GET", "/bucket?delimiter=%2F&max-keys=2"));
  same("no_such_key.txt", s3("GET", "/bucket/nobody"));
  same("not_implemented.txt", s3("PUT", "/bucket/d?tagging", "<Tagging/>"));
  same("create_multipart_upload.txt", s3("POST", "/bucket/e?uploads"));
  same("list_multipart_uploads.txt", s3("GET", "/bucket?uploads"));
  same("delete_objects.txt",
       s3("POST", "/bucket?delete", "<Delete><Object><Key>d</Key></Object></Delete>"));
}

}  // namespace
}  // namespace weft::adapters::sagemaker
