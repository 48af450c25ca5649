#include "weft/net/child_spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <format>
#include <span>

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
  /// What becomes descriptor 0, 1, 2 …; room for copies that are not among those numbers.
  std::span<int> descriptors;
  int report;
  int lifeline;
  bool own_abstract_sockets;
  int parent;
  const char* directory;
  char* const* arguments;
  char* const* environment;
};

/// A process that ends its group when the hub dies.
void watch_over_group(int lifeline) {
  if (::_Fork() != 0) return;
  // Of all that the hub has open it keeps nothing else: others wait for the end of those.
  ::dup2(lifeline, 0);
  ::syscall(SYS_close_range, 1U, UINT_MAX, 0U);
  char byte = 0;
  ssize_t count = 0;
  do {
    count = ::read(0, &byte, 1);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) ::kill(0, SIGKILL);
  ::_exit(0);
}

void keep_abstract_sockets() {
  landlock_ruleset_attr scope{};
  scope.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET;
  const long rules = ::syscall(SYS_landlock_create_ruleset, &scope, sizeof(scope), 0);
  if (rules < 0) return;
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::syscall(SYS_landlock_restrict_self, rules, 0);
}

/// After fork: only what is safe there (async-signal-safe calls, no allocation).
[[noreturn]] void become(ChildSide& side) {
  const auto give_up = [&] {
    const int why = errno;
    (void)!::write(side.report, &why, sizeof(why));
    ::_exit(127);
  };
  ::setpgid(0, 0);
  // The hub's death is the child's.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != side.parent) ::_exit(127);
  if (side.lifeline >= 0) watch_over_group(side.lifeline);
  if (side.own_abstract_sockets) keep_abstract_sockets();
  // First out of the way of the numbers they get; a copy by dup2() stays open over exec.
  const auto count = static_cast<int>(side.descriptors.size());
  const int report = ::fcntl(side.report, F_DUPFD_CLOEXEC, count);
  if (report < 0) give_up();
  side.report = report;
  for (int& each : side.descriptors) {
    each = ::fcntl(each, F_DUPFD_CLOEXEC, count);
    if (each < 0) give_up();
  }
  for (int i = 0; i < count; ++i) {
    if (::dup2(side.descriptors[static_cast<std::size_t>(i)], i) < 0) give_up();
  }
  ::syscall(SYS_close_range, static_cast<unsigned>(count), UINT_MAX, CLOSE_RANGE_CLOEXEC);
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
  std::vector<int> descriptors{command.input < 0 ? input.reading() : command.input,
                               output.writing(),
                               command.joined ? output.writing() : errors.writing()};
  descriptors.insert(descriptors.end(), command.descriptors.begin(), command.descriptors.end());
  const std::vector<std::string> environment = environment_of(command);
  const std::vector<char*> environment_pointers = pointers(environment);
  const std::vector<char*> argument_pointers = pointers(command.arguments);
  ChildSide side{descriptors,
                 report.writing(),
                 command.lifeline,
                 command.own_abstract_sockets,
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
  if (command.input < 0) spawned.input = input.let_go(1);
  spawned.output = output.let_go(0);
  if (!command.joined) spawned.errors = errors.let_go(0);
  return spawned;
}

}  // namespace weft::net
