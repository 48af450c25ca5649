#include "weft/dialogue/talk/referring.h"

#include <algorithm>
#include <charconv>

#include "weft/dialogue/router/words.h"
#include "weft/dialogue/slots/slot.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/naming.h"

namespace weft::dialogue {
namespace {

/// How well a field fits a slot: below the last it does not.
constexpr int kSameName = 8;
constexpr int kSameLast = 5;
constexpr int kOfOneKin = 4;
constexpr int kDescribed = 3;

using Tokens = std::span<const HeardWord>;

bool is_open(const Wish& wish, const Slot& slot) { return !wish.slots.contains(slot.name); }

bool among(Words words, std::string_view word) { return std::ranges::contains(words, word); }

bool is_place(const std::vector<std::string>& words, const Phrases& phrases) {
  return std::ranges::any_of(
      words, [&](const auto& word) { return among(phrases.reference.places, word); });
}

/// The newest note that passes.
template <class F>
const Note* newest(std::span<const Note> board, F passes) {
  for (std::size_t i = board.size(); i > 0; --i) {
    if (passes(board[i - 1])) return &board[i - 1];
  }
  return nullptr;
}

void put(Wish& wish, const Slot& slot, const Note& note, Origin origin) {
  wish.slots[slot.name] = {.value = note.value,
                           .shown = note.shown,
                           .origin = origin,
                           .source = note.source,
                           .turn = note.turn};
}

void put(Wish& wish, const Slot& slot, const Note& note) {
  put(wish, slot, note, note.origin == Origin::said ? Origin::carried : note.origin);
}

/// A value that a slot of this kind can hold as it is.
bool holds_kind(const Slot& slot, const json::value& value) {
  const auto* held = value.if_string();
  const std::string_view text = held != nullptr ? std::string_view(*held) : std::string_view();
  switch (slot.kind) {
    case SlotKind::integer: return value.is_int64() || value.is_uint64();
    case SlotKind::number:
    case SlotKind::money: return value.is_number();
    case SlotKind::boolean: return value.is_bool();
    case SlotKind::choice: return held != nullptr && std::ranges::contains(slot.choices, text);
    case SlotKind::date: return text.size() == 10 && text.contains('-');
    case SlotKind::time: return text.contains(':');
    default: return held != nullptr;
  }
}

/// `restaurants` holds what a slot `restaurant_id` speaks of.
std::vector<std::string> held(std::string_view holder) {
  auto words = words_of(holder);
  if (!words.empty() && words.back().size() > 2 && words.back().ends_with('s'))
    words.back().pop_back();
  return words;
}

bool of_one_kin(const std::vector<std::string>& a, const std::vector<std::string>& b,
                const Phrases& phrases) {
  const auto speaks = [](const std::vector<std::string>& words, Words family) {
    return std::ranges::any_of(words, [&](const auto& word) { return among(family, word); });
  };
  return std::ranges::any_of(phrases.reference.kin,
                             [&](Words family) { return speaks(a, family) && speaks(b, family); });
}

int fit(const Slot& slot, const std::vector<std::string>& field, std::string_view holder,
        const json::value& value, const Phrases& phrases) {
  if (field.empty() || !holds_kind(slot, value)) return 0;
  const auto own = name_words(slot.name);
  if (own == field) return kSameName;
  auto whole = held(holder);
  whole.insert(whole.end(), field.begin(), field.end());
  if (own == whole) return kSameName;
  if (!own.empty() && own.back() == field.back()) return kSameLast;
  if (of_one_kin(own, field, phrases)) return kOfOneKin;
  const auto described = words_of(slot.description);
  return std::ranges::contains(described, field.back()) ? kDescribed : 0;
}

/// One thing that is meant, by its fields.
struct Thing {
  std::vector<Note> fields;
  std::string holder;
};

Thing thing_of(const Offers& offers, std::size_t index) {
  Thing out{.fields = {}, .holder = offers.holder};
  out.fields.reserve(offers.items[index].size());
  for (const auto& [name, value] : offers.items[index]) {
    out.fields.push_back(
        {.words = readable(name),
         .value = value,
         .shown = value.is_string() ? std::string(value.get_string()) : json::write(value),
         .origin = Origin::result,
         .source = offers.source,
         .turn = offers.turn});
  }
  return out;
}

/// The best field for each required slot that is open; whether any was found.
bool take_from(Wish& wish, const KnownSkill& skill, const Thing& thing, const Phrases& phrases) {
  bool any = false;
  std::vector<const Note*> used;
  for (int least : {kSameName, kSameLast, kOfOneKin, kDescribed}) {
    for (const Slot& slot : skill.slots) {
      if (!slot.required || !is_open(wish, slot)) continue;
      for (const Note& field : thing.fields) {
        if (std::ranges::contains(used, &field)) continue;
        if (fit(slot, words_of(field.words), thing.holder, field.value, phrases) < least) continue;
        put(wish, slot, field);
        used.push_back(&field);
        any = true;
        break;
      }
    }
  }
  return any;
}

std::optional<int> ordinal_at(Tokens tokens, std::size_t at, const Phrases& phrases) {
  const std::string& word = tokens[at].word;
  const auto ordinal = std::ranges::find(phrases.reply.ordinals, word);
  if (ordinal != phrases.reply.ordinals.end())
    return static_cast<int>(std::distance(phrases.reply.ordinals.begin(), ordinal));
  if (match(tokens, at, phrases.reply.last) > 0) return -1;
  return std::nullopt;
}

std::optional<int> number_at(Tokens tokens, std::size_t at) {
  const std::string& word = tokens[at].word;
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < 1) return std::nullopt;
  return value - 1;
}

bool names_item(Tokens tokens, std::size_t at, const Offers& offers, const Phrases& phrases) {
  if (at >= tokens.size()) return true;
  const std::string& word = tokens[at].word;
  if (word.size() == 1 && std::string_view(",;.?!").contains(word.front())) return true;
  if (match(tokens, at, phrases.reference.ones) > 0 || match(tokens, at, phrases.connectors) > 0)
    return true;
  const auto one = held(offers.holder);
  return !one.empty() && (word == one.back() || word == words_of(offers.holder).back());
}

}  // namespace

