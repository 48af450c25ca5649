#include "weft/wire/tensor_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "weft/base/schema.h"

namespace weft::wire {
namespace {

Signature signature(std::string_view about) {
  return read_signature(json::parse_object(about, "about").value()).value();
}

const char kIris[] = R"({"inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],
                         "outputs":[{"name":"y","datatype":"INT64","shape":[-1]}]})";
const char kTable[] =
    R"({"inputs":[{"name":"input-0","datatype":"FP32","shape":[-1,2]}],
        "features":["age","income"]})";

std::vector<OipTensor> read(std::string_view about, std::string_view args) {
  const auto out = tensors_of_json(signature(about), json::parse(args).value());
  EXPECT_TRUE(out.has_value()) << out.error().message;
  return out.value_or(std::vector<OipTensor>());
}

std::string why(std::string_view about, std::string_view args) {
  const auto out = tensors_of_json(signature(about), json::parse(args).value());
  return out ? "" : out.error().message;
}

std::string shown(const std::vector<OipTensor>& tensors) {
  OipRequest request;
  request.inputs = tensors;
  return write_oip(request, false).body;
}

TEST(TensorJson, EveryFormIsTheSameTensor) {
  const std::string row =
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[6.8,2.8,4.8,1.4]}]})";
  EXPECT_EQ(shown(read(kIris, R"({"x":[6.8,2.8,4.8,1.4]})")), row);
  EXPECT_EQ(shown(read(kIris, R"({"x":[[6.8,2.8,4.8,1.4]]})")), row);
  EXPECT_EQ(shown(read(kIris, R"({"x":{"data":[6.8,2.8,4.8,1.4]}})")), row);
  EXPECT_EQ(
      shown(read(kIris, R"({"x":{"datatype":"FP32","shape":[1,4],"data":[[6.8,2.8],[4.8,1.4]]}})")),
      row);
  EXPECT_EQ(
      shown(read(kIris, R"({"x":[[1,2,3,4],[5,6,7,null]]})")),
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[2,4],"data":[1,2,3,4,5,6,7,null]}]})");
}

TEST(TensorJson, DimensionsThatAreLeftOut) {
  constexpr std::string_view kColumn =
      R"({"inputs":[{"name":"t","datatype":"BYTES","shape":[-1,1]}]})";
  EXPECT_EQ(shown(read(kColumn, R"({"t":["a","b"]})")),
            R"({"inputs":[{"name":"t","datatype":"BYTES","shape":[2,1],"data":["a","b"]}]})");
  EXPECT_EQ(shown(read(kColumn, R"({"t":"a"})")),
            R"({"inputs":[{"name":"t","datatype":"BYTES","shape":[1,1],"data":["a"]}]})");
  constexpr std::string_view kScalar = R"({"inputs":[{"name":"n","datatype":"INT64","shape":[]}]})";
  EXPECT_EQ(shown(read(kScalar, R"({"n":"9007199254740993"})")),
            R"({"inputs":[{"name":"n","datatype":"INT64","shape":[],"data":[9007199254740993]}]})");
  EXPECT_EQ(shown(read(kScalar, R"({"n":[7]})")),
            R"({"inputs":[{"name":"n","datatype":"INT64","shape":[],"data":[7]}]})");
}

TEST(TensorJson, FeaturesByTheirNames) {
  EXPECT_EQ(shown(read(kTable, R"({"income":2.5,"age":3})")),
            R"({"inputs":[{"name":"input-0","datatype":"FP32","shape":[1,2],"data":[3,2.5]}]})");
  EXPECT_EQ(
      shown(read(kTable, R"({"age":[3,4],"income":[2.5,null]})")),
      R"({"inputs":[{"name":"input-0","datatype":"FP32","shape":[2,2],"data":[3,2.5,4,null]}]})");
  EXPECT_EQ(shown(read(kTable, R"({"input-0":[[1,2]]})")),
            R"({"inputs":[{"name":"input-0","datatype":"FP32","shape":[1,2],"data":[1,2]}]})");
  EXPECT_EQ(why(kTable, R"({"age":3})"),
            "/income: required: a number, or null where it is not known");
  EXPECT_EQ(why(kTable, R"({"age":3,"income":1,"sex":0})"), "/sex: the model has no such feature");
  EXPECT_EQ(why(kTable, R"({"age":[3,4],"income":1})"), "/income: 1 rows; the first feature has 2");
  EXPECT_EQ(why(kTable, R"({"age":"3","income":1})"), "/age: element 0 is no FP32");
  // As the tabular engines tell it: a number of columns, and names.
  const Signature derived = signature(R"({"features":2,"feature_names":["age","income"]})");
  EXPECT_EQ(derived, signature(kTable));
}

