#include "harness.h"

#include <gtest/gtest.h>

#include <map>

#include "weft/adapters/common/golden.h"
#include "weft/wire/tensor_json.h"

namespace weft::oip_door {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(WEFT_SOURCE) / "src/weft/adapters/oip/golden";

/// A server that answers what a test gives it, and keeps what it was asked.
class Upstream {
 public:
  struct Reply {
    int status = 200;
    std::string body;
    std::string type = "application/json";
    std::string length = "";
    std::string retry_after = "";
    bool silent = false;
    /// So many bytes of the body, and the connection is closed.
    std::optional<std::size_t> cut = std::nullopt;
  };
  struct Request {
    std::string line;
    wire::Headers headers;
    std::string body;
  };
  explicit Upstream(net::Loops& loops) {
    server_ = net::HttpServer::create(loops, {.host = "127.0.0.1", .port = 0, .unix_path = ""},
                                      std::nullopt, {},
                                      [this](net::Exchange& exchange) { return answer(exchange); })
                  .value();
    server_->start();
    // Triton's own metadata.
    set("GET /v2",
        R"({"name":"triton","version":"2.50.0","extensions":["classification","model_repository","binary_tensor_data","statistics"]})");
    set("POST /v2/repository/index", R"([{"name":"iris","version":"1","state":"READY"}])");
    set("GET /v2/models/iris", kIris);
  }
  ~Upstream() { server_->drain(Milliseconds(0)); }
  void set(const std::string& line, std::string body) { set(line, Reply{.body = std::move(body)}); }
  void set(const std::string& line, Reply reply) {
    const std::scoped_lock lock(mutex_);
    replies_[line] = std::move(reply);
  }
  std::vector<Request> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }
  Request last() const { return requests().back(); }
  std::string url() const { return std::format("http://127.0.0.1:{}", server_->port()); }

  static constexpr const char* kIris =
      R"({"name":"iris","versions":["1"],"platform":"onnxruntime_onnx",)"
      R"("inputs":[{"name":"input-0","datatype":"FP32","shape":[-1,4]}],)"
      R"("outputs":[{"name":"output-0","datatype":"INT64","shape":[-1]}]})";

 private:
  Awaitable<> answer(net::Exchange& exchange) {
    Request request;
    request.line = std::format("{} {}", exchange.head().method, exchange.head().target);
    request.headers = exchange.head().headers;
    request.body = (co_await exchange.read_body(1 << 24)).value_or("");
    Reply reply{.status = 404, .body = R"({"error":"nothing here"})"};
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
      const auto at = replies_.find(request.line);
      if (at != replies_.end()) reply = at->second;
    }
    if (reply.silent) {
      while (co_await sleep_for(Milliseconds(1'000), exchange.gone())) {
      }
      co_return;
    }
    wire::ResponseHead head;
    head.status = reply.status;
    head.headers.add("Content-Type", reply.type);
    if (!reply.length.empty()) head.headers.add(kJsonLengthHeader, reply.length);
    if (!reply.retry_after.empty()) head.headers.add("Retry-After", reply.retry_after);
    if (reply.cut) {
      head.body_length = reply.body.size();
      (void)co_await exchange.start(std::move(head));
      (void)co_await exchange.write(reply.body.substr(0, *reply.cut));
      co_return;
    }
    (void)exchange.respond(std::move(head), reply.body);
  }

  mutable std::mutex mutex_;
  std::map<std::string, Reply> replies_;
  std::vector<Request> requests_;
  std::unique_ptr<net::HttpServer> server_;
};

class OipClient : public ::testing::Test {
 protected:
  OipClient() : upstream_(world_.loops), hub_(world_.loops, world_.clients) {}

