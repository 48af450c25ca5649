#include "weft/adapters/a2a/operations.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/a2a/questions.h"
#include "weft/adapters/common/reply.h"
#include "weft/hub/limits.h"
#include "weft/hub/producer.h"

namespace weft::adapters::a2a {
namespace {

/// Ends that the caller is told as an error of the request; the others are states of the task.
bool is_refusal(const hub::TaskView& view) {
  if (!view.end || view.end->outcome) return false;
  const Reason reason = view.end->outcome.error().reason;
  return reason != Reason::solution_failed && reason != Reason::refused &&
         reason != Reason::cancelled;
}

Result<void> check_message(const SendRequest& request) {
  if (request.message.id.empty()) {
    return fail(make_argument_error("/message/messageId",
                                    "/message/messageId: a non-empty string is required"));
  }
  if (request.message.parts.empty()) {
    return fail(
        make_argument_error("/message/parts", "/message/parts: at least one part is required"));
  }
  if (request.message.role != Speaker::user) {
    return fail(make_argument_error("/message/role",
                                    "/message/role: a caller's message has the role of the user"));
  }
  if (request.history_length && *request.history_length < 0) {
    return fail(make_argument_error("/configuration/historyLength",
                                    "/configuration/historyLength: below zero"));
  }
  for (const std::string* id :
       {&request.message.id, &request.message.context_id, &request.message.task_id}) {
    if (id->size() > kIdCharsMax) {
      return fail(make_argument_error(
          "/message", std::format("/message: an id is longer than {} characters", kIdCharsMax)));
    }
  }
  return {};
}

/// A skill that answers with a result rather than in a conversation, of a solution that keeps no
/// tasks.
bool is_tool(const Target& target) {
  return target.skill != nullptr && target.skill->shape != model::Shape::converse &&
         target.entry->solution->protocol != "a2a";
}

/// Hands the events of the call that a question led to on to the stream that asked it.
Awaitable<Result<model::Output>> relay(std::unique_ptr<hub::EventStream> inner, hub::Emitter& out) {
  while (true) {
    model::Event event = co_await inner->next();
    if (auto* end = std::get_if<model::End>(&event.body)) {
      for (model::Loss& loss : end->losses) out.lose(std::move(loss));
      co_return std::move(end->outcome);
    }
    if (auto* ask = std::get_if<model::Ask>(&event.body)) {
      model::Ask copy = std::move(*ask);
      WEFT_CO_TRY(auto answers, co_await out.ask(std::move(copy)));
      WEFT_CO_CHECK(inner->answer(std::move(answers)));
      continue;
    }
    WEFT_CO_CHECK(co_await out.emit(std::move(event)));
  }
}

/// Asks which skill is meant, then calls it.
Awaitable<Result<model::Output>> ask_then_call(hub::Hub& hub, Scope scope,
                                               std::shared_ptr<const model::Call> first,
                                               hub::Emitter& out) {
  model::Ask question = which_skill(scope);
  WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(question)));
  const model::Answer& answer = answers.begin()->second;
  const bool named =
      answer.action == model::AnswerAction::accept && answer.data && answer.data->is_object();
  if (!named) co_return fail(Reason::cancelled, "no skill was chosen");
  const json::object& chosen = answer.data->get_object();
  const Target target = find_named(scope, json::string_at(chosen, "skill"));
  if (target.skill == nullptr)
    co_return fail(Reason::solution_not_found, "the skill is not there any more");
  model::Call call = *first;
  call.solution = target.entry->solution->id;
  call.skill = target.skill->id;
  if (const json::value* parameters = json::find(chosen, "parameters")) {
    call.args = *parameters;
    call.turns.clear();
  }
  const hub::CallContext context{out.executor(), out.deadline(), out.cancelled()};
  co_return co_await relay(hub.call(std::move(call), context), out);
}

Awaitable<Result<StreamItem>> no_item(Error error) { co_return fail(std::move(error)); }

LedTo what_of(const StreamItem& item) {
  if (const auto* task = std::get_if<Task>(&item)) return {TaskId(task->id), std::nullopt};
  return {TaskId(), std::get<Message>(item)};
}

/// A stream of one message.
Feed only(Message message) {
  StreamItem first(std::move(message));
  return {std::move(first), Telling("", ""), nullptr, true};
}

