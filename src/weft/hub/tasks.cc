#include "weft/hub/tasks.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <format>

#include "weft/base/log.h"
#include "weft/base/on_loop.h"
#include "weft/base/timers.h"
#include "weft/hub/limits.h"
#include "weft/hub/names.h"
#include "weft/hub/task_recover.h"
#include "weft/hub/task_run.h"
#include "weft/model/codec.h"

namespace weft::hub {
namespace {

/// The same words for a task of someone else's and for none.
Error no_such_task() {
  return make_error(Reason::task_not_found, "there is no such task, or it is not yours");
}

bool may_see(const model::Principal& principal, std::string_view owner) {
  return principal.admin || principal.name == owner;
}

Awaitable<bool> cancel_run(std::shared_ptr<TaskRun> run, Error why) {
  run->cancel(std::move(why));
  co_return true;
}

/// Waits until the run is finished or `done` holds of its view; false when cancelled or out of time
/// first.
Awaitable<bool> wait_for(std::shared_ptr<TaskRun> run, bool (*done)(const TaskView&),
                         CancelToken cancel, std::optional<Milliseconds> limit) {
  const Executor here = co_await boost::asio::this_coro::executor;
  const auto watcher = std::make_shared<Watcher>(here);
  run->watch(watcher);
  const auto registration = cancel.on_cancel([watcher] { watcher->signal.notify(); });
  bool late = false;
  Timer timer;
  if (limit) {
    timer = run_after(here, *limit, [&late, watcher] {
      late = true;
      watcher->signal.notify();
    });
  }
  while (!run->finished() && !(done && run->holds(done))) {
    if (late || cancel.cancelled()) co_return false;
    co_await watcher->signal.wait();
  }
  co_return true;
}

bool ended(const TaskView& view) { return model::terminal(view.state); }
bool settled(const TaskView& view) { return model::terminal(view.state) || view.ask.has_value(); }

store::Effect effect_of(const model::Effects& effects) {
  if (effects.safe_to_repeat()) return store::Effect::pure;
  return effects.dedup_key.empty() ? store::Effect::one_shot : store::Effect::keyed;
}

/// The same words for a question that was answered, has expired or is another's business.
Error no_such_approval() {
  Error error =
      make_error(Reason::task_not_found,
                 "no such question for approval is open: it was answered, has expired, or "
                 "never was; `weft approvals` lists those that wait");
  error.param = "/id";
  return error;
}

class Subscription final : public TaskSubscription {
 public:
  Subscription(std::shared_ptr<TaskShared> shared, std::shared_ptr<TaskRun> run, TaskId id,
               std::int64_t after, Executor executor)
      : shared_(std::move(shared)),
        run_(std::move(run)),
        id_(std::move(id)),
        seq_(after),
        watcher_(std::make_shared<Watcher>(executor)) {
    if (run_) run_->watch(watcher_);
  }

  Awaitable<Result<std::optional<TaskEvent>>> next(CancelToken cancel) override {
    const auto registration = cancel.on_cancel([watcher = watcher_] { watcher->signal.notify(); });
    while (true) {
      if (auto event = pop()) co_return event;
      if (ended_) co_return std::nullopt;
      if (cancel.cancelled()) co_return fail(cancel.why());
      // Asked before looking: what comes in between is then seen by the look.
      const bool finished = !run_ || run_->finished();
      const bool held = run_ && run_->held_after(seq_, buffer_);
      if (!buffer_.empty()) continue;
      if (held && !finished) {
        co_await watcher_->signal.wait();
        continue;
      }
      const std::int64_t before = seq_;
      WEFT_CO_CHECK(co_await read_journal());
      if (seq_ == before && buffer_.empty() && finished) {
        co_return fail(Reason::unavailable,
                       "the task waits for weft to take it up again; ask again later");
      }
    }
  }

 private:
  std::optional<TaskEvent> pop() {
    if (buffer_.empty() || ended_) return std::nullopt;
    TaskEvent event = std::move(buffer_.front());
    buffer_.pop_front();
    seq_ = std::max(seq_, event.seq);
    ended_ = event.event.is_end();
    return event;
  }

  Awaitable<Result<void>> read_journal() {
    WEFT_CO_TRY(const auto page, co_await shared_->journal.read(id_, seq_, kTaskRingEvents));
    for (const auto& stored : page) {
      WEFT_CO_TRY(auto event, event_of(stored));
      if (event) {
        buffer_.push_back(*std::move(event));
      } else if (buffer_.empty()) {
        seq_ = stored.seq;
      }
    }
    co_return Result<void>();
  }

