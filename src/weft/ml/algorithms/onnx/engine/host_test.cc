#include "weft/ml/algorithms/onnx/engine/host.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/ml/algorithms/onnx/engine/testing.h"
#include "weft/wire/oip.h"

namespace weft::ml::onnx {
namespace {

using worker::Reply;
using worker::Request;

template <class T>
T element(const wire::OipTensor& tensor, std::size_t at) {
  T out{};
  WEFT_ASSERT((at + 1) * sizeof(T) <= tensor.bytes.size());
  std::memcpy(&out, tensor.bytes.data() + at * sizeof(T), sizeof(T));
  return out;
}

std::vector<wire::OipTensor> outputs_of(const Reply& reply) {
  EXPECT_EQ(reply.status, 200) << reply.body;
  std::optional<std::size_t> json_bytes;
  if (!reply.attributes.empty()) json_bytes = std::stoul(reply.attributes);
  const auto response = wire::read_oip_response(reply.body, json_bytes);
  EXPECT_TRUE(response.has_value()) << reply.body;
  return response ? response->outputs : std::vector<wire::OipTensor>();
}

std::string rows_of(const json::value& rows) {
  return std::format(
      R"({{"id":"7","inputs":[{{"name":"input","shape":[{},{}],"datatype":"FP32","data":{}}}]}})",
      rows.get_array().size(), rows.get_array().front().get_array().size(), json::write(rows));
}

TEST(OnnxHost, AnswersWhatScikitLearnAnswers) {
  const Model model({"mlp.onnx"});
  ASSERT_EQ(model.why, "");
  const json::object facts = expected("mlp");
  const auto outputs = outputs_of(model.tensors(rows_of(facts.at("input"))));
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].name, "probabilities");
  EXPECT_EQ(outputs[0].shape, (std::vector<std::int64_t>{4, 3}));
  const json::array& rows = facts.at("probabilities").get_array();
  for (std::size_t row = 0; row < 4; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      EXPECT_NEAR(element<float>(outputs[0], row * 3 + column),
                  rows[row].get_array()[column].to_number<double>(), 1e-5);
    }
  }
}

TEST(OnnxHost, SaysWhatItTakesAndGives) {
  EXPECT_EQ(Model({"mlp.onnx"}).host->about(),
            R"({"engine":"onnx","inputs":[{"name":"input","datatype":"FP32","shape":[-1,20]}],)"
            R"("outputs":[{"name":"probabilities","datatype":"FP32","shape":[-1,3]}],)"
            R"("joins_requests":true,"features":20})");
  EXPECT_EQ(Model({"classifier.onnx"}).host->about(),
            R"({"engine":"onnx","inputs":[{"name":"X","datatype":"FP32","shape":[-1,4]}],)"
            R"("outputs":[{"name":"label","datatype":"BYTES","shape":[-1]},)"
            R"({"name":"probability","datatype":"FP32","shape":[-1,-1]}],"joins_requests":true,)"
            R"("features":4,"classes":["setosa","versicolor","virginica"]})");
}

TEST(OnnxHost, TogetherAsAlone) {
  const Model model({"mlp.onnx"});
  const json::array rows = expected("mlp").at("input").get_array();
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    json::array some(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    bodies.push_back(rows_of(some));
  }
  std::vector<Request> requests;
  requests.reserve(bodies.size() + 1);
  for (const std::string& body : bodies)
    requests.push_back({.tensors = true, .type = "application/json", .body = body});
  const std::string narrow =
      R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]})";
  requests.insert(requests.begin() + 1, {.tensors = true, .body = narrow});
  const auto replies = model.ask(requests);
  EXPECT_EQ(replies[1].status, 400);
  EXPECT_EQ(replies[1].body, "tensor `input`: its shape is [1, 2]; the model takes FP32 [-1, 20]");
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (i == 1) continue;
    const auto together = outputs_of(replies[i]);
    const auto alone = outputs_of(model.ask(requests[i]));
    ASSERT_EQ(together[0].shape, alone[0].shape);
    for (std::size_t at = 0; at < together[0].bytes.size() / 4; ++at)
      EXPECT_NEAR(element<float>(together[0], at), element<float>(alone[0], at), 1e-6) << i;
  }
}