/// A stream of a task that was over, or asked, before anybody listened.
Result<Feed> whole(const hub::TaskView& view) {
  if (is_refusal(view)) return fail(view.end->outcome.error());
  if (auto answered = message_of(view)) return only(*std::move(answered));
  StreamItem first(task_of(view, Show{}));
  return Feed(std::move(first), Telling(view.id.str(), view.context.str()), nullptr, true);
}

}  // namespace

Feed::Feed(StreamItem first, Telling telling, std::unique_ptr<hub::TaskSubscription> rest,
           bool over)
    : telling_(std::move(telling)), rest_(std::move(rest)), over_(over) {
  ready_.push_back(std::move(first));
}

Awaitable<Result<std::vector<StreamItem>>> Feed::next(CancelToken cancel) {
  if (!ready_.empty()) co_return std::exchange(ready_, {});
  while (!over_ && rest_ != nullptr) {
    WEFT_CO_TRY(auto event, co_await rest_->next(cancel));
    if (!event) break;
    std::vector<StreamItem> items = telling_.tell(*event);
    over_ = telling_.settled();
    if (!items.empty()) co_return items;
  }
  over_ = true;
  co_return std::vector<StreamItem>();
}

Operations::Operations(Desk& desk, Request& request, Scope scope)
    : environment_(desk.environment),
      resent_(desk.resent),
      request_(request),
      scope_(std::move(scope)) {}

std::optional<Sending> Operations::sending_of(const SendRequest& message, const Target& target,
                                              std::size_t content) const {
  // What may be done twice simply is.
  const bool again = target.skill != nullptr && target.skill->effects.safe_to_repeat();
  if (again || !Resent::unique(message.message.id)) return std::nullopt;
  std::string solution = scope_.entry ? scope_.entry->solution->id.str() : std::string();
  return Sending{request_.principal.name, std::move(solution), message.message.id, content};
}

Awaitable<Result<Operations::Before>> Operations::before(Sending sending) {
  const Executor executor = request_.exchange.executor();
  const CancelToken gone = request_.exchange.gone();
  Sending copy = sending;
  WEFT_CO_TRY(auto place, co_await resent_.place(std::move(copy), executor, gone));
  Before out;
  out.first = std::move(place.first);
  if (!place.led_to) co_return out;
  out.answer = std::move(place.led_to->answer);
  if (out.answer) co_return out;
  auto view = co_await find(place.led_to->task.str());
  const std::int64_t now_ms = environment_.hub.clock().unix_ms();
  if (view && (!view->end || now_ms - view->updated_ms <= kResentMs)) {
    out.task = *std::move(view);
  } else {
    out.first = resent_.anew(sending);
  }
  co_return out;
}

Awaitable<Result<std::shared_ptr<model::Call>>> Operations::prepare(SendRequest message,
                                                                    Target target) {
  hub::Hub& hub = environment_.hub;
  auto call = std::make_shared<model::Call>(begin_call(hub, request_));
  call->reply = model::Reply::task;
  const std::string context = message.message.context_id;
  const bool named = !context.empty();
  call->context = ContextId(named ? context : make_ulid(hub.clock().unix_ms(), hub.random()));
  if (target.skill == nullptr) {
    call->turns.push_back({message.message.id, model::Role::user, "", message.message.parts});
    if (target.entry) call->solution = target.entry->solution->id;
    co_return call;
  }
  read_call(target, std::move(message), *call);
  // What cannot be called is refused before there is a task.
  WEFT_CO_TRY(const Schema* schema, target.entry->input_schema(*target.skill));
  if (call->args && schema != nullptr) WEFT_CO_CHECK(schema->require(*call->args));
  const bool talks = target.skill->shape == model::Shape::converse;
  if (named && talks) WEFT_CO_CHECK(co_await recall(*call, *target.entry->solution));
  co_return call;
}

Awaitable<Result<hub::TaskView>> Operations::begin_new(SendRequest message, Target target) {
  WEFT_CO_TRY(auto call, co_await prepare(message, target));
  if (target.skill == nullptr) co_return co_await begin_asking(std::move(message), std::move(call));
  model::Call started = *call;
  const Executor executor = request_.exchange.executor();
  json::object meta;
  co_return co_await environment_.hub.tasks().start(std::move(started), executor, std::move(meta));
}

