#include "weft/net/client_pool.h"

#include <algorithm>
#include <charconv>
#include <format>

namespace weft::net {
namespace {

// Origins without a connection are forgotten when there are more than this.
constexpr std::size_t kPoolsKept = 256;

}  // namespace

ClientPool::ClientPool(const Origin& origin)
    : authority(origin.url.host.empty() ? "localhost" : origin.url.authority()),
      name(origin.unix_path.empty() ? std::format("{}://{}", origin.url.scheme, authority)
                                    : std::format("unix:{}", origin.unix_path)) {}

void ClientPool::wake_next() {
  // One that was stopped is on its way already and would take this for the same.
  const auto next = std::ranges::find_if(waiting, &Wake::waiting);
  if (next == waiting.end()) return;
  Wake* const chosen = *next;
  waiting.erase(next);
  chosen->later();
}

ClientSlot::ClientSlot(std::shared_ptr<ClientPool> pool_in) : pool(std::move(pool_in)) {
  ++pool->open;
}

ClientSlot::~ClientSlot() {
  --pool->open;
  pool->wake_next();
}

ClientConnection::ClientConnection(ClientCore& core, std::shared_ptr<ClientSlot> slot, int fd,
                                   Stream::Listener& listener)
    : stream(core.poller, fd, listener),
      reader(wire::HttpReader::Kind::response, core.limits.http),
      in(core.buffers),
      core_(core),
      slot_(std::move(slot)) {}

void ClientConnection::park(std::unique_ptr<ClientConnection> connection) {
  ClientConnection& self = *connection;
  ClientPool& pool = *self.slot_->pool;
  if (self.core_.closed || pool.idle.size() >= self.core_.limits.idle_per_origin_max) return;
  self.in.release();
  self.stream.set_listener(self);
  // Bytes beyond the answer would be taken for the next one.
  if (!self.stream.quiet()) return;
  self.core_.deadlines.set(self, self.core_.poller.now() + self.core_.limits.idle_timeout);
  pool.idle.push_back(std::move(connection));
  pool.wake_next();
}

void ClientConnection::unpark(Stream::Listener& listener) {
  stream.set_listener(listener);
  core_.deadlines.lift(*this);
  reused = true;
}

void ClientConnection::on_stream() {
  // Nothing was asked for: it is the end, or bytes that nobody may take for an answer. TLS may have
  // tickets for us.
  if (!stream.quiet()) drop();
}

void ClientConnection::drop() {
  auto pool = slot_->pool;
  for (auto at = pool->idle.begin(); at != pool->idle.end(); ++at) {
    if (at->get() != this) continue;
    const auto self = std::move(*at);
    pool->idle.erase(at);
    return;
  }
}

ClientCore::ClientCore(Loop& loop, ClientLimits limits_in)
    : executor(loop.executor()),
      poller(Poller::of(executor)),
      limits(std::move(limits_in)),
      deadlines(executor),
      buffers(std::make_shared<BufferPool>(limits.read_buffer_bytes)),
      resolver(limits.resolver ? limits.resolver : std::make_shared<Resolver>()) {}

ClientCore::~ClientCore() { close(); }

void ClientCore::close() {
  closed = true;
  for (auto& [key, pool] : pools_) {
    const auto idle = std::move(pool->idle);
    pool->idle.clear();
  }
}

std::shared_ptr<ClientPool> ClientCore::pool(const Origin& origin) {
  // Those that were let through as `open` are not for what must be `guarded`.
  key_.assign(origin.egress == Egress::open ? "open " : "guarded ");
  if (origin.unix_path.empty()) {
    std::array<char, 8> port{};
    const auto end = std::to_chars(port.data(), port.data() + port.size(), origin.url.port).ptr;
    key_.append(origin.url.scheme)
        .append(" ")
        .append(port.data(), end)
        .append(" ")
        .append(origin.url.host);
  } else {
    // Behind one socket there may be many (doors/grpc/bridge.h), and one that is slow holds up
    // none.
    key_.append("unix ").append(origin.unix_path).append(" ").append(origin.url.authority());
  }
  if (const auto known = pools_.find(std::string_view(key_)); known != pools_.end())
    return known->second;
  if (pools_.size() >= kPoolsKept) forget_unused();
  return pools_.emplace(key_, std::make_shared<ClientPool>(origin)).first->second;
}

void ClientCore::forget_unused() {
  std::erase_if(pools_, [](const auto& entry) {
    return entry.second->open == 0 && entry.second->waiting.empty();
  });
}

Result<ssl_ctx_st*> ClientCore::tls() {
  if (!tls_) {
    WEFT_TRY(tls_, make_client_tls(limits.ca_file));
  }
  return tls_.get();
}

std::size_t ClientCore::idle_connections() const {
  std::size_t count = 0;
  for (const auto& [key, pool] : pools_) count += pool->idle.size();
  return count;
}

}  // namespace weft::net
