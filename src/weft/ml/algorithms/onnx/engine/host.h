// Serving a model in ONNX. Owned by the program's main; one thread.
#pragma once

#include <filesystem>
#include <memory>

#include "weft/ml/worker/serve.h"

namespace weft::ml::onnx {

struct HostOptions {
  std::filesystem::path model;
  int threads = 1;
};

/// Loads `model.onnx` of the folder, or the only .onnx file there. Requests of one batch are
/// answered in one run when a trial at load shows that a row's answer does not depend on the others
/// (else each by itself). Errors: Reason::invalid_argument with what is wrong with which file.
Result<std::unique_ptr<worker::ModelHost>> load_host(const HostOptions& options);

}  // namespace weft::ml::onnx
