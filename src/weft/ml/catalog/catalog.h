// A collection of named records (training jobs, models, endpoints …): durable in the store's
// tables, and all of it in memory. Owned by ml's services; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/json.h"

namespace weft::store {
class Tables;
}

namespace weft::ml {

/// A name belongs to its owner: another's record of the same name is another record.
struct Record {
  std::string owner;
  std::string name;
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  std::string status;
  json::object body;
};
using RecordPtr = std::shared_ptr<const Record>;

struct ListQuery {
  std::string owner;
  enum class By : std::uint8_t { name, created, modified, status };
  By by = By::created;
  bool descending = true;
  std::string name_contains;
  std::string status;  ///< empty: any
  std::optional<std::int64_t> created_after_ms;
  std::optional<std::int64_t> created_before_ms;
  std::optional<std::int64_t> modified_after_ms;
  std::optional<std::int64_t> modified_before_ms;
  std::size_t limit = 10;
  std::string token;  ///< of the page before
};

struct ListPage {
  std::vector<RecordPtr> records;
  std::string next_token;  ///< empty: no more
};

class Catalog {
 public:
  /// `space` of the tables is this catalog's alone.
  Catalog(store::Tables& tables, std::string space);
  Catalog(const Catalog&) = delete;

  /// Everything there is, from the store; once, before anything else.
  Awaitable<Result<void>> load();
  RecordPtr find(std::string_view owner, std::string_view name) const;
  std::size_t size() const;
  /// Durable when it returns. Errors: Code::already_exists.
  Awaitable<Result<void>> create(Record record);
  /// In the place of the one of its name; durable when it returns. Errors: Code::not_found when it
  /// was erased.
  Awaitable<Result<void>> replace(Record record);
  /// Durable when it returns. Whether there was one.
  Awaitable<Result<bool>> erase(std::string owner, std::string name);
  /// Errors: Reason::invalid_argument for a token that is none.
  Result<ListPage> list(const ListQuery& query) const;
  /// Everybody's.
  std::vector<RecordPtr> all() const;

 private:
  store::Tables& tables_;
  std::string space_;
  mutable std::mutex mutex_;
  std::map<std::string, RecordPtr, std::less<>> by_key_;  ///< `OWNER/NAME`
  /// Keys that are being made: reserved before the store has them.
  std::set<std::string> making_;
};

}  // namespace weft::ml
