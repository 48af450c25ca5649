#include "harness.h"

#include <gtest/gtest.h>

#include "weft/wire/aws_events.h"

namespace weft::runtime_door {
namespace {

using hub::testing::fake_skill;

ml::InvocationReply reply(std::uint16_t status, std::string type, std::string body) {
  ml::InvocationReply out;
  out.status = status;
  out.type = std::move(type);
  out.body = std::move(body);
  out.variant = "AllTraffic";
  return out;
}

class Runtime : public ::testing::Test {
 protected:
  std::shared_ptr<FakeModel> deploy(std::string id, FakeModel::Work work, std::string title = "") {
    auto model = std::make_shared<FakeModel>(std::move(work));
    model::Solution solution;
    solution.id = SolutionId(id);
    solution.title = title.empty() ? id : std::move(title);
    solution.skills = {fake_skill("predict", model::Shape::predict)};
    WEFT_ASSERT(hub_.hub().registry().add(
        hub::make_entry(std::move(solution), model, {}, "a test made it")));
    return model;
  }
  std::shared_ptr<hub::testing::FakeService> solution(std::string id,
                                                      std::vector<model::Skill> skills,
                                                      hub::testing::Script script) {
    auto service = std::make_shared<hub::testing::FakeService>(std::move(script));
    WEFT_ASSERT(hub_.hub().registry().add(
        hub::testing::fake_solution(std::move(id), service, std::move(skills))));
    return service;
  }
  Answer invoke(std::string_view endpoint, std::string_view body, std::string type = "text/csv",
                Fields fields = {}, std::string_view operation = "invocations") {
    if (!type.empty()) fields.emplace_back("Content-Type", std::move(type));
    return hub_.send(std::format("/endpoints/{}/{}", endpoint, operation), body, fields);
  }
  static json::object parsed(const Answer& answer) {
    auto out = json::parse_object(answer.body, "the answer");
    EXPECT_TRUE(out.has_value()) << answer.body;
    return out.value_or(json::object());
  }
  static std::string message(const Answer& answer) {
    return std::string(json::string_at(parsed(answer), "Message"));
  }
  static std::string type(const Answer& answer) {
    return std::string(answer.headers.get("x-amzn-ErrorType"));
  }
  static std::vector<wire::AwsEvent> events(const Answer& answer) {
    wire::AwsEventReader reader(1024 * 1024);
    reader.feed(answer.body);
    std::vector<wire::AwsEvent> out;
    while (true) {
      auto next = reader.next();
      EXPECT_TRUE(next.has_value());
      if (!next || !*next) break;
      out.push_back(**std::move(next));
    }
    EXPECT_FALSE(reader.unfinished());
    return out;
  }

