// What a program and all it started take of the machine, as the system shows it. Owned by app; any
// thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weft/base/file.h"

namespace weft::app {

/// The parent of a process; 0 when it is gone.
int parent_of(int pid);

struct Usage {
  /// What is its own: not what it shares with files, which the system takes back when it needs to.
  std::uint64_t memory_bytes = 0;
  std::size_t tasks = 0;  ///< processes and threads
};

/// Of all below the process `root` (which itself is not counted), and of what lies in memory as
/// files in its /tmp and /dev/shm. Pages that processes share are counted for each of them, unless
/// `exact`, which takes longer. Counts no more than `tasks_max` tasks.
Usage usage_below(int root, std::size_t tasks_max, bool exact);

/// How much of a disk with so much free space a program may hold that would hold `wanted`.
std::uint64_t disk_share(std::uint64_t wanted, std::uint64_t free);

/// Where a program may write to disk, and how much.
struct DiskBounds {
  std::vector<File> folders;  ///< opened, so that no link leads elsewhere
  /// Folders and files in these that it can only read.
  std::vector<std::pair<dev_t, ino_t>> apart;
  std::uint64_t bytes_max = 0;  ///< 0: not looked at
};

enum class DiskUse : std::uint8_t {
  fits,
  too_much,
  too_many,  ///< names, and it is not known whether what they name is too much
  too_deep,  ///< folders
};

/// Of what lies in the folders, each file once, and of files without a name that processes below
/// `root` (0: none) have open. Looks no further than it has to. What is hidden better (a file that
/// is mapped, removed and closed) is not found.
DiskUse disk_use(const DiskBounds& disk, int root, std::size_t names_max);

}  // namespace weft::app
