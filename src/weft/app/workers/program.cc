#include "weft/app/workers/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <utility>

#include "weft/app/workers/limits.h"
#include "weft/app/workers/usage.h"
#include "weft/base/log.h"
#include "weft/ml/limits.h"

namespace weft::app {
namespace {

/// The exit code of a shell, and of the sandbox, for a program that a signal ended.
constexpr int kSignalCodes = 128;
constexpr int kSignalsMax = 64;

struct Pair {
  int ours = -1;
  File theirs;
};

Result<Pair> make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(file_error("make", "a pair of sockets", errno));
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pair{.ours = ends[0], .theirs = File(ends[1])};
}

/// Who wrote to the socket: its process, as the kernel tells (SO_PASSCRED), and the descriptor that
/// came along.
struct Writer {
  int pid = -1;  ///< 0: nobody did yet; -1: it is closed
  File sent;
};

Writer writer_of(int socket) {
  char byte = 0;
  iovec piece{.iov_base = &byte, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t count = 0;
  do {
    count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  Writer out;
  if (count < 0 && errno == EAGAIN) out.pid = 0;
  if (count <= 0) return out;
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_type == SCM_CREDENTIALS) {
      ucred told{};
      std::memcpy(&told, CMSG_DATA(head), sizeof(told));
      out.pid = told.pid;
    } else if (head->cmsg_type == SCM_RIGHTS) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(head), sizeof(descriptor));
      out.sent = File(descriptor);
    }
  }
  return out;
}

int open_process(int pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

Result<void> limit(int pid, __rlimit_resource what, std::uint64_t value, std::string_view name) {
  rlimit now{};
  if (::prlimit(pid, what, nullptr, &now) == 0) {
    const rlim_t most = std::min<rlim_t>(value, now.rlim_max);
    const rlimit wanted{.rlim_cur = most, .rlim_max = most};
    if (::prlimit(pid, what, &wanted, nullptr) == 0) return {};
  }
  return fail(Reason::unavailable,
              std::format("{} cannot be limited: {}", name, std::strerror(errno)));
}

void put_oom_score(int pid) {
  const File file(::open(std::format("/proc/{}/oom_score_adj", pid).c_str(), O_WRONLY | O_CLOEXEC));
  const std::string score = std::to_string(kOomScore);
  // Advice: a system that takes none is no reason not to run.
  [[maybe_unused]] const auto written = ::write(file.descriptor(), score.data(), score.size());
}

}  // namespace

Program::Program(Executor executor, ProgramBounds bounds, Cgroup group,
                 std::shared_ptr<UsageWatch> watch)
    : executor_(executor),
      bounds_(bounds),
      group_(std::move(group)),
      watch_(std::move(watch)),
      gone_(executor) {}

Program::~Program() {
  kill();
  watch_->remove_later(std::move(group_));
}

Result<void> Program::make_links(std::size_t count, std::vector<File>& theirs) {
  for (std::size_t i = 0; i < count; ++i) {
    WEFT_TRY(Pair pair, make_pair());
    links_.push_back(std::make_unique<Link>(pair.ours));
    theirs.push_back(std::move(pair.theirs));
  }
  return {};
}

