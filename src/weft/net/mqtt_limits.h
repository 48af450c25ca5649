// The limits of a connection to an MQTT broker. Owned by net.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/clock.h"

namespace weft::net {

/// A packet of the broker's; announced in CONNECT, so that a larger one is not even sent.
inline constexpr std::size_t kMqttPacketBytesMax = 1024 * 1024;
/// Messages of QoS 1 that the broker may send before the first is acknowledged.
inline constexpr std::uint16_t kMqttReceiveMaximum = 64;
/// What we have published, and subscribed to, without an answer of the broker yet.
inline constexpr std::size_t kMqttInFlightMax = 1'024;
/// Publishes that wait because the broker takes no more at once.
inline constexpr std::size_t kMqttWaitingMax = 1'024;
/// Identifiers at once: all topics are asked for again after a reconnect.
inline constexpr std::size_t kMqttIdsMax = 16'384;
/// Bytes that the socket does not take yet; beyond, nothing more is published.
inline constexpr std::size_t kMqttUnsentBytesMax = 16 * 1024 * 1024;
/// Topics that are subscribed to at the same time.
inline constexpr std::size_t kMqttTopicsMax = 8'192;
/// A broker that acknowledges nothing for so long is as good as gone.
inline constexpr Milliseconds kMqttAckTime{20'000};
/// Identifiers of messages that came last, by which one that is sent again is known.
inline constexpr std::size_t kMqttRecentIds = 64;
/// A connection that lasted so long was a good one: the next attempt follows soon.
inline constexpr Milliseconds kMqttGoodTime{1'000};
inline constexpr std::size_t kMqttReadBytes = 16 * 1024;

}  // namespace weft::net
