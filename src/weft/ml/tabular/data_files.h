// The files of a channel, and a file's bytes. Owned by ml; one thread (a worker's).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::ml {

/// All files under the folder, in the order of their names; those that begin with `.` or `_` are
/// left out, as is customary, and links to folders. Errors: the folder cannot be read,
/// Reason::too_large.
Result<std::vector<std::filesystem::path>> data_files(const std::filesystem::path& folder);

/// A file as bytes; what is not looked at needs no memory.
class MappedFile {
 public:
  /// Errors: Reason::internal.
  static Result<std::unique_ptr<MappedFile>> open(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile() = default;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weft::ml
