#include "weft/hub/task_run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <format>

#include "weft/base/log.h"
#include "weft/base/named_error.h"
#include "weft/base/timers.h"
#include "weft/hub/answers.h"
#include "weft/hub/limits.h"
#include "weft/model/codec.h"

namespace weft::hub {
namespace {

/// What the journal says when it may be able to write later.
bool may_pass(const Error& error) {
  return error.reason == Reason::storage_full || error.reason == Reason::rate_limited ||
         error.reason == Reason::unavailable;
}

/// Pieces of one text that wait together are one piece.
bool join(Unwritten& into, const Unwritten& next) {
  auto* a = into.event ? std::get_if<model::Delta>(&into.event->body) : nullptr;
  const auto* b = next.event ? std::get_if<model::Delta>(&next.event->body) : nullptr;
  if (!a || !b || a->kind != b->kind || a->tool_index != b->tool_index) return false;
  if (!b->tool_id.empty() || !b->tool_name.empty()) return false;
  if (a->text.size() + b->text.size() > kTaskPieceBytesMax) return false;
  a->text += b->text;
  into.bytes += next.bytes;
  return true;
}

void close_ask(store::Append& change, const Unwritten& item) {
  if (!item.closes_ask) return;
  change.asks = nullptr;
  change.state = model::TaskState::working;
}

void spawn(Executor executor, Awaitable<> work) {
  boost::asio::co_spawn(executor, std::move(work),
                        [](std::exception_ptr thrown) { WEFT_ASSERT(!thrown); });
}

}  // namespace

std::shared_ptr<TaskRun> TaskShared::find(const TaskId& id) {
  const std::scoped_lock lock(mutex);
  const auto at = live.find(id);
  return at == live.end() ? nullptr : at->second;
}

TaskRun::TaskRun(std::shared_ptr<TaskShared> shared, Executor executor, store::TaskRecord record,
                 std::shared_ptr<const model::Call> call, Prepare prepare)
    : shared_(std::move(shared)),
      executor_(executor),
      call_(std::move(call)),
      owner_(record.owner),
      call_bytes_(weight(record.call)),
      prepare_(std::move(prepare)),
      fold_(kAnswerBytesMax, call_->solution.str()),
      work_(executor),
      room_(executor),
      view_(view_of(record)) {
  door_meta_ = view_.meta;
  if (!record.meta.is_object()) return;
  if (const auto* said = json::array_at(record.meta.get_object(), "said")) {
    for (const auto& item : *said) {
      if (auto turn = model::turn_from_json(item)) said_.push_back(*std::move(turn));
    }
  }
}

TaskView TaskRun::view() const {
  const std::scoped_lock lock(mutex_);
  return view_;
}

bool TaskRun::holds(bool (*what)(const TaskView&)) const {
  const std::scoped_lock lock(mutex_);
  return what(view_);
}

bool TaskRun::finished() const {
  const std::scoped_lock lock(mutex_);
  return finished_;
}

std::optional<OpenApproval> TaskRun::open_approval() const {
  const std::scoped_lock lock(mutex_);
  if (finished_ || !view_.ask) return std::nullopt;
  for (const auto& [key, item] : view_.ask->items) {
    if (!item.consent) continue;
    return OpenApproval{.task = view_.id,
                        .key = key,
                        .solution = SolutionId(std::string(json::string_at(item.raw, "solution"))),
                        .skill = SkillId(std::string(json::string_at(item.raw, "skill"))),
                        .owner = owner_,
                        .shown = item.message,
                        .consent = *item.consent,
                        .details = item.raw,
                        .asked_ms = view_.updated_ms};
  }
  return std::nullopt;
}

void TaskRun::watch(const std::shared_ptr<Watcher>& watcher) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(watchers_, [](const auto& weak) { return weak.expired(); });
  watchers_.push_back(watcher);
}

