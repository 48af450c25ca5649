// libxgboost behind owning handles and Results. Owned by the worker; one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/result.h"
#include "weft/ml/tabular/row_files.h"

namespace weft::ml::xgboost {

/// A DMatrix.
class Matrix {
 public:
  /// All rows at once. Errors: what libxgboost says of them.
  static Result<Matrix> of(const Rows& rows, int threads);
  /// The rows of files, all of them in memory.
  static Result<Matrix> in_memory(RowFiles& files, int threads);
  /// The same by libxgboost's external memory: a block at a time, in files that begin with
  /// `cache_prefix`.
  static Result<Matrix> external(RowFiles& files, const std::string& cache_prefix, int threads);

  std::uint64_t rows() const;
  std::uint64_t columns() const;
  std::span<const float> labels() const;
  /// Only these rows, in this order. Not of external memory.
  Result<Matrix> slice(const std::vector<int>& rows) const;
  void* handle() const { return handle_.get(); }

 private:
  explicit Matrix(void* handle);
  struct Free {
    void operator()(void* handle) const;
  };
  std::unique_ptr<void, Free> handle_;
};

/// What a booster says of rows: `width` values for each.
struct Predictions {
  std::span<const float> values;  ///< until the booster is used again
  std::size_t rows = 0;
  std::size_t width = 1;
};

class Booster {
 public:
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  /// For training on `train`; `evaluated` are the others it will see. Errors: a parameter that
  /// libxgboost refuses.
  static Result<Booster> create(const Matrix& train, const std::vector<const Matrix*>& evaluated,
                                const Parameters& parameters);
  /// From a file's bytes (JSON or UBJSON): call check_model() on them before.
  static Result<Booster> load(std::string_view bytes);
  /// Goes on from the bytes of a model.
  Result<void> load_into(std::string_view bytes);

  Result<void> set(const std::string& name, const std::string& value);
  Result<void> update(int iteration, const Matrix& train);
  /// `[3]\ttrain-rmse:1.5\tvalidation-rmse:1.75` taken apart, in its order.
  using Scores = std::vector<std::pair<std::string, double>>;
  Result<Scores> evaluate(int iteration,
                          const std::vector<std::pair<std::string, const Matrix*>>& on);
  /// `margin`: before the objective's transformation.
  Result<Predictions> predict(const Matrix& rows, bool margin);
  /// In place, without a DMatrix, which is quicker for few rows; of trees alone, so that a linear
  /// model gets its DMatrix.
  Result<Predictions> predict(const Rows& rows);
  /// `ubj`, as libxgboost itself writes it to a file without an extension, or `json`.
  Result<std::string> save(std::string_view format = "ubj");
  /// The first `rounds` rounds.
  Result<Booster> slice(int rounds);
  Result<int> rounds() const;
  Result<std::uint64_t> features() const;
  Result<void> set_attribute(const std::string& name, const std::string& value);
  Result<void> remove_attribute(const std::string& name);
  std::string attribute(const std::string& name) const;
  /// The names of the features, when the model knows them.
  std::vector<std::string> feature_names() const;
  /// The learner's configuration, as JSON.
  Result<std::string> configuration();

 private:
  explicit Booster(void* handle);
  Result<bool> is_linear();
  struct Free {
    void operator()(void* handle) const;
  };
  std::unique_ptr<void, Free> handle_;
  std::optional<bool> linear_;  ///< once it was asked for
  std::string array_;           ///< scratch for array interfaces
};

}  // namespace weft::ml::xgboost
