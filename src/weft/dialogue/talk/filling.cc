#include "weft/dialogue/talk/filling.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "weft/dialogue/acts/move.h"
#include "weft/dialogue/language/vocabulary.h"
#include "weft/dialogue/router/words.h"
#include "weft/dialogue/slots/built_in.h"
#include "weft/dialogue/slots/filler.h"
#include "weft/dialogue/talk/addresses.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/naming.h"

namespace weft::dialogue {
namespace {

/// So many words before a value tell what it is for.
constexpr std::size_t kWordsBefore = 3;
/// A short answer is the value; in a longer one it is looked for first.
constexpr std::size_t kAnswerWords = 7;
constexpr float kAsked = 3;
constexpr float kNamed = 2;
constexpr float kLed = 1.5F;
/// A phrase after a leading word counts a little less than a name there; so many words at most.
constexpr float kLedLess = 0.2F;
constexpr std::size_t kLedWords = 4;
constexpr float kOfItsType = 1;
constexpr float kOnlyName = 0.7F;
/// What the trained filler is sure of counts as much as a word that names the slot.
constexpr float kLearned = 2.5F;
constexpr std::size_t kShortAnswerWords = 3;

/// One value for one slot.
struct Candidate {
  const Slot* slot = nullptr;
  std::string text;   ///< what it is, as typed() reads it
  std::string shown;  ///< as it was said
  std::size_t begin = 0;
  std::size_t end = 0;
  float score = 0;
};

/// The part of a date, a time or both that a slot takes; nothing when it has none.
std::optional<std::string> moment_for(SlotKind kind, const Value& value) {
  std::string_view text = value.canonical;
  // Of a period, its beginning.
  if (value.type == ValueType::period) text = text.substr(0, text.find('/'));
  const auto at = text.find('T');
  const bool has_date = text.contains('-');
  const bool has_time = text.contains(':');
  if (kind == SlotKind::date && has_date) return std::string(text.substr(0, at));
  if (kind == SlotKind::time && has_time)
    return std::string(at == std::string_view::npos ? text : text.substr(at + 1));
  if (kind == SlotKind::date_time && (has_date || has_time)) return std::string(text);
  return std::nullopt;
}

/// What a value is for a slot of that kind; nothing when it is no such thing.
std::optional<std::string> as_kind(SlotKind kind, const Value& value) {
  const auto is = [&](auto... types) { return ((value.type == types) || ...); };
  if (value.canonical.empty()) return std::nullopt;
  switch (kind) {
    case SlotKind::integer:
      if (is(ValueType::number) && !value.canonical.contains('.')) return value.canonical;
      break;
    case SlotKind::number:
      if (is(ValueType::number, ValueType::percent, ValueType::money, ValueType::quantity))
        return value.canonical;
      break;
    case SlotKind::money:
      if (is(ValueType::money, ValueType::number)) return value.canonical;
      break;
    case SlotKind::date:
    case SlotKind::time:
    case SlotKind::date_time:
      if (is(ValueType::date, ValueType::time, ValueType::date_time, ValueType::period))
        return moment_for(kind, value);
      break;
    case SlotKind::duration:
      if (is(ValueType::duration)) return value.canonical;
      break;
    case SlotKind::email:
      if (is(ValueType::email)) return value.canonical;
      break;
    case SlotKind::phone:
      if (is(ValueType::phone)) return value.canonical;
      break;
    case SlotKind::url:
      if (is(ValueType::url)) return value.canonical;
      break;
    case SlotKind::text:
      if (is(ValueType::quoted, ValueType::name)) return value.canonical;
      break;
    default: break;
  }
  return std::nullopt;
}

class SlotFilling {
 public:
  SlotFilling(Wish& wish, const KnownSkill& skill, const Said& said, const Phrases& phrases)
      : wish_(wish),
        skill_(skill),
        said_(said),
        values_(whole_values(said.text, said.values, phrases)),
        phrases_(phrases),
        words_(heard_words(said.text)) {}

  std::vector<std::string> run() {
    for (const Slot& slot : skill_.slots) {
      if (!takes(slot)) continue;
      if (slot.kind == SlotKind::choice) add_choices(slot);
      for (const Value& value : values_) add_value(slot, value);
      if (slot.kind != SlotKind::text) continue;
      add_led(slot);
      add_before_name(slot);
    }
    add_learned();
    add_whole_answer();
    return take_best();
  }

 private:
  bool takes(const Slot& slot) const {
    return said_.corrects || asked(slot) || !wish_.slots.contains(slot.name);
  }
  bool asked(const Slot& slot) const { return std::ranges::contains(said_.asked, slot.name); }