bool TaskRun::held_after(std::int64_t seq, std::deque<TaskEvent>& out) const {
  const std::scoped_lock lock(mutex_);
  if (seq >= view_.head) return true;
  // Sequence numbers that no shown event has (answers) leave gaps: what is older than the ring is
  // in the journal.
  if (ring_.empty() || ring_.front().event.seq > seq + 1) return false;
  for (const auto& held : ring_) {
    if (held.event.seq > seq) out.push_back(held.event);
  }
  return true;
}

void TaskRun::begin() {
  spawn(executor_, read(shared_from_this()));
  spawn(executor_, write(shared_from_this()));
}

void TaskRun::cancel(Error why) {
  if (stream_) stream_->cancel(why);
  cancel_.cancel(std::move(why));
}

void TaskRun::stop() {
  stopping_ = true;
  // Not `cancelled`: solutions that keep tasks of their own work on, to be found again after the
  // restart.
  cancel(make_error(Reason::unavailable, "weft is stopping"));
  work_.notify();
  room_.notify();
}

Awaitable<> TaskRun::read(std::shared_ptr<TaskRun> self) {
  if (!self->stream_) {
    auto stream = co_await self->prepare_(self);
    if (stream) {
      self->stream_ = *std::move(stream);
    } else if (!self->stopping_) {
      self->take(model::end_with(std::move(stream).error()));
    }
  }
  self->prepare_ = nullptr;
  if (self->stream_) {
    if (self->cancel_.cancelled()) self->stream_->cancel(self->cancel_.token().why());
    if (self->fault_) self->stream_->cancel(*self->fault_);
    co_await read_events(self);
    self->stream_.reset();
  }
  self->reading_ = false;
  self->work_.notify();
}

Awaitable<> TaskRun::read_events(std::shared_ptr<TaskRun> self) {
  while (true) {
    while ((self->unwritten_.size() >= kTaskUnwrittenMax ||
            self->unwritten_bytes_ >= kTaskUnwrittenBytesMax) &&
           !self->stopping_ && !self->write_error_) {
      co_await self->room_.wait();
    }
    model::Event event = co_await self->stream_->next();
    if (self->stopping_ || self->write_error_) co_return;
    const bool last = event.is_end();
    if (last && self->fault_) event = model::end_with(*self->fault_);
    if (last || !self->fault_) self->take(std::move(event));
    if (last) co_return;
  }
}

void TaskRun::take_fault(Error fault) {
  if (fault_) return;
  fault = named(std::move(fault), call_->solution.str());
  fault_ = fault;
  if (stream_) stream_->cancel(std::move(fault));
}

/// How many events the task may still have, those counted that wait to be written.
std::int64_t TaskRun::events_left() const {
  const auto held = static_cast<std::int64_t>(pushed_ - written_);
  return static_cast<std::int64_t>(kTaskEventsMax) - view_.head - held;
}

/// What an event weighs that is not the last. Errors: it cannot be taken.
Result<std::size_t> TaskRun::weigh_next(const model::Event& event) const {
  if (events_left() < kTaskEventsKept) {
    return fail(Reason::too_large, std::format("the task has more than {} events", kTaskEventsMax));
  }
  return weigh(event, "an event of the answer");
}

void TaskRun::take(model::Event event) {
  auto added = fold_.add(event);
  Unwritten item;
  if (event.is_end()) {
    model::Event whole{fold_.take()};
    auto& outcome = std::get<model::End>(whole.body).outcome;
    if (!added && outcome) outcome = std::unexpected(std::move(added).error());
    auto bytes = weigh(whole, "the answer");
    item.bytes = bytes.value_or(0);
    if (!bytes && outcome)
      outcome = std::unexpected(named(std::move(bytes).error(), call_->solution.str()));
    event = std::move(whole);
  } else {
    if (!added) return take_fault(std::move(added).error());
    auto bytes = weigh_next(event);
    if (!bytes) return take_fault(std::move(bytes).error());
    item.bytes = *bytes;
  }
  if (std::holds_alternative<model::Ask>(event.body)) {
    answered_.clear();
    asks_ = true;
  }
  item.event = std::move(event);
  push(std::move(item));
}

