#include "weft/store/memory_tables.h"

#include "weft/store/limits.h"

namespace weft::store {

Awaitable<Result<std::optional<json::value>>> MemoryTables::get(std::string space,
                                                                std::string key) {
  const std::scoped_lock lock(mutex_);
  const auto at = rows_.find({std::move(space), std::move(key)});
  if (at == rows_.end()) co_return std::nullopt;
  co_return at->second;
}

Awaitable<Result<void>> MemoryTables::put(std::string space, std::string key, json::value value) {
  const std::scoped_lock lock(mutex_);
  rows_[{std::move(space), std::move(key)}] = std::move(value);
  co_return Result<void>();
}

Awaitable<Result<bool>> MemoryTables::erase(std::string space, std::string key) {
  const std::scoped_lock lock(mutex_);
  co_return rows_.erase({std::move(space), std::move(key)}) > 0;
}

Awaitable<Result<std::vector<Row>>> MemoryTables::scan(std::string space, std::string prefix,
                                                       std::string after, std::size_t limit) {
  const std::scoped_lock lock(mutex_);
  std::vector<Row> out;
  for (auto at = rows_.lower_bound({space, std::max(prefix, after)}); at != rows_.end(); ++at) {
    const auto& [row_space, key] = at->first;
    if (row_space != space || !key.starts_with(prefix) || out.size() == std::min(limit, kPageMax))
      break;
    if (after.empty() || key > after) out.push_back({key, at->second});
  }
  co_return out;
}

}  // namespace weft::store
