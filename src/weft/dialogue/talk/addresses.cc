#include "weft/dialogue/talk/addresses.h"

#include <algorithm>
#include <string>

#include "weft/dialogue/router/words.h"

namespace weft::dialogue {
namespace {

bool is_street(const Value& value, const Phrases& phrases) {
  if (value.type != ValueType::name) return false;
  const auto words = words_of(value.canonical);
  return words.size() > 1 && std::ranges::contains(phrases.streets, words.back());
}

/// Whether a number inside of it is no number: the 5 of "5 pm". Digits alone may be a telephone
/// number, a year or an amount; that is for the slot to say.
bool is_made_of_numbers(const Value& value, std::string_view shown) {
  switch (value.type) {
    case ValueType::date:
    case ValueType::time:
    case ValueType::date_time:
    case ValueType::period:
    case ValueType::email:
    case ValueType::url: return true;
    case ValueType::phone: return shown.find_first_of("+()-") != std::string_view::npos;
    default: return false;
  }
}

/// The longest name that begins there; null when none does.
const Value* name_at(std::span<const Value> values, std::size_t begin) {
  const Value* out = nullptr;
  for (const Value& each : values) {
    if (each.type != ValueType::name || each.begin != begin) continue;
    if (out == nullptr || each.end > out->end) out = &each;
  }
  return out;
}

bool lies_in(const Value& inner, const Value& outer) {
  return outer.begin <= inner.begin && inner.end <= outer.end;
}

}  // namespace

std::vector<Value> whole_values(std::string_view text, std::span<const Value> values,
                                const Phrases& phrases) {
  std::vector<Value> addresses;
  for (const Value& number : values) {
    if (number.type != ValueType::number || !text.substr(number.end).starts_with(' ')) continue;
    const Value* street = name_at(values, number.end + 1);
    if (street == nullptr || !is_street(*street, phrases)) continue;
    std::size_t end = street->end;
    if (text.substr(end).starts_with(", ")) {
      if (const Value* district = name_at(values, end + 2)) end = district->end;
    }
    addresses.push_back({.type = ValueType::name,
                         .begin = number.begin,
                         .end = end,
                         .canonical = std::string(text.substr(number.begin, end - number.begin)),
                         .unit = "",
                         .others = {}});
  }
  std::vector<Value> out;
  out.reserve(values.size() + addresses.size());
  for (const Value& each : values) {
    const bool in_address = std::ranges::any_of(
        addresses, [&](const Value& address) { return lies_in(each, address); });
    const bool in_another =
        each.type == ValueType::number && std::ranges::any_of(values, [&](const Value& other) {
          const std::size_t bytes = other.end - other.begin;
          return lies_in(each, other) && each.end - each.begin < bytes &&
                 is_made_of_numbers(other, text.substr(other.begin, bytes));
        });
    if (!in_address && !in_another) out.push_back(each);
  }
  out.insert(out.end(), addresses.begin(), addresses.end());
  return out;
}

}  // namespace weft::dialogue
