// The modern era (2026-07-28): stateless, one POST a request, questions as results that ask for
// input.
#include <algorithm>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/mcp/codec.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/adapters/mcp/server.h"
#include "weft/wire/sse.h"

namespace weft::adapters::mcp {

namespace {

void answer(net::Exchange& exchange, int status, std::string body) {
  wire::ResponseHead head;
  head.status = status;
  head.headers.add("Content-Type", "application/json");
  (void)exchange.respond(std::move(head), body);
}

Awaitable<> answered(net::Exchange& exchange, int status, std::string body) {
  answer(exchange, status, std::move(body));
  co_return;
}

bool takes_both(const wire::Headers& headers) {
  const std::string_view accept = headers.get("Accept");
  if (accept.find("*/*") != std::string_view::npos) return true;
  return accept.find("application/json") != std::string_view::npos &&
         accept.find("text/event-stream") != std::string_view::npos;
}

std::optional<Refusal> check_request(const wire::Headers& headers,
                                     const wire::JsonRpcRequest& rpc) {
  if (auto refusal = check_modern(headers, rpc)) return refusal;
  if (!rpc.id || takes_both(headers)) return std::nullopt;
  return Refusal{406,
                 {wire::kJsonRpcInvalidRequest,
                  "a request needs Accept: application/json, text/event-stream", std::nullopt}};
}

void cacheable(json::object& result) {
  result["ttlMs"] = kListTtlMs;
  result["cacheScope"] = "private";
}

const json::object& meta_of(const wire::JsonRpcRequest& rpc) {
  return *json::object_at(rpc.params, "_meta");
}

ElicitCaps caps_of(const wire::JsonRpcRequest& rpc) {
  return elicit_caps(*json::object_at(meta_of(rpc), kMetaCapabilities));
}

}  // namespace

json::object Server::discover(const Mount& mount) const {
  json::array versions{json::value(kModernVersion)};
  for (const std::string_view version : kLegacyVersions) versions.emplace_back(version);
  json::object result;
  result["supportedVersions"] = std::move(versions);
  result["capabilities"] = capabilities(mount);
  result["instructions"] =
      "Tools of solutions that joined a weft hub. On /mcp a tool is named SOLUTION__SKILL, on "
      "/mcp/SOLUTION by its skill.";
  return result;
}

std::optional<Result<json::object>> Server::modern_answer(const Request& request,
                                                          const Mount& mount,
                                                          const wire::JsonRpcRequest& rpc) {
  if (rpc.method == "server/discover") return discover(mount);
  if (rpc.method == "tools/list") {
    const bool asks_by_tool = !caps_of(rpc).form;
    return list_tools(request.principal, mount, Era::modern, asks_by_tool, rpc.params);
  }
  return std::nullopt;
}

Awaitable<> Server::modern_post(Request& request, Mount mount, wire::JsonRpcMessage message) {
  net::Exchange& exchange = request.exchange;
  auto* rpc = std::get_if<wire::JsonRpcRequest>(&message);
  if (rpc == nullptr) {
    return refused(
        exchange, 400,
        {wire::kJsonRpcInvalidRequest, "a client sends no responses in 2026-07-28", std::nullopt});
  }
  if (auto refusal = check_request(exchange.head().headers, *rpc)) {
    const json::value id = rpc->id.value_or(json::value());
    return answered(exchange, refusal->status, error_message(id, refusal->error));
  }
  if (!rpc->id) return accepted(exchange);
  if (rpc->method == "tools/call") return modern_call(request, std::move(mount), std::move(*rpc));
  if (rpc->method == "subscriptions/listen")
    return modern_listen(request, std::move(mount), std::move(*rpc));
  return modern_other(request, std::move(mount), std::move(*rpc));
}

Awaitable<> Server::modern_other(Request& request, Mount mount, wire::JsonRpcRequest rpc) {
  net::Exchange& exchange = request.exchange;
  const json::value id = *rpc.id;
  auto relayed = co_await relay(request, mount, Era::modern, rpc);
  if (relayed) {
    const int relayed_status = relayed->status;
    std::string text = response_text(id, *std::move(relayed));
    answer(exchange, relayed_status, std::move(text));
    co_return;
  }
  auto result = modern_answer(request, mount, rpc);
  int status = 200;
  std::string body;
  if (!result) {
    status = 404;
    wire::JsonRpcError error{wire::kJsonRpcMethodNotFound,
                             std::format("Method not found: {}", rpc.method.substr(0, 64)),
                             std::nullopt};
    body = error_message(id, error);
  } else if (!*result) {
    const wire::JsonRpcError error = rpc_error_of(result->error());
    body = error_message(id, error);
  } else {
    json::object whole = **std::move(result);
    cacheable(whole);
    seal_result(whole, Era::modern, "complete");
    body = wire::write_jsonrpc_result(id, std::move(whole));
  }
  answer(exchange, status, std::move(body));
}

namespace {

/// The answers in a retried request: unknown keys are ignored, a missing one leaves its question
/// open.
Result<model::Answers> answers_from(const model::Ask& ask, const json::object& params) {
  model::Answers answers;
  const json::value* given = json::find(params, "inputResponses");
  if (given == nullptr) return answers;
  if (!given->is_object())
    return fail(make_argument_error("/inputResponses", "inputResponses must be an object"));
  for (const auto& [key, item] : ask.items) {
    const json::value* response = json::find(given->get_object(), key);
    if (response == nullptr) continue;
    auto answer = answer_of(item, *response);
    if (!answer) {
      Error error = answer.error();
      error.param = "/inputResponses/" + json::escape_pointer(key) + error.param;
      return fail(std::move(error));
    }
    answers[key] = *std::move(answer);
  }
  return answers;
}

Outcome protocol_error(const Error& error) {
  Outcome outcome;
  outcome.body = rpc_error_of(error);
  outcome.status = 200;
  return outcome;
}

}  // namespace

Awaitable<Outcome> Server::resume_parked(CallRun& run, PostReply& reply, json::object params,
                                         CancelToken cancel) {
  const std::string state(json::string_at(params, "requestState"));
  auto parked =
      sealer_.open(state, run.principal.name, digest_of(run), environment_.hub.clock().unix_ms());
  if (!parked) co_return protocol_error(parked.error());
  hub::Tasks& tasks = environment_.hub.tasks();
  const TaskId task = parked->task;
  auto view = co_await tasks.get(task, run.principal);
  if (!view) co_return protocol_error(view.error());
  // Answered before (a retry of the retry): what the task came to is given again.
  if (!view->ask) co_return co_await run_task(run, reply, task, view->head, cancel);
  auto answers = answers_from(*view->ask, params);
  if (!answers) co_return protocol_error(answers.error());
  if (answers->size() < view->ask->items.size()) co_return asked(run, *view->ask, task);
  const std::int64_t seen = view->head;
  const model::Ask question = *view->ask;
  model::Turn said;
  auto answered = co_await tasks.answer(task, *std::move(answers), std::move(said), run.principal);
  if (!answered) {
    const bool unfit = answered.error().reason == Reason::invalid_argument;
    if (unfit) co_return asked(run, question, task);
    co_return protocol_error(answered.error());
  }
  co_return co_await run_task(run, reply, task, seen, cancel);
}

Awaitable<> Server::modern_call(Request& request, Mount mount, wire::JsonRpcRequest rpc) {
  net::Exchange& exchange = request.exchange;
  PostReply::Options options;
  PostReply reply(exchange, std::move(options), nullptr);
  const json::value id = *rpc.id;
  auto run = begin(request, mount, rpc, Era::modern);
  if (!run) {
    const wire::JsonRpcError error = rpc_error_of(run.error());
    std::string text = error_message(id, error);
    co_await reply.respond(200, std::move(text));
    co_return;
  }
  if (run->skill.skill != nullptr && run->skill.skill->input_schema) {
    auto params = header_params(*run->skill.skill->input_schema);
    auto refusal =
        params ? check_params(exchange.head().headers, *params, run->arguments()) : std::nullopt;
    if (refusal) {
      std::string text = error_message(id, refusal->error);
      co_await reply.respond(refusal->status, std::move(text));
      co_return;
    }
  }
  run->version = std::string(kModernVersion);
  run->elicit = caps_of(rpc);
  CancelToken gone = exchange.gone();
  Outcome outcome;
  if (run->skill.skill == nullptr) {
    outcome = co_await continue_task(*run, reply, gone);
  } else if (rpc.params.contains("requestState")) {
    json::object params = rpc.params;
    outcome = co_await resume_parked(*run, reply, std::move(params), gone);
  } else {
    outcome = co_await this->run(*run, reply, nullptr, gone);
  }
  const int status = outcome.status;
  std::string text = response_text(id, std::move(outcome));
  co_await reply.respond(status, std::move(text));
}

Awaitable<> Server::modern_listen(Request& request, Mount mount, wire::JsonRpcRequest rpc) {
  (void)mount;
  net::Exchange& exchange = request.exchange;
  const json::value id = *rpc.id;
  const json::object* wanted = json::object_at(rpc.params, "notifications");
  if (wanted == nullptr) {
    const Error error =
        make_argument_error("/notifications", "subscriptions/listen needs `notifications`");
    std::string body = error_message(id, rpc_error_of(error));
    answer(exchange, 400, std::move(body));
    co_return;
  }
  const bool tools = json::bool_at(*wanted, "toolsListChanged").value_or(false);
  auto listener = listeners_.listen(exchange.executor());
  if (!listener) {
    const Error error = make_error(Reason::rate_limited, "too many subscriptions are open");
    std::string body = error_message(id, rpc_error_of(error));
    answer(exchange, 429, std::move(body));
    co_return;
  }
  const auto tagged = [&](std::string_view method, json::object params) {
    json::object meta;
    meta[kMetaSubscription] = id;
    params["_meta"] = std::move(meta);
    return notification_text(method, std::move(params));
  };
  wire::Headers none;
  auto began = co_await start_sse(exchange, std::move(none));
  SseWriter sse(exchange, Milliseconds(kSseKeepAliveMs));
  json::object granted;
  if (tools) granted["toolsListChanged"] = true;
  json::object acknowledged;
  acknowledged["notifications"] = std::move(granted);
  std::string text = tagged("notifications/subscriptions/acknowledged", std::move(acknowledged));
  if (began) began = co_await sse.event("message", text, "");
  const Listening listening(exchange);
  CancelToken over = listening.over();
  const std::string changed = tagged("notifications/tools/list_changed", {});
  while (began && !over.cancelled()) {
    co_await listener->wait(over);
    if (over.cancelled()) break;
    if (tools) began = co_await sse.event("message", changed, "");
  }
  text = ended_subscription(id);
  if (began && !exchange.gone().cancelled()) (void)co_await sse.event("message", text, "");
  (void)co_await sse.finish();
}

}  // namespace weft::adapters::mcp
