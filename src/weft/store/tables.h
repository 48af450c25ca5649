// Tables: small JSON values by key, in named spaces (joined solutions, keys, settings, caches).
// Owned by store; every member from any loop, the answer comes back on the caller's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/json.h"

namespace weft::store {

struct Row {
  std::string key;
  json::value value;
  friend bool operator==(const Row&, const Row&) = default;
};

class Tables {
 public:
  virtual ~Tables() = default;
  virtual Awaitable<Result<std::optional<json::value>>> get(std::string space, std::string key) = 0;
  /// Durable when it returns. Replaces what was there.
  virtual Awaitable<Result<void>> put(std::string space, std::string key, json::value value) = 0;
  /// Durable when it returns. Whether there was something.
  virtual Awaitable<Result<bool>> erase(std::string space, std::string key) = 0;
  /// Rows whose key begins with `prefix` and comes after `after` (empty: from the first), in the
  /// order of keys (bytes), at most `limit` (and kPageMax).
  virtual Awaitable<Result<std::vector<Row>>> scan(std::string space, std::string prefix,
                                                   std::string after, std::size_t limit) = 0;
};

}  // namespace weft::store
