// The limits of the MCP adapter. Owned by adapters/mcp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::adapters::mcp {

/// A request's body, and an answer or one SSE event of a server.
inline constexpr std::size_t kMessageBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kToolsPageSize = 250;
inline constexpr std::size_t kToolPagesMax = 64;
inline constexpr std::size_t kToolsMax = 2'048;
inline constexpr std::size_t kSessionsMax = 4'096;
/// Of one key: no one takes all of them.
inline constexpr std::size_t kSessionsPerKeyMax = kSessionsMax / 4;
inline constexpr std::int64_t kSessionIdleMs = 30 * 60'000;
/// Events of one SSE stream kept for a client that comes back with Last-Event-ID.
inline constexpr std::size_t kReplayBytesMax = 1024 * 1024;
inline constexpr std::size_t kReplayStreamsMax = 8;
/// How long a call of a client that went away waits for it to come back.
inline constexpr std::int64_t kResumeGraceMs = 10'000;
inline constexpr std::int64_t kSseKeepAliveMs = 15'000;
/// An answer that takes longer becomes an SSE stream, so that the client sees signs of life.
inline constexpr std::int64_t kPlainAnswerMs = 5'000;
/// How often a question is put again when the answer does not fit its form.
inline constexpr int kElicitTriesMax = 3;
inline constexpr std::int64_t kRequestStateTtlMs = 3'600'000;
inline constexpr std::size_t kRequestStateCharsMax = 4'096;
/// Rounds of questions in one call (multi round-trip requests).
inline constexpr int kRoundsMax = 16;
inline constexpr std::int64_t kListTtlMs = 5'000;
inline constexpr std::size_t kListenersMax = 1'024;
inline constexpr std::size_t kMailboxMax = 4'096;
/// What may wait for the reader of one request to a child process; beyond, the process is not read
/// until half of it was taken.
inline constexpr std::size_t kInboxMessagesMax = 1'024;
inline constexpr std::size_t kInboxBytesMax = 4 * 1024 * 1024;
/// How long one such reader may keep the others waiting; then it does without notifications.
inline constexpr std::int64_t kInboxLagMs = 5'000;
/// How long a child process that said nothing during a whole call has for the answer to a ping.
inline constexpr std::int64_t kStdioPingMs = 5'000;
inline constexpr std::int64_t kStreamIdleMs = 24 * 3'600'000LL;
inline constexpr std::int64_t kStdioEraProbeMs = 1'500;
inline constexpr std::size_t kRunningPerSessionMax = 256;
/// How soon `weft mcp` opens its stream again after it ended, and how seldom while that fails.
inline constexpr std::int64_t kListenAgainMinMs = 500;
inline constexpr std::int64_t kListenAgainMaxMs = 30'000;

}  // namespace weft::adapters::mcp
