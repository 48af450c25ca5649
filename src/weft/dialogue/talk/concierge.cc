#include "weft/dialogue/talk/concierge.h"

#include <algorithm>
#include <limits>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/filling.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/reply.h"
#include "weft/dialogue/talk/telling.h"

namespace weft::dialogue {
namespace {

/// What a further wish in one sentence must bring.
constexpr float kSegmentCost = 0.3F;
constexpr std::size_t kSegmentWordsMin = 2;
/// How much clearer than the question's own answer another wish must be.
constexpr float kDigressionMargin = 0.2F;

/// How sure it is that a part of a sentence is a wish: 0 when it is none by itself, and belongs to
/// its neighbour.
float worth_of(const Routing& routing) {
  if (routing.ranked.empty() || routing.zone == Zone::decline) return 0;
  const float sure = std::max(routing.ranked.front().score + 1, 0.0F);
  return routing.zone == Zone::go ? sure : sure / 2;
}

/// The leaves of a result, with the names that lead to them.
void note_leaves(const json::value& value, const std::string& words, const std::string& source,
                 int turn, std::vector<Note>& board) {
  if (board.size() >= kBoardNotesMax) return;
  if (const auto* o = value.if_object()) {
    for (const auto& [name, member] : *o) {
      std::string own = words;
      if (!own.empty()) own += ' ';
      own += readable(name);
      note_leaves(member, own, source, turn, board);
    }
  } else if (const auto* list = value.if_array()) {
    if (list->size() == 1) note_leaves(list->front(), words, source, turn, board);
  } else if (!value.is_null()) {
    std::string shown = value.is_string() ? std::string(value.get_string()) : json::write(value);
    if (shown.size() > kNoteBytesMax) return;
    board.push_back({.words = words,
                     .value = value,
                     .shown = std::move(shown),
                     .origin = Origin::result,
                     .source = source,
                     .turn = turn});
  }
}

void forget_oldest(std::vector<Note>& board) {
  if (board.size() > kBoardNotesMax)
    board.erase(board.begin(), board.end() - static_cast<std::ptrdiff_t>(kBoardNotesMax));
}

}  // namespace

struct Concierge::Hearing {
  std::string_view text;
  Reply reply;
  std::chrono::local_seconds now;
};

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
  const Hearing hearing{.text = utterance.substr(0, kUtteranceBytesMax),
                        .reply = read_reply(phrases_.reply, utterance),
                        .now = now};
  const Act act = hearing.reply.only ? hearing.reply.act : Act::none;
  if (act == Act::help) {
    told.push_back(help());
  } else if (act == Act::human) {
    told.emplace_back(phrases_.human);
  } else if (c.pending.kind != Pending::Kind::none) {
    hear_answer(c, hearing, told);
  } else if (act == Act::affirm || act == Act::negate || act == Act::select || act == Act::cancel) {
    told.emplace_back(phrases_.nothing_waits);
  } else {
    hear_new(c, hearing, told);
  }
  return told;
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

/// Cut where the sum of what each part is surest of is greatest.
std::vector<std::string_view> Concierge::segments_of(std::string_view utterance) const {
  const auto words = heard_words(utterance);
  struct Cut {
    std::size_t end;    ///< of the part before: bytes
    std::size_t begin;  ///< of the part after
    std::size_t word;
  };
  std::vector<Cut> cuts{{0, 0, 0}};
  for (std::size_t i = 1; i < words.size() && cuts.size() < kCutsMax; ++i) {
    std::size_t used = 0;
    while (i + used < words.size()) {
      const std::size_t more = match(words, i + used, phrases_.connectors);
      if (more == 0) break;
      used += more;
    }
    if (used == 0 || i + used >= words.size()) continue;
    cuts.push_back({words[i - 1].end, words[i + used].begin, i + used});
    i += used;
  }
  cuts.push_back({utterance.size(), utterance.size(), words.size()});
  const std::size_t count = cuts.size();
  std::vector<float> best(count, -std::numeric_limits<float>::infinity());
  std::vector<std::size_t> from(count, 0);
  best[0] = 0;
  for (std::size_t end = 1; end < count; ++end) {
    for (std::size_t begin = 0; begin < end; ++begin) {
      if (cuts[end].word - cuts[begin].word < kSegmentWordsMin && count > 2) continue;
      const auto part = utterance.substr(cuts[begin].begin, cuts[end].end - cuts[begin].begin);
      const float value = worth_of(repertoire_->route(part)) - kSegmentCost;
      if (best[begin] + value > best[end]) {
        best[end] = best[begin] + value;
        from[end] = begin;
      }
    }
  }
  std::vector<std::string_view> out;
  for (std::size_t end = count - 1; end > 0; end = from[end]) {
    const std::size_t begin = from[end];
    out.push_back(utterance.substr(cuts[begin].begin, cuts[end].end - cuts[begin].begin));
  }
  std::ranges::reverse(out);
  return out;
}

/// "I have a fever, book me a doctor": what is said before a clear wish, and of the same solution
/// if of any, belongs to it.
std::vector<std::string_view> Concierge::with_context(std::vector<std::string_view> parts) const {
  const auto solution_of = [this](const Routing& routing) {
    return routing.ranked.empty() ? std::string()
                                  : repertoire_->ranked(routing.ranked.front()).solution;
  };
  for (std::size_t i = 0; i + 1 < parts.size();) {
    const Routing here = repertoire_->route(parts[i]);
    const Routing next = repertoire_->route(parts[i + 1]);
    if (here.zone == Zone::ask && next.zone == Zone::go && solution_of(here) == solution_of(next)) {
      const char* begin = parts[i].data();
      const std::string_view last = parts[i + 1];
      parts[i + 1] = {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
      // Together they must still be the same wish.
      const Routing both = repertoire_->route(parts[i]);
      if (solution_of(both) != solution_of(next) || both.zone != Zone::go) parts[i] = last;
    } else {
      ++i;
    }
  }
  return parts;
}

void Concierge::hear_new(Conversation& c, const Hearing& hearing,
                         std::vector<std::string>& told) const {
  // What is over is told; its values stay on the board.
  std::erase_if(c.wishes, [](const Wish& each) { return is_over(each.state); });
  c.declined.clear();
  for (const std::string_view part : with_context(segments_of(hearing.text))) {
    const Routing routing = repertoire_->route(part);
    if (routing.zone == Zone::go) {
      open_wish(c, hearing, part, repertoire_->ranked(routing.ranked.front()));
    } else if (routing.zone == Zone::ask) {
      if (c.pending.kind == Pending::Kind::none) ask_which(c, part, routing.ranked);
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
  c.pending = {.kind = Pending::Kind::skill,
               .slots = {},
               .skills = {},
               .text = "",
               .heard = std::string(text)};
  std::string lines;
  for (std::size_t i = 0; i < std::min(ranked.size(), kSkillsOffered); ++i) {
    const KnownSkill& skill = repertoire_->ranked(ranked[i]);
    c.pending.skills.push_back(skill.name());
    lines += "  " + std::to_string(i + 1) + ". " + skill.title + "\n";
  }
  if (!lines.empty()) lines.pop_back();
  c.pending.text = filled(phrases_.which_skill, {lines});
}

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
  // Another wish that is clearer than any answer comes first; what was asked stays asked.
  const Routing routing = repertoire_->route(hearing.text);
  const bool other = routing.zone == Zone::go &&
                     repertoire_->ranked(routing.ranked.front()).name() != wish->name() &&
                     routing.ranked.front().score > kDigressionMargin &&
                     heard_words(hearing.text).size() > kSegmentWordsMin;
  if (other) {
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
  for (const std::string& name : c.pending.slots) {
    const Slot* slot = skill->slot(name);
    if (slot == nullptr || slot->kind != SlotKind::boolean) continue;
    if (hearing.reply.act != Act::affirm && hearing.reply.act != Act::negate) continue;
    const bool yes = hearing.reply.act == Act::affirm;
    wish->slots[name] = {.value = yes,
                         .shown = std::string(hearing.text),
                         .origin = Origin::said,
                         .source = "",
                         .turn = c.turn};
    wish->tries = 0;
    c.pending = {};
    return;
  }
  // A mere yes, or "I don't mind", is no name.
  const Act act = hearing.reply.act;
  const bool says_nothing = hearing.reply.only && act != Act::none && act != Act::select;
  const auto names =
      says_nothing ? std::vector<std::string>() : fill(*wish, *skill, said, phrases_);
  note_filled(c, *wish, names);
  if (names.empty()) {
    ++wish->tries;
    told.push_back(not_understood());
    return;
  }
  wish->tries = 0;
  c.pending = {};
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
      each += " (" + slot->description + ")";
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
    text = only->description;
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
    for (const std::string& words : refer(*wish, *skill, c.board, phrases_))
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

std::string Concierge::took(Conversation& c, const Result<model::Output>& outcome) const {
  Wish* wish = c.current();
  if (wish == nullptr) return "";
  const std::string title = title_of(*wish);
  if (!outcome) {
    const bool refused = outcome.error().reason == Reason::refused;
    wish->state = refused ? WishState::refused : WishState::failed;
    wish->answer = outcome.error().message;
    return refused ? filled(phrases_.refused, {title})
                   : filled(phrases_.failed, {title, outcome.error().message});
  }
  wish->state = WishState::done;
  wish->answer = telling_of(*outcome);
  if (const auto data = model::plain_data(*outcome)) {
    note_leaves(*data, "", wish->name(), c.turn, c.board);
    forget_oldest(c.board);
  }
  return filled(phrases_.done, {title, wish->answer});
}

std::string Concierge::lost(Conversation& c) const {
  Wish* wish = c.current();
  if (wish == nullptr) return "";
  wish->state = WishState::unknown;
  wish->answer = filled(phrases_.unknown_outcome, {title_of(*wish)});
  return wish->answer;
}

namespace {

std::string shown_value(const Filled& filled) {
  return filled.value.is_string() ? std::string(filled.value.get_string())
                                  : json::write(filled.value);
}

/// Where it came from; empty where the value is what was said, word for word.
std::string where_from(const Filled& filled, const Phrases& phrases) {
  if (filled.origin == Origin::said)
    return filled.shown == shown_value(filled) ? "" : "“" + filled.shown + "”";
  return filled.source.empty() ? std::string(phrases.said_before) : filled.source;
}

}  // namespace

std::string Concierge::consent_question(const Conversation& c) const {
  const Wish* wish = c.current();
  if (wish == nullptr) return "";
  std::string lines;
  for (const auto& [name, value] : wish->slots) {
    const std::string from = where_from(value, phrases_);
    if (!lines.empty()) lines += '\n';
    lines += from.empty() ? filled(phrases_.value_said, {readable(name), shown_value(value)})
                          : filled(phrases_.value_from, {readable(name), shown_value(value), from});
  }
  return filled(phrases_.confirm, {title_of(*wish), lines});
}

std::string Concierge::progress_of(const Conversation& c) const {
  const Wish* wish = c.current();
  if (wish == nullptr) return "";
  std::vector<std::string> values;
  for (const auto& [name, value] : wish->slots) {
    const std::string from = where_from(value, phrases_);
    values.push_back(readable(name) + " " + shown_value(value) +
                     (from.empty() ? "" : " (" + from + ")"));
  }
  std::string what = title_of(*wish) + " [" + wish->name() + "]";
  if (!values.empty()) what += ": " + listed(values, phrases_.and_word);
  return filled(phrases_.working, {what});
}

bool Concierge::consents(std::string_view words) const {
  const Reply reply = read_reply(phrases_.reply, words);
  // Who asks back has not agreed.
  return reply.act == Act::affirm && reply.only && !words.contains('?');
}

std::string Concierge::not_understood() const { return std::string(phrases_.ask_again); }

Concierge::Objection Concierge::object(Conversation& c, std::string_view words,
                                       std::chrono::local_seconds now) const {
  ++c.turn;
  Wish* wish = c.current();
  const KnownSkill* skill = wish == nullptr ? nullptr : repertoire_->find(wish->name());
  if (skill == nullptr) return Objection::refused;
  const Reply reply = read_reply(phrases_.reply, words);
  const bool says_no = reply.act == Act::negate || reply.act == Act::cancel;
  if (!(says_no && reply.only)) {
    const auto values = extract_(words, now);
    const auto before = wish->slots;
    const auto names = fill(
        *wish, *skill,
        {.text = words, .values = values, .turn = c.turn, .asked = {}, .corrects = true}, phrases_);
    if (wish->slots != before) {
      note_filled(c, *wish, names);
      return Objection::corrected;
    }
    if (!says_no) return Objection::unclear;
  }
  return Objection::refused;
}

}  // namespace weft::dialogue
