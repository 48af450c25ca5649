#include "weft/dialogue/talk/concierge.h"

#include <algorithm>
#include <format>

#include "weft/base/text.h"
#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/filling.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/hearing.h"
#include "weft/dialogue/talk/naming.h"
#include "weft/dialogue/talk/offers.h"
#include "weft/dialogue/talk/referring.h"
#include "weft/dialogue/talk/routed_parts.h"
#include "weft/dialogue/talk/telling.h"

namespace weft::dialogue {
namespace {

/// Whether these words are all that is said, but for what stands around a choice.
bool says_only(std::string_view text, std::string_view said, const ReplyWords& words) {
  const auto at = text.find(said);
  if (at == std::string_view::npos) return false;
  return std::ranges::all_of(heard_words(text), [&](const HeardWord& each) {
    const bool inside = each.begin >= at && each.end <= at + said.size();
    const bool mark = each.word.size() == 1 && std::string_view(",;.?!").contains(each.word[0]);
    return inside || mark || std::ranges::contains(words.around, each.word) ||
           std::ranges::contains(words.polite, each.word);
  });
}

}  // namespace

Concierge::Concierge(std::shared_ptr<const Repertoire> repertoire, ReadValues extract,
                     const Phrases& phrases)
    : repertoire_(std::move(repertoire)), extract_(std::move(extract)), phrases_(phrases) {}

std::string Concierge::title_of(const Wish& wish) const {
  const KnownSkill* skill = repertoire_->find(wish.name());
  return skill != nullptr ? skill->title : wish.skill;
}

std::vector<std::string> Concierge::hear(Conversation& c, std::string_view utterance,
                                         std::chrono::local_seconds now) const {
  std::vector<std::string> told;
  ++c.turn;
  const auto words = heard_words(utterance);
  if (words.empty()) {
    told.emplace_back(c.pending.kind == Pending::Kind::none ? std::string(phrases_.nothing_heard)
                                                            : c.pending.text);
    return told;
  }
  Hearing hearing{.text = beginning_of(utterance, kUtteranceBytesMax),
                  .reply = read_reply(phrases_.reply, utterance),
                  .now = now};
  const bool polite = hearing.reply.act == Act::greet || hearing.reply.act == Act::thank ||
                      hearing.reply.act == Act::part;
  if (polite && asks_for_words(c)) hearing.reply = {};
  const Act act = hearing.reply.only ? hearing.reply.act : Act::none;
  if (act == Act::help) {
    told.push_back(help());
  } else if (act == Act::human) {
    told.emplace_back(phrases_.human);
  } else if (act == Act::greet) {
    told.emplace_back(phrases_.greeting);
  } else if (act == Act::thank) {
    told.emplace_back(phrases_.welcome);
  } else if (act == Act::part && c.pending.kind == Pending::Kind::none) {
    told.emplace_back(phrases_.parting);
  } else if (c.pending.kind != Pending::Kind::none) {
    hear_answer(c, hearing, told);
  } else if (act == Act::more && !c.offers.items.empty()) {
    std::string more = more_of(c.offers, phrases_);
    told.push_back(more.empty() ? std::string(phrases_.no_more) : std::move(more));
  } else if (!hear_picked(c, hearing)) {
    if (act == Act::affirm || act == Act::negate || act == Act::select || act == Act::cancel) {
      told.emplace_back(phrases_.nothing_waits);
    } else {
      hear_new(c, hearing, told);
    }
  }
  return told;
}

/// Whether any words may be the answer: "hello" to what a message is to say.
bool Concierge::asks_for_words(const Conversation& c) const {
  const Wish* wish = c.current();
  if (c.pending.kind != Pending::Kind::slots || wish == nullptr) return false;
  const KnownSkill* skill = repertoire_->find(wish->name());
  return std::ranges::any_of(c.pending.slots, [&](const std::string& name) {
    const Slot* slot = skill == nullptr ? nullptr : skill->slot(name);
    return slot != nullptr && slot->kind == SlotKind::text &&
           std::ranges::any_of(name_words(name), [&](const std::string& word) {
             return std::ranges::contains(phrases_.free_texts, word);
           });
  });
}

/// "the second one", and nothing else, of what was told: what can be done with it.
bool Concierge::hear_picked(Conversation& c, const Hearing& hearing) const {
  if (c.offers.items.empty()) return false;
  Picked picked;
  if (hearing.reply.act == Act::select && hearing.reply.only) {
    picked.index = hearing.reply.index;
  } else if (const auto found = picked_in(hearing.text, c.offers, phrases_);
             found && says_only(hearing.text, found->said, phrases_.reply)) {
    picked = *found;
  } else {
    return false;
  }
  const auto index = index_of(picked, c.offers, phrases_);
  if (!index) return false;
  std::vector<const KnownSkill*> fitting;
  const std::string solution = c.offers.source.substr(0, c.offers.source.find('/'));
  for (const KnownSkill& skill : repertoire_->skills()) {
    if (skill.solution == solution && takes_item(skill, c.offers, *index, phrases_))
      fitting.push_back(&skill);
  }
  if (fitting.empty()) return false;
  c.offers.chosen = static_cast<int>(*index);
  std::erase_if(c.wishes, [](const Wish& each) { return is_over(each.state); });
  if (fitting.size() == 1) {
    open_wish(c, hearing, hearing.text, *fitting.front());
  } else {
    ask_among(c, hearing.text, fitting);
  }
  return true;
}

std::string Concierge::help() const {
  std::string lines;
  std::size_t shown = 0;
  for (const KnownSkill& each : repertoire_->skills()) {
    if (++shown > kHelpSkillsMax) break;
    lines += "  " + each.title + "\n";
  }
  if (!lines.empty()) lines.pop_back();
  return filled(phrases_.help, {lines});
}

std::string Concierge::titles_of(std::span<const RankedSkill> ranked) const {
  std::vector<std::string> titles;
  for (std::size_t i = 0; i < std::min(ranked.size(), kSkillsOffered); ++i)
    titles.push_back(repertoire_->ranked(ranked[i]).title);
  return listed(titles, phrases_.or_word);
}

/// Whether it belongs to what is asked about already.
bool Concierge::goes_on(const Pending& pending, const Routing& routing) const {
  return pending.kind == Pending::Kind::skill &&
         std::ranges::contains(pending.skills, repertoire_->ranked(routing.ranked.front()).name());
}

void Concierge::hear_new(Conversation& c, const Hearing& hearing,
                         std::vector<std::string>& told) const {
  // What is over is told; its values stay on the board.
  std::erase_if(c.wishes, [](const Wish& each) { return is_over(each.state); });
  c.declined.clear();
  RoutedParts routed(*repertoire_);
  for (const std::string_view part : with_context(segments_of(hearing.text, routed), routed)) {
    const Routing& routing = routed.of(part);
    if (routing.zone == Zone::go) {
      open_wish(c, hearing, part, repertoire_->ranked(routing.ranked.front()));
    } else if (routing.zone == Zone::ask && c.pending.kind == Pending::Kind::none) {
      ask_which(c, part, routing.ranked);
    } else if (routing.zone == Zone::ask && goes_on(c.pending, routing)) {
      // "wash the clothes, 4 kilos"
      c.pending.heard += ", " + std::string(part);
    } else if (c.declined.emplace_back(part); routing.ranked.empty()) {
      told.push_back(filled(phrases_.cannot_at_all, {part}));
    } else {
      told.push_back(filled(phrases_.cannot, {part, titles_of(routing.ranked)}));
    }
  }
}

void Concierge::open_wish(Conversation& c, const Hearing& hearing, std::string_view text,
                          const KnownSkill& skill) const {
  Wish* last = c.wishes.empty() ? nullptr : &c.wishes.back();
  // Two parts of one sentence for the same skill are one wish.
  if (last != nullptr && last->name() == skill.name() && last->state == WishState::open) {
    last->text += ", " + std::string(text);
  } else {
    if (c.wishes.size() >= kWishesMax) return;
    Wish wish;
    wish.text = text;
    wish.solution = skill.solution;
    wish.skill = skill.skill;
    c.wishes.push_back(std::move(wish));
    last = &c.wishes.back();
  }
  const auto values = extract_(text, hearing.now);
  const Said said{.text = text, .values = values, .turn = c.turn, .asked = {}, .opens = true};
  note_filled(c, *last, fill(*last, skill, said, phrases_));
}

void Concierge::note_filled(Conversation& c, const Wish& wish,
                            std::span<const std::string> names) const {
  for (const std::string& name : names) {
    const Filled& filled = wish.slots.at(name);
    c.board.push_back({.words = readable(name),
                       .value = filled.value,
                       .shown = filled.shown,
                       .origin = Origin::said,
                       .source = "",
                       .turn = c.turn});
  }
  forget_oldest(c.board);
}

void Concierge::ask_which(Conversation& c, std::string_view text,
                          std::span<const RankedSkill> ranked) const {
  std::vector<const KnownSkill*> skills;
  skills.reserve(ranked.size());
  for (const RankedSkill& each : ranked) skills.push_back(&repertoire_->ranked(each));
  ask_among(c, text, skills);
}

void Concierge::ask_among(Conversation& c, std::string_view text,
                          std::span<const KnownSkill* const> skills) const {
  c.pending = {.kind = Pending::Kind::skill,
               .slots = {},
               .skills = {},
               .text = "",
               .heard = std::string(text)};
  std::string lines;
  for (std::size_t i = 0; i < std::min(skills.size(), kSkillsOffered); ++i) {
    c.pending.skills.push_back(skills[i]->name());
    lines += "  " + std::to_string(i + 1) + ". " + skills[i]->title + "\n";
  }
  if (!lines.empty()) lines.pop_back();
  c.pending.text = filled(phrases_.which_skill, {lines});
}

/// "Id from `search`" is "Id from “Search restaurants”" to a person, who can say that.
std::string Concierge::with_titles(std::string text, std::string_view solution) const {
  for (std::size_t at = text.find('`'); at != std::string::npos; at = text.find('`', at + 1)) {
    const auto end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    const auto named = std::format("{}/{}", solution, text.substr(at + 1, end - at - 1));
    const KnownSkill* skill = repertoire_->find(named);
    const std::string title = skill != nullptr ? "“" + skill->title + "”" : "";
    if (skill != nullptr) text.replace(at, end + 1 - at, title);
    at = skill != nullptr ? at + title.size() - 1 : end;
  }
  return text;
}

Step Concierge::ask_for(Conversation& c, const Wish& wish, const KnownSkill& skill,
                        std::vector<std::string> names) const {
  if (names.size() > kSlotsAsked) names.resize(kSlotsAsked);
  // After two answers that brought nothing, one at a time, with what it may be.
  if (wish.tries >= 2) names.resize(1);
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    const Slot* slot = skill.slot(name);
    std::string each = readable(name);
    if (slot != nullptr && !slot->description.empty() && slot->description.size() <= kHintBytesMax)
      each += " (" + with_titles(slot->description, skill.solution) + ")";
    if (slot != nullptr && !slot->choices.empty() && names.size() > 1)
      each += " [" + listed(slot->choices, phrases_.or_word) + "]";
    shown.push_back(std::move(each));
  }
  std::string text;
  const Slot* only = names.size() == 1 ? skill.slot(names.front()) : nullptr;
  if (only != nullptr && !only->choices.empty()) {
    text = filled(phrases_.ask_choice,
                  {readable(only->name), listed(only->choices, phrases_.or_word)});
  } else if (only != nullptr && only->description.ends_with('?')) {
    text = with_titles(only->description, skill.solution);
  } else if (names.size() == 1 && std::ranges::contains(phrases_.reference.ways, names.front())) {
    // "From (the account)?", which is no "What is the from?".
    if (shown.front().front() >= 'a') shown.front().front() -= 'a' - 'A';
    text = filled(phrases_.ask_way, {shown.front()});
  } else if (names.size() == 1) {
    text = filled(phrases_.ask_one, {shown.front()});
  } else {
    text = filled(phrases_.ask_several, {listed(shown, phrases_.and_word)});
  }
  c.pending = {.kind = Pending::Kind::slots,
               .slots = std::move(names),
               .skills = {},
               .text = title_of(wish) + ". " + text,
               .heard = ""};
  return {.kind = Step::Kind::ask, .text = c.pending.text, .message = "", .arguments = {}};
}

