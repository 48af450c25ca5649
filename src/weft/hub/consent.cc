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
  return may_change_something(skill.effects);
}

std::string consent_digest(const model::Solution& solution, const model::Skill& skill,
                           const model::Call& call) {
  json::object what{{"principal", call.principal.name}, {"solution", solution.id.str()},
                    {"version", solution.version},      {"url", solution.url},
                    {"skill", skill.id.str()},          {"description", skill.description}};
  if (skill.input_schema) what["schema"] = *skill.input_schema;
  if (call.args) what["arguments"] = *call.args;
  json::array turns;
  for (const model::Turn& turn : call.turns) turns.push_back(model::to_json(turn));
  what["turns"] = std::move(turns);
  const std::string text = json::write(sorted(what));
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size());
  std::string out;
  for (const unsigned char byte : digest) out += std::format("{:02x}", byte);
  return out;
}

}  // namespace weft::hub
