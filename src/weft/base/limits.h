// The limits of base: what any text weft reads may cost. Owned by base.
#pragma once

#include <cstddef>

namespace weft {

inline constexpr int kTimerTickMs = 5;
inline constexpr std::size_t kSolutionIdCharsMax = 40;
inline constexpr std::size_t kJsonDepthMax = 128;
inline constexpr std::size_t kJsonBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kJsonMembersMax = 250'000;
inline constexpr std::size_t kJsonValuesMax = 2'000'000;
inline constexpr std::size_t kJsonNumberCharsMax = 1024;
inline constexpr std::size_t kSchemaBytesMax = 256 * 1024;
inline constexpr std::size_t kSchemaDepthMax = 64;
inline constexpr std::size_t kUrlCharsMax = 8 * 1024;
inline constexpr std::size_t kPatternCharsMax = 4 * 1024;
/// What one check of a schema may cost: pairs of a schema and a value looked at, and how deep they
/// nest.
inline constexpr std::size_t kSchemaStepsMax = 4'000'000;
inline constexpr std::size_t kSchemaCheckDepthMax = 600;
inline constexpr int kSchemaPatternTimeMaxMs = 250;

}  // namespace weft
