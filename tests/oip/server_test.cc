#include "harness.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"

namespace weft::oip_door {
namespace {

using hub::testing::fake_skill;

const std::filesystem::path kGolden =
    std::filesystem::path(WEFT_SOURCE) / "src/weft/adapters/oip/golden";

constexpr std::string_view kIrisAbout = R"({"engine":"onnx",
    "inputs":[{"name":"input-0","datatype":"FP32","shape":[-1,4]}],
    "outputs":[{"name":"output-0","datatype":"INT64","shape":[-1]}]})";
constexpr std::string_view kIrisBody =
    R"({"id":"7","inputs":[{"name":"input-0","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]})";

Result<ml::InvocationReply> replied(std::string body, std::string length = "") {
  ml::InvocationReply out;
  out.type = std::move(length);
  out.body = std::move(body);
  return out;
}

Result<ml::InvocationReply> refused_by_model(std::uint16_t status, std::string message) {
  ml::InvocationReply out;
  out.status = status;
  out.body = std::move(message);
  return out;
}

json::object parsed(const Answer& answer) {
  auto out = json::parse_object(answer.body, "the answer");
  EXPECT_TRUE(out.has_value()) << answer.body;
  return out.value_or(json::object());
}
std::string error_in(const Answer& answer) {
  return std::string(json::string_at(parsed(answer), "error"));
}

class OipDoor : public ::testing::Test {
 protected:
  OipDoor() : hub_(world_.loops, world_.clients) {}

  std::shared_ptr<FakeModel> deploy(std::string id, FakeModel::Work work,
                                    std::string_view about = kIrisAbout) {
    auto model = std::make_shared<FakeModel>(about, std::move(work));
    auto skill = fake_skill("predict", model::Shape::predict);
    hub_.add(hub::testing::fake_solution(std::move(id), model, {skill}));
    return model;
  }
  std::shared_ptr<hub::testing::FakeService> solution(std::string id, model::Skill skill,
                                                      hub::testing::Script script) {
    auto service = std::make_shared<hub::testing::FakeService>(std::move(script));
    hub_.add(hub::testing::fake_solution(std::move(id), service, {std::move(skill)}));
    return service;
  }
  static std::string texts(std::string_view name, std::string_view list) {
    const auto count = json::parse(list).value().as_array().size();
    return std::format(R"({{"name":"{}","datatype":"BYTES","shape":[{}],"data":{}}})", name, count,
                       list);
  }

  World world_;
  OipHub hub_;
};

Awaitable<Result<model::Output>> say_hello(std::shared_ptr<const model::Call> call, hub::Emitter&) {
  model::Output out =
      hub::testing::text_output("hello " + model::joined_text(call->turns.back().parts, false));
  out.usage = model::Usage{.input = 3, .output = 4};
  co_return out;
}

TEST_F(OipDoor, ServerMetadataAndHealth) {
  const Answer metadata = hub_.get("/v2");
  EXPECT_EQ(metadata.status, 200);
  const json::object o = parsed(metadata);
  // inference_rest.md: name, version and extensions are required.
  EXPECT_EQ(json::string_at(o, "name"), "weft");
  EXPECT_FALSE(json::string_at(o, "version").empty());
  EXPECT_EQ(json::array_at(o, "extensions")->at(0).as_string(), "binary_tensor_data");
  EXPECT_EQ(hub_.get("/v2/").status, 200);
  EXPECT_EQ(hub_.get("/v2/health/live").status, 200);
  EXPECT_EQ(hub_.get("/v2/health/ready").status, 200);
  hub_.environment.ready = [] { return false; };
  EXPECT_EQ(hub_.get("/v2/health/ready").status, 503);
  EXPECT_EQ(hub_.get("/v2/health/other").status, 404);
}