  /// Those of the words before a place that count.
  std::span<const HeardWord> before(std::size_t begin) const {
    std::size_t last = 0;
    while (last < words_.size() && words_[last].end <= begin) ++last;
    const std::size_t first = last > kWordsBefore ? last - kWordsBefore : 0;
    return std::span(words_).subspan(first, last - first);
  }

  /// How much the words around speak for the slot.
  float support(const Slot& slot, std::size_t begin) const {
    float out = asked(slot) ? kAsked : 0;
    const auto names = name_words(slot.name);
    const auto near = before(begin);
    for (const HeardWord& word : near) {
      if (std::ranges::contains(names, word.word)) return out + kNamed;
    }
    if (near.empty()) return out;
    for (const LeadWord& lead : phrases_.leads) {
      if (lead.word != near.back().word) continue;
      if (std::ranges::any_of(names, [&](const auto& name) {
            return std::ranges::contains(lead.slots, std::string_view(name));
          }))
        return out + kLed;
    }
    return out;
  }

  void add_value(const Slot& slot, const Value& value) {
    const auto text = as_kind(slot.kind, value);
    if (!text) return;
    Candidate out{.slot = &slot,
                  .text = *text,
                  .shown = std::string(said_.text.substr(value.begin, value.end - value.begin)),
                  .begin = value.begin,
                  .end = value.end};
    out.score = support(slot, value.begin);
    if (slot.kind != SlotKind::text) {
      out.score += kOfItsType;
    } else if (value.type == ValueType::quoted || texts_open() == 1) {
      out.score += kOnlyName;
    }
    if (out.score > 0) candidates_.push_back(std::move(out));
  }

  std::size_t texts_open() const {
    return static_cast<std::size_t>(std::ranges::count_if(skill_.slots, [&](const Slot& slot) {
      return slot.kind == SlotKind::text && slot.required && takes(slot);
    }));
  }

  void add_choices(const Slot& slot) {
    for (const std::string& choice : slot.choices) {
      const auto wanted = name_words(choice);
      if (wanted.empty()) continue;
      for (std::size_t at = 0; at + wanted.size() <= words_.size(); ++at) {
        bool same = true;
        for (std::size_t i = 0; same && i < wanted.size(); ++i)
          same = words_[at + i].word == wanted[i];
        if (!same) continue;
        const std::size_t begin = words_[at].begin;
        const std::size_t end = words_[at + wanted.size() - 1].end;
        candidates_.push_back({.slot = &slot,
                               .text = choice,
                               .shown = std::string(said_.text.substr(begin, end - begin)),
                               .begin = begin,
                               .end = end,
                               .score = support(slot, begin) + kOfItsType});
      }
    }
  }

  bool leads_to(const HeardWord& word, const Slot& slot) const {
    const auto names = name_words(slot.name);
    return std::ranges::any_of(phrases_.leads, [&](const LeadWord& lead) {
      return lead.word == word.word && std::ranges::any_of(names, [&](const auto& name) {
               return std::ranges::contains(lead.slots, std::string_view(name));
             });
    });
  }

  bool ends_phrase(const HeardWord& word) const {
    return word.word.size() == 1 && std::string_view(",;.?!").contains(word.word.front());
  }

  bool leads_anywhere(const HeardWord& word) const {
    return std::ranges::find(phrases_.leads, word.word, &LeadWord::word) != phrases_.leads.end();
  }

  /// Whether a value of another kind begins here: "to Bob tomorrow".
  bool begins_value(const HeardWord& word) const {
    return std::ranges::any_of(values_, [&](const Value& value) {
      return value.begin == word.begin && value.type != ValueType::name &&
             value.type != ValueType::number;
    });
  }

  /// Of an address that begins there: the word behind it; else the same word.
  std::size_t behind_address(std::size_t at) const {
    std::size_t out = at;
    for (const Value& value : values_) {
      if (value.type != ValueType::name || value.begin != words_[at].begin) continue;
      while (out < words_.size() && words_[out].end <= value.end) ++out;
    }
    return out;
  }

  std::size_t end_of_phrase(std::size_t first) const {
    std::size_t last = first;
    while (last < words_.size() && last - first < kLedWords) {
      const bool stops = ends_phrase(words_[last]) || leads_anywhere(words_[last]) ||
                         match(words_, last, phrases_.connectors) > 0 ||
                         (last > first && begins_value(words_[last]));
      if (stops) break;
      last = std::max(behind_address(last), last + 1);
    }
    return last;
  }

