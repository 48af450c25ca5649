// The limits of the hub. Owned by hub.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::hub {

inline constexpr int kCallDepthMax = 16;
inline constexpr std::int64_t kCancelBoundMs = 1'000;
/// How long a call that has no time left waits for its body: its caller is answered within 100 ms
/// of the deadline.
inline constexpr std::int64_t kDeadlineBoundMs = 80;
inline constexpr std::int64_t kCallDeadlineMs = 120'000;
/// The longest that a solution may be given for a call.
inline constexpr std::int64_t kTimeoutMsMax = 31 * 24 * 3'600'000LL;
inline constexpr std::int64_t kTaskDeadlineMs = 24 * 3'600'000;
/// How long an unanswered question keeps its call alive.
inline constexpr std::int64_t kAskTimeoutMs = 3'600'000;
/// A question that a restart interrupted keeps its id and its end where so much time is left.
inline constexpr std::int64_t kAskLeftMinMs = 600'000;
inline constexpr std::int64_t kTaskTtlMs = 24 * 3'600'000;
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kSolutionsMax = 1'024;
inline constexpr std::size_t kSkillsPerSolutionMax = 2'048;
inline constexpr std::size_t kCallsPerSolutionMax = 4'096;
inline constexpr std::size_t kTasksLiveMax = 16'384;
inline constexpr std::size_t kTaskEventsMax = 50'000;
/// Events a task holds for a reader that lags; beyond, it reads from the journal.
inline constexpr std::size_t kTaskRingEvents = 256;
/// So many calls in a row that could not reach the solution make it count as down.
inline constexpr std::uint32_t kFailuresToDown = 3;
/// A solution that is down gets one call this often, to see whether it is back; the others are
/// refused at once.
inline constexpr std::int64_t kDownMs = 1'000;
/// A question that the solution found wrongly answered is asked again this often.
inline constexpr int kAskAgainMax = 8;
inline constexpr int kEventsAfterCancelMax = 1'024;
inline constexpr std::size_t kKeysMax = 1'024;
inline constexpr std::size_t kKeyNameCharsMax = 64;
inline constexpr std::size_t kSecretCharsMax = 256;
/// How long an answer waits for a call that is taken up again after a restart.
inline constexpr int kTakeUpTries = 100;
inline constexpr std::int64_t kTakeUpPauseMs = 50;
/// Questions whether a call may be made, of one principal: how many wait at once, and how many are
/// asked in a minute. The rest is refused.
inline constexpr std::size_t kApprovalsOpenMax = 64;
inline constexpr std::size_t kApprovalsPerMinuteMax = 120;
inline constexpr std::int64_t kApprovalsWindowMs = 60'000;
/// How many principals are counted; those that did not ask for a minute are forgotten first.
inline constexpr std::size_t kApprovalsPrincipalsMax = 4'096;
/// A call whose skill changes while it is asked about is asked about again this often.
inline constexpr int kApprovalRoundsMax = 3;
/// Of the audit log: how many entries are kept, and after how many more the oldest are let go.
inline constexpr std::size_t kAuditMax = 10'000;
inline constexpr std::uint32_t kAuditTrimEvery = 256;
/// Of a conversation: how long it is kept after its last turn, how large it may be, after how many
/// changes the old ones are looked for, and how many are read at once.
inline constexpr std::int64_t kContextTtlMs = 7 * 24 * 3'600'000LL;
inline constexpr std::size_t kContextBytesMax = 512 * 1024;
inline constexpr std::uint32_t kContextSweepEvery = 1'024;
inline constexpr std::size_t kContextsPage = 500;
/// What of a call an approval shows.
inline constexpr std::size_t kApprovalCharsMax = 8'192;
/// What a task holds that is not yet in the journal; beyond, its solution waits.
inline constexpr std::size_t kTaskUnwrittenMax = 512;
inline constexpr std::size_t kTaskBatchEvents = 256;
/// A journal that cannot write now is asked again, from the first to at most the second.
inline constexpr std::int64_t kJournalRetryMs = 200;
inline constexpr std::int64_t kJournalRetryMaxMs = 5'000;
/// How long a task of the hub's last life waits for its solution to join again.
inline constexpr std::int64_t kTaskRejoinMs = 300'000;
inline constexpr std::int64_t kTaskRejoinStepMs = 200;
/// A call during which weft's own process died so often is not made again.
inline constexpr std::int64_t kTaskDeathsMax = 3;
/// Words about a life that begins or ends are tried so often beside the task's own.
inline constexpr int kTaskMarkTries = 3;
inline constexpr std::int64_t kTaskSweepMs = 60'000;
inline constexpr std::size_t kTaskSweepMax = 1'000;
inline constexpr std::int64_t kTaskStopMs = 5'000;
/// What the calls of all tasks that run hold together.
inline constexpr std::size_t kTasksLiveBytesMax = 512 * 1024 * 1024;
/// Of the events that a task may have, so many are left to people's answers, and one of these to
/// its end.
inline constexpr std::int64_t kTaskEventsKept = 16;
/// Pieces of one text are put together up to this length.
inline constexpr std::size_t kTaskPieceBytesMax = 1024 * 1024;
/// What a task holds in bytes beside the number of its events: not yet in the journal (beyond, its
/// solution waits), on the way there at once, for a reader that lags.
inline constexpr std::size_t kTaskUnwrittenBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kTaskBatchBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kTaskRingBytesMax = 1024 * 1024;
inline constexpr std::int64_t kProbeDeadlineMs = 900;
inline constexpr std::int64_t kConnectDeadlineMs = 10'000;
/// A solution that could not be joined is tried again after the first, then ever later, at most
/// after the second.
inline constexpr std::int64_t kRejoinMs = 500;
inline constexpr std::int64_t kRejoinMaxMs = 5'000;
inline constexpr std::int64_t kRefreshEveryMs = 30'000;
inline constexpr std::int64_t kRefreshDeadlineMs = 5'000;
inline constexpr std::int64_t kFreshTickMs = 100;

}  // namespace weft::hub