TEST_F(OipDoor, MetadataOfEveryKindOfModel) {
  deploy("iris", [](const auto&) { return replied("{}"); });
  model::Skill talk = fake_skill("talk", model::Shape::converse);
  talk.description = "Says hello.";
  solution("greeter", talk, say_hello);
  solution("bank",
           fake_skill("balance", model::Shape::invoke,
                      R"({"type":"object","properties":{"account":{"type":"string"},
                          "days":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}}}})"),
           hub::testing::echo_script);
  solution("nested",
           fake_skill("pay", model::Shape::invoke,
                      R"({"type":"object","properties":{"to":{"type":"object"}}})"),
           hub::testing::echo_script);
  solution("vectors", fake_skill("embed", model::Shape::embed), hub::testing::echo_script);
  std::string all;
  for (const std::string_view name : {"iris", "greeter", "bank", "nested", "vectors"})
    all += json::write_pretty(json::value(parsed(hub_.get(std::format("/v2/models/{}", name))))) +
           "\n";
  EXPECT_EQ(adapters::golden(kGolden, "metadata.json", all), all);
  EXPECT_EQ(hub_.get("/v2/models/bank.balance/versions/1").status, 200);
  EXPECT_EQ(error_in(hub_.get("/v2/models/bank/versions/2")),
            "the model `bank` has the version 1, not 2");
}

TEST_F(OipDoor, ListsWhatThereIs) {
  const auto iris = deploy("iris", [](const auto&) { return replied("{}"); });
  auto service = std::make_shared<hub::testing::FakeService>(hub::testing::echo_script);
  hub_.add(hub::testing::fake_solution("two", service, {fake_skill("a"), fake_skill("b.c")}));
  const std::string all = R"([{"name":"iris","version":"1","state":"READY","reason":""},)"
                          R"({"name":"two.a","version":"1","state":"READY","reason":""},)"
                          R"({"name":"two.b.c","version":"1","state":"READY","reason":""}])";
  EXPECT_EQ(hub_.post("/v2/repository/index", "").body, all);
  EXPECT_EQ(hub_.get("/v2/models").body, R"({"models":["iris","two.a","two.b.c"]})");
  EXPECT_EQ(hub_.get("/v2/models/two.b.c").status, 200);
  EXPECT_EQ(hub_.get("/v2/models/iris/ready").status, 200);
  iris->loaded = false;
  EXPECT_EQ(hub_.get("/v2/models/iris/ready").status, 503);
  EXPECT_EQ(hub_.post("/v2/repository/index", R"({"ready":true})").body.find("iris"),
            std::string::npos);
  EXPECT_EQ(hub_.post("/v2/repository/index", "[]").status, 400);
}

TEST_F(OipDoor, ADeployedModelGetsTheBytesAndItsBytesGoOut) {
  const auto iris = deploy("iris", [](const auto&) {
    return replied(R"({"id":"7","outputs":[{"name":"output-0","datatype":"INT64",)"
                   R"("shape":[1],"data":[2]}]})");
  });
  const Answer answer = hub_.post("/v2/models/iris/infer", kIrisBody);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(iris->last_body, kIrisBody);
  EXPECT_TRUE(iris->last.tensors);
  EXPECT_EQ(iris->last.accept, "");
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(answer.body, R"({"model_name":"iris","id":"7","outputs":[{"name":"output-0",)"
                         R"("datatype":"INT64","shape":[1],"data":[2]}]})");
  EXPECT_EQ(hub_.post("/v2/models/iris/versions/1/infer", kIrisBody).status, 200);
  EXPECT_EQ(hub_.post("/v2/models/iris.predict/infer", kIrisBody).status, 200);
}

