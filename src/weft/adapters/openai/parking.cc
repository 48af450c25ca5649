#include "weft/adapters/openai/parking.h"

#include "weft/adapters/openai/conversation.h"

namespace weft::adapters::openai {
namespace {

/// The member of a task's meta that holds the context its conversation goes on in.
constexpr std::string_view kContextMeta = "context";

/// Whether the last thing the assistant said is this question: another branch of the conversation
/// may have gone another way.
bool asked_last(const model::Call& call, const model::Ask& ask) {
  const model::Turn* last = nullptr;
  for (const auto& turn : call.turns) {
    if (turn.role == model::Role::assistant) last = &turn;
  }
  if (!last) return false;
  for (const auto& part : last->parts) {
    const auto* tool = std::get_if<model::ToolCall>(&part.body);
    if (tool && tool->name == kAskTool) return true;
  }
  return model::joined_text(last->parts, false).ends_with(question_text(ask));
}

}  // namespace

Source::Source(Environment& environment, net::Exchange& exchange, ContextId named)
    : environment_(environment), exchange_(exchange), named_(std::move(named)) {}

Awaitable<Result<std::optional<hub::TaskView>>> Source::find(const model::Call& call,
                                                             const std::string& model) {
  std::vector<std::string> keys;
  if (!named_.empty()) {
    keys.push_back(named_.str());
  } else {
    for (auto& prefix : assistant_prefixes(principal_.name, model, call.turns))
      keys.push_back(std::move(prefix.key));
  }
  for (auto& key : keys) {
    hub::TaskFilter filter;
    filter.context = ContextId(std::move(key));
    filter.state = model::TaskState::ask;
    WEFT_CO_TRY(auto page, co_await environment_.hub.tasks().list(std::move(filter), principal_));
    for (auto& view : page.tasks) {
      if (view.ask && view.solution == call.solution && asked_last(call, *view.ask)) {
        co_return std::optional(std::move(view));
      }
    }
  }
  co_return std::optional<hub::TaskView>();
}

Awaitable<Result<Source::Resumed>> Source::resume(const model::Call& call,
                                                  const std::string& model) {
  principal_ = call.principal;
  Resumed resumed;
  if (call.turns.size() < 2) co_return resumed;
  WEFT_CO_TRY(auto found, co_await find(call, model));
  if (!found) co_return resumed;
  auto answers = read_answers(*found->ask, call.turns.back());
  if (answers) {
    // From here on: the answer itself and all that follows, however fast it comes.
    WEFT_CO_TRY(subscription_, co_await environment_.hub.tasks().subscribe(
                                   found->id, found->head, principal_, exchange_.executor()));
    auto answered = co_await environment_.hub.tasks().answer(found->id, std::move(*answers),
                                                             call.turns.back(), principal_);
    if (answered) {
      task_ = found->id;
      resumed.taken_up = true;
      resumed.context = ContextId(std::string(json::string_at(found->meta, kContextMeta)));
      co_return resumed;
    }
    subscription_.reset();
    if (answered.error().reason != Reason::invalid_argument) co_return fail(answered.error());
    answers = std::unexpected(answered.error());
  }
  model::Turn again = question_turn(*found->ask, call);
  again.parts.insert(again.parts.begin(), model::Part::text(answers.error().message));
  resumed.again = std::move(again);
  co_return resumed;
}

void Source::start(std::shared_ptr<const model::Call> call) {
  const auto context = environment_.hub.context(exchange_.executor(), exchange_.gone(), *call);
  stream_ = environment_.hub.call(std::move(call), context);
}

Awaitable<model::Event> Source::next() {
  model::Event event;
  if (stream_) {
    event = co_await stream_->next();
  } else {
    auto got = co_await subscription_->next(exchange_.gone());
    if (!got) {
      event = model::end_with(got.error());
    } else if (!*got) {
      event =
          model::end_with(make_error(Reason::internal, "the task's events ended without an end"));
    } else {
      event = std::move((*got)->event);
    }
  }
  ended_ = ended_ || event.is_end() || std::holds_alternative<model::Ask>(event.body);
  co_return event;
}

void Source::cancel(Error why) {
  if (stream_) stream_->cancel(std::move(why));
}

Awaitable<Result<void>> Source::park(const model::Call& call, const std::string& model,
                                     const model::Turn& said, const model::Ask& ask) {
  // A task that was taken up stays one; the conversation still holds the first question, by which
  // it is found.
  if (!stream_) co_return Result<void>();
  auto kept = std::make_shared<model::Call>(call);
  json::object meta{{"door", "openai"}};
  if (named_.empty()) {
    if (!call.context.empty()) meta[kContextMeta] = call.context.str();
    kept->context = ContextId(key_after(principal_.name, model, call.turns, said));
  }
  model::Ask question = ask;
  auto stream = std::move(stream_);
  WEFT_CO_TRY(auto view,
              co_await environment_.hub.tasks().park(std::move(kept), std::move(stream),
                                                     std::move(question), std::move(meta)));
  task_ = view.id;
  co_return Result<void>();
}

Awaitable<> Source::close() {
  if (ended_ || !subscription_) co_return;
  (void)co_await environment_.hub.tasks().cancel(task_, principal_);
}

}  // namespace weft::adapters::openai
