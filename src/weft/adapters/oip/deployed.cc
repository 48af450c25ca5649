// POST …/infer of a model that is deployed here: its worker gets the caller's bytes and the caller
// the worker's.
#include <algorithm>
#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/adapters/oip/server.h"
#include "weft/hub/limits.h"
#include "weft/wire/tensor_json.h"

namespace weft::adapters::oip {
namespace {

struct Inference {
  Asked asked;
  hub::Admission admission;
  SteadyTime began;
  SteadyTime deadline;
  std::optional<std::size_t> json_bytes;
};

/// What the model finds wrong is its answer, not an outage.
Error error_of(const ml::InvocationReply& reply) {
  const std::uint16_t status = reply.status;
  const Reason reason = status == 415   ? Reason::content_type
                        : status == 413 ? Reason::too_large
                        : status == 503 ? Reason::unavailable
                        : status < 500  ? Reason::invalid_argument
                                        : Reason::solution_failed;
  std::string message = reply.body;
  if (message.empty()) message = std::format("the model answered {} without a word", status);
  return make_error(reason, std::move(message));
}

/// The length of the JSON, where tensors follow it: a number is in no other place of a reply.
std::optional<std::size_t> json_bytes_of(const ml::InvocationReply& reply) {
  const auto length = wire::oip_json_bytes(reply.type);
  return length ? length : wire::oip_json_bytes(reply.attributes);
}

/// A worker does not know what its model is called here. Its answer begins `{"id":…` or
/// `{"outputs":…`.
void add_model_name(wire::OipBody& body, std::string_view name) {
  constexpr std::string_view kMember = R"({"model_name":)";
  if (body.body.size() < 2 || body.body[0] != '{' || body.body.starts_with(kMember)) return;
  std::string member;
  member.reserve(name.size() + kMember.size());
  member += kMember.substr(1);
  json::write(member, json::value(name));
  if (body.body[1] != '}') member += ',';
  body.body.insert(1, member);
  if (body.json_bytes) *body.json_bytes += member.size();
}

void respond_failure(Inference& inference, const Error& error) {
  const Error told = name_solution(error, inference.admission.entry().solution->id.str());
  inference.admission.ended(&told);
  respond_error(inference.asked.request.exchange, told);
}

/// The request did not come whole, or is none: that says nothing about the model, and is not
/// counted.
void respond_unread(Inference& inference, const Error& error) {
  respond_error(inference.asked.request.exchange,
                name_solution(error, inference.admission.entry().solution->id.str()));
}

/// A body of one tensor's bytes alone (a length of 0): the JSON that it goes without.
Result<wire::OipBody> with_head(const ml::Inferring& model, std::string bytes) {
  const auto about = model.about();
  const wire::Signature signature =
      about ? wire::read_signature(about->about).value_or(wire::Signature()) : wire::Signature();
  if (signature.inputs.size() != 1) {
    return fail(Reason::invalid_argument,
                std::format("a body of bytes alone is for models of one input; this one has {}",
                            signature.inputs.size()));
  }
  const wire::TensorSpec& spec = signature.inputs.front();
  const std::size_t element = wire::element_bytes(spec.type);
  if (std::ranges::count(spec.shape, -1) > 1 || element == 0) {
    return fail(Reason::invalid_argument,
                "how large the tensor is cannot be told from its bytes alone: send its shape");
  }
  wire::OipTensor tensor;
  tensor.name = spec.name;
  tensor.type = spec.type;
  tensor.shape = spec.shape;
  std::vector<std::int64_t> known = spec.shape;
  std::erase(known, -1);
  const std::uint64_t row = wire::elements_of(known).value_or(0) * element;
  if (row == 0 || bytes.size() % row != 0)
    return fail(Reason::invalid_argument, "the body is no whole number of rows of the tensor");
  std::ranges::replace(tensor.shape, -1, static_cast<std::int64_t>(bytes.size() / row));
  tensor.bytes = std::move(bytes);
  WEFT_CHECK(wire::check_tensor(tensor));
  wire::OipRequest request;
  request.binary_output = true;
  request.inputs.push_back(std::move(tensor));
  return wire::write_oip(request, true);
}

/// The one coroutine of the common course.
Awaitable<> infer(Inference inference) {
  Asked& asked = inference.asked;
  net::Exchange& exchange = asked.request.exchange;
  Result<std::string> body;
  if (auto at_hand = packed(exchange) ? std::nullopt : exchange.body_at_hand(kRequestBytesMax)) {
    body = *std::move(at_hand);
  } else {
    body = co_await read_request_body(exchange);
  }
  if (body && inference.json_bytes == 0) {
    auto whole = with_head(*asked.deployed, *std::move(body));
    if (!whole) co_return respond_unread(inference, whole.error());
    inference.json_bytes = whole->json_bytes;
    body = std::move(whole->body);
  }
  if (!body) co_return respond_unread(inference, body.error());
  if (inference.json_bytes.value_or(0) > body->size()) {
    co_return respond_failure(
        inference, make_error(Reason::invalid_argument,
                              std::format("{} is more than the body has", kJsonLengthHeader)));
  }
  ml::Invocation invocation;
  invocation.tensors = true;
  invocation.began = inference.began;
  if (inference.json_bytes) invocation.accept = std::to_string(*inference.json_bytes);
  invocation.body = *body;
  auto reply =
      co_await asked.deployed->invoke(std::move(invocation), inference.deadline, exchange.gone());
  if (!reply) co_return respond_failure(inference, reply.error());
  inference.admission.ended(nullptr);
  if (reply->status >= 400) co_return respond_error(exchange, error_of(*reply));
  wire::OipBody answer{.body = std::move(reply->body), .json_bytes = json_bytes_of(*reply)};
  add_model_name(answer, asked.name);
  respond_body(exchange, answer, {});
}

Awaitable<> refused(net::Exchange& exchange, Error error) {
  respond_error(exchange, error);
  co_return;
}

}  // namespace

Awaitable<> serve_deployed(Asked asked) {
  net::Exchange& exchange = asked.request.exchange;
  auto length = json_length_of(exchange.head().headers);
  if (!length) return refused(exchange, std::move(length).error());
  auto admission =
      asked.environment.hub.admit(asked.request.principal, asked.ref.entry, asked.ref.skill);
  if (!admission) return refused(exchange, std::move(admission).error());
  const std::int64_t own = asked.ref.entry->request.timeout_ms;
  const SteadyTime began = asked.environment.hub.clock().steady();
  const SteadyTime deadline = began + Milliseconds(own > 0 ? own : hub::kCallDeadlineMs);
  return infer({.asked = std::move(asked),
                .admission = *std::move(admission),
                .began = began,
                .deadline = deadline,
                .json_bytes = *length});
}

}  // namespace weft::adapters::oip
