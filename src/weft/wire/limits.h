// The limits of wire that are no setting. Owned by wire.
#pragma once

#include <cstddef>

namespace weft::wire {

/// Interim (1xx) answers read over before the answer itself.
inline constexpr int kInterimResponsesMax = 16;
/// What the framing of one chunk may cost before it counts as overhead: line ends and 16 digits,
/// and room.
inline constexpr std::size_t kChunkFramingMax = 24;

}  // namespace weft::wire
