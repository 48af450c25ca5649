#include "weft/hub/consent.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <format>

#include "weft/hub/approval.h"
#include "weft/model/codec.h"

namespace weft::hub {
namespace {

/// Objects by the order of their names, so that equal values are equal texts.
json::value sorted(const json::value& value) {
  if (const auto* list = value.if_array()) {
    json::array out;
    for (const json::value& each : *list) out.push_back(sorted(each));
    return out;
  }
  const auto* o = value.if_object();
  if (o == nullptr) return value;
  std::vector<std::string_view> names;
  names.reserve(o->size());
  for (const auto& [name, member] : *o) names.emplace_back(name);
  std::ranges::sort(names);
  json::object out;
  for (const std::string_view name : names) out[name] = sorted(o->at(name));
  return out;
}

json::object definition_of(const model::Solution& solution, const model::Skill& skill) {
  json::object what{{"solution", solution.id.str()},
                    {"version", solution.version},
                    {"url", solution.url},
                    {"skill", skill.id.str()},
                    {"description", skill.description}};
  if (skill.input_schema) what["schema"] = *skill.input_schema;
  if (skill.effects.cost) what["cost"] = model::to_string(*skill.effects.cost);
  return what;
}

std::string digest_of(const json::object& what) {
  const std::string text = json::write(sorted(what));
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size());
  std::string out;
  for (const unsigned char byte : digest) out += std::format("{:02x}", byte);
  return out;
}

bool may_change_something(const model::Effects& effects) {
  if (effects.read_only.value_or(false)) return false;
  return effects.destructive.value_or(true);
}

}  // namespace

bool needs_consent(const Entry& entry, const model::Skill& skill, Chosen chosen) {
  if (asks_first(entry.request, *entry.solution, skill)) return true;
  if (chosen == Chosen::by_caller || skill.shape == model::Shape::converse) return false;
  const auto& own = entry.request.approvals;
  if (own.contains(skill.id.str()) || own.contains("*")) return false;
  const auto& cost = skill.effects.cost;
  return may_change_something(skill.effects) || (cost && cost->amount > 0);
}

std::string consent_digest(const model::Solution& solution, const model::Skill& skill,
                           const model::Call& call) {
  json::object what = definition_of(solution, skill);
  what["principal"] = call.principal.name;
  if (call.args) what["arguments"] = *call.args;
  json::array turns;
  for (const model::Turn& turn : call.turns) turns.push_back(model::to_json(turn));
  what["turns"] = std::move(turns);
  return digest_of(what);
}

std::string definition_digest(const model::Solution& solution, const model::Skill& skill) {
  return digest_of(definition_of(solution, skill));
}

std::vector<std::string> listed_approvers(const JoinRequest& request, const model::Skill& skill) {
  auto found = request.approvers.find(skill.id.str());
  if (found == request.approvers.end()) found = request.approvers.find("*");
  return found == request.approvers.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::string> approvers_of(const JoinRequest& request, const model::Skill& skill,
                                      const model::Principal& caller) {
  auto listed = listed_approvers(request, skill);
  if (std::ranges::contains(listed, caller.name)) return {};
  return listed;
}

std::string one_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

}  // namespace weft::hub
