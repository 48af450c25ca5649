// The ends of the chains that the writer touched lately. Belongs to the writer's thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "weft/store/chain.h"

namespace weft::store::sqlite {

/// Where a task stands: its row's number, its last event and that event's hash.
struct Head {
  std::int64_t n = 0;
  std::int64_t seq = 0;
  Hash hash{};
};

class Heads {
 public:
  Head* find(const std::string& task);
  void put(const std::string& task, const Head& head);
  void forget(const std::string& task) { heads_.erase(task); }
  void clear() { heads_.clear(); }

 private:
  std::unordered_map<std::string, Head> heads_;
};

}  // namespace weft::store::sqlite
