#include "weft/dialogue/talk/repertoire.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <map>

#include "weft/dialogue/language/phrases.h"
#include "weft/dialogue/language/vocabulary.h"
#include "weft/dialogue/router/words.h"
#include "weft/dialogue/talk/heard.h"

namespace weft::dialogue {
namespace {

std::string in_words(std::string_view id) {
  std::string out;
  for (const char c : id) {
    if (c == '_' || c == '-' || c == '.' || c == '/') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (c >= 'A' && c <= 'Z') {
      if (!out.empty() && out.back() >= 'a' && out.back() <= 'z') out += ' ';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

bool asked_for(const model::Solution& solution, const model::Skill& skill) {
  switch (skill.shape) {
    case model::Shape::invoke:
    case model::Shape::predict: return true;
    case model::Shape::converse: return solution.kind != model::Kind::model;
    default: return false;
  }
}

/// A form with one skill: that one.
std::shared_ptr<const PreparedForm> form_of(const KnownSkill& skill) {
  Form form;
  form.name = skill.title;
  form.description = skill.description;
  form.slots = skill.slots;
  FormSkill only{.name = skill.title, .description = skill.description};
  for (std::size_t i = 0; i < form.slots.size(); ++i) {
    if (form.slots[i].required) {
      only.required.push_back(i);
    } else {
      only.optional.push_back({.slot = i, .initial = form.slots[i].initial.value_or("")});
    }
  }
  form.skills.push_back(std::move(only));
  return std::make_shared<const PreparedForm>(prepare(std::move(form), english_vocabulary()));
}

/// The schema of a slot; null where it cannot be found.
const json::value* schema_of(const json::value& schema, std::string_view name) {
  const json::value* at = &schema;
  while (at != nullptr) {
    const auto dot = name.find('.');
    const json::value* properties = json::find(*at, "properties");
    at = properties == nullptr ? nullptr : json::find(*properties, name.substr(0, dot));
    if (dot == std::string_view::npos) return at;
    name.remove_prefix(dot + 1);
  }
  return nullptr;
}

std::optional<json::value> number_in(std::string_view text) {
  auto parsed = json::parse(text);
  if (parsed && parsed->is_number()) return *std::move(parsed);
  return std::nullopt;
}

}  // namespace

const Slot* KnownSkill::slot(std::string_view slot_name) const {
  const auto at = std::ranges::find(slots, slot_name, &Slot::name);
  return at == slots.end() ? nullptr : &*at;
}

std::vector<KnownSkill> known_skills(const model::Solution& solution,
                                     std::vector<std::string>& refused) {
  std::vector<KnownSkill> out;
  for (const model::Skill& skill : solution.skills) {
    if (!asked_for(solution, skill)) continue;
    KnownSkill known;
    known.solution = solution.id.str();
    known.skill = skill.id.str();
    known.title = skill.title.empty() ? in_words(known.skill) : skill.title;
    known.description = skill.description;
    known.examples = skill.examples;
    known.tags = skill.tags;
    known.converses = skill.shape == model::Shape::converse;
    known.risky = !skill.effects.read_only.value_or(false);
    known.schema = skill.input_schema;
    if (skill.input_schema && !known.converses) {
      auto slots = slots_of(*skill.input_schema);
      if (!slots) {
        refused.push_back(std::format("{}: {}", known.name(), slots.error().message));
        continue;
      }
      known.slots = *std::move(slots);
      // The key under which a call is made once is the hub's to fill.
      std::erase_if(known.slots,
                    [&](const Slot& slot) { return slot.name == skill.effects.dedup_key; });
    }
    out.push_back(std::move(known));
  }
  return out;
}

namespace {

std::string spaced(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

/// "a taxi there" is "a taxi": what stands for a place named before says nothing of what is wanted.
std::string without_places(std::string_view utterance) {
  const ReferenceWords& words = english_phrases().reference;
  const auto tokens = heard_words(utterance);
  std::string out;
  std::size_t from = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::size_t used = match(tokens, i, words.place);
    if (used == 0) continue;
    out += utterance.substr(from, tokens[i].begin - from);
    from = tokens[i + used - 1].end;
    i += used - 1;
  }
  out += utterance.substr(from);
  return out;
}

/// Adds what `more` says to each title that two skills have.
void add_to_equal_titles(std::vector<KnownSkill>& skills, auto more) {
  std::map<std::string, int> titles;
  for (const KnownSkill& each : skills) ++titles[each.title];
  for (KnownSkill& each : skills) {
    if (titles.at(each.title) > 1) each.title += " (" + more(each) + ")";
  }
}

/// Two of one title are told apart by whose they are, "Predict (fraud)", or else by their names.
void tell_apart(std::vector<KnownSkill>& skills) {
  add_to_equal_titles(skills, [](const KnownSkill& each) { return in_words(each.solution); });
  add_to_equal_titles(skills, [](const KnownSkill& each) { return each.name(); });
}

}  // namespace

Repertoire::Repertoire(std::vector<KnownSkill> skills) : skills_(std::move(skills)) {
  tell_apart(skills_);
  for (KnownSkill& each : skills_) each.form = form_of(each);
  std::vector<RoutedSkill> routed;
  routed.reserve(skills_.size());
  for (const KnownSkill& each : skills_) {
    routed.push_back({.id = each.name(),
                      .name = each.title,
                      .description = each.description,
                      .examples = each.examples,
                      .parameters = each.schema && !each.converses ? parameters_of(*each.schema)
                                                                   : std::vector<RoutedParameter>(),
                      .tags = each.tags});
  }
  if (auto router = Router::train(routed)) router_ = *std::move(router);
  for (std::size_t i = 0; i < skills_.size(); ++i) {
    const auto [at, added] = titles_.try_emplace(spaced(words_of(skills_[i].title)), i);
    if (!added) at->second.reset();
  }
}

const KnownSkill* Repertoire::find(std::string_view name) const {
  const auto at =
      std::ranges::find_if(skills_, [&](const KnownSkill& each) { return each.name() == name; });
  return at == skills_.end() ? nullptr : &*at;
}

Routing Repertoire::route(std::string_view utterance) const {
  if (!router_) return {};
  Routing out = router_->route(without_places(utterance));
  if (const auto named = titled(utterance)) {
    // In its own words, as the concierge itself says them.
    const auto at = std::ranges::find(out.ranked, *named, &RankedSkill::skill);
    if (at != out.ranked.end()) {
      std::rotate(out.ranked.begin(), at, at + 1);
    } else {
      out.ranked.insert(out.ranked.begin(), {.skill = *named, .score = out.ranked.front().score});
    }
    out.zone = Zone::go;
  }
  return out;
}

std::optional<std::size_t> Repertoire::titled(std::string_view utterance) const {
  const auto at = titles_.find(spaced(words_of(utterance)));
  return at == titles_.end() || !at->second ? std::nullopt : at->second;
}

const Thresholds& Repertoire::thresholds() const {
  static constexpr Thresholds kNone;
  return router_ ? router_->thresholds() : kNone;
}

json::value Repertoire::typed(const KnownSkill& skill, const Slot& slot, std::string_view text) {
  if (slot.kind == SlotKind::choice && skill.schema) {
    const json::value* schema = schema_of(*skill.schema, slot.name);
    const auto* choices = schema != nullptr && schema->is_object()
                              ? json::array_at(schema->get_object(), "enum")
                              : nullptr;
    if (choices != nullptr) {
      for (const json::value& each : *choices) {
        if (!each.is_string() && json::write(each) == text) return each;
      }
    }
  }
  switch (slot.kind) {
    case SlotKind::boolean:
      if (text == "true" || text == "True") return true;
      if (text == "false" || text == "False") return false;
      break;
    case SlotKind::integer:
    case SlotKind::number:
    case SlotKind::money:
      if (auto number = number_in(text)) return *std::move(number);
      break;
    default: break;
  }
  return json::value(text);
}

}  // namespace weft::dialogue
