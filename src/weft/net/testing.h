// What net's tests share: a server on a free port with loops of its own, and a raw client. Used by
// tests only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weft/net/http_client.h"
#include "weft/net/http_server.h"

namespace weft::net::testing {

/// A running server on 127.0.0.1 and a free port.
class Harness {
 public:
  explicit Harness(Handler handler, ServerLimits limits = {}, std::size_t loops = 1,
                   std::optional<TlsServerConfig> tls = {},
                   ListenAddress address = {.host = "127.0.0.1"});
  ~Harness();
  HttpServer& server() { return *server_; }
  std::uint16_t port() const { return server_->port(); }
  ClientRequest request(std::string target) const;
  /// Runs a coroutine on a loop of its own, in this thread.
  void run(std::move_only_function<Awaitable<>(Loop&)> main) { run_alone(std::move(main)); }

 private:
  Loops loops_;
  std::unique_ptr<HttpServer> server_;
};

/// A blocking socket that sends and reads whatever it is told to.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  explicit RawClient(const std::string& unix_path);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  /// False when the other side is gone.
  bool send(std::string_view bytes);
  /// Reads until `text` came, the other side closed or ten seconds passed; gives what was read.
  std::string read_until(std::string_view text);
  /// Reads until the other side closes.
  std::string read_all() { return read_until(std::string_view()); }
  /// Whether something came, or the other side closed.
  bool answered() const;
  void close_write();
  void close();
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace weft::net::testing
