#include "weft/app/memory_watch.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <format>
#include <fstream>
#include <string_view>

#include "weft/base/clock.h"
#include "weft/base/log.h"

namespace weft::app {
namespace {

using net::MemoryLevel;

/// A gigabyte is filled in no less than some hundred milliseconds.
constexpr Milliseconds kEvery{20};
/// While less than half is taken.
constexpr Milliseconds kIdleEvery{100};
constexpr Milliseconds kTrimEvery{200};
constexpr std::uint64_t kLeaveBelow = 3;
/// In hundredths, for each level from `tight` on.
constexpr std::array<std::uint64_t, 3> kBegins{85, 92, 95};

constexpr std::array<std::string_view, 4> kWords{
    "requests are taken as ever", "bodies of more than 64 KiB are refused",
    "new requests are refused",
    "what is being read is broken off, and new connections past a few are refused"};

}  // namespace

std::uint64_t held_memory_bytes() {
  // In pages.
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  std::ifstream("/proc/self/statm") >> size >> resident >> shared;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return (resident - std::min(resident, shared)) * page;
}

MemoryLevel memory_level(std::uint64_t held, std::uint64_t most, MemoryLevel before) {
  std::size_t level = 0;
  for (std::size_t i = 0; i < kBegins.size(); ++i) {
    const bool inside = static_cast<std::size_t>(before) > i;
    const std::uint64_t begins = kBegins[i] - (inside ? kLeaveBelow : 0);
    if (held >= most / 100 * begins) level = i + 1;
  }
  return static_cast<MemoryLevel>(level);
}

MemoryWatch::MemoryWatch(std::uint64_t most, std::function<std::uint64_t()> held)
    : most_(most),
      held_(std::move(held)),
      level_(std::make_shared<net::MemoryLevelNow>(MemoryLevel::enough)),
      thread_([this] { run(); }) {}

MemoryWatch::~MemoryWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ends_.notify_all();
  thread_.join();
}

void MemoryWatch::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    look();
    const Milliseconds pause = seen_ < most_ / 2 ? kIdleEvery : kEvery;
    ends_.wait_for(lock, pause, [this] { return ending_; });
  }
}

void MemoryWatch::look() {
  const MemoryLevel before = *level_;
  std::uint64_t held = held_();
  const SteadyTime time = std::chrono::steady_clock::now();
  // What was freed stays with the allocator until it is asked for it, which keeps others waiting.
  if (before != MemoryLevel::enough && time - trimmed_ >= kTrimEvery) {
    trimmed_ = time;
    if (::malloc_trim(0) == 1) held = held_();
  }
  // Where it cannot be read (no descriptor is left), it is as it was.
  if (held == 0) return;
  seen_ = held;
  const MemoryLevel now = memory_level(seen_, most_, before);
  if (now == before) return;
  *level_ = now;
  const auto severity = now == MemoryLevel::enough ? log::Level::info : log::Level::warn;
  log::write(severity, std::format("memory: {} of {} MiB are taken; {}", seen_ >> 20, most_ >> 20,
                                   kWords[static_cast<std::size_t>(now)]));
}

}  // namespace weft::app