std::optional<Picked> picked_in(std::string_view text, const Offers& offers,
                                const Phrases& phrases) {
  const auto tokens = heard_words(text);
  const auto said = [&](std::size_t from, std::size_t to) {
    const std::size_t begin = tokens[from].begin;
    return std::string(text.substr(begin, tokens[std::min(to, tokens.size()) - 1].end - begin));
  };
  const auto& reference = phrases.reference;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool led = i > 0 && match(tokens, i - 1, phrases.articles) == 1;
    const std::size_t from = led ? i - 1 : i;
    if (const auto index = ordinal_at(tokens, i, phrases);
        index && names_item(tokens, i + 1, offers, phrases) && (led || i + 1 < tokens.size()))
      return Picked{.kind = Picked::Kind::index, .index = *index, .said = said(from, i + 2)};
    if (i > 0 && match(tokens, i - 1, reference.numbers) == 1) {
      if (const auto index = number_at(tokens, i))
        return Picked{.kind = Picked::Kind::index, .index = *index, .said = said(i - 1, i + 1)};
    }
    for (std::size_t e = 0; e < reference.extremes.size(); ++e) {
      const std::size_t used = match(tokens, i, reference.extremes[e].words);
      if (used == 0 || !led || !names_item(tokens, i + used, offers, phrases)) continue;
      return Picked{.kind = Picked::Kind::extreme, .extreme = e, .said = said(from, i + used + 1)};
    }
    if (const std::size_t used = match(tokens, i, reference.other); used > 0)
      return Picked{.kind = Picked::Kind::other, .said = said(i, i + used)};
    if (const std::size_t used = match(tokens, i, reference.same); used > 0)
      return Picked{.kind = Picked::Kind::same, .said = said(i, i + used)};
  }
  return std::nullopt;
}

namespace {

/// The item whose field of that name is least (or most); nothing when two are, or none has it.
std::optional<std::size_t> extreme_of(const Extreme& extreme, const Offers& offers) {
  std::optional<std::size_t> best;
  bool tie = false;
  json::value best_value;
  for (std::size_t i = 0; i < offers.items.size(); ++i) {
    for (const auto& [name, value] : offers.items[i]) {
      const auto words = name_words(name);
      if (words.empty() || !among(extreme.fields, words.back())) continue;
      if (!value.is_number() && !value.is_string()) continue;
      const auto order = [](const json::value& a, const json::value& b) {
        if (a.is_number() && b.is_number()) return a.to_number<double>() < b.to_number<double>();
        return a.is_string() && b.is_string() && a.get_string() < b.get_string();
      };
      const bool better =
          !best || (extreme.least ? order(value, best_value) : order(best_value, value));
      if (better) {
        best = i;
        best_value = value;
        tie = false;
      } else if (value == best_value) {
        tie = true;
      }
      break;
    }
  }
  return tie ? std::nullopt : best;
}

}  // namespace

