#include "weft/ml/algorithms/archive_look.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <format>
#include <utility>

#include "weft/base/file.h"
#include "weft/wire/tar.h"

namespace weft::ml {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kBooster = R"({"learner":{"attributes":{},"gradient_booster":{)";
constexpr std::string_view kPickle = "\x80\x04\x95";

std::string tar(const Files& files) {
  std::string out;
  for (const auto& [name, text] : files) {
    out += wire::tar_block(name, text.size()).value();
    out += text;
    out.append(wire::tar_padding(text.size()), '\0');
  }
  out.append(2 * wire::kTarBlockBytes, '\0');
  return out;
}

/// What it is known as; or why it is not.
std::string known(const Files& files, std::size_t piece = 100) {
  ArchiveLook look;
  const std::string bytes = tar(files);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto taken = look.take(std::string_view(bytes).substr(at, piece));
    if (!taken) return taken.error().message;
  }
  const auto answer = look.answer("m.tar.gz");
  if (!answer) return answer.error().message;
  EXPECT_TRUE(answer->packed);
  return std::format("{} by {}", answer->image, answer->how);
}

TEST(ArchiveLook, ModelsAreKnownByWhatTheyAre) {
  const std::string booster(kBooster);
  const std::string mine =
      "xgboost by xgboost-model in it: the learner in its JSON, as XGBoost "
      "writes it";
  for (const std::size_t piece : {1UZ, 511UZ, 4'096UZ})
    EXPECT_EQ(known({{"notes.txt", "hello"}, {"./xgboost-model", booster}}, piece), mine);
  EXPECT_EQ(known({{"xgboost-model", booster}, {"other.json", booster}}), mine);
  const auto onnx = read_file(
      std::filesystem::path(WEFT_SOURCE) / "src/weft/ml/algorithms/onnx/engine/golden/mlp.onnx",
      1 << 20);
  EXPECT_TRUE(known({{"mlp.onnx", onnx.value()}}).starts_with("onnx by mlp.onnx in it"));
  EXPECT_EQ(known({{"mlp.onnx", onnx.value()}, {"xgboost-model", booster}}),
            "m.tar.gz holds models of more than one kind: onnx and xgboost");
}

TEST(ArchiveLook, AProgramComesFirst) {
  const std::string pickle(kPickle);
  for (const char* program : {"code/inference.py", "code/serve", "serve"}) {
    EXPECT_EQ(known({{"model.joblib", pickle}, {program, "#!"}}),
              std::format("script by the program {} in it", program));
  }
  EXPECT_EQ(known({{"model.pt", "PK\x03\x04"}}),
            "script by model.pt in it: the name of a TorchScript file");
  ArchiveLook look;
  ASSERT_TRUE(look.take(tar({{"inference.py", "def model_fn"}})).has_value());
  EXPECT_EQ(look.answer("m")->environment.back().second, "/opt/ml/model");
}

TEST(ArchiveLook, WhatIsNoModelIsRefusedWithWhatItIs) {
  EXPECT_TRUE(known({{"model.joblib", std::string(kPickle)}})
                  .starts_with("in m.tar.gz: model.joblib is a Python pickle"));
  EXPECT_TRUE(known({{"a.txt", "x"}, {"deep/xgboost-model", std::string(kBooster)}})
                  .starts_with("m.tar.gz is an archive that holds no model that is known (a.txt)"));
  EXPECT_TRUE(known({}).contains("(nothing lies at its top)"));
}

TEST(ArchiveLook, HostileOnesAreLeft) {
  ArchiveLook look;
  EXPECT_FALSE(look.take(std::string(1'000, 'x')).has_value());
  ArchiveLook many;
  const std::string entry = wire::tar_block("a", 0).value();
  Result<void> taken;
  for (int i = 0; i < 10'001 && taken; ++i) taken = many.take(entry);
  EXPECT_EQ(taken.error().reason, Reason::too_large);
  ArchiveLook large;
  const std::string begins = wire::tar_block("a", (std::uint64_t{1} << 33) - 1).value();
  EXPECT_TRUE(large.take(begins).has_value());
}

TEST(RecogniseFile, SaysWhyAFileCannotBeRead) {
  EXPECT_FALSE(recognise_file("/no/such/file").has_value());
}

}  // namespace
}  // namespace weft::ml
