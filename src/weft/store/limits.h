// The limits of the store. Owned by store.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weft::store {

/// What one commit takes at most (the queue is taken as it is, never waited for).
inline constexpr std::size_t kBatchRecordsMax = 1'024;
inline constexpr std::size_t kBatchBytesMax = 1024 * 1024;
/// What waits for the writer at most; beyond, Reason::rate_limited.
inline constexpr std::size_t kWriteQueueRecordsMax = 16'384;
inline constexpr std::size_t kWriteQueueBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kReadQueueMax = 4'096;
inline constexpr std::chrono::milliseconds kQueueRetryAfter{100};
/// A full disk is asked again this soon.
inline constexpr std::chrono::milliseconds kFullRetryAfter{1'000};
inline constexpr std::size_t kReaderThreads = 2;
/// A longer read is cut: while it lasts the log cannot be taken into the database.
inline constexpr std::chrono::milliseconds kReadTimeMax{5'000};
/// The log is taken into the database when it has grown by this many pages (of 4 KiB).
inline constexpr int kCheckpointPages = 4'096;
inline constexpr std::int64_t kWalAlarmBytes = 256 * 1024 * 1024;
inline constexpr std::chrono::milliseconds kQuickCheckTimeMax{300};
inline constexpr std::chrono::milliseconds kChainCheckTimeMax{300};
inline constexpr std::size_t kChainCheckEventsMax = 10'000;
/// Heads of chains the writer remembers.
inline constexpr std::size_t kHeadsCachedMax = 16'384;

inline constexpr std::size_t kEventsPerAppendMax = 4'096;
inline constexpr std::size_t kPayloadBytesMax = 32 * 1024 * 1024;
inline constexpr std::size_t kPayloadDepthMax = 512;
inline constexpr std::int64_t kEventsPerTaskMax = 50'000;
inline constexpr std::size_t kPageMax = 1'000;
/// Events of a page hold no more than this, but for the first.
inline constexpr std::size_t kPageBytesMax = 8 * 1024 * 1024;
/// What one removal of ended tasks takes at most: every other write waits for it.
inline constexpr std::size_t kRemovedRowsMax = 4'096;
inline constexpr std::size_t kRemovedBytesMax = 16 * 1024 * 1024;
/// Tasks that are read at once when the hub takes up those of its last life.
inline constexpr std::size_t kRecoveredAtOnce = 16;
inline constexpr std::size_t kSpaceCharsMax = 64;
inline constexpr std::size_t kKeyCharsMax = 1'024;

}  // namespace weft::store
