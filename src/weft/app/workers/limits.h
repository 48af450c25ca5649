// The limits of programs in sandboxes that are no setting. Owned by app.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/clock.h"

namespace weft::app {

/// Processes and threads of one program: the first, and the second for each processor it may use.
inline constexpr std::size_t kTasksBase = 256;
inline constexpr std::size_t kTasksPerThread = 32;
/// Descriptors a program may have open.
inline constexpr std::uint64_t kOpenFilesMax = 4096;
/// What one that asked for nothing may hold on disk (the volume that SageMaker's SDK asks for), but
/// for what is to stay free, and never less than the last.
inline constexpr std::uint64_t kDiskBytesDefault = 30ULL << 30;
inline constexpr std::uint64_t kDiskFree = 2ULL << 30;
inline constexpr std::uint64_t kDiskBytesLeast = 64ULL << 20;
/// What it holds on disk is looked at no more often than the first, nor
/// less often than the last, and so that it takes one in so many parts of the time. So many names
/// and folders so deep are too many; when it has ended, only a few names are looked at.
inline constexpr Milliseconds kDiskEvery{500};
inline constexpr int kDiskShare = 10;
inline constexpr Milliseconds kDiskPauseMax{5'000};
inline constexpr std::size_t kDiskNamesMax = 1'000'000;
inline constexpr std::size_t kDiskNamesAtEnd = 2'000;
inline constexpr int kDiskDepthMax = 64;
/// Where no cgroup counts memory: how often what a program takes is looked at and at which
/// priority, and what may be reserved (the first times its memory, and the second) before the
/// system itself refuses more.
inline constexpr Milliseconds kUsageEvery{100};
inline constexpr int kWatchNice = -15;
inline constexpr std::uint64_t kReservedFactor = 2;
inline constexpr std::uint64_t kReservedBase = 1ULL << 30;
/// A program that nobody waits for on a connection yields to those.
inline constexpr int kBackgroundNice = 5;
/// When memory runs out the system ends programs first, not the hub (-1000 … 1000).
inline constexpr int kOomScore = 500;
/// Of the machine's memory the hub keeps an eighth, at most so much.
inline constexpr std::uint64_t kHubMemoryMax = 1ULL << 30;
/// So many system calls that are refused are told one by one.
inline constexpr std::size_t kDenialsMax = 1'000;
/// How long trying the sandbox out may take.
inline constexpr Milliseconds kProbeTime{5'000};
/// How often the cgroup of a program that ended is tried to be removed (every kUsageEvery).
inline constexpr int kCgroupTries = 100;

}  // namespace weft::app