  /// "from my savings account": the words after one that leads to the slot, up to the next that
  /// leads anywhere; without what only says again what the slot is.
  void add_led(const Slot& slot) {
    for (std::size_t at = 0; at + 1 < words_.size(); ++at) {
      if (!leads_to(words_[at], slot)) continue;
      std::size_t first = at + 1;
      while (first < words_.size() && match(words_, first, phrases_.articles) == 1) ++first;
      std::size_t last = end_of_phrase(first);
      const auto said_again = words_of(slot.description);
      while (last > first + 1 && std::ranges::contains(said_again, words_[last - 1].word)) --last;
      if (last <= first || match(words_, first, phrases_.indefinite) > 0) continue;
      const std::size_t begin = words_[first].begin;
      const std::size_t end = words_[last - 1].end;
      // What is a value by itself is for a slot of its type.
      const bool typed = std::ranges::any_of(values_, [&](const Value& value) {
        return value.type != ValueType::name && value.begin < end && begin < value.end;
      });
      if (typed) continue;
      const std::string text(said_.text.substr(begin, end - begin));
      candidates_.push_back({.slot = &slot,
                             .text = text,
                             .shown = text,
                             .begin = begin,
                             .end = end,
                             .score = kLed - kLedLess});
    }
  }

  /// "my savings account": the word before the slot's own name.
  void add_before_name(const Slot& slot) {
    const auto names = name_words(slot.name);
    for (std::size_t at = 1; at < words_.size(); ++at) {
      if (!std::ranges::contains(names, words_[at].word)) continue;
      const HeardWord& word = words_[at - 1];
      const ClassedWord* known = english_vocabulary().find(word.word);
      const bool says_nothing =
          (known != nullptr && known->word_class != WordClass::none) || ends_phrase(word) ||
          match(words_, at - 1, phrases_.articles) > 0 ||
          match(words_, at - 1, phrases_.indefinite) > 0 ||
          std::ranges::find(phrases_.leads, word.word, &LeadWord::word) != phrases_.leads.end();
      if (says_nothing) continue;
      const std::string text(said_.text.substr(word.begin, word.end - word.begin));
      candidates_.push_back({.slot = &slot,
                             .text = text,
                             .shown = text,
                             .begin = word.begin,
                             .end = word.end,
                             .score = kOfItsType});
    }
  }

  /// What the trained filler finds; of typed slots the value that stands there.
  void add_learned() {
    if (skill_.form == nullptr) return;
    static const KnownValues kNone;
    std::vector<SlotContext> contexts(skill_.slots.size());
    std::vector<std::string> filled(skill_.slots.size());
    bool any_asked = false;
    for (std::size_t i = 0; i < skill_.slots.size(); ++i) {
      const Slot& slot = skill_.slots[i];
      contexts[i].use = slot.required ? Use::required : Use::optional;
      contexts[i].asked = asked(slot);
      any_asked = any_asked || contexts[i].asked;
      const auto at = wish_.slots.find(slot.name);
      if (at == wish_.slots.end()) continue;
      filled[i] = at->second.shown;
      contexts[i].filled = filled[i];
    }
    const Turn turn{.utterance = said_.text,
                    .values = {},
                    .form = skill_.form.get(),
                    .slots = contexts,
                    .system_acts = any_asked ? 1U << static_cast<unsigned>(SystemAct::request) : 0U,
                    .known = &kNone,
                    .opens = said_.opens};
    const Filler filler(built_in_slots(), english_vocabulary());
    for (const auto& found : filler.fill(turn)) add_found(found);
  }

  /// What the filler found a part of: "18 Yuyuan Road" for "Yuyuan Road".
  void make_whole(Candidate& found) const {
    for (const Value& value : values_) {
      if (value.type != ValueType::name || value.begin > found.begin || value.end < found.end)
        continue;
      found.text = value.canonical;
      found.shown = said_.text.substr(value.begin, value.end - value.begin);
      found.begin = value.begin;
      found.end = value.end;
    }
  }

  void add_found(const weft::dialogue::Filling& found) {
    const Slot& slot = skill_.slots[found.slot];
    if (!takes(slot) || found.value == kDontCare || found.end <= found.begin) return;
    Candidate out{.slot = &slot,
                  .text = found.value,
                  .shown = std::string(said_.text.substr(found.begin, found.end - found.begin)),
                  .begin = found.begin,
                  .end = found.end,
                  .score = kLearned * found.probability};
    if (slot.kind != SlotKind::text && slot.kind != SlotKind::choice) {
      const Value* best = nullptr;
      for (const Value& value : values_) {
        if (value.begin >= found.end || value.end <= found.begin || !as_kind(slot.kind, value))
          continue;
        if (best == nullptr || value.end - value.begin > best->end - best->begin) best = &value;
      }
      if (best == nullptr) return;
      out.text = *as_kind(slot.kind, *best);
    } else if (slot.kind == SlotKind::text) {
      make_whole(out);
    }
    if (asked(slot)) out.score += kAsked;
    learned_.insert(slot.name);
    candidates_.push_back(std::move(out));
  }

