// Tags of jobs, models, endpoints …: by the ARN-like name of what they are on. Owned by app; any
// loop.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"

namespace weft::store {
class Tables;
}

namespace weft::ml {

using TagMap = std::map<std::string, std::string, std::less<>>;

class Tags {
 public:
  explicit Tags(store::Tables& tables);
  ~Tags();
  Awaitable<Result<void>> start();
  /// Adds to what is there; durable when it returns. `on`: `endpoint/NAME`. Errors: more than 50.
  Awaitable<Result<void>> add(std::string owner, std::string on, TagMap tags);
  Awaitable<Result<void>> remove(std::string owner, std::string on, std::vector<std::string> keys);
  TagMap of(std::string_view owner, std::string_view on) const;
  /// What they were on is gone.
  Awaitable<Result<void>> forget(std::string owner, std::string on);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft::ml
