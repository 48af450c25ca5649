// Which files of a folder are packed: those that lie in it, and those that its links lead to inside
// of it, as if they lay there themselves. Owned by the worker; one thread. Whoever filled the
// folder may still be at it, so no path is trusted twice: files are opened through no link.
#pragma once

#include <filesystem>
#include <vector>

#include "weft/base/file.h"
#include "weft/base/result.h"
#include "weft/ml/worker/archive.h"

namespace weft::ml::worker {

struct PackedFile {
  std::filesystem::path name;   ///< in the archive
  std::filesystem::path place;  ///< under the folder, through no link
};

/// In the order of their names. A link that leads out of the folder, nowhere, or to a folder that
/// it lies in is left out, with a line in the log. Errors: Reason::invalid_argument when links lead
/// to more than `limits` has it.
Result<std::vector<PackedFile>> packed_files(const std::filesystem::path& folder,
                                             const ArchiveLimits& limits);

/// Errors: Code::not_found when there is no file any more, or a link on the way to it.
Result<File> open_below(const std::filesystem::path& folder, const std::filesystem::path& place);

}  // namespace weft::ml::worker
