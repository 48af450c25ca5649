// The limits of a forwarded store. Owned by adapters/sagemaker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/clock.h"

namespace weft::adapters::sagemaker::remote {

/// A request is sent so often, when the store says that it may be better later or is not there; the
/// pause before the second, four times as long before the third.
inline constexpr int kAttemptsMax = 3;
inline constexpr Milliseconds kPauseMin{200};
/// However steadily it goes on: a body is given up when it is slower than this.
inline constexpr std::uint64_t kBytesPerSecondMin = 64ULL * 1024;

/// Answers in XML: a thousand keys of the longest, encoded, are some 4 MiB.
inline constexpr std::size_t kXmlBytesMax = 8ULL * 1024 * 1024;
/// What is read of an answer that is an error, and what is told of its words.
inline constexpr std::size_t kErrorBytesMax = 64ULL * 1024;
inline constexpr std::size_t kWordsBytesMax = 500;

/// Files are read and written in pieces of this.
inline constexpr std::size_t kPieceBytes = 512ULL * 1024;
/// A body up to this waits in memory, a longer one on the disk.
inline constexpr std::size_t kHeldBytesMax = 256ULL * 1024;
/// What one request may put (S3's own limit); more is put in parts.
inline constexpr std::uint64_t kPutBytesMax = 5ULL * 1024 * 1024 * 1024;
/// A file that is taken goes in parts past this, each of it or of what ten thousand parts need.
inline constexpr std::uint64_t kTakenPartBytes = 64ULL * 1024 * 1024;
inline constexpr std::uint64_t kPartsMax = 10'000;
/// A reader asks for as much again as was read in a row, up to this.
inline constexpr std::uint64_t kWindowBytesMax = 64ULL * 1024 * 1024;
/// So often a download that was cut off goes on where it was, without having come far meanwhile.
inline constexpr int kResumesMax = 3;
inline constexpr std::uint64_t kFarBytes = 1024ULL * 1024;

inline constexpr std::size_t kKeyBytesMax = 1'024;
/// Entries asked for at once, in every list.
inline constexpr std::size_t kListedMax = 1'000;
/// Pages that one list is put together of: those of buckets, parts and uploads have ten thousand
/// entries at most; a page of objects may be empty where versions were removed.
inline constexpr int kPagesMax = 100;
inline constexpr std::size_t kEntriesMax = 10'000;

/// Connections of one loop to the store.
inline constexpr std::size_t kConnectionsMax = 256;
inline constexpr std::size_t kIdleConnectionsMax = 32;

}  // namespace weft::adapters::sagemaker::remote
