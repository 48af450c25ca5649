#include "weft/app/watchdog.h"

#include <boost/asio/post.hpp>

#include <execinfo.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <utility>

#include "weft/base/log.h"

namespace weft::app {
namespace {

constexpr int kFramesMax = 64;

void print_stack(int) {
  const int before = errno;
  std::array<void*, kFramesMax> frames{};
  const int count = ::backtrace(frames.data(), kFramesMax);
  ::backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
  errno = before;
}

int stack_signal() { return SIGRTMIN; }

/// The first backtrace() loads what it needs, which a signal handler must not.
void prepare_stacks() {
  std::array<void*, 1> frame{};
  (void)::backtrace(frame.data(), 1);
  struct sigaction action{};
  action.sa_handler = print_stack;
  action.sa_flags = SA_RESTART;
  ::sigaction(stack_signal(), &action, nullptr);
}

double seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

/// A question to a loop, which writes `thread` and `answered`; the rest belongs to who looks.
struct Watchdog::Beat {
  SteadyTime asked;
  bool blocked = false;
  /// Where the loop runs, once it has answered; 0 before.
  std::atomic<pthread_t> thread = 0;
  std::atomic<bool> answered = true;
};

Watchdog::Watchdog(net::Loops& loops, Milliseconds blocked_after)
    : loops_(loops), blocked_after_(blocked_after) {
  static std::once_flag once;
  std::call_once(once, prepare_stacks);
  for (std::size_t i = 0; i < loops.size(); ++i) beats_.push_back(std::make_shared<Beat>());
}

Watchdog::~Watchdog() = default;

void Watchdog::look() {
  bool ready = true;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    if (!turns(loops_.at(i), *beats_[i])) ready = false;
    if (!beats_[i]->answered.load(std::memory_order_acquire)) continue;
    beats_[i]->asked = std::chrono::steady_clock::now();
    beats_[i]->answered.store(false, std::memory_order_relaxed);
    boost::asio::post(loops_.at(i).executor(), [beat = beats_[i]] {
      beat->thread.store(::pthread_self(), std::memory_order_relaxed);
      beat->answered.store(true, std::memory_order_release);
    });
  }
  ready_.store(ready, std::memory_order_relaxed);
}

bool Watchdog::turns(net::Loop& loop, Beat& beat) const {
  const auto waited = std::chrono::steady_clock::now() - beat.asked;
  if (beat.answered.load(std::memory_order_acquire)) {
    if (std::exchange(beat.blocked, false))
      log::warn("{} turns again, after {:.1f} s", loop.name(), seconds(waited));
    return true;
  }
  if (waited < blocked_after_) return !beat.blocked;
  if (!std::exchange(beat.blocked, true)) {
    log::error("{} has not turned for {:.1f} s; this is what it does:", loop.name(),
               seconds(waited));
    if (const pthread_t thread = beat.thread; thread != 0) ::pthread_kill(thread, stack_signal());
  }
  return false;
}

}  // namespace weft::app
