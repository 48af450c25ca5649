// Archives: a model's files in and out of a `model.tar.gz`. Owned by the worker; one thread. They
// come from anybody, so this runs in a worker, and only tar (with or without gzip) is read: files
// and folders under the folder, nothing that is a link or a device, no two names that are one where
// upper and lower case do not count, within quotas. Modes and owners are not taken over.
#pragma once

#include <cstdint>
#include <filesystem>

#include "weft/base/result.h"

namespace weft::ml::worker {

struct ArchiveLimits {
  std::uint64_t bytes_max = std::uint64_t{8} * 1024 * 1024 * 1024;
  std::size_t entries_max = 10'000;
  /// What comes out may be this many times what went in (and a little): more is a bomb.
  std::uint64_t ratio_max = 1'000;
  std::size_t depth_max = 32;
};

/// Into a folder that exists and is empty. Errors: Reason::invalid_argument with the entry and what
/// is wrong with it; what was unpacked by then stays.
Result<void> unpack(const std::filesystem::path& archive, const std::filesystem::path& folder,
                    const ArchiveLimits& limits = {});

/// The folder's files, in the order of their names, and as files what its links lead to inside of
/// it (packed_files.h). The same files give the same bytes.
Result<void> pack(const std::filesystem::path& folder, const std::filesystem::path& archive,
                  const ArchiveLimits& limits = {});

}  // namespace weft::ml::worker
