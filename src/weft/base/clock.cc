#include "weft/base/clock.h"

#include <format>

namespace weft {

std::int64_t SystemClock::unix_ms() const {
  return std::chrono::duration_cast<Milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

SteadyTime SystemClock::steady() const { return std::chrono::steady_clock::now(); }

std::string to_rfc3339(std::int64_t unix_ms) {
  const std::chrono::sys_time<Milliseconds> time{Milliseconds(unix_ms)};
  return std::format("{:%Y-%m-%dT%H:%M:%S}Z", time);
}

}  // namespace weft
