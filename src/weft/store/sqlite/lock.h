// The lock of a data directory: one process at a time, from the call to its end, even by SIGKILL.
// Owned by the store; any one thread.
#pragma once

#include <filesystem>

#include "weft/base/result.h"

namespace weft::store::sqlite {

class DirectoryLock {
 public:
  /// Makes the directory (0700) when missing. Errors name the process that holds it, or why it
  /// cannot be written.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace weft::store::sqlite