TEST_F(OipDoor, TensorsBehindTheJsonOfADeployedModel) {
  const std::string json =
      R"({"outputs":[{"name":"o","datatype":"INT8","shape":[2],"parameters":{"binary_data_size":2}}]})";
  const auto iris = deploy(
      "iris", [&](const auto&) { return replied(json + "\1\2", std::to_string(json.size())); });
  const std::string head =
      R"({"inputs":[{"name":"input-0","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":16}}]})";
  const std::string body = head + std::string(16, '\0');
  const Answer answer = hub_.post("/v2/models/iris/infer", body,
                                  {{"Inference-Header-Content-Length", std::to_string(head.size())},
                                   {"Content-Type", "application/octet-stream"}});
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(iris->last_body, body);
  EXPECT_EQ(iris->last.accept, std::to_string(head.size()));
  const auto length = wire::oip_json_bytes(answer.headers.get("Inference-Header-Content-Length"));
  ASSERT_TRUE(length.has_value());
  const auto read = wire::read_oip_response(answer.body, length);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->model, "iris");
  EXPECT_EQ(read->outputs.at(0).bytes, "\1\2");
  EXPECT_EQ(error_in(hub_.post("/v2/models/iris/infer", "{}",
                               {{"Inference-Header-Content-Length", "3"}})),
            "solution \"iris\": Inference-Header-Content-Length is more than the body has");
  EXPECT_EQ(error_in(hub_.post("/v2/models/iris/infer", "{}",
                               {{"Inference-Header-Content-Length", "-1"}})),
            "Inference-Header-Content-Length is no length");
}

/// Triton's raw binary request: no JSON at all.
TEST_F(OipDoor, ABodyOfBytesAloneIsTheOnlyInput) {
  const auto iris = deploy("iris", [](const auto&) { return replied(R"({"outputs":[]})"); });
  const std::string bytes(32, '\1');
  const Head raw{{"Inference-Header-Content-Length", "0"}};
  EXPECT_EQ(hub_.post("/v2/models/iris/infer", bytes, raw).status, 200);
  const auto length = wire::oip_json_bytes(iris->last.accept);
  const auto read = wire::read_oip_request(iris->last_body, length);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->inputs.at(0).shape, (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(read->inputs.at(0).bytes, bytes);
  EXPECT_TRUE(read->binary_output);
  EXPECT_EQ(error_in(hub_.post("/v2/models/iris/infer", "12345", raw)),
            "solution \"iris\": the body is no whole number of rows of the tensor");
}

TEST_F(OipDoor, WhatAModelFindsWrongHasItsStatus) {
  std::uint16_t status = 400;
  deploy("iris", [&](const auto&) { return refused_by_model(status, "tensor `x`: no"); });
  const Answer answer = hub_.post("/v2/models/iris/infer", kIrisBody);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, R"({"error":"tensor `x`: no","reason":"invalid_argument"})");
  status = 500;
  EXPECT_EQ(hub_.post("/v2/models/iris/infer", kIrisBody).status, 500);
  status = 415;
  EXPECT_EQ(hub_.post("/v2/models/iris/infer", kIrisBody).status, 415);
  deploy("late", [](const auto&) { return fail(Reason::unavailable, "no worker is ready"); });
  EXPECT_EQ(hub_.post("/v2/models/late/infer", kIrisBody).status, 503);
  EXPECT_EQ(error_in(hub_.post("/v2/models/late/infer", kIrisBody)),
            "solution \"late\": no worker is ready");
}

TEST_F(OipDoor, WhatIsNotServedIsRefusedByName) {
  deploy("iris", [](const auto&) { return replied("{}"); });
  const Answer unknown = hub_.post("/v2/models/irs/infer", kIrisBody);
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(error_in(unknown), "no solution `irs` has joined; nearest: `iris`");
  EXPECT_EQ(hub_.post("/v2/repository/models/iris/load", "{}").status, 400);
  EXPECT_NE(error_in(hub_.post("/v2/repository/models/iris/unload", "")).find("DeleteEndpoint"),
            std::string::npos);
  EXPECT_NE(error_in(hub_.get("/v2/models/iris/config")).find("/config is not served"),
            std::string::npos);
  EXPECT_NE(error_in(hub_.get("/v2/models/stats")).find("no solution `stats`"), std::string::npos);
  EXPECT_NE(error_in(hub_.post("/v2/models/iris/explain", "{}")).find("/explain is not served"),
            std::string::npos);
  EXPECT_NE(error_in(hub_.post("/v2/systemsharedmemory", "{}")).find("is not served"),
            std::string::npos);
  EXPECT_NE(error_in(hub_.post("/v2/models/iris/generate", R"({"text_input":"x"})"))
                .find("a model of tensors, not of texts"),
            std::string::npos);
}

