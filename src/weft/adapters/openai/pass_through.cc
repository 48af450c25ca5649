#include "weft/adapters/openai/pass_through.h"

#include <array>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/common/upstream.h"
#include "weft/adapters/openai/chunk.h"
#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/server.h"
#include "weft/base/timers.h"
#include "weft/hub/limits.h"

namespace weft::adapters::openai {
namespace {

/// Of an answer's headers these are the hop's or the server's own.
bool kept_back(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kOwn{
      "content-length", "date", "server", "set-cookie", "www-authenticate", "alt-svc"};
  if (wire::hop_by_hop(name)) return true;
  for (const auto own : kOwn) {
    if (wire::same_name(name, own)) return true;
  }
  return false;
}

wire::ResponseHead head_for_caller(const wire::ResponseHead& from) {
  wire::ResponseHead head;
  head.status = from.status;
  for (const auto& [name, value] : from.headers) {
    if (!kept_back(name)) head.headers.add(name, value);
  }
  return head;
}

/// What the check of an answer wants behind its last byte.
constexpr std::size_t kPadding = 64;

struct Relay {
  net::Exchange& exchange;
  std::unique_ptr<net::ClientResponse>& response;
  /// The array that an answer has.
  std::string_view member;
  bool stream = false;
};

/// Bytes of a length that is known go on as they come; others are gathered, so that a cut answer is
/// never taken for a whole.
Awaitable<Result<void>> relay_unary(Relay relay) {
  const auto& from = relay.response->head();
  WEFT_CO_TRY(const std::string_view first, co_await relay.response->read_some());
  wire::ResponseHead head = head_for_caller(from);
  if (from.body_length && *from.body_length == first.size()) {
    std::string body;
    body.reserve(first.size() + kPadding);
    body = first;
    // The connection is given back before the caller can send its next request.
    relay.response.reset();
    WEFT_CO_CHECK(check_answer(body, relay.member));
    co_return co_await relay.exchange.respond(std::move(head), std::move(body));
  }
  if (from.body_length.value_or(0) > kAnswerBytesMax) {
    co_return fail(Reason::too_large,
                   std::format("the answer is longer than {} bytes", kAnswerBytesMax));
  }
  std::string body(first);
  if (!first.empty()) {
    if (from.body_length) body.reserve(*from.body_length + kPadding);
    while (true) {
      WEFT_CO_TRY(const std::string_view piece, co_await relay.response->read_some());
      if (piece.empty()) break;
      if (body.size() + piece.size() > kAnswerBytesMax) {
        co_return fail(Reason::too_large,
                       std::format("the answer is longer than {} bytes", kAnswerBytesMax));
      }
      body += piece;
    }
  }
  WEFT_CO_CHECK(check_answer(body, relay.member));
  co_return co_await relay.exchange.respond(std::move(head), std::move(body));
}

Awaitable<Result<void>> relay_events(Relay relay) {
  WholeEvents events;
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await relay.response->read_some());
    if (piece.empty()) break;
    WEFT_CO_TRY(const std::string_view whole, events.feed(piece));
    if (!whole.empty()) WEFT_CO_CHECK(co_await relay.exchange.write(whole));
  }
  if (!events.done())
    co_return fail(Reason::upstream_protocol, "the answer's stream broke off before its end");
  co_return co_await relay.exchange.finish();
}

/// The server's own error: its words stay, the solution's name comes before them.
Awaitable<Error> relay_error(Relay relay, std::string solution) {
  Error error = co_await error_of_response(*relay.response);
  co_return name_solution(std::move(error), solution);
}

