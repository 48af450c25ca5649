// A journal in memory: for tests, behind the same interface. Owned by who makes it; any loop.
#pragma once

#include <map>
#include <mutex>

#include "weft/store/journal.h"

namespace weft::store {

class MemoryJournal : public Journal {
 public:
  Awaitable<Result<std::int64_t>> create(TaskRecord task, std::vector<NewEvent> events,
                                         std::vector<Intent> intents) override;
  Awaitable<Result<std::int64_t>> append(Append change) override;
  Awaitable<Result<std::optional<TaskRecord>>> get(TaskId id) override;
  Awaitable<Result<std::optional<TaskRecord>>> get(TaskId id, std::string owner) override;
  Awaitable<Result<std::vector<StoredEvent>>> read(TaskId id, std::int64_t after_seq,
                                                   std::size_t limit) override;
  Awaitable<Result<TaskList>> list(TaskQuery query) override;
  Awaitable<Result<std::vector<Unfinished>>> recover() override;
  Awaitable<Result<Removal>> remove_expired(std::int64_t now_ms, std::size_t limit) override;
  Awaitable<Result<void>> verify(TaskId id) override;

  /// From now on every write fails so (for tests of a full disk); nothing lifts it.
  void fail_writes(std::optional<Error> error);

 private:
  struct Task {
    TaskRecord record;
    std::vector<StoredEvent> events;
    std::vector<Intent> open;
  };
  std::mutex mutex_;
  std::map<TaskId, Task> tasks_;
  std::optional<Error> failure_;
};

}  // namespace weft::store
