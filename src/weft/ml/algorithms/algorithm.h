// What trains: an algorithm of ours by its image's name, or a program of the user's own. Owned by
// ml; constant. The table of all of them is generated from ml/algorithms/CMakeLists.txt.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/ml/algorithms/hyperparameters.h"

namespace weft::ml {

/// A metric that an algorithm's log tells by itself, as a job's MetricDefinitions would: the last
/// group of the expression is the value, and `\1`, `\2` in the name are the groups before it.
/// Looked for as often as a line has it.
struct LoggedMetric {
  std::string_view name;
  std::string_view pattern;
};

struct Algorithm {
  /// As AlgorithmName has it, and the worker's name: `xgboost`.
  std::string_view name;
  /// The repositories of its images, whatever account, region and tag: `sagemaker-xgboost`.
  std::span<const std::string_view> images;
  /// False: its models are made elsewhere; it only serves them, and a job with it is refused.
  bool trains = true;
  /// Whether a run with these hyper-parameters that is taken up from its checkpoint gives the model
  /// it would have given.
  bool (*resumes_exactly)(const Given& hyperparameters) = [](const Given&) { return false; };
  std::span<const LoggedMetric> metrics;
};

/// Generated: one entry for each name in ml/algorithms/CMakeLists.txt.
std::vector<Algorithm> all_algorithms();

/// By name, or by an image's address (`ACCOUNT.dkr.ecr.REGION…/REPOSITORY:TAG`); null when it is
/// none of ours.
const Algorithm* find_algorithm(std::span<const Algorithm> all, std::string_view named);

/// `REPOSITORY` of an image's address.
std::string_view repository_of(std::string_view image);

}  // namespace weft::ml
