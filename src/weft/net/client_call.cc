#include "weft/net/client_call.h"

#include <array>
#include <charconv>
#include <format>

namespace weft::net {
namespace {

bool set_here(std::string_view name) {
  using wire::same_name;
  switch (name.size()) {
    case 4: return same_name(name, "host");
    case 7: return same_name(name, "trailer") || same_name(name, "upgrade");
    case 10: return same_name(name, "connection") || same_name(name, "keep-alive");
    case 14: return same_name(name, "content-length");
    case 16: return same_name(name, "proxy-connection");
    case 17: return same_name(name, "transfer-encoding");
    case 2: return same_name(name, "te");
    case 6: return same_name(name, "expect");
    default: return false;
  }
}

bool has_meaning_without_body(std::string_view method) {
  return method != "POST" && method != "PUT" && method != "PATCH";
}

bool idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

bool valid_target(std::string_view target) {
  if (!target.starts_with('/') && target != "*") return false;
  for (const char c : target) {
    if (c <= 0x20 || c == 0x7f || c == '#') return false;
  }
  return true;
}

void append_number(std::string& out, std::uint64_t number, int base) {
  std::array<char, 20> digits{};
  out.append(digits.data(),
             std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr);
}

/// A body up to this is copied behind its head: one piece is cheaper to send than two.
constexpr std::size_t kCopiedBodyMax = 4 * 1024;

iovec piece_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

ClientCall::ClientCall(std::shared_ptr<ClientCore> core, const Origin& origin, CancelToken cancel,
                       SteadyTime deadline, Milliseconds idle_timeout)
    : core_(std::move(core)),
      pool_(core_->pool(origin)),
      wake_(core_->executor),
      cancel_(std::move(cancel)),
      deadline_(deadline),
      idle_timeout_(idle_timeout) {
  core_->deadlines.set(*this, deadline_);
  registration_ = cancel_.on_cancel([this] { stop(cancel_.why()); });
}

ClientCall::~ClientCall() {
  std::erase(pool_->waiting, &wake_);
  if (!connection_ || !head_whole_ || stop_) return;
  // Its body was looked at in place.
  if (done_) {
    release();
    return;
  }
  // Whoever knew the length may never have asked for the end: nothing is left to read, and the
  // connection is as good as new.
  std::string_view piece;
  const auto step = take_body(piece);
  if (step && done_) release();
}

// ---- what the loop tells

void ClientCall::on_stream() {
  const Stream& stream = connection_->stream;
  if (stream.readable() || (sending_ && stream.writable())) wake_.now();
}

void ClientCall::on_deadline() {
  if (connecting_ && std::chrono::steady_clock::now() < deadline_) {
    connect_expired_ = true;
    return wake_.now();
  }
  stop(make_error(Reason::deadline, std::format("{} did not answer in time", pool_->name)));
}

void ClientCall::stop(Error why) {
  if (stop_ || done_) return;
  stop_ = std::move(why);
  if (connection_) connection_->stream.close();
  wake_.later();
}

Error ClientCall::broken(std::string_view what) const {
  if (stop_) return *stop_;
  return make_error(Reason::unavailable, std::format("{}: {}", pool_->name, what));
}

// ---- the request

bool ClientCall::take_idle() {
  if (pool_->idle.empty()) return false;
  connection_ = std::move(pool_->idle.back());
  pool_->idle.pop_back();
  connection_->unpark(*this);
  return true;
}

bool ClientCall::may_repeat(const ClientRequest& request, bool streaming) const {
  if (stop_ || answered_ || !connection_ || !connection_->reused) return false;
  return !wrote_ || (request.repeats && idempotent(request.method) && !streaming);
}

Awaitable<Result<void>> ClientCall::exchange(const ClientRequest& request,
                                             HttpClient::BodySource* source, bool fresh) {
  connection_.reset();
  head_whole_ = early_ = false;
  failure_.reset();
  if (stop_) co_return fail(*stop_);
  if (fresh || !take_idle()) {
    WEFT_CO_CHECK(co_await connect(request.origin));
  }
  if (source == nullptr) {
    WEFT_CO_TRY(const auto sent, send_request(request));
    bool early = sent.value_or(false);
    if (!sent) {
      WEFT_CO_TRY(early, co_await send_rest(unsent_.first, unsent_.second));
    }
    co_return co_await wait_for_head(early);
  }
  WEFT_CO_CHECK(write_head(connection_->out, request, true));
  if (request.method == "HEAD") connection_->reader.expect_no_body();
  WEFT_CO_TRY(const bool early, co_await send_source(*source));
  co_return co_await wait_for_head(early);
}

Awaitable<Result<void>> ClientCall::wait_for_head(bool early) {
  early_ = early;
  while (!settled()) co_await wake_.wait();
  co_return outcome();
}

Awaitable<Result<void>> ClientCall::go_on() {
  WEFT_CO_TRY(const bool early, co_await send_rest(unsent_.first, unsent_.second));
  co_return co_await wait_for_head(early);
}

ClientCall::Launch ClientCall::launch(const ClientRequest& request) {
  if (stop_ || !take_idle()) return Launch::not_yet;
  const auto sent = send_request(request);
  if (!sent) {
    failure_ = sent.error();
    return Launch::sent;
  }
  early_ = sent->value_or(false);
  return *sent ? Launch::sent : Launch::partly;
}

bool ClientCall::settled() {
  if (failure_) return true;
  if (!head_whole_) {
    const auto whole = try_head();
    if (!whole) {
      failure_ = whole.error();
      return true;
    }
    if (!*whole) return false;
    head_whole_ = true;
  }
  take_head();
  return true;
}

Result<void> ClientCall::outcome() const {
  if (failure_) return fail(*failure_);
  return {};
}

Result<std::optional<bool>> ClientCall::send_request(const ClientRequest& request) {
  std::string& scratch = core_->scratch;
  WEFT_CHECK(write_head(scratch, request, false));
  if (request.method == "HEAD") connection_->reader.expect_no_body();
  std::string_view body = request.body;
  if (body.size() <= kCopiedBodyMax) scratch.append(std::exchange(body, {}));
  std::string_view out = scratch;
  WEFT_TRY(const auto sent, send_now(out, body));
  if (!sent) {
    connection_->out = out;
    unsent_ = {connection_->out, body};
  }
  return sent;
}

Result<void> ClientCall::write_head(std::string& out, const ClientRequest& request,
                                    bool streaming) {
  const std::string& own = request.target;
  const std::string named = own.empty() ? request.origin.url.target() : std::string();
  const std::string_view target = own.empty() ? std::string_view(named) : std::string_view(own);
  if (!valid_target(target) || !wire::valid_header_name(request.method)) {
    return fail(Reason::invalid_argument,
                std::format("`{} {}` cannot be sent", request.method, target));
  }
  out.clear();
  out.append(request.method)
      .append(" ")
      .append(target)
      .append(" HTTP/1.1\r\nHost: ")
      .append(pool_->authority);
  bool agent = false;
  body_left_.reset();
  for (const auto& [name, value] : request.headers) {
    if (set_here(name)) {
      std::uint64_t length = 0;
      const bool number =
          wire::same_name(name, "content-length") &&
          std::from_chars(value.data(), value.data() + value.size(), length).ec == std::errc();
      if (number && streaming) body_left_ = length;
      continue;
    }
    if (!wire::valid_header_name(name) || !wire::valid_header_value(value)) {
      return fail(Reason::invalid_argument,
                  std::format("the header `{}` holds a character that it must not hold", name));
    }
    agent = agent || wire::same_name(name, "user-agent");
    out.append("\r\n", 2).append(name).append(": ", 2).append(value);
  }
  if (!agent) out.append("\r\nUser-Agent: weft/" WEFT_VERSION);
  chunked_ = streaming && !body_left_;
  if (chunked_) {
    out.append("\r\nTransfer-Encoding: chunked");
  } else if (streaming || !request.body.empty() || !has_meaning_without_body(request.method)) {
    out.append("\r\nContent-Length: ");
    append_number(out, body_left_.value_or(request.body.size()), 10);
  }
  out.append("\r\n\r\n");
  return {};
}

Result<std::optional<bool>> ClientCall::send_now(std::string_view& out, std::string_view& body) {
  using Sent = std::optional<bool>;
  if (stop_) return fail(*stop_);
  const std::array<iovec, 2> parts = {piece_of(out), piece_of(body)};
  const Stream::Io io =
      connection_->stream.write(std::span<const iovec>(parts).first(body.empty() ? 1 : 2));
  if (io.bytes > 0) wrote_ = true;
  const std::size_t of_out = std::min(out.size(), io.bytes);
  out.remove_prefix(of_out);
  body.remove_prefix(io.bytes - of_out);
  if (io.status == Stream::Status::ok) return Sent(false);
  // It may have answered and closed without reading on: its answer counts.
  const auto whole = head_whole_ ? Result<bool>(true) : try_head();
  head_whole_ = whole && *whole;
  const bool failed = io.status == Stream::Status::failed;
  if (head_whole_ && (failed || connection_->reader.response().status >= 400)) return Sent(true);
  if (failed) return fail(broken(connection_->stream.failure()));
  if (!whole) return fail(whole.error());
  return Sent();
}

Awaitable<Result<bool>> ClientCall::send_rest(std::string_view out, std::string_view body) {
  while (true) {
    sending_ = true;
    co_await wake_.wait();
    sending_ = false;
    WEFT_CO_TRY(const auto sent, send_now(out, body));
    if (sent) co_return *sent;
  }
}

Awaitable<Result<bool>> ClientCall::send_pieces(std::string_view body) {
  std::string_view out = connection_->out;
  WEFT_CO_TRY(const auto sent, send_now(out, body));
  if (sent) co_return *sent;
  co_return co_await send_rest(out, body);
}

Awaitable<Result<bool>> ClientCall::send_source(HttpClient::BodySource& source) {
  // The head leaves at once: the other side may want to refuse before the body.
  while (true) {
    WEFT_CO_TRY(const bool early, co_await send_pieces(""));
    if (early) co_return true;
    WEFT_CO_TRY(const std::string_view piece, co_await source());
    std::string& out = connection_->out;
    out.clear();
    if (piece.empty()) break;
    if (body_left_) {
      if (piece.size() > *body_left_)
        co_return fail(Reason::internal, "the request body is longer than it said");
      *body_left_ -= piece.size();
    }
    if (chunked_) {
      append_number(out, piece.size(), 16);
      out.append("\r\n", 2);
    }
    WEFT_CO_TRY(const bool answered, co_await send_pieces(piece));
    if (answered) co_return true;
    out.assign(chunked_ ? "\r\n" : "");
  }
  if (body_left_.value_or(0) > 0)
    co_return fail(Reason::internal, "the request body is shorter than it said");
  if (chunked_) connection_->out.append("0\r\n\r\n");
  co_return co_await send_pieces("");
}

// ---- the answer

Result<bool> ClientCall::try_head() {
  ClientConnection& connection = *connection_;
  while (true) {
    if (stop_) return fail(*stop_);
    if (!connection.in.empty()) {
      std::size_t used = 0;
      const auto step = connection.reader.feed(connection.in.bytes(), used);
      connection.in.consume(used);
      if (!step) {
        Error error = step.error();
        error.message = std::format("{}: {}", pool_->name, error.message);
        return fail(std::move(error));
      }
      if (*step == wire::HttpStep::head) return true;
      continue;
    }
    if (!connection.stream.readable()) return false;
    connection.in.rewind();
    const Stream::Io io = connection.stream.read(connection.in.room(), connection.in.room_size());
    if (io.status == Stream::Status::ok) {
      answered_ = true;
      connection.in.filled(io.bytes);
    } else if (io.status == Stream::Status::end) {
      return fail(broken("it closed the connection without an answer"));
    } else if (io.status == Stream::Status::failed) {
      return fail(broken(connection.stream.failure()));
    }
  }
}

void ClientCall::take_head() {
  wire::HttpReader& reader = connection_->reader;
  head_ = std::move(reader.response());
  // After an answer to half a request, what follows on its connection means nothing.
  keep_ = head_.keep_alive && !early_;
  if (idle_timeout_ > Milliseconds(0)) core_->deadlines.lift(*this);
  if (head_.chunked || head_.body_length != 0) return;
  // There is no body: the connection is free already.
  std::string_view none;
  if (const auto step = take_body(none); step && done_) release();
}

void ClientCall::release() {
  core_->deadlines.lift(*this);
  registration_ = {};
  auto connection = std::move(connection_);
  if (keep_ && connection->in.empty() && connection->stream.open() && !connection->stream.ended()) {
    ClientConnection::park(std::move(connection));
  }
}

Result<bool> ClientCall::take_body(std::string_view& piece) {
  ClientConnection& connection = *connection_;
  std::size_t used = 0;
  const auto step = connection.reader.feed(connection.in.bytes(), used);
  connection.in.consume(used);
  if (!step) {
    keep_ = false;
    Error error = step.error();
    error.message = std::format("{}: {}", pool_->name, error.message);
    return fail(std::move(error));
  }
  done_ = *step == wire::HttpStep::complete;
  piece = connection.reader.body();
  return *step != wire::HttpStep::need_more;
}

Awaitable<Result<std::string_view>> ClientCall::read_some() {
  while (!done_) {
    if (stop_) co_return fail(*stop_);
    ClientConnection& connection = *connection_;
    // Also with nothing to read: the end of a message is only seen by asking.
    std::string_view piece;
    WEFT_CO_TRY(const bool found, take_body(piece));
    if (found && !done_) co_return piece;
    if (done_ || !connection.in.empty()) continue;
    if (connection.stream.readable()) {
      connection.in.rewind();
      const Stream::Io io = connection.stream.read(connection.in.room(), connection.in.room_size());
      if (io.status == Stream::Status::ok) connection.in.filled(io.bytes);
      if (io.status == Stream::Status::failed) co_return fail(broken(connection.stream.failure()));
      if (io.status == Stream::Status::end) {
        keep_ = false;
        if (const auto step = connection.reader.finish();
            !step || *step != wire::HttpStep::complete) {
          co_return fail(broken("the answer was cut off"));
        }
        done_ = true;
      }
      continue;
    }
    if (idle_timeout_ > Milliseconds(0))
      core_->deadlines.set(*this, core_->poller.now() + idle_timeout_);
    co_await wake_.wait();
    if (idle_timeout_ > Milliseconds(0)) core_->deadlines.lift(*this);
  }
  if (connection_) release();
  co_return std::string_view();
}

std::optional<std::string_view> ClientCall::body_at_hand() {
  const auto length = head_.body_length;
  if (done_ || stop_ || !connection_ || !length) return std::nullopt;
  Buffer& in = connection_->in;
  // The length is the other side's word: nothing is added to it.
  const std::size_t space = in.bytes().size() + in.room_size();
  if (space < kViewSlack || *length > space - kViewSlack) return std::nullopt;
  while (in.bytes().size() < *length) {
    if (!connection_->stream.readable()) return std::nullopt;
    const Stream::Io io = connection_->stream.read(in.room(), in.room_size() - kViewSlack);
    if (io.status != Stream::Status::ok) return std::nullopt;
    in.filled(io.bytes);
  }
  if (in.room_size() < kViewSlack) return std::nullopt;
  std::string_view body;
  while (!done_) {
    std::string_view piece;
    const auto found = take_body(piece);
    if (!found) return std::nullopt;
    if (*found && !done_) body = piece;
  }
  return body;
}

Awaitable<Result<std::string>> ClientCall::read_all(std::size_t bytes_max) {
  const auto too_large = [&] {
    return fail(Reason::too_large,
                std::format("{} answered with more than {} bytes", pool_->name, bytes_max));
  };
  const std::uint64_t length = head_.body_length.value_or(0);
  if (!done_ && length > bytes_max) co_return too_large();
  std::string body;
  body.reserve(static_cast<std::size_t>(done_ ? 0 : length));
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await read_some());
    if (piece.empty()) co_return body;
    if (body.size() + piece.size() > bytes_max) co_return too_large();
    body.append(piece);
  }
}

}  // namespace weft::net
