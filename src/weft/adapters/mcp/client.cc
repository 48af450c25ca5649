#include "weft/adapters/mcp/client.h"

#include <algorithm>
#include <format>
#include <set>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/mcp/asks.h"
#include "weft/adapters/mcp/codec.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/limits.h"
#include "weft/base/log.h"
#include "weft/hub/contexts.h"

namespace weft::adapters::mcp {
namespace {

/// name, arguments, _meta; inputResponses and requestState.
constexpr std::size_t kParamsExpected = 5;

/// What holds for a call at this moment: a question to a person moves its deadline.
hub::CallContext context_of(const hub::Emitter& out) {
  return hub::CallContext{out.executor(), out.deadline(), out.cancelled()};
}

/// What the caller asked for in MCP's own words, else `info` for whoever reads along.
std::string log_level_of(const model::Call& call) {
  const std::string_view asked = json::string_at(call.meta, kMetaLogLevel);
  if (is_log_level(asked)) return std::string(asked);
  return call.wants_stream() ? "info" : "";
}

/// The pages that have to be visited before a call (2025-11-25, URL elicitation required).
model::Ask visits_of(const wire::JsonRpcError& error) {
  model::Ask ask;
  const json::object* data =
      error.data && error.data->is_object() ? &error.data->get_object() : nullptr;
  const json::array* pages = data == nullptr ? nullptr : json::array_at(*data, "elicitations");
  if (error.code != kUrlElicitationRequired || pages == nullptr) return ask;
  for (const json::value& page : *pages) {
    auto item = page.is_object() ? item_of(page.get_object())
                                 : Result<model::Ask::Item>(fail(Reason::upstream_protocol, ""));
    if (!item || item->kind != model::Ask::Kind::url) continue;
    std::string key(json::string_at(page.get_object(), "elicitationId"));
    if (key.empty()) key = std::format("page{}", ask.items.size() + 1);
    ask.items[std::move(key)] = *std::move(item);
  }
  return ask;
}

}  // namespace

wire::JsonRpcResponse refuse_request(const wire::JsonRpcRequest& request) {
  wire::JsonRpcError error{
      wire::kJsonRpcMethodNotFound,
      std::format("weft declared no capability for {}: it answers elicitation/create and ping",
                  request.method.substr(0, 64)),
      std::nullopt};
  return wire::JsonRpcResponse{*request.id, std::move(error)};
}

Awaitable<Result<json::object>> ask_server(Link& link, LinkRequest request,
                                           hub::CallContext context) {
  const std::string method = request.method;
  auto conversation = co_await link.send(std::move(request), context);
  if (!conversation) co_return fail(conversation.error());
  while (true) {
    auto message = co_await (*conversation)->next();
    if (!message) {
      const Error& error = message.error();
      const bool left = error.reason == Reason::cancelled || error.reason == Reason::deadline;
      if (left) co_await (*conversation)->abandon(error.message);
      co_return fail(error);
    }
    if (auto* asked = std::get_if<wire::JsonRpcRequest>(&*message)) {
      if (asked->id) {
        wire::JsonRpcResponse refusal = refuse_request(*asked);
        auto told = co_await (*conversation)->reply(std::move(refusal), context);
        if (!told) co_return fail(told.error());
      }
      continue;
    }
    auto& response = std::get<wire::JsonRpcResponse>(*message);
    if (const auto* error = std::get_if<wire::JsonRpcError>(&response.outcome))
      co_return fail(error_of(*error));
    auto& result = std::get<json::value>(response.outcome);
    if (!result.is_object()) {
      co_return fail(Reason::upstream_protocol,
                     std::format("the result of {} is no object", method));
    }
    co_return std::move(result.get_object());
  }
}

Client::Client(std::shared_ptr<Link> link) : link_(std::move(link)) {}

Client::~Client() {
  if (on_gone_) on_gone_();
}

std::shared_ptr<const model::Solution> Client::current() const {
  const std::lock_guard lock(mutex_);
  return solution_;
}

void Client::keep(std::shared_ptr<const model::Solution> solution) {
  const std::lock_guard lock(mutex_);
  solution_ = std::move(solution);
}

namespace {

/// Adds the tools of one page; what is broken is left out and logged.
void add_page(std::vector<model::Skill>& skills, std::set<std::string>& names,
              const json::array& tools) {
  for (const json::value& tool : tools) {
    auto skill = skill_of(tool);
    if (!skill) {
      log::warn("mcp: a tool is left out: {}", skill.error().message);
      continue;
    }
    if (!names.insert(skill->id.str()).second) continue;
    skills.push_back(*std::move(skill));
  }
}

}  // namespace

Awaitable<Result<std::vector<model::Skill>>> Client::list_tools(hub::CallContext context) {
  std::vector<model::Skill> skills;
  std::set<std::string> names;
  std::string cursor;
  for (std::size_t page = 0; page < kToolPagesMax; ++page) {
    LinkRequest request;
    request.method = "tools/list";
    if (!cursor.empty()) request.params["cursor"] = cursor;
    auto result = co_await ask_server(*link_, std::move(request), context);
    if (!result) co_return fail(result.error());
    const json::array* tools = json::array_at(*result, "tools");
    if (tools == nullptr)
      co_return fail(Reason::upstream_protocol, "the result of tools/list has no `tools`");
    add_page(skills, names, *tools);
    cursor = std::string(json::string_at(*result, "nextCursor"));
    if (cursor.empty() || skills.size() > kToolsMax) break;
  }
  if (skills.size() > kToolsMax) {
    co_return fail(Reason::too_large,
                   std::format("the server lists more than {} tools", kToolsMax));
  }
  co_return skills;
}

Awaitable<Result<model::Solution>> Client::describe(model::Solution base,
                                                    hub::CallContext context) {
  const Handshake shake = link_->handshake();
  base.title = shake.title.empty() ? shake.name : shake.title;
  base.description = shake.instructions;
  base.version = shake.server_version;
  base.kind = model::Kind::toolset;
  base.protocol = "mcp";
  base.protocol_version = shake.version;
  base.caps.stream = true;
  base.caps.cancel = true;
  base.caps.ask = true;
  base.skills.clear();
  const bool legacy_without = shake.era == Era::legacy && !shake.capabilities.contains("tools");
  if (!legacy_without) {
    auto skills = co_await list_tools(context);
    if (!skills) co_return fail(skills.error());
    base.skills = *std::move(skills);
  }
  keep(std::make_shared<const model::Solution>(base));
  co_return base;
}

namespace {

bool same_skills(const std::vector<model::Skill>& a, const std::vector<model::Skill>& b) {
  return std::ranges::equal(a, b, [](const model::Skill& x, const model::Skill& y) {
    return x.id == y.id && x.raw == y.raw;
  });
}

}  // namespace

Awaitable<Result<std::shared_ptr<const model::Solution>>> Client::refresh(
    hub::CallContext context) {
  const auto before = current();
  if (!before) co_return std::shared_ptr<const model::Solution>();
  auto skills = co_await list_tools(context);
  if (!skills) co_return fail(skills.error());
  if (same_skills(before->skills, *skills)) co_return std::shared_ptr<const model::Solution>();
  model::Solution next = *before;
  next.skills = *std::move(skills);
  auto kept = std::make_shared<const model::Solution>(std::move(next));
  keep(kept);
  co_return kept;
}

LinkRequest Client::request_of(const model::Call& call) const {
  LinkRequest request;
  request.method = "tools/call";
  request.params.reserve(kParamsExpected);
  request.params["name"] = call.skill.str();
  request.params["arguments"] = call.args ? call.args->get_object() : json::object();
  if (const json::object* shared = json::object_at(call.meta, hub::kSharedMeta))
    request.params["_meta"] = json::object{{hub::kSharedMeta, *shared}};
  request.trace = call.trace;
  request.depth = call.depth;
  request.progress = call.wants_stream();
  request.log_level = log_level_of(call);
  const auto solution = current();
  const model::Skill* skill = solution ? solution->skill(call.skill.str()) : nullptr;
  if (skill != nullptr && skill->input_schema) {
    if (auto params = header_params(*skill->input_schema))
      request.header_params = *std::move(params);
  }
  return request;
}

Awaitable<Result<model::Output>> Client::run(std::shared_ptr<const model::Call> call,
                                             hub::Emitter& out) {
  if (call->args && !call->args->is_object()) {
    co_return fail(make_argument_error("", "the arguments of a tool must be an object"));
  }
  std::vector<model::Loss> losses = losses_of_call(*call, {});
  for (model::Loss& loss : losses) out.lose(std::move(loss));
  LinkRequest request = request_of(*call);
  bool visited = false;
  for (int round = 0; round < kRoundsMax; ++round) {
    hub::CallContext context = context_of(out);
    auto conversation = co_await link_->send(std::move(request), context);
    if (!conversation) co_return fail(conversation.error());
    auto outcome = co_await converse(**conversation, out);
    if (!outcome && out.cancelled().cancelled()) {
      std::string why = out.cancelled().why().message;
      co_await (*conversation)->abandon(std::move(why));
    }
    if (!outcome) co_return fail(outcome.error());
    if (auto* error = std::get_if<wire::JsonRpcError>(&*outcome)) {
      // Once: a server that says so again has not seen the visit yet.
      if (std::exchange(visited, true)) co_return fail(error_of(*error));
      conversation->reset();
      auto asked = co_await ask_visits(std::move(*error), out);
      if (!asked) co_return fail(asked.error());
      request = request_of(*call);
      continue;
    }
    auto* result = std::get_if<json::object>(&*outcome);
    const std::string_view type = json::string_at(*result, "resultType");
    if (type.empty() || type == "complete") {
      std::vector<model::Loss> before = losses_of_result(*result);
      for (model::Loss& loss : before) out.lose(std::move(loss));
      co_return output_of(std::move(*result));
    }
    if (type != "input_required") {
      co_return fail(Reason::upstream_protocol,
                     std::format("unknown resultType `{}`", type.substr(0, 32)));
    }
    // A person may take long to answer: no connection waits for that.
    conversation->reset();
    request = request_of(*call);
    auto asked = co_await ask_inputs(request.params, *result, out);
    if (!asked) co_return fail(asked.error());
  }
  co_return fail(Reason::upstream_protocol,
                 std::format("the server asked {} times without an end", kRoundsMax));
}

Awaitable<Result<Client::Outcome>> Client::converse(Conversation& conversation, hub::Emitter& out) {
  while (true) {
    auto message = co_await conversation.next();
    if (!message) co_return fail(message.error());
    if (auto* request = std::get_if<wire::JsonRpcRequest>(&*message)) {
      Result<void> done;
      if (request->id) {
        wire::JsonRpcRequest asked = std::move(*request);
        done = co_await serve(conversation, std::move(asked), out);
      } else {
        done = co_await tell(*request, out);
      }
      if (!done) co_return fail(done.error());
      continue;
    }
    auto& response = std::get<wire::JsonRpcResponse>(*message);
    if (auto* error = std::get_if<wire::JsonRpcError>(&response.outcome))
      co_return Outcome(std::move(*error));
    auto& result = std::get<json::value>(response.outcome);
    if (!result.is_object())
      co_return fail(Reason::upstream_protocol, "the result of tools/call is no object");
    co_return Outcome(std::move(result.get_object()));
  }
}

Awaitable<Result<void>> Client::tell(const wire::JsonRpcRequest& notification, hub::Emitter& out) {
  if (notification.method == "notifications/progress") {
    model::State state;
    model::Progress progress;
    progress.done = json::number_at(notification.params, "progress").value_or(0);
    progress.total = json::number_at(notification.params, "total");
    progress.text = std::string(json::string_at(notification.params, "message"));
    state.progress = std::move(progress);
    model::Event event{std::move(state)};
    co_return co_await out.emit(std::move(event));
  }
  if (notification.method == "notifications/message") {
    model::Log log;
    log.level = std::string(json::string_at(notification.params, "level"));
    log.logger = std::string(json::string_at(notification.params, "logger"));
    if (const json::value* data = json::find(notification.params, "data")) log.data = *data;
    model::Event event{std::move(log)};
    co_return co_await out.emit(std::move(event));
  }
  co_return Result<void>();
}

Awaitable<Result<void>> Client::serve(Conversation& conversation, wire::JsonRpcRequest request,
                                      hub::Emitter& out) {
  if (request.method == "ping") {
    wire::JsonRpcResponse pong{*request.id, json::value(json::object())};
    co_return co_await conversation.reply(std::move(pong), context_of(out));
  }
  if (request.method != "elicitation/create") {
    model::Loss loss{"/requests", request.method, "", model::LossKind::dropped,
                     "refused: no caller can serve it"};
    out.lose(std::move(loss));
    wire::JsonRpcResponse refusal = refuse_request(request);
    co_return co_await conversation.reply(std::move(refusal), context_of(out));
  }
  auto item = item_of(request.params);
  if (!item) {
    wire::JsonRpcError error{wire::kJsonRpcInvalidParams, item.error().message, std::nullopt};
    wire::JsonRpcResponse refusal{*request.id, std::move(error)};
    co_return co_await conversation.reply(std::move(refusal), context_of(out));
  }
  const std::string key = "answer";
  model::Ask ask;
  ask.items[key] = *item;
  auto answers = co_await out.ask(std::move(ask));
  if (!answers) co_return fail(answers.error());
  wire::JsonRpcResponse response{*request.id,
                                 json::value(elicit_result_of(*item, (*answers)[key]))};
  co_return co_await conversation.reply(std::move(response), context_of(out));
}

Awaitable<Result<void>> Client::ask_visits(wire::JsonRpcError error, hub::Emitter& out) {
  const model::Ask visits = visits_of(error);
  if (visits.items.empty()) co_return fail(error_of(error));
  model::Ask question = visits;
  auto answers = co_await out.ask(std::move(question));
  if (!answers) co_return fail(answers.error());
  for (const auto& [key, item] : visits.items) {
    if ((*answers)[key].action == model::AnswerAction::accept) continue;
    co_return fail(
        Reason::refused,
        std::format("the tool needs {} to be visited first, which was declined", item.url));
  }
  co_return Result<void>();
}

Awaitable<Result<void>> Client::ask_inputs(json::object& params, const json::object& result,
                                           hub::Emitter& out) {
  model::Ask ask;
  json::object responses;
  if (const json::object* requests = json::object_at(result, "inputRequests")) {
    for (const auto& [key, value] : *requests) {
      if (!value.is_object())
        co_return fail(Reason::upstream_protocol, "an input request is no object");
      const json::object& request = value.get_object();
      const std::string_view method = json::string_at(request, "method");
      const json::object* asked = json::object_at(request, "params");
      if (method != "elicitation/create" || asked == nullptr) {
        co_return fail(
            Reason::unsupported,
            std::format("the server asks for `{}`, a capability that weft did not declare",
                        method.substr(0, 64)));
      }
      auto item = item_of(*asked);
      if (!item) co_return fail(item.error());
      ask.items[std::string(key)] = *std::move(item);
    }
  }
  if (!ask.items.empty()) {
    model::Ask question = ask;
    auto answers = co_await out.ask(std::move(question));
    if (!answers) co_return fail(answers.error());
    for (const auto& [key, item] : ask.items)
      responses[key] = elicit_result_of(item, (*answers)[key]);
  }
  params["inputResponses"] = std::move(responses);
  if (const json::value* state = json::find(result, "requestState"))
    params["requestState"] = *state;
  co_return Result<void>();
}

}  // namespace weft::adapters::mcp
