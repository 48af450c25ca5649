// The journal in SQLite. Owned by sqlite::Store; any loop.
#pragma once

#include "weft/store/journal.h"
#include "weft/store/sqlite/database.h"
#include "weft/store/sqlite/heads.h"

namespace weft::store::sqlite {

class SqliteJournal final : public Journal {
 public:
  SqliteJournal(Database& database, Heads& heads) : database_(database), heads_(heads) {}
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

 private:
  Database& database_;
  Heads& heads_;
};

}  // namespace weft::store::sqlite
