// Folders that a program of the user's own has written to, however it left them. Owned by a job's
// files; everything blocks, any thread.
#pragma once

#include <filesystem>
#include <vector>

#include "weft/base/result.h"

namespace weft::ml {

/// All of it is gone then, or was never there; also what lies in folders that were made unwritable.
Result<void> remove_tree(const std::filesystem::path& path);

struct FilesBelow {
  std::vector<std::filesystem::path> files;
  std::vector<std::filesystem::path> others;  ///< neither files nor folders: links, pipes, sockets
};
/// What is below a folder, by name.
Result<FilesBelow> files_below(const std::filesystem::path& folder);

}  // namespace weft::ml
