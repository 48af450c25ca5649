// Models of the folder golden/ for tests. Owned by the test.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "weft/base/file.h"
#include "weft/base/json.h"
#include "weft/ml/algorithms/onnx/engine/host.h"
#include "weft/store/testing/directory.h"

namespace weft::ml::onnx {

inline std::filesystem::path golden() {
  return std::filesystem::path(WEFT_SOURCE) / "src/weft/ml/algorithms/onnx/engine/golden";
}

/// What make_models.py wrote down: what NumPy and scikit-learn say that a model answers.
inline json::object expected(std::string_view model) {
  const auto text = read_file(golden() / "answers.json", 1 << 20);
  WEFT_ASSERT(text);
  const auto all = json::parse(*text);
  WEFT_ASSERT(all);
  const auto* of = json::find(*all, model);
  WEFT_ASSERT(of != nullptr && of->is_object());
  return of->get_object();
}

/// A model's folder with some of these files in it, and the model when it loads.
struct Model {
  store::testing::TemporaryDirectory folder;
  std::unique_ptr<worker::ModelHost> host;
  std::string why;

  explicit Model(const std::vector<std::string>& files) {
    for (const std::string& file : files)
      std::filesystem::copy_file(golden() / file, folder.path() / file);
    load();
  }
  void load() {
    auto loaded = load_host({.model = folder.path(), .threads = 1});
    why = loaded ? "" : loaded.error().message;
    host = loaded ? *std::move(loaded) : nullptr;
  }
  std::vector<worker::Reply> ask(std::vector<worker::Request> requests) const {
    std::vector<worker::Reply> out(requests.size());
    host->answer(requests, out);
    return out;
  }
  worker::Reply ask(worker::Request request) const { return ask(std::vector{request})[0]; }
  worker::Reply tensors(std::string_view body, std::string_view json_bytes = "") const {
    return ask({.tensors = true, .type = "application/json", .accept = json_bytes, .body = body});
  }
};

}  // namespace weft::ml::onnx
