// The limits of the MQTT adapter. Owned by adapters/mqtt.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/clock.h"

namespace weft::adapters::mqtt {

inline constexpr std::size_t kSkillsMax = 1'024;
inline constexpr std::size_t kSkillIdCharsMax = 128;
inline constexpr std::size_t kTopicBytesMax = 1'024;
inline constexpr std::size_t kStateWordsMax = 64;
/// A value that becomes a level of a topic.
inline constexpr std::size_t kLevelBytesMax = 256;
/// What of a payload is shown in a message for people.
inline constexpr std::size_t kShownBytesMax = 300;
/// Messages that wait for a slow reader of a call; beyond, the oldest are let go.
inline constexpr std::size_t kMailboxMessagesMax = 256;
inline constexpr std::size_t kMailboxBytesMax = 4 * 1024 * 1024;
/// How often a solution may ask back in one call.
inline constexpr int kAsksMax = 64;
/// Without words of the configuration: how long the first reply, and then each next one, is waited
/// for.
inline constexpr Milliseconds kFirstReply{15'000};
inline constexpr Milliseconds kIdle{30'000};
inline constexpr Milliseconds kTimeMax{24 * 3'600'000LL};
/// A stream that goes on for ever ends so long before its call's deadline, with what it told last.
inline constexpr Milliseconds kBeforeDeadline{150};

}  // namespace weft::adapters::mqtt
