// Dates, times, durations and periods while they are put together. Owned by find_moments; one
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/dialogue/extract/calendar.h"
#include "weft/dialogue/extract/reading.h"

namespace weft::dialogue {

/// A day of the tokens `first` up to `last`; the likeliest reading first, none for a day that no
/// calendar has.
struct SaidDate {
  std::size_t first = 0;
  std::size_t last = 0;
  std::vector<Day> days;
  int day_only = 0;  ///< the day of the month, where nothing else is said
};

struct SaidTime {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t end = 0;  ///< bytes; past a full stop that belongs to "p.m."
  Clock clock;
  bool halfday = false;  ///< it is said which half of the day
  bool bare = false;     ///< an hour alone
  bool today = false;    ///< "this morning" is said with it
};

/// Years, months and days count apart from seconds.
struct SaidDuration {
  std::size_t first = 0;
  std::size_t last = 0;
  double months = 0;
  double days = 0;
  double seconds = 0;
  double business_days = 0;
  bool weeks = false;    ///< said in weeks alone
  bool numbered = true;  ///< a number or an article is said
  std::string text;      ///< ISO 8601
};

/// FROM/TO, of dates, times or both.
struct SaidPeriod {
  std::size_t first = 0;
  std::size_t last = 0;
  std::string from;
  std::string to;
  std::vector<std::string> others;
};

class Moments {
 public:
  explicit Moments(Reading& reading);

  std::optional<SaidDuration> duration(std::size_t token) const;
  /// All the days that may begin at the token, the longest first.
  void dates(std::size_t token, std::vector<SaidDate>& out) const;
  std::optional<SaidTime> time(std::size_t token) const;

  const Text& text() const { return text_; }
  const Numbers& numbers() const { return numbers_; }
  const Day& today() const { return today_; }
  std::chrono::local_seconds now() const { return reading_.now; }
  Reading& reading() { return reading_; }

 private:
  Reading& reading_;
  const Text& text_;
  const Numbers& numbers_;
  Day today_;
};

/// Puts a time into its half of the day: "8", in the evening.
void apply_part_of_day(SaidTime& time, const Match& part);

/// A day or a year in words or digits at the token: the token after it, and the value.
struct Said {
  std::size_t last = 0;
  int value = 0;
};
std::optional<Said> said_day(const Moments& moments, std::size_t token);
std::optional<Said> said_year(const Moments& moments, std::size_t token);

// The ways to say a date, each at one token.
void numeric_dates(const Moments& moments, std::size_t token, std::vector<SaidDate>& out);
void named_dates(const Moments& moments, std::size_t token, std::vector<SaidDate>& out);
void relative_dates(const Moments& moments, std::size_t token, std::vector<SaidDate>& out);

struct FoundPeriods {
  std::vector<SaidPeriod> periods;
  std::vector<SaidDate> ends;  ///< dates that their ranges make
};
/// `dates` in the order of their first tokens.
FoundPeriods find_periods(const Moments& moments, const std::vector<SaidDate>& dates);

}  // namespace weft::dialogue
