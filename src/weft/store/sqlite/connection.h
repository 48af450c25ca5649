// One SQLite connection with weft's settings, and its prepared statements. Owned by the thread that
// uses it.
//
// Errors stick: once a statement failed, those after it do nothing until the failure is taken, so
// that work reads as its happy path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "weft/base/clock.h"
#include "weft/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weft::store::sqlite {

class Connection {
 public:
  enum class Mode : std::uint8_t { writer, reader };
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& file, Mode mode,
                                                  const std::string& vfs);
  ~Connection();
  Connection(const Connection&) = delete;

  /// One or more statements without parameters and rows.
  bool execute(const char* sql);
  bool failed() const { return failure_ != 0; }
  /// Records SQLite's code as the failure, if it is the first.
  void fail_with(int code);
  /// The failure, if there is one, and from then on a clean slate.
  Result<void> take_failure();
  /// A failure after which nothing about the disk can be trusted (any read or write that the system
  /// refused for another reason than a lack of room).
  bool disk_failed() const { return disk_failed_; }
  bool in_transaction() const;
  /// Work that lasts longer fails with Reason::deadline; zero lifts it.
  void set_time_limit(Milliseconds limit);
  sqlite3* raw() { return database_; }
  const std::string& file() const { return file_; }

 private:
  friend class Statement;
  explicit Connection(std::string file) : file_(std::move(file)) {}
  sqlite3_stmt* prepare(const char* sql);

  std::string file_;
  sqlite3* database_ = nullptr;
  /// By the address of the text: statements are literals.
  std::map<const char*, sqlite3_stmt*> statements_;
  int failure_ = 0;
  bool disk_failed_ = false;
  bool full_ = false;
  std::string failure_text_;
  SteadyTime time_limit_{};
};

/// A prepared statement in use. `sql` must be a literal. Text and blobs that are bound must outlive
/// the statement.
class Statement {
 public:
  Statement(Connection& connection, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view value);
  Statement& bind(std::span<const std::uint8_t> value);
  /// The next row; false at the end and on failure.
  bool row();
  /// Runs to the end; false on failure.
  bool run();
  std::int64_t integer(int column) const;
  /// Until the next row().
  std::string_view text(int column) const;
  std::span<const std::uint8_t> blob(int column) const;

 private:
  Connection& connection_;
  sqlite3_stmt* statement_;
  int next_ = 1;
};

}  // namespace weft::store::sqlite
