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

constexpr std::string_view kRequestId = "x-request-id";
constexpr std::string_view kShouldRetry = "x-should-retry";

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

struct Relay {
  net::Exchange& exchange;
  std::unique_ptr<net::ClientResponse>& response;
  /// The array that an answer has.
  std::string_view member;
  bool stream = false;
};

/// An answer that is here as a whole goes on from where it lies.
Result<void> answer_at_hand(net::Exchange& exchange, const wire::ResponseHead& head,
                            std::string_view body, std::string_view member) {
  WEFT_CHECK(check_answer(body, body.size() + net::kViewSlack, member));
  return exchange.respond(head_for_caller(head), body);
}

/// An answer is gathered first, so that a cut one is never taken for a whole.
Awaitable<Result<void>> relay_unary(Relay relay) {
  const auto& from = relay.response->head();
  const auto too_large = [] {
    return fail(Reason::too_large,
                std::format("the answer is longer than {} bytes", kAnswerBytesMax));
  };
  if (from.body_length.value_or(0) > kAnswerBytesMax) co_return too_large();
  std::string body;
  body.reserve(static_cast<std::size_t>(from.body_length.value_or(0)) + net::kViewSlack);
  while (true) {
    WEFT_CO_TRY(const std::string_view piece, co_await relay.response->read_some());
    if (piece.empty()) break;
    if (body.size() + piece.size() > kAnswerBytesMax) co_return too_large();
    body += piece;
  }
  wire::ResponseHead head = head_for_caller(from);
  // The connection is given back before the caller can send its next request.
  relay.response.reset();
  body.reserve(body.size() + net::kViewSlack);
  WEFT_CO_CHECK(check_answer(body, body.capacity(), relay.member));
  co_return relay.exchange.respond(std::move(head), body);
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
  if (passage.scanned.stream) out.idle_timeout = silence_until(context.deadline);
  out.body = std::move(passage.body);
  if (passage.scanned.model != passage.model)
    replace_model(out.body, passage.scanned, passage.model);
  return out;
}

/// Once bytes went out only the stream itself can say that it failed.
Awaitable<> say_failure(net::Exchange& exchange, Error error, std::string id, bool events) {
  if (!exchange.started()) {
    respond_error(exchange, std::move(error), std::move(id));
    co_return;
  }
  if (!events) co_return;
  std::string out;
  ChunkWriter writer(CompletionHead{}, false, false);
  writer.fail(error, out);
  auto written = co_await exchange.write(out);
  if (written) (void)co_await exchange.finish();
}

bool is_json(const wire::ResponseHead& head) {
  return head.headers.get("Content-Type").starts_with("application/json");
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
  if (!is_json(head)) {
    co_return fail(Reason::upstream_protocol,
                   std::format("the answer's type is `{}`, not JSON", type));
  }
  co_return co_await relay_unary(relay);
}

using Sending = Awaitable<Result<std::unique_ptr<net::ClientResponse>>>;

/// What is known of a passage under way.
struct Passing {
  Environment& environment;
  net::Exchange& exchange;
  hub::Admission admission;
  std::shared_ptr<const hub::Entry> entry;
  /// The array that an answer has.
  std::string_view member;
  bool stream = false;
};

/// What the solution calls its answer; empty when it does not.
std::string own_id(const net::ClientResponse& response) {
  return std::string(response.head().headers.get(kRequestId));
}

/// `id`: the solution's own, where it gave one.
Awaitable<> conclude(Passing& passing, Error error, std::string id, bool events) {
  error = name_solution(std::move(error), passing.entry->solution->id.str());
  if (passing.exchange.gone().cancelled()) error.reason = Reason::cancelled;
  passing.admission.ended(&error);
  if (id.empty()) id = make_request_id(passing.environment);
  co_await say_failure(passing.exchange, std::move(error), std::move(id), events);
}