  /// The answer to a question for one text is what was said.
  void add_whole_answer() {
    if (said_.asked.size() != 1) return;
    const Slot* slot = skill_.slot(said_.asked.front());
    if (slot == nullptr || slot->kind != SlotKind::text || words_.empty()) return;
    std::size_t first = 0;
    while (first + 1 < words_.size()) {
      const std::size_t used = std::max(match(words_, first, phrases_.reply.polite),
                                        match(words_, first, phrases_.answer_leads));
      if (used == 0 || first + used >= words_.size()) break;
      first += used;
    }
    std::size_t last = words_.size() - 1;
    while (last > first && (words_[last].word == "." || words_[last].word == "," ||
                            match(words_, last, phrases_.reply.polite) == 1))
      --last;
    // Of a longer answer the part that the filler found.
    if (learned_.contains(slot->name) && last - first >= kShortAnswerWords) return;
    const std::size_t begin = words_[first].begin;
    const std::string text(said_.text.substr(begin, words_[last].end - begin));
    candidates_.push_back({.slot = slot,
                           .text = text,
                           .shown = text,
                           .begin = begin,
                           .end = words_[last].end,
                           .score = words_.size() <= kAnswerWords ? kAsked + kNamed + kOfItsType
                                                                  : kAsked - kOfItsType});
  }

  std::vector<std::string> take_best() {
    // Of equal ones the longer, then the earlier.
    std::ranges::stable_sort(candidates_, [](const Candidate& a, const Candidate& b) {
      if (a.score != b.score) return a.score > b.score;
      return a.end - a.begin > b.end - b.begin;
    });
    std::vector<std::string> out;
    std::vector<const Candidate*> used;
    for (const Candidate& each : candidates_) {
      if (std::ranges::contains(out, each.slot->name)) continue;
      // One moment can be a date and a time at once; else what is used is used.
      const bool clashes = std::ranges::any_of(used, [&](const Candidate* other) {
        return other->begin < each.end && each.begin < other->end &&
               !(is_moment(*other) && is_moment(each) && other->slot->kind != each.slot->kind);
      });
      if (clashes) continue;
      used.push_back(&each);
      out.push_back(each.slot->name);
      wish_.slots[each.slot->name] = {.value = Repertoire::typed(skill_, *each.slot, each.text),
                                      .shown = each.shown,
                                      .origin = Origin::said,
                                      .source = "",
                                      .turn = said_.turn};
    }
    return out;
  }

  static bool is_moment(const Candidate& candidate) {
    const SlotKind kind = candidate.slot->kind;
    return kind == SlotKind::date || kind == SlotKind::time || kind == SlotKind::date_time;
  }

  Wish& wish_;
  const KnownSkill& skill_;
  const Said& said_;
  std::vector<Value> values_;  ///< of what was said
  const Phrases& phrases_;
  std::vector<HeardWord> words_;
  std::vector<Candidate> candidates_;
  std::set<std::string> learned_;  ///< slots for which the filler found something
};

}  // namespace

std::vector<std::string> fill(Wish& wish, const KnownSkill& skill, const Said& said,
                              const Phrases& phrases) {
  return SlotFilling(wish, skill, said, phrases).run();
}

std::vector<std::string> missing(const Wish& wish, const KnownSkill& skill) {
  std::vector<std::string> out;
  for (const Slot& slot : skill.slots) {
    if (slot.required && !slot.initial && !wish.slots.contains(slot.name)) out.push_back(slot.name);
  }
  return out;
}

std::vector<std::string> still_refused(const Wish& wish) {
  std::vector<std::string> out;
  for (const std::string& name : wish.refused_slots) {
    if (!wish.slots.contains(name)) out.push_back(name);
  }
  return out;
}

json::object arguments_of(const Wish& wish, const KnownSkill& skill) {
  json::object out;
  for (const Slot& slot : skill.slots) {
    const auto filled = wish.slots.find(slot.name);
    if (filled == wish.slots.end()) continue;
    json::object* at = &out;
    std::string_view name = slot.name;
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
      json::value& inner = (*at)[name.substr(0, dot)];
      if (!inner.is_object()) inner = json::object();
      at = &inner.get_object();
      name.remove_prefix(dot + 1);
    }
    (*at)[name] = filled->second.value;
  }
  return out;
}

}  // namespace weft::dialogue
