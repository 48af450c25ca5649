#include "weft/dialogue/llm/doubt.h"

#include <algorithm>
#include <array>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/llm/limits.h"
#include "weft/dialogue/talk/filling.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/reply.h"

namespace weft::dialogue {
namespace {

constexpr auto kDoubts =
    std::to_array<std::string_view>({"none", "skill", "nobody", "answer", "conflict", "length"});

bool is_typed(SlotKind kind) { return kind != SlotKind::text && kind != SlotKind::boolean; }

/// Whether, without the words that gave the typed slots their values, others would fill the same.
bool conflicts(const Wish& wish, const KnownSkill& skill, int turn, std::string left,
               const Reader& reader) {
  Wish again;
  bool any = false;
  for (const auto& [name, filled] : wish.slots) {
    const Slot* slot = skill.slot(name);
    const bool now = filled.turn == turn && filled.origin == Origin::said;
    const auto at = now ? left.find(filled.shown) : std::string::npos;
    if (at != std::string::npos) left.replace(at, filled.shown.size(), filled.shown.size(), ' ');
    if (now && slot != nullptr && is_typed(slot->kind)) {
      any = true;
    } else {
      again.slots.emplace(name, filled);
    }
  }
  if (!any) return false;
  const auto values = reader.extract(left, reader.now);
  const auto names = fill(again, skill, {.text = left, .values = values, .turn = turn, .asked = {}},
                          reader.phrases);
  return std::ranges::any_of(names, [&](const std::string& name) {
    const auto first = wish.slots.find(name);
    const Slot* slot = skill.slot(name);
    return first != wish.slots.end() && slot != nullptr && is_typed(slot->kind) &&
           !same_value(first->second.value, again.slots.at(name).value);
  });
}

bool any_conflict(const Conversation& after, std::string_view utterance,
                  const Repertoire& repertoire, const Reader& reader) {
  return std::ranges::any_of(after.wishes, [&](const Wish& wish) {
    const KnownSkill* skill =
        wish.state == WishState::open ? repertoire.find(wish.name()) : nullptr;
    // Of a sentence with several wishes the part of this one.
    std::string said(utterance.contains(wish.text) ? std::string_view(wish.text) : utterance);
    return skill != nullptr && !skill->converses &&
           conflicts(wish, *skill, after.turn, std::move(said), reader);
  });
}

bool stays_unanswered(const Conversation& before, const Conversation& after) {
  if (before.pending.kind == Pending::Kind::none || !(before.pending == after.pending))
    return false;
  if (before.pending.kind == Pending::Kind::skill) return true;
  const Wish* was = before.current();
  const Wish* is = after.current();
  return was != nullptr && is != nullptr && is->tries > was->tries;
}

}  // namespace

std::string_view to_string(Doubt doubt) { return kDoubts.at(static_cast<std::size_t>(doubt)); }

Doubt doubt_of(const Conversation& before, const Conversation& after, std::string_view utterance,
               const Repertoire& repertoire, const Reader& reader) {
  const auto words = heard_words(utterance);
  if (words.empty()) return Doubt::none;
  const Reply reply = read_reply(reader.phrases.reply, utterance);
  if (reply.only && reply.act != Act::none) return Doubt::none;
  if (words.size() > kWordsClearMax) return Doubt::length;
  if (stays_unanswered(before, after)) return Doubt::answer;
  const bool asks_which =
      after.pending.kind == Pending::Kind::skill && !(after.pending == before.pending);
  if (asks_which) return Doubt::skill;
  const bool declines = !after.declined.empty() && (before.pending.kind == Pending::Kind::none ||
                                                    after.declined != before.declined);
  if (declines) return Doubt::nobody;
  return any_conflict(after, utterance, repertoire, reader) ? Doubt::conflict : Doubt::none;
}

}  // namespace weft::dialogue
