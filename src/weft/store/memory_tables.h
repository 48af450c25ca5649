// Tables in memory: for tests, behind the same interface. Owned by who makes it; any loop.
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "weft/store/tables.h"

namespace weft::store {

class MemoryTables final : public Tables {
 public:
  Awaitable<Result<std::optional<json::value>>> get(std::string space, std::string key) override;
  Awaitable<Result<void>> put(std::string space, std::string key, json::value value) override;
  Awaitable<Result<bool>> erase(std::string space, std::string key) override;
  Awaitable<Result<std::vector<Row>>> scan(std::string space, std::string prefix, std::string after,
                                           std::size_t limit) override;

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, json::value> rows_;
};

}  // namespace weft::store