  RuntimeHub hub_;
};

TEST_F(Runtime, ADeployedModelGetsTheBytes) {
  const auto model = deploy("churn", [](const auto&) {
    auto out = reply(200, "text/csv; charset=utf-8", "0.5");
    out.attributes = "trace=1";
    return out;
  });
  const Answer answer = invoke("churn", "1,2\n", "text/csv",
                               {{"Accept", "text/csv"},
                                {"X-Amzn-SageMaker-Custom-Attributes", "who=me"},
                                {"X-Amzn-SageMaker-Target-Variant", "AllTraffic"},
                                {"X-Amzn-SageMaker-Inference-Id", "i-1"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "0.5");
  EXPECT_EQ(answer.headers.get("Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(answer.headers.get("x-Amzn-Invoked-Production-Variant"), "AllTraffic");
  EXPECT_EQ(answer.headers.get("X-Amzn-SageMaker-Custom-Attributes"), "trace=1");
  EXPECT_EQ(answer.headers.get("x-amzn-RequestId").size(), 36U);
  EXPECT_EQ(model->last_body, "1,2\n");
  EXPECT_FALSE(model->last.tensors);
  EXPECT_EQ(model->last.type, "text/csv");
  EXPECT_EQ(model->last.accept, "text/csv");
  EXPECT_EQ(model->last.attributes, "who=me");
  EXPECT_EQ(model->last.variant, "AllTraffic");
}

/// The text that programs take apart (aws/amazon-sagemaker-examples, mlflow's deployments client).
TEST_F(Runtime, AModelErrorIsWordedAsAwsDoes) {
  deploy("churn", [](const auto&) {
    auto out = reply(415, "text/plain", "Loading csv data failed");
    out.log_stream = "AllTraffic/i-0a1b";
    return out;
  });
  const Answer answer = invoke("churn", "x");
  EXPECT_EQ(answer.status, 424);
  EXPECT_EQ(type(answer), "ModelError");
  EXPECT_EQ(
      message(answer),
      "Received client error (415) from primary with message \"Loading csv data failed\". See "
      "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:"
      "group=/aws/sagemaker/Endpoints/churn in account 000000000000 for more information.");
  const json::object body = parsed(answer);
  EXPECT_EQ(json::int_at(body, "OriginalStatusCode"), 415);
  EXPECT_EQ(json::string_at(body, "OriginalMessage"), "Loading csv data failed");
  EXPECT_EQ(json::string_at(body, "LogStreamArn"),
            "arn:aws:logs:us-east-1:000000000000:log-group:/aws/sagemaker/Endpoints/churn:"
            "log-stream:AllTraffic/i-0a1b");
  EXPECT_EQ(json::string_at(body, "ErrorCode"), "CLIENT_ERROR_FROM_MODEL");
}

TEST_F(Runtime, ServerErrorsAndWhatIsNoText) {
  deploy("churn", [](const auto&) { return reply(500, "", "a\xff"); });
  const Answer answer = invoke("churn", "x");
  EXPECT_EQ(answer.status, 424);
  EXPECT_TRUE(message(answer).starts_with(
      "Received server error (500) from primary with message \"a\xef\xbf\xbd\"."))
      << message(answer);
}

TEST_F(Runtime, EveryErrorHasTheNameThatBotocoreKnows) {
  Reason reason = Reason::unavailable;
  deploy("churn", [&](const auto&) { return fail(reason, "words"); });
  struct Case {
    Reason reason;
    int status;
    std::string_view type;
  };
  for (const Case& each :
       {Case{Reason::rate_limited, 429, "ModelNotReadyException"},
        Case{Reason::invalid_argument, 400, "ValidationError"},
        Case{Reason::internal, 500, "InternalFailure"}, Case{Reason::deadline, 424, "ModelError"},
        Case{Reason::unavailable, 503, "ServiceUnavailable"}}) {
    reason = each.reason;
    const Answer answer = invoke("churn", "x");
    EXPECT_EQ(answer.status, each.status) << to_string(reason);
    EXPECT_EQ(type(answer), each.type) << to_string(reason);
  }
  reason = Reason::deadline;
  const Answer late = invoke("churn", "x");
  EXPECT_TRUE(message(late).starts_with(
      "Received server error (0) from primary with message \"Your invocation timed out while "
      "waiting for a response from container primary."))
      << message(late);
}

TEST_F(Runtime, EndpointsThatAreNone) {
  const Answer answer = invoke("none", "x");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(type(answer), "ValidationError");
  EXPECT_EQ(message(answer), "Endpoint none of account 000000000000 not found.");
  const Answer too_long = invoke(std::string(64, 'a'), "x");
  EXPECT_EQ(message(too_long),
            "1 validation error detected: Value '" + std::string(64, 'a') +
                "' at 'endpointName' failed to satisfy constraint: Member must have length less "
                "than or equal to 63");
}

TEST_F(Runtime, AnEndpointWhoseNameIsNoId) {
  const auto model =
      deploy("my-endpoint", [](const auto&) { return reply(200, "text/csv", "1"); }, "My-Endpoint");
  EXPECT_EQ(invoke("My-Endpoint", "x").status, 200);
  EXPECT_EQ(invoke("my-endpoint", "x").status, 200);
  EXPECT_EQ(invoke("MY-Endpoint", "x").status, 400);
}

TEST_F(Runtime, OfSeveralOfOneNameTheCallersOwn) {
  deploy("fraud", [](const auto&) { return reply(200, "text/csv", "ann's"); })->owned_by = "ann";
  deploy(
      "fraud-bob", [](const auto&) { return reply(200, "text/csv", "bob's"); }, "fraud")
      ->owned_by = "bob";
  const auto as = [&](const char* name, std::vector<std::string> solutions) {
    const auto made = hub_.run(hub_.hub().keys().make(name, false, std::move(solutions)));
    EXPECT_TRUE(made.has_value());
    return invoke("fraud", "x", "text/csv", {{"Authorization", "Bearer " + made->secret}});
  };
  EXPECT_EQ(as("ann", {}).body, "ann's");
  EXPECT_EQ(as("bob", {"fraud-bob"}).body, "bob's");
  // Who has none of the name may ask another's, where the key says so.
  EXPECT_EQ(as("eve", {"fraud"}).body, "ann's");
  EXPECT_EQ(as("mallory", {"bank"}).status, 403);
}

TEST_F(Runtime, AnEndpointIsNotTakenForTheSolutionOfItsName) {
  const auto bank = solution("bank", {fake_skill("pay")}, hub::testing::echo_script);
  deploy(
      "bank-local", [](const auto&) { return reply(200, "text/csv", "a model's"); }, "bank")
      ->owned_by = "local";
  EXPECT_EQ(invoke("bank", "1,2").body, "a model's");
}

TEST_F(Runtime, WhoSendsTooSlowlyDoesNotCloseTheModelForOthers) {
  const auto model = deploy("churn", [](const auto&) { return reply(200, "text/csv", "1"); });
  const auto& counters = *hub_.hub().registry().snapshot()->find("churn")->counters;
  for (int i = 0; i < 4; ++i) {
    const Answer late = hub_.send_part("/endpoints/churn/invocations", 10, "x");
    EXPECT_EQ(late.status, 408);
    EXPECT_EQ(type(late), "RequestTimeout");
    EXPECT_EQ(message(late), "the rest of the request body did not come in time");
  }
  EXPECT_EQ(counters.failures.load(), 0U);
  EXPECT_EQ(counters.running.load(), 0U);
  EXPECT_EQ(invoke("churn", "x").status, 200);
}

TEST_F(Runtime, WhatIsNotThereIsRefusedByName) {
  deploy("churn", [](const auto&) { return reply(200, "text/csv", "1"); });
  const auto with = [&](std::string header, std::string value) {
    const Answer answer = invoke("churn", "x", "text/csv", {{std::move(header), std::move(value)}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(type(answer), "ValidationError");
    return message(answer);
  };
  EXPECT_EQ(with("X-Amzn-SageMaker-Target-Model", "a.tar.gz"),
            "TargetModel `a.tar.gz`: endpoint churn is no multi-model endpoint; make an endpoint "
            "for each model");
  EXPECT_EQ(with("X-Amzn-SageMaker-Inference-Component", "c"),
            "InferenceComponentName `c`: endpoint churn has no inference components; call it "
            "without one");
  EXPECT_TRUE(with("X-Amzn-SageMaker-Session-Id", "NEW_SESSION").starts_with("SessionId: "));
  EXPECT_TRUE(with("X-Amzn-SageMaker-Target-Container-Hostname", "h")
                  .starts_with("TargetContainerHostname `h`: "));
  EXPECT_TRUE(
      with("X-Amzn-SageMaker-Enable-Explanations", "`true`").starts_with("EnableExplanations: "));
  EXPECT_TRUE(with("X-Amzn-SageMaker-Custom-Attributes", std::string(1025, 'a'))
                  .ends_with("at 'customAttributes' failed to satisfy constraint: Member must have "
                             "length less than or equal to 1024"));
  const Answer async = invoke("churn", "x", "text/csv", {}, "async-invocations");
  EXPECT_EQ(async.status, 400);
  EXPECT_TRUE(message(async).starts_with("InvokeEndpointAsync is not served"));
  EXPECT_EQ(type(invoke("churn", "x", "text/csv", {}, "other")), "UnknownOperationException");
}

TEST_F(Runtime, AStreamIsAFrameForEachPiece) {
  const auto model = deploy("writer", [](const auto&) {
    auto told = reply(200, "text/plain; charset=utf-8", "");
    told.variant = "blue";
    told.attributes = "trace=7";
    return told;
  });
  model->pieces = {"one ", "two ", "three"};
  const Answer answer =
      invoke("writer", "{}", "application/json", {{"X-Amzn-SageMaker-Accept", "text/plain"}},
             "invocations-response-stream");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/vnd.amazon.eventstream");
  // As the model says it with its first piece.
  EXPECT_EQ(answer.headers.get("X-Amzn-SageMaker-Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.headers.get("x-Amzn-Invoked-Production-Variant"), "blue");
  EXPECT_EQ(answer.headers.get("X-Amzn-SageMaker-Custom-Attributes"), "trace=7");
  const auto frames = events(answer);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[1].header(":message-type"), "event");
  EXPECT_EQ(frames[1].header(":event-type"), "PayloadPart");
  EXPECT_EQ(frames[1].payload, "two ");
}

/// A caller that does not read is waited for: the model is not asked for more.
TEST_F(Runtime, ASlowReaderSlowsTheModel) {
  const auto model = deploy("writer", [](const auto&) { return reply(200, "text/plain", ""); });
  model->pieces.assign(2'000, std::string(64 * 1024, 'x'));
  net::testing::RawClient client(hub_.port());
  client.send(
      "POST /endpoints/writer/invocations-response-stream HTTP/1.1\r\nHost: 127.0.0.1\r\n"
      "Content-Length: 0\r\n\r\n");
  ASSERT_TRUE(hub::testing::wait_until([&] { return model->taken > 0; }));
  // Until nothing has moved for a while.
  std::size_t before = 0;
  int still = 0;
  ASSERT_TRUE(hub::testing::wait_until([&] {
    const std::size_t now = model->taken;
    still = std::exchange(before, now) == now ? still + 1 : 0;
    return still > 60;
  }));
  EXPECT_LT(model->taken, 1'000U);
  client.close();
}

TEST_F(Runtime, AnAnswerInOnePieceIsOneFrame) {
  deploy("churn", [](const auto&) { return reply(200, "text/csv", "0.5"); });
  const Answer answer = invoke("churn", "x", "text/csv", {}, "invocations-response-stream");
  EXPECT_EQ(answer.headers.get("X-Amzn-SageMaker-Content-Type"), "text/csv");
  EXPECT_EQ(answer.headers.get("x-Amzn-Invoked-Production-Variant"), "AllTraffic");
  const auto frames = events(answer);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].payload, "0.5");
}

TEST_F(Runtime, AStreamThatBreaksEndsWithAnException) {
  Result<ml::InvocationReply> end = fail(Reason::deadline, "late");
  const auto model = deploy("writer", [&](const auto&) { return end; });
  // Nothing went out yet: an error as any other.
  const auto whole = [&] {
    return invoke("writer", "{}", "application/json", {}, "invocations-response-stream");
  };
  EXPECT_EQ(whole().status, 424);
  model->pieces = {"one "};
  const auto late = events(whole());
  ASSERT_EQ(late.size(), 2U);
  EXPECT_EQ(late[1].header(":message-type"), "exception");
  EXPECT_EQ(late[1].header(":exception-type"), "ModelStreamError");
  EXPECT_EQ(json::string_at(json::parse_object(late[1].payload, "").value(), "ErrorCode"),
            "ModelInvocationTimeExceeded");
  end = reply(500, "text/plain", "the program ended");
  const auto broken = events(whole());
  ASSERT_EQ(broken.size(), 2U);
  EXPECT_EQ(json::string_at(json::parse_object(broken[1].payload, "").value(), "ErrorCode"),
            "StreamBroken");
  end = fail(Reason::internal, "a bug");
  EXPECT_EQ(events(whole()).at(1).header(":exception-type"), "InternalStreamFailure");
}

// ---- solutions that are no deployed models

TEST_F(Runtime, ArgumentsAreTheBody) {
  const auto bank = solution(
      "bank",
      {fake_skill(
          "balance", model::Shape::invoke,
          R"({"type":"object","properties":{"account":{"type":"string"}},"required":["account"]})")},
      hub::testing::echo_script);
  const Answer answer = invoke("bank", R"({"account":"a1"})", "application/json");
  EXPECT_EQ(answer.body, R"({"account":"a1"})");
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(answer.headers.get("x-Amzn-Invoked-Production-Variant"), "balance");
  const Answer wrong = invoke("bank", R"({"account":7})", "application/json");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(type(wrong), "ValidationError");
  EXPECT_EQ(invoke("bank", "no JSON", "application/json").status, 400);
}

TEST_F(Runtime, OfSeveralSkillsTheComponentNamesOne) {
  solution("two", {fake_skill("a"), fake_skill("b")}, hub::testing::echo_script);
  EXPECT_EQ(invoke("two", "{}", "application/json").status, 400);
  const Answer answer = invoke("two", R"({"x":1})", "application/json",
                               {{"X-Amzn-SageMaker-Inference-Component", "b"}});
  EXPECT_EQ(answer.body, R"({"x":1})");
  EXPECT_EQ(
      invoke("two", R"({"x":2})", "application/json", {{"X-Amzn-SageMaker-Target-Model", "a"}})
          .body,
      R"({"x":2})");
}

Awaitable<Result<model::Output>> say_hello(std::shared_ptr<const model::Call> call,
                                           hub::Emitter& out) {
  const std::string text = "hello " + model::joined_text(call->turns.back().parts, false);
  model::Event delta{model::Delta{.text = text}};
  WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
  model::Output output = hub::testing::text_output(text);
  output.usage = model::Usage{.input = 3, .output = 4};
  co_return output;
}

TEST_F(Runtime, AConversationInTheShapeOfItsCaller) {
  const auto greeter = solution("greeter", {fake_skill("talk", model::Shape::converse)}, say_hello);
  const Answer text = invoke("greeter", "Ada", "text/plain");
  EXPECT_EQ(text.body, "hello Ada");
  EXPECT_EQ(text.headers.get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(text.headers.get("X-Amzn-SageMaker-Custom-Attributes"), "input=3, output=4");
  const Answer generated =
      invoke("greeter", R"({"inputs":"Ada","parameters":{"max_new_tokens":7,"top_k":3}})",
             "application/json");
  EXPECT_EQ(generated.body, R"([{"generated_text":"hello Ada"}])");
  EXPECT_EQ(generated.headers.get("Weft-Loss"), "/parameters/top_k call> dropped");
  EXPECT_EQ(greeter->last_call.load()->gen.max_tokens, 7);
  const json::object chat =
      parsed(invoke("greeter", R"({"messages":[{"role":"user","content":"Ada"}],"max_tokens":5})",
                    "application/json"));
  EXPECT_EQ(
      json::write(chat.at("choices")),
      R"([{"index":0,"message":{"role":"assistant","content":"hello Ada"},"finish_reason":"stop"}])");
  EXPECT_EQ(greeter->last_call.load()->gen.max_tokens, 5);
  EXPECT_EQ(
      invoke("greeter", R"({"role":"user","parts":[{"text":"Ada"}]})", "application/json").body,
      R"({"text":"hello Ada"})");
  EXPECT_EQ(invoke("greeter", "Ada", "text/plain", {{"Accept", "image/png"}}).status, 400);
}

TEST_F(Runtime, AStreamOfWordsInTheShapeOfItsCaller) {
  solution("greeter", {fake_skill("talk", model::Shape::converse)}, say_hello);
  const auto payloads = [&](std::string body, std::string accept) {
    const Answer answer =
        invoke("greeter", std::move(body), "application/json",
               {{"X-Amzn-SageMaker-Accept", std::move(accept)}}, "invocations-response-stream");
    std::string out;
    for (const auto& event : events(answer)) out += event.payload;
    return out;
  };
  EXPECT_EQ(payloads(R"("Ada")", "*/*"), "{\"text\":\"hello Ada\"}\n");
  EXPECT_EQ(payloads(R"({"inputs":"Ada"})", "application/jsonlines"),
            "{\"token\":{\"text\":\"hello Ada\"}}\n"
            "{\"token\":{\"text\":\"\"},\"generated_text\":\"hello Ada\"}\n");
  EXPECT_EQ(payloads(R"({"messages":[{"role":"user","content":"Ada"}]})", "text/event-stream"),
            "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":"
            "{\"content\":\"hello Ada\"},\"finish_reason\":null}]}\n\n"
            "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},"
            "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
}

TEST_F(Runtime, ATableIsATensor) {
  const auto remote = solution(
      "iris",
      {fake_skill("iris", model::Shape::predict,
                  R"({"type":"object","properties":{"x":{"type":"array"}},"required":["x"]})")},
      [](std::shared_ptr<const model::Call>, hub::Emitter&) -> Awaitable<Result<model::Output>> {
        model::Output out;
        out.data =
            json::parse(R"({"y":{"datatype":"FP32","shape":[2,2],"data":[1,2,3,4]}})").value();
        co_return out;
      });
  const Answer table = invoke("iris", "1,2\n3,\n", "text/csv");
  EXPECT_EQ(json::write(*remote->last_call.load()->args), R"({"x":[[1.0,2.0],[3.0,null]]})");
  EXPECT_EQ(table.body, "1,2\n3,4\n");
  EXPECT_EQ(table.headers.get("Content-Type"), "text/csv; charset=utf-8");
  const Answer instances = invoke("iris", R"({"instances":[[1,2]]})", "application/json");
  EXPECT_EQ(instances.body,
            R"({"predictions":{"y":{"datatype":"FP32","shape":[2,2],"data":[1,2,3,4]}}})");
  EXPECT_EQ(json::write(*remote->last_call.load()->args), R"({"x":[[1,2]]})");
}

Awaitable<Result<model::Output>> ask_name(std::shared_ptr<const model::Call>, hub::Emitter& out) {
  model::Ask ask;
  model::Ask::Item item;
  item.message = "What is your name?";
  ask.items["name"] = std::move(item);
  WEFT_CO_TRY(model::Answers answers, co_await out.ask(std::move(ask)));
  co_return hub::testing::text_output("hello " + answers["name"].text);
}

TEST_F(Runtime, AQuestionIsAnsweredInItsSession) {
  solution("asker", {fake_skill("talk", model::Shape::converse)}, ask_name);
  const Answer asked = invoke("asker", "hi", "text/plain");
  EXPECT_EQ(asked.status, 424);
  const json::object body = parsed(asked);
  EXPECT_EQ(json::int_at(body, "OriginalStatusCode"), 409);
  const std::string original(json::string_at(body, "OriginalMessage"));
  EXPECT_TRUE(original.starts_with("What is your name? (answer it in the body of a request"));
  const auto mark = original.find('`');
  const std::string session = original.substr(mark + 1, original.rfind('`') - mark - 1);
  const Answer answer =
      invoke("asker", "Ada", "text/plain", {{"X-Amzn-SageMaker-Session-Id", session}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_NE(answer.body.find("hello Ada"), std::string::npos);
}

TEST_F(Runtime, ANewSessionIsAContext) {
  const auto greeter = solution("greeter", {fake_skill("talk", model::Shape::converse)}, say_hello);
  const Answer answer =
      invoke("greeter", "Ada", "text/plain", {{"X-Amzn-SageMaker-Session-Id", "NEW_SESSION"}});
  const std::string session(answer.headers.get("X-Amzn-SageMaker-New-Session-Id"));
  EXPECT_EQ(session, greeter->last_call.load()->context.str());
  EXPECT_FALSE(session.empty());
  invoke("greeter", "Ada", "text/plain", {{"X-Amzn-SageMaker-Session-Id", session}});
  EXPECT_EQ(greeter->last_call.load()->context.str(), session);
}

TEST_F(Runtime, WhatASolutionSaysWrongIsAModelError) {
  solution(
      "broken", {fake_skill("a")},
      [](std::shared_ptr<const model::Call>, hub::Emitter&) -> Awaitable<Result<model::Output>> {
        co_return fail(Reason::solution_failed, "no such account");
      });
  const Answer answer = invoke("broken", "{}", "application/json");
  EXPECT_EQ(answer.status, 424);
  const json::object body = parsed(answer);
  EXPECT_EQ(json::int_at(body, "OriginalStatusCode"), 500);
  EXPECT_EQ(json::string_at(body, "OriginalMessage"), "solution \"broken\": no such account");
  EXPECT_FALSE(body.contains("LogStreamArn"));
}

TEST_F(Runtime, AKeyThatMayNotCallIsToldSo) {
  deploy("churn", [](const auto&) { return reply(200, "text/csv", "1"); });
  solution("bank", {fake_skill("a")}, hub::testing::echo_script);
  const auto made = hub_.run(hub_.hub().keys().make("k", false, {"other"}));
  ASSERT_TRUE(made.has_value());
  const std::pair<std::string, std::string> key{"Authorization", "Bearer " + made->secret};
  for (const std::string_view name : {"churn", "bank"}) {
    const Answer answer = invoke(name, "{}", "application/json", {key});
    EXPECT_EQ(answer.status, 403) << name;
    EXPECT_EQ(type(answer), "AccessDeniedException") << name;
  }
}

}  // namespace
}  // namespace weft::runtime_door
