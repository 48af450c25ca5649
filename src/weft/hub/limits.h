// The limits of the hub. Owned by hub.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::hub {

inline constexpr int kCallDepthMax = 16;
inline constexpr std::int64_t kCancelBoundMs = 1'000;
inline constexpr std::int64_t kCallDeadlineMs = 120'000;
inline constexpr std::int64_t kTaskDeadlineMs = 24 * 3'600'000;
/// How long an unanswered question keeps its call alive.
inline constexpr std::int64_t kAskTimeoutMs = 3'600'000;
inline constexpr std::int64_t kTaskTtlMs = 24 * 3'600'000;
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kSolutionsMax = 1'024;
inline constexpr std::size_t kSkillsPerSolutionMax = 2'048;
inline constexpr std::size_t kCallsPerSolutionMax = 4'096;
inline constexpr std::size_t kTasksLiveMax = 16'384;
inline constexpr std::size_t kTaskEventsMax = 50'000;
/// Events a task holds for a reader that lags; beyond, it reads from the journal.
inline constexpr std::size_t kTaskRingEvents = 256;
inline constexpr std::int64_t kProbeDeadlineMs = 900;
inline constexpr std::int64_t kConnectDeadlineMs = 10'000;

}  // namespace weft::hub
