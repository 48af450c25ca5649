// One utterance while its values are found. Owned by Extractor::values; one thread.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "weft/dialogue/extract/numbers.h"
#include "weft/dialogue/extract/phrase_book.h"
#include "weft/dialogue/extract/value.h"

namespace weft::dialogue {

struct Reading {
  const Text& text;
  const Numbers& numbers;
  std::chrono::local_seconds now;
  std::vector<Value> out;

  /// Of the tokens `first` up to `last`.
  Value& add(ValueType type, std::size_t first, std::size_t last, std::string canonical,
             std::string unit = {}, std::vector<std::string> others = {}) {
    out.push_back({type, text[first].begin, text[last - 1].end, std::move(canonical),
                   std::move(unit), std::move(others)});
    return out.back();
  }
};

/// An ordinal of the tokens up to `last`, such as "21st" or "twenty-first".
struct Ordinal {
  std::size_t last = 0;
  double value = 0;
};
std::optional<Ordinal> read_ordinal(const Text& text, const Numbers& numbers, std::size_t token);

// Each adds the values of its types.
void find_numbers(Reading& reading);
void find_ordinals(Reading& reading);
void find_percents(Reading& reading);
void find_money(Reading& reading);
void find_quantities(Reading& reading);
/// Dates, times, both, periods and durations.
void find_moments(Reading& reading);
/// E-mail addresses, URLs, telephone numbers and quotations.
void find_written(Reading& reading);
void find_names(Reading& reading);

}  // namespace weft::dialogue
