#include "weft/hub/task_recover.h"

#include <format>

#include "weft/base/timers.h"
#include "weft/hub/limits.h"
#include "weft/model/codec.h"

namespace weft::hub {
namespace {

using Prepared = Result<std::unique_ptr<EventStream>>;

/// What the call was before this life of the hub.
struct Before {
  bool made = false;
  std::optional<model::Ask::Consent> asked = std::nullopt;
};

Prepared start_call(TaskShared& shared, const std::shared_ptr<TaskRun>& run, Before before) {
  auto context = shared.hub.context(run->executor(), run->token(), run->call());
  context.again = before.made;
  context.asked = std::move(before.asked);
  // The run outlives its stream, which holds this.
  const std::weak_ptr<TaskRun> weak = run;
  return shared.hub.call(run->call(), context, [weak]() -> Awaitable<Result<void>> {
    auto held = weak.lock();
    WEFT_ASSERT(held);
    return TaskRun::note_intent(std::move(held));
  });
}

Error outcome_unknown(const store::TaskRecord& record, std::int64_t deaths) {
  const std::string name = std::format("{}/{}", record.solution.str(), record.skill.str());
  std::string why = std::format("weft stopped while {} ran; it was not repeated", name);
  if (deaths >= kTaskDeathsMax) {
    why = std::format(
        "weft's own process died {} times while {} ran; it is not repeated. Look into weft's log "
        "for what it died of before you call it again",
        deaths, name);
  }
  Error error = make_error(Reason::solution_failed, std::format("outcome unknown: {}", why));
  error.solution = record.solution.str();
  return error;
}

std::optional<model::Accepted> accepted_of(const store::TaskRecord& record) {
  if (!record.upstream.is_object()) return std::nullopt;
  const auto event = model::event_from_json(record.upstream);
  if (!event) return std::nullopt;
  const auto* accepted = std::get_if<model::Accepted>(&event->body);
  if (!accepted || accepted->upstream_task.empty()) return std::nullopt;
  return *accepted;
}

/// The hub's own question, which nobody had answered.
std::optional<model::Ask::Consent> consent_asked(const store::TaskRecord& record) {
  const auto ask = model::ask_from_json(record.asks);
  if (!ask || ask->items.size() != 1) return std::nullopt;
  return ask->items.begin()->second.consent;
}

/// Whether the skill still makes calls of one key once.
bool honours_key(const TaskShared& shared, const store::TaskRecord& task) {
  const auto found =
      find_skill(*shared.hub.registry().snapshot(), task.solution.str(), task.skill.str());
  return found && !found->skill->effects.dedup_key.empty();
}

/// Waits until the solution has joined (again).
Awaitable<bool> joined(std::shared_ptr<TaskShared> shared, SolutionId id, CancelToken cancel) {
  const auto until = shared->clock.steady() + Milliseconds(kTaskRejoinMs);
  while (!shared->hub.registry().snapshot()->find(id.str())) {
    if (shared->clock.steady() >= until) co_return false;
    const bool slept = co_await sleep_for(Milliseconds(kTaskRejoinStepMs), cancel);
    if (!slept) co_return false;
  }
  co_return true;
}

Awaitable<Prepared> again(std::shared_ptr<TaskShared> shared,
                          std::shared_ptr<const store::Unfinished> unfinished,
                          std::shared_ptr<TaskRun> run) {
  const store::TaskRecord& task = unfinished->task;
  if (unfinished->open.empty()) co_return start_call(*shared, run, {.asked = consent_asked(task)});
  // While a person was waited for nothing of it ran.
  const bool asked = !task.asks.is_null();
  const std::int64_t deaths = deaths_of(unfinished->open.back(), !asked);
  run->made_before(deaths);
  if (deaths >= kTaskDeathsMax) co_return fail(outcome_unknown(task, deaths));
  if (const auto accepted = accepted_of(task)) {
    co_await TaskRun::mark(run, /*rests=*/false);
    const auto context = shared->hub.context(run->executor(), run->token(), run->call());
    if (auto stream = shared->hub.reattach(run->call(), *accepted, context)) co_return stream;
  }
  const bool keyed = task.effect == store::Effect::keyed && honours_key(*shared, task);
  if (task.effect != store::Effect::pure && !keyed) co_return fail(outcome_unknown(task, deaths));
  run->note_again(keyed ? "weft was started anew; the call is made again under its key"
                        : "weft was started anew; the call is made again");
  co_return start_call(*shared, run, {.made = true});
}

Awaitable<Prepared> take_up(std::shared_ptr<TaskShared> shared,
                            std::shared_ptr<const store::Unfinished> unfinished,
                            std::shared_ptr<TaskRun> run) {
  const bool there = co_await joined(shared, unfinished->task.solution, run->token());
  if (run->token().cancelled()) co_return fail(run->token().why());
  if (there) co_return co_await again(shared, unfinished, run);
  if (!unfinished->open.empty()) co_return fail(outcome_unknown(unfinished->task, 0));
  co_return fail(Reason::unavailable,
                 std::format("`{}` did not join again after weft was started anew",
                             unfinished->task.solution.str()));
}

}  // namespace

TaskRun::Prepare prepare_call(std::shared_ptr<TaskShared> shared) {
  return [shared](std::shared_ptr<TaskRun> run) -> Awaitable<Prepared> {
    co_return start_call(*shared, run, {});
  };
}

TaskRun::Prepare prepare_nothing(const Error& why) {
  Error error = make_error(Reason::internal,
                           std::format("weft was started anew and cannot read the task's call "
                                       "any more: {}; make it again",
                                       why.message));
  return [error](std::shared_ptr<TaskRun>) -> Awaitable<Prepared> { co_return fail(error); };
}

TaskRun::Prepare prepare_again(std::shared_ptr<TaskShared> shared, store::Unfinished unfinished) {
  auto kept = std::make_shared<const store::Unfinished>(std::move(unfinished));
  return [shared, kept](std::shared_ptr<TaskRun> run) {
    return take_up(shared, kept, std::move(run));
  };
}

}  // namespace weft::hub
