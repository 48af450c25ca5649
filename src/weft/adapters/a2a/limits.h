// The limits of the A2A adapter, both sides. Owned by adapters/a2a.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::adapters::a2a {

inline constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kCardBytesMax = 1024 * 1024;
inline constexpr std::size_t kStreamEventBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kErrorBodyBytesMax = 64 * 1024;
/// Parts of one message or artifact.
inline constexpr std::size_t kPartsMax = 1024;
/// Messages of a history, artifacts of a task, entries of any other list.
inline constexpr std::size_t kListMax = 4096;
inline constexpr std::size_t kIdCharsMax = 256;
/// Solutions that the hub's own card lists as tenants; the others are reachable all the same.
inline constexpr std::size_t kCardTenantsMax = 64;
inline constexpr std::size_t kCardSkillsMax = 512;
/// Conversations whose upstream context is remembered, per solution.
inline constexpr std::size_t kContextsMax = 4096;
/// Earlier tasks of a conversation that are told to a solution which keeps none itself.
inline constexpr std::size_t kContextTasksMax = 32;
inline constexpr std::size_t kPageSizeMax = 100;
/// Messages of which it is remembered what they led to, the bytes of all answers among it and of
/// one, and how long after their end.
inline constexpr std::size_t kResentMax = 4096;
inline constexpr std::size_t kResentBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kResentAnswerBytesMax = 1024 * 1024;
inline constexpr std::int64_t kResentMs = 300'000;
/// A message id shorter than this is no unique one.
inline constexpr std::size_t kUniqueIdCharsMin = 16;
/// Extensions that one request activates.
inline constexpr std::size_t kExtensionsMax = 64;
inline constexpr std::int64_t kPollFirstMs = 100;
inline constexpr std::int64_t kPollMostMs = 2'000;
/// How long a cancelled call waits to learn the task it has to cancel, and the agent has to
/// acknowledge that; together below the hub's own bound.
inline constexpr std::int64_t kLearnTaskMs = 350;
inline constexpr std::int64_t kCancelMs = 550;
inline constexpr std::int64_t kKeepAliveMs = 15'000;
/// Rounds of question and answer in one call.
inline constexpr int kAsksMax = 64;

}  // namespace weft::adapters::a2a
