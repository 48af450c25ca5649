// The one printer: data on standard output, messages on standard error, one stable JSON document
// under --json. Owned by app; main thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::app {

/// What the process ends with.
enum class Exit : int {
  done = 0,
  failed = 1,
  usage = 2,
  unreachable = 3,
  waiting = 4,
  solution_error = 5
};

class Printer {
 public:
  explicit Printer(bool as_json);
  bool as_json() const { return json_; }
  /// Whether a person looks at the data as it is printed.
  bool to_terminal() const { return terminal_; }

  /// A line of data for people; nothing under --json.
  void line(std::string_view text) const;
  /// The same, faint on a terminal.
  void faint_line(std::string_view text) const;
  /// Data without a newline added, at once (streams).
  void piece(std::string_view text) const;
  /// A table: the first row is its head.
  void table(const std::vector<std::vector<std::string>>& rows) const;
  /// The document of --json; nothing otherwise.
  void document(const json::value& document) const;
  /// A message beside the data, on standard error; nothing under --json.
  void note(std::string_view text) const;
  /// `error: …`, an empty line, `hint: …`; under --json {"error":{…}} on standard output.
  Exit error(const Error& error, std::string_view hint, Exit exit) const;

 private:
  std::string faint(std::string_view text) const;

  bool json_;
  bool terminal_;
  bool colour_;
};

/// Writes to standard output; that it cannot be written is told by written().
void put(std::string_view text);
/// What the process ends with: what was printed has to be where it was printed to (a full disk).
Exit written(Exit exit);

}  // namespace weft::app
