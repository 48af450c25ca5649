#include "weft/adapters/common/reply.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "weft/base/timers.h"
#include "weft/wire/sse.h"

namespace weft::adapters {

int http_status(const Error& error) {
  switch (error.reason) {
    case Reason::none: break;
    case Reason::invalid_argument: return 400;
    case Reason::unauthenticated: return 401;
    case Reason::permission_denied: return 403;
    case Reason::solution_not_found:
    case Reason::task_not_found: return 404;
    case Reason::unsupported: return 400;
    case Reason::not_cancelable: return 409;
    case Reason::content_type: return 415;
    case Reason::too_large: return 413;
    case Reason::rate_limited: return 429;
    case Reason::unavailable: return 503;
    case Reason::deadline: return 504;
    case Reason::cancelled: return 499;
    case Reason::solution_failed: return 422;
    case Reason::refused: return 403;
    case Reason::upstream_protocol: return 502;
    case Reason::storage_full: return 507;
    case Reason::internal: return 500;
  }
  return 500;
}

void add_error_headers(wire::Headers& headers, const Error& error) {
  if (error.retry_after) {
    // A day is for ever; what a solution asked for may be beyond all counting.
    constexpr std::int64_t kSecondsMax = 86'400;
    const auto wait = error.retry_after->count();
    const auto seconds = std::min(wait / 1000 + (wait % 1000 > 0 ? 1 : 0), kSecondsMax);
    headers.set("Retry-After", std::format("{}", seconds));
  }
  if (error.reason == Reason::unauthenticated && !headers.has("WWW-Authenticate")) {
    headers.set("WWW-Authenticate", "Bearer");
  }
}

Result<void> respond_json(net::Exchange& exchange, int status, const json::value& body,
                          wire::Headers headers, const std::vector<model::Loss>& losses) {
  wire::ResponseHead head;
  head.status = status;
  head.headers = std::move(headers);
  if (!head.headers.has("Content-Type")) head.headers.add("Content-Type", "application/json");
  if (!losses.empty()) head.headers.set("Weft-Loss", model::summary(losses));
  std::string text = json::write(body);
  return exchange.respond(std::move(head), text);
}

Awaitable<Result<void>> start_sse(net::Exchange& exchange, wire::Headers headers) {
  wire::ResponseHead head;
  head.status = 200;
  head.headers = std::move(headers);
  head.headers.set("Content-Type", "text/event-stream");
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("X-Accel-Buffering", "no");
  co_return co_await exchange.start(std::move(head));
}

/// Two may write: the owner's events and the keep-alive timer. One writes at a time; the timer
/// gives way.
struct SseWriter::State : std::enable_shared_from_this<SseWriter::State> {
  State(net::Exchange& e, Milliseconds k) : exchange(&e), keep_alive(k) {}

  net::Exchange* exchange;
  Milliseconds keep_alive;
  Timer timer;
  bool wrote = false;
  bool writing = false;
  bool closed = false;
  std::unique_ptr<Signal> idle;

  void arm() {
    if (keep_alive.count() <= 0) return;
    std::weak_ptr<State> weak = weak_from_this();
    timer = run_after(exchange->executor(), keep_alive, [weak] {
      if (auto self = weak.lock()) self->tick();
    });
  }

  void tick() {
    if (closed) return;
    if (!wrote && !writing) {
      boost::asio::co_spawn(exchange->executor(), write_comment(shared_from_this()),
                            [](const std::exception_ptr& error) {
                              if (error) std::rethrow_exception(error);
                            });
    }
    wrote = false;
    arm();
  }

  static Awaitable<> write_comment(std::shared_ptr<State> self) {
    if (self->closed || self->writing) co_return;
    self->writing = true;
    (void)co_await self->exchange->write(wire::kSseKeepAlive);
    self->writing = false;
    if (self->idle) self->idle->notify();
  }
};

SseWriter::SseWriter(net::Exchange& exchange, Milliseconds keep_alive)
    : state_(std::make_shared<State>(exchange, keep_alive)) {
  state_->arm();
}

SseWriter::~SseWriter() {
  state_->closed = true;
  state_->timer.cancel();
}

Awaitable<Result<void>> SseWriter::raw(std::string_view text) {
  auto state = state_;
  while (state->writing) {
    state->idle = std::make_unique<Signal>(state->exchange->executor());
    co_await state->idle->wait();
  }
  state->wrote = true;
  state->writing = true;
  auto done = co_await state->exchange->write(text);
  state->writing = false;
  co_return done;
}

Awaitable<Result<void>> SseWriter::event(std::string_view name, std::string_view data,
                                         std::string_view id) {
  std::string text;
  wire::SseEvent event{
      .event = std::string(name), .data = std::string(data), .id = std::string(id)};
  wire::write_sse(text, event);
  co_return co_await raw(text);
}

Awaitable<Result<void>> SseWriter::finish() {
  auto state = state_;
  while (state->writing) {
    state->idle = std::make_unique<Signal>(state->exchange->executor());
    co_await state->idle->wait();
  }
  state->closed = true;
  state->timer.cancel();
  co_return co_await state->exchange->finish();
}

model::Trace trace_of(const wire::Headers& headers) {
  return {.parent = std::string(headers.get("traceparent")),
          .state = std::string(headers.get("tracestate"))};
}

int depth_of(const wire::Headers& headers) {
  const std::string_view text = headers.get("Weft-Depth");
  int depth = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), depth);
  const bool number = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return number && depth >= 0 && text.size() < 4 ? depth : 0;
}

model::Call begin_call(hub::Hub& hub, const Request& request) {
  model::Call call;
  call.id = CallId(make_ulid(hub.clock().unix_ms(), hub.random()));
  call.principal = request.principal;
  const auto& headers = request.exchange.head().headers;
  call.trace = trace_of(headers);
  call.depth = depth_of(headers);
  call.dedup_key = std::string(headers.get("Idempotency-Key"));
  return call;
}

}  // namespace weft::adapters