Awaitable<Result<StreamItem>> Operations::call_directly(SendRequest message, Target target) {
  hub::Hub& hub = environment_.hub;
  const Show show{message.history_length, true};
  WEFT_CO_TRY(auto call, co_await prepare(std::move(message), std::move(target)));
  call->reply = model::Reply::unary;
  const hub::CallContext context =
      hub.context(request_.exchange.executor(), request_.exchange.gone(), *call);
  auto stream = hub.call(call, context);
  hub::Folded folded =
      co_await hub::fold_stream(*stream, hub::kAnswerBytesMax, call->solution.str());
  if (folded.ask) {
    json::object meta;
    model::Ask ask = *std::move(folded.ask);
    WEFT_CO_TRY(const auto view, co_await hub.tasks().park(call, std::move(stream), std::move(ask),
                                                           std::move(meta)));
    co_return StreamItem(task_of(view, show));
  }
  if (!folded.end.outcome) co_return fail(folded.end.outcome.error());
  co_return StreamItem(answer_of(folded.end, call->id.str(), call->context.str()));
}

/// A solution that keeps no conversations is told what was said before in this one.
Awaitable<Result<void>> Operations::recall(model::Call& call, const model::Solution& solution) {
  if (call.turns.empty() || call.args || solution.protocol == "a2a") co_return Result<void>();
  hub::TaskFilter filter;
  filter.context = call.context;
  filter.solution = solution.id;
  filter.limit = kContextTasksMax;
  const model::Principal principal = request_.principal;
  WEFT_CO_TRY(auto page, co_await environment_.hub.tasks().list(filter, principal));
  // The newest one's history holds what was said before it: of those of one millisecond, the
  // longest.
  std::ranges::sort(page.tasks, {}, [](const hub::TaskView& task) {
    return std::pair(task.created_ms, task.history.size());
  });
  std::vector<model::Turn> turns;
  for (hub::TaskView& task : page.tasks) {
    if (task.owner == principal.name && task.end && task.end->outcome)
      turns = std::move(task.history);
  }
  for (model::Turn& turn : call.turns) turns.push_back(std::move(turn));
  call.turns = std::move(turns);
  co_return Result<void>();
}

Awaitable<Result<hub::TaskView>> Operations::begin_asking(SendRequest message,
                                                          std::shared_ptr<model::Call> call) {
  (void)message;
  hub::Hub& hub = environment_.hub;
  std::shared_ptr<const model::Call> fixed = call;
  const hub::CallContext context = hub.context(request_.exchange.executor(), CancelToken(), *fixed);
  Scope scope = scope_;
  auto stream = hub::make_stream(
      context, [&hub, scope, fixed](hub::Emitter& out) -> Awaitable<Result<model::Output>> {
        co_return co_await ask_then_call(hub, scope, fixed, out);
      });
  model::Event event = co_await stream->next();
  auto* ask = std::get_if<model::Ask>(&event.body);
  if (ask == nullptr)
    co_return fail(Reason::internal, "the question which skill is meant was not asked");
  model::Ask question = std::move(*ask);
  json::object meta;
  co_return co_await hub.tasks().park(fixed, std::move(stream), std::move(question),
                                      std::move(meta));
}

Awaitable<Result<hub::TaskView>> Operations::find(std::string id) {
  const model::Principal principal = request_.principal;
  TaskId task(id);
  WEFT_CO_TRY(auto view, co_await environment_.hub.tasks().get(std::move(task), principal));
  // A task of another agent does not exist here.
  if (scope_.entry && view.solution != scope_.entry->solution->id) {
    TaskId nobody{std::string("-")};
    auto unknown = co_await environment_.hub.tasks().get(std::move(nobody), principal);
    if (!unknown) co_return fail(unknown.error());
    co_return fail(Reason::task_not_found, "there is no such task");
  }
  co_return view;
}