void TaskRun::note_again(std::string_view note) {
  model::State state;
  state.note.push_back(model::Part::text(std::string(note)));
  Unwritten item;
  item.event = model::Event{std::move(state)};
  item.closes_ask = true;
  auto bytes = weigh_next(*item.event);
  if (!bytes) return take_fault(std::move(bytes).error());
  item.bytes = *bytes;
  push(std::move(item));
}

std::uint64_t TaskRun::push(Unwritten item) {
  unwritten_bytes_ += item.bytes;
  if (unwritten_.empty() || !join(unwritten_.back(), item)) {
    unwritten_.push_back(std::move(item));
    pushed_ += 1;
  }
  work_.notify();
  return pushed_;
}

Awaitable<Result<void>> TaskRun::note_intent(std::shared_ptr<TaskRun> self) {
  Unwritten item;
  self->deaths_ = self->deaths_.value_or(0);
  self->rests_ = false;
  item.intent = call_intent(self->shared_->clock.unix_ms(), *self->deaths_);
  const auto ticket = self->push(std::move(item));
  auto written = co_await durable(self, ticket);
  co_return written;
}

/// After a restart the journal knows the question before the call asks it again.
Awaitable<> TaskRun::wait_for_question(std::shared_ptr<TaskRun> self) {
  for (int i = 0; i < kTakeUpTries && !self->asks_ && !self->finished(); ++i) {
    if (!self->view().ask) co_return;
    const CancelToken never;
    co_await sleep_for(Milliseconds(kTakeUpPauseMs), never);
  }
}

Awaitable<Result<TaskView>> TaskRun::answer(std::shared_ptr<TaskRun> self, model::Answers answers,
                                            model::Turn said) {
  co_await wait_for_question(self);
  const TaskView now = self->view();
  if (!now.ask || !self->stream_) {
    co_return fail(Reason::unsupported,
                   std::format("task {} asks nothing that an answer could be for; it is {}",
                               now.id.str(), model::to_string(now.state)));
  }
  // An answer is for what its giver saw, not for what is asked when it arrives.
  for (auto& [key, answer] : answers) {
    const auto item = now.ask->items.find(key);
    const bool known = item != now.ask->items.end() && item->second.consent;
    if (known && answer.consent.empty()) answer.consent = item->second.consent->id;
  }
  // Checked apart first: the stream takes what fits, and the journal must hold what it took.
  auto taken = self->answered_;
  WEFT_CO_CHECK(take_answers(*now.ask, answers, taken));
  json::object payload;
  json::object kept;
  for (const auto& [key, answer] : answers) kept[key] = model::to_json(answer);
  payload["answers"] = std::move(kept);
  Unwritten item;
  item.payload = std::move(payload);
  item.said = said_turns(now.ask, said);
  item.closes_ask = all_answered(*now.ask, taken);
  WEFT_CO_CHECK(self->check_answer(item));
  WEFT_CO_CHECK(self->stream_->answer(std::move(answers)));
  self->answered_ = std::move(taken);
  const auto ticket = self->push(std::move(item));
  WEFT_CO_CHECK(co_await durable(self, ticket));
  co_return self->view();
}

/// Errors: an answer that the journal would not take.
Result<void> TaskRun::check_answer(const Unwritten& item) const {
  if (!readable(item.payload))
    return fail(Reason::invalid_argument, "the answer is nested too deep to be kept");
  // The last one is for the end.
  if (events_left() < 2) {
    return fail(Reason::too_large,
                std::format("the task has {} events, which is the limit", kTaskEventsMax));
  }
  auto said = said_;
  said.insert(said.end(), item.said.begin(), item.said.end());
  if (fits(item.payload) && fits(meta_json(door_meta_, said))) return {};
  return fail(Reason::too_large,
              "the answer is too long to be kept with what was said before; give a shorter one");
}

Awaitable<Result<void>> TaskRun::durable(std::shared_ptr<TaskRun> self, std::uint64_t upto) {
  const auto watcher = std::make_shared<Watcher>(self->executor_);
  self->waiters_.push_back(watcher);
  while (self->written_ < upto) {
    if (self->write_error_) co_return fail(*self->write_error_);
    if (self->finished()) co_return fail(Reason::unavailable, "weft is stopping");
    co_await watcher->signal.wait();
  }
  co_return Result<void>();
}

