#include "weft/dialogue/extract/extractor.h"

#include <algorithm>
#include <tuple>

#include "weft/dialogue/extract/reading.h"
#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

bool is_address(const Value& value) {
  return value.type == ValueType::url || value.type == ValueType::email;
}

/// Drops what is only part of an address with letters: the numbers of an IP address stay.
void drop_inside_addresses(std::vector<Value>& values) {
  const Value* address = nullptr;
  std::vector<bool> inside(values.size());
  for (std::size_t n = 0; n < values.size(); ++n) {
    const Value& value = values[n];
    const bool covered = address != nullptr && value.end <= address->end;
    inside[n] = covered && !is_address(value) && value.type != ValueType::quoted;
    const bool letters =
        is_address(value) && value.canonical.find_first_not_of("0123456789.") != std::string::npos;
    if (letters && (address == nullptr || value.end > address->end)) address = &value;
  }
  std::size_t n = 0;
  std::erase_if(values, [&](const Value&) { return inside[n++]; });
}

/// Drops a name that is a sign of something else ("AM", "Mar", the C of degrees).
void drop_signs(std::vector<Value>& values) {
  std::size_t end = 0;
  std::erase_if(values, [&](const Value& value) {
    using enum ValueType;
    const bool covers = value.type == date || value.type == time || value.type == money ||
                        value.type == quantity || value.type == date_time;
    if (covers) end = std::max(end, value.end);
    return value.type == name && value.end <= end;
  });
}

}  // namespace

Extractor::Extractor(const Language& language) : book_(language) {}

std::vector<Value> Extractor::values(std::string_view utterance,
                                     std::chrono::local_seconds now) const {
  utterance = utterance.substr(0, kUtteranceBytesMax);
  const Text text(utterance, book_);
  const Numbers numbers(text);
  Reading reading = {text, numbers, now, {}};
  find_numbers(reading);
  find_ordinals(reading);
  find_percents(reading);
  find_money(reading);
  find_quantities(reading);
  find_moments(reading);
  find_written(reading);
  find_names(reading);
  std::vector<Value> out = std::move(reading.out);
  const auto key = [](const Value& v) {
    return std::tuple(v.begin, ~v.end, v.type, std::string_view(v.canonical),
                      std::string_view(v.unit));
  };
  std::ranges::stable_sort(out, [&](const Value& a, const Value& b) {
    return std::tuple(a.begin, ~a.end, a.type) < std::tuple(b.begin, ~b.end, b.type);
  });
  const auto same =
      std::ranges::unique(out, [&](const Value& a, const Value& b) { return key(a) == key(b); });
  out.erase(same.begin(), same.end());
  drop_inside_addresses(out);
  drop_signs(out);
  return out;
}

}  // namespace weft::dialogue
