// Before a call is made: the question whether it may be, and the key under which it is made once.
#include <chrono>
#include <format>

#include "weft/hub/approval.h"
#include "weft/hub/approvals.h"
#include "weft/hub/audit.h"
#include "weft/hub/consent.h"
#include "weft/hub/dedup.h"
#include "weft/hub/dispatch.h"
#include "weft/hub/limits.h"

namespace weft::hub {
namespace {

std::string name_of(const Dispatch& dispatch) {
  return std::format("`{}/{}`", dispatch.entry->solution->id.str(), dispatch.skill->id.str());
}

std::string day_of(std::int64_t unix_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(unix_ms)};
  return std::format("{:%F}", std::chrono::floor<std::chrono::days>(at));
}

AuditEntry entry_of(const Dispatch& dispatch, std::string digest, std::string shown) {
  AuditEntry out;
  out.principal = dispatch.call->principal.name;
  out.solution = dispatch.entry->solution->id.str();
  out.skill = dispatch.skill->id.str();
  if (dispatch.chosen == Chosen::by_hub) out.said = json::string_at(dispatch.call->meta, kSaidMeta);
  out.digest = std::move(digest);
  out.shown = std::move(shown);
  return out;
}

std::string digest_now(const Dispatch& dispatch) {
  return consent_digest(*dispatch.entry->solution, *dispatch.skill, *dispatch.call);
}

/// A new id, or that of the last life's question: who was shown it may answer it still.
model::Ask::Consent consent_for(Dispatch& dispatch) {
  Hub& hub = *dispatch.hub;
  const std::int64_t now_ms = hub.clock().unix_ms();
  model::Ask::Consent out;
  out.digest = digest_now(dispatch);
  const auto before = std::exchange(dispatch.asked, std::nullopt);
  if (before && before->digest == out.digest && before->expires_ms - now_ms >= kAskLeftMinMs) {
    out.id = before->id;
    out.expires_ms = before->expires_ms;
  } else {
    out.id = make_ulid(now_ms, hub.random());
    out.expires_ms = now_ms + kAskTimeoutMs;
  }
  return out;
}

/// The question as it stands now; `lead`: what is said before it.
Awaitable<Result<model::Ask>> question(std::shared_ptr<Dispatch> dispatch, std::string lead) {
  const auto& solution = *dispatch->entry->solution;
  const auto& skill = *dispatch->skill;
  Hub& hub = *dispatch->hub;
  model::Ask ask = approval_ask(solution, skill, *dispatch->call);
  auto& item = ask.items.begin()->second;
  if (!lead.empty()) add_note(item, std::move(lead));
  SolutionId solution_id = solution.id;
  SkillId skill_id = skill.id;
  WEFT_CO_TRY(const auto last,
              co_await hub.approvals().last_allowed(std::move(solution_id), std::move(skill_id)));
  if (last && last->definition != definition_digest(solution, skill)) {
    add_note(item,
             std::format("What it says of itself has changed since it was last allowed, on {}.",
                         day_of(last->at_ms)));
  }
  model::Ask::Consent consent = consent_for(*dispatch);
  consent.approvers = approvers_of(dispatch->entry->request, skill, dispatch->call->principal);
  if (!consent.approvers.empty())
    add_note(item, std::format("This waits for approval by {}.", one_of(consent.approvers)));
  item.raw["digest"] = consent.digest;
  item.consent = std::move(consent);
  co_return ask;
}

/// Takes up the skill as its solution describes it now; whether it still is what was shown.
/// Errors: it is no more, or takes other arguments.
Result<bool> unchanged(Dispatch& dispatch, const std::string& digest) {
  const auto now =
      dispatch.hub->registry().snapshot()->find_shared(dispatch.entry->solution->id.str());
  if (now == dispatch.entry) return true;
  const auto* skill = now ? now->solution->skill(dispatch.skill->id.str()) : nullptr;
  if (skill == nullptr || !now->blocked.empty() || skill->shape != dispatch.skill->shape) {
    return fail(
        Reason::refused,
        std::format("{} changed while it was asked about: it was not called", name_of(dispatch)));
  }
  dispatch.entry = now;
  dispatch.skill = skill;
  if (digest_now(dispatch) == digest) return true;
  WEFT_CHECK(check_arguments(dispatch));
  return false;
}

/// What the answer comes to; `entry` says it.
void judge(const Dispatch& dispatch, const model::Ask::Consent& consent,
           const model::Answer& answer, AuditEntry& entry) {
  const std::string& by = answer.by.empty() ? entry.principal : answer.by;
  entry.words = answer.text;
  if (by != entry.principal) entry.by = by;
  entry.allowed = answer.action == model::AnswerAction::accept;
  if (!entry.allowed) return;
  if (dispatch.hub->clock().unix_ms() > consent.expires_ms) {
    entry.note = "it came after the question had expired";
  } else if (const auto listed = listed_approvers(dispatch.entry->request, *dispatch.skill);
             !listed.empty() && !std::ranges::contains(listed, by)) {
    // Also where the caller is one of them: a yes of somebody else is not its yes.
    entry.note = "it was not this one's to give";
  }
  entry.allowed = entry.note.empty();
}

/// Asks once; whether the yes stands.
Awaitable<Result<bool>> ask_once(std::shared_ptr<Dispatch> dispatch, std::string lead,
                                 Emitter& out) {
  WEFT_CO_TRY(auto ask, co_await question(dispatch, std::move(lead)));
  const auto consent = *ask.items.begin()->second.consent;
  AuditEntry entry = entry_of(*dispatch, consent.digest, ask.items.begin()->second.message);
  WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(ask)));
  judge(*dispatch, consent, answers.begin()->second, entry);
  const bool said_yes = entry.allowed;
  auto stands = said_yes ? unchanged(*dispatch, consent.digest) : Result<bool>(false);
  if (said_yes && !(stands && *stands)) {
    entry.allowed = false;
    entry.note = "the skill changed before the call was made";
  }
  const std::string why = entry.note;
  // Nothing is done that was not written down.
  WEFT_CO_CHECK(co_await dispatch->hub->audit().note(std::move(entry)));
  if (said_yes) co_return stands;
  co_return fail(Reason::refused, std::format("{} was not approved{}{}", name_of(*dispatch),
                                              why.empty() ? "" : ": ", why));
}