TEST_F(OipDoor, AConversationIsATextInAndOut) {
  const auto greeter = solution("greeter", fake_skill("talk", model::Shape::converse), say_hello);
  const std::string body =
      std::format(R"({{"id":"42","inputs":[{},{},{}]}})", texts("text_input", R"(["Ada"])"),
                  texts("system", R"(["be short"])"),
                  texts("parameters", R"(["{\"max_tokens\":5,\"model\":\"m\",\"own\":1}"])"));
  const Answer answer = hub_.post("/v2/models/greeter/infer", body);
  EXPECT_EQ(answer.body, R"({"model_name":"greeter","model_version":"1","id":"42",)"
                         R"("parameters":{"input_tokens":3,"output_tokens":4},)"
                         R"("outputs":[{"name":"text_output","datatype":"BYTES","shape":[1],)"
                         R"("data":["hello Ada"]}]})");
  EXPECT_EQ(answer.headers.get("Weft-Loss"), "/own call> dropped");
  const auto call = greeter->last_call.load();
  ASSERT_EQ(call->turns.size(), 2U);
  EXPECT_EQ(call->turns[0].role, model::Role::system);
  EXPECT_EQ(call->gen.max_tokens, 5);
  EXPECT_EQ(call->model, "m");
  EXPECT_EQ(error_in(hub_.post("/v2/models/greeter/infer",
                               std::format(R"({{"inputs":[{}]}})", texts("x", R"(["a"])")))),
            "tensor `x`: the model takes `text_input`, `system`, `messages` and `parameters`");
}

TEST_F(OipDoor, EachTextOfABatchIsACall) {
  const auto greeter = solution("greeter", fake_skill("talk", model::Shape::converse), say_hello);
  const Answer answer = hub_.post(
      "/v2/models/greeter/infer",
      R"({"inputs":[{"name":"text_input","datatype":"BYTES","shape":[3,1],"data":["a","b","c"]}]})");
  EXPECT_EQ(answer.body, R"({"model_name":"greeter","model_version":"1","outputs":[)"
                         R"({"name":"text_output","datatype":"BYTES","shape":[3,1],)"
                         R"("data":["hello a","hello b","hello c"]}]})");
  EXPECT_EQ(greeter->started, 3);
}

constexpr std::string_view kAccount =
    R"({"type":"object","properties":{"account":{"type":"string"},"days":{"type":"integer"},
        "tags":{"type":"array","items":{"type":"string"}}},"required":["account"],
        "additionalProperties":false})";

