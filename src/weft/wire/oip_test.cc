#include "weft/wire/oip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <format>

namespace weft::wire {
namespace {

template <class T>
std::string raw(std::initializer_list<T> values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), std::data(values), out.size());
  return out;
}

std::string texts(std::initializer_list<std::string_view> values) {
  std::string out;
  for (const std::string_view value : values)
    out += raw<std::uint32_t>({static_cast<std::uint32_t>(value.size())}) + std::string(value);
  return out;
}

OipRequest request(std::string_view body, std::optional<std::size_t> json_bytes = std::nullopt) {
  const auto read = read_oip_request(body, json_bytes);
  EXPECT_TRUE(read.has_value()) << read.error().message;
  return read.value_or(OipRequest());
}

std::string why(std::string_view inputs, std::string_view tail = "") {
  const std::string json = std::format(R"({{"inputs":[{}]}})", inputs);
  const auto read = read_oip_request(json + std::string(tail), json.size());
  return read ? std::string() : read.error().message;
}

TEST(Oip, ARequestInJson) {
  const auto read = request(R"({"id":"7","parameters":{"a":1},"inputs":[
      {"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2.5],[3,-4]],"parameters":{"b":"c"}},
      {"name":"y","shape":[3],"datatype":"BYTES","data":["a","","é"]}],
      "outputs":[{"name":"z","parameters":{"binary_data":true}}]})");
  EXPECT_EQ(read.id, "7");
  EXPECT_EQ(json::write(read.parameters), R"({"a":1})");
  ASSERT_EQ(read.inputs.size(), 2U);
  EXPECT_EQ(read.inputs[0].bytes, raw<float>({1, 2.5, 3, -4}));
  EXPECT_EQ(json::write(read.inputs[0].parameters), R"({"b":"c"})");
  EXPECT_EQ(read.inputs[1].bytes, texts({"a", "", "é"}));
  EXPECT_EQ(read.outputs.at(0).binary, true);
  EXPECT_FALSE(read.binary_output);
}

TEST(Oip, EveryType) {
  const auto bytes = [](std::string_view type, std::string_view data) {
    const auto read = request(std::format(
        R"({{"inputs":[{{"name":"x","shape":[2],"datatype":"{}","data":{}}}]}})", type, data));
    return read.inputs.empty() ? "" : read.inputs[0].bytes;
  };
  EXPECT_EQ(bytes("BOOL", "[true,0]"), std::string("\1\0", 2));
  EXPECT_EQ(bytes("UINT8", "[0,255]"), raw<std::uint8_t>({0, 255}));
  EXPECT_EQ(bytes("INT8", "[-128,127]"), raw<std::int8_t>({-128, 127}));
  EXPECT_EQ(bytes("UINT16", "[0,65535]"), raw<std::uint16_t>({0, 65535}));
  EXPECT_EQ(bytes("INT16", "[-32768,1]"), raw<std::int16_t>({-32768, 1}));
  EXPECT_EQ(bytes("UINT32", "[0,4294967295]"), raw<std::uint32_t>({0, 4294967295}));
  EXPECT_EQ(bytes("INT32", "[-2147483648,1]"), raw<std::int32_t>({-2147483647 - 1, 1}));
  EXPECT_EQ(bytes("UINT64", "[0,18446744073709551615]"), raw<std::uint64_t>({0, UINT64_MAX}));
  EXPECT_EQ(bytes("INT64", "[-9223372036854775808,1]"), raw<std::int64_t>({INT64_MIN, 1}));
  EXPECT_EQ(bytes("FP64", "[0.1,1]"), raw<double>({0.1, 1}));
}

TEST(Oip, BinaryTensors) {
  OipRequest asked;
  asked.id = "i";
  asked.binary_output = true;
  asked.inputs = {{.name = "a",
                   .type = TensorType::fp16,
                   .shape = {2},
                   .bytes = "\x00\x3c\x00\x40",
                   .parameters = {}},
                  {.name = "b",
                   .type = TensorType::bytes,
                   .shape = {2, 1},
                   .bytes = texts({"x", "yy"}),
                   .parameters = {}}};
  asked.inputs[0].bytes = std::string("\x00\x3c\x00\x40", 4);
  const OipBody body = write_oip(asked, true);
  ASSERT_TRUE(body.json_bytes.has_value());
  EXPECT_EQ(body.body.size(), *body.json_bytes + 4 + 11);
  EXPECT_EQ(request(body.body, body.json_bytes), asked);
}

