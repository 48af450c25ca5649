// The limits of wire that are no setting. Owned by wire.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::wire {

/// Interim (1xx) answers read over before the answer itself.
inline constexpr int kInterimResponsesMax = 16;
/// What the framing of one chunk may cost before it counts as overhead: line ends and 16 digits,
/// and room.
inline constexpr std::size_t kChunkFramingMax = 24;

/// Of one inference request or answer.
inline constexpr int kTensorRankMax = 32;
inline constexpr std::size_t kTensorsMax = 1'024;
inline constexpr std::uint64_t kTensorElementsMax = std::uint64_t{1} << 36;

}  // namespace weft::wire
