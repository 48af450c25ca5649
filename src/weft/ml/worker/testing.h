// A training job's view for tests of engines. Owned by the test.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "weft/base/file.h"
#include "weft/ml/worker/training_view.h"
#include "weft/store/testing/directory.h"

namespace weft::ml::worker {

struct TestJob {
  store::testing::TemporaryDirectory folder;
  TrainingView view;
  TrainingWatch watch;

  explicit TestJob(std::map<std::string, std::string, std::less<>> hyperparameters) {
    view.hyperparameters = std::move(hyperparameters);
    view.model = folder.path() / "model";
    view.output_data = folder.path() / "data";
    view.failure = folder.path() / "failure";
    view.scratch = folder.path() / "scratch";
    view.threads = 2;
    for (const char* each : {"model", "data", "checkpoints", "scratch"})
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
  /// A channel of one file.
  std::filesystem::path file(const std::string& name, std::string content_type,
                             const std::string& file_name, std::string_view text) {
    const auto path = channel(name, std::move(content_type)) / file_name;
    std::ofstream(path) << text;
    return path;
  }
  std::string model(std::string_view name) const {
    return read_file(view.model / name, 1 << 26).value_or("");
  }
};

}  // namespace weft::ml::worker
