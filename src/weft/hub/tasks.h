// Tasks: calls that outlive their connection. Durable before their id leaves the hub, readable and
// resumable after a restart. Owned by the hub; every member from any loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/ids.h"
#include "weft/hub/limits.h"
#include "weft/hub/service.h"
#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::store {
class Journal;
}

namespace weft::hub {

class Hub;

struct TaskEvent {
  std::int64_t seq = 0;
  std::int64_t at_ms = 0;
  model::Event event;
};

/// A task as it stands.
struct TaskView {
  TaskId id;
  ContextId context;
  std::string owner;  ///< the principal's name
  SolutionId solution;
  SkillId skill;
  model::TaskState state = model::TaskState::submitted;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  std::int64_t head = 0;  ///< seq of the last event
  std::optional<model::Ask> ask;
  /// What was said and made so far; the outcome when terminal.
  std::optional<model::End> end;
  std::vector<model::Artifact> artifacts;
  std::vector<model::Part> note;  ///< the last status note
  std::vector<model::Turn> history;
  json::object meta;
};

/// A question of the hub's own whether a call may be made, that waits in a task.
struct OpenApproval {
  TaskId task;
  std::string key;  ///< of the question in its Ask
  SolutionId solution;
  SkillId skill;
  std::string owner;  ///< who called
  std::string shown;
  model::Ask::Consent consent;
  json::object details;  ///< solution, skill and arguments of the very call
  std::int64_t asked_ms = 0;
  bool mine = false;  ///< whether the principal may answer it
};

struct TaskFilter {
  ContextId context;
  SolutionId solution;  ///< empty: any
  std::optional<model::TaskState> state;
  std::int64_t updated_after_ms = 0;
  std::size_t limit = 50;
  std::string page_token;
};

struct TaskPage {
  std::vector<TaskView> tasks;
  std::string next_page_token;
  std::int64_t total = 0;
};

/// The events of a task from a point on, live. Belongs to the loop it was made for.
class TaskSubscription {
 public:
  virtual ~TaskSubscription() = default;
  /// Nothing after the End event was given.
  virtual Awaitable<Result<std::optional<TaskEvent>>> next(CancelToken cancel) = 0;
};

class Tasks {
 public:
  /// Starts a call as a task: durable when this returns. `meta` rides along (a protocol's own
  /// fields).
  virtual Awaitable<Result<TaskView>> start(model::Call call, Executor executor,
                                            json::object meta) = 0;
  /// Turns a running call, stopped at a question, into a task: how a door that cannot wait parks
  /// it.
  virtual Awaitable<Result<TaskView>> park(std::shared_ptr<const model::Call> call,
                                           std::unique_ptr<EventStream> stream, model::Ask ask,
                                           json::object meta) = 0;
  /// Someone else's task and an unknown one give the same error (Reason::task_not_found).
  virtual Awaitable<Result<TaskView>> get(TaskId id, model::Principal principal) = 0;
  virtual Awaitable<Result<TaskPage>> list(TaskFilter filter, model::Principal principal) = 0;
  /// From the event after `after_seq` (0: all), then live. Across a restart too.
  virtual Awaitable<Result<std::unique_ptr<TaskSubscription>>> subscribe(TaskId id,
                                                                         std::int64_t after_seq,
                                                                         model::Principal principal,
                                                                         Executor executor) = 0;
  /// Answers the open questions. Errors leave them open.
  virtual Awaitable<Result<TaskView>> answer(TaskId id, model::Answers answers, model::Turn said,
                                             model::Principal principal) = 0;
  /// Questions for approval that are open: the principal's own and those it may answer; of an
  /// administrator all. Oldest first.
  virtual std::vector<OpenApproval> approvals(const model::Principal& principal) const = 0;
  /// Answers one of them by its id, which holds once. A digest, when one is given, must be that of
  /// the question. Errors: there is none, or it is not the principal's to answer.
  virtual Awaitable<Result<TaskView>> decide(std::string approval, bool allow, std::string digest,
                                             model::Principal principal) = 0;
  /// Errors: Reason::not_cancelable when it has ended.
  virtual Awaitable<Result<TaskView>> cancel(TaskId id, model::Principal principal) = 0;
  /// Waits until the task ends or asks.
  virtual Awaitable<Result<TaskView>> settle(TaskId id, model::Principal principal,
                                             CancelToken cancel) = 0;
  /// After a restart: reattaches, retries what is safe to repeat, marks the rest `outcome unknown`,
  /// and what weft's own process died of kTaskDeathsMax times.
  /// Once; what was begun since the restart is left alone.
  virtual Awaitable<Result<void>> recover(Executor executor) = 0;
  /// The hub begins to end in order: whatever ends it now, it is not what runs.
  virtual void expect_stop() = 0;
  /// Ends every pump; what runs stays in the journal.
  virtual Awaitable<> stop() = 0;
  virtual ~Tasks() = default;
};

/// `live_bytes_max`: what the calls of all tasks that run hold together.
std::unique_ptr<Tasks> make_tasks(Hub& hub, store::Journal& journal, const Clock& clock,
                                  Random& random, std::size_t live_bytes_max = kTasksLiveBytesMax);

}  // namespace weft::hub