Step Concierge::next(Conversation& c, std::vector<std::string>& told) const {
  if (c.pending.kind != Pending::Kind::none)
    return {.kind = Step::Kind::ask, .text = c.pending.text, .message = "", .arguments = {}};
  while (Wish* wish = c.current()) {
    const KnownSkill* skill = repertoire_->find(wish->name());
    if (skill == nullptr) {
      wish->state = WishState::failed;
      wish->answer = filled(phrases_.gone, {wish->solution});
      told.push_back(wish->answer);
      continue;
    }
    if (skill->converses) {
      std::string message = wish->text;
      return {.kind = Step::Kind::call,
              .text = title_of(*wish),
              .message = std::move(message),
              .arguments = {}};
    }
    // First, since what was refused would be found again where it came from.
    if (auto names = still_refused(*wish); !names.empty())
      return ask_for(c, *wish, *skill, std::move(names));
    for (const std::string& words : refer(*wish, *skill, c, phrases_))
      told.push_back(filled(phrases_.nothing_meant, {words}));
    carry_over(*wish, *skill, c.board);
    auto names = missing(*wish, *skill);
    if (!names.empty()) return ask_for(c, *wish, *skill, std::move(names));
    return {.kind = Step::Kind::call,
            .text = title_of(*wish),
            .message = "",
            .arguments = arguments_of(*wish, *skill)};
  }
  return {};
}