std::vector<Unwritten> TaskRun::next_batch() {
  std::vector<Unwritten> batch;
  std::size_t bytes = 0;
  while (!unwritten_.empty() && batch.size() < kTaskBatchEvents && bytes < kTaskBatchBytesMax) {
    bytes += unwritten_.front().bytes;
    batch.push_back(std::move(unwritten_.front()));
    unwritten_.pop_front();
  }
  unwritten_bytes_ -= bytes;
  return batch;
}

store::Append TaskRun::change_of(const std::vector<Unwritten>& batch) const {
  store::Append change;
  change.task = view_.id;
  change.expected_head = view_.head;
  change.at_ms = shared_->clock.unix_ms();
  auto said = said_;
  for (const auto& item : batch) add_change(change, item, said);
  return change;
}

void TaskRun::add_change(store::Append& change, const Unwritten& item,
                         std::vector<model::Turn>& said) const {
  if (item.intent) {
    change.intents.push_back(*item.intent);
    change.state = model::TaskState::working;
    return;
  }
  if (!item.event) {
    change.events.push_back({std::string(kAnswerKind), item.payload, change.at_ms});
    said.insert(said.end(), item.said.begin(), item.said.end());
    change.meta = meta_json(door_meta_, said);
    close_ask(change, item);
    return;
  }
  const model::Event& event = *item.event;
  change.events.push_back(new_event(event, change.at_ms));
  close_ask(change, item);
  if (const auto* ask = std::get_if<model::Ask>(&event.body)) {
    change.asks = model::to_json(*ask);
    change.state = state_of(*ask);
  } else if (std::holds_alternative<model::Accepted>(event.body)) {
    change.upstream = model::to_json(event);
  } else if (const auto* end = std::get_if<model::End>(&event.body)) {
    change.asks = nullptr;
    change.state = state_of(*end);
    change.expires_ms = change.at_ms + kTaskTtlMs;
    change.steps_done.emplace_back(kCallStep);
  }
}

Awaitable<Result<std::int64_t>> TaskRun::append(std::shared_ptr<TaskRun> self,
                                                store::Append change) {
  std::int64_t pause_ms = kJournalRetryMs;
  while (true) {
    auto head = co_await self->shared_->journal.append(change);
    if (head || !may_pass(head.error()) || self->stopping_) co_return head;
    log::warn("task {}: the journal cannot write: {}", change.task.str(), head.error().message);
    const CancelToken never;
    co_await sleep_for(Milliseconds(pause_ms), never);
    pause_ms = std::min(pause_ms * 2, kJournalRetryMaxMs);
  }
}

Awaitable<> TaskRun::write(std::shared_ptr<TaskRun> self) {
  while (true) {
    while (self->unwritten_.empty() && self->reading_) co_await self->work_.wait();
    if (self->unwritten_.empty()) break;
    auto batch = self->next_batch();
    auto change = self->change_of(batch);
    const std::int64_t at_ms = change.at_ms;
    auto head = co_await append(self, std::move(change));
    if (!head) {
      Error error = std::move(head).error();
      co_await lost(self, std::move(error));
      break;
    }
    self->written_ += batch.size();
    self->apply(std::move(batch), *head, at_ms);
  }
  // The stream may still hold its upstream: what is left of it is read out before the task counts
  // as gone.
  while (self->reading_) co_await self->work_.wait();
  if (self->stopping_) co_await mark(self, /*rests=*/true);
  self->finish();
}

Awaitable<> TaskRun::mark(std::shared_ptr<TaskRun> self, bool rests) {
  for (int i = 0; i < kTaskMarkTries; ++i) {
    const TaskView& view = self->view_;
    const bool open = self->deaths_ && !self->write_error_ && !model::terminal(view.state);
    if (!open || (rests && self->rests_)) co_return;
    store::Append change;
    change.task = view.id;
    change.expected_head = view.head;
    change.at_ms = view.updated_ms;
    change.intents.push_back(call_intent(self->shared_->clock.unix_ms(), *self->deaths_, rests));
    const auto head = co_await self->shared_->journal.append(std::move(change));
    self->rests_ = rests && head;
    // Other words of it may just have been written: then once more.
    if (head || head.error().code != Code::aborted) co_return;
  }
}