  std::shared_ptr<TaskShared> shared_;
  std::shared_ptr<TaskRun> run_;
  TaskId id_;
  std::int64_t seq_;
  std::shared_ptr<Watcher> watcher_;
  std::deque<TaskEvent> buffer_;
  bool ended_ = false;
};

class TasksImpl final : public Tasks {
 public:
  TasksImpl(Hub& hub, store::Journal& journal, const Clock& clock, Random& random,
            std::size_t live_bytes_max)
      : shared_(new TaskShared{.hub = hub,
                               .journal = journal,
                               .clock = clock,
                               .random = random,
                               .live_bytes_max = live_bytes_max}) {}

  Awaitable<Result<TaskView>> start(model::Call call, Executor executor,
                                    json::object meta) override {
    const auto snapshot = shared_->hub.registry().snapshot();
    const Audience audience{shared_->hub.keys(), call.principal};
    WEFT_CO_TRY(const auto found,
                find_skill(*snapshot, call.solution.str(), call.skill.str(), &audience));
    if (!audience.may_know(call.solution.str()))
      co_return fail(may_not_call(call.principal, call.solution.str()));
    call.skill = found.skill->id;
    call.reply = model::Reply::task;
    const auto effect = effect_of(found.skill->effects);
    auto shared_call = std::make_shared<model::Call>(std::move(call));
    EventStream::Reach nowhere;
    nowhere.started = false;
    WEFT_CO_TRY(auto run, co_await create(std::move(shared_call), executor, effect, std::move(meta),
                                          prepare_call(shared_), std::nullopt, std::move(nowhere)));
    TaskView view = run->view();
    boost::asio::post(executor, [run] { run->begin(); });
    co_return view;
  }

  Awaitable<Result<TaskView>> park(std::shared_ptr<const model::Call> call,
                                   std::unique_ptr<EventStream> stream, model::Ask ask,
                                   json::object meta) override {
    const Executor here = co_await boost::asio::this_coro::executor;
    // The stream asks the task that it will belong to; it must not hold it.
    const auto owner = std::make_shared<std::weak_ptr<TaskRun>>();
    stream->detach([owner] { return note_intent(owner); });
    const auto reach = stream->reach();
    auto kept = std::make_shared<model::Call>(*call);
    const auto found =
        find_skill(*shared_->hub.registry().snapshot(), kept->solution.str(), kept->skill.str());
    const auto effect = found ? effect_of(found->skill->effects) : store::Effect::one_shot;
    WEFT_CO_TRY(auto run, co_await create(std::move(kept), here, effect, std::move(meta), nullptr,
                                          std::move(ask), reach));
    *owner = run;
    if (reach.started) run->made_before(0);
    run->adopt(std::move(stream));
    run->begin();
    co_return run->view();
  }

  Awaitable<Result<TaskView>> get(TaskId id, model::Principal principal) override {
    if (const auto run = visible_run(id, principal)) co_return run->view();
    WEFT_CO_TRY(const auto record, co_await record_of(id, principal));
    auto view = co_await whole_view(record);
    co_return view;
  }

  Awaitable<Result<TaskPage>> list(TaskFilter filter, model::Principal principal) override {
    store::TaskQuery query;
    query.owner = principal.name;
    query.any_owner = principal.admin;
    query.context = filter.context;
    query.solution = filter.solution;
    query.state = filter.state;
    query.updated_after_ms = filter.updated_after_ms;
    query.limit = filter.limit;
    query.page_token = filter.page_token;
    WEFT_CO_TRY(auto found, co_await shared_->journal.list(std::move(query)));
    TaskPage page;
    page.next_page_token = std::move(found.next_page_token);
    page.total = found.total;
    for (const auto& record : found.tasks) {
      if (const auto run = shared_->find(record.id)) {
        page.tasks.push_back(run->view());
        continue;
      }
      WEFT_CO_TRY(auto view, co_await whole_view(record));
      page.tasks.push_back(std::move(view));
    }
    co_return page;
  }

