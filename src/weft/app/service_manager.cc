#include "weft/app/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace weft::app {
namespace {

std::string taken(const char* name) {
  const char* value = std::getenv(name);
  std::string out = value == nullptr ? "" : value;
  ::unsetenv(name);
  return out;
}

}  // namespace

ServiceManager::ServiceManager()
    : socket_(taken("NOTIFY_SOCKET")), watches_(!taken("WATCHDOG_USEC").empty()) {
  ::unsetenv("WATCHDOG_PID");
}

void ServiceManager::alive() const {
  if (watches_) tell("WATCHDOG=1");
}

void ServiceManager::tell(std::string_view text) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  // An abstract address begins with a zero byte, written as @.
  if (socket_.starts_with('@')) address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // Nobody to tell it to is no reason to stop serving.
  (void)::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&address), size);
  ::close(fd);
}

}  // namespace weft::app
