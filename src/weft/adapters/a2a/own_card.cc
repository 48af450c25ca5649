#include "weft/adapters/a2a/own_card.h"

#include <format>
#include <utility>

#include "weft/adapters/a2a/limits.h"
#include "weft/hub/names.h"

namespace weft::adapters::a2a {
namespace {

void add_interfaces(Card& card, const std::string& url) {
  card.interfaces.push_back({url, "JSONRPC", "1.0", ""});
  card.interfaces.push_back({url, "HTTP+JSON", "1.0", ""});
  card.interfaces.push_back({url, "JSONRPC", "0.3", ""});
  card.interfaces.push_back({url, "HTTP+JSON", "0.3", ""});
}

CardSkill card_skill(const model::Skill& skill, std::string id) {
  CardSkill out;
  out.id = std::move(id);
  out.name = skill.title.empty() ? skill.id.str() : skill.title;
  out.description = skill.description.empty() ? out.name : skill.description;
  out.tags = skill.tags;
  if (out.tags.empty()) out.tags.emplace_back(model::to_string(skill.shape));
  out.examples = skill.examples;
  out.input_modes = skill.media_in;
  out.output_modes = skill.media_out;
  if (skill.shape != model::Shape::converse) {
    out.input = skill.input_schema;
    out.output = skill.output_schema;
  }
  return out;
}

Card base_card(const Shown& shown) {
  Card card;
  card.input_modes = {"text/plain", "application/json"};
  card.output_modes = {"text/plain", "application/json"};
  card.streaming = true;
  card.extended = true;
  card.bearer = shown.bearer;
  return card;
}

}  // namespace

Card solution_card(const hub::Entry& entry, const Shown& shown) {
  const model::Solution& solution = *entry.solution;
  Card card = base_card(shown);
  card.name = solution.title.empty() ? solution.id.str() : solution.title;
  card.description = solution.description.empty() ? card.name : solution.description;
  card.version = solution.version.empty() ? "1.0.0" : solution.version;
  // What a caller activates is handed on to an agent, and means nothing to others.
  if (solution.protocol == "a2a") card.extensions = extensions_of(solution.raw);
  add_interfaces(card, shown.url + "/a2a/" + solution.id.str());
  for (const model::Skill& skill : solution.skills) {
    if (card.skills.size() >= kCardSkillsMax) break;
    card.skills.push_back(card_skill(skill, skill.id.str()));
  }
  return card;
}

Card hub_card(const hub::Snapshot& snapshot, const Shown& shown, bool full) {
  Card card = base_card(shown);
  card.name = "weft";
  card.description =
      "A hub of solutions that speak many protocols. Name a skill in a data part {\"skill\": NAME, "
      "\"parameters\": "
      "{…}}, or a solution as the tenant.";
  card.version = WEFT_VERSION;
  const std::string url = shown.url + "/a2a";
  add_interfaces(card, url);
  if (!full) return card;
  std::size_t tenants = 0;
  for (const auto& entry : snapshot.entries) {
    const std::string& id = entry->solution->id.str();
    if (tenants++ < kCardTenantsMax) card.interfaces.push_back({url, "JSONRPC", "1.0", id});
    for (const model::Skill& skill : entry->solution->skills) {
      if (card.skills.size() >= kCardSkillsMax) return card;
      card.skills.push_back(card_skill(skill, hub::tool_name(id, skill.id.str())));
      card.skills.back().tags.push_back(id);
    }
  }
  return card;
}

}  // namespace weft::adapters::a2a
