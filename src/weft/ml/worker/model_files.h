// The files of a model that is loaded. Owned by the worker; one thread.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::ml::worker {

/// The regular files right in the folder, by name; those whose names begin with `.` are left out.
/// Errors: Reason::invalid_argument when there is none (`missing` is the message), or more than a
/// model has.
Result<std::vector<std::filesystem::path>> model_files(const std::filesystem::path& folder,
                                                       std::string_view missing);

}  // namespace weft::ml::worker
