// Programs that train and serve models, each in a sandbox of its own (bubblewrap), bounded in what
// it takes. Owned by Running; make_workers() and threads() from any thread, each worker on the loop
// it was started for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "weft/base/result.h"
#include "weft/ml/ports.h"

namespace weft::app {

struct WorkersConfig {
  std::filesystem::path libexec;   ///< where weft-worker-NAME lie; empty: find_libexec()
  int threads = 0;                 ///< of all workers; 0: the processors this process may use
  std::uint64_t memory_bytes = 0;  ///< of all workers; 0: the machine's without the hub's share
  /// What a program may hold on disk that asks for nothing; 0: kDiskBytesDefault.
  std::uint64_t disk_bytes = 0;
  /// What programs see besides /usr, read-only and at the same place: where else libraries are.
  std::vector<std::filesystem::path> shown;
};

/// Errors: Reason::invalid_argument when a folder is not there. That the machine has no sandbox is
/// told by start(), at each program.
Result<std::unique_ptr<ml::Workers>> make_workers(WorkersConfig config);

/// What this process and those it starts may have together: the machine's, or its cgroup's.
std::uint64_t machine_memory_bytes();

/// `libexec/weft` beside or above this program; else where it would be.
std::filesystem::path find_libexec();

/// What sandboxes can do for a hub that is started here.
struct SandboxReport {
  bool usable = false;
  std::string sandbox;  ///< which it is, or the one thing that is missing
  std::string remedy;   ///< empty when usable
  std::string limits;   ///< what bounds memory, processors and processes
  std::string limits_remedy;
};

/// Tries it out: takes some ten milliseconds. Any thread that may wait.
SandboxReport look_at_sandbox();

}  // namespace weft::app
