#include "weft/store/memory_journal.h"

#include "weft/store/limits.h"
#include "weft/store/record.h"

namespace weft::store {

void MemoryJournal::fail_writes(std::optional<Error> error) {
  const std::scoped_lock lock(mutex_);
  failure_ = std::move(error);
}

Awaitable<Result<std::int64_t>> MemoryJournal::create(TaskRecord task, std::vector<NewEvent> events,
                                                      std::vector<Intent> intents) {
  WEFT_CO_CHECK(check(task, events.size()));
  const std::scoped_lock lock(mutex_);
  if (failure_) co_return fail(*failure_);
  if (tasks_.contains(task.id)) {
    Error error = make_error(Reason::internal, "the task exists already");
    error.code = Code::already_exists;
    co_return fail(std::move(error));
  }
  Task& made = tasks_[task.id];
  made.record = std::move(task);
  made.record.head = 0;
  made.open = std::move(intents);
  for (auto& event : events) {
    made.events.push_back(
        {++made.record.head, std::move(event.kind), std::move(event.payload), event.at_ms});
  }
  co_return made.record.head;
}

Awaitable<Result<std::int64_t>> MemoryJournal::append(Append change) {
  WEFT_CO_CHECK(check(change));
  const std::scoped_lock lock(mutex_);
  if (failure_) co_return fail(*failure_);
  const auto at = tasks_.find(change.task);
  if (at == tasks_.end()) co_return fail(no_such_task());
  Task& task = at->second;
  if (task.record.head != change.expected_head)
    co_return fail(head_moved(change, task.record.head));
  apply(change, task.record);
  for (auto& event : change.events) {
    task.events.push_back(
        {++task.record.head, std::move(event.kind), std::move(event.payload), event.at_ms});
  }
  for (auto& intent : change.intents) {
    std::erase_if(task.open, [&](const Intent& open) { return open.step == intent.step; });
    task.open.push_back(std::move(intent));
  }
  for (const auto& step : change.steps_done) {
    std::erase_if(task.open, [&](const Intent& open) { return open.step == step; });
  }
  co_return task.record.head;
}

Awaitable<Result<std::optional<TaskRecord>>> MemoryJournal::get(TaskId id) {
  const std::scoped_lock lock(mutex_);
  const auto at = tasks_.find(id);
  if (at == tasks_.end()) co_return std::nullopt;
  co_return at->second.record;
}

Awaitable<Result<std::optional<TaskRecord>>> MemoryJournal::get(TaskId id, std::string owner) {
  const std::scoped_lock lock(mutex_);
  const auto at = tasks_.find(id);
  if (at == tasks_.end() || at->second.record.owner != owner) co_return std::nullopt;
  co_return at->second.record;
}

Awaitable<Result<std::vector<StoredEvent>>> MemoryJournal::read(TaskId id, std::int64_t after_seq,
                                                                std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  const auto at = tasks_.find(id);
  if (at == tasks_.end()) co_return fail(no_such_task());
  std::vector<StoredEvent> out;
  for (const auto& event : at->second.events) {
    if (out.size() == std::min(limit, kPageMax)) break;
    if (event.seq > after_seq) out.push_back(event);
  }
  co_return out;
}

Awaitable<Result<TaskList>> MemoryJournal::list(TaskQuery query) {
  std::optional<PageToken> from;
  if (!query.page_token.empty()) {
    WEFT_CO_TRY(from, page_token_from(query.page_token));
  }
  const std::scoped_lock lock(mutex_);
  std::vector<const TaskRecord*> found;
  for (const auto& [id, task] : tasks_) {
    const auto& record = task.record;
    const bool wanted = (query.any_owner || record.owner == query.owner) &&
                        (query.context.empty() || record.context == query.context) &&
                        (query.solution.empty() || record.solution == query.solution) &&
                        (!query.state || record.state == *query.state) &&
                        record.updated_ms > query.updated_after_ms;
    if (wanted) found.push_back(&record);
  }
  std::ranges::sort(found, std::greater(), [](const TaskRecord* record) {
    return std::pair(record->updated_ms, record->id.str());
  });
  TaskList out;
  out.total = static_cast<std::int64_t>(found.size());
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kPageMax);
  for (const auto* record : found) {
    if (from && std::pair(record->updated_ms, record->id.str()) >=
                    std::pair(from->updated_ms, from->task)) {
      continue;
    }
    if (out.tasks.size() == limit) {
      out.next_page_token =
          to_string(PageToken{out.tasks.back().updated_ms, out.tasks.back().id.str()});
      break;
    }
    out.tasks.push_back(*record);
  }
  co_return out;
}

Awaitable<Result<std::vector<Unfinished>>> MemoryJournal::recover() {
  const std::scoped_lock lock(mutex_);
  std::vector<Unfinished> out;
  for (const auto& [id, task] : tasks_) {
    if (!model::terminal(task.record.state)) out.push_back({task.record, task.open});
  }
  std::ranges::stable_sort(out, {}, [](const Unfinished& item) { return item.task.created_ms; });
  co_return out;
}

Awaitable<Result<Removal>> MemoryJournal::remove_expired(std::int64_t now_ms, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  if (failure_) co_return fail(*failure_);
  Removal out;
  for (auto at = tasks_.begin(); at != tasks_.end() && out.tasks < limit;) {
    const auto& record = at->second.record;
    const bool over =
        model::terminal(record.state) && record.expires_ms > 0 && record.expires_ms <= now_ms;
    out.tasks += over ? 1 : 0;
    at = over ? tasks_.erase(at) : std::next(at);
  }
  out.more = out.tasks == limit;
  co_return out;
}

Awaitable<Result<void>> MemoryJournal::verify(TaskId id) {
  const std::scoped_lock lock(mutex_);
  if (!tasks_.contains(id)) co_return fail(no_such_task());
  co_return Result<void>();
}

}  // namespace weft::store
