// The limits of the gRPC door and bridge that are no setting. Owned by doors/grpc.
#pragma once

#include <chrono>
#include <cstddef>

namespace weft::doors {

inline constexpr std::size_t kMessageBytesMax = 64ULL * 1024 * 1024;
/// What all that is being received and sent may take.
inline constexpr std::size_t kBuffersBytesMax = 512ULL * 1024 * 1024;
inline constexpr int kThreadsMax = 8;
/// Of one caller's connection.
inline constexpr int kStreamsMax = 256;
/// A call without a deadline of its own.
inline constexpr std::chrono::minutes kCallMax{10};

/// The bridge: the longest deadline of a call (the longest `timeout` of weft.yaml).
inline constexpr std::chrono::days kDeadlineMax{31};
/// A request to a server, and its answer; and all requests that are being asked together.
inline constexpr std::size_t kAnswerBytesMax = 256ULL * 1024 * 1024;
inline constexpr std::size_t kAskedBytesMax = 1024ULL * 1024 * 1024;
/// A connection with a call is asked for a sign of life so often (servers take more for an attack),
/// and is lost when what was sent is not acknowledged for the second.
inline constexpr std::chrono::milliseconds kAliveTime{310'000};
inline constexpr std::chrono::milliseconds kAliveTimeout{20'000};
/// For each address of a server.
inline constexpr std::chrono::milliseconds kConnectTimeout{3'000};
/// Who waits for somebody else's connection to a server looks so often whether it is there.
inline constexpr std::chrono::milliseconds kDialLook{5};
/// Servers that are connected to at the same time, and how many wait for that.
inline constexpr std::size_t kDialingMax = 8;
inline constexpr std::size_t kDialsWaitingMax = 4'096;
/// Past so many channels, those without a call are closed.
inline constexpr std::size_t kChannelsMax = 256;

}  // namespace weft::doors
