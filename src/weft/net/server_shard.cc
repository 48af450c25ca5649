#include "weft/net/server_connection.h"

#include <boost/asio/co_spawn.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <ctime>

namespace weft::net {
namespace {

constexpr std::string_view kCrowded =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: "
    "21\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\ntoo many connections\n";
constexpr std::string_view kNoMemory =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: "
    "24\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\nweft is short of memory\n";

}  // namespace

ServerShard::ServerShard(Loop& loop, std::shared_ptr<ServerShared> shared)
    : executor_(loop.executor()),
      poller_(Poller::of(executor_)),
      shared_(std::move(shared)),
      deadlines_(executor_),
      buffers_(std::make_shared<BufferPool>(shared_->limits.read_buffer_bytes)) {}

void ServerShard::accept(int fd, std::string peer, bool crowded) {
  // A few are let in, for they may only ask how the hub does.
  if (limits().memory_reached(MemoryLevel::out)) {
    (void)close_oldest_idle();
    if (shared_->connections > kConnectionsWhenOut) return refuse(fd, kNoMemory);
  }
  if (draining() || (crowded && !close_oldest_idle())) return refuse(fd, kCrowded);
  auto connection = std::make_shared<ServerConnection>(shared_from_this(), fd, std::move(peer));
  connections_.push_back(connection);
  const auto at = std::prev(connections_.end());
  boost::asio::co_spawn(executor_, connection->serve(),
                        [self = shared_from_this(), at](std::exception_ptr thrown) {
                          // Not a handler's: the server's own bug, which ends the process.
                          if (thrown) std::rethrow_exception(thrown);
                          self->connections_.erase(at);
                          self->ended();
                        });
}

void ServerShard::ended() {
  if (shared_->connections.fetch_sub(1) > 1) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->none_left.notify_all();
}

bool ServerShard::close_oldest_idle() {
  ServerConnection* oldest = nullptr;
  for (const auto& connection : connections_) {
    const auto since = connection->idle_since();
    if (since && (oldest == nullptr || *since < *oldest->idle_since())) oldest = connection.get();
  }
  if (oldest != nullptr) oldest->close_idle();
  return oldest != nullptr;
}

void ServerShard::refuse(int fd, std::string_view answer) {
  (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  ::close(fd);
  ended();
}

void ServerShard::drain() {
  draining_.cancel(make_error(Reason::unavailable, "the hub is shutting down"));
  for (const auto& connection : connections_) connection->close_idle();
}

void ServerShard::cancel_all(const Error& why) {
  const auto connections = connections_;
  for (const auto& connection : connections) connection->cancel(why);
}

void ServerShard::close_all() {
  const auto connections = connections_;
  for (const auto& connection : connections) {
    connection->abandon(make_error(Reason::unavailable, "the server is shutting down"));
  }
}

std::string_view ServerShard::date() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != date_second_) {
    date_second_ = now.tv_sec;
    std::tm parts{};
    ::gmtime_r(&now.tv_sec, &parts);
    std::array<char, 40> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    date_.assign(text.data(), size);
  }
  return date_;
}

}  // namespace weft::net
