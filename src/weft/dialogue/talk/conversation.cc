#include "weft/dialogue/talk/conversation.h"

#include <algorithm>
#include <array>

namespace weft::dialogue {
namespace {

constexpr auto kOrigins = std::to_array<std::string_view>({"said", "result", "carried", "preset"});
constexpr auto kStates =
    std::to_array<std::string_view>({"open", "calling", "done", "failed", "refused", "unknown"});
constexpr auto kPendings = std::to_array<std::string_view>({"none", "slots", "skill", "confirm"});

template <class T, std::size_t N>
std::optional<T> from_word(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto at = std::ranges::find(words, word);
  if (at == words.end()) return std::nullopt;
  return static_cast<T>(std::distance(words.begin(), at));
}

json::array texts(const std::vector<std::string>& items) {
  json::array out;
  for (const std::string& each : items) out.emplace_back(each);
  return out;
}

std::vector<std::string> texts_at(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  const auto* list = json::array_at(o, key);
  if (list == nullptr) return out;
  for (const json::value& each : *list) {
    if (each.is_string()) out.emplace_back(each.get_string());
  }
  return out;
}

std::string text_at(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

int number_at(const json::object& o, std::string_view key) {
  return static_cast<int>(std::clamp<std::int64_t>(json::int_at(o, key).value_or(0), 0, 1 << 30));
}

/// What a value has in common, whoever holds it.
template <class T>
json::object value_to_json(const T& of) {
  return {{"value", of.value},
          {"shown", of.shown},
          {"origin", to_string(of.origin)},
          {"source", of.source},
          {"turn", of.turn}};
}

template <class T>
T value_from_json(const json::object& o) {
  T out;
  if (const auto* value = json::find(o, "value")) out.value = *value;
  out.shown = text_at(o, "shown");
  out.origin = from_word<Origin>(kOrigins, json::string_at(o, "origin")).value_or(Origin::said);
  out.source = text_at(o, "source");
  out.turn = number_at(o, "turn");
  return out;
}

json::object wish_to_json(const Wish& wish) {
  json::object slots;
  json::array refused_slots;
  for (const std::string& name : wish.refused_slots) refused_slots.emplace_back(name);
  for (const auto& [name, filled] : wish.slots) slots[name] = value_to_json(filled);
  return {{"text", wish.text},
          {"solution", wish.solution},
          {"skill", wish.skill},
          {"slots", std::move(slots)},
          {"state", to_string(wish.state)},
          {"answer", wish.answer},
          {"tries", wish.tries},
          {"refused_slots", std::move(refused_slots)},
          {"call", wish.call},
          {"upstream_task", wish.upstream_task},
          {"upstream_context", wish.upstream_context}};
}

Result<Wish> wish_from_json(const json::object& o) {
  Wish out;
  out.text = text_at(o, "text");
  out.solution = text_at(o, "solution");
  out.skill = text_at(o, "skill");
  const auto state = from_word<WishState>(kStates, json::string_at(o, "state"));
  if (!state)
    return fail(Reason::invalid_argument, "a wish of the conversation has no state that is known");
  out.state = *state;
  out.answer = text_at(o, "answer");
  out.tries = number_at(o, "tries");
  if (const auto* names = json::array_at(o, "refused_slots")) {
    for (const auto& name : *names) {
      if (name.is_string()) out.refused_slots.emplace(name.get_string());
    }
  }
  out.call = text_at(o, "call");
  out.upstream_task = text_at(o, "upstream_task");
  out.upstream_context = text_at(o, "upstream_context");
  if (const auto* slots = json::object_at(o, "slots")) {
    for (const auto& [name, filled] : *slots) {
      if (const auto* each = filled.if_object())
        out.slots.emplace(std::string(name), value_from_json<Filled>(*each));
    }
  }
  return out;
}

json::object offers_to_json(const Offers& offers) {
  json::array items;
  for (const json::object& each : offers.items) items.emplace_back(each);
  return {{"source", offers.source},   {"holder", offers.holder}, {"turn", offers.turn},
          {"items", std::move(items)}, {"chosen", offers.chosen}, {"told", offers.told}};
}

Offers offers_from_json(const json::object& o) {
  Offers out{.source = text_at(o, "source"),
             .holder = text_at(o, "holder"),
             .turn = number_at(o, "turn"),
             .items = {}};
  if (const auto* items = json::array_at(o, "items")) {
    for (const json::value& each : *items) {
      if (each.is_object()) out.items.push_back(each.get_object());
    }
  }
  const auto count = static_cast<std::int64_t>(out.items.size());
  out.chosen = static_cast<int>(
      std::clamp<std::int64_t>(json::int_at(o, "chosen").value_or(-1), -1, count - 1));
  out.told = static_cast<std::size_t>(
      std::clamp<std::int64_t>(json::int_at(o, "told").value_or(0), 0, count));
  return out;
}

}  // namespace

std::string_view to_string(Origin origin) { return kOrigins.at(static_cast<std::size_t>(origin)); }
std::string_view to_string(WishState state) { return kStates.at(static_cast<std::size_t>(state)); }
std::string_view to_string(Pending::Kind kind) {
  return kPendings.at(static_cast<std::size_t>(kind));
}

bool is_over(WishState state) { return state != WishState::open && state != WishState::calling; }

const Wish* Conversation::current() const {
  const auto at =
      std::ranges::find_if(wishes, [](const Wish& each) { return !is_over(each.state); });
  return at == wishes.end() ? nullptr : &*at;
}
Wish* Conversation::current() {
  const auto at =
      std::ranges::find_if(wishes, [](const Wish& each) { return !is_over(each.state); });
  return at == wishes.end() ? nullptr : &*at;
}

json::value to_json(const Conversation& conversation) {
  json::array wishes;
  for (const Wish& wish : conversation.wishes) wishes.push_back(wish_to_json(wish));
  json::array board;
  for (const Note& note : conversation.board) {
    json::object each = value_to_json(note);
    each["words"] = note.words;
    board.push_back(std::move(each));
  }
  const Pending& pending = conversation.pending;
  json::object asked{{"kind", to_string(pending.kind)},
                     {"slots", texts(pending.slots)},
                     {"skills", texts(pending.skills)},
                     {"text", pending.text},
                     {"heard", pending.heard}};
  return json::object{{"wishes", std::move(wishes)},
                      {"pending", std::move(asked)},
                      {"board", std::move(board)},
                      {"offers", offers_to_json(conversation.offers)},
                      {"declined", texts(conversation.declined)},
                      {"turn", conversation.turn}};
}

json::value report(const Conversation& conversation) {
  json::array wishes;
  for (const Wish& wish : conversation.wishes) {
    json::object values;
    for (const auto& [name, filled] : wish.slots) {
      json::object value{{"value", filled.value}, {"origin", to_string(filled.origin)}};
      if (filled.origin == Origin::said) value["said"] = filled.shown;
      if (!filled.source.empty()) value["source"] = filled.source;
      values[name] = std::move(value);
    }
    wishes.push_back(json::object{{"wish", wish.text},
                                  {"skill", wish.name()},
                                  {"values", std::move(values)},
                                  {"state", to_string(wish.state)},
                                  {"answer", wish.answer}});
  }
  json::object out{{"wishes", std::move(wishes)}, {"declined", texts(conversation.declined)}};
  const Pending& pending = conversation.pending;
  if (pending.kind == Pending::Kind::slots)
    out["asks"] = json::object{{"slots", texts(pending.slots)}};
  if (pending.kind == Pending::Kind::skill)
    out["asks"] = json::object{{"skills", texts(pending.skills)}};
  return out;
}

Result<Conversation> conversation_from_json(const json::value& value) {
  const auto* o = value.if_object();
  if (o == nullptr) return fail(Reason::invalid_argument, "a conversation is an object");
  Conversation out;
  out.declined = texts_at(*o, "declined");
  out.turn = number_at(*o, "turn");
  if (const auto* wishes = json::array_at(*o, "wishes")) {
    for (const json::value& each : *wishes) {
      const auto* wish = each.if_object();
      if (wish == nullptr) return fail(Reason::invalid_argument, "a wish is an object");
      WEFT_TRY(Wish read, wish_from_json(*wish));
      out.wishes.push_back(std::move(read));
    }
  }
  if (const auto* board = json::array_at(*o, "board")) {
    for (const json::value& each : *board) {
      const auto* note = each.if_object();
      if (note == nullptr) return fail(Reason::invalid_argument, "a note is an object");
      out.board.push_back(value_from_json<Note>(*note));
      out.board.back().words = text_at(*note, "words");
    }
  }
  if (const auto* offers = json::object_at(*o, "offers")) out.offers = offers_from_json(*offers);
  if (const auto* pending = json::object_at(*o, "pending")) {
    const auto kind = from_word<Pending::Kind>(kPendings, json::string_at(*pending, "kind"));
    if (!kind)
      return fail(Reason::invalid_argument, "the conversation asks what is not known here");
    out.pending.kind = *kind;
    out.pending.slots = texts_at(*pending, "slots");
    out.pending.skills = texts_at(*pending, "skills");
    out.pending.text = text_at(*pending, "text");
    out.pending.heard = text_at(*pending, "heard");
  }
  return out;
}

}  // namespace weft::dialogue