TEST(TensorJson, WhatDoesNotFitIsNamed) {
  EXPECT_EQ(why(kIris, R"({"x":[1,2,3]})"), "/x: it has the shape [3], the model takes [-1, 4]");
  EXPECT_EQ(why(kIris, R"({"x":[[1,2],[3]]})"),
            "/x: its lists are not of one length, or of one depth");
  EXPECT_EQ(why(kIris, R"({"x":[1,[2,3,4,5]]})"),
            "/x: its lists are not of one length, or of one depth");
  EXPECT_EQ(why(kIris, R"({"x":["a",2,3,4]})"), "/x: element 0 is no FP32");
  EXPECT_EQ(why(kIris, "{}"), "/x: required: FP32 [-1, 4]");
  EXPECT_EQ(why(kIris, R"({"x":[1,2,3,4],"z":1})"), "/z: the model has no such input");
  EXPECT_EQ(why(kIris, R"({"x":{"datatype":"INT8","data":[1]}})"),
            "/x: it is INT8, the model takes FP32");
  EXPECT_EQ(why(kIris, R"({"x":{"shape":[2,4],"data":[1]}})"),
            "/x: its data has 1 elements, its shape 8");
  EXPECT_EQ(why(kIris, R"({"x":{"shape":[-1,4],"data":[1]}})"), "/x: its shape cannot be");
  EXPECT_EQ(why(kIris, "[]"), "expected an object with a member for each tensor, got array");
  EXPECT_EQ(why("{}", R"({"x":[1]})"),
            "/x: the model has told no signature: write it as {\"datatype\", \"shape\", \"data\"}");
  std::string deep(100, '[');
  deep += std::string(100, ']');
  EXPECT_EQ(why(kIris, R"({"x":)" + deep + "}"), "/x: it is nested too deep");
  EXPECT_EQ(why(R"({"inputs":[{"name":"n","datatype":"UINT8","shape":[-1]}]})", R"({"n":[256]})"),
            "/n: element 0 is no UINT8");
  EXPECT_EQ(why(R"({"inputs":[{"name":"n","datatype":"UINT8","shape":[-1]}]})", R"({"n":[1.5]})"),
            "/n: element 0 is no UINT8");
}

TEST(TensorJson, WithoutASignatureTheTensorSaysItsType) {
  EXPECT_EQ(shown(read("{}", R"({"x":{"datatype":"INT32","data":[[1],[2]]}})")),
            R"({"inputs":[{"name":"x","datatype":"INT32","shape":[2,1],"data":[1,2]}]})");
}

OipTensor tensor(TensorType type, std::vector<std::int64_t> shape, std::string bytes) {
  return {.name = "t",
          .type = type,
          .shape = std::move(shape),
          .bytes = std::move(bytes),
          .parameters = {}};
}
template <class T>
std::string raw(std::initializer_list<T> values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), std::data(values), out.size());
  return out;
}
std::string out(const OipTensor& tensor) { return json::write(json_of_tensors({tensor})); }

TEST(TensorJson, AnswersInTheShortFormUpToRankOne) {
  EXPECT_EQ(out(tensor(TensorType::fp32, {2}, raw<float>({0.1F, NAN}))), R"({"t":[0.1,null]})");
  EXPECT_EQ(out(tensor(TensorType::uint8, {1, 2}, raw<std::uint8_t>({1, 255}))),
            R"({"t":{"datatype":"UINT8","shape":[1,2],"data":[1,255]}})");
  EXPECT_EQ(out(tensor(TensorType::int64, {3},
                       raw<std::int64_t>({9007199254740992, 9007199254740993, INT64_MIN}))),
            R"({"t":[9007199254740992,"9007199254740993","-9223372036854775808"]})");
  EXPECT_EQ(out(tensor(TensorType::boolean, {2}, std::string("\0\1", 2))), R"({"t":[false,true]})");
  EXPECT_EQ(out(tensor_of_texts("t", {2}, {"é", "\xff"})), R"({"t":["é",{"b64":"/w=="}]})");
}

