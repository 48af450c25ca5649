#include "weft/net/mqtt_link.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <format>

#include "weft/net/mqtt_limits.h"

namespace weft::net {

MqttLink::MqttLink(Executor executor, const MqttOptions& options, Resolver& resolver)
    : executor_(executor),
      options_(options),
      resolver_(resolver),
      wake_(executor),
      heard_(std::chrono::steady_clock::now()) {}

MqttLink::~MqttLink() = default;

Error MqttLink::broken(std::string_view what) const {
  return make_error(Reason::unavailable, std::format("{}: {}", options_.broker.str(), what));
}

/// What takes too long ends the attempt.
void MqttLink::arm(std::string_view step) {
  timer_ = run_after(executor_, options_.connect_timeout, [this, step] {
    ended_ = broken(step);
    wake_.now();
  });
}

Awaitable<Result<wire::MqttConnack>> MqttLink::open(wire::MqttConnect connect) {
  arm("its name could not be resolved in time");
  WEFT_CO_TRY(const Addresses found, co_await addresses());
  Result<void> connected = fail(broken("its name has no address"));
  for (const auto& address : found) {
    connected = co_await connect_to(address);
    if (connected || ended_) break;
  }
  if (ended_) co_return fail(*ended_);
  WEFT_CO_CHECK(connected);
  if (options_.broker.tls) WEFT_CO_CHECK(co_await handshake());
  arm("it did not answer the connection in time");
  say(wire::write_mqtt(connect));
  WEFT_CO_TRY(const wire::MqttFrame frame, co_await next());
  timer_.cancel();
  auto connack = wire::read_mqtt_connack(frame);
  if (!connack) co_return fail(Reason::upstream_protocol, broken(connack.error().message).message);
  co_return connack;
}

Awaitable<Result<Addresses>> MqttLink::addresses() {
  const std::string& host = options_.broker.host;
  auto found = addresses_without_question(host);
  if (!found) {
    const auto question = resolver_.ask(host, executor_, wake_, std::chrono::steady_clock::now());
    while (!ended_ && !question.answered()) co_await wake_.wait();
    if (ended_) co_return fail(*ended_);
    const Result<Addresses>& answer = question.answer();
    if (!answer)
      co_return fail(
          broken(std::format("its name cannot be resolved: {}", answer.error().message)));
    found = *answer;
  }
  // The addresses that are judged here are the ones that are connected to.
  auto allowed = permitted(*found, options_.egress);
  if (!allowed) {
    allowed.error().message = std::format("{}: {}", options_.broker.str(), allowed.error().message);
  }
  co_return allowed;
}

Awaitable<Result<void>> MqttLink::connect_to(const boost::asio::ip::address& address) {
  const auto cannot = [&](int why) {
    return fail(broken(std::format("cannot connect: {}", std::strerror(why))));
  };
  stream_.reset();
  const SocketAddress to = socket_address(address, options_.broker.port);
  const int fd = begin_connect(to);
  if (fd < 0) co_return cannot(errno);
  // The next address is tried where this one says nothing.
  late_ = false;
  timer_ = run_after(executor_, options_.connect_timeout, [this] {
    late_ = true;
    wake_.now();
  });
  stream_ = std::make_unique<Stream>(Poller::of(executor_), fd, static_cast<Listener&>(*this));
  while (!ended_ && !late_ && stream_->open() && !stream_->writable()) co_await wake_.wait();
  timer_.cancel();
  if (ended_) co_return fail(*ended_);
  if (late_) co_return fail(broken("cannot connect: it did not accept in time"));
  if (!stream_->open()) co_return fail(broken(stream_->failure()));
  if (const int error = connect_error(fd); error != 0) co_return cannot(error);
  co_return Result<void>();
}

Awaitable<Result<void>> MqttLink::handshake() {
  arm("TLS failed: no answer in time");
  WEFT_CO_TRY(tls_, make_client_tls(options_.ca_file));
  stream_->start_tls(make_client_session(tls_.get(), options_.broker.host));
  auto status = stream_->handshake();
  while (status == Stream::Status::again) {
    co_await wake_.wait();
    if (ended_) co_return fail(*ended_);
    status = stream_->handshake();
  }
  if (status == Stream::Status::ok) co_return Result<void>();
  co_return fail(broken(std::format("TLS failed: {}", stream_->failure())));
}

/// Whether there were bytes.
Result<bool> MqttLink::read() {
  std::array<char, kMqttReadBytes> piece{};
  const Stream::Io io = stream_->read(piece.data(), piece.size());
  switch (io.status) {
    case Stream::Status::ok: break;
    case Stream::Status::again: return false;
    case Stream::Status::end: return fail(broken("it closed the connection"));
    case Stream::Status::failed: return fail(broken(stream_->failure()));
  }
  in_.erase(0, std::exchange(used_, 0));
  in_.append(piece.data(), io.bytes);
  heard_ = std::chrono::steady_clock::now();
  return true;
}

Awaitable<Result<wire::MqttFrame>> MqttLink::next() {
  while (true) {
    if (ended_) co_return fail(*ended_);
    const std::string_view rest = std::string_view(in_).substr(used_);
    auto frame = wire::next_mqtt_frame(rest, kMqttPacketBytesMax);
    if (!frame) co_return fail(broken(frame.error().message));
    if (*frame) {
      used_ += (*frame)->bytes;
      co_return **frame;
    }
    WEFT_CO_TRY(const bool more, read());
    if (!more) co_await wake_.wait();
  }
}

void MqttLink::say(std::string_view packet) {
  if (ended_ || !stream_) return;
  if (out_.size() - sent_ > 2 * kMqttUnsentBytesMax)
    return end(broken("it does not take what is sent to it"));
  out_ += packet;
  flush();
}

void MqttLink::flush() {
  while (sent_ < out_.size() && stream_->writable()) {
    const iovec piece{out_.data() + sent_, out_.size() - sent_};
    const Stream::Io io = stream_->write({&piece, 1});
    sent_ += io.bytes;
    if (io.status == Stream::Status::failed || io.status == Stream::Status::end)
      return end(broken(stream_->failure()));
    if (io.status == Stream::Status::again) break;
  }
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  } else if (sent_ >= out_.size() / 2) {
    out_.erase(0, std::exchange(sent_, 0));
  }
}

void MqttLink::end(Error why) {
  if (!ended_) ended_ = std::move(why);
  wake_.later();
}

void MqttLink::on_stream() {
  if (sent_ < out_.size()) flush();
  wake_.now();
}

}  // namespace weft::net
