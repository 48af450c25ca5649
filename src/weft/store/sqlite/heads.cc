#include "weft/store/sqlite/heads.h"

#include "weft/store/limits.h"

namespace weft::store::sqlite {

Head* Heads::find(const std::string& task) {
  const auto at = heads_.find(task);
  return at == heads_.end() ? nullptr : &at->second;
}

void Heads::put(const std::string& task, const Head& head) {
  if (heads_.size() >= kHeadsCachedMax) heads_.clear();
  heads_[task] = head;
}

}  // namespace weft::store::sqlite
