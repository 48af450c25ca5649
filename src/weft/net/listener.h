// A listening socket: TCP, or a Unix socket of mode 0600. Owned by its server; made on any thread,
// then one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weft/base/timers.h"
#include "weft/net/http_server.h"
#include "weft/net/poller.h"

namespace weft::net {

struct ListenSocket {
  int fd = -1;
  std::uint16_t port = 0;
};
/// Binds and listens; errors name the address and what to do. For a socket that a dead
/// process left, and for a port that is taken, it waits, up to a second (before a loop runs, not on
/// one).
Result<ListenSocket> listen_on(const ListenAddress& address);

class Listener final : private Watch, public std::enable_shared_from_this<Listener> {
 public:
  /// Told of each accepted socket (non-blocking) and who is at its other end.
  using Accepted = std::move_only_function<void(int fd, std::string peer)>;
  Listener(Executor executor, ListenSocket socket, std::string unix_path, Accepted accepted);
  ~Listener();
  void start();
  void stop();

 private:
  void on_ready(std::uint32_t events) override;
  void accept_some();

  Executor executor_;
  Poller* poller_ = nullptr;
  int fd_;
  std::string unix_path_;
  Accepted accepted_;
  Timer retry_;
};

}  // namespace weft::net
