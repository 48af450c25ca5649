#include "weft/adapters/oip/names.h"

#include <format>

namespace weft::adapters::oip {

std::string model_name(const model::Solution& solution, const model::Skill& skill) {
  if (solution.skills.size() == 1) return solution.id.str();
  return std::format("{}.{}", solution.id.str(), skill.id.str());
}

Result<hub::SkillRef> find_model(const hub::Snapshot& snapshot, std::string_view name,
                                 const hub::Audience& audience) {
  const auto dot = name.find('.');
  const std::string_view solution = name.substr(0, dot);
  const std::string_view skill = dot == name.npos ? std::string_view() : name.substr(dot + 1);
  WEFT_TRY(auto found, hub::find_skill(snapshot, solution, skill, &audience));
  if (!audience.may_know(solution)) return fail(hub::may_not_call(audience.principal, solution));
  return found;
}

std::string version_of(const model::Solution& solution) {
  return solution.version.empty() ? "1" : solution.version;
}

}  // namespace weft::adapters::oip
