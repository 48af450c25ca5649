// What training and serving need of the world. Owned by app, which implements it; see each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/result.h"

namespace weft::ml {

/// A folder or file of this machine as a program of the sandbox sees it.
struct Bind {
  std::filesystem::path from;
  std::filesystem::path to;
  bool writable = false;
};

/// A program in a sandbox: its own view of files, no network unless asked, bounded in processor,
/// memory and time.
struct WorkerSpec {
  std::string title;    ///< for the hub's log: `training job churn`
  std::string program;  ///< a worker's name (`xgboost`), or an absolute path inside of the sandbox
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<Bind> binds;
  std::filesystem::path directory;  ///< it starts there
  bool network = false;
  int threads = 1;
  std::uint64_t memory_bytes = 0;  ///< 0: what the machine has
  /// What it may hold on disk in all that it may write to; 0: what anyone may who does not ask.
  std::uint64_t disk_bytes = 0;
  /// Connections that it is started with (Worker::link): its descriptors from kFirstLink on.
  std::size_t links = 0;
};
inline constexpr int kFirstLink = 3;

/// A line that begins so is no line of the log: what follows is for weft (JSON).
inline constexpr std::string_view kStatusMark = "\x1eweft:";

struct WorkerLine {
  enum class Stream : std::uint8_t { log, status } stream = Stream::log;
  std::string text;
};

struct WorkerEnd {
  int exit_code = -1;
  int signal = 0;              ///< not 0: it was ended by it
  bool out_of_memory = false;  ///< the sandbox ended it for what it took
  /// What weft ended it for, or what it had too much of when it ended by itself.
  std::string why;
  std::string str() const;  ///< `exit code: 1`, `signal 9`, `out of memory`
};

/// The hub's end of a connection to a program. Belongs to the loop that it was taken for; dropping
/// it closes it.
class WorkerLink {
 public:
  class Listener {
   public:
    /// What came, valid for as long as this runs.
    virtual void on_bytes(std::string_view bytes) = 0;
    /// Nothing comes any more; the last thing that is told.
    virtual void on_closed() = 0;

   protected:
    ~Listener() = default;
  };
  virtual ~WorkerLink() = default;
  /// From now on, to this one. Never told from within listen() or send().
  virtual void listen(Listener& listener) = 0;
  /// What the socket does not take now is sent when it does; after on_closed() nothing is.
  virtual void send(std::string_view bytes) = 0;
  virtual std::size_t unsent_bytes() const = 0;
};

/// A program that runs. Dropping it ends it and all it started. One loop.
class Worker {
 public:
  virtual ~Worker() = default;
  /// What it writes, line by line (a line that is too long in pieces); nothing at the end.
  virtual Awaitable<std::optional<WorkerLine>> next_line() = 0;
  /// Once there are no more lines.
  virtual Awaitable<WorkerEnd> ended() = 0;
  /// SIGTERM, and SIGKILL when that is of no use for so long.
  virtual void stop(Milliseconds grace) = 0;
  /// The connection of that number (from 0), for the loop of `executor`; each once. From any loop.
  virtual std::unique_ptr<WorkerLink> link(std::size_t number, Executor executor) = 0;
};

class Workers {
 public:
  virtual ~Workers() = default;
  /// Errors: Reason::unavailable (no such program, no sandbox on this machine …) with the remedy.
  virtual Result<std::unique_ptr<Worker>> start(Executor executor, WorkerSpec spec) = 0;
  /// How many processors and how much memory there are for all of them.
  virtual int threads() const = 0;
  virtual std::uint64_t memory_bytes() const = 0;
};

}  // namespace weft::ml
