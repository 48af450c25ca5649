#include "weft/adapters/sagemaker/runtime/runtime.h"

#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/aws/answer.h"
#include "weft/adapters/sagemaker/limits.h"
#include "weft/adapters/sagemaker/runtime/limits.h"
#include "weft/adapters/sagemaker/runtime/part_stream.h"
#include "weft/adapters/sagemaker/runtime/target.h"
#include "weft/adapters/sagemaker/runtime/translated.h"
#include "weft/hub/approval.h"
#include "weft/hub/limits.h"
#include "weft/wire/aws_signature.h"

namespace weft::adapters::sagemaker {
namespace {

using runtime::InvocationHead;
using runtime::Place;
using runtime::RuntimeError;

constexpr std::string_view kVariantHeader = "x-Amzn-Invoked-Production-Variant";
constexpr std::string_view kAttributesHeader = "X-Amzn-SageMaker-Custom-Attributes";

Place place_of(const Request& request) {
  const auto scope = wire::aws_scope_of(aws_request_of(request.exchange));
  const bool named = scope && is_region(scope->region);
  return {.endpoint = request.rest.empty() ? std::string() : request.rest[0],
          .region = named ? scope->region : std::string(kDefaultRegion),
          .account = account_of(request.principal.name)};
}

/// One invocation of a deployed model. What only errors need is made when there is one.
struct Invoking {
  Environment& environment;
  Request& request;
  hub::Admission admission;
  ml::Inferring& model;
  InvocationHead head;
  SteadyTime began;
  SteadyTime deadline;
};

std::string request_id(Environment& environment) {
  return make_aws_request_id(environment.hub.random());
}

Awaitable<> refused(Environment& environment, Request& request, RuntimeError error) {
  runtime::respond_error(request.exchange, error, place_of(request), request_id(environment));
  co_return;
}

Awaitable<> refused(Environment& environment, Request& request, const Error& error) {
  return refused(environment, request, runtime::error_of(error, place_of(request), true));
}

/// Attributes are the model's own words: what no header may hold is left out.
void add_facts(wire::Headers& headers, const ml::InvocationReply& reply) {
  if (!reply.variant.empty()) headers.add(kVariantHeader, reply.variant);
  if (!reply.attributes.empty() && wire::valid_header_value(reply.attributes))
    headers.add(kAttributesHeader, reply.attributes);
}

bool failed(const ml::InvocationReply& reply) { return reply.status < 200 || reply.status > 299; }

void respond_reply(Invoking& invoking, const ml::InvocationReply& reply) {
  if (failed(reply)) {
    const Place place = place_of(invoking.request);
    runtime::respond_error(invoking.request.exchange, runtime::error_of_model(reply, place), place,
                           request_id(invoking.environment));
    return;
  }
  wire::ResponseHead head;
  head.status = reply.status;
  const bool typed = !reply.type.empty() && wire::valid_header_value(reply.type);
  head.headers.add("Content-Type",
                   typed ? std::string_view(reply.type) : "application/octet-stream");
  head.headers.add("x-amzn-RequestId", request_id(invoking.environment));
  add_facts(head.headers, reply);
  (void)invoking.request.exchange.respond(std::move(head), reply.body);
}

/// Says in the hub's counters and to the caller that it failed.
void respond_failure(Invoking& invoking, const Error& error) {
  const std::string& solution = invoking.admission.entry().solution->id.str();
  const Error told = name_solution(error, solution);
  invoking.admission.ended(&told);
  const Place place = place_of(invoking.request);
  runtime::respond_error(invoking.request.exchange, runtime::error_of(error, place, true), place,
                         request_id(invoking.environment));
}

/// The request did not come whole. That says nothing about the model: nothing is counted.
void respond_unread(Invoking& invoking, const Error& error) {
  const Place place = place_of(invoking.request);
  runtime::respond_error(invoking.request.exchange, runtime::error_of_request(error, place), place,
                         request_id(invoking.environment));
}

ml::Invocation invocation_of(const Invoking& invoking, std::string_view body) {
  const InvocationHead& head = invoking.head;
  ml::Invocation out;
  out.began = invoking.began;
  out.type = head.type;
  out.accept = head.accept;
  out.attributes = head.attributes;
  out.variant = head.variant;
  out.body = body;
  return out;
}

Awaitable<Result<std::string>> body_of(net::Exchange& exchange) {
  return exchange.read_body(kInvocationBytesMax);
}

/// The one coroutine of the common course.
Awaitable<> invoke(Invoking invoking) {
  net::Exchange& exchange = invoking.request.exchange;
  Result<std::string> body;
  if (auto at_hand = exchange.body_at_hand(kInvocationBytesMax)) {
    body = *std::move(at_hand);
  } else {
    body = co_await body_of(exchange);
  }
  if (!body) co_return respond_unread(invoking, body.error());
  ml::Invocation asked = invocation_of(invoking, *body);
  auto reply = co_await invoking.model.invoke(std::move(asked), invoking.deadline, exchange.gone());
  if (!reply) co_return respond_failure(invoking, reply.error());
  invoking.admission.ended(nullptr);
  respond_reply(invoking, *reply);
}

Awaitable<> fail_stream(Invoking& invoking, runtime::PartStream& parts, Error error) {
  if (!parts.started()) {
    respond_failure(invoking, error);
    co_return;
  }
  const Error told = name_solution(error, invoking.admission.entry().solution->id.str());
  invoking.admission.ended(&told);
  const RuntimeError words = runtime::error_of(error, place_of(invoking.request), true);
  co_await parts.fail(words);
}

/// Until the model says its type, it is what was asked for.
wire::Headers stream_headers(const Invoking& invoking) {
  wire::Headers out;
  out.add("x-amzn-RequestId", request_id(invoking.environment));
  const InvocationHead& head = invoking.head;
  const bool concrete = !head.accept.empty() && !head.accept.contains('*');
  out.add("X-Amzn-SageMaker-Content-Type", concrete ? head.accept : "application/octet-stream");
  return out;
}

/// What a model says of its answer, before anything of it is sent.
void add_stream_facts(runtime::PartStream& parts, const ml::InvocationReply& reply) {
  if (parts.started()) return;
  if (!reply.type.empty() && wire::valid_header_value(reply.type))
    parts.headers().set("X-Amzn-SageMaker-Content-Type", reply.type);
  if (!reply.variant.empty()) parts.headers().set(kVariantHeader, reply.variant);
  if (!reply.attributes.empty() && wire::valid_header_value(reply.attributes))
    parts.headers().set(kAttributesHeader, reply.attributes);
}

Awaitable<> conclude_stream(Invoking& invoking, runtime::PartStream& parts,
                            ml::InvocationReply reply) {
  if (failed(reply) && !parts.started()) {
    invoking.admission.ended(nullptr);
    respond_reply(invoking, reply);
    co_return;
  }
  if (failed(reply)) {
    const Place place = place_of(invoking.request);
    invoking.admission.ended(nullptr);
    const RuntimeError words = runtime::error_of_model(reply, place);
    co_await parts.fail(words);
    co_return;
  }
  add_stream_facts(parts, reply);
  invoking.admission.ended(nullptr);
  auto sent = co_await parts.send(std::move(reply.body));
  if (sent) (void)co_await parts.finish();
}

Awaitable<> invoke_streaming(Invoking invoking) {
  net::Exchange& exchange = invoking.request.exchange;
  const auto body = co_await body_of(exchange);
  if (!body) co_return respond_unread(invoking, body.error());
  runtime::PartStream parts(exchange, stream_headers(invoking));
  // The lambda is no coroutine: it only starts one.
  ml::Inferring::TakePiece take = [&parts](ml::InvocationReply piece) {
    add_stream_facts(parts, piece);
    return parts.send(std::move(piece.body));
  };
  ml::Invocation asked = invocation_of(invoking, *body);
  auto reply = co_await invoking.model.stream(std::move(asked), invoking.deadline, exchange.gone(),
                                              std::move(take));
  if (!reply) {
    co_await fail_stream(invoking, parts, std::move(reply).error());
    co_return;
  }
  co_await conclude_stream(invoking, parts, *std::move(reply));
}

enum class Operation : std::uint8_t { invoke, stream, async, none };

Operation operation_of(const Request& request) {
  if (request.rest.size() != 2 || request.exchange.head().method != "POST") return Operation::none;
  const std::string& word = request.rest[1];
  if (word == "invocations") return Operation::invoke;
  if (word == "invocations-response-stream") return Operation::stream;
  return word == "async-invocations" ? Operation::async : Operation::none;
}

Awaitable<> refuse_operation(Environment& environment, Request& request, Operation operation) {
  RuntimeError error;
  if (operation == Operation::async) {
    error.message =
        "InvokeEndpointAsync is not served: call InvokeEndpoint, which waits, or "
        "InvokeEndpointWithResponseStream";
  } else {
    error.status = 404;
    error.type = "UnknownOperationException";
    error.message = std::format("{} {} is no operation of the runtime",
                                request.exchange.head().method, request.exchange.head().path());
  }
  return refused(environment, request, std::move(error));
}

Milliseconds limit_of(const hub::Entry& entry) {
  const std::int64_t own = entry.request.timeout_ms;
  return Milliseconds(own > 0 ? own : hub::kCallDeadlineMs);
}

Awaitable<> serve(Environment& environment, Request& request) {
  const Operation operation = operation_of(request);
  if (operation != Operation::invoke && operation != Operation::stream)
    return refuse_operation(environment, request, operation);
  const bool stream = operation == Operation::stream;
  const std::string& name = request.rest[0];
  if (name.size() > runtime::kNameCharsMax) {
    return refused(
        environment, request,
        runtime::invalid_member("endpointName", name,
                                std::format("Member must have length less than or equal to {}",
                                            runtime::kNameCharsMax)));
  }
  auto head = runtime::read_invocation_head(request.exchange.head().headers, stream);
  if (!head) return refused(environment, request, std::move(head).error());
  const auto snapshot = environment.hub.registry().snapshot();
  auto entry = runtime::find_endpoint(*snapshot, name, request.principal);
  if (!entry) {
    const Place place = place_of(request);
    return refused(environment, request, runtime::endpoint_not_found(place));
  }
  const auto* skill = entry->solution->skills.empty() ? nullptr : &entry->solution->skills.front();
  auto* model = dynamic_cast<ml::Inferring*>(entry->service.get());
  // What a person has to approve goes the whole way.
  const bool asks = skill != nullptr && hub::asks_first(entry->request, *entry->solution, *skill);
  if (model == nullptr || asks) {
    return runtime::invoke_solution({.environment = environment,
                                     .request = request,
                                     .entry = std::move(entry),
                                     .head = *head,
                                     .place = place_of(request),
                                     .request_id = request_id(environment),
                                     .stream = stream});
  }
  const SteadyTime began = environment.hub.clock().steady();
  const SteadyTime deadline = began + limit_of(*entry);
  auto admission = environment.hub.admit(request.principal, std::move(entry), skill);
  if (!admission) return refused(environment, request, admission.error());
  if (auto fits = runtime::check_for_model(*head, name); !fits)
    return refused(environment, request, std::move(fits).error());
  Invoking invoking{.environment = environment,
                    .request = request,
                    .admission = *std::move(admission),
                    .model = *model,
                    .head = *head,
                    .began = began,
                    .deadline = deadline};
  return stream ? invoke_streaming(std::move(invoking)) : invoke(std::move(invoking));
}

}  // namespace

RouteHandler runtime_handler(Environment& environment) {
  return [&environment](Request& request) { return serve(environment, request); };
}

}  // namespace weft::adapters::sagemaker
