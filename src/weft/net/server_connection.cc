#include "weft/net/server_connection.h"

#include <boost/asio/post.hpp>

#include <array>
#include <charconv>
#include <format>

#include "weft/base/log.h"

namespace weft::net {
namespace {

// A large piece goes out in slices of this: what a slow client leaves unsent of one is all that is
// copied.
constexpr std::size_t kSliceBytes = 64 * 1024;
// A buffer that once grew past this is given back.
constexpr std::size_t kOutKept = 32 * 1024;
// Room behind a body: parsers that look at many bytes at once want to see past its end, and a
// longer name may have to fit into it.
constexpr std::size_t kBodySlack = 128;

Error client_gone(std::string_view how) {
  return make_error(Reason::cancelled, std::format("the client is gone: {}", how));
}

bool set_here(std::string_view name) {
  using wire::same_name;
  switch (name.size()) {
    case 4: return same_name(name, "date");
    case 10: return same_name(name, "connection") || same_name(name, "keep-alive");
    case 14: return same_name(name, "content-length");
    case 17: return same_name(name, "transfer-encoding");
    default: return false;
  }
}

void append_number(std::string& out, std::uint64_t number, int base) {
  std::array<char, 20> digits{};
  const auto [end, bad] = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  out.append(digits.data(), end);
}

iovec piece_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

ServerConnection::ServerConnection(std::shared_ptr<ServerShard> shard, int fd, std::string peer)
    : shard_(std::move(shard)),
      stream_(shard_->poller(), fd, *this),
      reader_(wire::HttpReader::Kind::request, shard_->limits().http),
      in_(shard_->buffers()),
      wake_(shard_->executor()),
      peer_(std::move(peer)),
      idle_since_(shard_->poller().now()) {
  if (auto* tls = shard_->shared().tls.get(); tls != nullptr && stream_.open()) {
    stream_.start_tls(make_server_session(tls));
  }
}

// ---- what the loop tells

void ServerConnection::on_stream() {
  if (blocked_ && stream_.writable()) flush();
  switch (waiting_) {
    case Waiting::input:
      if (stream_.readable()) wake_.now();
      return;
    case Waiting::output:
      if (stream_.writable() || stream_.ended()) return wake_.now();
      break;
    case Waiting::room:
      if (lost_ || pending() <= shard_->limits().write_buffer_bytes_max / 2) return wake_.now();
      break;
    case Waiting::none: break;
  }
  read_ahead();
}

void ServerConnection::on_deadline() {
  const auto self = shared_from_this();
  if (waiting_ == Waiting::input) {
    expired_ = true;
    wake_.now();
  } else {
    abandon(client_gone("it did not read its answer"));
  }
}

void ServerConnection::read_ahead() {
  // Nobody asked for bytes: these belong to the body or the next request, or say that the client is
  // gone.
  while (!lost_ && stream_.readable() && in_.room_size() > 0) {
    const Stream::Io io = stream_.read(in_.room(), in_.room_size());
    if (io.status == Stream::Status::ok) {
      in_.filled(io.bytes);
      continue;
    }
    if (io.status == Stream::Status::again) return;
    if (io.status == Stream::Status::failed) return abandon(client_gone(stream_.failure()));
    break;
  }
  if (!lost_ && stream_.ended()) client_ended("it closed the connection");
}

void ServerConnection::client_ended(std::string_view how) {
  if (gone_why_) return;
  gone_why_ = client_gone(how);
  close_after_ = true;
  const auto self = shared_from_this();
  if (gone_) gone_->cancel(*gone_why_);
}

void ServerConnection::abandon(const Error& why) {
  const auto self = shared_from_this();
  lost_ = true;
  if (!gone_why_) gone_why_ = why;
  lift();
  stream_.close();
  wake_.later();
  if (gone_) gone_->cancel(*gone_why_);
}

void ServerConnection::cancel(const Error& why) {
  const auto self = shared_from_this();
  close_after_ = true;
  if (!gone_) gone_.emplace();
  gone_->cancel(why);
}

void ServerConnection::close_idle() {
  closing_ = true;
  if (idle_) wake_.later();
}

std::optional<SteadyTime> ServerConnection::idle_since() const {
  if (!idle_ || closing_) return std::nullopt;
  return idle_since_;
}

CancelToken ServerConnection::gone() const {
  if (!gone_) {
    gone_.emplace();
    if (gone_why_) gone_->cancel(*gone_why_);
  }
  return gone_->token();
}

// ---- the life of a connection

Awaitable<> ServerConnection::serve() {
  if (!stream_.open() || (stream_.tls() && !co_await handshake())) co_return;
  while (co_await next_request()) {
    // What leaves a handler ends its exchange, and no other.
    try {
      co_await shard_->shared().handler(*this);
    } catch (const std::bad_alloc&) {
      starved_ = true;
    } catch (const std::exception& caught) {
      log::error("an exception left the handler of {} {}: {}", head().method, head().path(),
                 caught.what());
    }
    if (!co_await end_exchange()) break;
  }
  lift();
  stream_.close();
  in_.release();
}

Awaitable<bool> ServerConnection::handshake() {
  arm(shard_->limits().head_timeout);
  while (!lost_ && !expired_) {
    const Stream::Status status = stream_.handshake();
    if (status == Stream::Status::ok) co_return true;
    if (status != Stream::Status::again) co_return false;
    waiting_ = Waiting::input;
    co_await wake_.wait();
    waiting_ = Waiting::none;
  }
  co_return false;
}

void ServerConnection::begin_exchange() {
  started_ = finished_ = chunked_ = bodyless_ = body_began_ = body_held_ = expired_ = close_after_ =
      starved_ = false;
  gone_.reset();
  body_left_.reset();
  body_bytes_ = 0;
  body_waited_ = {};
}

Awaitable<> ServerConnection::let_others_run() {
  in_a_row_ = 0;
  // As if it waited for the request that is there: nothing is read ahead, and an end that came
  // behind it is seen when its turn comes.
  waiting_ = Waiting::input;
  co_await others_first(shard_->executor());
  waiting_ = Waiting::none;
}

Awaitable<bool> ServerConnection::next_request() {
  // A client that sends on without waiting for its answers may have the next one here for ever.
  if (++in_a_row_ > kRequestsInARowMax) co_await let_others_run();
  if (lost_) co_return false;
  begin_exchange();
  arm(std::exchange(first_, false) ? shard_->limits().head_timeout
                                   : shard_->limits().keep_alive_timeout);
  bool begun = false;
  while (true) {
    if (!in_.empty()) {
      if (!std::exchange(begun, true)) arm(shard_->limits().head_timeout);
      std::size_t used = 0;
      const auto step = reader_.feed(in_.bytes(), used);
      in_.consume(used);
      if (!step) {
        co_await refuse(reader_.refusal_status(), step.error().message);
        co_return false;
      }
      if (*step == wire::HttpStep::head) break;
      continue;
    }
    if (stream_.readable()) {
      in_.rewind();
      const Stream::Io io = stream_.read(in_.room(), in_.room_size());
      if (io.status == Stream::Status::ok) in_.filled(io.bytes);
      if (io.status == Stream::Status::end || io.status == Stream::Status::failed) co_return false;
      continue;
    }
    idle_ = !reader_.inside_message();
    if (idle_ && (closing_ || shard_->draining())) co_return false;
    idle_since_ = shard_->poller().now();
    in_.release();
    in_a_row_ = 0;
    waiting_ = Waiting::input;
    co_await wake_.wait();
    waiting_ = Waiting::none;
    const bool was_idle = std::exchange(idle_, false);
    if (lost_ || (was_idle && (expired_ || closing_))) co_return false;
    if (expired_) {
      co_await refuse(408, "the request did not come in time");
      co_return false;
    }
  }
  lift();
  body_done_ = !reader_.request().has_body();
  if (body_done_) {
    std::size_t used = 0;
    // Only ends the message in the reader: nothing is read.
    (void)reader_.feed(in_.bytes(), used);
    in_.consume(used);
    // The next connection that reads finds the block still warm.
    if (in_.empty()) in_.release();
  }
  co_return true;
}

Awaitable<bool> ServerConnection::end_exchange() {
  if (lost_) co_return false;
  if (!started_) answer_failure();
  // An answer that was begun and not finished: the client must see that it is cut off.
  if (!finished_) flush();
  if (!finished_ || lost_) co_return false;
  if (pending() > 0 && !co_await send_rest("")) co_return false;
  if (!body_done_ && !close_after_) close_after_ = !co_await skip_body();
  if (close_after_ && !body_done_) co_await linger();
  co_return !close_after_ && !lost_;
}

void ServerConnection::answer_failure() {
  wire::ResponseHead failed;
  failed.status = starved_ ? 503 : 500;
  if (starved_) {
    failed.headers.add("Retry-After", "1");
  } else if (!gone_why_) {
    log::error("nobody answered {} {}", head().method, head().path());
  }
  (void)respond(std::move(failed), starved_ ? "the hub is out of memory; try again shortly\n" : "");
}

Awaitable<bool> ServerConnection::skip_body() {
  std::size_t skipped = 0;
  while (skipped <= kUnreadBodyMax) {
    const auto piece = co_await read_some();
    if (!piece) co_return false;
    if (piece->empty()) co_return true;
    skipped += piece->size();
  }
  co_return false;
}

Awaitable<> ServerConnection::refuse(int status, std::string text) {
  expired_ = false;
  wire::ResponseHead head;
  head.status = status;
  head.headers.add("Content-Type", "text/plain; charset=utf-8");
  close_after_ = true;
  body_done_ = true;
  text += '\n';
  write_head(out_, head, text.size());
  if (!co_await send_all(text)) co_return;
  co_await linger();
}

Awaitable<> ServerConnection::linger() {
  // A close with bytes unread would reset the connection and may take the answer with it.
  stream_.shutdown_write();
  std::size_t thrown_away = 0;
  expired_ = false;
  arm(kLingerTime);
  while (!lost_ && !expired_ && thrown_away < kLingerBytesMax) {
    in_.release();
    if (stream_.readable()) {
      const Stream::Io io = stream_.read(in_.room(), in_.room_size());
      if (io.status == Stream::Status::end || io.status == Stream::Status::failed) co_return;
      const std::size_t before = std::exchange(thrown_away, thrown_away + io.bytes);
      if (thrown_away / kUnreadBodyMax != before / kUnreadBodyMax) co_await let_others_run();
      continue;
    }
    waiting_ = Waiting::input;
    co_await wake_.wait();
    waiting_ = Waiting::none;
  }
}

// ---- the request

const wire::RequestHead& ServerConnection::head() const {
  return const_cast<wire::HttpReader&>(reader_).request();
}

Result<bool> ServerConnection::take_body(std::string_view& piece) {
  std::size_t used = 0;
  const auto step = reader_.feed(in_.bytes(), used);
  in_.consume(used);
  if (!step) {
    close_after_ = true;
    return std::unexpected(step.error());
  }
  if (*step == wire::HttpStep::complete) body_done_ = true;
  piece = reader_.body();
  return *step != wire::HttpStep::need_more;
}

Awaitable<Result<std::string_view>> ServerConnection::read_some() {
  if (!body_began_ && !body_done_ && in_.empty() && head().expect_continue && !started_) {
    out_.append("HTTP/1.1 100 Continue\r\n\r\n");
    flush();
  }
  body_began_ = true;
  while (!body_done_) {
    // Also with nothing to read: the end of a message is only seen by asking.
    std::string_view piece;
    WEFT_CO_TRY(const bool found, take_body(piece));
    if (found) co_return piece;
    if (!in_.empty()) continue;
    if (lost_) co_return fail(*gone_why_);
    if (stream_.readable()) {
      in_.rewind();
      const Stream::Io io = stream_.read(in_.room(), in_.room_size());
      if (io.status == Stream::Status::ok) {
        in_.filled(io.bytes);
        body_bytes_ += io.bytes;
      }
      if (io.status == Stream::Status::end || io.status == Stream::Status::failed) {
        client_ended("it closed the connection in the middle of the request");
        co_return fail(*gone_why_);
      }
      continue;
    }
    const SteadyTime began = shard_->poller().now();
    const SteadyTime until = began + body_patience();
    do {
      expired_ = false;
      const auto left = std::chrono::ceil<Milliseconds>(until - shard_->poller().now());
      // What is held would be held as long as a slow client likes.
      arm(body_held_ ? std::min(left, kMemoryLook) : left);
      waiting_ = Waiting::input;
      co_await wake_.wait();
      waiting_ = Waiting::none;
      lift();
      if (body_held_ && shard_->limits().memory_reached(MemoryLevel::out)) co_return no_memory();
    } while (expired_ && shard_->poller().now() < until);
    body_waited_ += shard_->poller().now() - began;
    if (std::exchange(expired_, false)) {
      close_after_ = true;
      co_return fail(Reason::deadline, "the rest of the request body did not come in time");
    }
  }
  co_return std::string_view();
}

Milliseconds ServerConnection::body_patience() const {
  const ServerLimits& limits = shard_->limits();
  const auto earned = Milliseconds(body_bytes_ * 1000 / limits.body_bytes_per_second_min);
  const auto waited = std::chrono::duration_cast<Milliseconds>(body_waited_);
  return std::clamp(limits.body_idle_timeout + earned - waited, Milliseconds(0),
                    limits.body_idle_timeout);
}

bool ServerConnection::memory_for(std::uint64_t bytes) const {
  return bytes <= kSmallBodyBytes || !shard_->limits().memory_reached(MemoryLevel::tight);
}

std::unexpected<Error> ServerConnection::no_memory() {
  close_after_ = true;
  return fail(short_of_memory());
}

std::unexpected<Error> ServerConnection::too_large(std::size_t bytes_max) {
  close_after_ = true;
  return fail(Reason::too_large,
              std::format("the request body is longer than {} bytes", bytes_max));
}

std::optional<Result<std::string>> ServerConnection::body_at_hand(std::size_t bytes_max) {
  if (body_began_ || lost_) return std::nullopt;
  const auto length = head().body_length;
  if (body_done_) return Result<std::string>("");
  if (!length || *length > in_.bytes().size() + in_.room_size()) return std::nullopt;
  if (*length > bytes_max) return too_large(bytes_max);
  while (in_.bytes().size() < *length) {
    if (!stream_.readable()) return std::nullopt;
    const Stream::Io io = stream_.read(in_.room(), in_.room_size());
    if (io.status == Stream::Status::ok) in_.filled(io.bytes);
    if (io.status == Stream::Status::end || io.status == Stream::Status::failed) {
      client_ended("it closed the connection in the middle of the request");
      return fail(*gone_why_);
    }
  }
  body_began_ = true;
  std::string body;
  body.reserve(static_cast<std::size_t>(*length) + kBodySlack);
  while (!body_done_) {
    std::string_view piece;
    WEFT_TRY(const bool found, take_body(piece));
    if (found) body.append(piece);
  }
  if (in_.empty()) in_.release();
  return body;
}

Awaitable<Result<std::string>> ServerConnection::read_body(std::size_t bytes_max) {
  std::string body;
  if (body_done_) co_return body;
  const std::uint64_t length = head().body_length.value_or(0);
  if (length > bytes_max) co_return too_large(bytes_max);
  if (!memory_for(length)) co_return no_memory();
  body_held_ = true;
  body.reserve(static_cast<std::size_t>(length) + kBodySlack);
  while (true) {
    std::string_view piece;
    if (body_began_ && !body_done_ && !in_.empty()) {
      WEFT_CO_TRY(const bool found, take_body(piece));
      if (!found) continue;
    } else {
      WEFT_CO_TRY(piece, co_await read_some());
    }
    if (piece.empty()) co_return body;
    if (body.size() + piece.size() > bytes_max) co_return too_large(bytes_max);
    // One without a length is found out when it has grown.
    const bool grew = length == 0 && body.size() <= kSmallBodyBytes &&
                      body.size() + piece.size() > kSmallBodyBytes;
    if (grew && !memory_for(body.size() + piece.size())) co_return no_memory();
    if (shard_->limits().memory_reached(MemoryLevel::out)) co_return no_memory();
    body.append(piece);
  }
}

// ---- the answer

void ServerConnection::decide_close() {
  const wire::RequestHead& request = head();
  if (!request.keep_alive || closing_ || shard_->draining() || gone_why_) close_after_ = true;
  if (body_done_) return;
  const bool held_back = request.expect_continue && !body_began_ && in_.empty();
  if (held_back || request.body_length.value_or(0) > kUnreadBodyMax) close_after_ = true;
}

void ServerConnection::write_head(std::string& out, const wire::ResponseHead& head,
                                  std::optional<std::uint64_t> length) {
  WEFT_ASSERT(head.status >= 200 && head.status <= 999);
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(head.status), 10);
  out += ' ';
  out.append(wire::reason_phrase(head.status));
  out.append("\r\n", 2);
  for (const auto& [name, value] : head.headers) {
    if (set_here(name)) continue;
    if (!wire::valid_header_name(name) || !wire::valid_header_value(value)) {
      // A bug of the handler, but one that what a stranger sent may set off: it must not end the
      // process.
      log::error("the header `{}` of an answer holds a character that it must not hold: left out",
                 name);
      continue;
    }
    out.append(name);
    out.append(": ", 2);
    out.append(value);
    out.append("\r\n", 2);
  }
  out.append("Date: ");
  out.append(shard_->date());
  if (length && head.status != 204) {
    out.append("\r\nContent-Length: ");
    append_number(out, *length, 10);
  }
  if (chunked_) out.append("\r\nTransfer-Encoding: chunked");
  if (close_after_) {
    out.append("\r\nConnection: close");
  } else if (this->head().http_1_0) {
    out.append("\r\nConnection: keep-alive");
  }
  out.append("\r\n\r\n");
}

Result<void> ServerConnection::respond(wire::ResponseHead head, std::string_view body) {
  WEFT_ASSERT(!started_);
  started_ = finished_ = true;
  decide_close();
  const bool for_head = this->head().method == "HEAD";
  bodyless_ = for_head || head.status == 204 || head.status == 304;
  std::optional<std::uint64_t> length = body.size();
  if (bodyless_) {
    length = head.status == 304 || (for_head && body.empty()) ? head.body_length : length;
    body = {};
  }
  if (lost_) return fail(*gone_why_);
  // Put together where it is warm; only what the socket does not take is kept with the connection.
  std::string& scratch = shard_->scratch();
  scratch.assign(out_, out_sent_);
  write_head(scratch, head, length);
  if (body.size() <= kGatherBytesMax / 4) scratch.append(std::exchange(body, {}));
  const std::array<iovec, 2> parts = {piece_of(scratch), piece_of(body)};
  const Stream::Io io = stream_.write(std::span<const iovec>(parts).first(body.empty() ? 1 : 2));
  sent(pending());
  lift();
  blocked_ = false;
  if (io.status == Stream::Status::ok) return {};
  if (io.status == Stream::Status::failed) {
    abandon(client_gone(stream_.failure()));
    return fail(*gone_why_);
  }
  // The rest goes before this connection's next request is read.
  const std::size_t of_scratch = std::min(scratch.size(), io.bytes);
  out_.append(scratch, of_scratch);
  out_.append(body.substr(io.bytes - of_scratch));
  blocked_ = true;
  arm(shard_->limits().write_timeout);
  return {};
}

Awaitable<Result<void>> ServerConnection::start(wire::ResponseHead head) {
  WEFT_ASSERT(!started_);
  started_ = true;
  decide_close();
  bodyless_ = this->head().method == "HEAD" || head.status == 204 || head.status == 304;
  const bool unframed = !head.body_length && !bodyless_;
  if (unframed && this->head().http_1_0) close_after_ = true;
  chunked_ = unframed && !this->head().http_1_0;
  body_left_ = head.body_length;
  write_head(out_, head, head.body_length);
  if (lost_) co_return fail(*gone_why_);
  schedule_flush();
  co_return Result<void>();
}

Awaitable<Result<void>> ServerConnection::write(std::string_view piece) {
  WEFT_ASSERT(started_ && !finished_);
  while (!piece.empty() && !bodyless_) {
    if (lost_) co_return fail(*gone_why_);
    const std::string_view slice = piece.substr(0, kSliceBytes);
    piece.remove_prefix(slice.size());
    if (body_left_) {
      if (slice.size() > *body_left_)
        co_return fail(Reason::internal, "the answer is longer than it said");
      *body_left_ -= slice.size();
    }
    if (chunked_) {
      append_number(out_, slice.size(), 16);
      out_.append("\r\n", 2);
    }
    put(slice);
    while (!lost_ && pending() > shard_->limits().write_buffer_bytes_max) {
      waiting_ = Waiting::room;
      co_await wake_.wait();
      waiting_ = Waiting::none;
    }
  }
  if (lost_) co_return fail(*gone_why_);
  co_return Result<void>();
}

void ServerConnection::put(std::string_view slice) {
  const std::string_view end = chunked_ ? "\r\n" : "";
  if (blocked_ || pending() + slice.size() <= kGatherBytesMax) {
    out_.append(slice);
    out_.append(end);
    if (!blocked_) schedule_flush();
    return;
  }
  const std::size_t before = pending();
  const std::array<iovec, 3> parts = {piece_of(std::string_view(out_).substr(out_sent_)),
                                      piece_of(slice), piece_of(end)};
  const Stream::Io io = stream_.write(parts);
  if (io.status == Stream::Status::failed) return abandon(client_gone(stream_.failure()));
  // What the socket did not take is kept.
  const std::size_t of_out = std::min(before, io.bytes);
  const std::size_t of_slice = std::min(slice.size(), io.bytes - of_out);
  out_.append(slice.substr(of_slice));
  out_.append(end.substr(io.bytes - of_out - of_slice));
  sent(of_out);
  if (io.status == Stream::Status::again) {
    blocked_ = true;
    arm(shard_->limits().write_timeout);
  }
}

Awaitable<Result<void>> ServerConnection::finish() {
  WEFT_ASSERT(started_);
  if (finished_) co_return Result<void>();
  if (body_left_.value_or(0) > 0 && !bodyless_) {
    abandon(client_gone("the answer was shorter than it said"));
    co_return fail(Reason::internal, "the answer is shorter than it said");
  }
  if (chunked_) out_.append("0\r\n\r\n");
  finished_ = true;
  co_return co_await send_all("");
}

void ServerConnection::sent(std::size_t bytes) {
  out_sent_ += bytes;
  if (out_sent_ < out_.size()) return;
  out_sent_ = 0;
  if (out_.capacity() > kOutKept) {
    out_ = std::string();
  } else {
    out_.clear();
  }
}

std::optional<Result<void>> ServerConnection::send_now(std::string_view& body) {
  if (lost_) return Result<void>(fail(*gone_why_));
  const std::size_t before = pending();
  const std::array<iovec, 2> parts = {piece_of(std::string_view(out_).substr(out_sent_)),
                                      piece_of(body)};
  const Stream::Io io = stream_.write(std::span<const iovec>(parts).first(body.empty() ? 1 : 2));
  const std::size_t of_out = std::min(before, io.bytes);
  sent(of_out);
  body.remove_prefix(io.bytes - of_out);
  if (io.status == Stream::Status::ok) {
    blocked_ = false;
    lift();
    return Result<void>();
  }
  if (io.status == Stream::Status::again) return std::nullopt;
  abandon(client_gone(stream_.failure()));
  return Result<void>(fail(*gone_why_));
}

Awaitable<Result<void>> ServerConnection::send_rest(std::string_view body) {
  while (true) {
    arm(shard_->limits().write_timeout);
    waiting_ = Waiting::output;
    co_await wake_.wait();
    waiting_ = Waiting::none;
    if (const auto sent = send_now(body)) co_return *sent;
  }
}

Awaitable<Result<void>> ServerConnection::send_all(std::string_view body) {
  if (const auto sent = send_now(body)) co_return *sent;
  co_return co_await send_rest(body);
}

void ServerConnection::flush() {
  if (lost_ || waiting_ == Waiting::output) return;
  const iovec rest = piece_of(std::string_view(out_).substr(out_sent_));
  if (rest.iov_len == 0) return;
  const Stream::Io io = stream_.write({&rest, 1});
  if (io.status == Stream::Status::failed) return abandon(client_gone(stream_.failure()));
  sent(io.bytes);
  blocked_ = io.status == Stream::Status::again;
  if (waiting_ == Waiting::input) return;
  // The wait starts anew with whatever the client took.
  if (blocked_) {
    arm(shard_->limits().write_timeout);
  } else {
    lift();
  }
}

void ServerConnection::schedule_flush() {
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(shard_->executor(), [self = shared_from_this()] {
    self->flush_posted_ = false;
    if (!self->blocked_) self->flush();
  });
}

}  // namespace weft::net
