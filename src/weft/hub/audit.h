// The audit log: who allowed what, word for word. Owned by the hub; any loop, the answer comes back
// on the caller's.
#pragma once

#include <cstdint>
#include <string>
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

/// One question whether a call may be made, and what came of it.
struct AuditEntry {
  std::string id;  ///< a ULID: sorts by time
  std::int64_t at_ms = 0;
  std::string principal;  ///< who called, and said yes or no
  std::string solution;
  std::string skill;
  /// SHA-256 of what was allowed (consent_digest), hexadecimal: any change of it is another.
  std::string digest;
  std::string shown;  ///< the question as it was read
  bool allowed = false;
  std::string words;  ///< what was answered, where it was words
  json::value to_json() const;
};

class Audit {
 public:
  Audit(store::Tables& tables, const Clock& clock, Random& random)
      : tables_(tables), clock_(clock), random_(random) {}

  /// Durable when it returns; id and time are its own. Of more than kAuditMax the oldest go.
  Awaitable<Result<void>> note(AuditEntry entry);
  /// Newest first, at most `limit`. Nobody but an administrator sees another's.
  Awaitable<Result<std::vector<AuditEntry>>> list(model::Principal principal, std::size_t limit);

 private:
  Awaitable<Result<void>> trim();

  store::Tables& tables_;
  const Clock& clock_;
  Random& random_;
  std::uint32_t noted_ = 0;
};

}  // namespace weft::hub
