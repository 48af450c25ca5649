#include "weft/net/testing.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace weft::net::testing {
namespace {

constexpr timeval kReadTimeout{10, 0};

std::unique_ptr<HttpServer> must(Result<std::unique_ptr<HttpServer>> server) {
  WEFT_ASSERT(server.has_value());
  return std::move(*server);
}

int connected(int family, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  WEFT_ASSERT(fd >= 0 && ::connect(fd, address, size) == 0);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kReadTimeout, sizeof(kReadTimeout));
  return fd;
}

}  // namespace

Harness::Harness(Handler handler, ServerLimits limits, std::size_t loops,
                 std::optional<TlsServerConfig> tls, ListenAddress address)
    : loops_(loops),
      server_(must(HttpServer::create(loops_, std::move(address), std::move(tls), limits,
                                      std::move(handler)))) {
  WEFT_ASSERT(loops_.start());
  server_->start();
}

Harness::~Harness() {
  server_->drain(Milliseconds(0));
  loops_.stop();
}

ClientRequest Harness::request(std::string target) const {
  ClientRequest request;
  request.origin.url.scheme = "http";
  request.origin.url.host = "127.0.0.1";
  request.origin.url.port = port();
  request.origin.url.path = "/";
  request.origin.egress = Egress::open;
  request.target = std::move(target);
  request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  return request;
}

RawClient::RawClient(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  fd_ = connected(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

RawClient::RawClient(const std::string& unix_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, unix_path.data(),
              std::min(unix_path.size(), sizeof(address.sun_path) - 1));
  fd_ = connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

RawClient::~RawClient() { close(); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string RawClient::read_until(std::string_view text) {
  std::string out;
  std::array<char, 16 * 1024> block{};
  while (text.empty() || !out.contains(text)) {
    const ssize_t count = ::recv(fd_, block.data(), block.size(), 0);
    if (count <= 0) break;
    out.append(block.data(), static_cast<std::size_t>(count));
  }
  return out;
}

bool RawClient::answered() const {
  pollfd entry{fd_, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

void RawClient::close_write() { ::shutdown(fd_, SHUT_WR); }

void RawClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace weft::net::testing
