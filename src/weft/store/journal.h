// The journal: tasks, and for each the chain of everything that happened. What is acknowledged is
// never lost. Owned by store; every member from any loop, the answer comes back on the caller's.
//
// Each event carries the hash of the one before it, and the task's row the hash of the last: a
// lost, changed or reordered event is found. An append names the head it expects; when another
// append came first nothing is written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/ids.h"
#include "weft/base/json.h"
#include "weft/model/event.h"

namespace weft::store {

/// What may be done with a step whose outcome is unknown after a crash.
enum class Effect : std::uint8_t { pure, keyed, queryable, one_shot };
std::string_view to_string(Effect effect);
std::optional<Effect> effect_from(std::string_view word);

/// A task's row. JSON members are the caller's own; null means there is none.
struct TaskRecord {
  TaskId id;
  ContextId context;
  std::string owner;  ///< the principal's name
  SolutionId solution;
  SkillId skill;
  model::TaskState state = model::TaskState::submitted;
  Effect effect = Effect::one_shot;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  std::int64_t expires_ms = 0;  ///< 0: never
  std::int64_t head = 0;        ///< seq of the last event; set by the journal
  json::value call;             ///< the call that started it; never changes
  json::value upstream;         ///< protocol and ids by which the work is found again
  json::value asks;             ///< open questions
  json::value meta;
  std::string state_blob;
  friend bool operator==(const TaskRecord&, const TaskRecord&) = default;
};

struct NewEvent {
  std::string kind;
  json::value payload;
  std::int64_t at_ms = 0;
};

struct StoredEvent {
  std::int64_t seq = 0;
  std::string kind;
  json::value payload;
  std::int64_t at_ms = 0;
  friend bool operator==(const StoredEvent&, const StoredEvent&) = default;
};

/// Written before a call with an effect is made; open until an append names its step in
/// `steps_done`.
struct Intent {
  std::string step;
  Effect effect = Effect::one_shot;
  json::value payload;
  std::int64_t at_ms = 0;
  friend bool operator==(const Intent&, const Intent&) = default;
};

/// One change of one task; all of it or nothing. Members that are not set stay as they were; a null
/// clears.
struct Append {
  TaskId task;
  std::int64_t expected_head = 0;
  std::vector<NewEvent> events;
  std::int64_t at_ms = 0;  ///< becomes updated_ms
  std::optional<model::TaskState> state;
  std::optional<std::int64_t> expires_ms;
  std::optional<json::value> upstream;
  std::optional<json::value> asks;
  std::optional<json::value> meta;
  std::optional<std::string> state_blob;
  std::vector<Intent> intents;
  std::vector<std::string> steps_done;
};

struct TaskQuery {
  std::string owner;  ///< only this owner's; `any_owner` lifts it
  bool any_owner = false;
  ContextId context;    ///< empty: any
  SolutionId solution;  ///< empty: any
  std::optional<model::TaskState> state;
  std::int64_t updated_after_ms = 0;
  std::size_t limit = 50;
  std::string page_token;
};

/// Newest change first.
struct TaskList {
  std::vector<TaskRecord> tasks;
  std::string next_page_token;  ///< empty: no more
  std::int64_t total = 0;       ///< of all pages
};

/// A task that had not ended, and what it was about to do.
struct Unfinished {
  TaskRecord task;
  std::vector<Intent> open;  ///< oldest first
};

/// What one removal came to.
struct Removal {
  std::size_t tasks = 0;
  bool more = false;  ///< it ended at a limit: ask again
};

class Journal {
 public:
  virtual ~Journal() = default;
  /// Durable when it returns, the open intents with the task. The new head. Errors:
  /// Code::already_exists.
  virtual Awaitable<Result<std::int64_t>> create(TaskRecord task, std::vector<NewEvent> events,
                                                 std::vector<Intent> intents = {}) = 0;
  /// Durable when it returns. The new head. Errors: Code::aborted when `expected_head` is not the
  /// head (nothing was written; do not simply retry), Reason::task_not_found, Reason::rate_limited,
  /// Reason::storage_full.
  virtual Awaitable<Result<std::int64_t>> append(Append change) = 0;
  /// Whosever it is.
  virtual Awaitable<Result<std::optional<TaskRecord>>> get(TaskId id) = 0;
  /// Only when it is this owner's: someone else's is none, and takes as long to find as none.
  virtual Awaitable<Result<std::optional<TaskRecord>>> get(TaskId id, std::string owner) = 0;
  /// Events after `after_seq`, in order, at most `limit` (and kPageMax), fewer when they are long,
  /// but one at least when there is one. Errors: Reason::task_not_found.
  virtual Awaitable<Result<std::vector<StoredEvent>>> read(TaskId id, std::int64_t after_seq,
                                                           std::size_t limit) = 0;
  virtual Awaitable<Result<TaskList>> list(TaskQuery query) = 0;
  /// All tasks that have not ended, oldest first; what is damaged is named in the log and left out.
  virtual Awaitable<Result<std::vector<Unfinished>>> recover() = 0;
  /// Removes ended tasks whose time is over, at most `limit`, and of their events no more than
  /// other writes can wait for; a task of many events takes several calls.
  virtual Awaitable<Result<Removal>> remove_expired(std::int64_t now_ms, std::size_t limit) = 0;
  /// Walks the task's chain. Errors: Code::data_loss naming the event that does not fit.
  virtual Awaitable<Result<void>> verify(TaskId id) = 0;
};

}  // namespace weft::store
