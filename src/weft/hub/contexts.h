// What is kept of conversations, between calls and over the hub's end: one JSON document each, by
// whose it is. Nobody but its owner, and an administrator, finds it. Owned by the hub; any loop,
// the answer comes back on the caller's.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/ids.h"
#include "weft/base/json.h"
#include "weft/model/call.h"

namespace weft::store {
class Tables;
}

namespace weft::hub {

/// Of Call::meta: what of the conversation the solution is told, by name, as `share` allows.
inline constexpr std::string_view kSharedMeta = "weft.context";

struct KeptContext {
  std::string owner;  ///< the principal's name
  ContextId id;
  std::int64_t updated_ms = 0;
  json::value state;
};

class Contexts {
 public:
  Contexts(store::Tables& tables, const Clock& clock) : tables_(tables), clock_(clock) {}

  Awaitable<Result<std::optional<json::value>>> get(std::string owner, ContextId id);
  /// Durable when it returns. Errors: Reason::too_large above kContextBytesMax.
  Awaitable<Result<void>> put(std::string owner, ContextId id, json::value state);
  /// Those that the principal may see, newest first, at most `limit`.
  Awaitable<Result<std::vector<KeptContext>>> list(model::Principal principal, std::size_t limit);
  /// Errors: Code::not_found, for another's too.
  Awaitable<Result<KeptContext>> show(model::Principal principal, ContextId id);
  Awaitable<Result<void>> erase(model::Principal principal, ContextId id);

 private:
  Awaitable<Result<std::vector<KeptContext>>> all(std::string prefix);
  Awaitable<Result<void>> sweep();

  store::Tables& tables_;
  const Clock& clock_;
  std::atomic<std::uint32_t> puts_ = 0;
};

}  // namespace weft::hub
