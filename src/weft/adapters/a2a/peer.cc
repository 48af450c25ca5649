#include "weft/adapters/a2a/peer.h"

#include <format>
#include <utility>

#include "weft/adapters/a2a/errors.h"
#include "weft/adapters/a2a/extensions.h"
#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/common/upstream.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::a2a {
namespace {

constexpr std::string_view kRequestId = "1";

/// `type/subtype` in lower case, without parameters.
std::string media_type_of(const wire::Headers& headers) {
  const std::string_view all = headers.get("Content-Type");
  std::string out;
  for (const char c : all.substr(0, all.find(';'))) {
    if (c == ' ') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

/// What may come back. HTTP+JSON 1.0 has a media type of its own.
std::string_view accepted(bool own_type, bool stream) {
  if (stream) {
    return own_type ? "text/event-stream, application/a2a+json, application/json"
                    : "text/event-stream, application/json";
  }
  return own_type ? "application/a2a+json, application/json" : "application/json";
}

/// The result of a JSON-RPC answer, or its error.
Result<json::value> unwrap(std::string_view text) {
  auto message = wire::parse_jsonrpc(text);
  if (!message) return fail(not_a2a(message.error()));
  auto* response = std::get_if<wire::JsonRpcResponse>(&*message);
  if (response == nullptr)
    return fail(Reason::upstream_protocol, "the agent sent a request for an answer");
  if (const auto* error = std::get_if<wire::JsonRpcError>(&response->outcome)) {
    return fail(from_jsonrpc(*error));
  }
  return std::get<json::value>(std::move(response->outcome));
}

Result<json::value> unwrap(std::string_view text, bool rest) {
  if (!rest) return unwrap(text);
  auto parsed = json::parse(text, kBodyBytesMax);
  if (!parsed) return fail(not_a2a(parsed.error()));
  // A stream over HTTP+JSON may end in an error object.
  const bool failed =
      parsed->is_object() && json::object_at(parsed->get_object(), "error") != nullptr;
  if (failed) return fail(from_rest(500, {}, text));
  return parsed;
}

Error error_of(const wire::ResponseHead& head, std::string_view body, bool rest) {
  if (!rest) {
    const auto told = unwrap(body);
    const bool credentials = head.status == 401 || head.status == 403;
    const Reason reason = told ? Reason::upstream_protocol : told.error().reason;
    if (reason != Reason::upstream_protocol && (!credentials || reason == Reason::refused))
      return with_status(told.error(), head.status, head.headers);
    return error_of_status(head.status, head.headers, body);
  }
  return from_rest(head.status, head.headers, body);
}

}  // namespace

Error not_a2a(const Error& error) {
  return make_error(Reason::upstream_protocol,
                    std::format("what the agent sent is no A2A: {}", error.message));
}

Answer::Answer(Codec codec, bool rest, std::unique_ptr<net::ClientResponse> response, bool streamed)
    : codec_(codec),
      rest_(rest),
      response_(std::move(response)),
      streamed_(streamed),
      activated_(extensions_in(response_->head().headers)),
      reader_(kStreamEventBytesMax) {}

Result<StreamItem> Answer::read(std::string_view text) const {
  WEFT_TRY(const auto value, unwrap(text, rest_));
  auto item = codec_.read_item(value);
  if (!item) return fail(not_a2a(item.error()));
  return *std::move(item);
}

Awaitable<Result<std::optional<StreamItem>>> Answer::whole() {
  const auto response = std::move(response_);
  if (const auto at_hand = response->body_at_hand()) {
    WEFT_CO_TRY(auto item, read(*at_hand));
    co_return std::optional<StreamItem>(std::move(item));
  }
  WEFT_CO_TRY(const auto body, co_await response->read_all(kBodyBytesMax));
  WEFT_CO_TRY(auto item, read(body));
  co_return std::optional<StreamItem>(std::move(item));
}

Awaitable<Result<std::optional<StreamItem>>> Answer::next() {
  if (!response_) co_return std::optional<StreamItem>();
  if (!streamed_) co_return co_await whole();
  while (true) {
    while (auto event = reader_.next()) {
      if (event->data.empty()) continue;
      WEFT_CO_TRY(auto item, read(event->data));
      co_return std::optional<StreamItem>(std::move(item));
    }
    // Only now: what was whole before it broke the format counts.
    if (!fed_) co_return fail(not_a2a(fed_.error()));
    WEFT_CO_TRY(const auto piece, co_await response_->read_some());
    if (piece.empty()) {
      response_.reset();
      co_return std::optional<StreamItem>();
    }
    fed_ = reader_.feed(piece);
  }
}

Peer::Peer(net::HttpClient& client, std::shared_ptr<const Agent> agent,
           std::shared_ptr<const hub::JoinRequest> join, const model::Call& call)
    : client_(client),
      agent_(std::move(agent)),
      join_(std::move(join)),
      codec_(agent_->door.version),
      trace_(call.trace),
      depth_(call.depth) {}

Result<net::ClientRequest> Peer::write(Operation operation, const hub::CallContext& context) const {
  const Door& door = agent_->door;
  const bool v10 = door.version == Version::v10;
  Url url = agent_->url;
  if (door.rest) {
    std::string target = url.path;
    while (target.ends_with('/')) target.pop_back();
    if (!v10)
      target += "/v1";
    else if (!door.interface.tenant.empty())
      target += "/" + percent_encode(door.interface.tenant);
    target += operation.path;
    url = url.with_target(target);
  }
  const std::string verb = door.rest ? operation.verb : "POST";
  WEFT_TRY(auto out, solution_request(*join_, verb, url, context));
  if (agent_->elsewhere) {
    out.headers.clear();
    out.origin.egress = net::Egress::guarded;
  }
  out.headers.set("Weft-Depth", std::to_string(depth_ + 1));
  if (!trace_.parent.empty() && wire::valid_header_value(trace_.parent)) {
    out.headers.set("traceparent", trace_.parent);
    const bool state = !trace_.state.empty() && wire::valid_header_value(trace_.state);
    if (state) out.headers.set("tracestate", trace_.state);
  }
  out.headers.set("A2A-Version", std::string(to_string(door.version)));
  out.headers.set("Accept", accepted(door.rest && v10, operation.stream));
  name_extensions(out.headers, operation.extensions, door.version);
  if (operation.stream) out.idle_timeout = silence_until(out.deadline);
  if (verb != "POST") return out;
  // 1.0.1 prefers application/a2a+json over HTTP+JSON; 1.0.0 has this, and all take it.
  out.headers.set("Content-Type", "application/json");
  if (door.rest) {
    out.body = json::write(operation.params);
    return out;
  }
  json::object params = std::move(operation.params);
  if (v10 && !door.interface.tenant.empty()) params["tenant"] = door.interface.tenant;
  wire::JsonRpcRequest rpc{json::value(kRequestId),
                           std::string(v10 ? operation.method_v10 : operation.method_v03),
                           std::move(params)};
  out.body = wire::write_jsonrpc(rpc);
  return out;
}

Awaitable<Result<std::unique_ptr<net::ClientResponse>>> Peer::request(Operation operation,
                                                                      hub::CallContext context) {
  WEFT_CO_TRY(auto request, write(std::move(operation), context));
  WEFT_CO_TRY(auto response, co_await client_.send(std::move(request), context.cancel));
  const wire::ResponseHead& head = response->head();
  if (head.status >= 200 && head.status < 300) co_return std::move(response);
  auto body = co_await response->read_all(kErrorBodyBytesMax);
  const std::string words = body ? *std::move(body) : std::string();
  co_return fail(error_of(head, words, agent_->door.rest));
}

Awaitable<Result<json::value>> Peer::unary(Operation operation, hub::CallContext context) {
  WEFT_CO_TRY(auto response, co_await request(std::move(operation), context));
  WEFT_CO_TRY(const auto body, co_await response->read_all(kBodyBytesMax));
  co_return unwrap(body, agent_->door.rest);
}

Awaitable<Result<std::unique_ptr<Answer>>> Peer::send(SendRequest message, bool stream,
                                                      hub::CallContext context) {
  Operation operation{stream ? "SendStreamingMessage" : "SendMessage",
                      stream ? "message/stream" : "message/send",
                      "POST",
                      stream ? "/message:stream" : "/message:send",
                      codec_.write(message),
                      stream,
                      std::move(message.activate)};
  WEFT_CO_TRY(auto response, co_await request(std::move(operation), context));
  const std::string type = media_type_of(response->head().headers);
  const bool streamed = type == "text/event-stream";
  const bool plain = type == "application/json" || type == "application/a2a+json" || type.empty();
  if (!streamed && !plain) {
    co_return fail(
        Reason::upstream_protocol,
        std::format("the agent answered with the media type `{}` where A2A has application/json or "
                    "text/event-stream",
                    type));
  }
  co_return std::make_unique<Answer>(codec_, agent_->door.rest, std::move(response), streamed);
}

json::object Peer::by_id(const std::string& task) const { return {{"id", task}}; }

Awaitable<Result<std::unique_ptr<Answer>>> Peer::subscribe(std::string task,
                                                           hub::CallContext context) {
  const bool v10 = agent_->door.version == Version::v10;
  std::string usual = v10 ? "POST" : "GET";
  std::string other = v10 ? "GET" : "POST";
  std::string id = task;
  auto answer = co_await subscribe_by(std::move(usual), std::move(id), context);
  const int status = answer ? 0 : answer.error().upstream_status;
  // 1.0 says POST in its words and GET in its proto, and agents have the one or the other.
  const bool verb = status == 404 || status == 405 || status == 501;
  if (!agent_->door.rest || !verb) co_return answer;
  co_return co_await subscribe_by(std::move(other), std::move(task), context);
}

Awaitable<Result<std::unique_ptr<Answer>>> Peer::subscribe_by(std::string verb, std::string task,
                                                              hub::CallContext context) {
  Operation operation{"SubscribeToTask", "tasks/resubscribe",
                      std::move(verb),   "/tasks/" + percent_encode(task) + ":subscribe",
                      by_id(task),       true};
  WEFT_CO_TRY(auto response, co_await request(std::move(operation), context));
  const std::string type = media_type_of(response->head().headers);
  if (type != "text/event-stream") {
    // JSON-RPC says errors in a plain answer.
    WEFT_CO_TRY(const auto body, co_await response->read_all(kBodyBytesMax));
    WEFT_CO_TRY(const auto result, unwrap(body, agent_->door.rest));
    co_return fail(Reason::upstream_protocol,
                   "the agent did not answer a subscription with a stream");
  }
  co_return std::make_unique<Answer>(codec_, agent_->door.rest, std::move(response), true);
}

Awaitable<Result<Task>> Peer::get(std::string task, hub::CallContext context) {
  Operation operation{"GetTask",   "tasks/get", "GET", "/tasks/" + percent_encode(task),
                      by_id(task), false};
  WEFT_CO_TRY(const auto value, co_await unary(std::move(operation), context));
  auto read = codec_.read_task(value, "");
  if (!read) co_return fail(not_a2a(read.error()));
  co_return *std::move(read);
}

Awaitable<Result<void>> Peer::cancel(std::string task, hub::CallContext context) {
  Operation operation{"CancelTask", "tasks/cancel",
                      "POST",       "/tasks/" + percent_encode(task) + ":cancel",
                      by_id(task),  false};
  WEFT_CO_TRY(const auto value, co_await unary(std::move(operation), context));
  (void)value;
  co_return Result<void>();
}

}  // namespace weft::adapters::a2a
