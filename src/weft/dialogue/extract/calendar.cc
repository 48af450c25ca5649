#include "weft/dialogue/extract/calendar.h"

#include <format>

namespace weft::dialogue {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::month;
using std::chrono::months;
using std::chrono::year;
using std::chrono::years;

constexpr int kLeapYearsApart = 8;
constexpr int kMonthsApart = 24;
/// Two digits of a year below this belong to this century.
constexpr int kCenturyTurn = 50;

Day of(int y, unsigned m, unsigned d) { return Day{year{y}, month{m}, std::chrono::day{d}}; }

}  // namespace

std::string to_text(const Day& day) {
  if (!day.ok()) return {};
  return std::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

std::string to_text(const Clock& clock) {
  const int hours = clock.seconds / 3600;
  const int minutes = clock.seconds / 60 % 60;
  if (!clock.with_seconds) return std::format("{:02}:{:02}", hours, minutes);
  return std::format("{:02}:{:02}:{:02}", hours, minutes, clock.seconds % 60);
}

std::string to_text(std::chrono::local_seconds moment, bool with_seconds) {
  const auto day = std::chrono::floor<days>(moment);
  const Clock clock = {static_cast<int>((moment - day).count()), with_seconds};
  return to_text(Day{day}) + "T" + to_text(clock);
}

local_days at(const Day& day) { return local_days{day}; }
Day plus_days(const Day& day, int count) { return Day{at(day) + days{count}}; }

Day plus_months(const Day& day, int count) {
  const Day moved = day + months{count};
  return moved.ok() ? moved : Day{moved.year() / moved.month() / std::chrono::last};
}

int weekday_of(const Day& day) {
  return static_cast<int>(std::chrono::weekday{at(day)}.iso_encoding());
}
Day week_of(const Day& day) { return plus_days(day, 1 - weekday_of(day)); }

Day plus_business_days(const Day& day, int count) {
  const int step = count < 0 ? -1 : 1;
  // Whole weeks first.
  Day out = plus_days(day, count / 5 * 7);
  for (int left = count % 5 * step; left > 0;) {
    out = plus_days(out, step);
    if (weekday_of(out) <= 5) --left;
  }
  return out;
}

Day nth_weekday(year y, month m, int weekday, int nth) {
  if (nth < 1 || nth > 5) return Day{y, m, std::chrono::day{0}};
  const int first = weekday_of(Day{y, m, std::chrono::day{1}});
  const int day = 1 + (weekday - first + 7) % 7 + 7 * (nth - 1);
  return Day{y, m, std::chrono::day{static_cast<unsigned>(day)}};
}

Days without_year(const Day& today, unsigned m, unsigned d) {
  const int now = static_cast<int>(today.year());
  Days out = {of(now, m, d), of(now, m, d)};
  if (m < 1 || m > 12 || !of(2000, m, d).ok()) return {of(now, m, 0), of(now, m, 0)};
  for (int n = 0; n <= kLeapYearsApart; ++n) {
    out.future = of(now + n, m, d);
    if (out.future.ok() && out.future >= today) break;
  }
  for (int n = 0; n <= kLeapYearsApart; ++n) {
    out.past = of(now - n, m, d);
    if (out.past.ok() && out.past < today) break;
  }
  return out;
}

Days of_month(const Day& today, unsigned d) {
  Days out = {Day{}, Day{}};
  for (int n = 0; n < kMonthsApart; ++n) {
    const auto in = today.year() / today.month() + months{n};
    out.future = Day{in / std::chrono::day{d}};
    if (out.future.ok() && out.future >= today) break;
  }
  for (int n = 0; n < kMonthsApart; ++n) {
    const auto in = today.year() / today.month() - months{n};
    out.past = Day{in / std::chrono::day{d}};
    if (out.past.ok() && out.past < today) break;
  }
  return out;
}

Days of_week(const Day& today, int weekday) {
  const int ahead = (weekday - weekday_of(today) + 7) % 7;
  return {plus_days(today, ahead), plus_days(today, ahead - 7)};
}

Day with_weekday(const Day& today, unsigned d, int weekday) {
  for (int n = 0; n < kMonthsApart; ++n) {
    for (const int sign : {1, -1}) {
      const Day day{(today.year() / today.month() + months{n * sign}) / std::chrono::day{d}};
      if (day.ok() && weekday_of(day) == weekday) return day;
    }
  }
  return of_month(today, d).future;
}

int full_year(int y, std::size_t digits) {
  if (digits > 2) return y;
  return y < kCenturyTurn ? 2000 + y : 1900 + y;
}

}  // namespace weft::dialogue