/// What is written is read back as the same tensor, whatever the type.
TEST(TensorJson, ThereAndBack) {
  const std::vector<OipTensor> all{
      tensor(TensorType::boolean, {2}, std::string("\0\1", 2)),
      tensor(TensorType::uint64, {2, 1}, raw<std::uint64_t>({0, UINT64_MAX})),
      tensor(TensorType::int8, {3}, raw<std::int8_t>({-128, 0, 127})),
      tensor(TensorType::fp16, {2, 2}, raw<std::uint16_t>({0x3c00, 0x0001, 0x7bff, 0x8400})),
      tensor(TensorType::bf16, {1}, raw<std::uint16_t>({0xc228})),
      tensor(TensorType::fp32, {1, 1, 3}, raw<float>({1e-45F, 3.4028235e38F, -0.1F})),
      tensor(TensorType::fp64, {}, raw<double>({0.1})),
      tensor_of_texts("t", {2, 1}, {"a\n", std::string_view("\xff\0", 2)}),
      tensor(TensorType::fp32, {0, 3}, "")};
  for (const OipTensor& each : all) {
    Signature declared;
    declared.inputs = {{.name = "t", .type = each.type, .shape = {}}};
    for (std::size_t i = 0; i < each.shape.size(); ++i) declared.inputs[0].shape.push_back(-1);
    const json::value written(json_of_tensors({each}));
    const auto read = tensors_of_json(declared, written);
    ASSERT_TRUE(read.has_value()) << json::write(written) << ": " << read.error().message;
    EXPECT_EQ(read->at(0), each) << json::write(written);
    const auto input = Schema::create(json::value(input_schema_of(declared)));
    ASSERT_TRUE(input.has_value()) << input.error().message;
    EXPECT_EQ(input->check(written), std::nullopt) << json::write(written);
    const auto output = Schema::create(json::value(output_schema_of(declared.inputs)));
    ASSERT_TRUE(output.has_value());
    EXPECT_EQ(output->check(written), std::nullopt) << json::write(written);
  }
}

bool fits(std::string_view about, std::string_view args) {
  const auto schema = Schema::create(json::value(input_schema_of(signature(about))));
  EXPECT_TRUE(schema.has_value());
  return !schema->check(json::parse(args).value());
}

TEST(TensorJson, TheSchemaTakesWhatIsReadAndNothingElse) {
  EXPECT_TRUE(fits(kIris, R"({"x":[1,2,3,4]})"));
  EXPECT_TRUE(fits(kIris, R"({"x":[[1,2,3,4],[1,2,3,null]]})"));
  EXPECT_TRUE(fits(kIris, R"({"x":{"datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}})"));
  EXPECT_FALSE(fits(kIris, R"({"x":[1,2,3]})"));
  EXPECT_FALSE(fits(kIris, R"({"x":["a"]})"));
  EXPECT_FALSE(fits(kIris, "{}"));
  EXPECT_FALSE(fits(kIris, R"({"x":[1,2,3,4],"y":1})"));
  EXPECT_TRUE(fits(kTable, R"({"age":3,"income":null})"));
  EXPECT_TRUE(fits(kTable, R"({"age":[3,4],"income":[1,null]})"));
  EXPECT_TRUE(fits(kTable, R"({"input-0":[[1,2]]})"));
  EXPECT_FALSE(fits(kTable, R"({"age":"x"})"));
  EXPECT_FALSE(fits(kTable, "{}"));
  EXPECT_TRUE(fits("{}", R"({"anything":1})"));
}

TEST(TensorJson, SignaturesThatAreNone) {
  const auto wrong = [](std::string_view about) {
    const auto read = read_signature(json::parse_object(about, "about").value());
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(wrong(R"({"inputs":[{"datatype":"FP32"}]})"), "a tensor of the signature has no name");
  EXPECT_EQ(wrong(R"({"inputs":[{"name":"x","datatype":"F"}]})"), "tensor `x`: `F` is no datatype");
  EXPECT_EQ(wrong(R"({"inputs":[7]})"), "a tensor of the signature is no object");
  EXPECT_EQ(wrong(R"({"inputs":[{"name":"x","datatype":"FP32","shape":["a"]}]})"),
            "tensor `x`: a dimension is no whole number");
  EXPECT_EQ(json::write(json::value(to_json(signature(kIris).inputs))),
            R"([{"name":"x","datatype":"FP32","shape":[-1,4]}])");
}

}  // namespace
}  // namespace weft::wire