Result<void> Program::start(const SandboxForm& form, const SandboxView& view,
                            const ml::WorkerSpec& spec) {
  title_ = spec.title.empty() ? spec.program : spec.title;
  std::vector<File> theirs;
  WEFT_CHECK(make_links(spec.links, theirs));
  bound_disk(spec.binds);
  WEFT_TRY(Pair gate, make_pair());
  gate_.emplace(net::Poller::of(executor_), gate.ours, [this] { open_gate(); });
  const int on = 1;
  if (::setsockopt(gate.ours, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0)
    return fail(file_error("prepare", "a socket", errno));
  WEFT_TRY(SandboxCommand command,
           sandbox_command(form, view, spec, gate.theirs.descriptor(), theirs));
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(file_error("make", "a pipe", errno));
  const File lifeline(ends[0]);
  alive_ = File(ends[1]);
  command.command.lifeline = lifeline.descriptor();
  command.command.joined = true;
  command.command.line_bytes_max = ml::kLogLineBytesMax;
  command.command.long_lines_in_pieces = true;
  WEFT_TRY(child_, net::ChildProcess::start(executor_, std::move(command.command)));
  return {};
}

void Program::open_gate() {
  Writer writer = writer_of(gate_->fd());
  if (writer.pid == 0) return;
  if (writer.pid > 0) {
    if (writer.sent.descriptor() >= 0) {
      denials_.emplace(net::Poller::of(executor_), std::move(writer.sent),
                       [this](std::string_view name) { tell_denial(name); });
    }
    if (auto bound = bind(writer.pid); !bound) {
      refused_ = bound.error().message;
      kill();
    } else {
      [[maybe_unused]] auto sent = ::send(gate_->fd(), "\n", 1, MSG_NOSIGNAL);
      sent = ::write(alive_.descriptor(), "\n", 1);
    }
  }
  gate_->close();
}

void Program::tell_denial(std::string_view name) {
  std::string line = name.empty()
                         ? std::format(
                               "the sandbox refused {} system calls; what follows is refused "
                               "without being told",
                               kDenialsMax)
                         : std::format("the sandbox refused the system call `{}`", name);
  log::warn("{}: {}", title_, line);
  denied_.push_back(std::format("weft: {}", line));
}

/// Puts everything on a program that has not begun yet.
Result<void> Program::bind(int pid) {
  watched_ = std::make_shared<Watched>();
  watched_->root = parent_of(pid);
  watched_->process = File(open_process(watched_->root));
  const int ends = open_process(watched_->root);
  if (watched_->process.descriptor() < 0 || ends < 0) {
    if (ends >= 0) ::close(ends);
    return fail(Reason::unavailable,
                std::format("its process cannot be followed: {}", std::strerror(errno)));
  }
  all_gone_.emplace(net::Poller::of(executor_), ends, [this] {
    all_gone_->close();
    gone_.later();
  });
  WEFT_CHECK(group_.join(pid));
  WEFT_CHECK(limit(pid, RLIMIT_CORE, 0, "the core file"));
  WEFT_CHECK(limit(pid, RLIMIT_FSIZE, bounds_.disk_bytes, "the size of files"));
  WEFT_CHECK(limit(pid, RLIMIT_NOFILE, kOpenFilesMax, "the number of open files"));
  // Counted in the sandbox's own user namespace alone; root is not bound by it.
  WEFT_CHECK(limit(pid, RLIMIT_NPROC, bounds_.tasks, "the number of processes"));
  if (!bounds_.by_group.memory && bounds_.reserved) {
    WEFT_CHECK(
        limit(pid, RLIMIT_DATA, bounds_.memory_bytes * kReservedFactor + kReservedBase, "memory"));
  }
  if (bounds_.background) ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), kBackgroundNice);
  put_oom_score(pid);
  put_before_others(watched_->root);
  watched_->bytes_max = bounds_.by_group.memory ? 0 : bounds_.memory_bytes;
  watched_->tasks_max = bounds_.by_group.tasks ? 0 : bounds_.tasks;
  watched_->told_in = group_.told_in();
  watched_->disk = std::move(disk_);
  watch_->watch(watched_);
  return {};
}

void Program::bound_disk(const std::vector<ml::Bind>& binds) {
  disk_.bytes_max = bounds_.disk_bytes;
  for (const ml::Bind& each : binds) {
    File folder(::open(each.from.c_str(), O_PATH | O_CLOEXEC));
    struct stat of{};
    if (folder.descriptor() < 0 || ::fstat(folder.descriptor(), &of) != 0) continue;
    if (each.writable) {
      disk_.folders.push_back(std::move(folder));
    } else {
      disk_.apart.emplace_back(of.st_dev, of.st_ino);
    }
  }
}

void Program::kill() {
  // What has no process of its own has begun nothing: the sandbox goes by its group.
  if (watched_) {
    ::syscall(SYS_pidfd_send_signal, watched_->process.descriptor(), SIGKILL, nullptr, 0);
  }
  if (child_) child_->signal(SIGKILL);
}

void Program::stop(Milliseconds grace) {
  const SteadyTime at = std::chrono::steady_clock::now() + grace;
  if (!all_gone_ || grace <= Milliseconds(0)) return kill();
  // The sandbox's own process leads the program's group, and takes no notice of it itself.
  if (all_gone_->open()) ::kill(-watched_->root, SIGTERM);
  if (kill_at_ && *kill_at_ <= at) return;
  kill_at_ = at;
  kill_timer_ = run_at(executor_, at, [this] { kill(); });
}

