// Keys under which a solution makes a call once: the same for the same call in every life of the
// hub, and nobody else's to guess. Owned by the hub; any thread.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>

#include "weft/base/async.h"
#include "weft/base/ids.h"
#include "weft/model/call.h"

namespace weft::store {
class Tables;
}

namespace weft::hub {

class DedupKeys {
 public:
  DedupKeys(store::Tables& tables, Random& random) : tables_(tables), random_(random) {}

  /// HMAC-SHA-256, as 32 hexadecimal digits, of who calls what and of the call's own `dedup_key`,
  /// or of its id where it has none.
  Awaitable<Result<std::string>> key_for(std::shared_ptr<const model::Call> call);

 private:
  using Secret = std::array<unsigned char, 32>;
  Awaitable<Result<Secret>> secret();

  store::Tables& tables_;
  Random& random_;
  std::mutex mutex_;
  std::optional<Secret> made_;  ///< by the first that finds none
  std::optional<Secret> kept_;
};

}  // namespace weft::hub
