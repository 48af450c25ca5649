// A training job's view for tests. Owned by the test.
#pragma once

#include <format>
#include <string>

#include "weft/ml/algorithms/xgboost/engine/train.h"
#include "weft/ml/worker/testing.h"

namespace weft::ml::xgboost {

struct Job : worker::TestJob {
  using TestJob::TestJob;
  void csv(const std::string& name, std::string_view text) {
    file(name, "text/csv", "a.csv", text);
  }
  Result<void> run() const { return train(view, watch); }
  std::string why() const {
    const auto trained = run();
    return trained ? std::string() : trained.error().message;
  }
  std::string model(std::string_view name = "xgboost-model") const { return TestJob::model(name); }
};

/// Rows that a few trees can learn.
inline std::string numbers(int begin, int end) {
  std::string out;
  for (int i = begin; i < end; ++i)
    out += std::format("{},{},{},{}\n", (i * 7) % 11 + i % 3, (i * 7) % 11, i % 3, i % 17);
  return out;
}

}  // namespace weft::ml::xgboost
