// How much of the memory that this process may have is taken. One writes it (app/memory_watch.h),
// servers and the front door look at it for each request: what costs most is refused first, and by
// name, so that the process lives. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "weft/base/result.h"

namespace weft::net {

enum class MemoryLevel : std::uint8_t {
  enough,
  tight,  ///< 85 %: large bodies that would be held whole are refused
  low,    ///< 92 %: new requests are refused
  out,    ///< 95 %: bodies that are being read are broken off; few new connections are taken
};
using MemoryLevelNow = std::atomic<MemoryLevel>;

/// A body that is held whole is taken up to here also when memory is tight.
inline constexpr std::size_t kSmallBodyBytes = 64 * 1024;

/// What a caller is told: Reason::unavailable, with a time after which to try again.
[[gnu::cold]] Error short_of_memory();

}  // namespace weft::net
