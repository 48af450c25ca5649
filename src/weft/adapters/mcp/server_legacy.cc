// The legacy era (2024-11-05 to 2025-11-25) over Streamable HTTP: sessions, the GET stream,
// resumption, server requests.
#include <algorithm>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/adapters/mcp/server.h"
#include "weft/base/timers.h"
#include "weft/wire/sse.h"

namespace weft::adapters::mcp {

namespace {

constexpr std::string_view kInstructions =
    "Tools of solutions that joined a weft hub. On /mcp a tool is named SOLUTION__SKILL, on "
    "/mcp/SOLUTION by its skill.";

wire::JsonRpcError invalid_request(std::string message) {
  return wire::JsonRpcError{wire::kJsonRpcInvalidRequest, std::move(message), std::nullopt};
}

bool takes(const wire::Headers& headers, std::string_view media_type) {
  const std::string_view accept = headers.get("Accept");
  return accept.empty() || accept.find(media_type) != std::string_view::npos ||
         accept.find("*/*") != std::string_view::npos;
}

/// A version header that a session's requests must not carry; empty when fine.
std::string version_fault(const wire::Headers& headers) {
  const std::string_view version = headers.get(kHeaderVersion);
  if (version.empty() || is_legacy_version(version)) return {};
  return std::format("unsupported protocol version `{}`", version.substr(0, 32));
}

}  // namespace

std::shared_ptr<Session> Server::session_of(const Request& request, const Mount& mount) {
  const std::string_view id = request.exchange.head().headers.get(kHeaderSession);
  return id.empty() ? nullptr : sessions_.find(id, request.principal, mount.name);
}

std::shared_ptr<Session> Server::own_session_of(const Request& request, const Mount& mount) {
  auto session = session_of(request, mount);
  if (!session || !session->facts().passed_through) return session;
  sessions_.remove(session->facts().id);
  return nullptr;
}

Awaitable<> Server::legacy_post(Request& request, Mount mount, wire::JsonRpcMessage message) {
  net::Exchange& exchange = request.exchange;
  const wire::Headers& headers = exchange.head().headers;
  auto* rpc = std::get_if<wire::JsonRpcRequest>(&message);
  if (rpc != nullptr && rpc->method == "initialize" && rpc->id) {
    co_await initialize(request, std::move(mount), std::move(*rpc));
    co_return;
  }
  if (std::string fault = version_fault(headers); !fault.empty()) {
    refuse(exchange, 400, invalid_request(std::move(fault)));
    co_return;
  }
  auto session = own_session_of(request, mount);
  if (!session) {
    const bool missing = headers.get(kHeaderSession).empty();
    wire::JsonRpcError error =
        invalid_request(missing ? "the header Mcp-Session-Id is missing: begin with initialize"
                                : "there is no such session: begin anew with initialize");
    refuse(exchange, missing ? 400 : 404, std::move(error));
    co_return;
  }
  if (auto* response = std::get_if<wire::JsonRpcResponse>(&message)) {
    session->deliver(std::move(*response));
    accept(exchange);
    co_return;
  }
  if (!rpc->id) {
    legacy_notification(*session, *rpc);
    accept(exchange);
    co_return;
  }
  co_await legacy_request(request, std::move(mount), std::move(session), std::move(*rpc));
}

void Server::legacy_notification(Session& session, const wire::JsonRpcRequest& rpc) {
  if (rpc.method == "notifications/initialized") session.initialized = true;
  if (rpc.method != "notifications/cancelled") return;
  if (const json::value* id = json::find(rpc.params, "requestId")) session.cancel(*id);
}

Awaitable<> Server::initialize(Request& request, Mount mount, wire::JsonRpcRequest rpc) {
  SessionFacts facts;
  facts.mount = mount.name;
  facts.principal = request.principal;
  facts.version = std::string(negotiate(json::string_at(rpc.params, "protocolVersion")));
  if (const json::object* caps = json::object_at(rpc.params, "capabilities"))
    facts.elicit = elicit_caps(*caps);
  auto session = sessions_.create(std::move(facts));
  if (!session) {
    const Error& error = session.error();
    refuse(request.exchange, error);
    co_return;
  }
  json::object result;
  result["protocolVersion"] = (*session)->facts().version;
  result["capabilities"] = capabilities(mount);
  result["serverInfo"] = implementation();
  result["instructions"] = kInstructions;
  wire::ResponseHead head;
  head.headers.add("Content-Type", "application/json");
  head.headers.add(std::string(kHeaderSession), (*session)->facts().id);
  std::string body = wire::write_jsonrpc_result(*rpc.id, std::move(result));
  (void)request.exchange.respond(std::move(head), body);
}

Result<json::object> Server::legacy_answer(const Request& request, const Mount& mount,
                                           Session& session, const wire::JsonRpcRequest& rpc) {
  if (rpc.method == "ping") return json::object();
  if (rpc.method == "tools/list") {
    const bool asks_by_tool = !session.facts().elicit.form;
    return list_tools(request.principal, mount, Era::legacy, asks_by_tool, rpc.params);
  }
  if (rpc.method == "logging/setLevel") {
    const std::string_view level = json::string_at(rpc.params, "level");
    if (!is_log_level(level)) {
      return fail(make_argument_error("/level",
                                      "`level` must be one of debug, info, notice, warning, error, "
                                      "critical, alert, emergency"));
    }
    session.set_log_level(std::string(level));
    return json::object();
  }
  return fail(Reason::unsupported, std::format("Method not found: {}", rpc.method.substr(0, 64)));
}

Awaitable<> Server::legacy_request(Request& request, Mount mount, std::shared_ptr<Session> session,
                                   wire::JsonRpcRequest rpc) {
  if (rpc.method == "tools/call") {
    co_await legacy_call(request, std::move(mount), std::move(session), std::move(rpc));
    co_return;
  }
  auto relayed = co_await relay(request, mount, Era::legacy, rpc);
  std::string body;
  Result<json::object> result;
  if (!relayed) result = legacy_answer(request, mount, *session, rpc);
  if (relayed) {
    body = response_text(*rpc.id, *std::move(relayed));
  } else if (result) {
    body = wire::write_jsonrpc_result(*rpc.id, *std::move(result));
  } else {
    const wire::JsonRpcError error = rpc_error_of(result.error());
    body = error_message(*rpc.id, error);
  }
  wire::ResponseHead head;
  head.headers.add("Content-Type", "application/json");
  (void)request.exchange.respond(std::move(head), body);
}

namespace {

/// A client that is gone may come back to a stream it can resume; a call that nobody can come back
/// to ends at once.
class Grace {
 public:
  Grace(net::Exchange& exchange, std::shared_ptr<CancelSource> cancel,
        std::shared_ptr<Replay> replay, const PostReply& reply)
      : executor_(exchange.executor()),
        cancel_(std::move(cancel)),
        replay_(std::move(replay)),
        reply_(reply) {
    registration_ = exchange.gone().on_cancel([this] { on_gone(); });
  }

