// The connections of one HttpClient: those that are idle, by origin, and what all calls share.
// Owned by the client and the calls that still run; one loop.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "weft/net/buffer.h"
#include "weft/net/deadlines.h"
#include "weft/net/http_client.h"
#include "weft/net/resolver.h"
#include "weft/net/stream.h"
#include "weft/net/tls.h"
#include "weft/net/wake.h"

namespace weft::net {

class ClientCore;
class ClientConnection;

/// The connections to one origin.
class ClientPool {
 public:
  explicit ClientPool(const Origin& origin);

  /// The value of Host.
  std::string authority;
  /// The origin for messages: `http://127.0.0.1:3000` or `unix:/run/x.sock`.
  std::string name;
  /// The last is the one used last.
  std::vector<std::unique_ptr<ClientConnection>> idle;
  /// The slots that are taken.
  std::size_t open = 0;
  /// Calls that wait because too many connections are open. One that was stopped stays until it
  /// runs again.
  std::deque<Wake*> waiting;

  /// To be called when a slot or an idle connection is there; who was woken and does not take it
  /// calls it again.
  void wake_next();
};

/// The right to one connection to an origin: taken before its name is looked up, so that those who
/// wait for an address count too.
class ClientSlot {
 public:
  explicit ClientSlot(std::shared_ptr<ClientPool> pool_in);
  ~ClientSlot();
  ClientSlot(const ClientSlot&) = delete;
  ClientSlot& operator=(const ClientSlot&) = delete;

  const std::shared_ptr<ClientPool> pool;
};

class ClientConnection final : private Stream::Listener, private Deadlines::Node {
 public:
  ClientConnection(ClientCore& core, std::shared_ptr<ClientSlot> slot, int fd,
                   Stream::Listener& listener);

  /// Puts it among the idle ones: from now on it drops itself when the other side closes it or time
  /// is up.
  static void park(std::unique_ptr<ClientConnection> connection);
  void unpark(Stream::Listener& listener);

  Stream stream;
  wire::HttpReader reader;
  Buffer in;
  std::string out;
  bool reused = false;

 private:
  void on_stream() override;
  void on_deadline() override { drop(); }
  void drop();

  ClientCore& core_;
  std::shared_ptr<ClientSlot> slot_;
};

class ClientCore : public std::enable_shared_from_this<ClientCore> {
 public:
  ClientCore(Loop& loop, ClientLimits limits_in);
  ~ClientCore();

  std::shared_ptr<ClientPool> pool(const Origin& origin);
  /// The context for https; made on first use.
  Result<ssl_ctx_st*> tls();
  /// Drops what is idle.
  void close();
  std::size_t idle_connections() const;

  const Executor executor;
  Poller& poller;
  const ClientLimits limits;
  Deadlines deadlines;
  std::shared_ptr<BufferPool> buffers;
  /// Where a request is put together that the socket then takes as a whole: always warm. Means
  /// nothing across a wait.
  std::string scratch;
  const std::shared_ptr<Resolver> resolver;
  bool closed = false;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  void forget_unused();

  TlsContext tls_;
  std::string key_;
  std::unordered_map<std::string, std::shared_ptr<ClientPool>, Hash, std::equal_to<>> pools_;
};

}  // namespace weft::net
