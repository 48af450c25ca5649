// What one worker writes, on its way to the log: written at once where nothing was for a while,
// else together. Owned by a job's run or a worker's seat; one loop.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "weft/base/clock.h"
#include "weft/base/timers.h"
#include "weft/ml/logs.h"

namespace weft::ml {

class WorkerLog {
 public:
  WorkerLog(Executor executor, const Clock& clock, Logs& logs, std::string group,
            std::string stream);

  const std::string& stream() const { return stream_; }
  void add(std::string text);
  /// A line of weft's own, which is none of the worker's words.
  void note(std::string text);
  /// Waits while there is more than should wait to be written.
  Awaitable<> room();
  /// Writes until end() was called; errors go to weft's own log.
  Awaitable<> write();
  void end();
  /// Its last words as one line, `a | b | c`, without those that are `but`; empty when there are
  /// none.
  std::string last_words(std::string_view but = "") const;

 private:
  bool full() const;
  Awaitable<> flush();
  Awaitable<> rest();

  Executor executor_;
  const Clock& clock_;
  Logs& logs_;
  std::string group_;
  std::string stream_;
  std::vector<LogEvent> unwritten_;
  std::deque<std::string> last_;
  Signal there_;
  Signal room_;
  bool ended_ = false;
};

}  // namespace weft::ml
