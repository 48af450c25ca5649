// A task that runs: reads its call's stream, journals every event before anyone sees it, and tells
// those who watch. Owned by hub (Tasks); belongs to one loop but for the members marked `any
// thread`.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weft/base/task_group.h"
#include "weft/hub/hub.h"
#include "weft/hub/task_record.h"
#include "weft/model/fold.h"

namespace weft::hub {

class TaskRun;

/// What all tasks of a hub share.
struct TaskShared {
  Hub& hub;
  store::Journal& journal;
  const Clock& clock;
  Random& random;
  std::mutex mutex;
  std::map<TaskId, std::shared_ptr<TaskRun>> live;
  /// What the calls of those that live hold, and may hold.
  std::size_t live_bytes = 0;
  const std::size_t live_bytes_max;
  /// Begun before those of the hub's last life were taken up: none of them.
  std::set<TaskId> fresh;
  bool recovered = false;
  bool stopping = false;

  std::shared_ptr<TaskRun> find(const TaskId& id);
};

/// One who waits for news, on a loop of his own.
struct Watcher {
  explicit Watcher(Executor executor) : signal(executor) {}
  Signal signal;
};

/// Something that happened and is not yet in the journal.
struct Unwritten {
  std::optional<model::Event> event;
  json::value payload;
  std::optional<store::Intent> intent;
  /// Of an answer: what was asked, and what was said to it.
  std::vector<model::Turn> said;
  bool closes_ask = false;
  std::size_t bytes = 0;
};

class TaskRun : public std::enable_shared_from_this<TaskRun> {
 public:
  /// Gives the stream to read; may wait (for a solution to join again).
  using Prepare =
      std::function<Awaitable<Result<std::unique_ptr<EventStream>>>(std::shared_ptr<TaskRun>)>;

  TaskRun(std::shared_ptr<TaskShared> shared, Executor executor, store::TaskRecord record,
          std::shared_ptr<const model::Call> call, Prepare prepare);

  // Any thread.
  TaskView view() const;
  /// Whether it holds of the view, which is not copied for it.
  bool holds(bool (*what)(const TaskView&)) const;
  bool finished() const;
  /// The question for approval that it asks; `mine` is not set.
  std::optional<OpenApproval> open_approval() const;
  Executor executor() const { return executor_; }
  const std::string& owner() const { return owner_; }
  std::size_t call_bytes() const { return call_bytes_; }
  void watch(const std::shared_ptr<Watcher>& watcher);
  /// Copies what is held after `seq`; false when older events must be read from the journal.
  bool held_after(std::int64_t seq, std::deque<TaskEvent>& out) const;

  // On its loop.
  /// Reads this stream instead of a prepared one; before begin().
  void adopt(std::unique_ptr<EventStream> stream) {
    stream_ = std::move(stream);
    asks_ = true;
  }
  void begin();
  void cancel(Error why);
  /// Ends without an end: the journal keeps the task for the hub's next life.
  void stop();
  static Awaitable<Result<TaskView>> answer(std::shared_ptr<TaskRun> self, model::Answers answers,
                                            model::Turn said);
  /// Writes down that the call is made now; durable when it returns.
  static Awaitable<Result<void>> note_intent(std::shared_ptr<TaskRun> self);
  /// Tells that the call is made again: what it had asked is asked no more.
  void note_again(std::string_view note);
  /// The journal says already that the call was made, with so many deaths of weft's process before.
  void made_before(std::int64_t deaths) { deaths_ = deaths; }
  /// Writes down that the call is under way, in a life that `rests` when it ends in order: what
  /// cannot be written then counts as a death. Does nothing when the call was not made.
  static Awaitable<> mark(std::shared_ptr<TaskRun> self, bool rests);
  CancelToken token() const { return cancel_.token(); }
  const model::Call& call() const { return *call_; }

 private:
  /// An event for a reader that lags.
  struct Held {
    TaskEvent event;
    std::size_t bytes = 0;
  };

  static Awaitable<> read(std::shared_ptr<TaskRun> self);
  static Awaitable<> write(std::shared_ptr<TaskRun> self);
  static Awaitable<> read_events(std::shared_ptr<TaskRun> self);
  static Awaitable<Result<std::int64_t>> append(std::shared_ptr<TaskRun> self,
                                                store::Append change);
  static Awaitable<Result<void>> durable(std::shared_ptr<TaskRun> self, std::uint64_t upto);

  static Awaitable<> lost(std::shared_ptr<TaskRun> self, Error error);

  void take(model::Event event);
  void take_fault(Error fault);
  static Awaitable<> wait_for_question(std::shared_ptr<TaskRun> self);
  Result<std::size_t> weigh_next(const model::Event& event) const;
  std::int64_t events_left() const;
  Result<void> check_answer(const Unwritten& item) const;
  std::uint64_t push(Unwritten item);
  std::vector<Unwritten> next_batch();
  store::Append change_of(const std::vector<Unwritten>& batch) const;
  void add_change(store::Append& change, const Unwritten& item,
                  std::vector<model::Turn>& said) const;
  void apply_answer(const Unwritten& item);
  void apply(std::vector<Unwritten> batch, std::int64_t head, std::int64_t at_ms);
  void apply_event(const model::Event& event);
  void hold(TaskEvent event, std::size_t bytes);
  void finish();
  void wake();

  const std::shared_ptr<TaskShared> shared_;
  const Executor executor_;
  const std::shared_ptr<const model::Call> call_;
  const std::string owner_;
  const std::size_t call_bytes_;
  Prepare prepare_;
  json::object door_meta_;
  std::vector<model::Turn> said_;

  // The loop's own.
  bool asks_ = false;  ///< the stream itself, not only the journal of an earlier life
  std::unique_ptr<EventStream> stream_;
  CancelSource cancel_;
  model::Fold fold_;
  std::optional<Error> fault_;
  model::Answers answered_;
  std::deque<Unwritten> unwritten_;
  std::size_t unwritten_bytes_ = 0;
  std::uint64_t pushed_ = 0;
  std::uint64_t written_ = 0;
  std::optional<Error> write_error_;
  /// How often weft's process died during the call; set while the journal says that it is made.
  std::optional<std::int64_t> deaths_;
  bool rests_ = false;
  bool reading_ = true;
  bool stopping_ = false;
  Signal work_;
  Signal room_;
  std::vector<std::weak_ptr<Watcher>> waiters_;

  mutable std::mutex mutex_;
  TaskView view_;
  std::deque<Held> ring_;
  std::size_t ring_bytes_ = 0;
  std::vector<std::weak_ptr<Watcher>> watchers_;
  bool finished_ = false;
};

}  // namespace weft::hub
