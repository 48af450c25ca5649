// Dates that are said from today, and those of a week or a month.
#include "weft/dialogue/extract/moments.h"

namespace weft::dialogue {
namespace {

using std::chrono::month;
using std::chrono::year;

SaidDate one(std::size_t first, std::size_t last, const Day& day) {
  SaidDate out = {.first = first, .last = last, .days = {}};
  if (day.ok()) out.days.push_back(day);
  return out;
}

SaidDate several(std::size_t first, std::size_t last, std::vector<Day> days) {
  return {.first = first, .last = last, .days = std::move(days)};
}

bool is_span(const Match* span, std::string_view name) {
  return span != nullptr && span->name == name;
}

/// "next week": the token after it, and the shift.
std::optional<Said> shifted(const Text& text, std::size_t i, std::string_view span) {
  i = text.after(i, Sense::definite);
  const Match* shift = text.find(i, Sense::shift);
  if (shift == nullptr) return std::nullopt;
  const std::size_t at = i + shift->tokens;
  const Match* unit = text.find(at, Sense::span);
  if (!is_span(unit, span)) return std::nullopt;
  return Said{at + unit->tokens, whole_of(shift->value)};
}

Day of_week_shifted(const Day& today, int weeks, int weekday) {
  return plus_days(week_of(today), 7 * weeks + weekday - 1);
}

/// "Friday", "next Friday", "Friday next week", "next week on Friday".
void weekdays(const Moments& m, std::size_t token, std::vector<SaidDate>& out) {
  const Text& text = m.text();
  if (const auto week = shifted(text, token, "W")) {
    std::size_t i = text.is_mark(week->last, ',') ? week->last + 1 : week->last;
    i = text.after(i, Sense::on);
    if (const Match* weekday = text.find(i, Sense::weekday)) {
      out.push_back(one(token, i + weekday->tokens,
                        of_week_shifted(m.today(), week->value, whole_of(weekday->value))));
    }
  }
  const std::size_t on = text.skip(token, Sense::on);
  if (const Match* weekday = text.find(token + on, Sense::weekday)) {
    const std::size_t end = token + on + weekday->tokens;
    const int day = whole_of(weekday->value);
    std::size_t i = text.is_mark(end, ',') ? end + 1 : end;
    i = text.after(i, Sense::of);
    if (const auto week = shifted(text, i, "W"))
      out.push_back(one(token, week->last, of_week_shifted(m.today(), week->value, day)));
    if (on != 0) return;
    const Days days = of_week(m.today(), day);
    out.push_back(several(token, end, {days.future, days.past}));
    return;
  }
  const Match* shift = text.find(token, Sense::shift);
  if (shift == nullptr) return;
  const std::size_t at = token + shift->tokens;
  const Match* weekday = text.find(at, Sense::weekday);
  if (weekday == nullptr) return;
  const int day = whole_of(weekday->value);
  const Day meant = of_week_shifted(m.today(), whole_of(shift->value), day);
  std::vector<Day> days = {meant};
  // Many say "next Friday" of the one to come.
  const Days near = of_week(m.today(), day);
  if (shift->value > 0 && near.future != meant) days.push_back(near.future);
  if (shift->value < 0 && near.past != meant) days.push_back(near.past);
  out.push_back(several(token, at + weekday->tokens, std::move(days)));
}

/// "the first Friday of July", "the 20th of next month".
void of_a_month(const Moments& m, std::size_t token, std::vector<SaidDate>& out) {
  const Text& text = m.text();
  const std::size_t at = text.after(token, Sense::definite);
  const auto ordinal = read_ordinal(text, m.numbers(), at);
  if (!ordinal || ordinal->value > 31) return;
  const int nth = whole_of(ordinal->value);
  const Match* weekday = text.find(ordinal->last, Sense::weekday);
  const std::size_t end = ordinal->last + (weekday == nullptr ? 0 : weekday->tokens);
  const std::size_t in = text.after(end, Sense::of);
  const auto in_month = [&](const Day& first) {
    if (weekday != nullptr)
      return nth_weekday(first.year(), first.month(), whole_of(weekday->value), nth);
    return Day{first.year(), first.month(), std::chrono::day{static_cast<unsigned>(nth)}};
  };
  const Day first{m.today().year(), m.today().month(), std::chrono::day{1}};
  if (const auto shift = shifted(text, in, "M"); shift && in != end) {
    out.push_back(one(token, shift->last, in_month(plus_months(first, shift->value))));
    return;
  }
  if (weekday == nullptr) return;
  if (const Match* named = text.find(in, Sense::month); named != nullptr && in != end) {
    const month which{static_cast<unsigned>(named->value)};
    const std::size_t last = in + named->tokens;
    if (const auto said = said_year(m, last)) {
      out.push_back(one(token, said->last, in_month(Day{year{said->value}, which, first.day()})));
      return;
    }
    Day future = in_month(Day{first.year(), which, first.day()});
    Day past = future;
    if (future < m.today())
      future = in_month(Day{first.year() + std::chrono::years{1}, which, first.day()});
    if (past >= m.today())
      past = in_month(Day{first.year() - std::chrono::years{1}, which, first.day()});
    SaidDate date = one(token, last, future);
    if (past.ok() && past != future) date.days.push_back(past);
    out.push_back(std::move(date));
    return;
  }
  out.push_back(one(token, end, in_month(first)));
}

Day moved(const Day& from, const SaidDuration& by, int sign) {
  Day out = plus_months(from, sign * whole_of(by.months));
  out = plus_days(out, sign * whole_of(by.days));
  if (by.business_days > 0) out = plus_business_days(out, sign * whole_of(by.business_days));
  return out;
}

/// A duration and where it is counted from.
void distances(const Moments& m, std::size_t token, std::vector<SaidDate>& out) {
  const Text& text = m.text();
  // "two Sundays from now"
  if (const Number* number = m.numbers().cardinal(token);
      number != nullptr && number->value < 100) {
    const Match* weekday = text.find(number->last, Sense::weekday);
    const std::size_t at = number->last + (weekday == nullptr ? 0 : weekday->tokens);
    const bool later = text.find(at, Sense::from_now) != nullptr;
    const bool ago = text.find(at, Sense::ago) != nullptr;
    if (weekday != nullptr && (later || ago)) {
      const Days days = of_week(plus_days(m.today(), 1), whole_of(weekday->value));
      const int weeks = whole_of(number->value) - 1;
      const Day day = later ? plus_days(days.future, 7 * weeks) : plus_days(days.past, -7 * weeks);
      out.push_back(one(token, text.after(at, later ? Sense::from_now : Sense::ago), day));
    }
  }
  const std::size_t within = text.skip(token, Sense::within);
  const auto duration = m.duration(token + within);
  if (!duration || duration->seconds != 0 || !duration->numbered) return;
  if (within != 0) {
    out.push_back(one(token, duration->last, moved(m.today(), *duration, 1)));
    return;
  }
  std::size_t i = duration->last;
  if (const std::size_t ago = text.skip(i, Sense::ago); ago != 0)
    out.push_back(one(token, i + ago, moved(m.today(), *duration, -1)));
  if (const std::size_t later = text.skip(i, Sense::from_now); later != 0)
    out.push_back(one(token, i + later, moved(m.today(), *duration, 1)));
  for (const Sense sense : {Sense::after_ref, Sense::before_ref}) {
    const std::size_t skip = text.skip(i, sense);
    const Match* day = skip == 0 ? nullptr : text.find(i + skip, Sense::day_ref);
    if (day == nullptr) continue;
    const Day from = plus_days(m.today(), whole_of(day->value));
    out.push_back(one(token, i + skip + day->tokens,
                      moved(from, *duration, sense == Sense::after_ref ? 1 : -1)));
  }
}

}  // namespace

void relative_dates(const Moments& m, std::size_t token, std::vector<SaidDate>& out) {
  const Text& text = m.text();
  const std::size_t definite = text.skip(token, Sense::definite);
  std::size_t day_end = 0;
  double days = 0;
  for (const std::size_t at : {token, token + definite}) {
    const Match* day = text.find(at, Sense::day_ref);
    if (day == nullptr || at + day->tokens <= day_end) continue;
    day_end = at + day->tokens;
    days = day->value;
  }
  if (day_end != 0) out.push_back(one(token, day_end, plus_days(m.today(), whole_of(days))));
  if (const Match* part = text.find(token, Sense::day_and_part))
    out.push_back(one(token, token + part->tokens, m.today()));
  weekdays(m, token, out);
  of_a_month(m, token, out);
  distances(m, token, out);
}

}  // namespace weft::dialogue
