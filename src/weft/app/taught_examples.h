// Sentences that people taught the hub for a skill. Owned by the concierge's service; any loop.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::store {
class Tables;
}

namespace weft::app {

class TaughtExamples {
 public:
  explicit TaughtExamples(store::Tables& tables) : tables_(tables) {}

  Awaitable<Result<void>> load();
  Awaitable<Result<std::size_t>> add(std::string skill, std::string example);
  Awaitable<Result<void>> remove(std::string skill, std::string example);
  std::vector<std::string> of(const std::string& skill) const;
  json::value to_json() const;
  /// Another number after each change.
  std::uint64_t version() const;

 private:
  Awaitable<Result<void>> put(std::string skill, std::vector<std::string> examples);

  store::Tables& tables_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> examples_;
  std::uint64_t version_ = 0;
};

}  // namespace weft::app