TEST(OnnxHost, EveryType) {
  const Model model({"types.onnx"});
  ASSERT_EQ(model.why, "");
  wire::OipRequest request;
  const auto add = [&](std::string name, wire::TensorType type, std::string bytes) {
    request.inputs.push_back(
        {.name = std::move(name), .type = type, .shape = {1, 2}, .bytes = std::move(bytes)});
  };
  using wire::TensorType;
  for (const TensorType type :
       {TensorType::boolean, TensorType::uint8, TensorType::uint16, TensorType::uint32,
        TensorType::uint64, TensorType::int8, TensorType::int16, TensorType::int32,
        TensorType::int64, TensorType::fp16, TensorType::bf16, TensorType::fp32,
        TensorType::fp64}) {
    std::string name(wire::to_string(type));
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    std::string bytes(2 * wire::element_bytes(type), '\1');
    bytes[0] = '\0';
    add(std::move(name), type, std::move(bytes));
  }
  add("bytes", TensorType::bytes, std::string("\3\0\0\0a\0b\0\0\0\0", 11));
  for (const bool binary : {true, false}) {
    request.binary_output = binary;
    const auto asked = wire::write_oip(request, /*binary=*/true);
    const auto outputs =
        outputs_of(model.tensors(asked.body, std::format("{}", *asked.json_bytes)));
    ASSERT_EQ(outputs.size(), 14U);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_EQ(outputs[i].name, request.inputs[i].name + "_out");
      EXPECT_EQ(outputs[i].type, request.inputs[i].type);
      EXPECT_EQ(outputs[i].bytes, request.inputs[i].bytes) << outputs[i].name;
    }
  }
}

TEST(OnnxHost, OnlyTheOutputsThatAreAskedFor) {
  const Model model({"classifier.onnx"});
  const json::object facts = expected("classifier");
  const std::string body = std::format(
      R"({{"inputs":[{{"name":"X","shape":[3,4],"datatype":"FP32","data":{}}}],"outputs":[{}]}})",
      json::write(facts.at("X")), R"({"name":"probability"})");
  const auto outputs = outputs_of(model.tensors(body));
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].shape, (std::vector<std::int64_t>{3, 3}));
  for (std::size_t i = 0; i < 9; ++i) {
    const json::array& row = facts.at("probability").get_array()[i / 3].get_array();
    EXPECT_NEAR(element<float>(outputs[0], i), row[i % 3].to_number<double>(), 1e-5);
  }
  const Reply reply = model.tensors(
      R"({"inputs":[{"name":"X","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}],
          "outputs":[{"name":"odds"}]})");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body,
            "output `odds`: the model has no such output; it gives `label` BYTES [-1], "
            "`probability` FP32 [-1, -1]");
}

TEST(OnnxHost, OneThatIsWrongSpoilsNoOther) {
  const Model model({"tokens.onnx"});
  ASSERT_TRUE(model.host->about().contains(R"("joins_requests":true)"));
  const auto body = [](std::string_view data) {
    return std::format(
        R"({{"inputs":[{{"name":"ids","shape":[1,2],"datatype":"INT64","data":{}}}]}})", data);
  };
  const std::vector<std::string> bodies = {body("[3,3]"), body("[1,9]"), body("[1,2]")};
  const auto replies = model.ask({{.tensors = true, .body = bodies[0]},
                                  {.tensors = true, .body = bodies[1]},
                                  {.tensors = true, .body = bodies[2]}});
  EXPECT_EQ(element<float>(outputs_of(replies[0]).at(0), 0), 2);
  EXPECT_EQ(replies[1].status, 400);
  EXPECT_TRUE(replies[1].body.contains("idx=9")) << replies[1].body;
  EXPECT_EQ(element<float>(outputs_of(replies[2]).at(0), 1), 0.5);
}

