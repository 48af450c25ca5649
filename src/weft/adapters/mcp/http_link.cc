#include "weft/adapters/mcp/http_link.h"

#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/headers.h"
#include "weft/adapters/mcp/http_conversation.h"
#include "weft/adapters/mcp/limits.h"

namespace weft::adapters::mcp {

namespace {

using Response = std::unique_ptr<net::ClientResponse>;

/// The code with which the official SDKs refuse a request before its session.
constexpr int kTransportRefusal = -32000;

/// What a small answer holds: its JSON-RPC response, or nothing when it is none.
Awaitable<std::optional<wire::JsonRpcResponse>> read_response(Response response) {
  auto conversation = HttpConversation::reading(std::move(response));
  while (true) {
    auto message = co_await conversation->next();
    if (!message) co_return std::nullopt;
    if (auto* found = std::get_if<wire::JsonRpcResponse>(&*message)) co_return std::move(*found);
  }
}

std::string request_text(const json::value& id, std::string_view method, json::object params) {
  wire::JsonRpcRequest request;
  request.id = id;
  request.method = std::string(method);
  request.params = std::move(params);
  return wire::write_jsonrpc(request);
}

std::string initialized_text() {
  wire::JsonRpcRequest request;
  request.method = "notifications/initialized";
  return wire::write_jsonrpc(request);
}

}  // namespace

HttpLink::HttpLink(net::HttpClients& clients, hub::JoinRequest request, Url url)
    : clients_(clients), request_(std::move(request)), url_(std::move(url)) {}

Handshake HttpLink::handshake() const {
  const std::lock_guard lock(mutex_);
  return shake_;
}

HttpLink::Sending HttpLink::sending() const {
  const std::lock_guard lock(mutex_);
  return Sending{session_, shake_.version, shake_.era};
}

void HttpLink::settle(const Handshake& shake, std::string session) {
  const std::lock_guard lock(mutex_);
  shake_ = shake;
  session_ = std::move(session);
}

Awaitable<Result<Response>> HttpLink::post(Sending sending, const LinkRequest* request,
                                           std::string body, hub::CallContext context,
                                           bool long_lived) const {
  auto out = solution_request(request_, "POST", url_, context);
  if (!out) co_return fail(out.error());
  out->headers.set("Content-Type", "application/json");
  out->headers.set("Accept", "application/json, text/event-stream");
  if (sending.era == Era::modern && request != nullptr) {
    add_modern_headers(out->headers, request->method, request->params, request->header_params);
  } else if (!sending.version.empty()) {
    out->headers.set(kHeaderVersion, sending.version);
  }
  if (!sending.session.empty()) out->headers.set(kHeaderSession, sending.session);
  if (request != nullptr) {
    if (!request->trace.parent.empty()) out->headers.set("traceparent", request->trace.parent);
    if (!request->trace.state.empty()) out->headers.set("tracestate", request->trace.state);
    out->headers.set("Weft-Depth", std::to_string(request->depth + 1));
  }
  out->body = std::move(body);
  // A stream may be silent for as long as its call may run: the caller's token ends it.
  if (long_lived) out->idle_timeout = Milliseconds(kStreamIdleMs);
  net::HttpClient& client = clients_.at(context.executor);
  net::ClientRequest sent = *std::move(out);
  co_return co_await client.send(std::move(sent), context.cancel);
}

Awaitable<Result<Response>> HttpLink::resume(Sending sending, std::string last_event_id,
                                             hub::CallContext context) const {
  auto out = solution_request(request_, "GET", url_, context);
  if (!out) co_return fail(out.error());
  out->headers.set("Accept", "text/event-stream");
  if (!sending.version.empty()) out->headers.set(kHeaderVersion, sending.version);
  if (!sending.session.empty()) out->headers.set(kHeaderSession, sending.session);
  if (!last_event_id.empty()) out->headers.set("Last-Event-ID", std::move(last_event_id));
  out->idle_timeout = Milliseconds(kStreamIdleMs);
  net::HttpClient& client = clients_.at(context.executor);
  net::ClientRequest sent = *std::move(out);
  co_return co_await client.send(std::move(sent), context.cancel);
}

Awaitable<Result<Handshake>> HttpLink::discover(hub::CallContext context) {
  LinkRequest request;
  request.method = "server/discover";
  add_modern_meta(request.params, "");
  Sending sending;
  sending.era = Era::modern;
  std::string body = request_text(next_id(), request.method, request.params);
  auto response = co_await post(sending, &request, std::move(body), context, false);
  if (!response) co_return fail(response.error());
  const int status = (*response)->head().status;
  auto answer = co_await read_response(*std::move(response));
  if (!answer)
    co_return fail(Reason::upstream_protocol,
                   std::format("server/discover: HTTP {}, no JSON-RPC", status));
  if (const auto* error = std::get_if<wire::JsonRpcError>(&answer->outcome)) {
    refused_as_mcp_ = error->code == kTransportRefusal;
    co_return fail(Reason::unsupported, std::format("server/discover: error {}", error->code));
  }
  auto shake = read_discover(std::get<json::value>(answer->outcome));
  if (shake && shake->era == Era::legacy)
    co_return fail(Reason::unsupported, "server/discover: no 2026-07-28");
  co_return shake;
}

Awaitable<Result<Handshake>> HttpLink::begin_session(hub::CallContext context) {
  const Sending sending;
  std::string body = request_text(next_id(), "initialize", initialize_params());
  auto response = co_await post(sending, nullptr, std::move(body), context, false);
  if (!response) co_return fail(response.error());
  const int status = (*response)->head().status;
  const std::string session((*response)->head().headers.get(kHeaderSession));
  auto answer = co_await read_response(*std::move(response));
  if (!answer)
    co_return fail(Reason::upstream_protocol,
                   std::format("initialize: HTTP {}, no JSON-RPC", status));
  if (const auto* error = std::get_if<wire::JsonRpcError>(&answer->outcome)) {
    co_return fail(Reason::unsupported,
                   std::format("initialize: error {}: {}", error->code, error->message));
  }
  auto shake = read_initialize(std::get<json::value>(answer->outcome));
  if (!shake) co_return shake;
  settle(*shake, session);
  co_return shake;
}

Awaitable<Result<Handshake>> HttpLink::initialize(hub::CallContext context) {
  auto shake = co_await begin_session(context);
  if (!shake) co_return shake;
  const Sending next = this->sending();
  std::string initialized = initialized_text();
  auto accepted = co_await post(next, nullptr, std::move(initialized), context, false);
  if (!accepted) co_return fail(accepted.error());
  co_return shake;
}

Awaitable<Result<Handshake>> HttpLink::connect(hub::CallContext context) {
  co_return co_await find_era(context, true);
}

Awaitable<Result<Handshake>> HttpLink::probe(hub::CallContext context) {
  co_return co_await find_era(context, false);
}

Awaitable<Result<Handshake>> HttpLink::find_era(hub::CallContext context, bool staying) {
  auto modern = co_await discover(context);
  if (modern) {
    settle(*modern, std::string());
    co_return modern;
  }
  const Reason reason = modern.error().reason;
  const bool unreachable =
      reason == Reason::unavailable || reason == Reason::deadline || reason == Reason::cancelled;
  if (unreachable || reason == Reason::permission_denied) co_return modern;
  Result<Handshake> legacy;
  if (staying) {
    legacy = co_await initialize(context);
  } else {
    legacy = co_await begin_session(context);
  }
  if (legacy) co_return legacy;
  Error error = legacy.error();
  error.message = std::format("{}; {}", modern.error().message, error.message);
  co_return fail(std::move(error));
}

Awaitable<Result<std::unique_ptr<Conversation>>> HttpLink::send_once(LinkRequest& request,
                                                                     Sending sending,
                                                                     hub::CallContext context,
                                                                     bool& forgotten) {
  const json::value id = next_id();
  if (sending.era == Era::modern) add_modern_meta(request.params, request.progress ? "info" : "");
  if (request.progress) add_progress_token(request.params, id);
  std::string body = request_text(id, request.method, request.params);
  const bool long_lived = request.method == "tools/call";
  auto response = co_await post(sending, &request, std::move(body), context, long_lived);
  if (!response) co_return fail(response.error());
  const int status = (*response)->head().status;
  forgotten = status == 404 && !sending.session.empty();
  if (forgotten) co_return fail(Reason::unavailable, "the server forgot weft's session");
  if (status < 200 || status > 299) {
    const wire::Headers headers = (*response)->head().headers;
    auto text = co_await (*response)->read_all(kMessageBytesMax);
    if (!text) co_return fail(text.error());
    auto message = wire::parse_jsonrpc(*text);
    const auto* told = message ? std::get_if<wire::JsonRpcResponse>(&*message) : nullptr;
    const auto* error = told == nullptr ? nullptr : std::get_if<wire::JsonRpcError>(&told->outcome);
    const bool words =
        error != nullptr && (error->data || (status != 401 && status != 403 && status != 429));
    if (!words) co_return fail(error_of_status(status, headers, *text));
    co_return fail(with_status(error_of(*error), status, headers));
  }
  auto self = shared_from_this();
  co_return std::make_unique<HttpConversation>(self, sending, id, *std::move(response), context);
}

Awaitable<Result<std::unique_ptr<Conversation>>> HttpLink::send(LinkRequest request,
                                                                hub::CallContext context) {
  bool forgotten = false;
  Sending used = sending();
  auto begun = co_await send_once(request, used, context, forgotten);
  if (!forgotten) co_return begun;
  if (sending().session == used.session) {
    auto again = co_await initialize(context);
    if (!again) co_return fail(again.error());
  }
  used = sending();
  co_return co_await send_once(request, used, context, forgotten);
}

Awaitable<Result<Response>> HttpLink::listen(hub::CallContext context) {
  const Sending used = sending();
  Result<Response> response;
  if (used.era == Era::modern) {
    LinkRequest request;
    request.method = "subscriptions/listen";
    json::object wanted;
    wanted["toolsListChanged"] = true;
    request.params["notifications"] = std::move(wanted);
    add_modern_meta(request.params, "");
    std::string body = request_text(next_id(), request.method, request.params);
    response = co_await post(used, &request, std::move(body), context, true);
  } else {
    response = co_await resume(used, std::string(), context);
  }
  if (!response) co_return response;
  const wire::ResponseHead& head = (*response)->head();
  const bool streams = head.headers.get("Content-Type").starts_with("text/event-stream");
  if (head.status == 200 && streams) co_return response;
  // A forgotten session comes back with the next call; until then it is tried again.
  const Reason reason =
      head.status == 404 || head.status >= 500 ? Reason::unavailable : Reason::unsupported;
  co_return fail(reason, std::format("the server's stream: HTTP {}", head.status));
}

Awaitable<> HttpLink::close(hub::CallContext context) {
  const Sending used = sending();
  if (used.session.empty()) co_return;
  auto out = solution_request(request_, "DELETE", url_, context);
  if (!out) co_return;
  out->headers.set(kHeaderSession, used.session);
  if (!used.version.empty()) out->headers.set(kHeaderVersion, used.version);
  net::HttpClient& client = clients_.at(context.executor);
  net::ClientRequest sent = *std::move(out);
  (void)co_await client.send(std::move(sent), context.cancel);
  settle(Handshake(), std::string());
}

}  // namespace weft::adapters::mcp
