// Periods while they are put together. Owned by find_moments; one thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weft/dialogue/extract/moments.h"

namespace weft::dialogue {

/// What the readers of periods share: the dates that were found, and where periods go.
struct Periods {
  const Moments& m;
  const std::vector<SaidDate>& dates;  ///< in the order of their first tokens
  std::vector<SaidPeriod> out;
  /// Days that only the other end of their range makes dates: "the 3rd to the 7th of May".
  std::vector<SaidDate> ends;

  /// The longest date that begins at the token, or nullptr.
  const SaidDate* date_at(std::size_t token) const;
  void add(std::size_t first, std::size_t last, std::string from, std::string to,
           std::vector<std::string> others = {}) {
    out.push_back({first, last, std::move(from), std::move(to), std::move(others)});
  }
  void add(std::size_t first, std::size_t last, const Day& from, const Day& to) {
    if (from.ok() && to.ok()) add(first, last, to_text(from), to_text(to));
  }
};

/// "tomorrow morning", "tonight".
void parts_of_day(Periods& periods, std::size_t token);
/// "next week", "early next month", "May 2027", "the next 3 days", "the week of the 5th".
void calendar_periods(Periods& periods, std::size_t token);
/// "from 3 to 5 pm", "Monday until Friday", "since May", "2 pm for 3 hours".
void ranges(Periods& periods, std::size_t token);

/// "next month" at the token: what follows it, and how many spans on.
std::optional<Said> said_shift(const Text& text, std::size_t token, std::string_view span);
/// A month, and the year with it if one is said, as its first day.
struct SaidMonth {
  std::size_t last = 0;
  Day day;
  bool dated = false;  ///< with its year
};
std::optional<SaidMonth> said_month(const Moments& moments, std::size_t token);

}  // namespace weft::dialogue
