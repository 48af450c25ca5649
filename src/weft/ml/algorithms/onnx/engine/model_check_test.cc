#include "weft/ml/algorithms/onnx/engine/model_check.h"

#include <gtest/gtest.h>

#include <format>
#include <fstream>

#include "weft/ml/algorithms/onnx/engine/library.h"
#include "weft/ml/algorithms/onnx/engine/testing.h"

namespace weft::ml::onnx {
namespace {

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
std::string field(std::uint32_t number, std::string_view bytes) {
  return varint(number << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}
std::string number(std::uint32_t field_number, std::uint64_t value) {
  return varint(field_number << 3) + varint(value);
}

/// A model of one graph of these fields.
std::string model(std::string_view graph) { return number(1, 8) + field(7, graph); }
std::string tensor(std::string_view fields) {
  return model(field(5, field(8, "w") + std::string(fields)));
}
std::string external(std::string_view location, std::string_view more = "") {
  return tensor(number(1, 2) + number(2, 1) + number(14, 1) +
                field(13, field(1, "location") + field(2, location)) + std::string(more));
}
std::string entry(std::string_view key, std::string_view value) {
  return field(13, field(1, key) + field(2, value));
}

std::string why(std::string_view bytes, const std::filesystem::path& folder = golden()) {
  const auto checked = check_model(bytes, folder);
  return checked ? std::string() : checked.error().message;
}

TEST(OnnxModelCheck, RealModelsPass) {
  for (const char* name : {"mlp", "types", "classifier", "columns", "centred", "tokens", "total",
                           "beside", "own_function"}) {
    const auto bytes = read_file(golden() / std::format("{}.onnx", name), 1 << 20);
    ASSERT_TRUE(bytes.has_value());
    EXPECT_EQ(why(*bytes), "") << name;
  }
}

TEST(OnnxModelCheck, WhatIsNoModelIsNamed) {
  EXPECT_EQ(why(""), "this is no ONNX model: it has no graph");
  EXPECT_EQ(why("hello"), "this is no ONNX model: it has no graph");
  EXPECT_EQ(why(number(1, 8)), "this is no ONNX model: it has no graph");
  EXPECT_TRUE(why("\x80\x04\x95").contains("Python pickle"));
  EXPECT_TRUE(why("PK\x03\x04").contains("PyTorch"));
  EXPECT_EQ(why(model("") + number(25, 1).substr(0, 1) + "\x7f"),
            "the model is damaged: it is cut off");
}

TEST(OnnxModelCheck, DataElsewhereStaysInTheFolder) {
  store::testing::TemporaryDirectory folder;
  std::filesystem::create_directories(folder.path() / "model/deep");
  for (const char* file : {"model/w", "model/deep/w", "outside"})
    std::ofstream(folder.path() / file) << "12345678";
  std::filesystem::create_symlink("w", folder.path() / "model/link");
  std::filesystem::create_directory_symlink("..", folder.path() / "model/up");
  const auto at = [&](std::string_view location, std::string_view more = "") {
    return why(external(location, more), folder.path() / "model");
  };
  EXPECT_EQ(at("w"), "");
  EXPECT_EQ(at("deep/w"), "");
  EXPECT_EQ(at("./w"), "");
  for (const char* outside : {"../outside", "deep/../../outside", "/etc/passwd", "", "a\\b",
                              "*/_ORT_MEM_ADDR_/*", "w\n"}) {
    EXPECT_TRUE(at(outside).contains("which is outside of the model's folder")) << outside;
  }
  EXPECT_TRUE(at("none").contains("which is not among the model's files"));
  EXPECT_TRUE(at("deep").contains("which is not among the model's files"));
  EXPECT_TRUE(at("link").contains("which is a link"));
  EXPECT_TRUE(at("up/outside").contains("which is a link"));
  EXPECT_EQ(at("w", entry("offset", "0") + entry("length", "8")), "");
  EXPECT_TRUE(at("w", entry("offset", "4")).contains("ends before its 8 bytes are there"));
  EXPECT_TRUE(at("w", entry("offset", "9")).contains("begins behind the end"));
  EXPECT_TRUE(at("w", entry("offset", "-1")).contains("begins behind the end"));
  EXPECT_TRUE(at("w", entry("length", "9")).contains("ends before its 8 bytes are there"));
  EXPECT_TRUE(at("w", entry("location", "/etc/passwd")).contains("two of `location`"));
  // Said to be elsewhere, in a message that another could be merged with.
  EXPECT_TRUE(why(tensor(entry("location", "../outside"))).contains("outside of the model's"));
}

TEST(OnnxModelCheck, WhereverATensorStands) {
  const std::string hostile = number(2, 1) + number(14, 1) + entry("location", "../outside");
  const auto in_attribute = [&](std::uint32_t attribute, std::string_view value) {
    return field(1, field(4, "If") + field(5, field(attribute, value)));
  };
  for (const std::string& graph :
       {field(5, hostile), field(15, field(1, hostile)), field(15, field(2, hostile)),
        in_attribute(5, hostile), in_attribute(10, hostile), in_attribute(22, field(1, hostile)),
        in_attribute(23, field(2, hostile)), in_attribute(6, field(5, hostile)),
        in_attribute(11, in_attribute(6, field(5, hostile)))})
    EXPECT_TRUE(why(model(graph)).contains("outside of the model's folder"));
  const std::string function =
      field(25, field(1, "F") + field(10, "own") + in_attribute(5, hostile).replace(0, 1, "\x3a"));
  EXPECT_TRUE(why(model("") + function).contains("outside of the model's folder"));
}

TEST(OnnxModelCheck, TensorsWhoseSizesLie) {
  EXPECT_EQ(why(tensor(number(1, 2) + number(2, 1) + field(9, "12345678"))), "");
  EXPECT_EQ(why(tensor(number(1, 3) + number(2, 1) + field(9, "12345678"))),
            "the model's tensor `w`: it has 8 bytes, its type and shape need 12");
  EXPECT_EQ(why(tensor(field(1, varint(1ULL << 40) + varint(1ULL << 40)) + number(2, 1))),
            "the model's tensor `w`: its shape cannot be");
  EXPECT_EQ(why(tensor(number(1, static_cast<std::uint64_t>(-1)) + number(2, 1))),
            "the model's tensor `w`: its shape cannot be");
}

TEST(OnnxModelCheck, GraphsInGraphs) {
  std::string graph;
  for (int i = 0; i < 20; ++i) graph = field(1, field(4, "If") + field(5, field(6, graph)));
  EXPECT_EQ(why(model(graph)), "");
  for (int i = 0; i < 20; ++i) graph = field(1, field(4, "If") + field(5, field(6, graph)));
  EXPECT_EQ(why(model(graph)), "the model has graphs in graphs, more than 24 deep");
}

/// A function of the domain `own` that calls others.
std::string function(std::string_view name, std::initializer_list<std::string_view> calls) {
  std::string out = field(1, name) + field(10, "own");
  for (const std::string_view call : calls) out += field(7, field(4, call) + field(7, "own"));
  return field(25, out);
}

TEST(OnnxModelCheck, FunctionsThatCallThemselves) {
  const std::string graph = field(1, field(4, "A") + field(7, "own"));
  EXPECT_EQ(why(model(graph) + function("A", {"B", "B"}) + function("B", {})), "");
  EXPECT_TRUE(why(model(graph) + function("A", {"B"})).contains("needs the operator `B` of `own`"));
  EXPECT_TRUE(why(model(graph) + function("A", {"A"})).contains("function `A` calls itself"));
  EXPECT_TRUE(
      why(model(graph) + function("A", {"B"}) + function("B", {"A"})).contains("calls itself"));
  // Of two with one name either could be meant.
  EXPECT_TRUE(
      why(model(graph) + function("A", {"A"}) + function("A", {})).contains("calls itself"));
  std::string bomb = function("F0", {}) + function("A", {"F12"});
  for (int i = 1; i <= 12; ++i) {
    const std::string below = std::format("F{}", i - 1);
    bomb += function(std::format("F{}", i), {below, below, below, below, below});
  }
  // What an empty function comes to is nothing, however often.
  EXPECT_EQ(why(model(graph) + bomb), "");
  const std::string leaf = field(25, field(1, "F0") + field(10, "own") + field(7, field(4, "Neg")));
  EXPECT_EQ(why(model(graph) + bomb + leaf), "the model has more than 1000000 operators");
}

TEST(OnnxModelCheck, MutantsThatPassAreRefusedOrRun) {
  const auto bytes = read_file(golden() / "mlp.onnx", 1 << 20);
  ASSERT_TRUE(bytes.has_value());
  store::testing::TemporaryDirectory folder;
  std::uint32_t random = 7;
  const auto next = [&] { return random = random * 1'664'525 + 1'013'904'223; };
  int loaded = 0;
  for (int i = 0; i < 300; ++i) {
    std::string mutant = *bytes;
    // The weights are most of the file: what is around them is what can break.
    for (int change = 0; change < 3; ++change) {
      const std::size_t at = next() % 2 == 0 ? next() % 300 : mutant.size() - 1 - next() % 300;
      mutant[at] = static_cast<char>(next() >> 24);
    }
    if (!check_model(mutant, folder.path())) continue;
    std::ofstream(folder.path() / "model.onnx", std::ios::trunc) << mutant;
    if (load_host({.model = folder.path()})) ++loaded;
  }
  EXPECT_GT(loaded, 10);
}

}  // namespace
}  // namespace weft::ml::onnx
