// A training job's view for tests. Owned by the test.
#pragma once

#include <filesystem>
#include <format>
#include <fstream>
#include <string>

#include "weft/base/file.h"
#include "weft/ml/algorithms/xgboost/engine/train.h"
#include "weft/store/testing/directory.h"

namespace weft::ml::xgboost {

struct Job {
  store::testing::TemporaryDirectory folder;
  worker::TrainingView view;
  TrainingWatch watch;

  explicit Job(std::map<std::string, std::string, std::less<>> hyperparameters) {
    view.hyperparameters = std::move(hyperparameters);
    view.model = folder.path() / "model";
    view.output_data = folder.path() / "data";
    view.failure = folder.path() / "failure";
    view.scratch = folder.path();
    view.threads = 2;
    for (const char* each : {"model", "data", "checkpoints"})
      std::filesystem::create_directories(folder.path() / each);
  }
  void keep_checkpoints() { view.checkpoints = folder.path() / "checkpoints"; }
  std::filesystem::path channel(const std::string& name, std::string content_type) {
    const auto path = folder.path() / name;
    std::filesystem::create_directories(path);
    view.channels[name] = {.content_type = std::move(content_type),
                           .input_mode = "File",
                           .distribution = "FullyReplicated",
                           .folder = path};
    return path;
  }
  void csv(const std::string& name, std::string_view text) {
    std::ofstream(channel(name, "text/csv") / "a.csv") << text;
  }
  Result<void> run() const { return train(view, watch); }
  std::string why() const {
    const auto trained = run();
    return trained ? std::string() : trained.error().message;
  }
  std::string model(std::string_view name = "xgboost-model") const {
    return read_file(view.model / name, 1 << 24).value_or("");
  }
};

/// Rows that a few trees can learn.
inline std::string numbers(int begin, int end) {
  std::string out;
  for (int i = begin; i < end; ++i)
    out += std::format("{},{},{},{}\n", (i * 7) % 11 + i % 3, (i * 7) % 11, i % 3, i % 17);
  return out;
}

}  // namespace weft::ml::xgboost
