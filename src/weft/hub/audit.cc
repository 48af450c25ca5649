#include "weft/hub/audit.h"

#include <algorithm>
#include <atomic>

#include "weft/hub/limits.h"
#include "weft/store/tables.h"

namespace weft::hub {
namespace {

const std::string kSpace = "audit";

AuditEntry entry_of(const store::Row& row) {
  AuditEntry out;
  out.id = row.key;
  const auto* o = row.value.if_object();
  if (o == nullptr) return out;
  out.at_ms = json::int_at(*o, "at_ms").value_or(0);
  out.principal = json::string_at(*o, "principal");
  out.solution = json::string_at(*o, "solution");
  out.skill = json::string_at(*o, "skill");
  out.digest = json::string_at(*o, "digest");
  out.shown = json::string_at(*o, "shown");
  out.allowed = json::bool_at(*o, "allowed").value_or(false);
  out.words = json::string_at(*o, "words");
  return out;
}

}  // namespace

json::value AuditEntry::to_json() const {
  json::object out{
      {"id", id},       {"at_ms", at_ms},   {"principal", principal}, {"solution", solution},
      {"skill", skill}, {"digest", digest}, {"shown", shown},         {"allowed", allowed}};
  if (!words.empty()) out["words"] = words;
  return out;
}

Awaitable<Result<void>> Audit::note(AuditEntry entry) {
  entry.at_ms = clock_.unix_ms();
  entry.id = make_ulid(entry.at_ms, random_);
  std::string key = entry.id;
  json::value value = entry.to_json();
  WEFT_CO_CHECK(co_await tables_.put(kSpace, std::move(key), std::move(value)));
  if (std::atomic_ref(noted_).fetch_add(1) % kAuditTrimEvery == 0) {
    WEFT_CO_CHECK(co_await trim());
  }
  co_return Result<void>();
}

/// Keys sort by time: those before the newest kAuditMax go.
Awaitable<Result<void>> Audit::trim() {
  std::vector<std::string> keys;
  std::string after;
  while (true) {
    std::string from = after;
    WEFT_CO_TRY(const auto rows, co_await tables_.scan(kSpace, "", std::move(from), kAuditMax));
    if (rows.empty()) break;
    keys.reserve(keys.size() + rows.size());
    for (const store::Row& row : rows) keys.push_back(row.key);
    after = keys.back();
  }
  for (std::size_t i = 0; i + kAuditMax < keys.size(); ++i) {
    WEFT_CO_CHECK(co_await tables_.erase(kSpace, keys[i]));
  }
  co_return Result<void>();
}

Awaitable<Result<std::vector<AuditEntry>>> Audit::list(model::Principal principal,
                                                       std::size_t limit) {
  std::vector<AuditEntry> out;
  std::string after;
  while (true) {
    std::string from = after;
    WEFT_CO_TRY(const auto rows, co_await tables_.scan(kSpace, "", std::move(from), kAuditMax));
    if (rows.empty()) break;
    for (const store::Row& row : rows) {
      AuditEntry entry = entry_of(row);
      if (principal.admin || entry.principal == principal.name) out.push_back(std::move(entry));
    }
    after = rows.back().key;
  }
  std::ranges::reverse(out);
  if (out.size() > limit) out.resize(limit);
  co_return out;
}

}  // namespace weft::hub
