#include "weft/adapters/mcp/http_link.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/headers.h"
#include "weft/adapters/mcp/http_conversation.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/hub/limits.h"

namespace weft::adapters::mcp {

namespace {

using Response = std::unique_ptr<net::ClientResponse>;

/// The code with which the official SDKs refuse a request before its session.
constexpr int kTransportRefusal = -32000;
/// The cancel must be on its way before the hub gives the call up.
constexpr std::int64_t kAbandonMs = hub::kCancelBoundMs * 8 / 10;

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

bool mentions_session(std::string_view text) {
  constexpr std::string_view kSession = "session";
  const auto found = std::ranges::search(text, kSession, [](char a, char b) {
    return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b);
  });
  return !found.empty();
}

/// Whether a server refused what weft settled with it, before running anything: it forgot the
/// session (2025-11-25: 404; the official servers: 400 with a code or words of their own), or
/// speaks another era by now.
bool is_stale(int status, const HttpLink::Sending& sending, const wire::JsonRpcError* error,
              std::string_view text) {
  const bool in_session = !sending.session.empty();
  if (status == 404) return in_session;
  if (status != 400) return false;
  if (error != nullptr && error->code == kTransportRefusal)
    return in_session || sending.era == Era::modern;
  if (error != nullptr && is_modern_error(error->code))
    return sending.era == Era::legacy || error->code == kUnsupportedVersion;
  return in_session && mentions_session(text);
}

bool is_unreachable(const Error& error) {
  return error.reason == Reason::unavailable || error.reason == Reason::deadline ||
         error.reason == Reason::cancelled || error.reason == Reason::permission_denied;
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
  return Sending{session_, shake_.version, shake_.era, handshakes_};
}

void HttpLink::settle(const Handshake& shake, std::string session) {
  const std::lock_guard lock(mutex_);
  shake_ = shake;
  session_ = std::move(session);
  ++handshakes_;
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

Awaitable<> HttpLink::cancel(Sending sending, json::value id, std::string why,
                             Executor executor) const {
  if (sending.era == Era::modern) co_return;
  wire::JsonRpcRequest cancelled;
  cancelled.method = "notifications/cancelled";
  cancelled.params["requestId"] = std::move(id);
  cancelled.params["reason"] = why;
  std::string body = wire::write_jsonrpc(cancelled);
  hub::CallContext context{executor, std::chrono::steady_clock::now() + Milliseconds(kAbandonMs),
                           CancelToken()};
  (void)co_await post(sending, nullptr, std::move(body), context, false);
}

Awaitable<Result<Handshake>> HttpLink::discover(hub::CallContext context, bool& modern_alone) {
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
    modern_alone = status == 400 && is_modern_alone(*error);
    co_return fail(Reason::unsupported,
                   modern_alone
                       ? std::format("server/discover: error {}: {}", error->code, error->message)
                       : std::format("server/discover: error {}", error->code));
  }
  auto shake = read_discover(std::get<json::value>(answer->outcome));
  if (shake && shake->era == Era::legacy)
    co_return fail(Reason::unsupported, "server/discover: no 2026-07-28");
  co_return shake;
}

Awaitable<Result<HttpLink::Begun>> HttpLink::begin_session(hub::CallContext context) {
  const Sending before;
  std::string body = request_text(next_id(), "initialize", initialize_params());
  auto response = co_await post(before, nullptr, std::move(body), context, false);
  if (!response) co_return fail(response.error());
  const int status = (*response)->head().status;
  if (status == 401 || status == 403) {
    const Refusal refused = co_await refusal(*std::move(response), before);
    co_return fail(refused.error);
  }
  std::string session((*response)->head().headers.get(kHeaderSession));
  auto answer = co_await read_response(*std::move(response));
  if (!answer)
    co_return fail(Reason::upstream_protocol,
                   std::format("initialize: HTTP {}, no JSON-RPC", status));
  if (const auto* error = std::get_if<wire::JsonRpcError>(&answer->outcome)) {
    co_return fail(Reason::unsupported,
                   std::format("initialize: error {}: {}", error->code, error->message));
  }
  auto shake = read_initialize(std::get<json::value>(answer->outcome));
  if (!shake) co_return fail(shake.error());
  Sending sending{std::move(session), shake->version, Era::legacy};
  co_return Begun{*std::move(shake), std::move(sending)};
}

Awaitable<Result<Handshake>> HttpLink::initialize(hub::CallContext context) {
  auto begun = co_await begin_session(context);
  if (!begun) co_return fail(begun.error());
  std::string initialized = initialized_text();
  auto accepted = co_await post(begun->sending, nullptr, std::move(initialized), context, false);
  if (!accepted) co_return fail(accepted.error());
  settle(begun->shake, begun->sending.session);
  co_return std::move(begun->shake);
}

Awaitable<Result<Handshake>> HttpLink::connect(hub::CallContext context) {
  co_return co_await find_era(context, true);
}

Awaitable<Result<Handshake>> HttpLink::probe(hub::CallContext context) {
  co_return co_await find_era(context, false);
}

Awaitable<Result<Handshake>> HttpLink::find_era(hub::CallContext context, bool staying) {
  bool modern_alone = false;
  auto modern = co_await discover(context, modern_alone);
  if (modern) {
    settle(*modern, std::string());
    co_return modern;
  }
  if (modern_alone || is_unreachable(modern.error())) co_return modern;
  Result<Handshake> legacy;
  if (staying) {
    legacy = co_await initialize(context);
  } else {
    auto begun = co_await begin_session(context);
    legacy = begun ? Result<Handshake>(begun->shake) : fail(begun.error());
    if (begun) settle(begun->shake, begun->sending.session);
  }
  if (legacy) co_return legacy;
  Error error = legacy.error();
  error.message = std::format("{}; {}", modern.error().message, error.message);
  co_return fail(std::move(error));
}

Awaitable<Result<void>> HttpLink::renew(Sending used, hub::CallContext context) {
  while (sending().handshake == used.handshake) {
    const auto turn = attempts_.begin();
    if (!turn) {
      auto ended = co_await attempts_.wait(context);
      if (!ended) co_return fail(std::move(ended).error());
      continue;
    }
    if (sending().handshake != used.handshake) break;
    Result<Handshake> shake = fail(Reason::unsupported, "no session to begin anew");
    if (used.era == Era::legacy) shake = co_await initialize(context);
    // What was upgraded speaks another era by now.
    if (!shake && !is_unreachable(shake.error())) shake = co_await find_era(context, true);
    if (shake) break;
    turn->failed(shake.error());
    co_return fail(std::move(shake).error());
  }
  co_return Result<void>();
}

Awaitable<HttpLink::Refusal> HttpLink::refusal(Response response, Sending sending) const {
  const int status = response->head().status;
  const wire::Headers headers = response->head().headers;
  auto text = co_await response->read_all(kMessageBytesMax);
  if (!text) co_return Refusal{text.error()};
  auto message = wire::parse_jsonrpc(*text);
  const auto* told = message ? std::get_if<wire::JsonRpcResponse>(&*message) : nullptr;
  const auto* error = told == nullptr ? nullptr : std::get_if<wire::JsonRpcError>(&told->outcome);
  Refusal refused{error_of_status(status, headers, *text), is_stale(status, sending, error, *text)};
  if (error != nullptr) {
    Error said = error_of(*error);
    // What is wrong with weft's own credentials is nothing that the caller could mend.
    const bool credentials = status == 401 || status == 403;
    const bool words =
        credentials ? said.reason == Reason::refused : error->data.has_value() || status != 429;
    if (words) refused.error = with_status(std::move(said), status, headers);
  }
  if (refused.stale && !sending.session.empty()) {
    refused.error = make_error(
        Reason::unavailable,
        std::format("the server does not know weft's session: {}", refused.error.message));
  }
  co_return refused;
}

Awaitable<std::expected<std::unique_ptr<Conversation>, HttpLink::Refusal>> HttpLink::send_once(
    LinkRequest& request, Sending sending, hub::CallContext context) {
  const json::value id = next_id();
  if (sending.era == Era::modern) add_modern_meta(request.params, request.log_level);
  if (request.progress) add_progress_token(request.params, id);
  std::string body = request_text(id, request.method, request.params);
  const bool long_lived = request.method == "tools/call";
  auto response = co_await post(sending, &request, std::move(body), context, long_lived);
  if (!response) {
    // A server that answers with one JSON message may be at work all the same.
    const Error& why = response.error();
    const bool left = why.reason == Reason::cancelled || why.reason == Reason::deadline;
    if (left) co_await cancel(sending, id, why.message, context.executor);
    co_return std::unexpected(Refusal{why});
  }
  const int status = (*response)->head().status;
  if (status < 200 || status > 299) {
    Refusal refused = co_await refusal(*std::move(response), sending);
    co_return std::unexpected(std::move(refused));
  }
  auto self = shared_from_this();
  co_return std::make_unique<HttpConversation>(self, sending, id, *std::move(response), context);
}

Awaitable<Result<std::unique_ptr<Conversation>>> HttpLink::send(LinkRequest request,
                                                                hub::CallContext context) {
  const Sending used = sending();
  auto begun = co_await send_once(request, used, context);
  if (!begun && begun.error().stale) {
    auto renewed = co_await renew(used, context);
    if (!renewed) co_return fail(std::move(renewed).error());
    drop_modern_meta(request.params);
    const Sending now = sending();
    // Where nothing changed the server meant something else, and may have run it.
    const bool changed = now.era != used.era || now.session != used.session;
    if (changed) begun = co_await send_once(request, now, context);
  }
  if (!begun) co_return fail(std::move(begun).error().error);
  co_return *std::move(begun);
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
  // A forgotten session comes back with the next call; until then it is tried again. A server that
  // says 400 in a new session too has no stream.
  const bool forgot =
      head.status == 404 || (head.status == 400 && !used.session.empty() &&
                             streamless_.exchange(used.handshake) != used.handshake);
  const Reason reason = forgot || head.status >= 500 ? Reason::unavailable : Reason::unsupported;
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