TEST(OnnxHost, RowsThatDependOnEachOtherAreNotPutTogether) {
  const Model model({"centred.onnx"});
  EXPECT_TRUE(model.host->about().contains(R"("joins_requests":false)"));
  const auto replies = model.ask(
      {{.type = "text/csv", .body = "1,2\n3,4"}, {.type = "text/csv", .body = "100,100"}});
  EXPECT_EQ(replies[0].body, "-1.0,-1.0\n1.0,1.0\n");
  EXPECT_EQ(replies[1].body, "0.0,0.0\n");
}

TEST(OnnxHost, Tables) {
  const Model model({"columns.onnx"});
  ASSERT_EQ(model.why, "");
  const auto csv = [&](std::string_view body, std::string_view accept = "") {
    return model.ask({.type = "text/csv", .accept = accept, .body = body});
  };
  EXPECT_EQ(csv("1,0.5\n2,0").body, "2.5\n4.0\n");
  EXPECT_EQ(csv("1,0.5\n2,0").type, "text/csv");
  EXPECT_EQ(csv("1,0.5\n2,0", "application/json").body, R"({"predictions":[[2.5],[4.0]]})");
  EXPECT_EQ(csv("1,0.5\n2,0", "application/jsonlines; charset=utf-8").body, "[2.5]\n[4.0]\n");
  EXPECT_EQ(csv("1,0.5", "image/png").status, 406);
  const Reply narrow = csv("1\n2");
  EXPECT_EQ(narrow.status, 400);
  EXPECT_EQ(narrow.body, "the rows have 1 columns, the model takes 2");
  const Reply fraction = csv("1.5,2");
  EXPECT_EQ(fraction.status, 400);
  EXPECT_TRUE(fraction.body.starts_with("1.5 is no whole number that this model takes"));
  EXPECT_EQ(csv("20000000,2").status, 400) << "no longer what was sent";
  EXPECT_EQ(csv("x,2").status, 415);
  EXPECT_EQ(model.ask({.type = "image/png", .body = "x"}).status, 415);
}

TEST(OnnxHost, Json) {
  const Model model({"columns.onnx"});
  const auto json = [&](std::string_view body, std::string_view accept = "") {
    return model.ask({.type = "application/json", .accept = accept, .body = body});
  };
  EXPECT_EQ(json(R"({"instances":[{"age":[1],"income":[0.5]},{"age":[2],"income":[0]}]})").body,
            R"({"predictions":[[2.5],[4.0]]})");
  EXPECT_EQ(json(R"({"inputs":{"age":[[1],[2]],"income":[[0.5],[0]]}})").body,
            R"({"outputs":[[2.5],[4.0]]})");
  EXPECT_EQ(json(R"({"age":[[1]],"income":[[0.5]]})", "text/csv").body, "2.5\n");
  EXPECT_EQ(model
                .ask({.type = "application/jsonlines",
                      .body = "{\"age\":[1],\"income\":[2]}\n\n{\"age\":[0],\"income\":[3]}\n"})
                .body,
            "[4.0]\n[3.0]\n");
  const Reply missing = json(R"({"instances":[{"age":[1]}]})");
  EXPECT_EQ(missing.status, 400);
  EXPECT_TRUE(missing.body.starts_with("instance 1: `income` is missing; the model takes `age`"));
  EXPECT_EQ(json("{").status, 415);
  EXPECT_EQ(json("7").status, 415);
  EXPECT_EQ(json(R"({"instances":[]})").status, 200);

  const Model one({"mlp.onnx"});
  const std::string row = json::write(expected("mlp").at("input").get_array()[0]);
  std::vector<std::string> bodies;
  for (const char* form :
       {R"({{"instances":[{}]}})", R"([{}])", R"({{"instances":[{{"features":{}}}]}})",
        R"({{"instances":[{{"input":{}}}]}})"})
    bodies.push_back(std::vformat(form, std::make_format_args(row)));
  for (const std::string& body : bodies) {
    const Reply reply = one.ask({.type = "application/json", .body = body});
    EXPECT_EQ(reply.body, one.ask({.type = "application/json", .body = bodies[0]}).body) << body;
    EXPECT_TRUE(reply.body.starts_with(R"({"predictions":[[)")) << reply.body;
  }
  const std::string tensors =
      R"({"id":"a","inputs":[{"name":"age","shape":[1,1],"datatype":"INT64","data":[1]},
          {"name":"income","shape":[1,1],"datatype":"FP32","data":[0.5]}]})";
  EXPECT_EQ(
      json(tensors).body,
      R"({"id":"a","outputs":[{"name":"score","datatype":"FP32","shape":[1,1],"data":[2.5]}]})");
}

