#include "weft/ml/algorithms/recognise.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <format>
#include <string>

#include "weft/base/file.h"

namespace weft::ml {
namespace {

std::string file(std::string_view path) {
  const auto out =
      read_file(std::filesystem::path(WEFT_SOURCE) / "src/weft/ml/algorithms" / path, 1 << 20);
  EXPECT_TRUE(out.has_value()) << path;
  return out.value_or("");
}

std::string why(std::string_view name, std::string_view head) {
  const auto known = recognise_model(name, head);
  return known ? known->image : known.error().message;
}

/// The same at the beginning of a file that goes on.
std::string long_file(std::string_view begin) {
  std::string out(begin);
  out.resize(kRecognisedBytes, 'x');
  return out;
}

TEST(Recognise, OnnxByItsFields) {
  for (const char* name : {"mlp", "types", "classifier", "own_function", "beside", "total"}) {
    const std::string bytes = file(std::format("onnx/engine/golden/{}.onnx", name));
    const auto known = recognise_model("some.file", bytes);
    ASSERT_TRUE(known.has_value()) << name;
    EXPECT_EQ(known->format, ModelFormat::onnx);
    EXPECT_EQ(known->image, "onnx");
    EXPECT_TRUE(known->certain);
    EXPECT_NE(why("x", std::string_view(bytes).substr(0, 60)), "onnx") << "cut off";
  }
  // ir_version 8, a producer, and a graph that goes on behind what is here.
  const std::string graph = long_file("\x08\x08\x12\x04weft\x3a\xff\xff\xff\x7f");
  EXPECT_EQ(why("x", graph), "onnx");
  // A text of the model's that does: only the name can tell.
  const std::string text = long_file("\x08\x08\x32\xff\xff\xff\x7f");
  const auto named = recognise_model("A.ONNX", text);
  ASSERT_TRUE(named.has_value());
  EXPECT_FALSE(named->certain);
  EXPECT_TRUE(why("a", text).starts_with("a is no model that is known: neither ONNX"));
  EXPECT_EQ(why("a.onnx", "hello"),
            "a.onnx is named as ONNX models are, but does not begin as they do");
}

TEST(Recognise, Fasttext) {
  for (const char* name : {"plain.bin", "pruned.ftz", "words.bin"}) {
    const auto known =
        recognise_model("model", file(std::format("blazingtext/engine/golden/{}", name)));
    ASSERT_TRUE(known.has_value());
    EXPECT_EQ(known->format, ModelFormat::fasttext);
    EXPECT_EQ(known->image, "blazingtext");
    EXPECT_TRUE(known->certain);
  }
  EXPECT_EQ(why("a.bin", "hello, this is none"),
            "a.bin is named as fastText's models are, but does not begin as they do");
}

// As xgboost 3.0 saves them.
TEST(Recognise, Xgboost) {
  using namespace std::string_literals;
  const std::string ubj =
      "{L\0\0\0\0\0\0\0\7learner{L\0\0\0\0\0\0\0\nattributes{}L\0\0\0\0\0\0\0\rfeature_names"s
      "[#L\0\0\0\0\0\0\0\0L\0\0\0\0\0\0\0\x10gradient_booster{"s;
  const std::string json =
      R"({"learner":{"attributes":{},"feature_names":[],"feature_types":[],"gradient_booster":{)";
  EXPECT_EQ(recognise_model("xgboost-model", ubj)->format, ModelFormat::xgboost_ubj);
  EXPECT_TRUE(recognise_model("x", ubj)->certain);
  EXPECT_EQ(recognise_model("x", " \n" + json)->format, ModelFormat::xgboost_json);
  EXPECT_EQ(recognise_model("x", json)->image, "xgboost");
  EXPECT_FALSE(recognise_model("x.json", R"({"learner":{"feature_names":["a")")->certain);
  EXPECT_EQ(why("openapi.json", R"({"openapi":"3.1.0"})"),
            "openapi.json is named as XGBoost's models are, but does not begin as they do");
}

TEST(Recognise, ArchivesAndPickles) {
  EXPECT_TRUE(
      why("m.tar.gz", "\x1f\x8b\x08").starts_with("m.tar.gz is an archive, which does not"));
  std::string tar(512, '\0');
  tar.replace(257, 5, "ustar");
  EXPECT_TRUE(why("m.tar", tar).starts_with("m.tar is an archive"));
  for (const char* pickle : {"\x80\x04\x95", "PK\x03\x04"})
    EXPECT_TRUE(why("m.pkl", pickle).contains("which would run whatever code it holds"));
  EXPECT_TRUE(why("notes.txt", "hello").starts_with("notes.txt is no model that is known"));
  EXPECT_TRUE(why("", "").contains("is no model that is known"));
}

}  // namespace
}  // namespace weft::ml