std::optional<std::size_t> index_of(const Picked& picked, const Offers& offers,
                                    const Phrases& phrases) {
  const auto count = static_cast<int>(offers.items.size());
  if (count == 0) return std::nullopt;
  switch (picked.kind) {
    case Picked::Kind::index: {
      const int index = picked.index < 0 ? count + picked.index : picked.index;
      if (index < 0 || index >= count) return std::nullopt;
      return static_cast<std::size_t>(index);
    }
    case Picked::Kind::other:
      if (count != 2 || offers.chosen < 0) return std::nullopt;
      return static_cast<std::size_t>(1 - offers.chosen);
    case Picked::Kind::extreme:
      return extreme_of(phrases.reference.extremes[picked.extreme], offers);
    case Picked::Kind::same:
      if (offers.chosen >= 0) return static_cast<std::size_t>(offers.chosen);
      if (count == 1) return std::size_t{0};
      return std::nullopt;
  }
  return std::nullopt;
}

bool takes_item(const KnownSkill& skill, const Offers& offers, std::size_t index,
                const Phrases& phrases) {
  Wish probe;
  return take_from(probe, skill, thing_of(offers, index), phrases) &&
         std::ranges::any_of(probe.slots, [&](const auto& slot) {
           // By its own name, not only by a word of its description.
           const Slot* of = skill.slot(slot.first);
           return of != nullptr && std::ranges::any_of(offers.items[index], [&](const auto& field) {
                    return fit(*of, name_words(field.key()), offers.holder, field.value(),
                               phrases) >= kSameLast;
                  });
         });
}

namespace {

class Referring {
 public:
  Referring(Wish& wish, const KnownSkill& skill, Conversation& conversation, const Phrases& phrases)
      : wish_(wish),
        skill_(skill),
        conversation_(conversation),
        phrases_(phrases),
        words_(heard_words(wish.text)) {
    for (std::size_t i = 0; i < words_.size();) {
      const std::size_t used = match(words_, i, phrases_.reference.exist);
      const auto from = words_.begin() + static_cast<std::ptrdiff_t>(i);
      words_.erase(from, from + static_cast<std::ptrdiff_t>(used));
      if (used == 0) ++i;
    }
  }

  std::vector<std::string> run() {
    place();
    day();
    item();
    thing();
    return std::move(unknown_);
  }

 private:
  const Slot* open_slot(auto fits) const {
    const auto slot = std::ranges::find_if(
        skill_.slots, [&](const Slot& each) { return is_open(wish_, each) && fits(each); });
    return slot == skill_.slots.end() ? nullptr : &*slot;
  }

  bool opens_any() const {
    return open_slot([](const Slot& slot) { return slot.required; }) != nullptr;
  }

