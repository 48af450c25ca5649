// Beginning a TCP connection. Owned by net; what it gives belongs to the caller.
#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <utility>

namespace weft::net {

using SocketAddress = std::pair<sockaddr_storage, socklen_t>;

SocketAddress socket_address(const boost::asio::ip::address& address, std::uint16_t port);
/// A non-blocking socket that is on its way to be connected; -1 and `errno` where it cannot be.
int begin_connect(const SocketAddress& address);
/// How the attempt went, once the socket is writable: 0, or what `errno` would be.
int connect_error(int fd);

}  // namespace weft::net