/// A value that is no argument is asked for again, where nothing was done. Empty when the error is
/// about something else.
std::string Concierge::ask_anew(Conversation& c, Wish& wish, const Error& error) const {
  const KnownSkill* skill = repertoire_->find(wish.name());
  if (error.reason != Reason::invalid_argument || !error.param.starts_with('/') || skill == nullptr)
    return "";
  // Who was called may have done a part of it before it refused.
  if (wish.state == WishState::calling && skill->risky) return "";
  std::string name = error.param.substr(1);
  std::ranges::replace(name, '/', '.');
  if (skill->slot(name) == nullptr || wish.slots.erase(name) == 0) return "";
  forget_said(c, name);
  wish.state = WishState::open;
  wish.upstream_task.clear();
  wish.upstream_context.clear();
  std::string why = error.message;
  if (const auto at = why.find(error.param + ": "); at != std::string::npos)
    why = why.substr(at + error.param.size() + 2);
  while (why.ends_with('.')) why.pop_back();
  std::string told = filled(phrases_.not_taken, {title_of(wish), readable(name), why});
  wish.refused_slots.insert(std::move(name));
  return told;
}

std::string Concierge::took(Conversation& c, const Result<model::Output>& outcome) const {
  Wish* wish = c.current();
  if (wish == nullptr) return "";
  const std::string title = title_of(*wish);
  if (!outcome) {
    if (auto told = ask_anew(c, *wish, outcome.error()); !told.empty()) return told;
    const bool refused = outcome.error().reason == Reason::refused;
    wish->state = refused ? WishState::refused : WishState::failed;
    wish->answer = outcome.error().message;
    return refused ? filled(phrases_.refused, {title})
                   : filled(phrases_.failed, {title, outcome.error().message});
  }
  wish->state = WishState::done;
  std::string told = telling_of(*outcome);
  wish->answer = beginning_of(told, kAnswerBytesKept);
  if (const auto data = model::plain_data(*outcome)) note_result(c, *data, wish->name());
  return filled(phrases_.done, {title, told});
}

std::string Concierge::lost(Conversation& c) const {
  Wish* wish = c.current();
  if (wish == nullptr) return "";
  wish->state = WishState::unknown;
  wish->answer = filled(phrases_.unknown_outcome, {title_of(*wish)});
  return wish->answer;
}

}  // namespace weft::dialogue
