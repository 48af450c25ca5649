#include "weft/store/sqlite/migrations.h"

#include <format>

#include "weft/store/limits.h"

namespace weft::store::sqlite {
namespace {

/// "weft" in the file's header.
constexpr std::int64_t kApplicationId = 0x77656674;

/// What leads from version N to N + 1. Never changed once released; new steps are added.
constexpr std::array kSteps{
    R"(
PRAGMA application_id = 0x77656674;
CREATE TABLE task (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  context TEXT NOT NULL,
  state TEXT NOT NULL,
  ended INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  head INTEGER NOT NULL,
  head_hash BLOB NOT NULL
) STRICT;
CREATE INDEX task_owner ON task (owner, context);
CREATE INDEX task_live ON task (n) WHERE ended = 0;
CREATE INDEX task_expires ON task (expires) WHERE expires > 0;
CREATE TABLE task_start (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE task_body (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  n INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  prev_hash BLOB NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_order ON event (n, seq);
CREATE TABLE intent (
  id INTEGER PRIMARY KEY,
  n INTEGER NOT NULL,
  step TEXT NOT NULL,
  effect TEXT NOT NULL,
  at INTEGER NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX intent_step ON intent (n, step);
CREATE TABLE cell (
  space TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (space, key)
) STRICT, WITHOUT ROWID;
)",
    // Lists of one solution's tasks, in their order; a task found by its owner alone.
    R"(
ALTER TABLE task ADD COLUMN solution TEXT NOT NULL DEFAULT '';
UPDATE task SET solution = coalesce(
  (SELECT CASE WHEN json_valid(body) THEN json_extract(body, '$.solution') END
   FROM task_start WHERE task_start.n = task.n), '');
CREATE INDEX task_own ON task (owner, id);
CREATE INDEX task_open ON task (owner) WHERE ended = 0;
CREATE INDEX task_ended ON task (owner, updated, id, solution, state, ended) WHERE ended = 1;
)",
};

Result<std::int64_t> number_of(Connection& connection, const char* sql) {
  std::int64_t value = 0;
  {
    Statement statement(connection, sql);
    if (statement.row()) value = statement.integer(0);
  }
  WEFT_CHECK(connection.take_failure());
  return value;
}

}  // namespace

Result<void> migrate(Connection& writer, const std::function<void(std::string_view)>& at_point) {
  WEFT_TRY(const auto version, number_of(writer, "PRAGMA user_version"));
  WEFT_TRY(const auto application, number_of(writer, "PRAGMA application_id"));
  WEFT_TRY(const auto pages, number_of(writer, "SELECT count(*) FROM sqlite_schema"));
  if (pages > 0 && application != kApplicationId) {
    return fail(
        Reason::unsupported,
        std::format("{} is a database of another program; give weft a data directory of its own",
                    writer.file()));
  }
  const auto known = static_cast<std::int64_t>(kSteps.size());
  if (version > known) {
    return fail(Reason::unsupported, std::format("{} was written by a newer weft (format {}; this "
                                                 "one knows up to {}); run that one, or give "
                                                 "this one another data directory",
                                                 writer.file(), version, known));
  }
  if (version == known) return {};
  writer.execute("BEGIN IMMEDIATE");
  for (std::int64_t step = version; step < known; ++step) {
    writer.execute(kSteps.at(static_cast<std::size_t>(step)));
    at_point("migrating");
  }
  writer.execute(std::format("PRAGMA user_version = {}", known).c_str());
  at_point("migrating");
  writer.execute("COMMIT");
  at_point("migrating");
  return writer.take_failure();
}

Result<bool> quick_check(Connection& writer) {
  std::string found;
  writer.set_time_limit(kQuickCheckTimeMax);
  {
    Statement statement(writer, "PRAGMA quick_check(1)");
    if (statement.row()) found = std::string(statement.text(0));
  }
  writer.set_time_limit(Milliseconds(0));
  const auto done = writer.take_failure();
  if (!done && done.error().reason == Reason::deadline) return false;
  WEFT_CHECK(done);
  if (found == "ok") return true;
  Error error = make_error(
      Reason::internal,
      std::format("{} is damaged ({}); put a backup in its place, or move it away to start anew",
                  writer.file(), found));
  error.code = Code::data_loss;
  return fail(std::move(error));
}

}  // namespace weft::store::sqlite