  void note_unknown(Words said) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const std::size_t used = match(words_, i, said);
      if (used == 0) continue;
      const std::size_t begin = words_[i].begin;
      unknown_.push_back(wish_.text.substr(begin, words_[i + used - 1].end - begin));
      return;
    }
  }

  /// "there": of the newest that names places the one that says most.
  void place() {
    if (!holds(words_, phrases_.reference.place)) return;
    const auto takes_place = [&](const Slot& slot) {
      if (slot.kind != SlotKind::text) return false;
      const auto own = name_words(slot.name);
      if (is_place(own, phrases_)) return true;
      // `to` alone may be a person as well: its description says what it is.
      return is_place(words_of(slot.description), phrases_) &&
             std::ranges::any_of(
                 own, [&](const auto& word) { return among(phrases_.reference.ways, word); });
    };
    // Where one has to go before where one may come from.
    const Slot* slot =
        open_slot([&](const Slot& each) { return each.required && takes_place(each); });
    if (slot == nullptr) slot = open_slot(takes_place);
    if (slot == nullptr) return;
    const Note* last = newest(conversation_.board, [&](const Note& note) { return names(note); });
    if (last == nullptr) return note_unknown(phrases_.reference.place);
    const Note* best = last;
    for (const Note& note : conversation_.board) {
      if (note.turn == last->turn && note.source == last->source && names(note) &&
          rank(note) < rank(*best))
        best = &note;
    }
    put(wish_, *slot, *best);
  }

  bool names(const Note& note) const {
    return note.value.is_string() && is_place(words_of(note.words), phrases_);
  }
  std::ptrdiff_t rank(const Note& note) const {
    const auto own = words_of(note.words);
    const auto& places = phrases_.reference.places;
    const auto at = std::ranges::find_first_of(places, own);
    return std::distance(places.begin(), at);
  }

  void day() {
    if (!holds(words_, phrases_.reference.day)) return;
    const Slot* slot = open_slot([](const Slot& each) { return each.kind == SlotKind::date; });
    if (slot == nullptr) return;
    const Note* note = newest(conversation_.board, [](const Note& each) {
      return each.value.is_string() && each.value.get_string().size() == 10 &&
             kind_of_words(each.words, "") == SlotKind::date;
    });
    if (note == nullptr) return note_unknown(phrases_.reference.day);
    put(wish_, *slot, *note);
  }

  /// "the second one" of what was told last.
  void item() {
    Offers& offers = conversation_.offers;
    const auto picked = picked_in(wish_.text, offers, phrases_);
    if (!picked || !opens_any()) return;
    if (const auto index = index_of(*picked, offers, phrases_)) {
      const auto before = wish_.slots.size();
      take_from(wish_, skill_, thing_of(offers, *index), phrases_);
      if (wish_.slots.size() != before) {
        offers.chosen = static_cast<int>(*index);
        return;
      }
    }
    // "that one" may be a single thing as well.
    if (picked->kind == Picked::Kind::same && from_last()) return;
    unknown_.push_back(picked->said);
  }

  /// "pay for it", and not "do what it says": nothing that the word could be the subject of
  /// follows.
  bool names_thing() const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const std::size_t used = match(words_, i, phrases_.reference.thing);
      if (used == 0) continue;
      if (i + used == words_.size()) return true;
      const std::string& next = words_[i + used].word;
      const bool mark = next.size() == 1 && std::string_view(",;.?!").contains(next.front());
      if (mark || match(words_, i + used, phrases_.connectors) > 0 ||
          match(words_, i + used, phrases_.reply.polite) > 0 ||
          std::ranges::contains(phrases_.leads, next, &LeadWord::word))
        return true;
    }
    return false;
  }

  /// "pay for it": what came of the last wish.
  void thing() {
    if (!opens_any() || !names_thing()) return;
    const Offers& offers = conversation_.offers;
    if (offers.chosen >= 0 &&
        take_from(wish_, skill_, thing_of(offers, static_cast<std::size_t>(offers.chosen)),
                  phrases_))
      return;
    from_last();
  }

  bool from_last() {
    const Note* last =
        newest(conversation_.board, [](const Note& note) { return note.origin == Origin::result; });
    if (last == nullptr) return false;
    Thing out;
    for (const Note& note : conversation_.board) {
      if (note.origin == Origin::result && note.source == last->source && note.turn == last->turn)
        out.fields.push_back(note);
    }
    return take_from(wish_, skill_, out, phrases_);
  }

  Wish& wish_;
  const KnownSkill& skill_;
  Conversation& conversation_;
  const Phrases& phrases_;
  std::vector<HeardWord> words_;
  std::vector<std::string> unknown_;
};

/// `t-x7k2m9`, `b-3f`: nothing that a person would think of.
bool is_made(const json::value& value) {
  if (!value.is_string()) return false;
  const std::string_view text = value.get_string();
  const bool digit = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const bool letter = std::ranges::any_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  return letter && (digit || text.contains('-')) &&
         text.find_first_of(" :@/.") == std::string_view::npos;
}

}  // namespace

std::vector<std::string> refer(Wish& wish, const KnownSkill& skill, Conversation& conversation,
                               const Phrases& phrases) {
  return Referring(wish, skill, conversation, phrases).run();
}

void carry_over(Wish& wish, const KnownSkill& skill, std::span<const Note> board) {
  for (const Slot& slot : skill.slots) {
    if (!slot.required || !is_open(wish, slot)) continue;
    const auto names = name_words(slot.name);
    const Note* said = newest(board, [&](const Note& each) {
      return each.origin == Origin::said && words_of(each.words) == names;
    });
    if (said != nullptr) {
      put(wish, slot, *said, Origin::carried);
      continue;
    }
    const Note* made = newest(board, [&](const Note& each) {
      return each.origin == Origin::result && each.source.starts_with(wish.solution + "/") &&
             words_of(each.words) == names && is_made(each.value);
    });
    if (made != nullptr) put(wish, slot, *made, Origin::result);
  }
}

}  // namespace weft::dialogue
