// Files by descriptor, with errors that name them. Owned by base; everything blocks; a File belongs
// to one thread at a time.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "weft/base/result.h"

namespace weft {

class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File();

  /// For reading; only a regular file is one. Code::not_found when there is none.
  static Result<File> open(const std::filesystem::path& path);
  /// A new file (0600) for reading and writing.
  static Result<File> make(const std::filesystem::path& path);

  int descriptor() const { return descriptor_; }
  /// Whoever gets it closes it.
  int release() { return std::exchange(descriptor_, -1); }
  Result<void> write(std::string_view bytes, const std::filesystem::path& path);
  /// At most `bytes_max` from `offset`; fewer only at the end.
  Result<std::string> read(std::uint64_t offset, std::size_t bytes_max) const;
  /// All that was written is on the disk.
  Result<void> sync(const std::filesystem::path& path);
  Result<struct stat> status() const;

 private:
  int descriptor_ = -1;
};

/// What errno says about `what` (`write`, `open` …) of a path: Reason::storage_full for a full disk
/// or quota, Code::not_found for what is missing, else Reason::internal.
Error file_error(std::string_view what, const std::filesystem::path& path, int number);
/// A rename or a new name in it is on the disk.
Result<void> sync_folder(const std::filesystem::path& folder);
/// All of a file. Errors: Code::not_found, Reason::too_large.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);
/// In place of what was there, whole or not at all, whatever stops the process: written beside it
/// (`.NAME.new`), synced, renamed.
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace weft
