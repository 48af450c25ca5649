// What of a folder on this machine goes along with a job. Owned by a command; blocks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "weft/base/result.h"

namespace weft::app {

struct SentFile {
  std::filesystem::path path;
  std::string name;  ///< from the folder: `lib/a.py`
  std::uint64_t bytes = 0;
};

/// Limits of a script's own code: what is more is data, and is named as such.
inline constexpr std::size_t kCodeFilesMax = 1'000;
inline constexpr std::uint64_t kCodeBytesMax = 100'000'000;

/// The files of a folder, by name, or the file itself. Left out are hidden files, what Python makes
/// (`__pycache__`, virtual environments), weft.yaml, and the data folder of a hub, wherever it
/// lies. Errors: what cannot be read; a data folder itself.
Result<std::vector<SentFile>> files_to_send(const std::filesystem::path& from);

std::uint64_t bytes_of(const std::vector<SentFile>& files);

/// Whether they can be a script's code. Errors: Reason::too_large, with the largest of them and
/// what to do.
Result<void> check_code(const std::vector<SentFile>& files, const std::filesystem::path& folder);

/// Into a new tar archive.
Result<void> pack_files(const std::vector<SentFile>& files, const std::filesystem::path& archive);

/// A folder that goes with its owner.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> create();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&& other) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace weft::app