/// Of an error the words, the status and the headers pass as those of an answer do.
void respond_document(net::Exchange& exchange, const wire::ResponseHead& from, const Error& error,
                      json::object document, std::string_view id) {
  wire::Headers headers = head_for_caller(from).headers;
  headers.remove("Content-Encoding");
  headers.set("Content-Type", "application/json");
  headers.set(kRequestId, id);
  add_error_headers(headers, error);
  if (!error.retryable && !headers.has(kShouldRetry)) headers.set(kShouldRetry, "false");
  // A refusal with 401 would be taken for one of the caller's key.
  const int status = from.status == 401 ? openai_status(error) : from.status;
  (void)respond_json(exchange, status, json::value(std::move(document)), std::move(headers));
}

/// The server's own error.
Awaitable<> relay_error(Passing& passing, net::ClientResponse& response) {
  ErrorAnswer answer = co_await read_error(response);
  std::string id = own_id(response);
  if (!answer.document || passing.exchange.gone().cancelled())
    co_return co_await conclude(passing, std::move(answer.error), std::move(id), false);
  passing.admission.ended(&answer.error);
  if (id.empty()) id = make_request_id(passing.environment);
  auto document =
      named_document(*std::move(answer.document), passing.entry->solution->id.str(), answer.error);
  respond_document(passing.exchange, response.head(), answer.error, std::move(document), id);
}

/// Any answer, or none.
Awaitable<> relay_any(Passing& passing, Result<std::unique_ptr<net::ClientResponse>>& response) {
  if (!response) co_return co_await conclude(passing, response.error(), "", false);
  if ((*response)->head().status / 100 != 2) co_return co_await relay_error(passing, **response);
  bool events = false;
  std::string id = own_id(**response);
  const Relay relay{passing.exchange, *response, passing.member, passing.stream};
  auto done = co_await relay_answer(relay, events);
  if (done) {
    passing.admission.ended(nullptr);
  } else {
    co_await conclude(passing, std::move(done).error(), std::move(id), events);
  }
}

/// The one coroutine of the common course: one answer, here as a whole when its head is.
Awaitable<> pass_one(Passing passing, Sending sending) {
  auto response = co_await std::move(sending);
  if (!response || (*response)->head().status != 200 || !is_json((*response)->head())) {
    co_return co_await relay_any(passing, response);
  }
  const auto body = (*response)->body_at_hand();
  if (!body) co_return co_await relay_any(passing, response);
  const auto done = answer_at_hand(passing.exchange, (*response)->head(), *body, passing.member);
  if (!done) co_return co_await conclude(passing, done.error(), own_id(**response), false);
  passing.admission.ended(nullptr);
}

/// A stream lifts the client's own deadline with its head; the call keeps it.
Awaitable<> pass_stream(Passing passing, net::HttpClient& client, net::ClientRequest request) {
  CancelSource late;
  late.follow(passing.exchange.gone());
  const Timer timer = run_at(passing.exchange.executor(), request.deadline, [&late] {
    late.cancel(make_error(Reason::deadline, "its stream did not end before the deadline"));
  });
  auto response = co_await client.send(std::move(request), late.token());
  co_await relay_any(passing, response);
}

Awaitable<> refused(Environment& environment, net::Exchange& exchange, Error error) {
  respond_error(exchange, std::move(error), make_request_id(environment));
  co_return;
}

}  // namespace

Awaitable<> pass_through(Environment& environment, Request& request, Passage passage) {
  net::Exchange& exchange = request.exchange;
  auto admission = environment.hub.admit(request.principal, passage.entry, passage.skill);
  if (!admission) return refused(environment, exchange, std::move(admission).error());
  auto to_send = make_request(environment, request, passage);
  if (!to_send) {
    Error error = name_solution(std::move(to_send).error(), passage.entry->solution->id.str());
    admission->ended(&error);
    return refused(environment, exchange, std::move(error));
  }
  net::HttpClient& client = passage.service->client(exchange.executor());
  const bool stream = passage.scanned.stream;
  Passing passing{.environment = environment,
                  .exchange = exchange,
                  .admission = *std::move(admission),
                  .entry = std::move(passage.entry),
                  .member = passage.path == "/embeddings" ? "data" : "choices",
                  .stream = stream};
  if (stream) return pass_stream(std::move(passing), client, *std::move(to_send));
  return pass_one(std::move(passing), client.send(*std::move(to_send), exchange.gone()));
}

}  // namespace weft::adapters::openai