  void join(std::string path = "") {
    const auto joined = hub_.join(upstream_.url() + path, "far");
    ASSERT_TRUE(joined.has_value()) << joined.error().message;
  }
  model::End predict(std::string_view args) {
    model::Call call = call_of("far", "iris");
    call.args = json::parse(args).value();
    return end_of(hub_.call(std::move(call)));
  }
  Error fails(Upstream::Reply reply) {
    upstream_.set("POST /v2/models/iris/infer", std::move(reply));
    const model::End end = predict(kArgs);
    EXPECT_FALSE(end.outcome.has_value());
    return end.outcome ? Error() : end.outcome.error();
  }

  static constexpr std::string_view kArgs = R"({"input-0":[6.8,2.8,4.8,1.4]})";
  World world_;
  Upstream upstream_;
  OipHub hub_;
};

TEST_F(OipClient, IsFoundByItsMetadata) {
  const auto joined = hub_.join(upstream_.url(), "far", "");
  ASSERT_TRUE(joined.has_value()) << joined.error().message;
  EXPECT_EQ(joined->protocol, "oip");
  EXPECT_EQ(joined->how, "GET /v2 gave the metadata of an inference server \"triton 2.50.0\"");
  EXPECT_EQ(joined->skills, 1U);
  const auto entry = hub_.entry("far");
  const model::Solution& solution = *entry->solution;
  EXPECT_EQ(solution.kind, model::Kind::predictor);
  EXPECT_EQ(solution.version, "2.50.0");
  const model::Skill& skill = solution.skills.at(0);
  EXPECT_EQ(skill.shape, model::Shape::predict);
  EXPECT_EQ(skill.effects.read_only, true);
  const std::string shown = json::write_pretty(*skill.input_schema);
  EXPECT_EQ(adapters::golden(kGolden, "iris.input_schema.json", shown), shown);
}

TEST_F(OipClient, WhatIsNoneSaysWhatWasTried) {
  upstream_.set("GET /v2", Upstream::Reply{.status = 404, .body = "no"});
  const auto joined = hub_.join(upstream_.url(), "far", "");
  ASSERT_FALSE(joined.has_value());
  EXPECT_NE(joined.error().message.find("oip: GET /v2: 404"), std::string::npos)
      << joined.error().message;
  upstream_.set("GET /v2", R"({"name":"x"})");
  EXPECT_NE(hub_.join(upstream_.url(), "far", "")
                .error()
                .message.find("the server's metadata has no `name` and `extensions`"),
            std::string::npos);
}

TEST_F(OipClient, AUrlMayNameOneModelAndABase) {
  upstream_.set("GET /base/v2", R"({"name":"kserve","version":"0.20","extensions":[]})");
  upstream_.set("GET /base/v2/models/iris", Upstream::kIris);
  upstream_.set("POST /base/v2/models/iris/infer", R"({"model_name":"iris","outputs":[]})");
  join("/base/v2/models/iris");
  EXPECT_TRUE(predict(kArgs).outcome.has_value());
  EXPECT_EQ(upstream_.last().line, "POST /base/v2/models/iris/infer");
}

/// KServe has no repository: its list is GET /v2/models.
TEST_F(OipClient, ModelsOfKservesList) {
  upstream_.set("POST /v2/repository/index", Upstream::Reply{.status = 404, .body = "{}"});
  upstream_.set("GET /v2/models", R"({"models":["iris"]})");
  join();
  EXPECT_EQ(hub_.entry("far")->solution->skills.size(), 1U);
  upstream_.set("GET /v2/models", Upstream::Reply{.status = 405, .body = "{}"});
  const auto joined = hub_.join(upstream_.url(), "other");
  ASSERT_FALSE(joined.has_value());
  EXPECT_NE(joined.error().message.find("name one in the URL: …/v2/models/NAME"),
            std::string::npos);
}

TEST_F(OipClient, ModelsThatCannotBeReadAreLeftOut) {
  upstream_.set("POST /v2/repository/index",
                R"([{"name":"iris"},{"name":"iris"},{"name":"broken"},{"name":"gone"}])");
  upstream_.set("GET /v2/models/broken",
                R"({"name":"broken","inputs":[{"name":"x","datatype":"FLOAT","shape":[1]}]})");
  join();
  EXPECT_EQ(hub_.entry("far")->solution->skills.size(), 1U);
  upstream_.set("POST /v2/repository/index", R"([{"name":"broken"}])");
  const auto joined = hub_.join(upstream_.url(), "other");
  ASSERT_FALSE(joined.has_value());
  EXPECT_NE(
      joined.error().message.find("the metadata of `broken`: tensor `x`: `FLOAT` is no datatype"),
      std::string::npos)
      << joined.error().message;
}

TEST_F(OipClient, ACallIsAnInference) {
  join();
  upstream_.set("POST /v2/models/iris/infer",
                R"({"model_name":"iris","model_version":"1","outputs":[{"name":"output-0",)"
                R"("datatype":"INT64","shape":[1],"data":[2]}]})");
  const model::End end = predict(kArgs);
  ASSERT_TRUE(end.outcome.has_value()) << end.outcome.error().message;
  EXPECT_EQ(json::write(*end.outcome->data), R"({"output-0":[2]})");
  const auto sent = upstream_.last();
  EXPECT_EQ(sent.body,
            R"({"id":"test","inputs":[{"name":"input-0","datatype":"FP32","shape":[1,4],)"
            R"("data":[6.8,2.8,4.8,1.4]}]})");
  EXPECT_EQ(sent.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(sent.headers.get("Weft-Depth"), "1");
  const model::End wrong = predict(R"({"input-0":[1,2,3]})");
  ASSERT_FALSE(wrong.outcome.has_value());
  EXPECT_EQ(wrong.outcome.error().reason, Reason::invalid_argument);
}

TEST_F(OipClient, LargeTensorsGoBehindTheJson) {
  join();
  upstream_.set("POST /v2/models/iris/infer", R"({"model_name":"iris","outputs":[]})");
  std::string args = R"({"input-0":[)";
  for (int i = 0; i < 2'000; ++i) args += i == 0 ? "[1,2,3,4]" : ",[1,2,3,4]";
  EXPECT_TRUE(predict(args + "]}").outcome.has_value());
  const auto sent = upstream_.last();
  EXPECT_EQ(sent.headers.get("Content-Type"), "application/octet-stream");
  const auto length = wire::oip_json_bytes(sent.headers.get(kJsonLengthHeader));
  const auto read = wire::read_oip_request(sent.body, length);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->inputs.at(0).shape, (std::vector<std::int64_t>{2'000, 4}));
  EXPECT_TRUE(read->binary_output);
}

TEST_F(OipClient, SizesThatLieAndGarbageAreRefused) {
  join();
  const auto words = [&](Upstream::Reply reply) {
    const Error error = fails(std::move(reply));
    EXPECT_EQ(error.reason, Reason::upstream_protocol);
    return error.message;
  };
  EXPECT_EQ(
      words({.body = R"({"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[1]}]})"}),
      "solution \"far\": the answer cannot be read: tensor `y`: its data has 1 elements, its "
      "shape 2");
  const std::string head =
      R"({"outputs":[{"name":"y","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}}]})";
  EXPECT_EQ(words({.body = head + "1234", .length = std::to_string(head.size())}),
            "solution \"far\": the answer cannot be read: tensor `y`: binary_data_size is 8, the "
            "body ends before that");
  EXPECT_NE(words({.body = "{}", .length = "7"}).find("more than the body has"), std::string::npos);
  EXPECT_NE(words({.body = "{}", .length = "x"}).find("is no length"), std::string::npos);
  EXPECT_NE(words({.body = "<html>"}).find("no JSON"), std::string::npos);
  EXPECT_NE(words({.body = "{}"}).find("`outputs` is missing"), std::string::npos);
}