TEST_F(OipDoor, ArgumentsAsTensorsOrAsOneJson) {
  const auto bank = solution("bank", fake_skill("balance", model::Shape::invoke, kAccount),
                             hub::testing::echo_script);
  const auto heard = [&](const std::string& inputs) {
    const Answer answer =
        hub_.post("/v2/models/bank/infer", std::format(R"({{"inputs":[{}]}})", inputs));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::write(*bank->last_call.load()->args);
  };
  EXPECT_EQ(heard(texts("account", R"(["a1"])") +
                  R"(,{"name":"days","datatype":"INT32","shape":[1],"data":[7]},)" +
                  texts("tags", R"(["x","y"])")),
            R"({"account":"a1","days":7,"tags":["x","y"]})");
  EXPECT_EQ(heard(texts("args", R"(["{\"account\":\"a2\"}"])")), R"({"account":"a2"})");
  const Answer wrong = hub_.post("/v2/models/bank/infer",
                                 std::format(R"({{"inputs":[{}]}})", texts("acount", R"(["a"])")));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(error_in(wrong), "tensor `acount`: the model has no such input");
  const Answer missing =
      hub_.post("/v2/models/bank/infer",
                R"({"inputs":[{"name":"days","datatype":"INT32","shape":[1],"data":[7]}]})");
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(json::string_at(parsed(missing), "reason"), "invalid_argument");
}

TEST_F(OipDoor, OnlyTheOutputsThatAreAskedFor) {
  solution("bank", fake_skill("balance", model::Shape::invoke, kAccount),
           hub::testing::echo_script);
  const auto asked = [&](std::string_view outputs) {
    return hub_.post("/v2/models/bank/infer", std::format(R"({{"inputs":[{}],"outputs":{}}})",
                                                          texts("account", R"(["a1"])"), outputs));
  };
  EXPECT_EQ(asked(R"([{"name":"result"}])").body,
            R"({"model_name":"bank","model_version":"1","outputs":[{"name":"result",)"
            R"("datatype":"BYTES","shape":[1],"data":["{\"account\":\"a1\"}"]}]})");
  EXPECT_EQ(error_in(asked(R"([{"name":"none"}])")), "the answer has no output `none`");
  EXPECT_EQ(error_in(asked(R"([{"name":"result","parameters":{"classification":2}}])")),
            "output `result`: `classification` is not served: take the tensor itself");
  const Answer binary = asked(R"([{"name":"result","parameters":{"binary_data":true}}])");
  const auto length = wire::oip_json_bytes(binary.headers.get("Inference-Header-Content-Length"));
  ASSERT_TRUE(length.has_value());
  EXPECT_EQ(binary.body.substr(*length), std::string("\x10\0\0\0", 4) + R"({"account":"a1"})");
}

TEST_F(OipDoor, Embeddings) {
  solution("vectors", fake_skill("embed", model::Shape::embed),
           [](std::shared_ptr<const model::Call> call,
              hub::Emitter&) -> Awaitable<Result<model::Output>> {
             model::Output out;
             json::array rows;
             for (std::size_t i = 0; i < call->args->at("input").as_array().size(); ++i)
               rows.emplace_back(json::array{0.5, static_cast<double>(i)});
             out.data = json::object{{"embeddings", std::move(rows)}};
             co_return out;
           });
  const Answer answer =
      hub_.post("/v2/models/vectors/infer",
                std::format(R"({{"inputs":[{}]}})", texts("text_input", R"(["a","b"])")));
  EXPECT_EQ(answer.body,
            R"({"model_name":"vectors","model_version":"1","outputs":[{"name":"embedding",)"
            R"("datatype":"FP32","shape":[2,2],"data":[0.5,0,0.5,1]}]})");
}

Awaitable<Result<model::Output>> ask_name(std::shared_ptr<const model::Call>, hub::Emitter& out) {
  model::Ask ask;
  model::Ask::Item item;
  item.message = "What is your name?";
  ask.items["name"] = std::move(item);
  WEFT_CO_TRY(model::Answers answers, co_await out.ask(std::move(ask)));
  co_return hub::testing::text_output("hello " + answers["name"].text);
}

TEST_F(OipDoor, AQuestionEndsTheRequestAndIsAnsweredByTheNext) {
  solution("asker", fake_skill("talk", model::Shape::converse), ask_name);
  const Answer asked =
      hub_.post("/v2/models/asker/infer",
                std::format(R"({{"inputs":[{}]}})", texts("text_input", R"(["hi"])")));
  EXPECT_EQ(asked.status, 409);
  EXPECT_EQ(error_in(asked), "What is your name?");
  const json::object body = parsed(asked);
  const std::string task(json::string_at(*json::object_at(body, "parameters"), "task_id"));
  const Answer answer = hub_.post(
      "/v2/models/asker/infer", std::format(R"({{"parameters":{{"task_id":"{}"}},"inputs":[{}]}})",
                                            task, texts("text_input", R"(["Ada"])")));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find(R"("data":["hello Ada"])"), std::string::npos) << answer.body;
  EXPECT_EQ(hub_.post("/v2/models/asker/infer",
                      std::format(R"({{"parameters":{{"task_id":"none"}},"inputs":[{}]}})",
                                  texts("text_input", R"(["Ada"])")))
                .status,
            404);
}