Awaitable<Result<void>> refuse_flood(std::shared_ptr<Dispatch> dispatch, Error error) {
  AuditEntry entry = entry_of(*dispatch, digest_now(*dispatch), error.message);
  entry.note = "too many questions for approval; not asked";
  WEFT_CO_CHECK(co_await dispatch->hub->audit().note_refused(std::move(entry)));
  co_return fail(std::move(error));
}

/// What was allowed before weft ended, and is made again under its key, was allowed.
Awaitable<Result<bool>> was_allowed(std::shared_ptr<Dispatch> dispatch) {
  if (!dispatch->again || dispatch->skill->effects.dedup_key.empty()) co_return false;
  std::string principal = dispatch->call->principal.name;
  std::string digest = digest_now(*dispatch);
  co_return co_await dispatch->hub->audit().was_allowed(std::move(principal), std::move(digest));
}

}  // namespace

Awaitable<Result<void>> allow(std::shared_ptr<Dispatch> dispatch, Emitter& out) {
  if (!needs_consent(*dispatch->entry, *dispatch->skill, dispatch->chosen))
    co_return Result<void>();
  WEFT_CO_TRY(const bool before, co_await was_allowed(dispatch));
  if (before) co_return Result<void>();
  auto open = dispatch->hub->approvals().open(dispatch->call->principal.name);
  if (!open) {
    Error error = std::move(open).error();
    co_return co_await refuse_flood(dispatch, std::move(error));
  }
  std::string lead;
  for (int round = 0; round < kApprovalRoundsMax; ++round) {
    std::string said = lead;
    WEFT_CO_TRY(const bool stands, co_await ask_once(dispatch, std::move(said), out));
    if (stands) {
      dispatch->asked_about = true;
      SolutionId solution = dispatch->entry->solution->id;
      SkillId skill = dispatch->skill->id;
      std::string definition = definition_digest(*dispatch->entry->solution, *dispatch->skill);
      co_return co_await dispatch->hub->approvals().note_allowed(
          std::move(solution), std::move(skill), std::move(definition));
    }
    lead = "It changed while you were asked: the answer to the last question does not count.";
  }
  co_return fail(Reason::refused, std::format("{} changed each of {} times that it was asked about",
                                              name_of(*dispatch), kApprovalRoundsMax));
}

Result<void> still_allowed(const Dispatch& dispatch) {
  if (!dispatch.asked_about) return {};
  const model::Solution& allowed = *dispatch.entry->solution;
  const auto now = dispatch.hub->registry().snapshot()->find_shared(allowed.id.str());
  if (now == dispatch.entry) return {};
  const auto* skill = now ? now->solution->skill(dispatch.skill->id.str()) : nullptr;
  const bool same =
      skill != nullptr && now->blocked.empty() &&
      definition_digest(*now->solution, *skill) == definition_digest(allowed, *dispatch.skill);
  if (same) return {};
  return fail(Reason::refused,
              std::format("{} changed after it was allowed: it was not called; call it again to be "
                          "asked about what it is now",
                          name_of(dispatch)));
}

Awaitable<Result<void>> give_key(std::shared_ptr<Dispatch> dispatch) {
  const std::string& argument = dispatch->skill->effects.dedup_key;
  const auto& call = dispatch->call;
  const auto* given = call->args ? call->args->if_object() : nullptr;
  if (argument.empty() || given == nullptr || given->contains(argument)) co_return Result<void>();
  auto kept = call;
  WEFT_CO_TRY(const std::string key, co_await dispatch->hub->dedup_keys().key_for(std::move(kept)));
  dispatch->own_call().args->as_object()[argument] = key;
  co_return Result<void>();
}

}  // namespace weft::hub
