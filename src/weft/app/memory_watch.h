// Looks at what this process holds in memory, and says how near that is to what it may hold. A
// thread of its own: it sees what happens also while loops are busy. Owned by Running.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "weft/base/clock.h"
#include "weft/net/memory_level.h"

namespace weft::app {

/// What this process holds and nobody else does, in bytes (/proc/self/statm); 0 where that cannot
/// be read.
std::uint64_t held_memory_bytes();

/// A level is left only when 3 % less than where it begins is taken.
net::MemoryLevel memory_level(std::uint64_t held, std::uint64_t most, net::MemoryLevel before);

class MemoryWatch {
 public:
  /// `most` in bytes; `held` is asked on the watch's thread.
  explicit MemoryWatch(std::uint64_t most, std::function<std::uint64_t()> held = held_memory_bytes);
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;

  std::shared_ptr<const net::MemoryLevelNow> level() const { return level_; }

 private:
  void run();
  void look();

  const std::uint64_t most_;
  const std::function<std::uint64_t()> held_;
  const std::shared_ptr<net::MemoryLevelNow> level_;
  std::uint64_t seen_ = 0;
  SteadyTime trimmed_;
  std::mutex mutex_;
  std::condition_variable ends_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace weft::app