TEST_F(OipClient, AnAnswerThatIsCutOffIsNone) {
  join();
  const Error error = fails({.body = R"({"outputs":[]})", .cut = 5});
  EXPECT_NE(error.reason, Reason::none);
}

TEST_F(OipClient, ErrorsKeepTheirMeaning) {
  join();
  const Error wrong = fails({.status = 400, .body = R"({"error":"unexpected shape for input"})"});
  EXPECT_EQ(wrong.reason, Reason::invalid_argument);
  EXPECT_EQ(wrong.message, "solution \"far\": unexpected shape for input");
  EXPECT_EQ(wrong.upstream_status, 400);
  const Error busy = fails({.status = 503, .body = R"({"error":"not ready"})", .retry_after = "7"});
  EXPECT_EQ(busy.reason, Reason::unavailable);
  EXPECT_EQ(busy.retry_after, std::chrono::seconds(7));
  EXPECT_EQ(fails({.status = 500, .body = R"({"error":"CUDA"})"}).reason, Reason::solution_failed);
  EXPECT_EQ(fails({.status = 422, .body = R"({"error":"x","reason":"refused"})"}).reason,
            Reason::refused);
  // A complaint about weft's own credentials is none that the caller could mend.
  EXPECT_EQ(fails({.status = 401, .body = R"({"error":"no key"})"}).reason, Reason::unavailable);
}

