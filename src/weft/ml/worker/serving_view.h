// What a serving program finds around it. Owned by the worker; one thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "weft/base/result.h"

namespace weft::ml::worker {

struct ServingView {
  std::filesystem::path model;  ///< the archive's files
  int threads = 1;
  /// The container's environment, as the model was created with.
  std::map<std::string, std::string, std::less<>> environment;
  std::string environment_of(std::string_view name) const;
};

/// Reads `ROOT/config.json`; unpacks `ROOT/model.tar.gz` into `ROOT/model` where it lies there
/// (archive.h). Errors name what is wrong.
Result<ServingView> read_serving_view(const std::filesystem::path& root);

}  // namespace weft::ml::worker
