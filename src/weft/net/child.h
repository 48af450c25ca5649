// A child process that speaks in lines over its standard input and output (MCP's stdio transport).
// Owned by who started it; one loop.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/result.h"

namespace weft::net {

struct ChildCommand {
  std::vector<std::string> arguments;  ///< the program first, looked up in PATH
  /// Added to a small environment (PATH, HOME, LANG, TMPDIR): the hub's own is not inherited.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string directory;
};

class ChildProcess {
 public:
  /// Starts it; errors name the command. Standard error is kept: the last kChildErrorLinesMax
  /// lines.
  static Result<std::unique_ptr<ChildProcess>> start(Executor executor, ChildCommand command);
  /// Ends the child (its whole process group): closes its input, then SIGTERM, then SIGKILL after a
  /// grace.
  virtual ~ChildProcess() = default;
  /// One line without its newline; an error at the end of output or when a line is longer than the
  /// limit.
  virtual Awaitable<Result<std::string>> read_line() = 0;
  /// Waits until the pipe took it.
  virtual Awaitable<Result<void>> write_line(std::string line) = 0;
  virtual int pid() const = 0;
  /// The last lines it wrote on standard error, for messages to people.
  virtual std::string last_errors() const = 0;
  /// Ends it now and waits, at most `grace` and then for SIGKILL's effect.
  virtual Awaitable<> stop(Milliseconds grace) = 0;
};

}  // namespace weft::net