void TaskRun::apply(std::vector<Unwritten> batch, std::int64_t head, std::int64_t at_ms) {
  {
    const std::scoped_lock lock(mutex_);
    for (auto& item : batch) {
      if (item.intent) {
        if (view_.state == model::TaskState::submitted) view_.state = model::TaskState::working;
        continue;
      }
      view_.head += 1;
      if (item.closes_ask) {
        view_.ask.reset();
        view_.state = model::TaskState::working;
      }
      if (item.event) {
        apply_event(*item.event);
        hold({view_.head, at_ms, *std::move(item.event)}, item.bytes);
        continue;
      }
      apply_answer(item);
    }
    view_.updated_ms = at_ms;
    WEFT_ASSERT(view_.head == head);
  }
  wake();
}

void TaskRun::hold(TaskEvent event, std::size_t bytes) {
  ring_.push_back({std::move(event), bytes});
  ring_bytes_ += bytes;
  while (ring_.size() > kTaskRingEvents || ring_bytes_ > kTaskRingBytesMax) {
    ring_bytes_ -= ring_.front().bytes;
    ring_.pop_front();
  }
}

void TaskRun::apply_answer(const Unwritten& item) {
  said_.insert(said_.end(), item.said.begin(), item.said.end());
  view_.history.insert(view_.history.end(), item.said.begin(), item.said.end());
}

void TaskRun::apply_event(const model::Event& event) {
  if (const auto* ask = std::get_if<model::Ask>(&event.body)) {
    view_.ask = *ask;
    view_.state = state_of(*ask);
  } else if (const auto* artifact = std::get_if<model::Artifact>(&event.body)) {
    model::add_artifact(view_.artifacts, *artifact);
  } else if (const auto* state = std::get_if<model::State>(&event.body)) {
    if (!state->note.empty()) view_.note = state->note;
  } else if (const auto* end = std::get_if<model::End>(&event.body)) {
    take_end(view_, *end);
  }
}

/// What the journal does not take ends the task, which would stay open for good otherwise: with one
/// small event. Only what may be written later is left to the hub's next life.
Awaitable<> TaskRun::lost(std::shared_ptr<TaskRun> self, Error error) {
  self->write_error_ = error;
  self->unwritten_.clear();
  self->unwritten_bytes_ = 0;
  const bool later = may_pass(error);
  error.message = std::format("the task could not be written down: {}", error.message);
  self->cancel(error);
  self->wake();
  if (later) co_return;
  std::vector<Unwritten> last(1);
  last.front().event = model::end_with(std::move(error));
  auto change = self->change_of(last);
  const std::int64_t at_ms = change.at_ms;
  const auto head = co_await append(self, std::move(change));
  if (head) {
    self->apply(std::move(last), *head, at_ms);
  } else {
    log::error("task {}: its journal is lost: {}", self->view_.id.str(), head.error().message);
  }
}

void TaskRun::finish() {
  {
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->live.erase(view_.id) > 0) shared_->live_bytes -= call_bytes_;
  }
  {
    const std::scoped_lock lock(mutex_);
    finished_ = true;
  }
  wake();
}

void TaskRun::wake() {
  room_.notify();
  for (const auto& weak : waiters_) {
    if (const auto waiter = weak.lock()) waiter->signal.notify();
  }
  std::erase_if(waiters_, [](const auto& weak) { return weak.expired(); });
  const std::scoped_lock lock(mutex_);
  for (const auto& weak : watchers_) {
    auto watcher = weak.lock();
    if (!watcher) continue;
    const Executor loop = watcher->signal.executor();
    boost::asio::post(loop, [held = std::move(watcher)] { held->signal.notify(); });
  }
}

}  // namespace weft::hub
