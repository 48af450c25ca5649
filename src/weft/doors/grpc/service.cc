#include "weft/doors/grpc/service.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <charconv>
#include <format>

#include "weft/base/clock.h"
#include "weft/base/url.h"
#include "weft/doors/grpc/codec.h"
#include "weft/doors/grpc/inference.grpc.pb.h"
#include "weft/doors/grpc/limits.h"
#include "weft/net/http_client.h"

namespace weft::doors {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using grpc::Status;
using grpc::StatusCode;

/// What a caller's metadata hands on, as headers.
constexpr std::string_view kHandedOn[] = {"authorization", "x-api-key", "traceparent", "tracestate",
                                          "weft-depth"};

struct Answer {
  int status = 0;
  std::string body;
  std::optional<std::size_t> json_bytes;
};

/// (protocols of this repository: the error table of adapters/oip/README.md, read backwards.)
StatusCode code_of_status(int status) {
  switch (status) {
    case 400:
    case 415:
    case 422: return StatusCode::INVALID_ARGUMENT;
    case 401: return StatusCode::UNAUTHENTICATED;
    case 403: return StatusCode::PERMISSION_DENIED;
    case 404: return StatusCode::NOT_FOUND;
    case 405:
    case 501: return StatusCode::UNIMPLEMENTED;
    case 409: return StatusCode::FAILED_PRECONDITION;
    case 413:
    case 429: return StatusCode::RESOURCE_EXHAUSTED;
    case 499: return StatusCode::CANCELLED;
    case 502: return StatusCode::INTERNAL;
    case 503: return StatusCode::UNAVAILABLE;
    case 504: return StatusCode::DEADLINE_EXCEEDED;
    default: return StatusCode::INTERNAL;
  }
}

Status status_of(const Error& error) {
  // The numbers of Code are gRPC's.
  return {static_cast<StatusCode>(error.code), error.message};
}

Status status_of(const Answer& answer) {
  const auto parsed = json::parse(answer.body);
  std::string words;
  if (parsed && parsed->is_object()) {
    if (const auto* error = json::find(parsed->get_object(), "error")) {
      words = error->is_string() ? std::string(error->get_string()) : json::write(*error);
    }
  }
  if (words.empty()) words = std::format("the hub answered HTTP {}", answer.status);
  return {code_of_status(answer.status), words};
}

/// One call: ends by its own words exactly once, whoever comes first.
class Reactor final : public ServerUnaryReactor {
 public:
  explicit Reactor(Executor executor) : executor_(executor) {}

  CancelToken token() const { return cancel_->token(); }

 private:
  void OnDone() override { delete this; }
  void OnCancel() override {
    boost::asio::post(executor_, [cancel = cancel_] {
      cancel->cancel(make_error(Reason::cancelled, "the caller is gone"));
    });
  }

  Executor executor_;
  /// Touched on the loop alone.
  std::shared_ptr<CancelSource> cancel_ = std::make_shared<CancelSource>();
};

class Door final : public inference::GRPCInferenceService::CallbackService {
 public:
  Door(net::Loop& loop, net::Origin hub) : executor_(loop.executor()), hub_(std::move(hub)) {
    client_ = net::HttpClient::create(loop, net::ClientLimits());
  }

  ServerUnaryReactor* ServerLive(CallbackServerContext* context,
                                 const inference::ServerLiveRequest*,
                                 inference::ServerLiveResponse* out) override {
    return ask(context, "GET", "/v2/health/live", [out](const Answer& answer) {
      out->set_live(answer.status == 200);
      return Status::OK;
    });
  }
  ServerUnaryReactor* ServerReady(CallbackServerContext* context,
                                  const inference::ServerReadyRequest*,
                                  inference::ServerReadyResponse* out) override {
    return ask(context, "GET", "/v2/health/ready", [out](const Answer& answer) {
      out->set_ready(answer.status == 200);
      return Status::OK;
    });
  }
  ServerUnaryReactor* ModelReady(CallbackServerContext* context,
                                 const inference::ModelReadyRequest* in,
                                 inference::ModelReadyResponse* out) override {
    return ask(context, "GET", place_of(in->name(), in->version()) + "/ready",
               [out](const Answer& answer) {
                 if (answer.status == 401 || answer.status == 403) return status_of(answer);
                 out->set_ready(answer.status == 200);
                 return Status::OK;
               });
  }
  ServerUnaryReactor* ServerMetadata(CallbackServerContext* context,
                                     const inference::ServerMetadataRequest*,
                                     inference::ServerMetadataResponse* out) override {
    return ask(context, "GET", "/v2", [out](const Answer& answer) {
      const auto parsed = json::parse_object(answer.body, "the hub's answer");
      if (answer.status != 200 || !parsed) return status_of(answer);
      *out = server_metadata_of(*parsed);
      return Status::OK;
    });
  }
  ServerUnaryReactor* ModelMetadata(CallbackServerContext* context,
                                    const inference::ModelMetadataRequest* in,
                                    inference::ModelMetadataResponse* out) override {
    return ask(context, "GET", place_of(in->name(), in->version()), [out](const Answer& answer) {
      const auto parsed = json::parse_object(answer.body, "the hub's answer");
      if (answer.status != 200 || !parsed) return status_of(answer);
      *out = model_metadata_of(*parsed);
      return Status::OK;
    });
  }
  ServerUnaryReactor* RepositoryIndex(CallbackServerContext* context,
                                      const inference::RepositoryIndexRequest* in,
                                      inference::RepositoryIndexResponse* out) override {
    net::ClientRequest request = begin(*context, "POST", "/v2/repository/index");
    request.headers.add("Content-Type", "application/json");
    request.body = in->ready() ? R"({"ready":true})" : "{}";
    return send(std::move(request), [out](const Answer& answer) {
      const auto parsed = json::parse(answer.body);
      if (answer.status != 200 || !parsed) return status_of(answer);
      *out = repository_index_of(*parsed);
      return Status::OK;
    });
  }
  ServerUnaryReactor* ModelInfer(CallbackServerContext* context,
                                 const inference::ModelInferRequest* in,
                                 inference::ModelInferResponse* out) override {
    const auto asked = request_of(*in);
    if (!asked) return ended(status_of(asked.error()));
    net::ClientRequest request =
        begin(*context, "POST", place_of(in->model_name(), in->model_version()) + "/infer");
    wire::OipBody body = wire::write_oip(*asked, /*binary=*/true);
    request.headers.add("Content-Type", "application/octet-stream");
    if (body.json_bytes) {
      request.headers.add("Inference-Header-Content-Length", std::to_string(*body.json_bytes));
    }
    request.body = std::move(body.body);
    return send(std::move(request), [out](const Answer& answer) {
      if (answer.status != 200) return status_of(answer);
      auto told = wire::read_oip_response(answer.body, answer.json_bytes);
      if (!told) return status_of(told.error());
      *out = response_of(*std::move(told));
      return Status::OK;
    });
  }

