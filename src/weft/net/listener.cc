#include "weft/net/listener.h"

#include <boost/asio/post.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <format>

#include "weft/base/log.h"

namespace weft::net {
namespace {

constexpr Milliseconds kRetryDelay{100};
/// What a process that was killed had just forked has its sockets until it becomes another program
/// or ends (close-on-exec), and a busy machine may take its time with that.
constexpr Milliseconds kLeftOpen{1000};
constexpr Milliseconds kLookAgain{10};

/// A descriptor that closes unless it is let go.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int let_go() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::unexpected<Error> bind_fault(const std::string& where, int error) {
  const auto say = [&](std::string_view text) {
    return fail(Reason::unavailable, std::format("cannot listen on {}: {}", where, text));
  };
  switch (error) {
    case EADDRINUSE: return say("another program listens there; stop it or choose another port");
    case EACCES:
      return say("permission denied; ports below 1024 need privileges, choose a higher one");
    case EADDRNOTAVAIL: return say("this machine has no such address");
    default: return say(std::strerror(error));
  }
}

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(Reason::invalid_argument,
                std::format("the socket path `{}` is longer than {} characters", path,
                            sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Whether who began to listen at the other end still lives.
bool listener_lives(int connected) {
  ucred listener{};
  socklen_t size = sizeof(listener);
  if (::getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &listener, &size) != 0) return true;
  return ::kill(listener.pid, 0) == 0 || errno != ESRCH;
}

struct Probed {
  int connected = -1;
  int error = 0;
  bool listener_lives = false;
};

Probed probe(const sockaddr_un& address) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  Probed out;
  out.connected =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  out.error = out.connected == 0 ? 0 : errno;
  out.listener_lives = out.connected == 0 && listener_lives(socket.get());
  return out;
}

/// Removes a socket that a dead process left, for which it may have to wait; refuses when a living
/// one answers there.
Result<void> clear_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return fail(
        Reason::invalid_argument,
        std::format("`{}` exists and is not a socket; remove it or choose another path", path));
  }
  Probed probed = probe(address);
  const SteadyTime until = std::chrono::steady_clock::now() + kLeftOpen;
  while (probed.connected == 0 && !probed.listener_lives &&
         std::chrono::steady_clock::now() < until) {
    ::poll(nullptr, 0, static_cast<int>(kLookAgain.count()));
    probed = probe(address);
  }
  if (probed.connected == 0 || probed.error == EAGAIN) {
    return fail(Reason::unavailable,
                std::format("another process listens on `{}`; stop it first", path));
  }
  if (probed.error != ECONNREFUSED) {
    return fail(Reason::unavailable, std::format("cannot tell who listens on `{}`: {}", path,
                                                 std::strerror(probed.error)));
  }
  ::unlink(path.c_str());
  return {};
}

Result<ListenSocket> listen_unix(const std::string& path) {
  WEFT_TRY(const sockaddr_un address, unix_address(path));
  WEFT_CHECK(clear_stale(path, address));
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return bind_fault(std::format("`{}`", path), errno);
  // The mode of the socket becomes the mode of the file: it is never open to others, not even for a
  // moment.
  ::fchmod(socket.get(), 0600);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), kListenBacklog) != 0) {
    return bind_fault(std::format("`{}`", path), errno);
  }
  return ListenSocket{socket.let_go(), 0};
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port)
                                       : ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
}

/// 0, or why not. A port does not tell whether who has it still lives.
int bind_in_time(int socket, const addrinfo& address) {
  const SteadyTime until = std::chrono::steady_clock::now() + kLeftOpen;
  while (::bind(socket, address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EADDRINUSE || std::chrono::steady_clock::now() >= until) return errno;
    // Nothing runs yet that this could keep waiting.
    ::poll(nullptr, 0, static_cast<int>(kLookAgain.count()));
  }
  return 0;
}

Result<ListenSocket> listen_tcp(const std::string& host, std::uint16_t port) {
  const std::string where =
      host.contains(':') ? std::format("[{}]:{}", host, port) : std::format("{}:{}", host, port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int bad = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (bad != 0) {
    return fail(Reason::invalid_argument,
                std::format("cannot listen on {}: {}", where, ::gai_strerror(bad)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return bind_fault(where, errno);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (found->ai_family == AF_INET6)
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  // Accepted sockets inherit it.
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (const int refused = bind_in_time(socket.get(), *found)) return bind_fault(where, refused);
  if (::listen(socket.get(), kListenBacklog) != 0) return bind_fault(where, errno);
  const std::uint16_t bound = bound_port(socket.get());
  return ListenSocket{socket.let_go(), bound};
}

std::string peer_name(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return std::format("{}:{}", text.data(), ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return std::format("[{}]:{}", text.data(), ntohs(v6.sin6_port));
  }
  return "unix";
}

}  // namespace

Result<ListenSocket> listen_on(const ListenAddress& address) {
  return address.unix_path.empty() ? listen_tcp(address.host, address.port)
                                   : listen_unix(address.unix_path);
}

Listener::Listener(Executor executor, ListenSocket socket, std::string unix_path, Accepted accepted)
    : executor_(executor),
      fd_(socket.fd),
      unix_path_(std::move(unix_path)),
      accepted_(std::move(accepted)) {}

Listener::~Listener() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void Listener::start() {
  poller_ = &Poller::of(executor_);
  if (fd_ >= 0) WEFT_ASSERT(poller_->add(fd_, *this));
}

void Listener::stop() {
  retry_.cancel();
  if (fd_ < 0) return;
  if (poller_ != nullptr) poller_->remove(fd_, *this);
  ::close(std::exchange(fd_, -1));
  if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void Listener::on_ready(std::uint32_t) { accept_some(); }

void Listener::accept_some() {
  for (int i = 0; i < kAcceptsMax && fd_ >= 0; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    const int fd =
        ::accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      accepted_(fd, peer_name(address));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    // Out of descriptors or memory: what waits in the queue will not be told again, so look again
    // soon.
    log::warn("cannot accept a connection: {}", std::strerror(errno));
    retry_ = run_after(executor_, kRetryDelay, [this] { accept_some(); });
    return;
  }
  // There may be more: let others run first.
  boost::asio::post(executor_, [self = shared_from_this()] { self->accept_some(); });
}

}  // namespace weft::net
