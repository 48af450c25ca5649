#include "weft/hub/names.h"

#include <sodium.h>

#include <algorithm>
#include <format>
#include <functional>
#include <span>

#include "weft/base/hex.h"
#include "weft/hub/keys.h"
#include "weft/hub/nearest.h"

namespace weft::hub {
namespace {

constexpr std::size_t kNameCharsMax = 64;
constexpr std::size_t kTailChars = 9;
constexpr std::size_t kNearest = 5;

bool plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// What the name of a tool may hold that stands alone; the functions of chat models know no dot.
bool plain_or_dot(char c) { return plain(c) || c == '.'; }

bool slug_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

bool hex_char(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/// A name that looks as if it had a tail: it gets one of its own, so that no name is another's with
/// its tail.
bool has_tail(std::string_view name) {
  if (name.size() < kTailChars || name[name.size() - kTailChars] != '_') return false;
  return std::ranges::all_of(name.substr(name.size() - kTailChars + 1), hex_char);
}

std::string tail(std::string_view solution, std::string_view skill) {
  const std::string whole = std::format("{}:{}:{}", solution.size(), solution, skill);
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(whole.data()),
                     whole.size(), nullptr, 0);
  return "_" + hex(std::span(hash).first(4));
}

std::string mangled(std::string_view name, bool fits, bool (*allowed)(char),
                    std::string_view solution, std::string_view skill) {
  fits = fits && !name.empty() && name.size() <= kNameCharsMax && !has_tail(name) &&
         std::ranges::all_of(name, allowed);
  if (fits) return std::string(name);
  std::string out(name.substr(0, kNameCharsMax - kTailChars));
  std::ranges::replace_if(out, std::not_fn(allowed), '_');
  return out + tail(solution, skill);
}

const model::Skill* only_skill(const model::Solution& solution) {
  return solution.skills.size() == 1 ? &solution.skills.front() : nullptr;
}

const model::Skill* first_of(const model::Solution& solution, model::Shape shape) {
  const auto found = std::ranges::find(solution.skills, shape, &model::Skill::shape);
  return found == solution.skills.end() ? nullptr : &*found;
}

/// The skill that a solution is called by when none is named.
const model::Skill* default_skill(const model::Solution& solution) {
  if (const auto* only = only_skill(solution)) return only;
  if (solution.kind != model::Kind::model && solution.kind != model::Kind::agent) return nullptr;
  return first_of(solution, model::Shape::converse);
}

/// The upstream models that a solution of kind model lists: `raw.models`, names or objects with an
/// id.
std::vector<std::string> upstream_models(const model::Solution& solution) {
  std::vector<std::string> out;
  const json::array* models = json::array_at(solution.raw, "models");
  if (solution.kind != model::Kind::model || !models) return out;
  for (const auto& item : *models) {
    const json::value* id = item.is_string() ? &item : json::find(item, "id");
    if (id && id->is_string()) out.emplace_back(id->get_string());
  }
  return out;
}

void add_names(const model::Solution& solution, std::vector<ModelName>& out) {
  const std::string& id = solution.id.str();
  const auto* main = default_skill(solution);
  const std::string skill = main ? main->id.str() : "";
  const auto add = [&](std::string name, std::string of) {
    out.push_back({std::move(name), id, std::move(of)});
  };
  switch (solution.kind) {
    case model::Kind::model:
      add("model/" + id, skill);
      for (const auto& upstream : upstream_models(solution))
        add(std::format("model/{}/{}", id, upstream), skill);
      break;
    case model::Kind::predictor: add("predict/" + id, skill); break;
    case model::Kind::agent:
    case model::Kind::flow: add("agent/" + id, skill); break;
    default: break;
  }
  if (solution.kind != model::Kind::model) {
    for (const auto& one : solution.skills)
      add(std::format("tool/{}/{}", id, one.id.str()), one.id.str());
  }
  add(id, skill);
}

bool knows(const Audience* audience, std::string_view solution) {
  return audience == nullptr || audience->may_know(solution);
}

/// What went wrong is for people who may see its place and its command: `weft ls` shows it.
std::optional<Error> absent_solution(const Snapshot& snapshot, std::string_view solution,
                                     const Audience* audience) {
  if (!snapshot.absent || !snapshot.absent->contains(solution)) return std::nullopt;
  if (!knows(audience, solution)) return std::nullopt;
  Error error =
      make_error(Reason::unavailable,
                 std::format("solution \"{}\": it has not joined yet; weft tries it again "
                             "until it does",
                             solution));
  error.solution = solution;
  return error;
}

Error unknown_model(const Snapshot& snapshot, std::string_view model, const Audience* audience) {
  std::vector<std::string> known;
  for (auto& name : model_names(snapshot)) {
    if (knows(audience, name.solution)) known.push_back(std::move(name.name));
  }
  return make_error(Reason::solution_not_found,
                    std::format("there is no model `{}`; nearest: {}", model,
                                quoted_list(nearest(model, known, kNearest))));
}

ModelRef refer(std::shared_ptr<const Entry> entry, const model::Skill* skill,
               std::string_view upstream) {
  return ModelRef{SkillRef{std::move(entry), skill}, std::string(upstream)};
}

/// What follows the solution's name: a skill, or for a model the upstream model's name.
std::optional<ModelRef> refer_rest(std::shared_ptr<const Entry> entry, std::string_view rest) {
  const model::Solution& solution = *entry->solution;
  if (rest.empty()) return refer(entry, default_skill(solution), "");
  if (const auto* skill = solution.skill(rest)) {
    // One skill for each upstream model: the name is both.
    const bool is_model = solution.kind == model::Kind::model &&
                          std::ranges::contains(upstream_models(solution), rest);
    return refer(entry, skill, is_model ? rest : std::string_view());
  }
  if (solution.kind == model::Kind::model) return refer(entry, default_skill(solution), rest);
  return std::nullopt;
}

/// A bare upstream model's name, as a client sends it that knows nothing of weft: when one solution
/// alone, of those that the caller may know, has it.
std::optional<ModelRef> refer_upstream(const Snapshot& snapshot, std::string_view model,
                                       const Audience* audience) {
  std::optional<ModelRef> found;
  for (const auto& entry : snapshot.entries) {
    if (!std::ranges::contains(upstream_models(*entry->solution), model)) continue;
    if (!knows(audience, entry->solution->id.str())) continue;
    if (found) return std::nullopt;
    found = refer_rest(entry, model);
  }
  return found;
}

}  // namespace

bool Audience::may_know(std::string_view solution) const {
  return keys.may_call(principal, solution);
}

Error may_not_call(const model::Principal& principal, std::string_view solution) {
  return make_error(Reason::permission_denied,
                    std::format("the key `{}` may not call `{}`", principal.name, solution));
}

std::string tool_name(std::string_view solution, std::string_view skill) {
  const bool slug = !solution.empty() && std::ranges::all_of(solution, slug_char);
  return mangled(std::format("{}__{}", solution, skill), slug && !skill.empty(), plain, solution,
                 skill);
}

/// Dots alone would be another folder wherever a name is part of a path.
std::string tool_name(std::string_view skill) {
  return mangled(skill, skill.find_first_not_of('.') != skill.npos, plain_or_dot, "", skill);
}

std::optional<SkillRef> find_tool(const Snapshot& snapshot, std::string_view tool) {
  // Solutions have no `_` in their names, and none is ever cut from a tool's.
  auto entry = snapshot.find_shared(tool.substr(0, tool.find('_')));
  if (!entry) return std::nullopt;
  const std::string& id = entry->solution->id.str();
  const auto matches = [&](const model::Skill& skill) {
    return tool_name(id, skill.id.str()) == tool;
  };
  if (tool.size() > id.size() + 2) {
    const auto* skill = entry->solution->skill(tool.substr(id.size() + 2));
    if (skill && matches(*skill)) return SkillRef{std::move(entry), skill};
  }
  for (const auto& skill : entry->solution->skills) {
    if (matches(skill)) return SkillRef{std::move(entry), &skill};
  }
  return std::nullopt;
}

std::optional<SkillRef> find_tool(std::shared_ptr<const Entry> entry, std::string_view tool) {
  const auto* named = entry->solution->skill(tool);
  if (named && tool_name(tool) == tool) return SkillRef{std::move(entry), named};
  for (const auto& skill : entry->solution->skills) {
    if (tool_name(skill.id.str()) == tool) return SkillRef{std::move(entry), &skill};
  }
  return std::nullopt;
}

std::vector<ModelName> model_names(const Snapshot& snapshot) {
  std::vector<ModelName> out;
  for (const auto& entry : snapshot.entries) add_names(*entry->solution, out);
  return out;
}

Result<ModelRef> find_model(const Snapshot& snapshot, std::string_view model,
                            const Audience* audience) {
  std::string_view rest = model;
  for (const std::string_view prefix : {"tool/", "model/", "agent/", "predict/"}) {
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    break;
  }
  const std::size_t slash = rest.find('/');
  auto entry = snapshot.find_shared(rest.substr(0, slash));
  std::optional<ModelRef> found;
  if (entry)
    found = refer_rest(entry, slash == rest.npos ? std::string_view() : rest.substr(slash + 1));
  if (!found) found = refer_upstream(snapshot, model, audience);
  if (!found && !entry) {
    if (auto absent = absent_solution(snapshot, rest.substr(0, slash), audience))
      return fail(*std::move(absent));
  }
  if (!found) return fail(unknown_model(snapshot, model, audience));
  return *std::move(found);
}

Error missing_solution(const Snapshot& snapshot, std::string_view solution,
                       const Audience* audience) {
  if (auto absent = absent_solution(snapshot, solution, audience)) return *std::move(absent);
  std::vector<std::string> known;
  known.reserve(snapshot.entries.size());
  for (const auto& one : snapshot.entries) {
    if (knows(audience, one->solution->id.str())) known.push_back(one->solution->id.str());
  }
  return make_error(Reason::solution_not_found,
                    std::format("no solution `{}` has joined; nearest: {}", solution,
                                quoted_list(nearest(solution, known, kNearest))));
}

Result<SkillRef> find_skill(const Snapshot& snapshot, std::string_view solution,
                            std::string_view skill, const Audience* audience) {
  auto entry = snapshot.find_shared(solution);
  if (!entry) return fail(missing_solution(snapshot, solution, audience));
  const auto* found =
      skill.empty() ? default_skill(*entry->solution) : entry->solution->skill(skill);
  if (found) return SkillRef{std::move(entry), found};
  if (!knows(audience, solution)) return fail(may_not_call(audience->principal, solution));
  std::vector<std::string> known;
  for (const auto& one : entry->solution->skills) known.push_back(one.id.str());
  if (skill.empty()) {
    return fail(Reason::solution_not_found,
                std::format("`{}` has {} skills; name one: {}", solution, known.size(),
                            quoted_list(nearest("", known, 12))));
  }
  return fail(Reason::solution_not_found,
              std::format("`{}` has no skill `{}`; nearest: {}", solution, skill,
                          quoted_list(nearest(skill, known, kNearest))));
}

}  // namespace weft::hub
