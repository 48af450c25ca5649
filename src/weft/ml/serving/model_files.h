// The folder of one worker: its model as the store has it, and config.json
// (ml/worker/serving_view.h is who reads it). Owned by the worker's seat; one loop.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "weft/ml/ports.h"
#include "weft/ml/serving/model.h"
#include "weft/store/objects.h"

namespace weft::ml {

class ModelFiles {
 public:
  ModelFiles(std::filesystem::path folder, std::shared_ptr<store::Objects> objects)
      : folder_(std::move(folder)), objects_(std::move(objects)) {}

  /// Errors name the address: no such object, no bucket, what cannot be read.
  Awaitable<Result<void>> fetch(const ModelSpec& model, int threads) const;
  /// As it was fetched: what a program has made of it is gone.
  Result<void> renew(const ModelSpec& model) const;
  /// The folder as a program sees it; what was fetched can only be read there.
  std::vector<Bind> binds(const ModelSpec& model) const;
  void remove() const;

 private:
  Awaitable<Result<void>> fetch_packed(const ObjectUri& from) const;
  Awaitable<Result<void>> fetch_all(const ObjectUri& from) const;

  std::filesystem::path folder_;
  std::shared_ptr<store::Objects> objects_;
};

}  // namespace weft::ml
