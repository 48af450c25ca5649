// Outward names: what each protocol calls a skill, and the way back. Injective by construction.
// Owned by hub; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/hub/registry.h"

namespace weft::hub {

class Keys;

/// Whom an error's words are for: a key's owner is told nothing of solutions that the key may not
/// call.
struct Audience {
  const Keys& keys;
  const model::Principal& principal;
  bool may_know(std::string_view solution) const;
};

/// What the owner of a key is told who calls a solution that it may not call.
Error may_not_call(const model::Principal& principal, std::string_view solution);

struct SkillRef {
  std::shared_ptr<const Entry> entry;
  const model::Skill* skill = nullptr;
};

/// `SOLUTION__SKILL` for the view of all solutions, `SKILL` for one: characters outside
/// [A-Za-z0-9_-] replaced (one alone may have dots), at most 64, with an 8-hex hash tail where
/// something was replaced or cut.
std::string tool_name(std::string_view solution, std::string_view skill);
std::string tool_name(std::string_view skill);
/// The skill that a tool name means in a snapshot.
std::optional<SkillRef> find_tool(const Snapshot& snapshot, std::string_view tool);
std::optional<SkillRef> find_tool(std::shared_ptr<const Entry> entry, std::string_view tool);

/// The model names of a snapshot: `tool/SOL/SKILL`, `model/SOL[/MODEL]`, `agent/SOL`,
/// `predict/SOL`, and `SOL` as an alias.
struct ModelName {
  std::string name;
  std::string solution;
  std::string skill;
};
std::vector<ModelName> model_names(const Snapshot& snapshot);
/// What a model name means: the skill, and for `model/SOL/X` the upstream model X. An agent or
/// toolset named without a skill gives its only skill, or else an entry with no skill: the caller
/// must be asked which. The error lists the nearest names that the audience may know (all without
/// one).
struct ModelRef {
  SkillRef ref;
  std::string upstream_model;
};
Result<ModelRef> find_model(const Snapshot& snapshot, std::string_view model,
                            const Audience* audience = nullptr);

/// Why a solution is not in the snapshot: it is known and has not joined yet (`unavailable`), or
/// there is none of this name (`solution_not_found`, with the nearest that the audience may know).
Error missing_solution(const Snapshot& snapshot, std::string_view solution,
                       const Audience* audience = nullptr);

/// `SOLUTION/SKILL` or `SOLUTION` (its only skill); the error lists the nearest names that the
/// audience may know.
Result<SkillRef> find_skill(const Snapshot& snapshot, std::string_view solution,
                            std::string_view skill, const Audience* audience = nullptr);

}  // namespace weft::hub