  Awaitable<Result<std::unique_ptr<TaskSubscription>>> subscribe(TaskId id, std::int64_t after_seq,
                                                                 model::Principal principal,
                                                                 Executor executor) override {
    auto run = visible_run(id, principal);
    if (!run) {
      WEFT_CO_TRY(const auto record, co_await record_of(id, principal));
      (void)record;
      // One that was taken up while the journal was read.
      run = shared_->find(id);
    }
    co_return std::make_unique<Subscription>(shared_, std::move(run), std::move(id),
                                             std::max<std::int64_t>(after_seq, 0), executor);
  }

  Awaitable<Result<TaskView>> answer(TaskId id, model::Answers answers, model::Turn said,
                                     model::Principal principal) override {
    WEFT_CO_TRY(const auto run, co_await live_run(id, principal, Reason::unsupported));
    for (auto& [key, answer] : answers) answer.by = principal.name;
    auto view = co_await on_loop(run->executor(),
                                 TaskRun::answer(run, std::move(answers), std::move(said)));
    co_return view;
  }

  std::vector<OpenApproval> approvals(const model::Principal& principal) const override {
    std::vector<OpenApproval> out;
    for (const auto& run : all_runs()) {
      if (auto open = open_approval(*run, principal)) out.push_back(*std::move(open));
    }
    std::ranges::sort(out, {}, [](const OpenApproval& open) { return open.consent.id; });
    return out;
  }

  Awaitable<Result<TaskView>> decide(std::string approval, bool allow, std::string digest,
                                     model::Principal principal) override {
    for (const auto& run : all_runs()) {
      auto open = open_approval(*run, principal);
      if (!open || open->consent.id != approval) continue;
      if (!digest.empty() && digest != open->consent.digest) {
        co_return fail(make_argument_error("/digest",
                                           "the digest is not that of the question: look "
                                           "at it again"));
      }
      model::Answers answers;
      model::Answer& answer = answers[open->key];
      answer.action = allow ? model::AnswerAction::accept : model::AnswerAction::decline;
      answer.data = json::object{{"approve", allow}};
      answer.by = principal.name;
      answer.consent = std::move(approval);
      model::Turn said;
      co_return co_await on_loop(run->executor(),
                                 TaskRun::answer(run, std::move(answers), std::move(said)));
    }
    co_return fail(no_such_approval());
  }

  Awaitable<Result<TaskView>> cancel(TaskId id, model::Principal principal) override {
    WEFT_CO_TRY(const auto run, co_await live_run(id, principal, Reason::not_cancelable));
    if (run->holds(&ended)) co_return fail(not_cancelable(run->view()));
    Error why = make_error(Reason::cancelled, "the task was cancelled by its owner");
    co_await on_loop(run->executor(), cancel_run(run, std::move(why)));
    const CancelToken never;
    co_await wait_for(run, &ended, never, Milliseconds(2 * kCancelBoundMs));
    co_return run->view();
  }

  Awaitable<Result<TaskView>> settle(TaskId id, model::Principal principal,
                                     CancelToken cancel) override {
    if (const auto run = visible_run(id, principal)) {
      const bool done = co_await wait_for(run, &settled, cancel, std::nullopt);
      if (!done) co_return fail(cancel.why());
    }
    auto view = co_await get(std::move(id), std::move(principal));
    co_return view;
  }

  Awaitable<Result<void>> recover(Executor executor) override {
    background_ = std::make_unique<TaskGroup>(executor);
    background_->spawn(sweep(shared_, background_->token()));
    auto unfinished = co_await shared_->journal.recover();
    const auto fresh = end_of_recovery();
    if (!unfinished) co_return fail(std::move(unfinished).error());
    for (auto& one : *unfinished) {
      if (fresh.contains(one.task.id)) continue;
      take_up(std::move(one), executor);
    }
    co_return Result<void>();
  }

  void expect_stop() override {
    for (const auto& run : all_runs()) {
      boost::asio::co_spawn(run->executor(), TaskRun::mark(run, /*rests=*/true),
                            [](std::exception_ptr thrown) { WEFT_ASSERT(!thrown); });
    }
  }

  Awaitable<> stop() override {
    {
      const std::scoped_lock lock(shared_->mutex);
      shared_->stopping = true;
    }
    const auto runs = all_runs();
    for (const auto& run : runs) boost::asio::post(run->executor(), [run] { run->stop(); });
    const CancelToken never;
    for (const auto& run : runs) co_await wait_for(run, nullptr, never, Milliseconds(kTaskStopMs));
    if (const auto background = std::move(background_)) {
      co_await on_loop(background->executor(), end_group(background.get()));
    }
  }

