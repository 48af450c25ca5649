#include "weft/adapters/oip/client.h"

#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/common/upstream.h"
#include "weft/adapters/oip/answers.h"
#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/limits.h"
#include "weft/adapters/oip/outgoing.h"
#include "weft/adapters/oip/server.h"
#include "weft/model/codec.h"

namespace weft::adapters::oip {
namespace {

/// Tensors that are larger go behind the JSON where the server takes that.
constexpr std::size_t kTensorBytesInJson = 16 * 1024;

wire::OipBody body_of(wire::OipRequest request, const ServerAbout& server) {
  std::size_t bytes = 0;
  for (const auto& tensor : request.inputs) bytes += tensor.bytes.size();
  // To the bridge always: gRPC has no other form.
  const bool binary =
      server.grpc || (bytes > kTensorBytesInJson && server.has("binary_tensor_data"));
  request.binary_output = binary;
  return wire::write_oip(request, binary);
}

bool is_stream(const wire::ResponseHead& head) {
  return head.headers.get("Content-Type").starts_with("text/event-stream");
}

}  // namespace

OipService::OipService(net::HttpClients& clients, hub::JoinRequest request, Way way,
                       Reading reading)
    : clients_(clients),
      request_(std::move(request)),
      way_(std::move(way)),
      reading_(std::make_shared<const Reading>(std::move(reading))) {}

Result<net::ClientRequest> OipService::request(std::string_view model, std::string_view operation,
                                               const hub::CallContext& context) const {
  const std::string target = std::format("/v2/models/{}/{}", percent_encode(model), operation);
  return request_by(way_, request_, "POST", target, context);
}

Awaitable<Result<OipService::Response>> OipService::send(net::ClientRequest request,
                                                         std::shared_ptr<const model::Call> call,
                                                         hub::Emitter& out) {
  if (!call->trace.parent.empty()) request.headers.set("traceparent", call->trace.parent);
  if (!call->trace.state.empty()) request.headers.set("tracestate", call->trace.state);
  request.headers.set("Weft-Depth", std::to_string(call->depth + 1));
  CancelToken cancel = out.cancelled();
  WEFT_CO_TRY(auto response, co_await client(out.executor()).send(std::move(request), cancel));
  if (response->head().status / 100 == 2) co_return std::move(response);
  const std::string body = co_await read_beginning(*response);
  co_return fail(read_error(response->head().status, response->head().headers, body));
}

Awaitable<Result<model::Output>> OipService::run(std::shared_ptr<const model::Call> call,
                                                 hub::Emitter& out) {
  const auto reading = reading_.load();
  const auto found = reading->models.find(call->skill.str());
  if (found == reading->models.end()) {
    co_return fail(Reason::solution_not_found,
                   std::format("the server has no model `{}` any more", call->skill.str()));
  }
  // Keeps the reading it is part of.
  const std::shared_ptr<const RemoteModel> model(reading, &found->second);
  std::vector<model::Loss> losses = losses_of(*model, *call);
  for (model::Loss& loss : losses) out.lose(std::move(loss));
  const bool converses = model->skill.shape == model::Shape::converse;
  if (converses && call->wants_stream() && reading->server.generates()) {
    json::object body = generate_request(*model, *call);
    co_return co_await generate(model, std::move(body), call, out);
  }
  WEFT_CO_TRY(wire::OipRequest asked, infer_request(*model, *call));
  wire::OipBody body = body_of(std::move(asked), reading->server);
  co_return co_await infer(model, std::move(body), call, out);
}

Awaitable<Result<model::Output>> OipService::infer(std::shared_ptr<const RemoteModel> model,
                                                   wire::OipBody body,
                                                   std::shared_ptr<const model::Call> call,
                                                   hub::Emitter& out) {
  const hub::CallContext context{out.executor(), out.deadline(), out.cancelled()};
  WEFT_CO_TRY(auto to_send, request(model->name, "infer", context));
  to_send.headers.set("Content-Type",
                      body.json_bytes ? "application/octet-stream" : "application/json");
  if (body.json_bytes) to_send.headers.set(kJsonLengthHeader, std::to_string(*body.json_bytes));
  to_send.body = std::move(body.body);
  WEFT_CO_TRY(auto response, co_await send(std::move(to_send), call, out));
  const auto length = json_length_of(response->head().headers);
  if (!length) co_return fail(Reason::upstream_protocol, length.error().message);
  for (model::Loss& loss : losses_of_header(response->head().headers.get("Weft-Loss")))
    out.lose(std::move(loss));
  WEFT_CO_TRY(const std::string text, co_await response->read_all(kAnswerBytesMax));
  WEFT_CO_TRY(const wire::OipResponse answer, read_answer(text, *length));
  if (model->own) co_return output_of_own(answer, model->skill.shape);
  co_return output_of(answer, model->skill.shape);
}

Awaitable<Result<model::Output>> OipService::generate(std::shared_ptr<const RemoteModel> model,
                                                      json::object body,
                                                      std::shared_ptr<const model::Call> call,
                                                      hub::Emitter& out) {
  const hub::CallContext context{out.executor(), out.deadline(), out.cancelled()};
  WEFT_CO_TRY(auto to_send, request(model->name, "generate_stream", context));
  to_send.headers.set("Content-Type", "application/json");
  to_send.headers.set("Accept", "text/event-stream, application/json");
  to_send.body = json::write(body);
  to_send.idle_timeout = silence_until(out.deadline());
  WEFT_CO_TRY(auto response, co_await send(std::move(to_send), call, out));
  if (!is_stream(response->head())) {
    co_return fail(Reason::upstream_protocol,
                   std::format("generate_stream answered `{}`, no event stream",
                               response->head().headers.get("Content-Type")));
  }
  for (model::Loss& loss : losses_of_header(response->head().headers.get("Weft-Loss")))
    out.lose(std::move(loss));
  co_return co_await read_generated(*response, model->own, out);
}

Awaitable<Result<std::shared_ptr<const model::Solution>>> OipService::refresh(
    hub::CallContext context) {
  WEFT_CO_TRY(Reading now, co_await read_all(clients_, request_, way_, context));
  const auto before = reading_.load();
  auto solution = std::make_shared<model::Solution>(describe(way_.place, now.server, now.models));
  solution->id = request_.id;
  model::Solution known = describe(way_.place, before->server, before->models);
  known.id = request_.id;
  if (model::to_json(*solution) == model::to_json(known)) co_return nullptr;
  reading_.store(std::make_shared<const Reading>(std::move(now)));
  co_return std::shared_ptr<const model::Solution>(std::move(solution));
}

}  // namespace weft::adapters::oip
