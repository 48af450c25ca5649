// weft-gate FILE ARGUMENT…: the first program in a sandbox. It gives itself the filter of system
// calls, hands the hub what tells of refused ones, waits at its gate (sandbox.h), and becomes the
// program. Its standard input is the hub's socket; it allocates next to nothing and links nothing.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "weft/app/workers/system_calls.h"

namespace weft::app {
namespace {

// As a shell has them.
constexpr int kNotAllowed = 126;
constexpr int kNotFound = 127;

int install(Refusals refusals, unsigned flags) {
  std::string filter = system_call_filter(refusals);
  const sock_fprog program{
      .len = static_cast<unsigned short>(filter.size() / sizeof(sock_filter)),
      .filter = reinterpret_cast<sock_filter*>(filter.data()),
  };
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

/// What tells of refused calls, -1 where the kernel has no such thing or another sandbox around
/// this one has it already. Whether the filter is there.
bool filter_calls(int& listener) {
  listener = -1;
  if (system_call_filter(Refusals::silent).empty()) return true;
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  listener = install(Refusals::told, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  return listener >= 0 || install(Refusals::silent, 0) == 0;
}

bool say_ready(int listener) {
  char line = '\n';
  iovec piece{.iov_base = &line, .iov_len = 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (listener >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &listener, sizeof(int));
  }
  return ::sendmsg(STDIN_FILENO, &message, MSG_NOSIGNAL) == 1;
}

bool may_begin() {
  char line = 0;
  ssize_t count = 0;
  do {
    count = ::read(STDIN_FILENO, &line, 1);
  } while (count < 0 && errno == EINTR);
  return count == 1;
}

int become(char** words) {
  int listener = -1;
  if (!filter_calls(listener)) {
    std::fprintf(stderr, "weft: the filter of system calls was refused: %s\n",
                 std::strerror(errno));
    return kNotAllowed;
  }
  if (!say_ready(listener)) return kNotAllowed;
  if (listener >= 0) ::close(listener);
  if (!may_begin()) return kNotAllowed;
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || ::dup2(nothing, STDIN_FILENO) < 0) return kNotAllowed;
  ::execv(words[0], words);
  const int why = errno;
  std::fprintf(stderr, "weft: %s: %s\n", words[0],
               why == ENOENT ? "not found" : std::strerror(why));
  return why == ENOENT ? kNotFound : kNotAllowed;
}

}  // namespace
}  // namespace weft::app

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("weft-gate is weft's own: it begins programs in their sandbox\n", stderr);
    return 2;
  }
  return weft::app::become(argv + 1);
}
