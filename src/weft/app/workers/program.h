// One program in its sandbox, from its gate to its end. While it waits at the gate (sandbox.h) it
// is bound; then it begins. Owned by the worker that ml holds; one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/app/workers/cgroups.h"
#include "weft/app/workers/denials.h"
#include "weft/app/workers/link.h"
#include "weft/app/workers/sandbox.h"
#include "weft/app/workers/usage_watch.h"
#include "weft/base/timers.h"
#include "weft/ml/ports.h"
#include "weft/net/child.h"
#include "weft/net/handle.h"
#include "weft/net/wake.h"

namespace weft::app {

struct ProgramBounds {
  std::uint64_t memory_bytes = 0;
  std::size_t tasks = 0;
  std::uint64_t disk_bytes = 0;
  bool disk_asked = false;  ///< it is what the program asked for
  bool reserved = true;     ///< what it reserves in memory is bounded too
  bool background = false;  ///< it yields to what somebody waits for
  Controllers by_group;     ///< what its group bounds already
};

class Program : public std::enable_shared_from_this<Program> {
 public:
  Program(Executor executor, ProgramBounds bounds, Cgroup group, std::shared_ptr<UsageWatch> watch);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Starts it with so many connections. Errors: Reason::unavailable, as sandbox_command() and
  /// ChildProcess::start() have them.
  Result<void> start(const SandboxForm& form, const SandboxView& view, const ml::WorkerSpec& spec);

  // What ml::Worker says of them.
  static Awaitable<std::optional<ml::WorkerLine>> next_line(std::shared_ptr<Program> self);
  static Awaitable<ml::WorkerEnd> ended(std::shared_ptr<Program> self);
  void stop(Milliseconds grace);
  std::unique_ptr<ml::WorkerLink> link(std::size_t number, Executor executor);
  /// SIGKILL, to all of it.
  void kill();

 private:
  Result<void> make_links(std::size_t count, std::vector<File>& theirs);
  void open_gate();
  Result<void> bind(int pid);
  void bound_disk(const std::vector<ml::Bind>& binds);
  std::string why_ended() const;
  void tell_denial(std::string_view name);

  Executor executor_;
  ProgramBounds bounds_;
  Cgroup group_;
  std::shared_ptr<UsageWatch> watch_;
  std::mutex links_mutex_;
  std::vector<std::unique_ptr<Link>> links_;
  std::optional<net::Handle> gate_;
  File alive_;  ///< the other end of the lifeline
  std::unique_ptr<net::ChildProcess> child_;
  /// From the gate on: the sandbox's own process, above the program.
  std::shared_ptr<Watched> watched_;
  std::optional<net::Handle> all_gone_;
  net::Wake gone_;
  std::optional<Denials> denials_;
  std::deque<std::string> denied_;  ///< lines of the log that nobody read yet
  std::string title_;
  DiskBounds disk_;      ///< given on at the gate
  std::string refused_;  ///< why it never began
  bool told_ = false;
  std::optional<SteadyTime> kill_at_;
  Timer kill_timer_;
};

}  // namespace weft::app
