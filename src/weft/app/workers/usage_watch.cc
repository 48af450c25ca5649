#include "weft/app/workers/usage_watch.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "weft/app/workers/limits.h"
#include "weft/app/workers/usage.h"
#include "weft/base/log.h"

namespace weft::app {
namespace {

bool signal(const Watched& program, int number) {
  return ::syscall(SYS_pidfd_send_signal, program.process.descriptor(), number, nullptr, 0) == 0;
}

template <class Over>
void end(Watched& program, std::atomic<Over>& told, Over over) {
  // Its number may be another's by now.
  if (!signal(program, 0)) return;
  // Said before its output ends.
  told = over;
  signal(program, SIGKILL);
}

void look_at_disk(Watched& program) {
  const SteadyTime began = std::chrono::steady_clock::now();
  if (program.disk.bytes_max == 0 || began < program.disk_next) return;
  const DiskUse use = disk_use(program.disk, program.root, kDiskNamesMax);
  if (use != DiskUse::fits) end(program, program.disk_seen, use);
  const SteadyTime now = std::chrono::steady_clock::now();
  program.disk_next =
      now + std::clamp<SteadyTime::duration>((now - began) * kDiskShare, kDiskEvery, kDiskPauseMax);
}

void look_at(Watched& program) {
  if (!program.told_in.empty() && Cgroup::out_of_memory_in(program.told_in))
    return end(program, program.over_memory, true);
  if (program.tasks_max == 0 && program.bytes_max == 0) return;
  const std::size_t tasks_max = program.tasks_max == 0 ? SIZE_MAX : program.tasks_max + 1;
  const auto too_large = [&](bool exact) {
    const Usage usage = usage_below(program.root, tasks_max, exact);
    if (program.tasks_max > 0 && usage.tasks > program.tasks_max)
      end(program, program.over_tasks, true);
    return program.bytes_max > 0 && usage.memory_bytes > program.bytes_max;
  };
  // What several of its processes share was counted for each.
  if (too_large(false) && !program.over_tasks && too_large(true))
    end(program, program.over_memory, true);
}

}  // namespace

void put_before_others(int id) {
  sched_param first{};
  first.sched_priority = 1;
  if (::sched_setscheduler(id, SCHED_FIFO | SCHED_RESET_ON_FORK, &first) != 0)
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(id), kWatchNice);
}

UsageWatch::~UsageWatch() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (disk_thread_.joinable()) disk_thread_.join();
}

void UsageWatch::watch(std::shared_ptr<Watched> program) {
  const std::lock_guard lock(mutex_);
  programs_.push_back(std::move(program));
  run_if_needed();
}

void UsageWatch::remove_later(Cgroup group) {
  if (group.remove()) return;
  const std::lock_guard lock(mutex_);
  leaving_.push_back({.group = std::move(group)});
  run_if_needed();
}

void UsageWatch::run_if_needed() {
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { run(); });
      disk_thread_ = std::thread([this] { run_disk(); });
    } catch (const std::system_error& refused) {
      log::error("what programs take is not looked at: {}", refused.code().message());
    }
  }
  changed_.notify_all();
}

void UsageWatch::run() {
  put_before_others(::gettid());
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (programs_.empty() && leaving_.empty()) {
      changed_.wait(lock);
      continue;
    }
    changed_.wait_for(lock, kUsageEvery, [this] { return over_; });
    std::erase_if(programs_, [](const auto& each) { return each.use_count() == 1; });
    std::erase_if(leaving_, [](Leaving& each) {
      return each.group.remove() || ++each.tries >= kCgroupTries;
    });
    const auto programs = programs_;
    lock.unlock();
    for (const auto& each : programs) look_at(*each);
    lock.lock();
  }
}

void UsageWatch::run_disk() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (programs_.empty()) {
      changed_.wait(lock);
      continue;
    }
    changed_.wait_for(lock, kUsageEvery, [this] { return over_; });
    const auto programs = programs_;
    lock.unlock();
    for (const auto& each : programs) {
      try {
        look_at_disk(*each);
      } catch (const std::bad_alloc&) {
        // There was no memory to count with; the next look may have it.
      }
    }
    lock.lock();
  }
}

}  // namespace weft::app