TEST(OnnxHost, TextsAndSeveralOutputs) {
  const Model model({"classifier.onnx"});
  const Reply csv = model.ask({.type = "text/csv", .body = "5.1,3.5,1.4,0.2"});
  EXPECT_TRUE(csv.body.starts_with("setosa,0.9")) << csv.body;
  const Reply lines =
      model.ask({.type = "text/csv", .accept = "application/jsonlines", .body = "5.1,3.5,1.4,0.2"});
  EXPECT_TRUE(lines.body.starts_with(R"({"label":"setosa","probability":[0.9)")) << lines.body;
  const Reply columns =
      model.ask({.type = "application/json", .body = R"({"inputs":[[5.1,3.5,1.4,0.2]]})"});
  EXPECT_TRUE(columns.body.starts_with(R"({"outputs":{"label":["setosa"],"probability":[[0.9)"))
      << columns.body;
}

TEST(OnnxHost, AnAnswerWithoutRows) {
  const Model model({"total.onnx"});
  ASSERT_EQ(model.why, "");
  EXPECT_EQ(model.ask({.type = "text/csv", .accept = "application/json", .body = "1,2,3,4"}).body,
            R"({"outputs":10.0})");
  EXPECT_EQ(model.ask({.type = "text/csv", .body = "1,2,3,4"}).status, 406);
  const Reply two = model.ask({.type = "text/csv", .body = "1,2,3,4\n1,2,3,4"});
  EXPECT_EQ(two.body,
            "tensor `image`: its shape is [2, 1, 2, 2]; the model takes FP32 [1, 1, 2, 2]");
}

TEST(OnnxHost, WeightsBesideTheModel) {
  EXPECT_EQ(Model({"beside.onnx", "beside.weights"}).why, "");
  EXPECT_EQ(
      Model({"beside.onnx"}).why,
      "beside.onnx: the model's tensor `w`: its data is said to be in `beside.weights`, which "
      "is not among the model's files");
}

TEST(OnnxHost, OperatorsOfSomebodysOwn) {
  EXPECT_EQ(Model({"own_operator.onnx"}).why,
            "own_operator.onnx: the model needs the operator `Twist` of `example.own`, which ONNX "
            "Runtime does not bring; operators from libraries are not loaded: export the model "
            "with ONNX's own operators");
  const Model model({"own_function.onnx"});
  ASSERT_EQ(model.why, "");
  EXPECT_EQ(model.ask({.type = "text/csv", .body = "2"}).body, "-2.0\n");
}

TEST(OnnxHost, WhichFileIsMeant) {
  EXPECT_EQ(Model({}).why,
            "the archive holds no model: it is called `model.onnx`, or is the only .onnx file");
  EXPECT_EQ(Model({"beside.weights"}).why,
            "the archive holds no model: it is called `model.onnx`, or is the only .onnx file");
  EXPECT_EQ(Model({"mlp.onnx", "total.onnx"}).why,
            "the archive holds 2 .onnx files: call the one that is meant `model.onnx`");
  Model model({"mlp.onnx", "total.onnx"});
  std::filesystem::rename(model.folder.path() / "mlp.onnx", model.folder.path() / "model.onnx");
  model.load();
  EXPECT_EQ(model.why, "");
}

}  // namespace
}  // namespace weft::ml::onnx
