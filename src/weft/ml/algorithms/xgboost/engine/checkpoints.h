// Checkpoints of a training run: `xgboost-checkpoint.N` holds the model after round N (from 0), as
// SageMaker's container names them. Owned by the worker; one thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "weft/base/result.h"
#include "weft/ml/algorithms/xgboost/engine/library.h"

namespace weft::ml::xgboost {

struct Checkpoint {
  std::string bytes;
  std::int64_t round = 0;
};

class Checkpoints {
 public:
  /// An empty folder: none are kept. `every`: no more often than that.
  explicit Checkpoints(std::filesystem::path folder, std::chrono::seconds every = {});
  /// Whether it is time for one.
  bool due() const {
    return !folder_.empty() && std::chrono::steady_clock::now() - last_ >= every_;
  }
  /// The newest that can be read; those that cannot are passed over (and named in the log).
  std::optional<Checkpoint> newest() const;
  /// Whole or not at all, whatever stops the process; only the last few stay.
  Result<void> keep(std::int64_t round, std::string_view bytes);

 private:
  std::filesystem::path folder_;
  std::chrono::seconds every_;
  std::chrono::steady_clock::time_point last_;
  std::set<std::int64_t> kept_;  ///< rounds, those of an earlier run among them
};

}  // namespace weft::ml::xgboost
