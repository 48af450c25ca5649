#include "weft/adapters/sagemaker/client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include "weft/base/testing/run.h"
#include "weft/hub/testing.h"
#include "weft/net/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"
#include "weft/wire/aws_events.h"

namespace weft::adapters::sagemaker {
namespace {

class SageMakerClient : public ::testing::Test {
 protected:
  SageMakerClient()
      : hub_({.clock = clock_, .random = random_, .tables = tables_, .journal = journal_}),
        clients_(loops_, {}),
        environment_{.hub = hub_, .joiner = nullptr, .clients = clients_} {
    clock_.now_ms = 1'764'147'600'000;
    WEFT_ASSERT(loops_.start());
    server_ = net::HttpServer::create(loops_, {.host = "127.0.0.1", .port = 0, .unix_path = ""},
                                      std::nullopt, {},
                                      [this](net::Exchange& exchange) { return answer(exchange); })
                  .value();
    server_->start();
    protocol_ = make_protocol(environment_);
    request_.id = SolutionId("far");
    request_.url = std::format("http://127.0.0.1:{}/endpoints/churn/invocations", server_->port());
    request_.headers = {{"AWS-Access-Key-Id", "AKIDEXAMPLE"},
                        {"AWS-Secret-Access-Key", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
                        {"AWS-Region", "eu-west-1"},
                        {"X-Mine", "1"}};
  }
  ~SageMakerClient() override {
    server_->drain(Milliseconds(0));
    loops_.stop();
  }

  template <class T>
  T run(Awaitable<T> work) {
    return boost::asio::co_spawn(loops_.at(0).executor(), std::move(work), boost::asio::use_future)
        .get();
  }
  hub::CallContext context() {
    return {
        loops_.at(0).executor(), std::chrono::steady_clock::now() + std::chrono::seconds(10), {}};
  }
  Awaitable<> answer(net::Exchange& exchange) {
    heard_ = exchange.head();
    body_ = (co_await exchange.read_body(1 << 20)).value_or("");
    wire::ResponseHead head;
    head.status = status_;
    for (const auto& [name, value] : headers_) head.headers.add(name, value);
    (void)exchange.respond(std::move(head), reply_);
  }
  std::vector<model::Event> call(std::string_view args, model::Reply reply = model::Reply::unary) {
    auto joined = run(protocol_->connect(request_, {}, context()));
    EXPECT_TRUE(joined.has_value()) << joined.error().message;
    auto call = std::make_shared<model::Call>();
    call->skill = SkillId("invoke");
    call->args = json::parse(args).value();
    call->reply = reply;
    return run(all_of(joined->service, call, context()));
  }
  static Awaitable<std::vector<model::Event>> all_of(std::shared_ptr<hub::Service> service,
                                                     std::shared_ptr<const model::Call> call,
                                                     hub::CallContext context) {
    auto stream = service->start(std::move(call), std::move(context));
    co_return co_await hub::testing::all_events(*stream);
  }

  hub::testing::FakeClock clock_;
  SystemRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  net::Loops loops_{1};
  hub::Hub hub_;
  net::HttpClients clients_;
  Environment environment_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<hub::Protocol> protocol_;
  hub::JoinRequest request_;
  wire::RequestHead heard_;
  std::string body_;
  int status_ = 200;
  std::string reply_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

TEST_F(SageMakerClient, TakesAUrlAtItsWordAndAsksNobody) {
  const auto probe = [&](std::string url) {
    hub::JoinRequest request;
    request.url = std::move(url);
    return run(protocol_->probe(std::move(request), context()));
  };
  const auto found =
      probe("https://runtime.sagemaker.us-west-2.amazonaws.com/endpoints/x/invocations");
  EXPECT_TRUE(found.spoken);
  EXPECT_EQ(found.how, "the URL is that of the SageMaker endpoint \"x\"");
  for (const char* other : {"http://127.0.0.1:1/", "http://127.0.0.1:1/endpoints/x",
                            "http://127.0.0.1:1/endpoints/x/y/invocations",
                            "http://127.0.0.1:1/endpoints//invocations"}) {
    const auto none = probe(other);
    EXPECT_FALSE(none.spoken) << other;
    EXPECT_EQ(none.tried, "nothing was asked: the URL is not …/endpoints/NAME/invocations");
  }
}

TEST_F(SageMakerClient, SignsWhatItSends) {
  headers_ = {{"Content-Type", "application/json"}};
  reply_ = R"({"predictions":[0.5]})";
  const auto events = call(R"({"body":{"x":1},"accept":"application/json","target_variant":"v1"})");
  const auto& end = std::get<model::End>(events.back().body);
  ASSERT_TRUE(end.outcome.has_value()) << end.outcome.error().message;
  EXPECT_EQ(json::write(*end.outcome->data), R"({"predictions":[0.5]})");
  EXPECT_EQ(body_, R"({"x":1})");
  EXPECT_EQ(heard_.headers.get("X-Amzn-SageMaker-Target-Variant"), "v1");
  EXPECT_EQ(heard_.headers.get("X-Mine"), "1");
  for (const char* secret : {"AWS-Access-Key-Id", "AWS-Secret-Access-Key", "AWS-Region"})
    EXPECT_FALSE(heard_.headers.has(secret)) << secret;
  // The other half of the same code, which botocore's signatures are held to (aws_signature_test).
  const wire::AwsRequest request{"POST", heard_.target, heard_.headers};
  const auto signature = wire::read_aws_signature(request);
  ASSERT_TRUE(signature.has_value() && signature->has_value());
  EXPECT_EQ((*signature)->scope.str().substr(8), "/eu-west-1/sagemaker/aws4_request");
  EXPECT_EQ((*signature)->scope.access_key, "AKIDEXAMPLE");
  const auto key =
      wire::aws_signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", (*signature)->scope);
  EXPECT_EQ(wire::aws_signature_of(key, **signature, request, wire::hex(wire::sha256(body_))),
            (*signature)->signature);
}

TEST_F(SageMakerClient, WithoutCredentialsItDoesNotJoin) {
  request_.headers.clear();
  const auto joined = run(protocol_->connect(request_, {}, context()));
  ASSERT_FALSE(joined.has_value());
  EXPECT_TRUE(joined.error().message.starts_with("no AWS credentials: ")) << joined.error().message;
  EXPECT_NE(joined.error().message.find("AWS_ACCESS_KEY_ID"), std::string::npos);
}

std::string frame(std::vector<std::pair<std::string, std::string>> headers, std::string payload) {
  std::string out;
  wire::AwsEvent event;
  event.headers = std::move(headers);
  event.payload = std::move(payload);
  wire::write_aws_event(out, event);
  return out;
}
std::string part(std::string payload) {
  return frame({{":message-type", "event"}, {":event-type", "PayloadPart"}}, std::move(payload));
}

TEST_F(SageMakerClient, AStreamOfPartsIsAStreamOfWords) {
  headers_ = {{"Content-Type", "application/vnd.amazon.eventstream"},
              {"X-Amzn-SageMaker-Content-Type", "application/jsonlines"}};
  reply_ = part("{\"text\":\"a \"}\n{\"te") + part("xt\":\"b\"}\n");
  const auto events = call(R"({"body":"x"})", model::Reply::stream);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(std::get<model::Delta>(events[0].body).text, "a ");
  EXPECT_EQ(std::get<model::Delta>(events[1].body).text, "b");
  EXPECT_TRUE(std::get<model::End>(events[2].body).outcome.has_value());
  EXPECT_EQ(heard_.target, "/endpoints/churn/invocations-response-stream");
  // What is no stream of words is gathered.
  headers_[1].second = "application/json";
  reply_ = part("{\"a\":") + part("1}");
  const auto whole = call(R"({"body":"x"})", model::Reply::stream);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(json::write(*std::get<model::End>(whole[0].body).outcome->data), R"({"a":1})");
}

TEST_F(SageMakerClient, AStreamThatBreaksSaysWhy) {
  headers_ = {{"Content-Type", "application/vnd.amazon.eventstream"},
              {"X-Amzn-SageMaker-Content-Type", "text/plain"}};
  reply_ =
      part("a ") + frame({{":message-type", "exception"}, {":exception-type", "ModelStreamError"}},
                         R"({"Message":"it broke","ErrorCode":"StreamBroken"})");
  const auto error = [](const std::vector<model::Event>& events) {
    const auto& end = std::get<model::End>(events.back().body);
    EXPECT_FALSE(end.outcome.has_value());
    return end.outcome ? Error() : end.outcome.error();
  };
  EXPECT_EQ(error(call(R"({"body":"x"})", model::Reply::stream)).message, "it broke");
  reply_ = part("a ").substr(0, 30);
  EXPECT_EQ(error(call(R"({"body":"x"})", model::Reply::stream)).reason, Reason::upstream_protocol);
  reply_ = std::string(64, '\1');
  EXPECT_EQ(error(call(R"({"body":"x"})", model::Reply::stream)).reason, Reason::upstream_protocol);
}

}  // namespace
}  // namespace weft::adapters::sagemaker
