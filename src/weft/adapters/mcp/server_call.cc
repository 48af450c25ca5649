// One tools/call of either era: from the tool's name to the result, with its progress, questions
// and end.
#include <algorithm>
#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/mcp/codec.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/adapters/mcp/server.h"
#include "weft/adapters/mcp/tools.h"
#include "weft/base/timers.h"
#include "weft/hub/approval.h"
#include "weft/hub/limits.h"
#include "weft/hub/producer.h"
#include "weft/model/fold.h"
#include "weft/wire/base64.h"

namespace weft::adapters::mcp {

Outcome outcome_of(const Error& error, Era era) {
  Outcome outcome;
  outcome.cancelled = error.reason == Reason::cancelled;
  if (told_as_result(error)) {
    outcome.body = error_result_of(error, era);
    return outcome;
  }
  outcome.body = rpc_error_of(error);
  outcome.status = status_of(error);
  return outcome;
}

Outcome outcome_of(model::End end, const model::Skill& skill, Era era) {
  if (!end.outcome) return outcome_of(end.outcome.error(), era);
  Outcome outcome;
  outcome.body = result_of(*std::move(end.outcome), skill, era, std::move(end.losses));
  return outcome;
}

std::string response_text(const json::value& id, Outcome outcome) {
  if (auto* result = std::get_if<json::object>(&outcome.body)) {
    return wire::write_jsonrpc_result(id, std::move(*result));
  }
  return error_message(id, std::get<wire::JsonRpcError>(outcome.body));
}

namespace {

struct Listed {
  std::string name;
  const model::Skill* skill = nullptr;
  const hub::Entry* entry = nullptr;
};

bool shown_as_tool(const model::Skill& skill) {
  return skill.shape != model::Shape::subscribe && skill.shape != model::Shape::publish;
}

void add_tools(std::vector<Listed>& list, const hub::Entry& entry, bool prefixed) {
  for (const model::Skill& skill : entry.solution->skills) {
    if (!shown_as_tool(skill)) continue;
    const std::string name = prefixed ? hub::tool_name(entry.solution->id.str(), skill.id.str())
                                      : hub::tool_name(skill.id.str());
    list.push_back(Listed{name, &skill, &entry});
  }
}

Result<std::string> cursor_name(const json::object& params) {
  const json::value* cursor = json::find(params, "cursor");
  if (cursor == nullptr || cursor->is_null()) return std::string();
  if (!cursor->is_string())
    return fail(make_argument_error("/cursor", "the cursor is not one of this server"));
  auto name = wire::base64_decode(std::string_view(cursor->get_string()));
  if (!name || name->empty() || name->size() > 128) {
    return fail(make_argument_error("/cursor", "the cursor is not one of this server"));
  }
  return name;
}

}  // namespace

Result<json::object> Server::list_tools(const model::Principal& principal, const Mount& mount,
                                        Era era, bool asks_by_tool,
                                        const json::object& params) const {
  WEFT_TRY(const std::string after, cursor_name(params));
  const auto snapshot = environment_.hub.registry().snapshot();
  std::vector<Listed> list;
  bool can_ask = false;
  for (const auto& entry : snapshot->entries) {
    const std::string& id = entry->solution->id.str();
    if (!mount.name.empty() && id != mount.name) continue;
    if (!environment_.hub.keys().may_call(principal, id)) continue;
    add_tools(list, *entry, mount.name.empty());
    can_ask = can_ask || entry->solution->caps.ask || hub::asks_any(entry->request);
  }
  const bool taken =
      std::ranges::any_of(list, [](const Listed& l) { return l.name == kContinueTool; });
  if (asks_by_tool && can_ask && !taken)
    list.push_back(Listed{std::string(kContinueTool), nullptr, nullptr});
  std::ranges::stable_sort(list, {}, &Listed::name);
  json::array tools;
  json::object result;
  for (const Listed& listed : list) {
    if (listed.name <= after) continue;
    if (tools.size() == kToolsPageSize) {
      result["nextCursor"] =
          wire::base64url_encode(json::string_at(tools.back().get_object(), "name"));
      break;
    }
    tools.push_back(listed.skill == nullptr ? continue_tool()
                                            : tool_of(*listed.skill, listed.name,
                                                      listed.entry->solution->protocol, era));
  }
  result["tools"] = std::move(tools);
  return result;
}

model::Call call_of(hub::Hub& hub, const Request& request, const wire::JsonRpcRequest& rpc) {
  model::Call call = begin_call(hub, request);
  const json::object* meta = json::object_at(rpc.params, "_meta");
  if (meta == nullptr || !call.trace.parent.empty()) return call;
  call.trace.parent = std::string(json::string_at(*meta, "traceparent"));
  call.trace.state = std::string(json::string_at(*meta, "tracestate"));
  return call;
}

std::string digest_of(const CallRun& run) {
  json::object params;
  params["name"] = run.name;
  params["arguments"] = run.arguments();
  return call_digest("tools/call", params);
}

Result<CallRun> Server::begin(const Request& request, const Mount& mount, wire::JsonRpcRequest& rpc,
                              Era era) const {
  CallRun run(request.exchange.executor());
  run.era = era;
  run.id = *rpc.id;
  run.principal = request.principal;
  const std::string name(json::string_at(rpc.params, "name"));
  json::value* arguments = rpc.params.if_contains("arguments");
  if (arguments != nullptr && !arguments->is_object() && !arguments->is_null()) {
    return fail(make_argument_error("/arguments", "`arguments` must be an object"));
  }
  run.apart.emplace();
  if (arguments != nullptr && arguments->is_object())
    run.apart = std::move(arguments->get_object());
  const json::object* meta = json::object_at(rpc.params, "_meta");
  std::optional<json::value> token;
  const json::value* given = meta == nullptr ? nullptr : json::find(*meta, "progressToken");
  if (given != nullptr && (given->is_string() || given->is_number())) token = *given;
  const std::string log_level(meta == nullptr ? std::string_view()
                                              : json::string_at(*meta, kMetaLogLevel));
  run.relay = EventRelay(token, log_level);
  run.name = name;
  const auto snapshot = environment_.hub.registry().snapshot();
  auto found = mount.entry ? hub::find_tool(snapshot->find_shared(mount.name), name)
                           : hub::find_tool(*snapshot, name);
  if (!found && name == kContinueTool) return run;
  const bool allowed =
      found && shown_as_tool(*found->skill) &&
      environment_.hub.keys().may_call(request.principal, found->entry->solution->id.str());
  if (!found && snapshot->absent && !mount.entry) {
    const std::string_view solution = std::string_view(name).substr(0, name.find('_'));
    const Error why = hub::missing_solution(*snapshot, solution);
    const bool known = environment_.hub.keys().may_call(request.principal, solution);
    if (known && why.reason == Reason::unavailable) return fail(why);
  }
  if (!allowed)
    return fail(Reason::solution_not_found, std::format("Unknown tool: {}", name.substr(0, 128)));
  run.skill = *found;
  model::Call call = call_of(environment_.hub, request, rpc);
  call.solution = found->entry->solution->id;
  call.skill = found->skill->id;
  if (!log_level.empty()) call.meta[kMetaLogLevel] = log_level;
  if (takes_as_given(*found->skill)) {
    call.args = *std::exchange(run.apart, std::nullopt);
  } else {
    call.args = wrapped_value(*run.apart);
  }
  call.reply = token ? model::Reply::stream : model::Reply::unary;
  run.call = std::make_shared<const model::Call>(std::move(call));
  return run;
}

Awaitable<Outcome> Server::run(CallRun& run, PostReply& reply, Session* session,
                               CancelToken cancel) {
  hub::CallContext context = environment_.hub.context(run.executor, cancel, *run.call);
  std::unique_ptr<hub::EventStream> stream = environment_.hub.call(run.call, context);
  model::Fold fold(hub::kAnswerBytesMax, run.call->solution.str());
  while (true) {
    model::Event event = co_await stream->next();
    if (const auto* ask = std::get_if<model::Ask>(&event.body)) {
      model::Ask question = *ask;
      const bool live = session != nullptr && can_ask(question, run.elicit);
      if (!live) {
        Outcome parked = co_await park(run, std::move(stream), std::move(question));
        co_return parked;
      }
      auto answered = co_await elicit(run, reply, *session, *stream, question, cancel);
      if (!answered) stream->cancel(answered.error());
      continue;
    }
    if (auto text = run.relay.notification(event)) co_await reply.message(*std::move(text));
    const bool over = event.is_end();
    if (auto added = fold.add(std::move(event)); !added) {
      const Error& error = added.error();
      stream->cancel(error);
      co_return outcome_of(error, run.era);
    }
    if (over) co_return outcome_of(fold.take(), *run.skill.skill, run.era);
  }
}

Awaitable<Outcome> Server::park(CallRun& run, std::unique_ptr<hub::EventStream> stream,
                                model::Ask ask) {
  json::object meta;
  meta["door"] = "mcp";
  model::Ask question = ask;
  auto view = co_await environment_.hub.tasks().park(run.call, std::move(stream),
                                                     std::move(question), std::move(meta));
  if (!view) co_return outcome_of(view.error(), run.era);
  co_return asked(run, ask, view->id);
}

Outcome Server::asked(const CallRun& run, const model::Ask& ask, const TaskId& task) const {
  Outcome outcome;
  if (run.era == Era::legacy || !can_ask(ask, run.elicit)) {
    const bool promised = run.call && output_schema_of(*run.skill.skill, run.era);
    outcome.body = parked_result(ask, task.str(), run.era, promised);
    return outcome;
  }
  json::object requests;
  for (const auto& [key, item] : ask.items) {
    json::object request;
    request["method"] = "elicitation/create";
    request["params"] = *elicit_params(item, run.elicit, kModernVersion, task.str());
    requests[key] = std::move(request);
  }
  ParkedCall parked{task, run.principal.name, digest_of(run),
                    environment_.hub.clock().unix_ms() + kRequestStateTtlMs};
  json::object result;
  result["inputRequests"] = std::move(requests);
  result["requestState"] = sealer_.seal(parked, environment_.hub.random());
  seal_result(result, run.era, "input_required");
  outcome.body = std::move(result);
  return outcome;
}

Awaitable<Outcome> Server::run_task(CallRun& run, PostReply& reply, TaskId task, std::int64_t seen,
                                    CancelToken cancel) {
  hub::Tasks& tasks = environment_.hub.tasks();
  auto events = co_await tasks.subscribe(task, 0, run.principal, run.executor);
  if (!events) co_return outcome_of(events.error(), run.era);
  model::Fold fold(hub::kAnswerBytesMax);
  while (true) {
    auto next = co_await (*events)->next(cancel);
    if (!next) {
      const Error& error = next.error();
      if (run.era == Era::modern && cancel.cancelled())
        (void)co_await tasks.cancel(task, run.principal);
      co_return outcome_of(error, run.era);
    }
    if (!*next)
      co_return outcome_of(make_error(Reason::internal, "the task's journal has no end"), run.era);
    const model::Event& event = (*next)->event;
    if (auto added = fold.add(event); !added) co_return outcome_of(added.error(), run.era);
    if ((*next)->seq <= seen && !event.is_end()) continue;
    if (const auto* ask = std::get_if<model::Ask>(&event.body)) co_return asked(run, *ask, task);
    if (auto text = run.relay.notification(event)) co_await reply.message(*std::move(text));
    if (!event.is_end()) continue;
    model::Skill skill = run.skill.skill == nullptr ? model::Skill() : *run.skill.skill;
    // continue_task gives what any skill gives, and promises nothing.
    if (!run.call) skill.output_schema.reset();
    co_return outcome_of(fold.take(), skill, run.era);
  }
}

Awaitable<Outcome> Server::continue_task(CallRun& run, PostReply& reply, CancelToken cancel) {
  const TaskId id(std::string(json::string_at(run.arguments(), "task_id")));
  hub::Tasks& tasks = environment_.hub.tasks();
  auto view = co_await tasks.get(id, run.principal);
  if (!view) {
    // The caller's model gave the id: it reads the fault where it reads results.
    Error error = make_argument_error("/task_id", view.error().message);
    co_return outcome_of(error, run.era);
  }
  const auto snapshot = environment_.hub.registry().snapshot();
  if (auto found = hub::find_skill(*snapshot, view->solution.str(), view->skill.str()))
    run.skill = *found;
  if (!view->ask) co_return co_await run_task(run, reply, id, view->head, cancel);
  auto answers = answers_of(*view->ask, run.arguments());
  if (!answers) co_return outcome_of(answers.error(), run.era);
  model::Turn said;
  auto answered = co_await tasks.answer(id, *std::move(answers), std::move(said), run.principal);
  if (!answered) co_return outcome_of(answered.error(), run.era);
  co_return co_await run_task(run, reply, id, view->head, cancel);
}

Awaitable<Result<void>> Server::elicit(CallRun& run, PostReply& reply, Session& session,
                                       hub::EventStream& stream, const model::Ask& ask,
                                       CancelToken cancel) {
  (void)run;
  for (int tries = 0; tries < kElicitTriesMax; ++tries) {
    model::Answers answers;
    for (const auto& [key, item] : ask.items) {
      model::Ask::Item question = item;
      auto answer = co_await elicit_one(reply, session, std::move(question), cancel);
      if (!answer) co_return fail(answer.error());
      answers[key] = *std::move(answer);
    }
    auto taken = stream.answer(std::move(answers));
    if (taken || tries + 1 == kElicitTriesMax) co_return taken;
  }
  co_return Result<void>();
}

Awaitable<Result<model::Answer>> Server::elicit_one(PostReply& reply, Session& session,
                                                    model::Ask::Item item, CancelToken cancel) {
  const std::string elicitation = random_hex(16, environment_.hub.random());
  auto params = elicit_params(item, session.facts().elicit, session.facts().version, elicitation);
  if (!params) co_return fail(Reason::unsupported, "the client cannot be asked this");
  CancelSource waiting;
  waiting.follow(cancel);
  Timer timer = run_after(reply.executor(), Milliseconds(hub::kAskTimeoutMs), [&waiting] {
    waiting.cancel(make_error(Reason::deadline, "nobody answered the question"));
  });
  auto answers = std::make_shared<Session::Answers>(reply.executor());
  wire::JsonRpcRequest request;
  const std::string id = session.expect(answers);
  request.id = json::value(id);
  request.method = "elicitation/create";
  request.params = *std::move(params);
  std::string text = wire::write_jsonrpc(request);
  co_await reply.message(std::move(text));
  CancelToken token = waiting.token();
  auto response = co_await answers->pop(token);
  session.forget(id);
  if (!response) co_return fail(response.error());
  if (const auto* error = std::get_if<wire::JsonRpcError>(&response->outcome)) {
    co_return fail(Reason::refused,
                   std::format("the client refused the question: {}", error->message));
  }
  co_return answer_of(item, std::get<json::value>(response->outcome));
}

}  // namespace weft::adapters::mcp
