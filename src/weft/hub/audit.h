// The audit log: who allowed what, word for word. Owned by the hub; any loop, the answer comes back
// on the caller's.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
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

/// In a call's meta: the person's own words that the hub chose it for. Sent to no solution.
inline constexpr std::string_view kSaidMeta = "weft.said";

/// One question whether a call may be made, and what came of it.
struct AuditEntry {
  std::string id;  ///< a ULID: sorts by time
  std::int64_t at_ms = 0;
  std::string principal;  ///< who called
  std::string solution;
  std::string skill;
  /// SHA-256 of what was allowed (consent_digest), hexadecimal: any change of it is another.
  std::string digest;
  std::string shown;  ///< the question as it was read
  bool allowed = false;
  std::string words;  ///< what was answered, where it was words
  std::string said;   ///< what the person had said that the hub chose the call for
  std::string by;     ///< who answered, where that is another than the principal
  std::string note;   ///< why a yes does not count
  /// Of questions that were refused because there were too many: how many this entry is for.
  std::uint64_t count = 0;
  json::value to_json() const;
};

class Audit {
 public:
  Audit(store::Tables& tables, const Clock& clock, Random& random)
      : tables_(tables), clock_(clock), random_(random) {}

  /// Durable when it returns; id and time are its own. Of more than kAuditMax the oldest go.
  Awaitable<Result<void>> note(AuditEntry entry);
  /// A question that was not asked because its principal asks too much: one entry for all of a
  /// minute, with their count, and one line in the log.
  Awaitable<Result<void>> note_refused(AuditEntry entry);
  /// Whether the last answer to a question of this digest was a yes that counts.
  Awaitable<Result<bool>> was_allowed(std::string principal, std::string digest);
  /// Newest first, at most `limit`. Nobody but an administrator sees another's.
  Awaitable<Result<std::vector<AuditEntry>>> list(model::Principal principal, std::size_t limit);

 private:
  Awaitable<Result<void>> keep(AuditEntry entry);
  Awaitable<Result<void>> trim();
  /// The entry with one more; nothing when it need not be written now.
  std::optional<AuditEntry> count_in(AuditEntry entry);
  std::uint64_t counted(const AuditEntry& entry) const;

  store::Tables& tables_;
  const Clock& clock_;
  Random& random_;
  std::uint32_t noted_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, AuditEntry> refused_;  ///< by principal
};

}  // namespace weft::hub
