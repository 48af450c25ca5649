#include "weft/ml/serving/front.h"

#include <boost/asio/this_coro.hpp>

#include <format>
#include <utility>

#include "weft/base/on_loop.h"
#include "weft/ml/serving/limits.h"

namespace weft::ml {
namespace {

/// A worker that is away is here again soon. Who is told so does not count it among the failures
/// after which nobody is let through any more: the other workers may be well.
Error soon(Error error) {
  if (error.reason == Reason::unavailable && !error.retry_after)
    error.retry_after = kWorkerBackSoon;
  return error;
}

double microseconds(SteadyTime::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

}  // namespace

EndpointFront::EndpointFront(std::vector<Executor> loops, const Clock& clock, std::string owner,
                             std::string endpoint)
    : loops_(std::move(loops)),
      clock_(clock),
      owner_(std::move(owner)),
      endpoint_(std::move(endpoint)),
      lanes_(loops_.size()) {}

EndpointFront::Lane* EndpointFront::lane_of(Executor executor) {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    if (loops_[i] == executor) return &lanes_[i];
  }
  return nullptr;
}

Result<void> EndpointFront::ask(Executor here, Asked& asked, const Invocation& invocation,
                                SteadyTime deadline, const CancelToken& cancel, bool pieces) {
  Lane* const lane = lane_of(here);
  if (lane == nullptr) {
    return fail(Reason::internal,
                std::format("endpoint {}: this loop has no connection to its workers", endpoint_));
  }
  asked.routes = lane->routes;
  if (!asked.routes) {
    return fail(Reason::unavailable,
                std::format("endpoint {}: no model of it can be asked now", endpoint_));
  }
  asked.sent = clock_.steady();
  asked.began = invocation.began.value_or(asked.sent);
  if (deadline <= asked.sent) return fail(Reason::deadline, "the time for an answer was over");
  WEFT_TRY(const Routes::Way way, asked.routes->choose(invocation.variant));
  asked.variant = way.variant;
  return asked.call.send(*way.link, invocation, deadline, cancel, pieces);
}

Result<InvocationReply> EndpointFront::settle(Asked& asked) {
  auto result = asked.call.result();
  const SteadyTime now = clock_.steady();
  const auto model = now - asked.sent;
  const bool cancelled = !result && result.error().reason == Reason::cancelled;
  asked.variant->metrics->count(
      {.status = result ? result->status : 0,
       .cancelled = cancelled,
       .model_us = microseconds(model),
       .overhead_us = microseconds(now - asked.began - model),
       .instances = std::max<std::size_t>(asked.variant->links.size(), 1)},
      clock_.unix_ms());
  if (result) result->variant = asked.variant->name;
  return result;
}

Awaitable<Result<InvocationReply>> EndpointFront::invoke(Invocation invocation, SteadyTime deadline,
                                                         CancelToken cancel) {
  const Executor here = co_await boost::asio::this_coro::executor;
  Asked asked;
  if (auto sent = ask(here, asked, invocation, deadline, cancel, /*pieces=*/false); !sent)
    co_return fail(soon(std::move(sent).error()));
  co_await asked.call.wait();
  co_return settle(asked);
}

Awaitable<Result<InvocationReply>> EndpointFront::stream(Invocation invocation, SteadyTime deadline,
                                                         CancelToken cancel, TakePiece piece) {
  const Executor here = co_await boost::asio::this_coro::executor;
  Asked asked;
  if (auto sent = ask(here, asked, invocation, deadline, cancel, /*pieces=*/true); !sent)
    co_return fail(soon(std::move(sent).error()));
  while (true) {
    while (asked.call.has_piece()) {
      InvocationReply next = asked.call.take_piece();
      next.variant = asked.variant->name;
      auto taken = co_await piece(std::move(next));
      if (taken) continue;
      asked.variant->metrics->count({.cancelled = true}, clock_.unix_ms());
      co_return fail(std::move(taken).error());
    }
    if (asked.call.done()) break;
    co_await asked.call.wait();
  }
  co_return settle(asked);
}

Awaitable<Result<void>> EndpointFront::put(Lane& lane, std::shared_ptr<Routes> routes) {
  // What was there goes on this loop, too.
  const auto before = std::exchange(lane.routes, std::move(routes));
  co_return Result<void>();
}

Awaitable<> EndpointFront::install(std::vector<std::shared_ptr<Routes>> routes) {
  routes.resize(loops_.size());
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    auto work = put(lanes_[i], std::move(routes[i]));
    (void)co_await on_loop(loops_[i], std::move(work));
  }
}

}  // namespace weft::ml
