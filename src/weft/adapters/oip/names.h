// Model names: `SOLUTION`, or `SOLUTION.SKILL` (solutions have no dot in their names), and the way
// back. Owned by adapters/oip; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/hub/names.h"

namespace weft::adapters::oip {

/// The name under which a skill is listed.
std::string model_name(const model::Solution& solution, const model::Skill& skill);
/// What a name means; one without a skill is the only skill, or the one that converses. Errors:
/// Reason::solution_not_found with the nearest, Reason::permission_denied.
Result<hub::SkillRef> find_model(const hub::Snapshot& snapshot, std::string_view name,
                                 const hub::Audience& audience);
/// A solution's version as this protocol has one: `1` where it names none.
std::string version_of(const model::Solution& solution);

}  // namespace weft::adapters::oip
