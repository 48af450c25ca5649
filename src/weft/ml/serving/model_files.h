// The folder of one worker: its model as the store has it, the source of a program of the user's
// own, and config.json (ml/worker/serving_view.h is who reads it). Owned by the worker's seat; one
// loop.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "weft/ml/ports.h"
#include "weft/ml/serving/model.h"
#include "weft/store/objects.h"

namespace weft::ml {

class ModelFiles {
 public:
  ModelFiles(std::filesystem::path folder, std::shared_ptr<store::Objects> objects)
      : folder_(std::move(folder)), objects_(std::move(objects)) {}

  /// `script`: it is loaded by a program of the user's own, whose source may be an archive of its
  /// own (SAGEMAKER_SUBMIT_DIRECTORY). What names these very files for this image; empty where the
  /// model has none. Errors name the address: no such object, no bucket, what cannot be read.
  Awaitable<Result<std::string>> fetch(const ModelSpec& model, int threads, bool script) const;
  /// As it was fetched: what a program has made of it is gone.
  Result<void> renew(const ModelSpec& model) const;
  /// The folder as a program sees it; what was fetched can only be read there.
  std::vector<Bind> binds(const ModelSpec& model, bool script) const;
  void remove() const;

 private:
  // Each says which objects these were.
  Awaitable<Result<std::string>> fetch_packed(const ObjectUri& from) const;
  Awaitable<Result<std::string>> fetch_all(const ObjectUri& from) const;
  Awaitable<Result<void>> fetch_source(const ModelSpec& model) const;

  std::filesystem::path folder_;
  std::shared_ptr<store::Objects> objects_;
};

}  // namespace weft::ml
