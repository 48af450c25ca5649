// The limits of base: what any text weft reads may cost. Owned by base.
#pragma once

#include <cstddef>

namespace weft {

inline constexpr int kTimerTickMs = 5;
inline constexpr std::size_t kSolutionIdCharsMax = 40;
inline constexpr std::size_t kJsonDepthMax = 128;
inline constexpr std::size_t kJsonBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kJsonNumberCharsMax = 1024;
inline constexpr std::size_t kSchemaBytesMax = 256 * 1024;
inline constexpr std::size_t kSchemaDepthMax = 64;
inline constexpr std::size_t kUrlCharsMax = 8 * 1024;

}  // namespace weft
