// What every worker program begins with: its arguments, SIGTERM as a wish to end, and the line to
// the hub. Owned by the program's main; one thread.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"

namespace weft::ml::worker {

/// `weft-worker-NAME train|serve --root DIR [--link-fd N]…`
struct Arguments {
  std::string_view command;
  std::filesystem::path root = "/opt/ml";
  /// Connections of the hub (serve), one for each of its loops.
  std::vector<int> links;
};

/// Errors: Reason::invalid_argument with how it is used.
Result<Arguments> read_arguments(std::span<char* const> arguments);

/// From now on SIGTERM only sets a mark; stop_wanted() tells.
void watch_for_stop();
bool stop_wanted();

/// A line of standard output for weft instead of the log: `{"progress":{"done":3,"total":50}}`
/// behind kStatusMark.
void tell_progress(std::int64_t done, std::int64_t total);

}  // namespace weft::ml::worker
