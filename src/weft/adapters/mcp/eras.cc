#include "weft/adapters/mcp/eras.h"

#include <algorithm>

namespace weft::adapters::mcp {

namespace {

constexpr std::array<std::string_view, 8> kLevels = {"debug", "info",     "notice", "warning",
                                                     "error", "critical", "alert",  "emergency"};

std::size_t level_rank(std::string_view level) {
  return static_cast<std::size_t>(std::ranges::find(kLevels, level) - kLevels.begin());
}

}  // namespace

bool is_legacy_version(std::string_view version) {
  return std::ranges::find(kLegacyVersions, version) != kLegacyVersions.end();
}

std::string_view negotiate(std::string_view requested) {
  const auto* found = std::ranges::find(kLegacyVersions, requested);
  return found == kLegacyVersions.end() ? kLegacyVersion : *found;
}

bool at_least(std::string_view version, std::string_view revision) { return version >= revision; }

json::object implementation() {
  return {{"name", "weft"}, {"title", "weft"}, {"version", WEFT_VERSION}};
}

bool is_log_level(std::string_view level) { return level_rank(level) < kLevels.size(); }

bool log_level_reaches(std::string_view level, std::string_view threshold) {
  return is_log_level(threshold) && level_rank(level) >= level_rank(threshold);
}

}  // namespace weft::adapters::mcp
