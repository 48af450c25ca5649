// Waiting in a test for what another thread does. Any thread that may block.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

#include "weft/base/clock.h"

namespace weft::testing {

/// What a test allows a bound to be missed by: machines here are busy, and builds slow.
inline constexpr std::int64_t kSlackMs = 2'000;

/// Looks every five milliseconds whether READY() holds, for at most LIMIT; what it said last.
template <class Ready>
bool wait_until(Ready ready, Milliseconds limit = Milliseconds(15'000)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!ready()) {
    if (std::chrono::steady_clock::now() >= end) return ready();
    std::this_thread::sleep_for(Milliseconds(5));
  }
  return true;
}

}  // namespace weft::testing