Awaitable<Result<hub::TaskView>> Operations::go_on(SendRequest message) {
  WEFT_CO_TRY(auto view, co_await find(message.message.task_id));
  const std::string& context = message.message.context_id;
  if (!context.empty() && context != view.context.str()) {
    co_return fail(make_argument_error("/message/contextId",
                                       "/message/contextId: the task belongs to another context"));
  }
  if (view.end) {
    co_return fail(Reason::unsupported,
                   "the task has ended; send a message without taskId to begin another");
  }
  if (!view.ask) {
    co_return fail(Reason::unsupported,
                   "the task is working and asks nothing; wait for it, or cancel it");
  }
  WEFT_CO_TRY(auto answers, read_answers(*view.ask, message.message));
  model::Turn said{message.message.id, model::Role::user, "", std::move(message.message.parts)};
  const model::Principal principal = request_.principal;
  const TaskId id = view.id;
  co_return co_await environment_.hub.tasks().answer(id, std::move(answers), std::move(said),
                                                     principal);
}

Awaitable<Result<StreamItem>> Operations::send(SendRequest message, std::size_t content) {
  if (auto fits = check_message(message); !fits) return no_item(std::move(fits).error());
  if (!message.message.task_id.empty()) return send_on(std::move(message));
  auto target = find_target(scope_, message);
  if (!target) return no_item(std::move(target).error());
  return send_new(std::move(message), *std::move(target), content);
}

Awaitable<Result<StreamItem>> Operations::send_new(SendRequest message, Target target,
                                                   std::size_t content) {
  Before known;
  if (auto sending = sending_of(message, target, content)) {
    WEFT_CO_TRY(known, co_await before(*std::move(sending)));
  }
  if (known.answer) co_return StreamItem(*std::move(known.answer));
  const Show show{message.history_length, true};
  const bool at_once = message.return_immediately;
  if (!known.task && !at_once && is_tool(target)) {
    auto item = co_await call_directly(std::move(message), std::move(target));
    if (item && known.first) known.first->led_to(what_of(*item));
    co_return item;
  }
  if (!known.task) {
    WEFT_CO_TRY(known.task, co_await begin_new(std::move(message), std::move(target)));
    if (known.first) known.first->led_to({known.task->id, std::nullopt});
  }
  hub::TaskView view = *std::move(known.task);
  co_return co_await told(std::move(view), show, at_once);
}

Awaitable<Result<StreamItem>> Operations::send_on(SendRequest message) {
  const Show show{message.history_length, true};
  const bool at_once = message.return_immediately;
  WEFT_CO_TRY(auto view, co_await go_on(std::move(message)));
  co_return co_await told(std::move(view), show, at_once);
}

Awaitable<Result<StreamItem>> Operations::told(hub::TaskView view, Show show, bool at_once) {
  if (!at_once) {
    const model::Principal principal = request_.principal;
    const TaskId id = view.id;
    const CancelToken gone = request_.exchange.gone();
    WEFT_CO_TRY(view, co_await environment_.hub.tasks().settle(id, principal, gone));
  }
  if (is_refusal(view)) co_return fail(view.end->outcome.error());
  activated_ = activated_for(view);
  if (auto answered = message_of(view)) co_return StreamItem(*std::move(answered));
  co_return StreamItem(task_of(view, show));
}

Awaitable<Result<Feed>> Operations::feed_from(hub::TaskView view, std::int64_t after, bool replay) {
  const model::Principal principal = request_.principal;
  const Executor executor = request_.exchange.executor();
  const TaskId id = view.id;
  const std::int64_t from = replay ? 0 : after;
  WEFT_CO_TRY(auto rest,
              co_await environment_.hub.tasks().subscribe(id, from, principal, executor));
  Telling telling(id.str(), view.context.str());
  Task snapshot = task_of(view, Show{});
  const CancelToken gone = request_.exchange.gone();
  for (std::int64_t seen = from; replay && seen < view.head;) {
    WEFT_CO_TRY(auto event, co_await rest->next(gone));
    if (!event) break;
    seen = event->seq;
    telling.skip(*event);
  }
  if (replay) telling.complete(snapshot);
  StreamItem first(std::move(snapshot));
  co_return Feed(std::move(first), std::move(telling), std::move(rest), false);
}

