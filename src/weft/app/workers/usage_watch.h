// Ends programs that take more than they may, where no cgroup does it: a thread that looks at what
// each takes now and then, so that no loop has to. Owned by the workers; any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "weft/app/workers/cgroups.h"
#include "weft/app/workers/usage.h"
#include "weft/base/clock.h"
#include "weft/base/file.h"

namespace weft::app {

/// A process or thread that a crowd which it is to end must not keep from its turn: only root may
/// say so, and others have RLIMIT_NPROC to keep crowds small.
void put_before_others(int id);

/// A program that is looked at.
struct Watched {
  int root = 0;                 ///< the sandbox's own process: what is below it is the program
  File process;                 ///< the same, as a descriptor to end it by
  std::uint64_t bytes_max = 0;  ///< 0: not looked at
  std::size_t tasks_max = 0;    ///< likewise
  /// Cgroup::told_in(): all of the program is ended when the system ended a part of it.
  std::filesystem::path told_in;
  std::atomic<bool> over_memory = false;
  std::atomic<bool> over_tasks = false;
  DiskBounds disk;
  std::atomic<DiskUse> disk_seen = DiskUse::fits;
  SteadyTime disk_next;  ///< the disk watch's own: when it is looked at again
};

class UsageWatch {
 public:
  UsageWatch() = default;
  ~UsageWatch();
  UsageWatch(const UsageWatch&) = delete;
  UsageWatch& operator=(const UsageWatch&) = delete;

  /// Looks at it until nobody else holds it, or the watch ends.
  void watch(std::shared_ptr<Watched> program);
  /// Removes the group once all in it ended.
  void remove_later(Cgroup group);

 private:
  struct Leaving {
    Cgroup group;
    int tries = 0;
  };
  void run_if_needed();
  void run();
  void run_disk();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Watched>> programs_;
  std::vector<Leaving> leaving_;
  bool over_ = false;
  std::thread thread_;  ///< begins with the first program
  /// A disk may be slow, and memory does not wait for it.
  std::thread disk_thread_;
};

}  // namespace weft::app
