// Sees when a loop does not turn any more: something in it computes or waits where it must not, and
// every connection of that loop waits with it. Owned by Running; look() on one thread.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "weft/base/clock.h"
#include "weft/net/loop.h"

namespace weft::app {

inline constexpr Milliseconds kBlockedAfter{5'000};

class Watchdog {
 public:
  explicit Watchdog(net::Loops& loops, Milliseconds blocked_after = kBlockedAfter);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;

  /// Asks each loop to answer, and looks which did not; to be called every second or so. A loop
  /// that is blocked is logged once, with the stack of its thread on standard error, and once more
  /// when it turns again.
  void look();
  /// False while a loop is blocked, as the last look() saw it. Any thread.
  bool ready() const { return ready_.load(std::memory_order_relaxed); }

 private:
  struct Beat;
  bool turns(net::Loop& loop, Beat& beat) const;

  net::Loops& loops_;
  Milliseconds blocked_after_;
  std::vector<std::shared_ptr<Beat>> beats_;
  std::atomic<bool> ready_ = true;
};

}  // namespace weft::app
