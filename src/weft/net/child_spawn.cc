#include "weft/net/child_spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <format>

namespace weft::net {
namespace {

constexpr auto kInherited = std::to_array<const char*>({"PATH", "HOME", "LANG", "TMPDIR"});

constexpr rlim_t kChildDescriptors = 1024;

/// Both ends of a pipe; closes what was not let go.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    for (const int fd : ends_) {
      if (fd >= 0) ::close(fd);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  bool open() const { return ends_[0] >= 0; }
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  int let_go(std::size_t end) {
    ::fcntl(ends_[end], F_SETFL, O_NONBLOCK);
    return std::exchange(ends_[end], -1);
  }
  void close_writing() { ::close(std::exchange(ends_[1], -1)); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::vector<std::string> environment_of(const ChildCommand& command) {
  std::vector<std::string> out;
  const auto named = [&](std::string_view name) {
    return std::ranges::any_of(command.environment,
                               [&](const auto& entry) { return entry.first == name; });
  };
  for (const char* name : kInherited) {
    const char* value = std::getenv(name);
    if (value != nullptr && !named(name)) out.push_back(std::format("{}={}", name, value));
  }
  for (const auto& [name, value] : command.environment)
    out.push_back(std::format("{}={}", name, value));
  return out;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

struct ChildSide {
  std::array<int, 3> standard;
  int report;
  int parent;
  const char* directory;
  char* const* arguments;
  char* const* environment;
};

/// After fork: only what is safe there (async-signal-safe calls, no allocation).
[[noreturn]] void become(const ChildSide& side) {
  const auto give_up = [&] {
    const int why = errno;
    (void)!::write(side.report, &why, sizeof(why));
    ::_exit(127);
  };
  ::setpgid(0, 0);
  // The hub's death is the child's.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != side.parent) ::_exit(127);
  for (int i = 0; i < 3; ++i) {
    if (::dup2(side.standard[static_cast<std::size_t>(i)], i) < 0) give_up();
  }
  ::syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC);
  // The hub may have many descriptors; a child gets the customary number, for some wait on them
  // with select().
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > kChildDescriptors) {
    files.rlim_cur = kChildDescriptors;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGXFSZ, SIG_DFL);
  if (*side.directory != 0 && ::chdir(side.directory) != 0) give_up();
  ::execvpe(side.arguments[0], side.arguments, side.environment);
  give_up();
  ::_exit(127);
}

std::unexpected<Error> cannot_start(const ChildCommand& command, int why) {
  const std::string_view name =
      command.arguments.empty() ? std::string_view("") : command.arguments.front();
  return fail(Reason::unavailable, std::format("cannot start `{}`: {}", name, std::strerror(why)));
}

}  // namespace

Result<Spawned> spawn(const ChildCommand& command) {
  if (command.arguments.empty()) return fail(Reason::invalid_argument, "the command is empty");
  Pipe input;
  Pipe output;
  Pipe errors;
  Pipe report;
  if (!input.open() || !output.open() || !errors.open() || !report.open())
    return cannot_start(command, errno);
  const std::vector<std::string> environment = environment_of(command);
  const std::vector<char*> environment_pointers = pointers(environment);
  const std::vector<char*> argument_pointers = pointers(command.arguments);
  const ChildSide side{{input.reading(), output.writing(), errors.writing()},
                       report.writing(),
                       ::getpid(),
                       command.directory.c_str(),
                       argument_pointers.data(),
                       environment_pointers.data()};
  const int pid = ::fork();
  if (pid < 0) return cannot_start(command, errno);
  if (pid == 0) become(side);
  ::setpgid(pid, pid);
  // The program runs when this pipe closes (exec does it), or tells why it does not.
  report.close_writing();
  int why = 0;
  if (::read(report.reading(), &why, sizeof(why)) > 0) {
    ::waitpid(pid, nullptr, 0);
    return cannot_start(command, why);
  }
  Spawned spawned;
  spawned.pid = pid;
  spawned.pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (spawned.pid_fd < 0) {
    const int no_fd = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return cannot_start(command, no_fd);
  }
  spawned.input = input.let_go(1);
  spawned.output = output.let_go(0);
  spawned.errors = errors.let_go(0);
  return spawned;
}

}  // namespace weft::net
