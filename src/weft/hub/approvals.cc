#include "weft/hub/approvals.h"

#include <algorithm>
#include <format>

#include "weft/hub/limits.h"
#include "weft/store/tables.h"

namespace weft::hub {
namespace {

const std::string kSpace = "allowed_skills";

std::string key_of(const SolutionId& solution, const SkillId& skill) {
  return std::format("{}\n{}", solution.str(), skill.str());
}

}  // namespace

Result<void> Approvals::count_in(Count& count, std::int64_t now_ms) {
  if (now_ms - count.began_ms >= kApprovalsWindowMs) {
    count.asked = 0;
    count.began_ms = now_ms;
  }
  const bool many = count.open >= kApprovalsOpenMax;
  if (!many && count.asked < kApprovalsPerMinuteMax) {
    count.open += 1;
    count.asked += 1;
    return {};
  }
  Error error = make_error(
      Reason::rate_limited,
      many
          ? std::format(
                "{} calls of yours wait for approval already, and no more are kept waiting; "
                "have some answered (`weft approvals` lists them) or cancelled",
                kApprovalsOpenMax)
          : std::format("you asked for approval {} times within a minute, which is the limit; wait "
                        "before you ask again",
                        kApprovalsPerMinuteMax));
  error.retry_after = Milliseconds(
      std::max<std::int64_t>(1'000, many ? 1'000 : count.began_ms + kApprovalsWindowMs - now_ms));
  return fail(std::move(error));
}

Result<Approvals::Open> Approvals::open(const std::string& principal) {
  const std::int64_t now_ms = clock_.unix_ms();
  const std::scoped_lock lock(counts_->mutex);
  auto& counts = counts_->by_principal;
  if (counts.size() >= kApprovalsPrincipalsMax) {
    std::erase_if(counts, [now_ms](const auto& each) {
      return each.second.open == 0 && now_ms - each.second.began_ms >= kApprovalsWindowMs;
    });
  }
  WEFT_CHECK(count_in(counts[principal], now_ms));
  return Open(counts_, principal);
}

Approvals::Open::~Open() {
  if (!counts_) return;
  const std::scoped_lock lock(counts_->mutex);
  counts_->by_principal[principal_].open -= 1;
}

Awaitable<Result<std::optional<Approvals::Allowed>>> Approvals::last_allowed(SolutionId solution,
                                                                             SkillId skill) {
  std::string key = key_of(solution, skill);
  WEFT_CO_TRY(const auto row, co_await tables_.get(kSpace, std::move(key)));
  const auto* o = row ? row->if_object() : nullptr;
  if (o == nullptr) co_return std::nullopt;
  co_return Allowed{.at_ms = json::int_at(*o, "at_ms").value_or(0),
                    .definition = std::string(json::string_at(*o, "definition"))};
}

Awaitable<Result<void>> Approvals::note_allowed(SolutionId solution, SkillId skill,
                                                std::string definition) {
  std::string key = key_of(solution, skill);
  json::value row = json::object{{"at_ms", clock_.unix_ms()}, {"definition", definition}};
  co_return co_await tables_.put(kSpace, std::move(key), std::move(row));
}

}  // namespace weft::hub
