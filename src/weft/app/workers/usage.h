// What a program and all it started take of the machine, as the system shows it. Owned by app; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

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

}  // namespace weft::app
