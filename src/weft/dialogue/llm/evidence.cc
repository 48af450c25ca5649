#include "weft/dialogue/llm/evidence.h"

#include <algorithm>
#include <format>

#include "weft/base/schema.h"
#include "weft/dialogue/talk/filling.h"
#include "weft/dialogue/talk/heard.h"

namespace weft::dialogue {
namespace {

bool is_mark(const HeardWord& token) {
  return token.word.size() == 1 && std::string_view(",;.?!").contains(token.word.front());
}

std::vector<std::string> words_without_marks(std::string_view text) {
  std::vector<std::string> out;
  for (HeardWord& each : heard_words(text)) {
    if (!is_mark(each)) out.push_back(std::move(each.word));
  }
  return out;
}

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::write(value);
}

bool is_moment(SlotKind kind) {
  return kind == SlotKind::date || kind == SlotKind::time || kind == SlotKind::date_time;
}

/// What the linear filler makes of the words when it is asked for this slot.
std::optional<json::value> reading_of(const Slot& slot, std::string_view words,
                                      std::span<const Value> values, const Reader& reader) {
  KnownSkill only;
  only.slots = {slot};
  Wish wish;
  const std::vector<std::string> asked{slot.name};
  (void)fill(wish, only, {.text = words, .values = values, .turn = 0, .asked = asked},
             reader.phrases);
  const auto at = wish.slots.find(slot.name);
  if (at == wish.slots.end()) return std::nullopt;
  return std::move(at->second.value);
}

/// "At seven" may be either: what else the words may mean.
bool among_others(const Slot& slot, const std::string& text, std::span<const Value> values) {
  return std::ranges::any_of(values, [&](const Value& value) {
    return std::ranges::any_of(value.others, [&](const std::string& other) {
      std::string_view part = other;
      const auto at = part.find('T');
      if (at != std::string_view::npos && slot.kind == SlotKind::date) part = part.substr(0, at);
      if (at != std::string_view::npos && slot.kind == SlotKind::time) part = part.substr(at + 1);
      return same_value(json::value(text), json::value(part));
    });
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return out;
}

/// What holds more than words ("john@example.com", "/tmp") stands there letter by letter.
bool said_so(std::string_view text, std::string_view words) {
  const bool plain = std::ranges::all_of(text, [](char c) {
    return c == ' ' || c == '\'' || static_cast<unsigned char>(c) >= 0x80 ||
           (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return plain ? stands_in(text, words) : lower(words).contains(lower(text)) && !text.empty();
}

Result<void> not_backed(const Slot& slot, const json::value& value, std::string_view words) {
  return fail(Reason::invalid_argument, std::format("`{}`: the words “{}” do not give the value {}",
                                                    slot.name, words, json::write(value)));
}

/// A date and the like as they are written here; a date that is none ("2026-02-30") the schema of
/// the skill or the solution refuses.
bool written_as(SlotKind kind, std::string_view text) {
  const auto matches = [&](std::string_view pattern) {
    if (text.size() < pattern.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const bool digit = text[i] >= '0' && text[i] <= '9';
      if (pattern[i] == '0' ? !digit : text[i] != pattern[i]) return false;
    }
    return true;
  };
  switch (kind) {
    case SlotKind::date: return text.size() == 10 && matches("0000-00-00");
    case SlotKind::time: return text.size() <= 14 && matches("00:00");
    case SlotKind::date_time: return matches("0000-00-00") || matches("00:00");
    case SlotKind::duration: return text.size() > 1 && text.front() == 'P';
    case SlotKind::email: return text.find('@') > 0 && text.contains('@') && !text.contains(' ');
    case SlotKind::url: return text.contains('.') && !text.contains(' ');
    default: return !text.empty();
  }
}

bool of_kind(const Slot& slot, const json::value& value) {
  switch (slot.kind) {
    case SlotKind::boolean: return value.is_bool();
    case SlotKind::integer: return value.is_int64() || value.is_uint64();
    case SlotKind::number: return value.is_number();
    case SlotKind::money: return value.is_number() || value.is_string();
    case SlotKind::choice: return std::ranges::contains(slot.choices, text_of(value));
    default: return value.is_string() && written_as(slot.kind, value.get_string());
  }
}

/// The schema without what it requires: one value is checked, not all.
json::value without_required(const json::value& schema) {
  json::value out = schema;
  if (auto* o = out.if_object()) {
    o->erase("required");
    if (auto* properties = o->if_contains("properties");
        properties != nullptr && properties->is_object()) {
      for (auto& [name, property] : properties->get_object()) property = without_required(property);
    }
  }
  return out;
}

}  // namespace

bool stands_in(std::string_view words, std::string_view text) {
  const auto wanted = words_without_marks(words);
  const auto there = words_without_marks(text);
  return !wanted.empty() && !std::ranges::search(there, wanted).empty();
}

bool same_value(const json::value& a, const json::value& b) {
  if (a == b) return true;
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  if (a.is_number() != b.is_number()) {
    // "-20" is not the words of "20".
    const auto number = json::parse(text_of(a.is_number() ? b : a));
    const json::value& other = a.is_number() ? a : b;
    return number && number->is_number() &&
           number->to_number<double>() == other.to_number<double>();
  }
  std::string first = text_of(a);
  std::string second = text_of(b);
  if (first.size() > second.size()) std::swap(first, second);
  if (second.starts_with(first) && second.substr(first.size()) == ":00") return true;
  return words_without_marks(first) == words_without_marks(second) && !first.empty();
}

Result<void> check_backed(const Slot& slot, const json::value& value, std::string_view words,
                          const Reader& reader, bool strictly) {
  const std::string text = text_of(value);
  switch (slot.kind) {
    case SlotKind::text:
    case SlotKind::email:
    case SlotKind::phone:
    case SlotKind::url:
      // What is no typed value is the person's own words.
      if (said_so(text, words)) return {};
      if (slot.kind == SlotKind::text) return not_backed(slot, value, words);
      break;
    case SlotKind::choice:
      if (!strictly || stands_in(text, words)) return {};
      return not_backed(slot, value, words);
    case SlotKind::boolean:
      if (!strictly) return {};
      return not_backed(slot, value, words);
    default: break;
  }
  const auto values = reader.extract(words, reader.now);
  const auto read = reading_of(slot, words, values, reader);
  if (read && same_value(*read, value)) return {};
  if (among_others(slot, text, values)) return {};
  if (!read && !strictly) return {};
  if (read && is_moment(slot.kind)) {
    return fail(Reason::invalid_argument,
                std::format("`{}`: the words “{}” mean {}, not {}", slot.name, words,
                            json::write(*read), json::write(value)));
  }
  return not_backed(slot, value, words);
}

Result<void> check_fits(const KnownSkill& skill, const Slot& slot, const json::value& value) {
  if (!of_kind(slot, value)) {
    return fail(Reason::invalid_argument,
                std::format("`{}`: {} is no {}", slot.name, json::write(value),
                            slot.kind == SlotKind::choice ? "choice of it" : to_string(slot.kind)));
  }
  if (!skill.schema) return {};
  const auto schema = Schema::create(without_required(*skill.schema));
  // What the schema says cannot be checked here is checked before the call.
  if (!schema) return {};
  Wish wish;
  wish.slots[slot.name] = {
      .value = value, .shown = "", .origin = Origin::said, .source = "", .turn = 0};
  const auto fault = schema->check(json::value(arguments_of(wish, skill)));
  std::string pointer;
  for (std::string_view name = slot.name; !name.empty();) {
    const auto dot = std::min(name.find('.'), name.size());
    pointer += "/" + json::escape_pointer(name.substr(0, dot));
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  if (!fault || !fault->path.starts_with(pointer)) return {};
  return fail(Reason::invalid_argument, std::format("`{}`: {}", slot.name, fault->message));
}

}  // namespace weft::dialogue
