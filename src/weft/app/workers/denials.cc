#include "weft/app/workers/denials.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "weft/app/workers/limits.h"
#include "weft/app/workers/system_calls.h"

namespace weft::app {
namespace {

/// What this kernel writes and reads, which may be more than what weft was built with.
seccomp_notif_sizes sizes() {
  seccomp_notif_sizes out{};
  ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &out);
  out.seccomp_notif = std::max<__u16>(out.seccomp_notif, sizeof(seccomp_notif));
  out.seccomp_notif_resp = std::max<__u16>(out.seccomp_notif_resp, sizeof(seccomp_notif_resp));
  return out;
}

}  // namespace

Denials::Denials(net::Poller& poller, File listener, Told told)
    : told_(std::move(told)), listener_(poller, listener.release(), [this] { look(); }) {
  const seccomp_notif_sizes size = sizes();
  asked_.resize(size.seccomp_notif);
  said_.resize(size.seccomp_notif_resp);
}

void Denials::look() {
  while (listener_.open()) {
    // Reading would wait for one.
    pollfd ready{.fd = listener_.fd(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 0) <= 0) return;
    if ((ready.revents & POLLIN) == 0 || !answer_one()) return listener_.close();
    if (count_ >= kDenialsMax) {
      listener_.close();
      told_("");
    }
  }
}

bool Denials::answer_one() {
  std::ranges::fill(asked_, std::byte{});
  // Whoever asked may be gone by now.
  if (::ioctl(listener_.fd(), SECCOMP_IOCTL_NOTIF_RECV, asked_.data()) != 0)
    return errno == ENOENT || errno == EINTR;
  seccomp_notif asked{};
  std::memcpy(&asked, asked_.data(), sizeof(asked));
  const RefusedCall call = refused_call(asked.data.nr);
  seccomp_notif_resp answer{};
  answer.id = asked.id;
  answer.error = -call.error;
  std::ranges::fill(said_, std::byte{});
  std::memcpy(said_.data(), &answer, sizeof(answer));
  ::ioctl(listener_.fd(), SECCOMP_IOCTL_NOTIF_SEND, said_.data());
  ++count_;
  if (std::ranges::find(names_, call.name) == names_.end()) {
    names_.push_back(call.name);
    told_(call.name);
  }
  return true;
}

}  // namespace weft::app