TEST(Oip, AnswersInTheFormThatIsAsked) {
  OipResponse response{.model = "m", .version = "1", .id = "", .parameters = {}, .outputs = {}};
  response.outputs = {{.name = "a",
                       .type = TensorType::fp32,
                       .shape = {2},
                       .bytes = raw<float>({0.5, NAN}),
                       .parameters = {}},
                      {.name = "b",
                       .type = TensorType::boolean,
                       .shape = {1},
                       .bytes = std::string("\1"),
                       .parameters = {}},
                      {.name = "c",
                       .type = TensorType::bytes,
                       .shape = {1},
                       .bytes = texts({"q\"\n"}),
                       .parameters = {}}};
  OipRequest asked;
  const OipBody text = write_oip(response, asked);
  EXPECT_EQ(text.json_bytes, std::nullopt);
  EXPECT_EQ(
      text.body,
      R"({"model_name":"m","model_version":"1","outputs":[{"name":"a","datatype":"FP32",)"
      R"("shape":[2],"data":[0.5,null]},{"name":"b","datatype":"BOOL","shape":[1],"data":[true]},)"
      R"({"name":"c","datatype":"BYTES","shape":[1],"data":["q\"\n"]}]})");
  asked.outputs = {{.name = "b", .binary = true, .parameters = {}}};
  const OipBody mixed = write_oip(response, asked);
  ASSERT_TRUE(mixed.json_bytes.has_value());
  EXPECT_EQ(mixed.body.substr(*mixed.json_bytes), "\1");
  const auto read = read_oip_response(mixed.body, mixed.json_bytes);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->outputs[1], response.outputs[1]);
  EXPECT_EQ(read->outputs[2], response.outputs[2]);
}

TEST(Oip, SizesThatLieAreNamed) {
  const auto tensor = [](std::string_view shape, std::string_view rest) {
    return std::format(R"({{"name":"x","datatype":"FP32","shape":{},{}}})", shape, rest);
  };
  EXPECT_EQ(why(tensor("[2]", R"("data":[1])")),
            "tensor `x`: its data has 1 elements, its shape 2");
  EXPECT_EQ(why(tensor("[1]", R"("data":[1,2])")),
            "tensor `x`: its data has more elements than its shape");
  EXPECT_EQ(why(tensor("[-1]", R"("data":[1])")), "tensor `x`: its shape cannot be");
  EXPECT_EQ(why(tensor("[4294967296,4294967296]", R"("data":[])")),
            "tensor `x`: its shape cannot be");
  EXPECT_EQ(why(tensor("[1.5]", R"("data":[1])")),
            "tensor `x`: a dimension of its shape is no whole number");
  EXPECT_EQ(why(tensor("[2]", R"("parameters":{"binary_data_size":8})"), "1234"),
            "tensor `x`: binary_data_size is 8, the body ends before that");
  EXPECT_EQ(why(tensor("[2]", R"("parameters":{"binary_data_size":4})"), "1234"),
            "tensor `x`: it has 4 bytes, its type and shape need 8");
  EXPECT_EQ(why(tensor("[1]", R"("parameters":{"binary_data_size":4})"), "12345"),
            "there are more bytes behind the JSON than tensors in it");
  EXPECT_EQ(why(tensor("[1]", R"("parameters":{})")),
            "tensor `x`: it has neither `data` nor `binary_data_size`");
  EXPECT_EQ(
      why(R"({"name":"x","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":6}})",
          std::string("\x09\0\0\0ab", 6)),
      "tensor `x`: an element of it is cut off");
  EXPECT_EQ(why(R"({"name":"x","datatype":"FP16","shape":[1],"data":[1]})"),
            "tensor `x`: FP16 comes as binary data (binary_data_size)");
  EXPECT_EQ(why(R"({"name":"x","datatype":"FLOAT","shape":[1],"data":[1]})"),
            "tensor `x`: `FLOAT` is no datatype (BOOL, UINT8 … FP64, BYTES)");
  EXPECT_EQ(why(R"({"name":"x","datatype":"UINT8","shape":[1],"data":[256]})"),
            "tensor `x`: element 0 is no UINT8");
  EXPECT_EQ(why(R"({"name":"x","datatype":"INT32","shape":[2],"data":[1,1.5]})"),
            "tensor `x`: element 1 is no INT32");
  EXPECT_EQ(why(R"({"datatype":"FP32"})"), "a tensor has no name");
  EXPECT_EQ(why("7"), "`inputs` holds something else than tensors");
  EXPECT_EQ(read_oip_request("{}", 3).error().message,
            "Inference-Header-Content-Length is more than the body has");
  EXPECT_EQ(read_oip_request("{}", std::nullopt).error().message, "`inputs` is missing");
  EXPECT_EQ(read_oip_request("[]", std::nullopt).error().message, "the body must be a JSON object");
  std::string deep = R"({"name":"x","datatype":"FP32","shape":[1],"data":)";
  for (int i = 0; i < 100; ++i) deep += '[';
  deep += '1';
  for (int i = 0; i < 100; ++i) deep += ']';
  EXPECT_EQ(why(deep + "}"), "tensor `x`: its data is nested too deep");
  for (const char* data : {"[[1,2],[3]]", "[[1,2],3]", "[1,[2,3]]", "[[[1]],[2,3]]"}) {
    EXPECT_EQ(why(std::format(R"({{"name":"x","datatype":"FP32","shape":[3],"data":{}}})", data)),
              "tensor `x`: its data is ragged: arrays beside each other have one size")
        << data;
  }
}

}  // namespace
}  // namespace weft::wire
