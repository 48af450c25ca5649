#include "weft/net/dial.h"

#include <boost/asio/ip/tcp.hpp>

#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weft::net {
namespace {

/// Pieces are sent at once. A host that vanished without a word while it was to answer is noticed
/// within a minute, also by a call that waits for hours. (What is not acknowledged is the kernel's
/// to repeat first.)
void set_up_tcp(int fd) {
  const int on = 1;
  const int silent_s = 30;
  const int between_s = 10;
  const int probes = 3;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &silent_s, sizeof(silent_s));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between_s, sizeof(between_s));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

}  // namespace

SocketAddress socket_address(const boost::asio::ip::address& address, std::uint16_t port) {
  const boost::asio::ip::tcp::endpoint endpoint(address, port);
  SocketAddress out{};
  std::memcpy(&out.first, endpoint.data(), endpoint.size());
  out.second = static_cast<socklen_t>(endpoint.size());
  return out;
}

int begin_connect(const SocketAddress& address) {
  const int fd = ::socket(address.first.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (address.first.ss_family != AF_UNIX) set_up_tcp(fd);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address.first), address.second) != 0 &&
      errno != EINPROGRESS) {
    const int why = errno;
    ::close(fd);
    errno = why;
    return -1;
  }
  return fd;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

}  // namespace weft::net
