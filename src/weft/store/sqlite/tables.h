// The tables in SQLite. Owned by sqlite::Store; any loop.
#pragma once

#include "weft/store/sqlite/database.h"
#include "weft/store/tables.h"

namespace weft::store::sqlite {

class SqliteTables final : public Tables {
 public:
  explicit SqliteTables(Database& database) : database_(database) {}
  Awaitable<Result<std::optional<json::value>>> get(std::string space, std::string key) override;
  Awaitable<Result<void>> put(std::string space, std::string key, json::value value) override;
  Awaitable<Result<bool>> erase(std::string space, std::string key) override;
  Awaitable<Result<std::vector<Row>>> scan(std::string space, std::string prefix, std::string after,
                                           std::size_t limit) override;

 private:
  Database& database_;
};

}  // namespace weft::store::sqlite
