// Consent: which calls are made only when a person says yes to the very words and values, and that
// it is written down. It holds for every door. Owned by hub.
#pragma once

#include <string>

#include "weft/hub/hub.h"
#include "weft/hub/registry.h"

namespace weft::hub {

/// Whether the hub asks before this call. What a caller names itself is asked about as `approval`
/// says; what the hub chose for a person (the concierge) whenever the skill may change something:
/// one that does not say that it only reads, or harms nothing, counts as destructive. `approval:
/// solution` says that the solution asks itself.
bool needs_consent(const Entry& entry, const model::Skill& skill, Chosen chosen);

/// What a yes is for: SHA-256 (hexadecimal) of who calls, the solution and its version, the skill
/// as it describes itself, and every argument, whatever the order of their names.
std::string consent_digest(const model::Solution& solution, const model::Skill& skill,
                           const model::Call& call);

/// What a skill is: SHA-256 (hexadecimal) of the solution's version and URL, and the skill as it
/// describes itself.
std::string definition_digest(const model::Solution& solution, const model::Skill& skill);

/// Names of keys that may answer instead of whoever calls; empty when that may.
/// Whose yes counts by configuration; empty: whoever calls.
std::vector<std::string> listed_approvers(const JoinRequest& request, const model::Skill& skill);
std::vector<std::string> approvers_of(const JoinRequest& request, const model::Skill& skill,
                                      const model::Principal& caller);

/// `alice`, `alice or bob`, `alice, bob or carol`.
std::string one_of(const std::vector<std::string>& names);

}  // namespace weft::hub
