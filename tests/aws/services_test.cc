// AWS's services over a socket, called as their programs do it.
#include <gtest/gtest.h>

#include <zlib.h>

#include <format>

#include "aws_hub.h"
#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/aws/cbor.h"
#include "weft/adapters/sagemaker/aws/dispatch.h"
#include "weft/adapters/sagemaker/aws/identity.h"
#include "weft/adapters/sagemaker/aws/signed_route.h"
#include "weft/adapters/sagemaker/aws/testing_shapes.h"
#include "weft/adapters/sagemaker/limits.h"

namespace weft::adapters::sagemaker {
namespace {

using weft::testing::Answer;
using weft::testing::AwsHub;
using weft::testing::Sent;

/// Says who called and with what.
Awaitable<AwsResult> say_back(AwsCaller caller, std::string operation, json::object input) {
  if (operation == "PutNothing") co_return json::object();
  if (operation != "GetMetricStatistics") {
    co_return std::unexpected(
        AwsError{.status = 400, .code = "UnknownOperationException", .message = "no " + operation});
  }
  json::object out;
  out["Label"] = std::format("{} {} {}", caller.principal.name, caller.account, caller.region);
  out["Input"] = std::move(input);
  co_return out;
}

AwsService metrics() {
  return {.signing_name = "monitoring",
          .target = "GraniteServiceVersion20100801",
          .query_version = "2010-08-01",
          .xml_namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/",
          .shapes = &testing::metric_shapes(),
          .call = say_back};
}

Route aws_route(std::string prefix, RouteHandler handler) {
  Route out;
  out.prefix = std::move(prefix);
  out.handler = std::move(handler);
  out.any_body = true;
  out.authenticate = [](net::Exchange&) -> Result<model::Principal> { return model::Principal(); };
  return out;
}

std::vector<Route> routes(Environment& environment) {
  auto door = std::make_shared<AwsDoor>(environment);
  auto dispatch = std::make_shared<AwsDispatch>(
      environment, door, std::vector<AwsService>{metrics(), security_tokens(), identities()});
  std::vector<Route> out;
  for (const char* prefix : {"/", "/service"}) {
    out.push_back(aws_route(prefix, [dispatch](Request& r) { return dispatch->handle(r); }));
    out.back().match = [](const net::Exchange& e) { return AwsDispatch::matches(e); };
    out.back().refuse = [dispatch](net::Exchange& e, const Error& error) {
      dispatch->refuse(e, error);
    };
  }
  RouteHandler echo = [](Request& request) -> Awaitable<> {
    auto body = co_await request.exchange.read_body(1 << 20);
    const std::string text =
        std::format("{} {} {}", request.principal.name, request.rest.at(0), body.value_or("!"));
    (void)request.exchange.respond({}, text);
  };
  out.push_back(
      aws_route("/endpoints", behind_signature(environment, door, "sagemaker", std::move(echo))));
  return out;
}

Sent json_call(std::string target, std::string body, std::string service = "monitoring") {
  return {.headers = {{"X-Amz-Target", std::move(target)},
                      {"Content-Type", "application/x-amz-json-1.0"}},
          .body = std::move(body),
          .service = std::move(service)};
}

Sent form_call(std::string body, std::string service) {
  return {.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
          .body = std::move(body),
          .service = std::move(service)};
}

Sent cbor_call(std::string operation, const json::value& input) {
  Sent out{.target = "/service/GraniteServiceVersion20100801/operation/" + operation,
           .headers = {{"smithy-protocol", "rpc-v2-cbor"}, {"Content-Type", "application/cbor"}},
           .service = "monitoring"};
  write_cbor(out.body, input);
  return out;
}

constexpr std::string_view kIdentityForm = "Action=GetCallerIdentity&Version=2011-06-15";

TEST(AwsServices, WithoutKeysEverybodyIsLocal) {
  AwsHub hub(routes);
  Sent sent = json_call("GraniteServiceVersion20100801.GetMetricStatistics", R"({"Period":60})");
  const Answer plain = hub.send(sent);
  EXPECT_EQ(plain.status, 200);
  EXPECT_EQ(plain.headers.get("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(plain.headers.get("x-amzn-RequestId").size(), 36U);
  EXPECT_EQ(plain.body, R"({"Label":"local 000000000000 us-east-1","Input":{"Period":60}})");
  // Any signature will do; the region is the caller's.
  sent.by = wire::AwsCredentials{.access_key = "AKIDEXAMPLE", .secret = "x", .session_token = ""};
  sent.region = "eu-west-1";
  EXPECT_EQ(hub.send(sent).body,
            R"({"Label":"local 000000000000 eu-west-1","Input":{"Period":60}})");
}

TEST(AwsServices, OnceThereIsAKeyRequestsAreSigned) {
  AwsHub hub(routes);
  const auto alice = hub.make_key("alice");
  Sent sent = json_call("GraniteServiceVersion20100801.GetMetricStatistics", "{}");
  const Answer missing = hub.send(sent);
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(json::parse(missing.body)->at("__type"), "MissingAuthenticationTokenException");
  sent.by = alice;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(hub.send(sent).body,
              std::format(R"({{"Label":"alice {} us-east-1","Input":{{}}}})", account_of("alice")));
  }
  const auto refused = [&](const Sent& with) {
    const Answer answer = hub.send(with);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.headers.get("x-amzn-ErrorType"),
              json::string_at(json::parse(answer.body)->get_object(), "__type"));
    return std::string(json::string_at(json::parse(answer.body)->get_object(), "__type")) + ": " +
           std::string(json::string_at(json::parse(answer.body)->get_object(), "message"))
               .substr(0, 60);
  };
  Sent wrong = sent;
  wrong.by->secret[0] ^= 1;
  EXPECT_EQ(refused(wrong),
            "InvalidSignatureException: The request signature we calculated does not match the "
            "signa");
  wrong = sent;
  wrong.by->access_key = "WEFT0000000000000000";
  EXPECT_EQ(refused(wrong),
            "UnrecognizedClientException: The security token included in the request is invalid.");
  wrong = sent;
  wrong.service = "sagemaker";
  EXPECT_EQ(refused(wrong),
            "InvalidSignatureException: Credential should be scoped to correct service: "
            "'monitoring'");
  wrong = sent;
  wrong.ahead_s = -301;
  EXPECT_EQ(refused(wrong).substr(0, 61),
            "InvalidSignatureException: Signature expired: 20270115T075459");
  wrong.ahead_s = 301;
  EXPECT_EQ(refused(wrong).substr(0, 55),
            "InvalidSignatureException: Signature not yet current: 2");
  for (const std::int64_t within : {-299, 299}) {
    wrong.ahead_s = within;
    EXPECT_EQ(hub.send(wrong).status, 200) << within;
  }
  const auto revoked = weft::testing::run(hub.hub().keys().revoke(hub.last_key));
  EXPECT_TRUE(revoked);
  EXPECT_EQ(refused(sent),
            "UnrecognizedClientException: The security token included in the request is invalid.");
}

// The command line, and curl.
TEST(AwsServices, AKeyOfTheHubIsOneHereToo) {
  AwsHub hub(routes);
  (void)hub.make_key("alice");
  const auto made = weft::testing::run(hub.hub().keys().make("bob", false, {}));
  Sent sent = json_call("GraniteServiceVersion20100801.GetMetricStatistics", "{}");
  for (const auto& [name, prefix] : {std::pair("Authorization", "Bearer "), {"x-api-key", ""}}) {
    Sent with = sent;
    with.headers.emplace_back(name, prefix + made->secret);
    EXPECT_TRUE(hub.send(with).body.contains("\"bob ")) << name;
    with.headers.back().second += "x";
    EXPECT_EQ(json::parse(hub.send(with).body)->at("__type"), "UnrecognizedClientException");
  }
}

TEST(AwsServices, TheSignatureCoversTheBody) {
  AwsHub hub(routes);
  Sent sent = json_call("GraniteServiceVersion20100801.GetMetricStatistics", R"({"Period":60})");
  sent.by = hub.make_key("alice");
  const auto head = hub.head_of(sent);
  EXPECT_EQ(hub.send(head, R"({"Period":60})").status, 200);
  EXPECT_EQ(json::parse(hub.send(head, R"({"Period":61})").body)->at("__type"),
            "InvalidSignatureException");
  // Said to be unsigned, and signed so.
  sent.headers.emplace_back("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  sent.payload = "UNSIGNED-PAYLOAD";
  EXPECT_EQ(hub.send(hub.head_of(sent), R"({"Period":61})").status, 200);
}

TEST(AwsServices, RequestsAreCheckedByTheirShapes) {
  AwsHub hub(routes);
  const auto error = [&](const Sent& sent) {
    const Answer answer = hub.send(sent);
    EXPECT_EQ(answer.status, 400) << answer.body;
    return json::parse(answer.body).value_or(json::object()).as_object();
  };
  const std::string target = "GraniteServiceVersion20100801.GetMetricStatistics";
  EXPECT_EQ(error(json_call(target, R"({"Period":"x"})"))["__type"], "SerializationException");
  EXPECT_EQ(error(json_call(target, R"({"Perlod":1})"))["__type"], "ValidationException");
  EXPECT_EQ(error(json_call(target, "{"))["__type"], "SerializationException");
  EXPECT_EQ(error(json_call(target, "[]"))["__type"], "SerializationException");
  EXPECT_EQ(error(json_call("GraniteServiceVersion20100801.DeleteAlarms", "{}"))["message"],
            "no DeleteAlarms");
  for (const char* nobody : {"Nobody.Do", "GraniteServiceVersion20100801", ".X", "",
                             "GraniteServiceVersion20100801.a/b"}) {
    EXPECT_EQ(error(json_call(nobody, "{}"))["__type"], "UnknownOperationException") << nobody;
  }
  const Answer empty = hub.send(json_call("GraniteServiceVersion20100801.PutNothing", ""));
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.body, "");
}

TEST(AwsServices, AQueryIsAnsweredInXml) {
  AwsHub hub(routes);
  const Answer answer = hub.send(form_call(
      "Action=GetMetricStatistics&Version=2010-08-01&Statistics.member.1=Sum", "monitoring"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.get("Content-Type"), "text/xml");
  EXPECT_EQ(answer.body,
            "<GetMetricStatisticsResponse "
            "xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><GetMetricStatisticsResult>"
            "<Label>local 000000000000 us-east-1</Label><Input><Statistics><member>Sum</member>"
            "</Statistics></Input></GetMetricStatisticsResult><ResponseMetadata><RequestId>" +
                std::string(answer.headers.get("x-amzn-RequestId")) +
                "</RequestId></ResponseMetadata></GetMetricStatisticsResponse>");
  const Answer wrong =
      hub.send(form_call("Action=GetMetricStatistics&Version=2010-08-01&Period=x", "monitoring"));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_TRUE(wrong.body.contains("<Error><Type>Sender</Type><Code>ValidationError</Code>"))
      << wrong.body;
  const Answer unknown = hub.send(form_call("Action=Do&Version=2999-01-01", "monitoring"));
  EXPECT_TRUE(unknown.body.contains(
      "<Code>InvalidAction</Code><Message>Could not find operation Do for version 2999-01-01"))
      << unknown.body;
}

TEST(AwsServices, WhoCallsIsASessionOfARole) {
  AwsHub hub(routes);
  const std::string local = hub.send(form_call(std::string(kIdentityForm), "sts")).body;
  EXPECT_TRUE(local.contains("<Account>000000000000</Account>")) << local;
  Sent sent = form_call(std::string(kIdentityForm), "sts");
  sent.by = hub.make_key("alice");
  const std::string alice = hub.send(sent).body;
  EXPECT_TRUE(alice.contains(
      std::format("<Arn>arn:aws:sts::{}:assumed-role/AmazonSageMaker-ExecutionRole/alice</Arn>",
                  account_of("alice"))))
      << alice;
  sent.by->secret += "x";
  const Answer wrong = hub.send(sent);
  EXPECT_EQ(wrong.status, 403);
  EXPECT_TRUE(wrong.body.contains("<Code>SignatureDoesNotMatch</Code>")) << wrong.body;
  sent.by.reset();
  const Answer missing = hub.send(sent);
  EXPECT_EQ(missing.status, 403);
  EXPECT_TRUE(missing.body.contains("<Code>MissingAuthenticationToken</Code>")) << missing.body;
}

TEST(AwsServices, RolesAreAnsweredForAndNotTaken) {
  AwsHub hub(routes);
  const std::string role =
      hub.send(form_call("Action=GetRole&Version=2010-05-08&RoleName=my%2Brole%40x", "iam")).body;
  EXPECT_TRUE(role.contains("<Arn>arn:aws:iam::000000000000:role/my+role@x</Arn>")) << role;
  EXPECT_TRUE(role.contains("<CreateDate>1970-01-01T00:00:00Z</CreateDate>")) << role;
  const Answer refused = hub.send(form_call(
      "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx", "sts"));
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(refused.body.contains("weft does not have the operation AssumeRole of `sts`"))
      << refused.body;
  const Answer simulated =
      hub.send(form_call("Action=SimulatePrincipalPolicy&Version=2010-05-08", "iam"));
  EXPECT_EQ(simulated.status, 403);
  EXPECT_TRUE(simulated.body.contains("<Code>AccessDenied</Code>")) << simulated.body;
}

TEST(AwsServices, CborIsAnsweredInCbor) {
  AwsHub hub(routes);
  Sent sent = cbor_call("GetMetricStatistics", json::parse(R"({"Period":60})").value());
  sent.by = hub.make_key("alice");
  const Answer answer = hub.send(sent);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.get("smithy-protocol"), "rpc-v2-cbor");
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/cbor");
  EXPECT_EQ(json::write(read_cbor(answer.body).value()),
            std::format(R"({{"Label":"alice {} us-east-1","Input":{{"Period":60}}}})",
                        account_of("alice")));
  Sent unsigned_call = sent;
  unsigned_call.by.reset();
  const Answer refused = hub.send(unsigned_call);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(read_cbor(refused.body)->at("__type"), "MissingAuthenticationTokenException");
  EXPECT_EQ(refused.headers.get("x-amzn-query-error"), "MissingAuthenticationToken;Sender");
  sent.body = "\xff";
  EXPECT_EQ(read_cbor(hub.send(sent).body)->at("__type"), "SerializationException");
}

std::string gzip(std::string_view text) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

TEST(AwsServices, PackedRequestsAreUnpackedWithinBounds) {
  AwsHub hub(routes);
  Sent sent =
      json_call("GraniteServiceVersion20100801.GetMetricStatistics", gzip(R"({"Period":60})"));
  sent.headers.emplace_back("Content-Encoding", "gzip");
  sent.by = hub.make_key("alice");
  EXPECT_EQ(hub.send(sent).status, 200);
  sent.body = gzip(std::string(kServiceRequestBytesMax + 1, ' '));
  EXPECT_EQ(hub.send(sent).status, 413);
  sent.body = "no gzip";
  EXPECT_EQ(hub.send(sent).status, 400);
  sent.headers.back().second = "br";
  EXPECT_EQ(hub.send(sent).status, 400);
}

TEST(AwsServices, AHandlerBehindASignatureReadsTheBodyAsIfNobodyHad) {
  AwsHub hub(routes);
  Sent sent{.target = "/endpoints/churn/invocations",
            .headers = {{"Content-Type", "text/plain"}},
            .body = "1,2,3"};
  EXPECT_EQ(hub.send(sent).body, "local churn 1,2,3");
  sent.by = hub.make_key("alice");
  EXPECT_EQ(hub.send(sent).body, "alice churn 1,2,3");
  // One that does not come at once.
  Sent large = sent;
  large.body = std::string(300'000, 'x');
  EXPECT_EQ(hub.send(large).body, "alice churn " + large.body);
  const auto head = hub.head_of(sent);
  const Answer changed = hub.send(head, "1,2,4");
  EXPECT_EQ(changed.status, 403);
  EXPECT_EQ(changed.headers.get("x-amzn-ErrorType"), "InvalidSignatureException");
  sent.by.reset();
  EXPECT_EQ(hub.send(sent).headers.get("x-amzn-ErrorType"), "MissingAuthenticationTokenException");
}

TEST(AwsServices, WhatNoServiceHasIsRefusedByName) {
  AwsHub hub(routes);
  Sent sent{.method = "PUT", .target = "/BatchPutMetrics", .body = "{}"};
  EXPECT_EQ(hub.send(sent).status, 404) << "nothing says that it is AWS's";
  sent.by = hub.make_key("alice");
  const Answer answer = hub.send(sent);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(json::parse(answer.body)->at("__type"), "UnknownOperationException");
  const auto told = [&](Sent each) {
    return std::string(json::parse(hub.send(each).body)->at("message").get_string());
  };
  EXPECT_EQ(told(sent),
            "PUT /BatchPutMetrics is no operation of a service that weft has: print the value and "
            "name it in a MetricDefinition of the job, or call PutMetricData of CloudWatch");
  const auto targeted = [&](std::string target) {
    return told({.headers = {{"X-Amz-Target", std::move(target)}}, .body = "{}"});
  };
  EXPECT_EQ(targeted("AnyScaleFrontendService.RegisterScalableTarget"),
            "AnyScaleFrontendService.RegisterScalableTarget is no operation of a service that weft "
            "has: a variant has as many workers as its InitialInstanceCount says, and "
            "UpdateEndpointWeightsAndCapacities changes that");
  EXPECT_TRUE(targeted("AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
                  .contains("GetAuthorizationToken is no operation of a service that weft has: no "
                            "image is pulled"));
  EXPECT_EQ(targeted("DynamoDB_20120810.Get\xfcItem"),
            "DynamoDB_20120810.Get?Item is no operation of a service that weft has: it has "
            "monitoring, sts, iam, s3 and the invocations of sagemaker-runtime");
  EXPECT_TRUE(targeted(std::string(1'000, 'a')).starts_with(std::string(128, 'a') + " is no "));
}

// A presigned GET: how programs show to others who they are.
TEST(AwsServices, AQueryMayBePresigned) {
  AwsHub hub(routes);
  const auto alice = hub.make_key("alice");
  const std::string date = wire::to_amz_date(hub.now_s());
  wire::AwsSignature claimed;
  claimed.scope = {.access_key = alice.access_key,
                   .date = date.substr(0, 8),
                   .region = "us-east-1",
                   .service = "sts"};
  claimed.amz_date = date;
  claimed.signed_headers = {"host"};
  const std::string query = std::format(
      "/?{}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F{}%2Fus-east-1%2Fsts%2F"
      "aws4_request&X-Amz-Date={}&X-Amz-Expires=60&X-Amz-SignedHeaders=host",
      kIdentityForm, alice.access_key, date.substr(0, 8), date);
  wire::Headers headers;
  headers.add("Host", "127.0.0.1");
  const std::string signature = wire::aws_signature_of(
      wire::aws_signing_key(alice.secret, claimed.scope), claimed,
      {.method = "GET", .target = query, .headers = headers}, wire::hex(wire::sha256("")));
  const Sent sent{.method = "GET", .target = query + "&X-Amz-Signature=" + signature};
  EXPECT_TRUE(hub.send(sent).body.contains("/alice</Arn>"));
  hub.clock.now_ms += 61'000;
  const Answer late = hub.send(sent);
  EXPECT_EQ(late.status, 400);
  EXPECT_TRUE(late.body.contains("<Code>RequestExpired</Code>")) << late.body;
}

TEST(SigningKeys, AreBoundedAndTheOldOnesGoFirst) {
  SigningKeys keys(3);
  const auto scope = [](std::string date, std::string region) {
    return wire::AwsScope{
        .access_key = "A", .date = std::move(date), .region = std::move(region), .service = "s3"};
  };
  keys.keep(scope("20261125", "a"), {});
  keys.keep(scope("20261125", "b"), {});
  keys.keep(scope("20261126", "a"), {7});
  keys.keep(scope("20261126", "b"), {});
  EXPECT_EQ(keys.size(), 2U);
  EXPECT_FALSE(keys.find(scope("20261125", "a")));
  EXPECT_EQ(keys.find(scope("20261126", "a"))->at(0), 7);
  for (int i = 0; i < 100; ++i) keys.keep(scope("20261126", std::format("r{}", i)), {});
  EXPECT_EQ(keys.size(), 3U);
}

TEST(Account, IsTwelveDigitsOfTheName) {
  EXPECT_EQ(account_of("local"), "000000000000");
  // Python: 100000000000 + int.from_bytes(sha256(b"alice").digest()[:8], "big") % 900000000000
  EXPECT_EQ(account_of("alice"), "101090220207");
  EXPECT_TRUE(is_region("eu-west-1"));
  for (const char* none : {"", "EU", "eu west", "a:b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    EXPECT_FALSE(is_region(none)) << none;
  const AwsCaller caller{.principal = {}, .account = "123456789012", .region = "eu-west-1"};
  EXPECT_EQ(arn_of(caller, "endpoint-config", "My-Config"),
            "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/my-config");
}

}  // namespace
}  // namespace weft::adapters::sagemaker