TEST_F(OipClient, ASilentServerIsGivenUp) {
  join();
  upstream_.set("POST /v2/models/iris/infer", Upstream::Reply{.body = "", .silent = true});
  model::Call call = call_of("far", "iris");
  call.args = json::parse(kArgs).value();
  const auto events = hub_.call(std::move(call), Milliseconds(300));
  ASSERT_FALSE(end_of(events).outcome.has_value());
  EXPECT_EQ(end_of(events).outcome.error().reason, Reason::deadline);
}

TEST_F(OipClient, ItsOwnCredentialsAndNoneOfTheCaller) {
  hub::JoinRequest request;
  request.id = SolutionId("far");
  request.protocol = "oip";
  request.url = upstream_.url();
  request.bearer = "its-own";
  ASSERT_TRUE(hub_.join_request(request).has_value());
  predict(kArgs);
  EXPECT_EQ(upstream_.last().headers.get("Authorization"), "Bearer its-own");
}

TEST_F(OipClient, AModelThatIsNewIsSeen) {
  join();
  const auto entry = hub_.entry("far");
  const hub::CallContext context{
      hub_.executor(), std::chrono::steady_clock::now() + std::chrono::seconds(10), {}};
  auto same = hub_.run(entry->service->refresh(context));
  ASSERT_TRUE(same.has_value()) << same.error().message;
  EXPECT_EQ(*same, nullptr);
  upstream_.set("POST /v2/repository/index", R"([{"name":"iris"},{"name":"text"}])");
  upstream_.set("GET /v2/models/text",
                R"({"name":"text","platform":"vllm","inputs":[)"
                R"({"name":"text_input","datatype":"BYTES","shape":[1]},)"
                R"({"name":"stream","datatype":"BOOL","shape":[1]}],)"
                R"("outputs":[{"name":"text_output","datatype":"BYTES","shape":[-1]}]})");
  auto newer = hub_.run(entry->service->refresh(context));
  ASSERT_TRUE(newer.has_value());
  ASSERT_NE(*newer, nullptr);
  EXPECT_EQ((*newer)->skills.size(), 2U);
  EXPECT_EQ((*newer)->skill("text")->shape, model::Shape::converse);
}

class OipTexts : public OipClient {
 protected:
  OipTexts() {
    upstream_.set("GET /v2/models/text",
                  R"({"name":"text","platform":"vllm","inputs":[)"
                  R"({"name":"text_input","datatype":"BYTES","shape":[-1,1]}],)"
                  R"("outputs":[{"name":"text_output","datatype":"BYTES","shape":[-1]}]})");
    join("/v2/models/text");
  }
  std::vector<model::Event> say(model::Reply reply) {
    model::Call call = call_of("far", "text");
    call.reply = reply;
    call.gen.max_tokens = 5;
    call.turns.push_back(model::Turn{"", model::Role::user, "", {model::Part::text("hello")}});
    return hub_.call(std::move(call));
  }
};

