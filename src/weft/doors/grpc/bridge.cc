#include "weft/doors/grpc/bridge.h"

#include <algorithm>
#include <format>

#include "weft/base/grpc_url.h"
#include "weft/base/json.h"
#include "weft/doors/grpc/codec.h"
#include "weft/doors/grpc/inference.pb.h"
#include "weft/doors/grpc/limits.h"
#include "weft/doors/grpc/outgoing_call.h"
#include "weft/wire/oip.h"

namespace weft::doors {
namespace {

constexpr std::string_view kJsonLength = "Inference-Header-Content-Length";
constexpr std::string_view kBinary = "binary_tensor_data";
constexpr int kUnavailable = 503;
constexpr int kBadGateway = 502;

/// What a target asks for: `/v2/models/iris/versions/2/infer`.
struct Asked {
  std::string method;  ///< `GET /v2`, `POST model/infer` …, without its name
  std::string model;
  std::string version;
};

Result<Asked> read_target(const wire::RequestHead& head) {
  constexpr std::string_view kModels = "/v2/models/";
  constexpr std::string_view kVersions = "versions/";
  Asked out;
  std::string_view rest = head.path();
  if (!rest.starts_with(kModels)) {
    out.method = std::format("{} {}", head.method, rest);
    return out;
  }
  const auto take = [&rest]() -> Result<std::string> {
    const auto end = std::min(rest.find('/'), rest.size());
    WEFT_TRY(std::string name, percent_decode(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return name;
  };
  rest.remove_prefix(kModels.size());
  WEFT_TRY(out.model, take());
  if (rest.starts_with(kVersions)) {
    rest.remove_prefix(kVersions.size());
    WEFT_TRY(out.version, take());
  }
  out.method = std::format("{} model{}{}", head.method, rest.empty() ? "" : "/", rest);
  return out;
}

void refuse(net::Exchange& exchange, int status, const json::object& body) {
  wire::ResponseHead head;
  head.status = status;
  head.headers.set("Content-Type", "application/json");
  (void)exchange.respond(std::move(head), json::write(body));
}

/// What the server refused has its status, what the bridge itself found its reason.
void refuse(net::Exchange& exchange, const Error& error) {
  json::object body{{"error", error.message}};
  if (error.upstream_status != 0) return refuse(exchange, error.upstream_status, body);
  body["reason"] = to_string(error.reason);
  refuse(exchange, kBadGateway, body);
}

void respond(net::Exchange& exchange, const json::value& body) {
  wire::ResponseHead head;
  head.headers.set("Content-Type", "application/json");
  (void)exchange.respond(std::move(head), json::write(body));
}

void respond_health(net::Exchange& exchange, bool well) {
  if (!well)
    return refuse(exchange, kUnavailable, {{"error", "the server says that it is not ready"}});
  respond(exchange, json::object());
}

/// Two services have it: Triton's, and MLServer's own.
Awaitable<Result<inference::RepositoryIndexResponse>> index_of(Outgoing& to) {
  auto first = co_await call<inference::RepositoryIndexResponse>(
      to, "/inference.GRPCInferenceService/RepositoryIndex", inference::RepositoryIndexRequest());
  if (first || first.error().upstream_status != kUnimplemented) co_return first;
  auto second = co_await call<inference::RepositoryIndexResponse>(
      to, "/inference.model_repository.ModelRepositoryService/RepositoryIndex",
      inference::RepositoryIndexRequest());
  if (second) co_return second;
  co_return first;
}

Awaitable<Result<void>> infer(Outgoing& to, Asked asked) {
  const auto& headers = to.exchange.head().headers;
  WEFT_CO_TRY(std::string body, co_await to.exchange.read_body(kAnswerBytesMax));
  const std::string_view length = headers.get(kJsonLength);
  const auto json_bytes = wire::oip_json_bytes(length);
  if (!length.empty() && !json_bytes) {
    co_return fail(Reason::invalid_argument,
                   std::format("{} is no length: {}", kJsonLength, length));
  }
  WEFT_CO_TRY(wire::OipRequest request, wire::read_oip_request(body, json_bytes));
  // While the call runs gRPC's own copy is enough.
  std::exchange(body, {});
  // In the form that was asked for, each.
  wire::OipRequest wanted;
  wanted.outputs = request.outputs;
  wanted.binary_output = request.binary_output;
  WEFT_CO_TRY(inference::ModelInferResponse message,
              co_await call<inference::ModelInferResponse>(
                  to, "/inference.GRPCInferenceService/ModelInfer",
                  message_of(std::move(request), asked.model, asked.version)));
  WEFT_CO_TRY(const wire::OipResponse answer, answer_of(std::move(message)));
  const wire::OipBody out = wire::write_oip(answer, wanted);
  wire::ResponseHead head;
  head.headers.set("Content-Type",
                   out.json_bytes ? "application/octet-stream" : "application/json");
  if (out.json_bytes) head.headers.set(kJsonLength, std::to_string(*out.json_bytes));
  (void)to.exchange.respond(std::move(head), out.body);
  co_return Result<void>();
}

inference::ModelMetadataRequest metadata_request(const Asked& asked) {
  inference::ModelMetadataRequest out;
  out.set_name(asked.model);
  out.set_version(asked.version);
  return out;
}

inference::ModelReadyRequest ready_request(const Asked& asked) {
  inference::ModelReadyRequest out;
  out.set_name(asked.model);
  out.set_version(asked.version);
  return out;
}

Awaitable<Result<void>> ask(Outgoing& to, Asked asked) {
  using namespace inference;
  const std::string& method = asked.method;
  if (method == "POST model/infer") co_return co_await infer(to, std::move(asked));
  if (method == "GET /v2") {
    WEFT_CO_TRY(ServerMetadataResponse message,
                co_await call<ServerMetadataResponse>(
                    to, "/inference.GRPCInferenceService/ServerMetadata", ServerMetadataRequest()));
    // The bridge has it, whatever the server's HTTP port says.
    if (std::ranges::find(message.extensions(), kBinary) == message.extensions().end())
      message.add_extensions(std::string(kBinary));
    respond(to.exchange, json_of(message));
  } else if (method == "GET /v2/health/live") {
    WEFT_CO_TRY(const ServerLiveResponse message,
                co_await call<ServerLiveResponse>(to, "/inference.GRPCInferenceService/ServerLive",
                                                  ServerLiveRequest()));
    respond_health(to.exchange, message.live());
  } else if (method == "GET /v2/health/ready") {
    WEFT_CO_TRY(const ServerReadyResponse message,
                co_await call<ServerReadyResponse>(
                    to, "/inference.GRPCInferenceService/ServerReady", ServerReadyRequest()));
    respond_health(to.exchange, message.ready());
  } else if (method == "GET model/ready") {
    WEFT_CO_TRY(const ModelReadyResponse message,
                co_await call<ModelReadyResponse>(to, "/inference.GRPCInferenceService/ModelReady",
                                                  ready_request(asked)));
    respond_health(to.exchange, message.ready());
  } else if (method == "GET model") {
    WEFT_CO_TRY(const ModelMetadataResponse message,
                co_await call<ModelMetadataResponse>(
                    to, "/inference.GRPCInferenceService/ModelMetadata", metadata_request(asked)));
    respond(to.exchange, json_of(message));
  } else if (method == "POST /v2/repository/index") {
    WEFT_CO_TRY(const RepositoryIndexResponse message, co_await index_of(to));
    respond(to.exchange, json_of(message));
  } else {
    const auto& head = to.exchange.head();
    refuse(
        to.exchange, kUnimplemented,
        {{"error", std::format("over gRPC the protocol has no {} {}", head.method, head.path())}});
  }
  co_return Result<void>();
}

/// Counts what is being asked while it lives.
class Share {
 public:
  Share(std::size_t& sum, std::uint64_t bytes) : sum_(sum), bytes_(bytes) { sum_ += bytes_; }
  ~Share() { sum_ -= bytes_; }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

 private:
  std::size_t& sum_;
  std::uint64_t bytes_;
};

Awaitable<Result<void>> forward(Channels& channels, std::size_t& asked_bytes,
                                net::Exchange& exchange) {
  const std::uint64_t bytes = exchange.head().body_length.value_or(0);
  if (asked_bytes + bytes > kAskedBytesMax) {
    co_return fail(Reason::rate_limited,
                   "what is being asked of servers by gRPC takes all the memory that is for it; "
                   "try again shortly");
  }
  const Share share(asked_bytes, bytes);
  WEFT_CO_TRY(const Url server, parse_grpc_url(exchange.head().headers.get(kServerHeader)));
  WEFT_CO_TRY(Asked asked, read_target(exchange.head()));
  WEFT_CO_TRY(auto channel, co_await channels.to(server, exchange.gone()));
  Outgoing to{.exchange = exchange, .channel = std::move(channel)};
  co_return co_await ask(to, std::move(asked));
}

}  // namespace

Awaitable<> Bridge::answer(net::Exchange& exchange) {
  const auto done = co_await forward(channels_, asked_bytes_, exchange);
  if (!done && !exchange.started()) refuse(exchange, done.error());
}

}  // namespace weft::doors
