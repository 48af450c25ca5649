// The limits of the gRPC door that are no setting. Owned by doors/grpc.
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

}  // namespace weft::doors