Awaitable<Result<Feed>> Operations::stream(SendRequest message, std::size_t content) {
  WEFT_CO_CHECK(check_message(message));
  if (!message.message.task_id.empty()) {
    WEFT_CO_TRY(auto view, co_await go_on(std::move(message)));
    if (view.end || view.ask) co_return whole(view);
    const std::int64_t head = view.head;
    co_return co_await feed_from(std::move(view), head, false);
  }
  WEFT_CO_TRY(auto target, find_target(scope_, message));
  Before known;
  if (auto sending = sending_of(message, target, content)) {
    WEFT_CO_TRY(known, co_await before(*std::move(sending)));
  }
  if (known.answer) co_return only(*std::move(known.answer));
  if (known.task) {
    if (known.task->end || known.task->ask) co_return whole(*known.task);
    hub::TaskView view = *std::move(known.task);
    co_return co_await feed_from(std::move(view), 0, true);
  }
  WEFT_CO_TRY(auto view, co_await begin_new(std::move(message), std::move(target)));
  if (known.first) known.first->led_to({view.id, std::nullopt});
  if (view.end || view.ask) co_return whole(view);
  co_return co_await feed_of_new(std::move(view));
}

Awaitable<Result<Feed>> Operations::feed_of_new(hub::TaskView view) {
  const std::int64_t head = view.head;
  const bool agent = scope_.entry && scope_.entry->solution->protocol == "a2a";
  if (!agent) co_return co_await feed_from(std::move(view), head, false);
  // An agent may answer with a message instead of a task: its first event tells which it is.
  const model::Principal principal = request_.principal;
  const Executor executor = request_.exchange.executor();
  const TaskId id = view.id;
  WEFT_CO_TRY(auto rest,
              co_await environment_.hub.tasks().subscribe(id, head, principal, executor));
  WEFT_CO_TRY(auto event, co_await rest->next(request_.exchange.gone()));
  if (event) {
    if (auto answered = message_of(event->event, view.context.str()))
      co_return only(*std::move(answered));
  }
  co_return co_await feed_from(std::move(view), head, false);
}

Awaitable<Result<Feed>> Operations::subscribe(std::string id) {
  WEFT_CO_TRY(auto view, co_await find(std::move(id)));
  if (view.end) {
    co_return fail(Reason::unsupported,
                   "the task has ended: there is nothing to subscribe to, ask for it instead");
  }
  co_return co_await feed_from(std::move(view), 0, true);
}

Awaitable<Result<Task>> Operations::get(std::string id, std::optional<std::int64_t> history) {
  if (history && *history < 0) {
    co_return fail(make_argument_error("/historyLength", "/historyLength: below zero"));
  }
  WEFT_CO_TRY(const auto view, co_await find(std::move(id)));
  co_return task_of(view, Show{history, true});
}

Awaitable<Result<Task>> Operations::cancel(std::string id) {
  WEFT_CO_TRY(auto view, co_await find(std::move(id)));
  const model::Principal principal = request_.principal;
  const TaskId task = view.id;
  WEFT_CO_TRY(view, co_await environment_.hub.tasks().cancel(task, principal));
  co_return task_of(view, Show{});
}

Awaitable<Result<TaskPage>> Operations::list(ListRequest wanted) {
  const std::int64_t size = wanted.page_size.value_or(50);
  if (size < 1 || size > static_cast<std::int64_t>(kPageSizeMax)) {
    co_return fail(
        make_argument_error("/pageSize", std::format("/pageSize: expected 1 to {}", kPageSizeMax)));
  }
  if (wanted.history_length && *wanted.history_length < 0) {
    co_return fail(make_argument_error("/historyLength", "/historyLength: below zero"));
  }
  const Show show{wanted.history_length.value_or(0), wanted.include_artifacts};
  const model::Principal principal = request_.principal;
  hub::TaskFilter filter;
  filter.context = ContextId(wanted.context_id);
  filter.state = wanted.state;
  filter.updated_after_ms = wanted.updated_after_ms;
  filter.page_token = wanted.page_token;
  filter.limit = static_cast<std::size_t>(size);
  if (scope_.entry) filter.solution = scope_.entry->solution->id;
  WEFT_CO_TRY(auto page, co_await environment_.hub.tasks().list(filter, principal));
  TaskPage out;
  out.page_size = size;
  for (const hub::TaskView& view : page.tasks) out.tasks.push_back(task_of(view, show));
  out.next_page_token = std::move(page.next_page_token);
  out.total = page.total;
  co_return out;
}

}  // namespace weft::adapters::a2a
