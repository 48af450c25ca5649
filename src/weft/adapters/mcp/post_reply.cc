#include "weft/adapters/mcp/post_reply.h"

#include "weft/adapters/mcp/limits.h"
#include "weft/base/timers.h"
#include "weft/wire/sse.h"

namespace weft::adapters::mcp {

/// Two may begin the stream: the owner and the timer. One at a time; the other waits.
struct PostReply::State : std::enable_shared_from_this<PostReply::State> {
  State(net::Exchange& e, Options o, std::shared_ptr<Replay> r)
      : exchange(e), options(std::move(o)), replay(std::move(r)), idle(e.executor()) {}

  net::Exchange& exchange;
  Options options;
  std::shared_ptr<Replay> replay;
  std::unique_ptr<SseWriter> sse;
  Timer timer;
  Signal idle;
  bool busy = false;
  bool over = false;

  Awaitable<> lock() {
    while (busy) co_await idle.wait();
    busy = true;
  }
  void unlock() {
    busy = false;
    idle.notify();
  }

  Awaitable<> open() {
    if (sse) co_return;
    timer.cancel();
    auto headers = options.headers;
    auto began = co_await start_sse(exchange, std::move(headers));
    sse = std::make_unique<SseWriter>(exchange, Milliseconds(kSseKeepAliveMs));
    if (!began || !options.primed || !replay) co_return;
    std::string text = "id: " + replay->event_id(0) + "\ndata:\n\n";
    (void)co_await sse->raw(text);
  }

  static Awaitable<> open_late(std::shared_ptr<State> self) {
    co_await self->lock();
    if (!self->over) co_await self->open();
    self->unlock();
  }

  void arm() {
    if (!options.may_stream) return;
    std::weak_ptr<State> weak = weak_from_this();
    timer = run_after(exchange.executor(), Milliseconds(kPlainAnswerMs), [weak] {
      auto self = weak.lock();
      if (!self || self->over) return;
      boost::asio::co_spawn(self->exchange.executor(), open_late(self),
                            [](const std::exception_ptr& error) {
                              if (error) std::rethrow_exception(error);
                            });
    });
  }

  Awaitable<> event(std::string text) {
    std::string id = replay ? replay->append(text) : std::string();
    (void)co_await sse->event("message", text, id);
  }
};

PostReply::PostReply(net::Exchange& exchange, Options options, std::shared_ptr<Replay> replay)
    : state_(std::make_shared<State>(exchange, std::move(options), std::move(replay))) {
  state_->arm();
}

PostReply::~PostReply() {
  state_->over = true;
  state_->timer.cancel();
}

Awaitable<> PostReply::message(std::string text) {
  auto state = state_;
  if (!state->options.may_stream || state->over) co_return;
  co_await state->lock();
  co_await state->open();
  co_await state->event(std::move(text));
  state->unlock();
}

Awaitable<> PostReply::respond(int status, std::string text) {
  auto state = state_;
  co_await state->lock();
  state->over = true;
  state->timer.cancel();
  if (state->sse) {
    co_await state->event(std::move(text));
    (void)co_await state->sse->finish();
  } else {
    wire::ResponseHead head;
    head.status = status;
    head.headers = state->options.headers;
    head.headers.set("Content-Type", "application/json");
    (void)state->exchange.respond(std::move(head), text);
  }
  if (state->replay) state->replay->close();
  state->unlock();
}

Awaitable<> PostReply::abandon() {
  auto state = state_;
  co_await state->lock();
  if (state->options.may_stream) co_await state->open();
  state->over = true;
  state->timer.cancel();
  if (state->sse) {
    (void)co_await state->sse->finish();
  } else {
    wire::ResponseHead head;
    head.status = 202;
    head.headers = state->options.headers;
    std::string none;
    (void)state->exchange.respond(std::move(head), none);
  }
  if (state->replay) state->replay->close();
  state->unlock();
}

Executor PostReply::executor() const { return state_->exchange.executor(); }

bool PostReply::resumable() const { return state_->sse && state_->replay; }

}  // namespace weft::adapters::mcp
