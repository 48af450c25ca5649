#include "weft/dialogue/llm/scene.h"

#include <algorithm>
#include <charconv>

#include "weft/base/text.h"
#include "weft/dialogue/limits.h"
#include "weft/dialogue/llm/limits.h"

namespace weft::dialogue {
namespace {

/// The number after `prefix`, counted from 0.
std::optional<std::size_t> numbered(std::string_view id, std::string_view prefix) {
  if (!id.starts_with(prefix)) return std::nullopt;
  id.remove_prefix(prefix.size());
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size() || number == 0) return std::nullopt;
  return number - 1;
}

json::object type_of(const Slot& slot) {
  switch (slot.kind) {
    case SlotKind::integer: return {{"type", "integer"}};
    case SlotKind::number:
    case SlotKind::money: return {{"type", "number"}};
    case SlotKind::boolean: return {{"type", "boolean"}};
    case SlotKind::date: return {{"type", "string"}, {"format", "date"}};
    case SlotKind::time: return {{"type", "string"}, {"format", "time"}};
    case SlotKind::date_time: return {{"type", "string"}, {"format", "date-time"}};
    case SlotKind::duration: return {{"type", "string"}, {"format", "duration"}};
    case SlotKind::email: return {{"type", "string"}, {"format", "email"}};
    case SlotKind::url: return {{"type", "string"}, {"format", "uri"}};
    default: return {{"type", "string"}};
  }
}

/// The router's best for it that are not there yet.
void add_best(Scene& scene, const Repertoire& repertoire, std::string_view text,
              std::size_t& bytes) {
  for (const RankedSkill& each : repertoire.route(text).ranked) {
    const KnownSkill* skill = &repertoire.ranked(each);
    if (std::ranges::contains(scene.skills, skill)) continue;
    if (scene.skills.size() >= kModelSkillsMax) return;
    bytes += json::write(form_of(*skill)).size();
    if (scene.skills.size() >= kModelSkillsMin && bytes > kModelSkillBytesMax) return;
    scene.skills.push_back(skill);
  }
}

}  // namespace

std::string shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string task_id(std::size_t wish) { return "t" + std::to_string(wish + 1); }
std::string note_id(std::size_t note) { return "@b" + std::to_string(note + 1); }

const KnownSkill* Scene::skill(std::string_view name) const {
  const auto at =
      std::ranges::find_if(skills, [&](const KnownSkill* each) { return each->name() == name; });
  return at == skills.end() ? nullptr : *at;
}

std::optional<std::size_t> Scene::task(std::string_view id) const {
  const auto at = numbered(id, "t");
  if (!at || *at >= conversation->wishes.size()) return std::nullopt;
  if (conversation->wishes[*at].state != WishState::open) return std::nullopt;
  return at;
}

const Note* Scene::note(std::string_view id) const {
  const auto at = numbered(id, "@b");
  return at && *at < conversation->board.size() ? &conversation->board[*at] : nullptr;
}

bool Scene::offers() const { return conversation->pending.kind == Pending::Kind::skill; }

Scene scene_of(const Conversation& conversation, const Repertoire& repertoire,
               std::string_view utterance, std::span<const Exchange> turns) {
  Scene out;
  out.utterance = utterance;
  if (turns.size() > kModelTurnsMax) turns = turns.last(kModelTurnsMax);
  out.turns = turns;
  out.conversation = &conversation;
  const auto add = [&](std::string_view name) {
    const KnownSkill* skill = repertoire.find(name);
    if (skill != nullptr && !std::ranges::contains(out.skills, skill) &&
        out.skills.size() < kModelSkillsMax)
      out.skills.push_back(skill);
  };
  for (const Wish& wish : conversation.wishes) {
    if (!is_over(wish.state)) add(wish.name());
  }
  for (const std::string& name : conversation.pending.skills) add(name);
  std::size_t bytes = 0;
  if (out.offers()) add_best(out, repertoire, conversation.pending.heard, bytes);
  add_best(out, repertoire, beginning_of(utterance, kUtteranceBytesMax), bytes);
  return out;
}

json::object form_of(const KnownSkill& skill) {
  json::object properties;
  json::array required;
  for (const Slot& slot : skill.slots) {
    if (properties.size() >= kModelSlotsMax) break;
    if (slot.name.size() > kModelTextBytesMax) continue;
    json::object each = type_of(slot);
    if (!slot.description.empty())
      each["description"] = shortened(slot.description, kModelTextBytesMax);
    std::size_t bytes = 0;
    for (const std::string& choice : slot.choices) bytes += choice.size();
    if (!slot.choices.empty() && slot.choices.size() <= kModelChoicesMax &&
        bytes <= kModelChoicesBytesMax) {
      json::array choices;
      for (const std::string& choice : slot.choices) choices.emplace_back(choice);
      each["enum"] = std::move(choices);
    }
    properties[slot.name] = std::move(each);
    if (slot.required && !slot.initial) required.emplace_back(slot.name);
  }
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

}  // namespace weft::dialogue