 private:
  void on_gone() {
    if (!reply_.resumable()) return end();
    timer_ = run_after(executor_, Milliseconds(kResumeGraceMs), [this] {
      if (!replay_->has_reader()) end();
    });
  }
  void end() { cancel_->cancel(make_error(Reason::cancelled, "the client is gone")); }

  Executor executor_;
  std::shared_ptr<CancelSource> cancel_;
  std::shared_ptr<Replay> replay_;
  const PostReply& reply_;
  CancelRegistration registration_;
  Timer timer_;
};

/// The level that the session wants of logs, where the request names none, said as the modern era
/// says it.
void want_log(wire::JsonRpcRequest& rpc, const std::string& level) {
  if (level.empty()) return;
  json::value& meta = rpc.params["_meta"];
  if (!meta.is_object()) meta = json::object();
  meta.get_object().emplace(kMetaLogLevel, level);
}

}  // namespace

Awaitable<> Server::legacy_call(Request& request, Mount mount, std::shared_ptr<Session> session,
                                wire::JsonRpcRequest rpc) {
  net::Exchange& exchange = request.exchange;
  PostReply::Options options;
  options.may_stream = takes(exchange.head().headers, "text/event-stream");
  options.primed = at_least(session->facts().version, kLegacyVersion);
  auto replay = session->new_stream();
  PostReply reply(exchange, std::move(options), replay);
  const json::value id = *rpc.id;
  want_log(rpc, session->log_level());
  auto run = begin(request, mount, rpc, Era::legacy);
  if (!run) {
    const wire::JsonRpcError error = rpc_error_of(run.error());
    std::string text = error_message(id, error);
    co_await reply.respond(200, std::move(text));
    co_return;
  }
  run->version = session->facts().version;
  if (takes(exchange.head().headers, "text/event-stream")) run->elicit = session->facts().elicit;
  auto cancel = std::make_shared<CancelSource>();
  if (!session->began(id, exchange.executor(), cancel)) {
    const Error error =
        make_error(Reason::rate_limited, "the request's id is in use, or too many requests run");
    std::string text = response_text(id, outcome_of(error, Era::legacy));
    co_await reply.respond(200, std::move(text));
    co_return;
  }
  const Grace grace(exchange, cancel, replay, reply);
  CancelToken token = cancel->token();
  Outcome outcome;
  if (run->skill.skill == nullptr) {
    outcome = co_await continue_task(*run, reply, token);
  } else {
    outcome = co_await this->run(*run, reply, session.get(), token);
  }
  session->ended(id);
  if (outcome.cancelled && cancel->cancelled()) {
    co_await reply.abandon();
    co_return;
  }
  const int status = outcome.status;
  std::string text = response_text(id, std::move(outcome));
  co_await reply.respond(status, std::move(text));
}

Awaitable<> Server::follow(net::Exchange& exchange, std::shared_ptr<Replay> replay,
                           std::uint64_t after, CancelToken over) {
  auto waker = std::make_shared<Waker>(exchange.executor());
  replay->attach(waker);
  wire::Headers none;
  auto began = co_await start_sse(exchange, std::move(none));
  SseWriter sse(exchange, Milliseconds(kSseKeepAliveMs));
  bool ended = !began;
  while (!ended && !over.cancelled()) {
    std::vector<Replay::Item> items = replay->after(after, ended);
    for (Replay::Item& item : items) {
      after = item.seq;
      const std::string id = replay->event_id(item.seq);
      auto written = co_await sse.event("message", item.text, id);
      if (!written) ended = true;
    }
    if (items.empty() && !ended) co_await waker->wait(over);
  }
  (void)co_await sse.finish();
}

Awaitable<> Server::legacy_get(Request& request, Mount mount) {
  net::Exchange& exchange = request.exchange;
  const wire::Headers& headers = exchange.head().headers;
  const bool passed =
      co_await pass_through(request, mount, Era::legacy, std::string_view(), nullptr);
  if (passed) co_return;
  auto session = own_session_of(request, mount);
  if (!session) {
    const bool missing = headers.get(kHeaderSession).empty();
    wire::JsonRpcError error =
        invalid_request(missing ? "GET opens the stream of a session: Mcp-Session-Id is missing"
                                : "there is no such session: begin anew with initialize");
    refuse(exchange, missing ? 405 : 404, std::move(error));
    co_return;
  }
  if (!takes(headers, "text/event-stream")) {
    refuse(exchange, 406, invalid_request("GET needs Accept: text/event-stream"));
    co_return;
  }
  std::shared_ptr<Replay> replay = session->general();
  std::uint64_t after = replay->head();
  if (const std::string_view last = headers.get("Last-Event-ID"); !last.empty()) {
    const auto id = parse_event_id(last);
    replay = id ? session->find_stream(id->stream) : nullptr;
    if (!replay) {
      refuse(exchange, 400, invalid_request("Last-Event-ID names no stream of this session"));
      co_return;
    }
    after = id->seq;
  }
  // The rest of a call's answer is waited for; the session's own stream has no end of its own.
  const Listening listening(exchange);
  CancelToken over = replay == session->general() ? listening.over() : exchange.gone();
  co_await follow(exchange, std::move(replay), after, over);
}

Awaitable<> Server::legacy_delete(Request& request, Mount mount) {
  net::Exchange& exchange = request.exchange;
  const bool passed =
      co_await pass_through(request, mount, Era::legacy, std::string_view(), nullptr);
  if (passed) co_return;
  auto session = own_session_of(request, mount);
  if (!session) {
    const bool missing = exchange.head().headers.get(kHeaderSession).empty();
    wire::JsonRpcError error = invalid_request(
        missing ? "DELETE ends a session: Mcp-Session-Id is missing" : "there is no such session");
    refuse(exchange, missing ? 405 : 404, std::move(error));
    co_return;
  }
  sessions_.remove(session->facts().id);
  wire::ResponseHead head;
  head.status = 204;
  std::string none;
  (void)exchange.respond(std::move(head), none);
}

}  // namespace weft::adapters::mcp
