// What is said to a question of the concierge's own.
#include "weft/dialogue/talk/concierge.h"

#include <algorithm>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/filling.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/hearing.h"
#include "weft/dialogue/talk/naming.h"

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
  // Another wish that is clearer than any answer comes first; what was asked stays asked. What
  // gives a number, a day or a choice that was asked for is an answer, whatever else it sounds
  // like.
  const Routing routing = repertoire_->route(hearing.text);
  const bool other = routing.zone == Zone::go && !answers_typed(*wish, *skill, said, phrases_) &&
                     repertoire_->ranked(routing.ranked.front()).name() != wish->name() &&
                     routing.ranked.front().score > kDigressionMargin &&
                     heard_words(hearing.text).size() > kWishWordsMin;
  if (other && c.wishes.size() < kWishesMax) {
    const KnownSkill& next = repertoire_->ranked(routing.ranked.front());
    Wish first;
    first.text = hearing.text;
    first.solution = next.solution;
    first.skill = next.skill;
    fill(first, next, {.text = hearing.text, .values = values, .turn = c.turn, .asked = {}},
         phrases_);
    c.pending = {};
    c.wishes.insert(c.wishes.begin() + (wish - c.wishes.data()), std::move(first));
    return;
  }
  if (hear_yes_or_no(c, hearing, *wish, *skill)) return;
  const Act act = hearing.reply.act;
  if (act == Act::back && hearing.reply.only) return go_back(c, *wish, told);
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
  // It must not come back from the blackboard.
  std::erase_if(c.board, [&](const Note& note) {
    return note.origin == Origin::said && note.words == readable(name);
  });
  wish.tries = 0;
  c.pending = {};
  ask_for(c, wish, *skill, {name});
}

}  // namespace weft::dialogue