Awaitable<Result<model::Output>> count(std::shared_ptr<const model::Call> call, hub::Emitter& out) {
  for (const char* word : {"one ", "two "}) {
    model::Event delta{model::Delta{.text = word}};
    WEFT_CO_CHECK(co_await out.emit(std::move(delta)));
  }
  if (model::joined_text(call->turns.back().parts, false) == "break")
    co_return fail(Reason::solution_failed, "it broke");
  model::Output output;
  output.finish = model::Finish::length;
  co_return output;
}

TEST_F(OipDoor, GenerateAndItsStream) {
  solution("counter", fake_skill("talk", model::Shape::converse), count);
  const std::string_view body =
      R"({"text_input":"x","parameters":{"max_tokens":2},"stream":false})";
  EXPECT_EQ(hub_.post("/v2/models/counter/generate", body).body,
            R"({"model_name":"counter","model_version":"1","text_output":"one two ",)"
            R"("parameters":{"finish":"length"}})");
  const Answer stream = hub_.post("/v2/models/counter/generate_stream", body);
  EXPECT_EQ(stream.headers.get("Content-Type"), "text/event-stream");
  EXPECT_EQ(adapters::golden(kGolden, "generate_stream.txt", stream.body), stream.body);
  const Answer broken =
      hub_.post("/v2/models/counter/generate_stream", R"({"text_input":"break"})");
  EXPECT_EQ(broken.status, 200);
  EXPECT_TRUE(
      broken.body.ends_with("data: {\"error\":\"solution \\\"counter\\\": it "
                            "broke\",\"reason\":\"solution_failed\"}\n\n"))
      << broken.body;
  EXPECT_EQ(error_in(hub_.post("/v2/models/counter/generate", "{}")),
            "`text_input` must be a text");
}

TEST_F(OipDoor, AKeyKnowsOnlyWhatItMayCall) {
  deploy("iris", [](const auto&) { return replied("{}"); });
  deploy("other", [](const auto&) { return replied("{}"); });
  const auto key = hub_.run(hub_.hub().keys().make("k", false, {"iris"}));
  ASSERT_TRUE(key.has_value());
  const Head head{{"Authorization", "Bearer " + key->secret}};
  EXPECT_EQ(hub_.post("/v2/models/iris/infer", kIrisBody).status, 401);
  EXPECT_EQ(error_in(hub_.post("/v2/models/iris/infer", kIrisBody)).empty(), false);
  EXPECT_EQ(hub_.post("/v2/models/iris/infer", kIrisBody, head).status, 200);
  EXPECT_EQ(hub_.post("/v2/models/other/infer", kIrisBody, head).status, 403);
  EXPECT_EQ(hub_.post("/v2/repository/index", "", head).body,
            R"([{"name":"iris","version":"1","state":"READY","reason":""}])");
  // Whether it lives is told to everybody.
  EXPECT_EQ(hub_.get("/v2/health/live").status, 200);
  EXPECT_EQ(hub_.get("/v2").status, 401);
}

TEST_F(OipDoor, BodiesThatAreNone) {
  solution("greeter", fake_skill("talk", model::Shape::converse), say_hello);
  EXPECT_EQ(error_in(hub_.post("/v2/models/greeter/infer", "[]")),
            "the body must be a JSON object");
  EXPECT_EQ(error_in(hub_.post("/v2/models/greeter/infer", "{}")), "`inputs` is missing");
  EXPECT_EQ(
      error_in(hub_.post(
          "/v2/models/greeter/infer",
          R"({"inputs":[{"name":"text_input","datatype":"BYTES","shape":[2],"data":["a"]}]})")),
      "tensor `text_input`: its data has 1 elements, its shape 2");
  EXPECT_EQ(error_in(hub_.post(
                "/v2/models/greeter/infer",
                R"({"inputs":[{"name":"text_input","datatype":"FP32","shape":[1],"data":[1]}]})")),
            "tensor `text_input`: FP32 is no text; send BYTES");
}

}  // namespace
}  // namespace weft::oip_door
