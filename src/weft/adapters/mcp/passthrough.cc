// Client and server of the same era: the session proxy. Policy, limits and counters are the hub's
// as everywhere; the rest is the wire's.
#include <algorithm>
#include <charconv>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/common/upstream.h"
#include "weft/adapters/mcp/client.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/adapters/mcp/passage.h"
#include "weft/adapters/mcp/server.h"
#include "weft/hub/approval.h"
#include "weft/hub/limits.h"

namespace weft::adapters::mcp {

/// Everything about one passage.
struct Passing {
  net::Exchange& exchange;
  const Mount& mount;
  std::shared_ptr<HttpLink> link;
  std::shared_ptr<Session> session;
  /// Null for GET, DELETE and what is no request.
  const wire::JsonRpcRequest* rpc = nullptr;
  std::string_view body;
  std::shared_ptr<CancelSource> cancel = std::make_shared<CancelSource>();
  CancelRegistration draining;
  Timer timer;
  Milliseconds patience{0};

  bool is_request() const { return rpc != nullptr && rpc->id; }
  bool initializes() const { return is_request() && rpc->method == "initialize"; }
  bool subscribes() const { return is_request() && rpc->method == "subscriptions/listen"; }
  /// Whether nothing but notifications is awaited.
  bool listens() const { return subscribes() || exchange.head().method == "GET"; }
  json::value id() const { return is_request() ? *rpc->id : json::value(); }
  void arm(Milliseconds patient) {
    timer = run_after(exchange.executor(), patient, [source = cancel] {
      source->cancel(make_error(Reason::deadline, "it did not answer in time"));
    });
  }
};

namespace {

/// What may be passed through goes over it. Where the hub asks before a skill it must see every
/// call, so nothing may.
std::shared_ptr<HttpLink> http_link_of(const Mount& mount) {
  if (!mount.entry || hub::asks_any(mount.entry->request)) return nullptr;
  auto client = std::dynamic_pointer_cast<Client>(mount.entry->service);
  return client ? std::dynamic_pointer_cast<HttpLink>(client->link()) : nullptr;
}

bool speaks(const Handshake& shake, Era era) {
  if (shake.era == era) return true;
  return era == Era::legacy && std::ranges::any_of(shake.versions, [](const std::string& version) {
           return is_legacy_version(version);
         });
}

void answer_error(Passing& passing, Error error) {
  error = name_solution(std::move(error), passing.mount.name);
  wire::ResponseHead head;
  const bool request = passing.is_request();
  head.status = request ? status_of(error) : http_status(error);
  head.headers.add("Content-Type", "application/json");
  add_error_headers(head.headers, error);
  std::string text = error_message(passing.id(), rpc_error_of(error));
  (void)passing.exchange.respond(std::move(head), text);
}

/// The skill of a tools/call; null for the other requests and for a tool that was never listed.
const model::Skill* called_skill(const Passing& passing) {
  if (passing.rpc->method != "tools/call") return nullptr;
  return passing.mount.entry->solution->skill(json::string_at(passing.rpc->params, "name"));
}

/// What is wrong with the arguments by the schema that the server listed; nothing for a tool it
/// never listed.
std::optional<Error> argument_fault(const Passing& passing) {
  const model::Skill* skill = passing.is_request() ? called_skill(passing) : nullptr;
  if (skill == nullptr) return std::nullopt;
  const auto schema = passing.mount.entry->input_schema(*skill);
  if (!schema || *schema == nullptr) return std::nullopt;
  const json::value* arguments = json::find(passing.rpc->params, "arguments");
  const auto fits =
      (*schema)->require(arguments == nullptr ? json::value(json::object()) : *arguments);
  if (fits) return std::nullopt;
  return name_solution(fits.error(), passing.mount.name);
}

void answer_result(Passing& passing, Era era, Error error) {
  wire::ResponseHead head;
  head.headers.add("Content-Type", "application/json");
  std::string text = response_text(passing.id(), outcome_of(error, era));
  (void)passing.exchange.respond(std::move(head), text);
}

Result<net::ClientRequest> upstream_request(const Passing& passing,
                                            const hub::CallContext& context) {
  const wire::RequestHead& head = passing.exchange.head();
  WEFT_TRY(net::ClientRequest out,
           solution_request(passing.link->request(), head.method, passing.link->url(), context));
  add_passed_headers(out.headers, head.headers);
  if (passing.session && !passing.session->facts().upstream.empty()) {
    out.headers.set(kHeaderSession, passing.session->facts().upstream);
  }
  int depth = 0;
  const std::string_view hops = head.headers.get("Weft-Depth");
  std::from_chars(hops.data(), hops.data() + hops.size(), depth);
  if (depth < 0 || depth >= hub::kCallDepthMax) {
    return fail(Reason::rate_limited, std::format("the call went through {} hubs already", depth));
  }
  out.headers.set("Weft-Depth", std::to_string(depth + 1));
  out.body = std::string(passing.body);
  out.idle_timeout = Milliseconds(kStreamIdleMs);
  return out;
}

/// What a body that is no stream must be: nothing, or JSON-RPC; an error status may come with any
/// words.
std::optional<Error> body_fault(const Passing& passing, const wire::ResponseHead& head,
                                const std::string& body) {
  const bool good = head.status >= 200 && head.status < 300;
  if (head.status == 401) return error_of_status(head.status, head.headers, body);
  if (!passing.is_request()) return std::nullopt;
  if (auto message = wire::parse_jsonrpc(body)) return std::nullopt;
  if (!good) return error_of_status(head.status, head.headers, body);
  return make_error(Reason::upstream_protocol, "its answer is no MCP message");
}

/// What went wrong at the server, if anything did.
Awaitable<std::optional<Error>> pass_whole(Passing& passing, net::ClientResponse& response,
                                           wire::Headers headers) {
  auto body = co_await response.read_all(kMessageBytesMax);
  passing.timer.cancel();
  auto fault = body ? body_fault(passing, response.head(), *body) : std::optional(body.error());
  if (fault) {
    Error error = *fault;
    answer_error(passing, std::move(error));
    co_return fault;
  }
  wire::ResponseHead head;
  head.status = response.head().status;
  head.headers = std::move(headers);
  (void)passing.exchange.respond(std::move(head), *body);
  co_return std::nullopt;
}

/// The end of a stream that broke before its response: an error the client understands, unless it
/// can come back.
Awaitable<> end_stream(Passing& passing, const EventGate& gate, std::optional<Error> broken) {
  const bool late = broken && broken->reason == Reason::deadline;
  const bool comes_back = gate.resumable() && !late;
  if (passing.is_request() && !gate.answered() && !comes_back &&
      !passing.exchange.gone().cancelled()) {
    Error error =
        broken.value_or(make_error(Reason::unavailable, "its stream ended before the response"));
    error = name_solution(std::move(error), passing.mount.name);
    std::string out;
    const bool drained = passing.subscribes() && passing.exchange.draining().cancelled();
    const std::string text = drained ? ended_subscription(passing.id())
                                     : error_message(passing.id(), rpc_error_of(error));
    wire::write_sse(out, wire::SseEvent{"message", text, "", std::nullopt});
    (void)co_await passing.exchange.write(out);
  }
  (void)co_await passing.exchange.finish();
}

/// What went wrong at the server, if anything did.
Awaitable<std::optional<Error>> pass_stream(Passing& passing, net::ClientResponse& response,
                                            wire::Headers headers) {
  wire::ResponseHead head;
  head.status = response.head().status;
  head.headers = std::move(headers);
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("X-Accel-Buffering", "no");
  auto began = co_await passing.exchange.start(std::move(head));
  if (!began) co_return std::nullopt;
  EventGate gate;
  std::optional<Error> broken;
  bool asking = false;
  while (true) {
    // The whole call has its time; while a person is asked it stands still.
    if (passing.is_request() && gate.asks() != asking) {
      asking = gate.asks();
      passing.arm(asking ? Milliseconds(hub::kAskTimeoutMs) : passing.patience);
    }
    auto piece = co_await response.read_some();
    if (!piece) broken = piece.error();
    if (!piece || piece->empty()) break;
    auto whole = gate.pass(*piece);
    if (!whole) {
      broken = whole.error();
      break;
    }
    auto written = co_await passing.exchange.write(*whole);
    if (!written) co_return std::nullopt;
  }
  passing.timer.cancel();
  std::optional<Error> fault = broken;
  co_await end_stream(passing, gate, std::move(broken));
  co_return fault;
}

}  // namespace

bool Server::may_pass(const Mount& mount) { return http_link_of(mount) != nullptr; }

/// Begins a passage; nothing when the canonical bridge has to serve the request.
std::optional<Passing> Server::passing(const Request& request, const Mount& mount, Era era,
                                       std::string_view body, const wire::JsonRpcMessage* message) {
  Passing passing{request.exchange, mount, http_link_of(mount), nullptr, nullptr, body};
  if (!passing.link || !speaks(passing.link->handshake(), era)) return std::nullopt;
  if (message != nullptr) passing.rpc = std::get_if<wire::JsonRpcRequest>(message);
  const bool in_session = !request.exchange.head().headers.get(kHeaderSession).empty();
  if (era == Era::legacy && in_session) {
    passing.session = session_of(request, mount);
    const bool bridged = !passing.session || !passing.session->facts().passed_through;
    if (bridged) return std::nullopt;
  }
  // A client may leave right after a notification: it is delivered all the same.
  const bool notifies = message != nullptr && !passing.is_request();
  if (!notifies) passing.cancel->follow(request.exchange.gone());
  if (passing.listens()) {
    const CancelToken draining = request.exchange.draining();
    passing.draining =
        draining.on_cancel([source = passing.cancel, draining] { source->cancel(draining.why()); });
  }
  return passing;
}

/// True when the request was answered here.
Awaitable<bool> Server::pass_through(Request& request, const Mount& mount, Era era,
                                     std::string_view body, const wire::JsonRpcMessage* message) {
  std::optional<Passing> begun = passing(request, mount, era, body, message);
  if (!begun) co_return false;
  Passing& passing = *begun;
  std::optional<hub::Admission> admission;
  if (passing.is_request()) {
    auto admitted = environment_.hub.admit(request.principal, mount.entry, called_skill(passing));
    if (!admitted) {
      Error error = admitted.error();
      answer_error(passing, std::move(error));
      co_return true;
    }
    admission.emplace(*std::move(admitted));
  }
  if (auto unfit = argument_fault(passing)) {
    answer_result(passing, era, *std::move(unfit));
    co_return true;
  }
  auto response = co_await send_on(passing);
  if (!response) {
    Error error = response.error();
    if (admission) admission->ended(&error);
    answer_error(passing, std::move(error));
    co_return true;
  }
  const wire::ResponseHead& head = (*response)->head();
  const bool modern_only =
      passing.initializes() && head.status == 400 && passing.link->handshake().era == Era::modern;
  if (modern_only) {
    admission->ended(nullptr);
    co_return false;
  }
  wire::Headers headers = returned_headers(head.headers);
  if (auto lost = settle_session(request, mount, **response, passing.initializes(), passing.session,
                                 headers)) {
    if (admission) admission->ended(nullptr);
    answer_error(passing, *std::move(lost));
    co_return true;
  }
  std::optional<Error> fault;
  if (head.headers.get("Content-Type").starts_with("text/event-stream")) {
    // A subscription is no call: it has no time, and nobody waits for it to end.
    if (passing.subscribes()) {
      passing.timer.cancel();
      admission->ended(nullptr);
      admission.reset();
    }
    fault = co_await pass_stream(passing, **response, std::move(headers));
  } else {
    fault = co_await pass_whole(passing, **response, std::move(headers));
  }
  // A server that answers its head and then nothing is as good as down.
  if (admission) admission->ended(fault ? &*fault : nullptr);
  co_return true;
}

Awaitable<Result<std::unique_ptr<net::ClientResponse>>> Server::send_on(Passing& passing) {
  const Executor executor = passing.exchange.executor();
  model::Call call;
  call.solution = passing.mount.entry->solution->id;
  hub::CallContext context = environment_.hub.context(executor, passing.cancel->token(), call);
  passing.patience =
      std::max(Milliseconds(1), std::chrono::duration_cast<Milliseconds>(
                                    context.deadline - environment_.hub.clock().steady()));
  if (passing.is_request()) passing.arm(passing.patience);
  auto upstream = upstream_request(passing, context);
  if (!upstream) co_return fail(upstream.error());
  net::HttpClient& client = environment_.clients.at(executor);
  net::ClientRequest sent = *std::move(upstream);
  CancelToken token = passing.cancel->token();
  co_return co_await client.send(std::move(sent), token);
}

/// Keeps weft's session in step with the server's: begun by initialize, ended by DELETE and by 404.
std::optional<Error> Server::settle_session(const Request& request, const Mount& mount,
                                            const net::ClientResponse& response, bool initializes,
                                            const std::shared_ptr<Session>& session,
                                            wire::Headers& headers) {
  const int status = response.head().status;
  const bool good = status >= 200 && status < 300;
  const std::string_view upstream = response.head().headers.get(kHeaderSession);
  if (initializes && good && !upstream.empty()) {
    SessionFacts facts;
    facts.mount = mount.name;
    facts.principal = request.principal;
    facts.upstream = std::string(upstream);
    facts.passed_through = true;
    auto made = sessions_.create(std::move(facts));
    if (!made) return made.error();
    headers.set(kHeaderSession, (*made)->facts().id);
    return std::nullopt;
  }
  if (!session) return std::nullopt;
  const bool deleted = request.exchange.head().method == "DELETE" && good;
  if (deleted || status == 404) {
    sessions_.remove(session->facts().id);
  } else if (!upstream.empty()) {
    headers.set(kHeaderSession, session->facts().id);
  }
  return std::nullopt;
}

}  // namespace weft::adapters::mcp
