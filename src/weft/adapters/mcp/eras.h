// The revisions of MCP that weft speaks, and the names fixed by them. `legacy` begins with
// initialize and keeps a session; `modern` (2026-07-28) is stateless. Owned by adapters/mcp; pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "weft/base/json.h"

namespace weft::adapters::mcp {

enum class Era : std::uint8_t { legacy, modern };

inline constexpr std::string_view kModernVersion = "2026-07-28";
inline constexpr std::string_view kLegacyVersion = "2025-11-25";
/// What an absent MCP-Protocol-Version header means.
inline constexpr std::string_view kAssumedVersion = "2025-03-26";
inline constexpr std::array<std::string_view, 4> kLegacyVersions = {"2025-11-25", "2025-06-18",
                                                                    "2025-03-26", "2024-11-05"};

inline constexpr std::string_view kMetaVersion = "io.modelcontextprotocol/protocolVersion";
inline constexpr std::string_view kMetaCapabilities = "io.modelcontextprotocol/clientCapabilities";
inline constexpr std::string_view kMetaClient = "io.modelcontextprotocol/clientInfo";
inline constexpr std::string_view kMetaServer = "io.modelcontextprotocol/serverInfo";
inline constexpr std::string_view kMetaLogLevel = "io.modelcontextprotocol/logLevel";
inline constexpr std::string_view kMetaSubscription = "io.modelcontextprotocol/subscriptionId";
inline constexpr std::string_view kMetaLoss = "weft/loss";
/// What a tool result has no field for; another weft reads it back.
inline constexpr std::string_view kMetaUsage = "weft/usage";
inline constexpr std::string_view kMetaFinish = "weft/finish";
inline constexpr std::string_view kMetaModel = "weft/model";
inline constexpr std::string_view kMetaError = "weft/error";
/// On a result: structuredContent is `{"result": X}` because this revision allows objects alone.
inline constexpr std::string_view kMetaWrapped = "weft/wrapped";

inline constexpr std::string_view kHeaderVersion = "MCP-Protocol-Version";
inline constexpr std::string_view kHeaderSession = "Mcp-Session-Id";
inline constexpr std::string_view kHeaderMethod = "Mcp-Method";
inline constexpr std::string_view kHeaderName = "Mcp-Name";
inline constexpr std::string_view kHeaderParam = "Mcp-Param-";

inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kMissingCapability = -32021;
inline constexpr int kUnsupportedVersion = -32022;
inline constexpr int kResourceNotFound = -32002;
inline constexpr int kUrlElicitationRequired = -32042;

bool is_legacy_version(std::string_view version);
/// What a legacy server answers to initialize: the asked revision when it is spoken, else the
/// newest legacy one.
std::string_view negotiate(std::string_view requested);
/// Revisions compare as text.
bool at_least(std::string_view version, std::string_view revision);
/// `{"name":"weft","title":"weft","version":…}`: serverInfo and clientInfo.
json::object implementation();
/// Whether the first log level is as severe as the second (`warning` is, for `info`).
bool log_level_reaches(std::string_view level, std::string_view threshold);
bool is_log_level(std::string_view level);

}  // namespace weft::adapters::mcp
