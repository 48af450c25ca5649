// What training and serving programs wrote, as CloudWatch has it: streams of lines in groups, on
// disk. Owned by app; any loop (files are read and written on the pool).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/work_pool.h"

namespace weft::ml {

struct LogEvent {
  std::int64_t at_ms = 0;
  std::string text;  ///< one line; control characters are written as `#011`
  friend bool operator==(const LogEvent&, const LogEvent&) = default;
};

struct LogStream {
  std::string name;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> first_ms;
  std::optional<std::int64_t> last_ms;
  std::uint64_t bytes = 0;
};

struct LogGroup {
  std::string name;  ///< as its owner calls it
  std::int64_t created_ms = 0;
  std::uint64_t bytes = 0;
};

/// A place in a stream: between lines.
struct LogPage {
  std::vector<LogEvent> events;
  std::vector<std::uint64_t> places;  ///< where each of them begins
  std::uint64_t begin = 0;            ///< where the first of them begins
  std::uint64_t end = 0;              ///< where the next one will
  bool full = false;                  ///< as many lines or bytes as were wanted
};

struct LogQuery {
  std::uint64_t from = 0;
  bool backward = false;                 ///< the lines before `from` instead of those behind it
  std::optional<std::int64_t> begin_ms;  ///< at this time or later
  std::optional<std::int64_t> end_ms;    ///< before this time
  std::size_t lines_max = 10'000;
  std::size_t bytes_max = 1024 * 1024;
};

class Logs {
 public:
  Logs(std::filesystem::path folder, WorkPool& pool);
  ~Logs();

  /// Adds lines to a stream, which is made when it is missing; those without a character are left
  /// out (CloudWatch has none). Past kLogStreamBytesMax a last line says so and the rest is left
  /// out.
  Awaitable<Result<void>> append(std::string group, std::string stream,
                                 std::vector<LogEvent> events);
  /// An owner's groups (owned_group) whose names begin with `prefix`, by name.
  Awaitable<Result<std::vector<LogGroup>>> groups(std::string owner, std::string prefix) const;
  /// Whose names begin with `prefix`, by name. Errors: Code::not_found for a group that is none.
  Awaitable<Result<std::vector<LogStream>>> streams(std::string group, std::string prefix) const;
  /// Errors: Code::not_found for a group or a stream that is none.
  Awaitable<Result<LogPage>> read(std::string group, std::string stream, LogQuery query) const;
  /// With all its streams.
  Awaitable<Result<void>> erase_group(std::string group);
  /// The last lines of a stream; empty when there is none.
  Awaitable<std::vector<std::string>> last_lines(std::string group, std::string stream,
                                                 std::size_t count) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// How a group is called in Logs: each owner has its own of every name, and nobody sees another's.
std::string owned_group(std::string_view owner, std::string_view group);

/// A line as a log shows it: without its end, control characters as `#011` (three octal digits).
std::string shown_line(std::string_view line);

}  // namespace weft::ml
