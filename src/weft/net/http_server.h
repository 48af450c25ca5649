// The HTTP/1.1 server. Owned by app; an Exchange belongs to the loop of its connection.
//
// Back-pressure: a body is read only as fast as the handler asks, a response only written as fast
// as the client reads; write() waits until the socket took all but a bounded rest.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/result.h"
#include "weft/net/loop.h"
#include "weft/net/memory_level.h"
#include "weft/wire/http.h"

namespace weft::net {

/// One request and its answer.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const wire::RequestHead& head() const = 0;
  /// `127.0.0.1:4711`, or `unix` for the admin socket.
  virtual std::string_view peer() const = 0;
  virtual bool over_unix_socket() const = 0;
  virtual bool over_tls() const = 0;
  virtual Executor executor() = 0;
  /// Cancelled when the client is gone, or the server drains and its grace is over.
  virtual CancelToken gone() const = 0;
  /// Cancelled when the server takes no more requests: a stream that only listens says its last
  /// word then, for it would hold the server until the grace is over. What runs goes on.
  virtual CancelToken draining() const { return {}; }

  /// The whole body; Reason::too_large past the limit (the connection is closed after the answer).
  virtual Awaitable<Result<std::string>> read_body(std::size_t bytes_max) = 0;
  /// The same without a wait; nothing when some of it has still to come: then read_body().
  virtual std::optional<Result<std::string>> body_at_hand(std::size_t bytes_max) {
    (void)bytes_max;
    return std::nullopt;
  }
  /// The next piece of the body, empty at its end; the view is valid until the next call.
  virtual Awaitable<Result<std::string_view>> read_some() = 0;

  /// Answers. Content-Length, Date, Connection are set here. What the socket does not take now is
  /// sent once the handler returned. Errors: the client is gone.
  virtual Result<void> respond(wire::ResponseHead head, std::string_view body) = 0;
  /// Begins an answer of unknown length (chunked; by closing for HTTP/1.0), then write() and
  /// finish(). With head.body_length set, the pieces must add up to it.
  virtual Awaitable<Result<void>> start(wire::ResponseHead head) = 0;
  virtual Awaitable<Result<void>> write(std::string_view piece) = 0;
  virtual Awaitable<Result<void>> finish() = 0;
  virtual bool started() const = 0;
};

/// Answers one exchange. When it returns without having answered, the server says 500 and logs it.
using Handler = std::function<Awaitable<>(Exchange&)>;

struct ServerLimits {
  wire::HttpLimits http;
  std::size_t connections_max = 16 * 1024;
  std::size_t write_buffer_bytes_max = 256 * 1024;
  std::size_t read_buffer_bytes = 32 * 1024;
  Milliseconds head_timeout{10'000};
  /// The longest wait for the next piece of a body.
  Milliseconds body_idle_timeout{30'000};
  /// A body that comes slower than this, after the wait above, is given up: a client that drips
  /// would hold its connection for ever.
  std::size_t body_bytes_per_second_min = 1024;
  /// The longest wait for a client that does not read.
  Milliseconds write_timeout{30'000};
  Milliseconds keep_alive_timeout{75'000};
  /// What of memory is taken; null: always enough.
  std::shared_ptr<const MemoryLevelNow> memory;

  bool memory_reached(MemoryLevel level) const {
    return memory && memory->load(std::memory_order_relaxed) >= level;
  }
};

struct TlsServerConfig {
  std::string certificate_file;
  std::string key_file;
  /// When set, clients must show a certificate signed by it.
  std::string client_ca_file;
};

struct ListenAddress {
  /// `127.0.0.1`, `::1`, `0.0.0.0` …; or the path of a Unix socket (made with mode 0600).
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;
  /// Who comes by this Unix socket has no more rights than at a port: a program that hands on what
  /// others ask.
  bool hands_on = false;
};

class HttpServer {
 public:
  /// Binds and listens. Errors name the address and what to do (a port in use, no permission).
  static Result<std::unique_ptr<HttpServer>> create(Loops& loops, ListenAddress address,
                                                    std::optional<TlsServerConfig> tls,
                                                    ServerLimits limits, Handler handler);
  virtual ~HttpServer() = default;
  /// The port that was bound (useful when 0 was asked).
  virtual std::uint16_t port() const = 0;
  /// Accepts from now on. The loops must be running or run after.
  virtual void start() = 0;
  /// No connection is accepted from now on, and none takes another request.
  virtual void stop_accepting() = 0;
  /// Stops accepting, lets running exchanges end for `grace`, then cancels them. Blocks; not from a
  /// loop's thread.
  virtual void drain(Milliseconds grace) = 0;
  virtual std::size_t connections() const = 0;
};

}  // namespace weft::net