Result<net::ClientRequest> make_request(Environment& environment, Request& request,
                                        Passage& passage) {
  const auto timeout = passage.entry->request.timeout_ms;
  const Milliseconds limit(timeout > 0 ? timeout : hub::kCallDeadlineMs);
  const hub::CallContext context{request.exchange.executor(),
                                 environment.hub.clock().steady() + limit, request.exchange.gone()};
  WEFT_TRY(auto out, passage.service->request("POST", passage.path, context));
  out.headers.set("Content-Type", "application/json");
  const auto& from = request.exchange.head().headers;
  for (const std::string_view name : {"Accept", "traceparent", "tracestate"}) {
    if (const auto value = from.get(name); !value.empty()) out.headers.set(name, value);
  }
  const int depth = depth_of(from);
  if (depth >= hub::kCallDepthMax) {
    return fail(Reason::invalid_argument,
                std::format("the call went through {} hubs: a loop", depth));
  }
  out.headers.set("Weft-Depth", std::to_string(depth + 1));
  if (passage.scanned.stream) out.idle_timeout = kStreamIdleTimeout;
  out.body = passage.scanned.model == passage.model
                 ? std::move(passage.body)
                 : with_model(passage.body, passage.scanned, passage.model);
  return out;
}

/// Once bytes went out only the stream itself can say that it failed.
Awaitable<> say_failure(net::Exchange& exchange, Error error, bool events) {
  if (!exchange.started()) {
    std::string id;
    co_await respond_error(exchange, std::move(error), std::move(id));
    co_return;
  }
  if (!events) co_return;
  std::string out;
  ChunkWriter writer(CompletionHead{}, false, false);
  writer.fail(error, out);
  auto written = co_await exchange.write(out);
  if (written) (void)co_await exchange.finish();
}

Awaitable<Result<void>> relay_answer(Relay relay, bool& events) {
  const auto& head = relay.response->head();
  const std::string_view type = head.headers.get("Content-Type");
  if (type.starts_with("text/event-stream") && relay.stream) {
    events = true;
    wire::ResponseHead out = head_for_caller(head);
    WEFT_CO_CHECK(co_await relay.exchange.start(std::move(out)));
    co_return co_await relay_events(relay);
  }
  if (!type.starts_with("application/json")) {
    co_return fail(Reason::upstream_protocol,
                   std::format("the answer's type is `{}`, not JSON", type));
  }
  co_return co_await relay_unary(relay);
}

}  // namespace

Awaitable<> pass_through(Environment& environment, Request& request, Passage passage) {
  net::Exchange& exchange = request.exchange;
  const std::string solution = passage.entry->solution->id.str();
  auto admission = environment.hub.admit(request.principal, passage.entry, passage.skill);
  if (!admission) {
    co_await respond_error(exchange, admission.error(), "");
    co_return;
  }
  const std::string_view member = passage.path == "/embeddings" ? "data" : "choices";
  const bool stream = passage.scanned.stream;
  auto to_send = make_request(environment, request, passage);
  if (!to_send) {
    Error error = name_solution(to_send.error(), solution);
    admission->ended(&error);
    co_await respond_error(exchange, std::move(error), "");
    co_return;
  }
  CancelToken gone = exchange.gone();
  // A stream lifts the client's own deadline with its head; the call keeps it.
  CancelSource late;
  Timer timer;
  if (stream) {
    late.follow(gone);
    timer = run_at(exchange.executor(), to_send->deadline, [&late] {
      late.cancel(make_error(Reason::deadline, "its stream did not end before the deadline"));
    });
    gone = late.token();
  }
  auto response =
      co_await passage.service->client(exchange.executor()).send(std::move(*to_send), gone);
  bool events = false;
  Result<void> done = {};
  if (!response) {
    done = std::unexpected(response.error());
  } else if ((*response)->head().status / 100 != 2) {
    done = std::unexpected(co_await relay_error({exchange, *response, member}, solution));
  } else {
    done = co_await relay_answer({exchange, *response, member, stream}, events);
  }
  if (done) {
    admission->ended(nullptr);
    co_return;
  }
  Error error = name_solution(done.error(), solution);
  if (exchange.gone().cancelled()) error.reason = Reason::cancelled;
  admission->ended(&error);
  co_await say_failure(exchange, std::move(error), events);
}

}  // namespace weft::adapters::openai