 private:
  using Take = std::move_only_function<Status(const Answer&)>;

  static std::string place_of(const std::string& model, const std::string& version) {
    std::string out = "/v2/models/" + percent_encode(model);
    if (!version.empty()) out += "/versions/" + percent_encode(version);
    return out;
  }

  /// On gRPC's thread: whatever is read of its context is read here.
  net::ClientRequest begin(const CallbackServerContext& context, std::string method,
                           std::string target) const {
    net::ClientRequest out;
    out.origin = hub_;
    out.method = std::move(method);
    out.target = std::move(target);
    const SystemClock clock;
    const auto at = std::chrono::floor<Milliseconds>(context.deadline().time_since_epoch());
    const Milliseconds left = std::min(at - Milliseconds(clock.unix_ms()), Milliseconds(kCallMax));
    out.deadline = clock.steady() + left;
    for (const std::string_view name : kHandedOn) {
      const auto found = context.client_metadata().find({name.data(), name.size()});
      if (found != context.client_metadata().end())
        out.headers.add(std::string(name), std::string(found->second.data(), found->second.size()));
    }
    return out;
  }

  ServerUnaryReactor* ask(CallbackServerContext* context, std::string method, std::string target,
                          Take take) {
    return send(begin(*context, std::move(method), std::move(target)), std::move(take));
  }

  ServerUnaryReactor* ended(Status status) {
    auto* reactor = new Reactor(executor_);
    reactor->Finish(std::move(status));
    return reactor;
  }

  ServerUnaryReactor* send(net::ClientRequest request, Take take) {
    auto* reactor = new Reactor(executor_);
    boost::asio::co_spawn(executor_, run(*client_, *reactor, std::move(request), std::move(take)),
                          [](const std::exception_ptr&) {});
    return reactor;
  }

  static Awaitable<Result<Answer>> answer_of(net::HttpClient& client, net::ClientRequest request,
                                             CancelToken cancel) {
    WEFT_CO_TRY(auto response, co_await client.send(std::move(request), std::move(cancel)));
    Answer out;
    out.status = response->head().status;
    WEFT_CO_TRY(out.body, co_await response->read_all(kMessageBytesMax));
    const std::string_view length = response->head().headers.get("Inference-Header-Content-Length");
    std::size_t bytes = 0;
    const auto read = std::from_chars(length.data(), length.data() + length.size(), bytes);
    if (!length.empty() && read.ec == std::errc()) out.json_bytes = bytes;
    co_return out;
  }

  static Awaitable<> run(net::HttpClient& client, Reactor& reactor, net::ClientRequest request,
                         Take take) {
    CancelToken cancel = reactor.token();
    auto answer = co_await answer_of(client, std::move(request), std::move(cancel));
    reactor.Finish(answer ? take(*answer) : status_of(answer.error()));
  }

  Executor executor_;
  net::Origin hub_;
  std::unique_ptr<net::HttpClient> client_;
};

/// A call that ends before anything of it is read.
class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(std::string_view method) {
    std::string words = std::format("weft serves no `{}`", method);
    if (method.ends_with("/ModelStreamInfer")) {
      words +=
          ": call ModelInfer for each request, or POST /v2/models/NAME/generate_stream of the HTTP "
          "port "
          "for text in pieces";
    } else {
      words +=
          "; it serves inference.GRPCInferenceService: ServerLive, ServerReady, ServerMetadata, "
          "ModelReady, "
          "ModelMetadata, ModelInfer, RepositoryIndex";
    }
    Finish({StatusCode::UNIMPLEMENTED, words});
  }

 private:
  void OnDone() override { delete this; }
};

class Refusals final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Refusal(context->method());
  }
};

}  // namespace

std::unique_ptr<grpc::CallbackGenericService> make_refusals() {
  return std::make_unique<Refusals>();
}

Result<std::unique_ptr<grpc::Service>> make_service(net::Loop& loop, const DoorConfig& config) {
  net::Origin hub;
  hub.egress = net::Egress::open;
  hub.unix_path = config.socket;
  WEFT_TRY(hub.url, parse_url(config.hub));
  return std::make_unique<Door>(loop, std::move(hub));
}

}  // namespace weft::doors