TEST_F(OipTexts, ATextModelConverses) {
  upstream_.set("POST /v2/models/text/infer",
                R"({"model_name":"text","outputs":[{"name":"text_output","datatype":"BYTES",)"
                R"("shape":[1],"data":["hi"]}]})");
  const auto events = say(model::Reply::unary);
  ASSERT_TRUE(end_of(events).outcome.has_value()) << end_of(events).outcome.error().message;
  EXPECT_EQ(model::plain_text(*end_of(events).outcome), "hi");
  EXPECT_EQ(upstream_.last().body,
            R"({"id":"test","parameters":{"max_tokens":5},"inputs":[{"name":"text_input",)"
            R"("datatype":"BYTES","shape":[1,1],"data":["hello"]}]})");
}

TEST_F(OipTexts, AndStreams) {
  upstream_.set("POST /v2/models/text/generate_stream",
                Upstream::Reply{.body = "data: {\"model_name\":\"text\",\"text_output\":\"a \"}\n\n"
                                        "data: {\"text_output\":\"b\"}\n\n",
                                .type = "text/event-stream"});
  const auto events = say(model::Reply::stream);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(std::get<model::Delta>(events[1].body).text, "b");
  EXPECT_TRUE(end_of(events).outcome.has_value());
  EXPECT_EQ(upstream_.last().body,
            R"({"text_input":"hello","parameters":{"max_tokens":5,"stream":true}})");
  // Errors come within 200 ("Generate Extension").
  upstream_.set(
      "POST /v2/models/text/generate_stream",
      Upstream::Reply{.body = "data: {\"text_output\":\"a \"}\n\ndata: {\"error\":\"no\"}\n\n",
                      .type = "text/event-stream"});
  const auto broken = say(model::Reply::stream);
  ASSERT_FALSE(end_of(broken).outcome.has_value());
  EXPECT_EQ(end_of(broken).outcome.error().message, "solution \"far\": no");
  upstream_.set("POST /v2/models/text/generate_stream",
                Upstream::Reply{.body = "data: {\"text_output\":\"a \"}\n\ndata: {\"te",
                                .type = "text/event-stream"});
  const auto cut = say(model::Reply::stream);
  ASSERT_FALSE(end_of(cut).outcome.has_value());
  EXPECT_EQ(end_of(cut).outcome.error().reason, Reason::upstream_protocol);
}

/// A caller of this protocol and a server of it: the bytes go through.
TEST_F(OipClient, PassesTheBytesThrough) {
  join();
  const std::string body =
      R"({ "inputs" : [ {"name":"input-0", "shape":[1,4], "datatype":"FP32", "data":[1,2,3,4]} ] })";
  const std::string answer = R"({ "model_name":"iris", "outputs":[ ] })";
  upstream_.set("POST /v2/models/iris/infer", answer);
  const auto passed = hub_.post("/v2/models/far/infer", body, {{"traceparent", "00-aa"}});
  EXPECT_EQ(passed.status, 200);
  EXPECT_EQ(passed.body, answer);
  EXPECT_EQ(upstream_.last().body, body);
  EXPECT_EQ(upstream_.last().headers.get("Weft-Depth"), "1");
  EXPECT_EQ(upstream_.last().headers.get("Authorization"), "");
  EXPECT_EQ(hub_.entry("far")->counters->calls, 1U);
  upstream_.set("POST /v2/models/iris/infer",
                Upstream::Reply{.status = 400, .body = R"({"error":"unexpected"})"});
  const auto failed = hub_.post("/v2/models/far/infer", body);
  EXPECT_EQ(failed.status, 400);
  EXPECT_EQ(failed.body, R"({"error":"solution \"far\": unexpected","reason":"invalid_argument"})");
  upstream_.set("POST /v2/models/iris/infer",
                R"({"outputs":[{"name":"y","datatype":"FP32","shape":[2],"data":[1]}]})");
  EXPECT_EQ(hub_.post("/v2/models/far/infer", body).status, 502);
}

}  // namespace
}  // namespace weft::oip_door
