// What is said to a question of the concierge's own.
#include "weft/dialogue/talk/concierge.h"

#include <algorithm>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/filling.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/hearing.h"
#include "weft/dialogue/talk/naming.h"
#include "weft/dialogue/talk/referring.h"

namespace weft::dialogue {
namespace {

/// How much clearer than the question's own answer another wish must be.
constexpr float kDigressionMargin = 0.2F;
/// Of fewer words none is another wish.
constexpr std::size_t kWishWordsMin = 2;

/// Whether it gives a slot that was asked for a value of its type.
bool answers_typed(const Wish& wish, const KnownSkill& skill, const Said& said,
                   const Phrases& phrases) {
  Wish probe = wish;
  return std::ranges::any_of(fill(probe, skill, said, phrases), [&](const std::string& name) {
    const Slot* slot = skill.slot(name);
    return std::ranges::contains(said.asked, name) && slot != nullptr &&
           slot->kind != SlotKind::text;
  });
}

}  // namespace

void Concierge::hear_answer(Conversation& c, const Hearing& hearing,
                            std::vector<std::string>& told) const {
  const Reply& reply = hearing.reply;
  if (reply.act == Act::cancel && reply.only) {
    if (Wish* wish = c.current(); wish != nullptr && c.pending.kind == Pending::Kind::slots) {
      wish->state = WishState::refused;
      told.push_back(filled(phrases_.cancelled, {title_of(*wish)}));
    } else {
      told.push_back(filled(phrases_.cancelled, {c.pending.heard}));
    }
    c.pending = {};
    return;
  }
  if (reply.act == Act::repeat && reply.only) return;
  if (c.pending.kind == Pending::Kind::skill) {
    hear_choice(c, hearing, told);
  } else {
    hear_slots(c, hearing, told);
  }
}

void Concierge::hear_choice(Conversation& c, const Hearing& hearing,
                            std::vector<std::string>& told) const {
  const Pending asked = c.pending;
  const Reply& reply = hearing.reply;
  const KnownSkill* chosen = nullptr;
  if (reply.act == Act::select) {
    const auto count = static_cast<int>(asked.skills.size());
    const int index = reply.index < 0 ? count + reply.index : reply.index;
    if (index >= 0 && index < count)
      chosen = repertoire_->find(asked.skills[static_cast<std::size_t>(index)]);
  } else if (reply.act == Act::affirm && asked.skills.size() == 1) {
    chosen = repertoire_->find(asked.skills.front());
  } else if (reply.act == Act::negate && reply.only) {
    c.pending = {};
    told.push_back(filled(phrases_.cancelled, {asked.heard}));
    return;
  } else {
    const Routing routing = repertoire_->route(hearing.text);
    for (const RankedSkill& each : routing.ranked) {
      const KnownSkill& skill = repertoire_->ranked(each);
      if (!std::ranges::contains(asked.skills, skill.name())) continue;
      if (routing.zone != Zone::decline) chosen = &skill;
      break;
    }
    // Something else altogether.
    if (chosen == nullptr && routing.zone == Zone::go) {
      c.pending = {};
      return hear_new(c, hearing, told);
    }
  }
  if (chosen == nullptr) {
    told.push_back(not_understood());
    return;
  }
  c.pending = {};
  open_wish(c, hearing, asked.heard, *chosen);
}

/// A yes or a no that answers what was asked.
bool Concierge::hear_yes_or_no(Conversation& c, const Hearing& hearing, Wish& wish,
                               const KnownSkill& skill) const {
  const Act act = hearing.reply.act;
  if (act != Act::affirm && act != Act::negate) return false;
  for (const std::string& name : c.pending.slots) {
    const Slot* slot = skill.slot(name);
    if (slot == nullptr || slot->kind != SlotKind::boolean) continue;
    wish.slots[name] = {.value = act == Act::affirm,
                        .shown = std::string(hearing.text),
                        .origin = Origin::said,
                        .source = "",
                        .turn = c.turn};
    wish.tries = 0;
    c.pending = {};
    return true;
  }
  return false;
}

/// "the second one" of the list that was told, as an answer.
bool Concierge::pick_for(Conversation& c, Wish& wish, const KnownSkill& skill,
                         std::string_view text) const {
  if (c.offers.items.empty()) return false;
  Wish picked = wish;
  picked.text = text;
  refer(picked, skill, c, phrases_);
  if (picked.slots.size() == wish.slots.size()) return false;
  picked.text = std::move(wish.text);
  picked.tries = 0;
  wish = std::move(picked);
  c.pending = {};
  return true;
}

/// Of slots that were asked for only because a value was refused; whether all of them were.
bool Concierge::do_without(Wish& wish, const KnownSkill& skill,
                           std::span<const std::string> names) {
  const bool all = std::ranges::all_of(names, [&](const std::string& name) {
    const Slot* slot = skill.slot(name);
    return slot != nullptr && !slot->required;
  });
  if (!all) return false;
  for (const std::string& name : names) wish.refused_slots.erase(name);
  return true;
}

/// Another wish that is clearer than any answer comes first; what was asked stays asked. What gives
/// a number, a day or a choice that was asked for is an answer, whatever else it sounds like.
bool Concierge::digress(Conversation& c, const Hearing& hearing, Wish& wish,
                        const KnownSkill& skill, const Said& said) const {
  const Routing routing = repertoire_->route(hearing.text);
  if (routing.zone != Zone::go || asks_for_words(c) || c.wishes.size() >= kWishesMax) return false;
  const bool is_clear = repertoire_->titled(hearing.text).has_value() ||
                        (routing.ranked.front().score > kDigressionMargin &&
                         heard_words(hearing.text).size() > kWishWordsMin);
  const KnownSkill& next = repertoire_->ranked(routing.ranked.front());
  if (!is_clear || next.name() == wish.name() || answers_typed(wish, skill, said, phrases_))
    return false;
  Wish first;
  first.text = hearing.text;
  first.solution = next.solution;
  first.skill = next.skill;
  fill(first, next, {.text = hearing.text, .values = said.values, .turn = c.turn, .asked = {}},
       phrases_);
  c.pending = {};
  c.wishes.insert(c.wishes.begin() + (&wish - c.wishes.data()), std::move(first));
  return true;
}

void Concierge::hear_slots(Conversation& c, const Hearing& hearing,
                           std::vector<std::string>& told) const {
  Wish* wish = c.current();
  const KnownSkill* skill = wish == nullptr ? nullptr : repertoire_->find(wish->name());
  if (skill == nullptr) {
    c.pending = {};
    return;
  }
  const auto values = extract_(hearing.text, hearing.now);
  const bool corrects = hearing.reply.act == Act::negate;
  const Said said{.text = hearing.text,
                  .values = values,
                  .turn = c.turn,
                  .asked = c.pending.slots,
                  .corrects = corrects};
  if (digress(c, hearing, *wish, *skill, said)) return;
  if (hear_yes_or_no(c, hearing, *wish, *skill)) return;
  const Act act = hearing.reply.act;
  if (act == Act::back && hearing.reply.only) return go_back(c, *wish, told);
  if (act == Act::select && !answers_typed(*wish, *skill, said, phrases_) &&
      pick_for(c, *wish, *skill, hearing.text))
    return;
  if (act == Act::any && hearing.reply.only && do_without(*wish, *skill, c.pending.slots)) {
    c.pending = {};
    return;
  }
  // A mere yes, or "I don't mind", is no name.
  const bool says_nothing = hearing.reply.only && act != Act::none && act != Act::select;
  const auto names =
      says_nothing ? std::vector<std::string>() : fill(*wish, *skill, said, phrases_);
  note_filled(c, *wish, names);
  if (names.empty()) {
    ++wish->tries;
    told.push_back(act == Act::any && hearing.reply.only ? std::string(phrases_.needs_value)
                                                         : not_understood());
    return;
  }
  wish->tries = 0;
  c.pending = {};
}

/// It must not come back from the blackboard.
void Concierge::forget_said(Conversation& c, std::string_view name) {
  std::erase_if(c.board, [&](const Note& note) {
    return note.origin == Origin::said && note.words == readable(name);
  });
}

/// What was said last is asked for again.
void Concierge::go_back(Conversation& c, Wish& wish, std::vector<std::string>& told) const {
  auto last = wish.slots.end();
  for (auto at = wish.slots.begin(); at != wish.slots.end(); ++at) {
    if (last == wish.slots.end() || at->second.turn > last->second.turn) last = at;
  }
  const KnownSkill* skill = repertoire_->find(wish.name());
  if (last == wish.slots.end() || skill == nullptr) {
    told.emplace_back(phrases_.nothing_before);
    return;
  }
  const std::string name = last->first;
  wish.slots.erase(last);
  forget_said(c, name);
  wish.tries = 0;
  c.pending = {};
  ask_for(c, wish, *skill, {name});
}

}  // namespace weft::dialogue
