// How a ClientCall gets a connection: names to addresses, the egress gate, connect, TLS.
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <format>

#include "weft/net/client_call.h"
#include "weft/net/dial.h"

namespace weft::net {
namespace {

Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress out{};
  auto& address = reinterpret_cast<sockaddr_un&>(out.first);
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(Reason::invalid_argument, std::format("the socket path `{}` is too long", path));
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  out.second = sizeof(sockaddr_un);
  return out;
}

}  // namespace

Awaitable<Result<void>> ClientCall::connect(const Origin& origin) {
  while (pool_->open >= core_->limits.connections_per_origin_max) {
    pool_->waiting.push_back(&wake_);
    co_await wake_.wait();
    const bool chosen = std::erase(pool_->waiting, &wake_) == 0;
    if (stop_) {
      // What it was woken for is the next one's.
      if (chosen) pool_->wake_next();
      co_return fail(*stop_);
    }
    if (take_idle()) co_return Result<void>();
  }
  const auto slot = std::make_shared<ClientSlot>(pool_);
  WEFT_CO_TRY(const auto list, co_await addresses(origin));
  Error last;
  for (const SocketAddress& address : list) {
    const auto connected = co_await connect_to(address, slot);
    if (stop_) co_return fail(*stop_);
    if (connected) {
      if (!origin.unix_path.empty() || !origin.url.tls()) co_return Result<void>();
      auto secured = co_await handshake(origin.url.host);
      if (!secured) connection_.reset();
      co_return secured;
    }
    connection_.reset();
    last = connected.error();
  }
  co_return fail(std::move(last));
}

Awaitable<Result<std::vector<SocketAddress>>> ClientCall::addresses(const Origin& origin) {
  std::vector<SocketAddress> list;
  if (!origin.unix_path.empty()) {
    WEFT_CO_TRY(list.emplace_back(), unix_address(origin.unix_path));
    co_return list;
  }
  auto found = addresses_without_question(origin.url.host);
  if (!found) {
    WEFT_CO_TRY(found, co_await look_up(origin.url.host));
  }
  // The addresses that are judged here are the ones that are connected to.
  auto allowed = permitted(*found, origin.egress);
  if (!allowed) {
    allowed.error().message = std::format("{}: {}", pool_->name, allowed.error().message);
    co_return fail(std::move(allowed).error());
  }
  for (const auto& address : *allowed) list.push_back(socket_address(address, origin.url.port));
  co_return list;
}

Awaitable<Result<Addresses>> ClientCall::look_up(const std::string& name) {
  const auto cannot = [&](std::string_view why) {
    return fail(Reason::unavailable,
                std::format("the name `{}` cannot be resolved: {}", name, why));
  };
  const auto question =
      core_->resolver->ask(name, core_->executor, wake_, std::chrono::steady_clock::now());
  begin_connecting();
  while (!stop_ && !connect_expired_ && !question.answered()) co_await wake_.wait();
  end_connecting();
  if (stop_) co_return fail(*stop_);
  if (!question.answered()) co_return cannot("its server did not answer in time");
  const Result<Addresses>& answer = question.answer();
  if (!answer) co_return cannot(answer.error().message);
  if (answer->empty()) co_return cannot("it has no address");
  co_return *answer;
}

void ClientCall::begin_connecting() {
  connecting_ = sending_ = true;
  connect_expired_ = false;
  core_->deadlines.set(
      *this, std::min(deadline_, std::chrono::steady_clock::now() + core_->limits.connect_timeout));
}

void ClientCall::end_connecting() {
  connecting_ = sending_ = false;
  core_->deadlines.set(*this, deadline_);
}

Awaitable<Result<void>> ClientCall::connect_to(const SocketAddress& address,
                                               std::shared_ptr<ClientSlot> slot) {
  const auto cannot = [&](std::string_view why) {
    return fail(broken(std::format("cannot connect: {}", why)));
  };
  const int fd = begin_connect(address);
  if (fd < 0) co_return cannot(std::strerror(errno));
  connection_ = std::make_unique<ClientConnection>(*core_, std::move(slot), fd,
                                                   static_cast<Stream::Listener&>(*this));
  begin_connecting();
  while (!stop_ && !connect_expired_ && !connection_->stream.writable()) co_await wake_.wait();
  end_connecting();
  if (stop_) co_return fail(*stop_);
  if (connect_expired_) co_return cannot("it did not accept in time");
  if (const int error = connect_error(fd); error != 0) co_return cannot(std::strerror(error));
  co_return Result<void>();
}

Awaitable<Result<void>> ClientCall::handshake(const std::string& host) {
  WEFT_CO_TRY(ssl_ctx_st* const context, core_->tls());
  connection_->stream.start_tls(make_client_session(context, host));
  begin_connecting();
  auto status = connection_->stream.handshake();
  while (status == Stream::Status::again) {
    co_await wake_.wait();
    if (stop_ || connect_expired_) break;
    status = connection_->stream.handshake();
  }
  end_connecting();
  if (stop_) co_return fail(*stop_);
  if (status == Stream::Status::ok) co_return Result<void>();
  co_return fail(broken(std::format(
      "TLS failed: {}", connect_expired_ ? "no answer in time" : connection_->stream.failure())));
}

}  // namespace weft::net
