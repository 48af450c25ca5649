#include "weft/store/sqlite/connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <format>

#include "weft/store/limits.h"

namespace weft::store::sqlite {
namespace {

/// Opcodes between two looks at the clock.
constexpr int kProgressOpcodes = 4'000;

constexpr const char* kWriterSettings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA "
    "mmap_size=0;"
    "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
    "PRAGMA cache_size=-8192; PRAGMA recursive_triggers=OFF;";
constexpr const char* kReaderSettings =
    "PRAGMA query_only=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
    "PRAGMA cell_size_check=ON; PRAGMA cache_size=-2048;";

void harden(sqlite3* database) {
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, static_cast<int>(2 * kPayloadBytesMax));
}

bool lack_of_room(int code, int system_error) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  return (code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_FSYNC &&
         code != SQLITE_IOERR_DIR_FSYNC &&
         (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG);
}

Reason reason_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Reason::unavailable;
    case SQLITE_INTERRUPT: return Reason::deadline;
    case SQLITE_TOOBIG: return Reason::too_large;
    default: return Reason::internal;
  }
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file, Mode mode,
                                                     const std::string& vfs) {
  std::unique_ptr<Connection> made(new Connection(file.string()));
  const int flags =
      (mode == Mode::writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
  const int code = sqlite3_open_v2(made->file_.c_str(), &made->database_, flags,
                                   vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) {
    made->fail_with(code);
    WEFT_CHECK(made->take_failure());
  }
  harden(made->database_);
  sqlite3_busy_timeout(made->database_, static_cast<int>(kReadTimeMax.count()));
  made->execute(mode == Mode::writer ? kWriterSettings : kReaderSettings);
  WEFT_CHECK(made->take_failure());
  return made;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

bool Connection::execute(const char* sql) {
  if (failed()) return false;
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail_with(code);
  return code == SQLITE_OK;
}

void Connection::fail_with(int code) {
  if (failed()) return;
  failure_ = code;
  failure_text_ = database_ ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
  full_ = lack_of_room(code, database_ ? sqlite3_system_errno(database_) : 0);
  disk_failed_ = (code & 0xff) == SQLITE_IOERR && code != SQLITE_IOERR_NOMEM && !full_;
}

Result<void> Connection::take_failure() {
  if (!failed()) return {};
  const int code = std::exchange(failure_, 0);
  disk_failed_ = false;
  if (full_) {
    Error error = make_error(
        Reason::storage_full,
        std::format("the disk that holds {} is full; make room, nothing else is needed", file_));
    error.retry_after = kFullRetryAfter;
    return fail(std::move(error));
  }
  Error error = make_error(reason_of(code), std::format("{}: {}", file_, failure_text_));
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
    error.code = Code::data_loss;
    error.message =
        std::format("{} is damaged ({}); put a backup in its place, or move it away to start anew",
                    file_, failure_text_);
  }
  return fail(std::move(error));
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

void Connection::set_time_limit(Milliseconds limit) {
  if (limit.count() == 0) {
    sqlite3_progress_handler(database_, 0, nullptr, nullptr);
    return;
  }
  time_limit_ = std::chrono::steady_clock::now() + limit;
  sqlite3_progress_handler(
      database_, kProgressOpcodes,
      [](void* self) {
        return std::chrono::steady_clock::now() > static_cast<Connection*>(self)->time_limit_ ? 1
                                                                                              : 0;
      },
      this);
}

sqlite3_stmt* Connection::prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    const int code =
        sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail_with(code);
  }
  return statement;
}

Statement::Statement(Connection& connection, const char* sql)
    : connection_(connection),
      statement_(connection.failed() ? nullptr : connection.prepare(sql)) {}

Statement::~Statement() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::int64_t value) {
  if (statement_) sqlite3_bind_int64(statement_, next_++, value);
  return *this;
}

Statement& Statement::bind(std::string_view value) {
  if (!statement_) return *this;
  const char* data = value.data() ? value.data() : "";
  const int code =
      sqlite3_bind_text64(statement_, next_++, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_.fail_with(code);
  return *this;
}

Statement& Statement::bind(std::span<const std::uint8_t> value) {
  if (!statement_) return *this;
  const int code =
      sqlite3_bind_blob64(statement_, next_++, value.data(), value.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) connection_.fail_with(code);
  return *this;
}

bool Statement::row() {
  if (!statement_ || connection_.failed()) return false;
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) connection_.fail_with(code);
  return code == SQLITE_ROW;
}

bool Statement::run() {
  while (row()) {
  }
  return !connection_.failed();
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return data ? std::string_view(data,
                                 static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
              : std::string_view();
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, data ? static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)) : 0};
}

}  // namespace weft::store::sqlite
