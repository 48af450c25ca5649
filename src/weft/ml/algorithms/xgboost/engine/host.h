// Serving a model of XGBoost. Owned by the program's main; one thread.
#pragma once

#include <filesystem>
#include <memory>

#include "weft/ml/worker/serve.h"

namespace weft::ml::xgboost {

struct HostOptions {
  std::filesystem::path model;
  int threads = 1;
  /// SAGEMAKER_INFERENCE_OUTPUT: keys of what an answer says (`predicted_label,probability` …);
  /// empty: the score alone.
  std::string selected;
};

/// Loads the one model of the folder, or the ensemble of `xgboost-model-0` … that a
/// cross-validation made (then the mean is answered). Errors: Reason::invalid_argument with what is
/// wrong with which file.
Result<std::unique_ptr<worker::ModelHost>> load_host(const HostOptions& options);

}  // namespace weft::ml::xgboost