 private:
  std::vector<std::shared_ptr<TaskRun>> all_runs() const {
    const std::scoped_lock lock(shared_->mutex);
    std::vector<std::shared_ptr<TaskRun>> runs;
    for (const auto& [id, run] : shared_->live) runs.push_back(run);
    return runs;
  }

  /// The run's open question for approval, when the principal may know of it.
  std::optional<OpenApproval> open_approval(const TaskRun& run,
                                            const model::Principal& principal) const {
    auto open = run.open_approval();
    if (!open || open->consent.expires_ms < shared_->clock.unix_ms()) return std::nullopt;
    const auto& approvers = open->consent.approvers;
    const bool visible = may_see(principal, open->owner);
    open->mine = approvers.empty() ? visible : std::ranges::contains(approvers, principal.name);
    if (!visible && !open->mine) return std::nullopt;
    return open;
  }

  static Awaitable<Result<void>> note_intent(std::shared_ptr<std::weak_ptr<TaskRun>> owner) {
    auto run = owner->lock();
    if (!run) co_return fail(Reason::cancelled, "the task is gone");
    auto noted = co_await TaskRun::note_intent(std::move(run));
    co_return noted;
  }

  static Awaitable<bool> end_group(TaskGroup* group) {
    co_await group->join();
    co_return true;
  }

  static Awaitable<> sweep(std::shared_ptr<TaskShared> shared, CancelToken cancel) {
    while (true) {
      auto removed =
          co_await shared->journal.remove_expired(shared->clock.unix_ms(), kTaskSweepMax);
      if (!removed) log::warn("ended tasks could not be removed: {}", removed.error().message);
      if (removed && removed->more && !cancel.cancelled()) continue;
      const bool slept = co_await sleep_for(Milliseconds(kTaskSweepMs), cancel);
      if (!slept) co_return;
    }
  }

  static Error not_cancelable(const TaskView& view) {
    return make_error(
        Reason::not_cancelable,
        std::format("task {} has ended: it is {}", view.id.str(), model::to_string(view.state)));
  }

  /// The task's run. What belongs to others is not found here, and then looked up and refused like
  /// what nobody knows: neither words nor time tell the two apart.
  std::shared_ptr<TaskRun> visible_run(const TaskId& id, const model::Principal& principal) const {
    auto run = shared_->find(id);
    if (run && !may_see(principal, run->owner())) return nullptr;
    return run;
  }

  Awaitable<Result<store::TaskRecord>> record_of(TaskId id, model::Principal principal) {
    auto looked = principal.admin ? shared_->journal.get(std::move(id))
                                  : shared_->journal.get(std::move(id), std::move(principal.name));
    WEFT_CO_TRY(auto record, co_await std::move(looked));
    if (!record) co_return fail(no_such_task());
    co_return *std::move(record);
  }

  /// The task's run; what has ended gives an error of this reason.
  Awaitable<Result<std::shared_ptr<TaskRun>>> live_run(TaskId id, model::Principal principal,
                                                       Reason otherwise) {
    if (auto run = visible_run(id, principal)) co_return run;
    WEFT_CO_TRY(const auto record, co_await record_of(std::move(id), std::move(principal)));
    if (!model::terminal(record.state)) {
      co_return fail(Reason::unavailable,
                     "the task waits for weft to take it up again; ask again later");
    }
    Error error = not_cancelable(view_of(record));
    error.reason = otherwise;
    error.code = code_of(otherwise);
    co_return fail(std::move(error));
  }

  /// The row with what its events add.
  Awaitable<Result<TaskView>> whole_view(store::TaskRecord record) {
    TaskView view = view_of(record);
    if (!model::terminal(record.state) || record.head == 0) co_return view;
    WEFT_CO_TRY(const auto last, co_await shared_->journal.read(record.id, record.head - 1, 1));
    if (last.empty()) co_return view;
    WEFT_CO_TRY(auto event, event_of(last.front()));
    if (!event) co_return view;
    if (const auto* end = std::get_if<model::End>(&event->event.body)) take_end(view, *end);
    co_return view;
  }

