// The clock, passed in so that tests can turn it. Owned by base; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weft {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Milliseconds since the Unix epoch, UTC.
  virtual std::int64_t unix_ms() const = 0;
  /// For durations and deadlines; never goes back.
  virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t unix_ms() const override;
  SteadyTime steady() const override;
};

/// RFC 3339 with milliseconds, UTC: `2026-11-23T09:00:00.000Z`.
std::string to_rfc3339(std::int64_t unix_ms);

}  // namespace weft
