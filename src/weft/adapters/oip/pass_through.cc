// A model on another server of this protocol, called in it: the bytes go through, the checks stay.
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/common/upstream.h"
#include "weft/adapters/oip/answers.h"
#include "weft/adapters/oip/client.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/adapters/oip/server.h"
#include "weft/hub/approval.h"
#include "weft/hub/limits.h"

namespace weft::adapters::oip {
namespace {

struct Passing {
  Asked asked;
  hub::Admission admission;
  std::shared_ptr<OipService> service;
};

Awaitable<> refused(net::Exchange& exchange, Error error) {
  respond_error(exchange, error);
  co_return;
}

Result<net::ClientRequest> make_request(const Passing& passing, std::string body) {
  const Asked& asked = passing.asked;
  const auto timeout = asked.ref.entry->request.timeout_ms;
  const Milliseconds limit(timeout > 0 ? timeout : hub::kCallDeadlineMs);
  net::Exchange& exchange = asked.request.exchange;
  const hub::CallContext context{exchange.executor(),
                                 asked.environment.hub.clock().steady() + limit, exchange.gone()};
  WEFT_TRY(auto out, passing.service->request(asked.ref.skill->id.str(), "infer", context));
  const auto& from = exchange.head().headers;
  for (const std::string_view name :
       {std::string_view("Content-Type"), kJsonLengthHeader, std::string_view("traceparent"),
        std::string_view("tracestate")}) {
    if (const auto value = from.get(name); !value.empty()) out.headers.set(name, value);
  }
  const int depth = depth_of(from);
  if (depth >= hub::kCallDepthMax) {
    return fail(Reason::invalid_argument,
                std::format("the call went through {} hubs: a loop", depth));
  }
  out.headers.set("Weft-Depth", std::to_string(depth + 1));
  out.body = std::move(body);
  return out;
}

/// The answer as it came; one whose sizes lie, or that was cut, is none.
Awaitable<Result<void>> relay(Passing& passing, std::unique_ptr<net::ClientResponse> response) {
  const wire::ResponseHead& from = response->head();
  if (from.status / 100 != 2) {
    const std::string body = co_await read_beginning(*response);
    co_return fail(read_error(from.status, from.headers, body));
  }
  const auto length = json_length_of(from.headers);
  if (!length) co_return fail(Reason::upstream_protocol, length.error().message);
  wire::ResponseHead head;
  for (const std::string_view name :
       {std::string_view("Content-Type"), kJsonLengthHeader, std::string_view("Weft-Loss")}) {
    if (const auto value = from.headers.get(name); !value.empty()) head.headers.add(name, value);
  }
  std::string held;
  std::string_view body;
  if (const auto at_hand = response->body_at_hand()) {
    body = *at_hand;
  } else {
    WEFT_CO_TRY(held, co_await response->read_all(kAnswerBytesMax));
    body = held;
  }
  const auto read = read_answer(body, *length);
  if (!read) co_return fail(read.error());
  co_return passing.asked.request.exchange.respond(std::move(head), body);
}

Awaitable<> pass(Passing passing) {
  net::Exchange& exchange = passing.asked.request.exchange;
  const std::string& solution = passing.asked.ref.entry->solution->id.str();
  auto body = co_await read_request_body(exchange);
  if (!body) co_return respond_error(exchange, body.error());
  auto to_send = make_request(passing, *std::move(body));
  Result<void> done;
  if (!to_send) {
    done = fail(std::move(to_send).error());
  } else {
    net::HttpClient& client = passing.service->client(exchange.executor());
    auto response = co_await client.send(*std::move(to_send), exchange.gone());
    if (!response) {
      done = fail(std::move(response).error());
    } else {
      done = co_await relay(passing, *std::move(response));
    }
  }
  if (done) {
    passing.admission.ended(nullptr);
    co_return;
  }
  Error error = name_solution(std::move(done).error(), solution);
  if (exchange.gone().cancelled()) error.reason = Reason::cancelled;
  passing.admission.ended(&error);
  if (!exchange.started()) respond_error(exchange, error);
}

}  // namespace

std::optional<Awaitable<>> pass_through(Asked& asked) {
  const hub::Entry& entry = *asked.ref.entry;
  if (hub::asks_first(entry.request, *entry.solution, *asked.ref.skill)) return std::nullopt;
  auto service = std::dynamic_pointer_cast<OipService>(entry.service);
  if (service == nullptr) return std::nullopt;
  auto admission =
      asked.environment.hub.admit(asked.request.principal, asked.ref.entry, asked.ref.skill);
  if (!admission) return refused(asked.request.exchange, std::move(admission).error());
  return pass({.asked = std::move(asked),
               .admission = *std::move(admission),
               .service = std::move(service)});
}

}  // namespace weft::adapters::oip
