// The limits of net that are no setting. Owned by net.
#pragma once

#include <cstddef>

#include "weft/base/clock.h"

namespace weft::net {

/// Readiness events taken from the kernel at once.
inline constexpr int kEventsMax = 256;
/// A loop whose waits last less than the first, on average, looks for events without sleeping for
/// at most the second; a wait counts for at most the third.
inline constexpr std::chrono::microseconds kSpinPace{100};
inline constexpr std::chrono::microseconds kSpinTime{150};
inline constexpr std::chrono::microseconds kPaceGapMax{2'000};
/// What one connection or child may be read of in a row before everything else on its loop has its
/// turn; a small piece counts for the second.
inline constexpr std::size_t kShareBytesMax = 256 * 1024;
inline constexpr std::size_t kShareStepBytes = 1024;
/// Requests of one connection that are answered in a row, likewise.
inline constexpr int kRequestsInARowMax = 64;
/// A request body that the handler left unread is read over up to this; past it the connection
/// closes.
inline constexpr std::size_t kUnreadBodyMax = 64 * 1024;
/// What is read and thrown away after a refusal, so that the answer is not lost to a reset.
inline constexpr std::size_t kLingerBytesMax = 16 * 1024 * 1024;
inline constexpr Milliseconds kLingerTime{1'000};
/// Small pieces of a streamed answer are gathered up to this before they are sent at once.
inline constexpr std::size_t kGatherBytesMax = 16 * 1024;
/// Who waits for more of a body that is held whole looks this often whether memory is out.
inline constexpr Milliseconds kMemoryLook{500};
/// While memory is out: past so many, new connections are refused.
inline constexpr std::size_t kConnectionsWhenOut = 64;
/// Connections the kernel queues for the acceptor.
inline constexpr int kListenBacklog = 1024;
/// Connections taken from the kernel before the loop turns to its other work.
inline constexpr int kAcceptsMax = 64;
/// After drain() cancelled what still ran: how long it is waited for before sockets are closed
/// under it.
inline constexpr Milliseconds kDrainCancelTime{2'000};
/// Deadlines are looked at no more often than this.
inline constexpr Milliseconds kSweepMin{10};
/// A request without a deadline gets this one.
inline constexpr Milliseconds kDefaultDeadline{60'000};
/// Names that are asked for at the same time.
inline constexpr std::size_t kLookUpThreadsMax = 8;
/// A name that could not be found is not asked for again within the first; what was found when
/// nobody waited any more is kept for the second.
inline constexpr Milliseconds kFailedNameTime{1'000};
inline constexpr Milliseconds kLateNameTime{30'000};
/// With so many names known, those whose time is over are forgotten.
inline constexpr std::size_t kNamesKept = 256;
/// Redirects followed at most, whatever the request asks for.
inline constexpr int kRedirectsMax = 5;
/// A line of a child process, and the last lines of its standard error that are kept.
inline constexpr std::size_t kChildLineBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kChildErrorLinesMax = 40;
inline constexpr std::size_t kChildErrorLineBytesMax = 2 * 1024;

}  // namespace weft::net
