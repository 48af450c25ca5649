#include "weft/net/http_server.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "weft/net/listener.h"
#include "weft/net/server_connection.h"

namespace weft::net {
namespace {

/// A shard goes on its own loop, whoever lets go of it last: its timers are that loop's.
std::shared_ptr<ServerShard> make_shard(Loop& loop, std::shared_ptr<ServerShared> shared) {
  const auto go = [executor = loop.executor()](ServerShard* shard) {
    boost::asio::dispatch(executor, [owned = std::unique_ptr<ServerShard>(shard)] {});
  };
  return std::shared_ptr<ServerShard>(new ServerShard(loop, std::move(shared)), go);
}

class Server final : public HttpServer {
 public:
  Server(Loops& loops, std::shared_ptr<ServerShared> shared, ListenSocket socket,
         std::string unix_path)
      : loops_(loops), shared_(std::move(shared)), port_(socket.port) {
    for (std::size_t i = 0; i < loops.serving(); ++i) {
      shards_.push_back(make_shard(loops.at(i), shared_));
    }
    listener_ = std::make_shared<Listener>(
        loops.at(0).executor(), socket, std::move(unix_path),
        [shared = shared_, shards = shards_, next = std::size_t{0}](int fd,
                                                                    std::string peer) mutable {
          const bool crowded = shared->connections.fetch_add(1) >= shared->limits.connections_max;
          auto& shard = shards[next++ % shards.size()];
          boost::asio::dispatch(shard->executor(),
                                [shard, fd, peer = std::move(peer), crowded]() mutable {
                                  shard->accept(fd, std::move(peer), crowded);
                                });
        });
  }

  ~Server() override { drain(Milliseconds(0)); }

  std::uint16_t port() const override { return port_; }
  std::size_t connections() const override { return shared_->connections.load(); }

  void start() override {
    started_ = true;
    boost::asio::post(loops_.at(0).executor(), [listener = listener_] { listener->start(); });
  }

  void stop_accepting() override {
    if (!started_ || stopped() || std::exchange(closed_, true)) return;
    boost::asio::post(loops_.at(0).executor(), [listener = listener_] { listener->stop(); });
    on_all([](ServerShard& shard) { shard.drain(); });
  }

  void drain(Milliseconds grace) override {
    if (std::exchange(drained_, true)) return;
    if (!started_ || stopped()) return;
    stop_accepting();
    if (none_left_within(grace)) return;
    on_all([](ServerShard& shard) {
      shard.cancel_all(make_error(Reason::unavailable, "the hub is shutting down"));
    });
    if (none_left_within(kDrainCancelTime)) return;
    on_all([](ServerShard& shard) { shard.close_all(); });
    none_left_within(kDrainCancelTime);
  }

 private:
  bool stopped() { return loops_.at(0).io().stopped(); }

  void on_all(void (*act)(ServerShard&)) {
    for (const auto& shard : shards_) {
      boost::asio::post(shard->executor(), [shard, act] { act(*shard); });
    }
  }

  bool none_left_within(Milliseconds time) {
    std::unique_lock lock(shared_->mutex);
    return shared_->none_left.wait_for(lock, time,
                                       [&] { return shared_->connections.load() == 0; });
  }

  Loops& loops_;
  std::shared_ptr<ServerShared> shared_;
  std::vector<std::shared_ptr<ServerShard>> shards_;
  std::shared_ptr<Listener> listener_;
  std::uint16_t port_;
  bool started_ = false;
  bool closed_ = false;
  bool drained_ = false;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::create(Loops& loops, ListenAddress address,
                                                       std::optional<TlsServerConfig> tls,
                                                       ServerLimits limits, Handler handler) {
  auto shared = std::make_shared<ServerShared>();
  shared->limits = limits;
  shared->handler = std::move(handler);
  shared->unix_socket = !address.unix_path.empty() && !address.hands_on;
  if (tls) {
    WEFT_TRY(shared->tls, make_server_tls(*tls));
  }
  WEFT_TRY(const ListenSocket socket, listen_on(address));
  return std::make_unique<Server>(loops, std::move(shared), socket, std::move(address.unix_path));
}

}  // namespace weft::net
