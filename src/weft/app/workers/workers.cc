#include "weft/app/workers/workers.h"

#include <boost/asio/dispatch.hpp>

#include <sys/statvfs.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <atomic>
#include <format>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "weft/app/workers/cgroups.h"
#include "weft/app/workers/limits.h"
#include "weft/app/workers/program.h"
#include "weft/app/workers/sandbox.h"
#include "weft/app/workers/sanitizer.h"
#include "weft/app/workers/usage.h"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

class SandboxedWorker final : public ml::Worker {
 public:
  explicit SandboxedWorker(Executor executor, std::shared_ptr<Program> program)
      : executor_(executor), program_(std::move(program)) {}
  /// On its own loop, whoever lets go of it.
  ~SandboxedWorker() override {
    boost::asio::dispatch(executor_, [program = std::move(program_)] { program->kill(); });
  }

  Awaitable<std::optional<ml::WorkerLine>> next_line() override {
    return Program::next_line(program_);
  }
  Awaitable<ml::WorkerEnd> ended() override { return Program::ended(program_); }
  void stop(Milliseconds grace) override { program_->stop(grace); }
  std::unique_ptr<ml::WorkerLink> link(std::size_t number, Executor executor) override {
    return program_->link(number, executor);
  }

 private:
  Executor executor_;
  std::shared_ptr<Program> program_;
};

std::uint64_t machine_memory(const Cgroups& cgroups) {
  struct sysinfo machine{};
  ::sysinfo(&machine);
  const std::uint64_t all = static_cast<std::uint64_t>(machine.totalram) * machine.mem_unit;
  return cgroups.memory_bytes() > 0 ? std::min(all, cgroups.memory_bytes()) : all;
}

/// What it may hold that asked for nothing, of the disk that it writes to.
std::uint64_t disk_unasked(std::uint64_t wanted, const std::vector<ml::Bind>& binds) {
  for (const ml::Bind& each : binds) {
    struct statvfs told{};
    if (each.writable && ::statvfs(each.from.c_str(), &told) == 0)
      wanted = disk_share(wanted, told.f_bavail * told.f_frsize);
  }
  return wanted;
}

class SandboxedWorkers final : public ml::Workers {
 public:
  SandboxedWorkers(WorkersConfig config, Cgroups cgroups)
      : view_{.libexec = std::move(config.libexec), .shown = std::move(config.shown)},
        cgroups_(std::move(cgroups)),
        threads_(config.threads),
        memory_bytes_(config.memory_bytes),
        disk_bytes_(config.disk_bytes) {}

  Result<std::unique_ptr<ml::Worker>> start(Executor executor, ml::WorkerSpec spec) override {
    WEFT_TRY(const SandboxForm form, sandbox());
    spec.threads = std::clamp(spec.threads, 1, threads_);
    spec.memory_bytes =
        spec.memory_bytes == 0 ? memory_bytes_ : std::min(spec.memory_bytes, memory_bytes_);
    const bool disk_asked = spec.disk_bytes > 0;
    if (!disk_asked) spec.disk_bytes = disk_unasked(disk_bytes_, spec.binds);
    const bool own = !spec.program.starts_with('/');
    ProgramBounds bounds{.memory_bytes = spec.memory_bytes,
                         .tasks = kTasksBase + kTasksPerThread * std::size_t(spec.threads),
                         .disk_bytes = spec.disk_bytes,
                         .disk_asked = disk_asked,
                         .reserved = !(kSanitized && own),
                         .background = spec.links == 0,
                         .by_group = cgroups_.controllers()};
    WEFT_TRY(Cgroup group,
             cgroups_.make(std::to_string(++started_), {.memory_bytes = bounds.memory_bytes,
                                                        .threads = spec.threads,
                                                        .tasks = bounds.tasks}));
    auto program = std::make_shared<Program>(executor, bounds, std::move(group), watch_);
    WEFT_CHECK(program->start(form, view_, spec));
    return std::make_unique<SandboxedWorker>(executor, std::move(program));
  }

  int threads() const override { return threads_; }
  std::uint64_t memory_bytes() const override { return memory_bytes_; }

 private:
  /// Once one works it stays; what is missing may be installed while the hub runs.
  Result<SandboxForm> sandbox() {
    const std::lock_guard lock(mutex_);
    if (!form_) {
      WEFT_TRY(form_, find_sandbox());
    }
    return *form_;
  }

  SandboxView view_;
  Cgroups cgroups_;
  int threads_;
  std::uint64_t memory_bytes_;
  std::uint64_t disk_bytes_;
  std::atomic<std::uint64_t> started_ = 0;
  std::shared_ptr<UsageWatch> watch_ = std::make_shared<UsageWatch>();
  std::mutex mutex_;
  std::optional<SandboxForm> form_;
};

}  // namespace

fs::path find_libexec() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program; folder.has_relative_path();) {
    folder = folder.parent_path();
    if (fs::is_directory(folder / "libexec/weft", error)) return folder / "libexec/weft";
  }
  return program.parent_path().parent_path() / "libexec/weft";
}

Result<std::unique_ptr<ml::Workers>> make_workers(WorkersConfig config) {
  if (config.libexec.empty()) config.libexec = find_libexec();
  std::error_code error;
  config.libexec = fs::absolute(config.libexec, error);
  for (const fs::path& folder : config.shown) {
    if (!folder.is_absolute() || !fs::exists(folder, error))
      return fail(
          Reason::invalid_argument,
          std::format("{}, which models' programs are to see, is no folder here", folder.native()));
  }
  Cgroups cgroups = Cgroups::find();
  if (config.threads <= 0)
    config.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  // The rest is the hub's, and the system's.
  if (config.disk_bytes == 0) config.disk_bytes = kDiskBytesDefault;
  if (config.memory_bytes == 0) config.memory_bytes = machine_memory(cgroups) / 4 * 3;
  return std::make_unique<SandboxedWorkers>(std::move(config), std::move(cgroups));
}

std::uint64_t machine_memory_bytes() { return machine_memory(Cgroups::find()); }

SandboxReport look_at_sandbox() {
  SandboxReport out;
  const auto form = find_sandbox();
  out.usable = form.has_value();
  if (form) {
    out.sandbox = form->str();
  } else {
    const std::string& message = form.error().message;
    const auto at = message.rfind(kRemedyMark);
    out.sandbox = message.substr(0, at);
    if (at != std::string::npos) out.remedy = message.substr(at + kRemedyMark.size());
  }
  const Cgroups cgroups = Cgroups::find();
  const Controllers& by = cgroups.controllers();
  const std::string name = cgroups.str();
  out.limits = std::format("memory by {}, processors by {}, processes by {}",
                           by.memory ? name : "a watchdog and RLIMIT_DATA",
                           by.processors ? name : "what libraries are asked to use and nice",
                           by.tasks           ? name
                           : ::geteuid() == 0 ? "a watchdog"
                                              : "RLIMIT_NPROC and a watchdog");
  if (by.memory && by.processors && by.tasks) return out;
  out.limits_remedy =
      "a service with `Delegate=yes` (systemd) has cgroups of its own, which are exact";
  return out;
}

}  // namespace weft::app
