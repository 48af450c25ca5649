// Checkpoints of a training run: `xgboost-checkpoint.N` holds the model after round N (from 0), as
// SageMaker's container names them. Owned by the worker; one thread.
#pragma once

#include <filesystem>
#include <optional>
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
  /// An empty folder: none are kept.
  explicit Checkpoints(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// The newest that can be read; those that cannot are passed over (and named in the log).
  std::optional<Checkpoint> newest() const;
  /// Whole or not at all, whatever stops the process; only the last few stay.
  Result<void> keep(std::int64_t round, std::string_view bytes);

 private:
  std::filesystem::path folder_;
};

}  // namespace weft::ml::xgboost
