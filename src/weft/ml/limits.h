// The limits of training and serving that are no setting. Owned by ml.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft::ml {

/// What one program may write in its life; a loop that prints would fill the disk.
inline constexpr std::uint64_t kLogStreamBytesMax = 256ULL * 1024 * 1024;
inline constexpr std::size_t kLogLineBytesMax = 256 * 1024;
/// Lines are kept together for so long before they are written.
inline constexpr std::chrono::milliseconds kLogFlushEvery{200};
inline constexpr std::size_t kLogFlushLines = 1'000;
/// The last words of a worker, in lines and bytes of each.
inline constexpr std::size_t kLastLines = 10;
inline constexpr std::size_t kLastLineBytes = 300;

/// Of what is counted in memory: three days.
inline constexpr std::size_t kMetricMinutesMax = 3 * 24 * 60;
/// Different metrics of one owner.
inline constexpr std::size_t kMetricKeysMax = 100'000;
/// Points that are not on disk yet; past it they are lost to a restart.
inline constexpr std::size_t kMetricUnwrittenMax = 1'000'000;
inline constexpr std::chrono::milliseconds kMetricFlushEvery{200};
/// What is kept of one metric.
inline constexpr std::uint64_t kMetricFileBytesMax = 64ULL * 1024 * 1024;
/// Of one job, model or endpoint (SageMaker's own).
inline constexpr std::size_t kTagsMax = 50;

/// Jobs of one owner that have not ended.
inline constexpr std::size_t kJobsRunningMax = 1'000;
/// Metrics of one job, by name.
inline constexpr std::size_t kJobMetricsMax = 200;
/// A job without a limit of its own.
inline constexpr std::int64_t kJobSecondsDefault = 24 * 3600;
/// Between SIGTERM and SIGKILL (SageMaker gives 120 seconds).
inline constexpr std::chrono::milliseconds kJobStopGrace{120'000};
/// What weft itself did not manage is tried again after so long, then twice as long each time, up
/// to the second; uploads so often even in a job without a RetryStrategy.
inline constexpr std::chrono::milliseconds kJobAgainAfter{1'000};
inline constexpr std::chrono::milliseconds kJobAgainMax{30'000};
inline constexpr std::int64_t kUploadRetries = 4;
/// How long a program has run by now is kept so often.
inline constexpr std::chrono::milliseconds kJobTimeEvery{30'000};
/// When a job's end could not be written down.
inline constexpr std::chrono::milliseconds kJobKeepAgain{500};
/// Who wants to erase a job that has ended waits for so many of the second that its files are gone.
inline constexpr int kJobGoneLooks = 250;
inline constexpr std::chrono::milliseconds kJobGoneEvery{20};
/// Names that its log is told of what was left out when its files were kept.
inline constexpr std::size_t kLeftOutToldMax = 20;
/// Objects a channel may have.
inline constexpr std::size_t kChannelObjectsMax = 100'000;
/// A job during which weft's own process died so often is not begun again.
inline constexpr std::int64_t kJobDeathsMax = 3;

/// Where a program finds its checkpoints unless the job says otherwise.
inline constexpr std::string_view kCheckpointFolder = "/opt/ml/checkpoints";
/// Between looks at a running job's checkpoints: one that a look finds as the look before did is
/// uploaded.
inline constexpr std::chrono::milliseconds kCheckpointsEvery{5'000};
/// Entries of their folder that such a look takes, and how deep it goes; what is past it is
/// uploaded at the job's end.
inline constexpr std::size_t kCheckpointEntriesMax = 10'000;
inline constexpr int kCheckpointDepthMax = 32;
/// Checkpoints that only weft itself needs: what an interruption may cost.
inline constexpr std::int64_t kOwnCheckpointEveryS = 10;

}  // namespace weft::ml
