#include "weft/hub/task_run.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <format>

#include "weft/base/log.h"
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
  a->text += b->text;
  return true;
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
      prepare_(std::move(prepare)),
      fold_(kAnswerBytesMax),
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

bool TaskRun::finished() const {
  const std::scoped_lock lock(mutex_);
  return finished_;
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
  if (ring_.empty() || ring_.front().seq > seq + 1) return false;
  for (const auto& event : ring_) {
    if (event.seq > seq) out.push_back(event);
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
    co_await read_events(self);
    self->stream_.reset();
  }
  self->reading_ = false;
  self->work_.notify();
}

Awaitable<> TaskRun::read_events(std::shared_ptr<TaskRun> self) {
  while (true) {
    while (self->unwritten_.size() >= kTaskUnwrittenMax && !self->stopping_ &&
           !self->write_error_) {
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
  fault.solution = call_->solution.str();
  fault_ = fault;
  if (stream_) stream_->cancel(std::move(fault));
}

void TaskRun::take(model::Event event) {
  auto added = fold_.add(event);
  if (event.is_end()) {
    model::End end = fold_.take();
    if (!added && end.outcome) end.outcome = std::unexpected(std::move(added).error());
    if (end.outcome && !readable(model::to_json(model::Event{end}))) {
      end.outcome = fail(Reason::upstream_protocol, "the answer is nested too deep to be kept");
    }
    event = model::Event{std::move(end)};
  } else if (!added) {
    return take_fault(std::move(added).error());
  } else if (static_cast<std::size_t>(view_.head) + unwritten_.size() + 16 > kTaskEventsMax) {
    return take_fault(make_error(Reason::too_large,
                                 std::format("the task has more than {} events", kTaskEventsMax)));
  } else if (!std::holds_alternative<model::Delta>(event.body) &&
             !readable(model::to_json(event))) {
    return take_fault(make_error(Reason::upstream_protocol,
                                 "an event of the answer is nested too deep to be kept"));
  }
  if (std::holds_alternative<model::Ask>(event.body)) answered_.clear();
  Unwritten item;
  item.event = std::move(event);
  push(std::move(item));
}

std::uint64_t TaskRun::push(Unwritten item) {
  if (unwritten_.empty() || !join(unwritten_.back(), item)) {
    unwritten_.push_back(std::move(item));
    pushed_ += 1;
  }
  work_.notify();
  return pushed_;
}

Awaitable<Result<void>> TaskRun::note_intent(std::shared_ptr<TaskRun> self) {
  Unwritten item;
  store::Intent intent;
  intent.step = std::string(kCallStep);
  intent.at_ms = self->shared_->clock.unix_ms();
  item.intent = std::move(intent);
  const auto ticket = self->push(std::move(item));
  auto written = co_await durable(self, ticket);
  co_return written;
}

Awaitable<Result<TaskView>> TaskRun::answer(std::shared_ptr<TaskRun> self, model::Answers answers,
                                            model::Turn said) {
  const TaskView now = self->view();
  if (!now.ask || !self->stream_) {
    co_return fail(Reason::unsupported,
                   std::format("task {} asks nothing that an answer could be for; it is {}",
                               now.id.str(), model::to_string(now.state)));
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
  if (!readable(item.payload))
    co_return fail(Reason::invalid_argument, "the answer is nested too deep to be kept");
  WEFT_CO_CHECK(self->stream_->answer(std::move(answers)));
  self->answered_ = std::move(taken);
  const auto ticket = self->push(std::move(item));
  WEFT_CO_CHECK(co_await durable(self, ticket));
  co_return self->view();
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
  const std::size_t count = std::min(unwritten_.size(), kTaskBatchEvents);
  const auto end = unwritten_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Unwritten> batch(std::make_move_iterator(unwritten_.begin()),
                               std::make_move_iterator(end));
  unwritten_.erase(unwritten_.begin(), end);
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
    if (!item.closes_ask) return;
    change.asks = nullptr;
    change.state = model::TaskState::working;
    return;
  }
  const model::Event& event = *item.event;
  change.events.push_back({std::string(kind_of(event)), model::to_json(event), change.at_ms});
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
      self->lost(head.error());
      break;
    }
    self->apply(std::move(batch), *head, at_ms);
  }
  // The stream may still hold its upstream: what is left of it is read out before the task counts
  // as gone.
  while (self->reading_) co_await self->work_.wait();
  self->finish();
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
      if (item.event) {
        apply_event(*item.event);
        ring_.push_back({view_.head, at_ms, *std::move(item.event)});
        if (ring_.size() > kTaskRingEvents) ring_.pop_front();
        continue;
      }
      apply_answer(item);
    }
    view_.updated_ms = at_ms;
    WEFT_ASSERT(view_.head == head);
  }
  written_ += batch.size();
  wake();
}

void TaskRun::apply_answer(const Unwritten& item) {
  said_.insert(said_.end(), item.said.begin(), item.said.end());
  view_.history.insert(view_.history.end(), item.said.begin(), item.said.end());
  if (!item.closes_ask) return;
  view_.ask.reset();
  view_.state = model::TaskState::working;
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

void TaskRun::lost(const Error& error) {
  write_error_ = error;
  unwritten_.clear();
  if (!stopping_) log::error("task {}: its journal is lost: {}", view_.id.str(), error.message);
  cancel(make_error(Reason::internal,
                    std::format("the task could not be written down: {}", error.message)));
  wake();
}

void TaskRun::finish() {
  {
    const std::scoped_lock lock(shared_->mutex);
    shared_->live.erase(view_.id);
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
