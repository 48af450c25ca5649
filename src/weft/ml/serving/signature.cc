#include "weft/ml/serving/signature.h"

#include <format>

#include "weft/base/text.h"
#include "weft/wire/base64.h"
#include "weft/wire/media_type.h"

namespace weft::ml {
namespace {

/// What of a model's own message goes into an error.
constexpr std::size_t kMessageBytesMax = 4'096;

Result<wire::OipTensor> tensor_of(const model::Tensor& tensor) {
  const auto type = wire::tensor_type_from(tensor.datatype);
  if (!type) {
    return fail(Reason::invalid_argument,
                std::format("tensor `{}`: `{}` is no datatype", tensor.name, tensor.datatype));
  }
  wire::OipTensor out;
  if (*type == wire::TensorType::bytes) {
    const std::vector<std::string_view> texts(tensor.elements.begin(), tensor.elements.end());
    out = wire::tensor_of_texts(tensor.name, tensor.shape, texts);
  } else {
    out.name = tensor.name;
    out.type = *type;
    out.shape = tensor.shape;
    out.bytes = tensor.bytes;
  }
  WEFT_CHECK(wire::check_tensor(out));
  return out;
}

bool has_nothing(const model::Call& call) { return !call.args || call.args->is_null(); }

Reason reason_of(std::uint16_t status) {
  switch (status) {
    case 400:
    case 406:
    case 422: return Reason::invalid_argument;
    case 413: return Reason::too_large;
    case 415: return Reason::content_type;
    case 429: return Reason::rate_limited;
    case 503: return Reason::unavailable;
    case 504: return Reason::deadline;
    default: return Reason::solution_failed;
  }
}

/// An answer in whatever its type says it is.
model::Output output_of_body(InvocationReply reply) {
  model::Output out;
  const std::string type = wire::media_type(reply.type);
  if (type == "application/json") {
    if (auto document = json::parse(reply.body)) {
      out.data = *std::move(document);
      return out;
    }
  }
  model::Turn turn{.id = "", .role = model::Role::assistant, .name = "", .parts = {}};
  if (wire::is_utf8(reply.body)) {
    turn.parts.push_back(model::Part::text(std::move(reply.body)));
  } else {
    model::Part part;
    part.body = model::Blob{.bytes = std::move(reply.body), .filename = ""};
    part.media_type = type;
    turn.parts.push_back(std::move(part));
  }
  out.turns.push_back(std::move(turn));
  return out;
}

Awaitable<Result<model::Output>> ask_in_json(std::shared_ptr<Inferring> model,
                                             std::shared_ptr<const model::Call> call,
                                             SteadyTime deadline, CancelToken cancel) {
  const std::string body = has_nothing(*call) ? "{}" : json::write(*call->args);
  Invocation asked;
  asked.type = "application/json";
  asked.accept = "application/json";
  asked.body = body;
  WEFT_CO_TRY(InvocationReply reply,
              co_await model->invoke(std::move(asked), deadline, std::move(cancel)));
  if (reply.status >= 400) co_return fail(error_of(reply));
  co_return output_of_body(std::move(reply));
}

}  // namespace

wire::Signature signature_of(const json::object& about) {
  return wire::read_signature(about).value_or(wire::Signature());
}

json::value schema_of_tensors(const json::array& tensors) {
  json::object about;
  about["inputs"] = tensors;
  return wire::input_schema_of(signature_of(about));
}

model::Skill predict_skill(const wire::Signature& signature) {
  model::Skill out;
  out.id = SkillId("predict");
  out.title = "Predict";
  out.shape = model::Shape::predict;
  out.input_schema = wire::input_schema_of(signature);
  if (!signature.outputs.empty()) out.output_schema = wire::output_schema_of(signature.outputs);
  out.effects.read_only = true;
  out.effects.idempotent = true;
  return out;
}

Result<wire::OipRequest> request_of(const wire::Signature& signature, const model::Call& call) {
  wire::OipRequest out;
  if (has_nothing(call) && !call.tensors.empty()) {
    for (const model::Tensor& each : call.tensors) {
      WEFT_TRY(wire::OipTensor tensor, tensor_of(each));
      out.inputs.push_back(std::move(tensor));
    }
    return out;
  }
  static const json::value kNone{json::object()};
  WEFT_TRY(out.inputs, wire::tensors_of_json(signature, has_nothing(call) ? kNone : *call.args));
  return out;
}

model::Output output_of(const wire::OipResponse& response) {
  model::Output out;
  out.data = wire::json_of_tensors(response.outputs);
  return out;
}

Error error_of(const InvocationReply& reply) {
  std::string message = mended_utf8(beginning_of(reply.body, kMessageBytesMax));
  if (message.empty()) message = std::format("the model answered {} without a word", reply.status);
  Error out = make_error(reason_of(reply.status), std::move(message));
  out.upstream_status = reply.status;
  return out;
}

Awaitable<Result<model::Output>> predict(std::shared_ptr<Inferring> model,
                                         std::shared_ptr<const model::Call> call,
                                         SteadyTime deadline, CancelToken cancel) {
  const auto about = model->about();
  if (about == nullptr)
    co_return fail(Reason::unavailable, "no worker has the model loaded; it is tried again");
  const wire::Signature signature = signature_of(about->about);
  if (signature.inputs.empty() && call->tensors.empty())
    co_return co_await ask_in_json(std::move(model), std::move(call), deadline, std::move(cancel));
  WEFT_CO_TRY(const wire::OipRequest request, request_of(signature, *call));
  const wire::OipBody body = wire::write_oip(request, false);
  Invocation asked;
  asked.tensors = true;
  asked.type = "application/json";
  if (body.json_bytes) asked.accept = std::format("{}", *body.json_bytes);
  asked.body = body.body;
  WEFT_CO_TRY(const InvocationReply reply,
              co_await model->invoke(std::move(asked), deadline, std::move(cancel)));
  if (reply.status >= 400) co_return fail(error_of(reply));
  auto json_bytes = wire::oip_json_bytes(reply.type);
  if (!json_bytes) json_bytes = wire::oip_json_bytes(reply.attributes);
  auto response = wire::read_oip_response(reply.body, json_bytes);
  if (!response) {
    co_return fail(Reason::upstream_protocol,
                   std::format("the model's answer cannot be read: {}", response.error().message));
  }
  co_return output_of(*response);
}

}  // namespace weft::ml
