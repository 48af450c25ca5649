// Timers of one loop: coarse (kTimerTickMs), cheap to set and to drop, fit for a deadline on every
// call. Owned by base; belongs to the loop of its executor, any other thread must post to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "weft/base/async.h"
#include "weft/base/clock.h"

namespace weft {

/// One pending action; dropping it drops the action.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&& other) noexcept;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer();
  void cancel();

 private:
  friend class TimerWheel;
  std::shared_ptr<class TimerWheel> wheel_;
  std::uint64_t id_ = 0;
};

/// Runs `action` on the executor's loop at or up to one tick after `when`. A loop without timers
/// never wakes.
[[nodiscard]] Timer run_at(Executor executor, SteadyTime when,
                           std::move_only_function<void()> action);
[[nodiscard]] Timer run_after(Executor executor, Milliseconds delay,
                              std::move_only_function<void()> action);

/// Waits; false when cancelled first.
Awaitable<bool> sleep_for(Milliseconds delay, CancelToken cancel);

}  // namespace weft
