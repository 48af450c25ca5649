// The models there are. Owned by app; any loop.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/clock.h"
#include "weft/ml/algorithms/algorithm.h"
#include "weft/ml/catalog/catalog.h"
#include "weft/ml/serving/model.h"

namespace weft::ml {

struct ModelPage {
  std::vector<std::shared_ptr<const Model>> models;
  std::string next_token;
};

class Models {
 public:
  Models(const Clock& clock, store::Tables& tables, std::vector<Algorithm> algorithms);
  ~Models();
  /// Reads what there is; once, before anything else.
  Awaitable<Result<void>> start();
  /// Durable when it returns. Errors: Code::already_exists; Reason::unsupported for an image that
  /// nothing here loads, by name; Reason::invalid_argument for a source archive's address that is
  /// none.
  Awaitable<Result<void>> create(ModelSpec spec, std::string owner);
  /// Null when there is none.
  std::shared_ptr<const Model> find(std::string_view owner, std::string_view name) const;
  Result<ModelPage> list(const ListQuery& query) const;
  /// Errors: Code::not_found.
  Awaitable<Result<void>> erase(std::string owner, std::string name);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What loads a model: a program of the user's own wherever the model names one, whatever its image
/// is; null: nothing here.
const Algorithm* algorithm_of(std::span<const Algorithm> all, const ModelSpec& spec);

}  // namespace weft::ml