std::unique_ptr<ml::WorkerLink> Program::link(std::size_t number, Executor executor) {
  const std::lock_guard lock(links_mutex_);
  WEFT_ASSERT(number < links_.size() && links_[number]);
  links_[number]->belong_to(executor);
  return std::move(links_[number]);
}

std::string Program::why_ended() const {
  if (!refused_.empty()) return std::format("the program was not begun: {}", refused_);
  if (!watched_) return "";
  if (watched_->over_tasks)
    return std::format("the program was ended: it had more than {} processes and threads",
                       bounds_.tasks);
  if (watched_->over_memory || group_.out_of_memory())
    return std::format("the program was ended: it took more than its {} MiB of memory",
                       bounds_.memory_bytes >> 20);
  const DiskUse disk = watched_->disk_seen;
  switch (disk) {
    case DiskUse::fits: break;
    case DiskUse::too_much:
      return std::format(
          "the program was ended: it held more than its {} MiB of disk{}; a larger VolumeSizeInGB "
          "gives a job more",
          bounds_.disk_bytes >> 20,
          bounds_.disk_asked ? "" : ", which is what one has that asks for nothing");
    case DiskUse::too_many:
      return std::format(
          "the program was ended: it had more than {} names on disk; pack "
          "small files into larger ones",
          kDiskNamesMax);
    case DiskUse::too_deep:
      return std::format("the program was ended: it had folders deeper than {}; use fewer levels",
                         kDiskDepthMax);
  }
  return "";
}

Awaitable<std::optional<ml::WorkerLine>> Program::next_line(std::shared_ptr<Program> self) {
  const auto next_denied = [&] {
    ml::WorkerLine out{.stream = ml::WorkerLine::Stream::log, .text = self->denied_.front()};
    self->denied_.pop_front();
    return out;
  };
  if (!self->denied_.empty()) co_return next_denied();
  auto line = co_await self->child_->read_line();
  if (line) {
    if (!line->starts_with(ml::kStatusMark))
      co_return ml::WorkerLine{.stream = ml::WorkerLine::Stream::log, .text = *std::move(line)};
    co_return ml::WorkerLine{.stream = ml::WorkerLine::Stream::status,
                             .text = line->substr(ml::kStatusMark.size())};
  }
  if (!self->denied_.empty()) co_return next_denied();
  if (std::exchange(self->told_, true)) co_return std::nullopt;
  std::string why = self->why_ended();
  if (why.empty()) co_return std::nullopt;
  co_return ml::WorkerLine{.stream = ml::WorkerLine::Stream::log, .text = "weft: " + why};
}

Awaitable<ml::WorkerEnd> Program::ended(std::shared_ptr<Program> self) {
  const net::ChildEnd end = co_await self->child_->ended();
  // What it started goes with the sandbox's own process, which may take it a moment.
  while (self->all_gone_ && self->all_gone_->open()) co_await self->gone_.wait();
  self->kill_timer_.cancel();
  ml::WorkerEnd out;
  out.exit_code = end.exit_code;
  out.signal = end.signal;
  if (end.exit_code > kSignalCodes && end.exit_code <= kSignalCodes + kSignalsMax) {
    out.signal = std::exchange(out.exit_code, -1) - kSignalCodes;
  }
  const auto& watched = self->watched_;
  out.out_of_memory =
      watched && (watched->over_memory || (out.exit_code != 0 && self->group_.out_of_memory()));
  // It may have been quicker than the watch.
  if (watched && out.signal == 0 &&
      disk_use(watched->disk, 0, kDiskNamesAtEnd) == DiskUse::too_much) {
    watched->disk_seen = DiskUse::too_much;
  }
  const bool ended_well = out.exit_code == 0 && out.signal == 0;
  if (!ended_well || (watched && watched->disk_seen != DiskUse::fits)) out.why = self->why_ended();
  if (out.signal == SIGXFSZ && out.why.empty())
    out.why = "the program was ended: one of its files became larger than it may write";
  co_return out;
}

}  // namespace weft::app
