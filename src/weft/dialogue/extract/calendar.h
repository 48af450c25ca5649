// Days, and how what is said of them is meant. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace weft::dialogue {

using Day = std::chrono::year_month_day;

/// The whole part of a number that was said; of one so large that it names no day, the largest that
/// still counts days, months or years.
constexpr int whole_of(double number) {
  constexpr double kMost = 20'000;
  return static_cast<int>(std::clamp(number, -kMost, kMost));
}
/// The same of seconds, and of what is only written down again.
constexpr long long seconds_of(double number) {
  constexpr double kMost = 4e11;
  return static_cast<long long>(std::clamp(number, -kMost, kMost));
}

/// A time of day in seconds.
struct Clock {
  int seconds = 0;
  bool with_seconds = false;
};

/// `2026-11-27`; `15:30`, with seconds where asked; empty for a day that is none.
std::string to_text(const Day& day);
std::string to_text(const Clock& clock);
std::string to_text(std::chrono::local_seconds moment, bool with_seconds);

Day plus_days(const Day& day, int days);
/// The last day of the month where it is shorter.
Day plus_months(const Day& day, int months);
/// Monday of its week.
Day week_of(const Day& day);
std::chrono::local_days at(const Day& day);
/// 1 (Monday) to 7.
int weekday_of(const Day& day);
/// Monday to Friday, so many of them on.
Day plus_business_days(const Day& day, int days);
/// The nth such weekday of the month; not ok() when there is none.
Day nth_weekday(std::chrono::year year, std::chrono::month month, int weekday, int nth);

/// What a day may be: the next one first, then the one before.
struct Days {
  Day future;
  Day past;
};
/// A month and a day without their year; not ok() when no year has it.
Days without_year(const Day& today, unsigned month, unsigned day);
/// A day of the month alone.
Days of_month(const Day& today, unsigned day);
Days of_week(const Day& today, int weekday);
/// The month nearest to today in which that day is that weekday.
Day with_weekday(const Day& today, unsigned day, int weekday);

/// 2 digits of a year become four.
int full_year(int year, std::size_t digits);

}  // namespace weft::dialogue
