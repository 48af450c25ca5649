// The owner of running coroutines: nothing is detached and forgotten. Owned by base; one loop.
#pragma once

#include <memory>

#include "weft/base/async.h"

namespace weft {

class TaskGroup {
 public:
  explicit TaskGroup(Executor executor);
  /// Everything spawned must have ended: join() first.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;

  /// Starts a coroutine that this group owns, on its loop. An exception out of it is a bug and ends
  /// the process.
  void spawn(Awaitable<> work);
  /// Asks all to end (their code looks at token()) and waits until they did, what they spawn
  /// meanwhile included. Once; nothing can be spawned after it is done.
  Awaitable<> join();
  CancelToken token() const { return cancel_.token(); }
  std::size_t size() const;
  Executor executor() const { return executor_; }

 private:
  struct State;
  Executor executor_;
  std::shared_ptr<State> state_;
  CancelSource cancel_;
};

}  // namespace weft
