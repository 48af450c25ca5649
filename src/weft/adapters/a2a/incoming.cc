#include "weft/adapters/a2a/incoming.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/a2a/outgoing.h"
#include "weft/hub/names.h"

namespace weft::adapters::a2a {
namespace {

struct Named {
  std::string skill;
  std::optional<json::value> parameters;
};

/// A data part of exactly {skill} or {skill, parameters}: anything more is the caller's own data.
std::optional<Named> named_by_data(const Message& message) {
  for (const model::Part& part : message.parts) {
    const auto* data = std::get_if<model::Data>(&part.body);
    if (data == nullptr || !data->json.is_object()) continue;
    const json::object& object = data->json.get_object();
    const std::string_view skill = json::string_at(object, "skill");
    const json::value* parameters = json::find(object, "parameters");
    if (skill.empty() || object.size() > (parameters == nullptr ? 1U : 2U)) continue;
    Named out{std::string(skill), std::nullopt};
    if (parameters != nullptr) out.parameters = *parameters;
    return out;
  }
  return std::nullopt;
}

std::optional<Named> named_by_metadata(const SendRequest& request) {
  for (const json::object* metadata : {&request.message.metadata, &request.metadata}) {
    const std::string_view skill = json::string_at(*metadata, kSkillMeta);
    if (!skill.empty()) return Named{std::string(skill), std::nullopt};
  }
  return std::nullopt;
}

std::vector<std::string> names_in(const Scope& scope) {
  std::vector<std::string> out;
  if (scope.entry) {
    for (const model::Skill& skill : scope.entry->solution->skills) out.push_back(skill.id.str());
    return out;
  }
  for (const auto& entry : scope.snapshot->entries) {
    const std::string& solution = entry->solution->id.str();
    for (const model::Skill& skill : entry->solution->skills)
      out.push_back(hub::tool_name(solution, skill.id.str()));
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 40;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i)
    out += (i == 0 ? "`" : ", `") + names[i] + "`";
  if (names.size() > kShown) out += std::format(" and {} more", names.size() - kShown);
  return out.empty() ? "none" : out;
}

/// The skill for a message that names none.
Target unnamed(const Scope& scope) {
  std::shared_ptr<const hub::Entry> entry = scope.entry;
  if (!entry && scope.snapshot->entries.size() == 1) entry = scope.snapshot->entries.front();
  if (!entry) return {};
  const std::vector<model::Skill>& skills = entry->solution->skills;
  if (skills.size() == 1) return {entry, &skills.front(), std::nullopt};
  const auto talks = std::ranges::find_if(
      skills, [](const model::Skill& skill) { return skill.shape == model::Shape::converse; });
  if (talks == skills.end()) return {entry, nullptr, std::nullopt};
  return {entry, &*talks, std::nullopt};
}

std::optional<json::value> first_data(const Message& message) {
  for (const model::Part& part : message.parts) {
    if (const auto* data = std::get_if<model::Data>(&part.body)) return data->json;
  }
  return std::nullopt;
}

json::array array_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

/// What the model has no place for, kept for a solution that speaks A2A too.
json::object keep(const SendRequest& request) {
  json::object out;
  const auto bare = [](json::object metadata) {
    metadata.erase(kSkillMeta);
    return metadata;
  };
  if (json::object metadata = bare(request.metadata); !metadata.empty())
    out["metadata"] = std::move(metadata);
  if (json::object metadata = bare(request.message.metadata); !metadata.empty()) {
    out["messageMetadata"] = std::move(metadata);
  }
  if (!request.message.extensions.empty()) out["extensions"] = array_of(request.message.extensions);
  if (!request.accepted_output_modes.empty())
    out["acceptedOutputModes"] = array_of(request.accepted_output_modes);
  if (!request.activate.empty()) out["activate"] = array_of(request.activate);
  return out;
}

bool wants_json(const SendRequest& request) {
  const auto& modes = request.accepted_output_modes;
  return modes.size() == 1 && modes.front() == "application/json";
}

}  // namespace

Target find_named(const Scope& scope, std::string_view name) {
  if (scope.entry) return {scope.entry, scope.entry->solution->skill(name), std::nullopt};
  if (const auto found = hub::find_tool(*scope.snapshot, name))
    return {found->entry, found->skill, std::nullopt};
  return {};
}

Result<Target> find_target(const Scope& scope, const SendRequest& request) {
  auto named = named_by_data(request.message);
  const bool by_data = named.has_value();
  if (!named) named = named_by_metadata(request);
  if (!named) return unnamed(scope);
  Target target = find_named(scope, named->skill);
  if (target.skill != nullptr) {
    target.parameters = std::move(named->parameters);
    return target;
  }
  // An agent of its own may mean something by it that its card does not list.
  if (by_data && scope.entry && scope.entry->solution->protocol == "a2a") return unnamed(scope);
  return fail(
      make_argument_error("/message", std::format("{} has no skill `{}`; it has {}", scope.name(),
                                                  named->skill, joined(names_in(scope)))));
}

model::Ask which_skill(const Scope& scope) {
  const std::vector<std::string> names = names_in(scope);
  json::object skill{{"type", "string"}, {"enum", array_of(names)}};
  json::object parameters{{"type", "object"}, {"description", "The arguments of the skill."}};
  json::object properties{{"skill", std::move(skill)}, {"parameters", std::move(parameters)}};
  json::object schema{{"type", "object"},
                      {"properties", std::move(properties)},
                      {"required", json::array{"skill"}}};
  model::Ask::Item item;
  item.kind = model::Ask::Kind::form;
  item.message = std::format(
      "Which skill of {}? Send a data part {{\"skill\": NAME, \"parameters\": {{…}}}}; there are "
      "{}.",
      scope.name(), joined(names));
  item.schema = json::value(std::move(schema));
  model::Ask ask;
  ask.items["skill"] = std::move(item);
  return ask;
}

void read_call(Target& target, SendRequest request, model::Call& call) {
  const model::Solution& solution = *target.entry->solution;
  call.solution = solution.id;
  if (target.skill != nullptr) call.skill = target.skill->id;
  call.dedup_key = request.message.id;
  if (wants_json(request)) call.gen.format = "json";
  const bool converse = target.skill == nullptr || target.skill->shape == model::Shape::converse;
  if (solution.protocol == "a2a") {
    json::object kept = keep(request);
    // The caller's name for the skill was this hub's; the agent knows it by its own.
    if (named_by_metadata(request) && target.skill != nullptr) {
      if (!kept.contains("messageMetadata")) kept["messageMetadata"] = json::object();
      kept["messageMetadata"].get_object()[kSkillMeta] = target.skill->id.str();
    }
    call.meta[kMetaKey] = std::move(kept);
  }
  // An agent that talks gets the message as it is, its data parts with it.
  const bool as_it_is = converse && solution.protocol == "a2a";
  if (!as_it_is && target.parameters) {
    call.args = std::exchange(target.parameters, std::nullopt);
  } else if (!converse) {
    call.args = first_data(request.message);
  }
  // Arguments speak for themselves; a model is told them as what is said.
  if (!as_it_is && converse && call.args) return call.turns.clear();
  model::Turn turn;
  turn.id = std::move(request.message.id);
  turn.role = model::Role::user;
  turn.parts = std::move(request.message.parts);
  call.turns.push_back(std::move(turn));
}

}  // namespace weft::adapters::a2a
