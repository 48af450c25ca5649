// A child process that speaks in lines over its standard input and output (MCP's stdio transport,
// the programs of the sandbox). Owned by who started it; one loop.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/result.h"
#include "weft/net/limits.h"

namespace weft::net {

struct ChildCommand {
  std::vector<std::string> arguments;  ///< the program first, looked up in PATH
  /// Added to a small environment (PATH, HOME, LANG, TMPDIR): the hub's own is not inherited.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string directory;
  /// Standard errors come among the lines of standard output, in the order of writing.
  bool joined = false;
  std::size_t line_bytes_max = kChildLineBytesMax;
  /// A line that is longer comes in pieces, cut between characters; else it is an error.
  bool long_lines_in_pieces = false;
  /// Standard input instead of a pipe, and what is descriptor 3, 4 … in the child. They stay the
  /// caller's, to close once it started.
  int input = -1;
  std::vector<int> descriptors;
  /// A pipe or socket to read from: its end, before a byte came, ends the whole process group. For
  /// a program that begins others which for a moment do not notice that it was killed. The
  /// caller's, as above.
  int lifeline = -1;
  /// It cannot reach abstract sockets of others, which no view of files hides: where the kernel can
  /// keep them apart (Landlock, from Linux 6.12 on).
  bool own_abstract_sockets = false;
};

struct ChildEnd {
  int exit_code = -1;
  int signal = 0;  ///< not 0: it was ended by it
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
  /// To its whole process group; nothing once it ended.
  virtual void signal(int number) = 0;
  /// Waits for its end. Not beside stop().
  virtual Awaitable<ChildEnd> ended() = 0;
};

}  // namespace weft::net