  Awaitable<Result<std::shared_ptr<TaskRun>>> create(std::shared_ptr<model::Call> call,
                                                     Executor executor, store::Effect effect,
                                                     json::object meta, TaskRun::Prepare prepare,
                                                     std::optional<model::Ask> ask,
                                                     EventStream::Reach reach) {
    const std::int64_t now_ms = shared_->clock.unix_ms();
    TaskId id(make_ulid(now_ms, shared_->random));
    if (call->context.empty()) call->context = ContextId(make_ulid(now_ms, shared_->random));
    // What its key is made of stays the same when it is made again.
    if (call->dedup_key.empty()) call->dedup_key = call->id.empty() ? id.str() : call->id.str();
    WEFT_CO_TRY(auto record, new_record(std::move(id), *call, effect, std::move(meta), now_ms));
    WEFT_CO_CHECK(check_room(weight(record.call)));
    // All in one: a task whose call was made is never in the journal without the word of it.
    std::vector<store::NewEvent> events;
    std::vector<store::Intent> intents;
    if (reach.started) intents.push_back(call_intent(now_ms, 0));
    if (reach.accepted) {
      events.push_back(new_event(model::Event{*std::move(reach.accepted)}, now_ms));
      record.upstream = events.back().payload;
    }
    model::Event begun{model::State{model::TaskState::submitted, {}, std::nullopt}};
    if (ask) {
      record.state = state_of(*ask);
      record.asks = model::to_json(*ask);
      begun = model::Event{*std::move(ask)};
    }
    events.push_back(new_event(begun, now_ms));
    note_fresh(record.id);
    WEFT_CO_TRY(record.head,
                co_await shared_->journal.create(record, std::move(events), std::move(intents)));
    co_return enter(std::move(record), std::move(call), executor, std::move(prepare));
  }

  /// What is begun while those of the hub's last life are still looked for is not one of them.
  void note_fresh(const TaskId& id) {
    const std::scoped_lock lock(shared_->mutex);
    if (!shared_->recovered) shared_->fresh.insert(id);
  }

  std::set<TaskId> end_of_recovery() {
    const std::scoped_lock lock(shared_->mutex);
    shared_->recovered = true;
    return std::exchange(shared_->fresh, {});
  }

  /// A task of the hub's last life. One whose call cannot be read any more ends with that.
  void take_up(store::Unfinished unfinished, Executor executor) {
    const store::TaskRecord record = unfinished.task;
    auto read = model::call_from_json(record.call);
    auto call = std::make_shared<model::Call>();
    TaskRun::Prepare prepare;
    if (read) {
      *call = *std::move(read);
      call->id = CallId(make_ulid(shared_->clock.unix_ms(), shared_->random));
      prepare = prepare_again(shared_, std::move(unfinished));
    } else {
      log::error("task {}: its call cannot be read: {}", record.id.str(), read.error().message);
      prepare = prepare_nothing(std::move(read).error());
    }
    const auto run = enter(record, std::move(call), executor, std::move(prepare));
    boost::asio::post(executor, [run] { run->begin(); });
  }

  Result<void> check_room(std::size_t call_bytes) const {
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->stopping) return fail(Reason::unavailable, "weft is stopping");
    const bool many = shared_->live.size() >= kTasksLiveMax;
    if (!many && shared_->live_bytes + call_bytes <= shared_->live_bytes_max) return {};
    Error error = make_error(
        Reason::rate_limited,
        many ? std::format("{} tasks are running, which is the limit", kTasksLiveMax)
             : std::format("the calls of the {} tasks that run hold {} bytes, with this one more "
                           "than the limit of {}; try again when some have ended, or cancel some",
                           shared_->live.size(), shared_->live_bytes, shared_->live_bytes_max));
    error.retry_after = Milliseconds(1'000);
    return fail(std::move(error));
  }

  std::shared_ptr<TaskRun> enter(store::TaskRecord record, std::shared_ptr<const model::Call> call,
                                 Executor executor, TaskRun::Prepare prepare) {
    const TaskId id = record.id;
    auto run = std::make_shared<TaskRun>(shared_, executor, std::move(record), std::move(call),
                                         std::move(prepare));
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->live.emplace(id, run).second) shared_->live_bytes += run->call_bytes();
    return run;
  }

  std::shared_ptr<TaskShared> shared_;
  std::unique_ptr<TaskGroup> background_;
};

}  // namespace

std::unique_ptr<Tasks> make_tasks(Hub& hub, store::Journal& journal, const Clock& clock,
                                  Random& random, std::size_t live_bytes_max) {
  return std::make_unique<TasksImpl>(hub, journal, clock, random, live_bytes_max);
}

}  // namespace weft::hub
