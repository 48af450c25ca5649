#include "weft/hub/audit.h"

#include <algorithm>
#include <atomic>
#include <bit>

#include "weft/base/log.h"
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
  out.said = json::string_at(*o, "said");
  out.by = json::string_at(*o, "by");
  out.note = json::string_at(*o, "note");
  out.count = static_cast<std::uint64_t>(json::int_at(*o, "count").value_or(0));
  return out;
}

}  // namespace

json::value AuditEntry::to_json() const {
  json::object out{
      {"id", id},       {"at_ms", at_ms},   {"principal", principal}, {"solution", solution},
      {"skill", skill}, {"digest", digest}, {"shown", shown},         {"allowed", allowed}};
  if (!words.empty()) out["words"] = words;
  if (!said.empty()) out["said"] = said;
  if (!by.empty()) out["by"] = by;
  if (!note.empty()) out["note"] = note;
  if (count > 0) out["count"] = count;
  return out;
}

Awaitable<Result<void>> Audit::note(AuditEntry entry) {
  entry.at_ms = clock_.unix_ms();
  entry.id = make_ulid(entry.at_ms, random_);
  WEFT_CO_CHECK(co_await keep(std::move(entry)));
  if (std::atomic_ref(noted_).fetch_add(1) % kAuditTrimEvery == 0) {
    WEFT_CO_CHECK(co_await trim());
  }
  co_return Result<void>();
}

Awaitable<Result<void>> Audit::keep(AuditEntry entry) {
  std::string key = entry.id;
  json::value value = entry.to_json();
  co_return co_await tables_.put(kSpace, std::move(key), std::move(value));
}

/// Written when the count doubles: what a crash forgets is less than half of it.
std::optional<AuditEntry> Audit::count_in(AuditEntry entry) {
  const std::int64_t now_ms = clock_.unix_ms();
  const std::scoped_lock lock(mutex_);
  std::erase_if(refused_, [&](const auto& each) {
    return now_ms - each.second.at_ms >= kApprovalsWindowMs &&
           refused_.size() > kApprovalsPrincipalsMax;
  });
  AuditEntry& group = refused_[entry.principal];
  const bool fresh = group.count == 0 || now_ms - group.at_ms >= kApprovalsWindowMs;
  if (fresh) {
    group = std::move(entry);
    group.count = 0;
    group.at_ms = now_ms;
    group.id = make_ulid(now_ms, random_);
    log::warn(
        "{} asks for more approvals than are let through: the rest of this minute is refused "
        "(`weft audit` counts them)",
        group.principal);
  }
  group.count += 1;
  if (std::has_single_bit(group.count)) return group;
  return std::nullopt;
}

std::uint64_t Audit::counted(const AuditEntry& entry) const {
  const std::scoped_lock lock(mutex_);
  const auto group = refused_.find(entry.principal);
  return group != refused_.end() && group->second.id == entry.id ? group->second.count
                                                                 : entry.count;
}

Awaitable<Result<void>> Audit::note_refused(AuditEntry entry) {
  auto changed = count_in(std::move(entry));
  if (!changed) co_return Result<void>();
  co_return co_await keep(*std::move(changed));
}

Awaitable<Result<bool>> Audit::was_allowed(std::string principal, std::string digest) {
  model::Principal whose;
  whose.name = principal;
  WEFT_CO_TRY(const auto entries, co_await list(std::move(whose), kAuditMax));
  for (const AuditEntry& entry : entries) {
    if (entry.principal == principal && entry.digest == digest && entry.count == 0)
      co_return entry.allowed;
  }
  co_return false;
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
      const bool its = entry.principal == principal.name || entry.by == principal.name;
      if (!principal.admin && !its) continue;
      if (entry.count > 0) entry.count = counted(entry);
      out.push_back(std::move(entry));
    }
    after = rows.back().key;
  }
  std::ranges::reverse(out);
  if (out.size() > limit) out.resize(limit);
  co_return out;
}

}  // namespace weft::hub
