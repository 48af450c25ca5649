// Periods that have a name.
#include "weft/dialogue/extract/periods.h"

#include <algorithm>
#include <format>

namespace weft::dialogue {
namespace {

constexpr int kHour = 3600;
constexpr int kEarly = 0;
constexpr int kMiddle = 1;

std::string clock_of(int hhmm) {
  return to_text(Clock{hhmm / 100 * kHour + hhmm % 100 * 60, false});
}

void add_part(Periods& p, std::size_t first, std::size_t last, int hours,
              const std::vector<Day>& days) {
  const std::string from = clock_of(hours / 10000);
  const std::string to = clock_of(hours % 10000);
  if (days.empty()) return p.add(first, last, from, to);
  std::vector<std::string> all;
  all.reserve(days.size());
  for (const Day& day : days) {
    const std::string date = to_text(day);
    all.push_back(std::format("{}T{}/{}T{}", date, from, date, to));
  }
  const std::size_t slash = all[0].find('/');
  p.add(first, last, all[0].substr(0, slash), all[0].substr(slash + 1),
        {all.begin() + 1, all.end()});
}

Day first_of(const Day& day) { return Day{day.year(), day.month(), std::chrono::day{1}}; }
Day year_start(int year) {
  return Day{std::chrono::year{year}, std::chrono::January, std::chrono::day{1}};
}

/// The part of a span that "early", "mid" or "late" leaves, or all of it.
void add_span(Periods& p, std::size_t first, std::size_t last, const Day& from, const Day& to,
              int edge) {
  const int days = static_cast<int>((at(to) - at(from)).count());
  if (edge < 0) return p.add(first, last, from, to);
  if (days > 31) {
    const Day half = plus_months(from, 6);
    if (edge == kMiddle) return p.add(first, last, plus_months(from, 4), plus_months(from, 8));
    return edge == kEarly ? p.add(first, last, from, half) : p.add(first, last, half, to);
  }
  if (days > 7) {
    const Day half = plus_days(from, 15);
    if (edge == kMiddle) return p.add(first, last, plus_days(from, 9), plus_days(from, 20));
    return edge == kEarly ? p.add(first, last, from, half) : p.add(first, last, half, to);
  }
  if (edge == kMiddle) return p.add(first, last, plus_days(from, 1), plus_days(from, 5));
  return edge == kEarly ? p.add(first, last, from, plus_days(from, 3))
                        : p.add(first, last, plus_days(from, 3), to);
}

/// "next week": the shift counts for the spans that a calendar has.
void shifted_span(Periods& p, std::size_t first, std::size_t last, const Match& span, int by,
                  int edge) {
  const Day today = p.m.today();
  const Day week = plus_days(week_of(today), 7 * by);
  const int year = static_cast<int>(today.year()) + by;
  if (span.value != 1) return;
  if (span.name == "W") add_span(p, first, last, week, plus_days(week, 7), edge);
  if (span.name == "WE") p.add(first, last, plus_days(week, 5), plus_days(week, 7));
  if (span.name == "M") {
    const Day start = plus_months(first_of(today), by);
    add_span(p, first, last, start, plus_months(start, 1), edge);
  }
  if (span.name == "Y") add_span(p, first, last, year_start(year), year_start(year + 1), edge);
}

int shift_of_span(const Match& shift) { return shift.name == "coming" ? 1 : whole_of(shift.value); }

/// "last May", "this summer".
void shifted_name(Periods& p, std::size_t first, std::size_t at, const Match& shift) {
  const Text& text = p.m.text();
  const Day today = p.m.today();
  const int by = shift_of_span(shift);
  const int year = static_cast<int>(today.year());
  if (const Match* month = text.find(at, Sense::month)) {
    Day start{today.year(), std::chrono::month{static_cast<unsigned>(month->value)},
              std::chrono::day{1}};
    if (by > 0 && start <= today) start = plus_months(start, 12);
    if (by < 0 && start >= first_of(today)) start = plus_months(start, -12);
    p.add(first, at + month->tokens, start, plus_months(start, 1));
  }
  if (const Match* season = text.find(at, Sense::season)) {
    const Day start = plus_months(year_start(year + by), whole_of(season->value) - 1);
    p.add(first, at + season->tokens, start, plus_months(start, 3));
  }
}

/// "May", "May 2027", "June next year"; without a year it may be the last one as well.
void named_month(Periods& p, std::size_t token, std::size_t at, int edge) {
  const Text& text = p.m.text();
  const auto month = said_month(p.m, at);
  if (!month) return;
  if (month->dated)
    return add_span(p, token, month->last, month->day, plus_months(month->day, 1), edge);
  const bool led = at > 0 && (text.find(at - 1, Sense::on) || text.find(at - 1, Sense::of));
  const bool sure = text.word(at).size() > 3 || led || edge >= 0;
  if (!sure || said_day(p.m, month->last) || text.is_mark(month->last, '.')) return;
  const Days days =
      without_year(first_of(p.m.today()), static_cast<unsigned>(month->day.month()), 1);
  add_span(p, token, month->last, days.past, plus_months(days.past, 1), edge);
  const SaidPeriod past = std::move(p.out.back());
  p.out.pop_back();
  add_span(p, token, month->last, days.future, plus_months(days.future, 1), edge);
  p.out.back().others.push_back(past.from + "/" + past.to);
}

std::string moment(const Periods& p, double months, double days, double seconds, bool timed) {
  const Day day = plus_days(plus_months(p.m.today(), whole_of(months)), whole_of(days));
  if (!timed) return to_text(day);
  const auto now = p.m.now() - std::chrono::floor<std::chrono::days>(p.m.now());
  const auto whole = std::chrono::seconds{seconds_of(seconds)};
  const auto moment = at(day) + now + whole;
  return to_text(moment, moment.time_since_epoch().count() % 60 != 0);
}

/// "the next 3 days", "past two hours", "within 2 weeks".
void counted(Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  const Match* enclosing = text.find(i, Sense::within);
  const bool within = enclosing != nullptr && enclosing->value == 1;
  std::size_t at = text.after(i + (within ? enclosing->tokens : 0), Sense::definite);
  const Match* shift = text.find(at, Sense::shift);
  const int by = shift == nullptr ? 0 : shift_of_span(*shift);
  if (shift != nullptr) at += shift->tokens;
  if (!within && by == 0) return;
  const auto duration = p.m.duration(at);
  if (!duration || !duration->numbered) return;
  const bool timed = duration->seconds > 0;
  const double days = duration->days + duration->business_days;
  const std::string now = moment(p, 0, 0, 0, timed);
  if (by < 0) {
    return p.add(i, duration->last, moment(p, -duration->months, -days, -duration->seconds, timed),
                 now);
  }
  // The next days are those after today.
  const double start = within || timed ? 0 : 1;
  p.add(i, duration->last, moment(p, 0, start, 0, timed),
        moment(p, duration->months, days + start, duration->seconds, timed));
}

/// "the week of the 5th", "week commencing May 3".
void week_of_date(Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  std::size_t at = text.after(i, Sense::definite);
  const Match* span = text.find(at, Sense::span);
  if (span == nullptr || (span->name != "W" && span->name != "M")) return;
  at += span->tokens;
  const std::size_t of = text.skip(at, Sense::of) + text.skip(at, Sense::beginning);
  if (of == 0) return;
  const SaidDate* date = p.date_at(text.after(at + of, Sense::on));
  if (date == nullptr) return;
  std::vector<std::pair<Day, Day>> all;
  for (const Day& day : date->days) {
    const bool week = span->name == "W";
    const Day from = week ? week_of(day) : first_of(day);
    all.emplace_back(from, week ? plus_days(from, 7) : plus_months(from, 1));
  }
  p.add(i, date->last, all[0].first, all[0].second);
  for (std::size_t n = 1; n < all.size(); ++n)
    p.out.back().others.push_back(to_text(all[n].first) + "/" + to_text(all[n].second));
}

/// `2027-05`, `5/2027`: a month in digits, and a year alone behind "in".
void in_digits(Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  if (!text.is(i, TokenKind::digits) || (text.glued(i) && i > 0)) return;
  if (const auto month = said_month(p.m, i))
    return p.add(i, month->last, month->day, plus_months(month->day, 1));
  if (i == 0 || text.find(i - 1, Sense::on) == nullptr) return;
  if (const auto year = said_year(p.m, i))
    p.add(i, year->last, year_start(year->value), year_start(year->value + 1));
}

}  // namespace

void parts_of_day(Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  if (const Match* tonight = text.find(i, Sense::day_and_part))
    add_part(p, i, i + tonight->tokens, static_cast<int>(tonight->value), {p.m.today()});
  const Match* shift = text.find(i, Sense::shift);
  const std::size_t after_shift = i + (shift == nullptr ? 0 : shift->tokens);
  if (const Match* part = text.find(after_shift, Sense::part_of_day);
      shift != nullptr && part != nullptr) {
    add_part(p, i, after_shift + part->tokens, static_cast<int>(part->value),
             {plus_days(p.m.today(), whole_of(shift->value))});
    return;
  }
  const std::size_t at = text.after(text.after(i, Sense::on), Sense::definite);
  // "morning" is no more than the rest of "in the morning".
  const bool rest = i > 0 && (text.find(i - 1, Sense::definite) || text.find(i - 1, Sense::on) ||
                              text.find(i - 1, Sense::shift) || text.find(i - 1, Sense::edge));
  if (const Match* part = text.find(at, Sense::part_of_day); part != nullptr && !rest) {
    const std::size_t end = at + part->tokens;
    add_part(p, i, end, static_cast<int>(part->value), {});
    const std::size_t next = text.is_mark(end, ',') ? end + 1 : end;
    const std::size_t of = text.after(next, Sense::of);
    const SaidDate* date = p.date_at(of != next ? of : text.after(next, Sense::on));
    if (date != nullptr) add_part(p, i, date->last, static_cast<int>(part->value), date->days);
  }
  const SaidDate* date = p.date_at(i);
  if (date == nullptr) return;
  std::size_t next = text.is_mark(date->last, ',') ? date->last + 1 : date->last;
  next = text.after(text.after(next, Sense::on), Sense::definite);
  if (const Match* part = text.find(next, Sense::part_of_day))
    add_part(p, i, next + part->tokens, static_cast<int>(part->value), date->days);
  // "Tuesday AM"
  if (const Match* half = text.find(next, Sense::meridiem);
      half != nullptr && !text.is(next - 1, TokenKind::digits)) {
    const int hours = half->value == 0 ? 8001200 : 12001600;
    add_part(p, i, next + half->tokens, hours, date->days);
  }
}

void calendar_periods(Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  const Match* edge_word = text.find(i, Sense::edge);
  const int edge = edge_word == nullptr ? -1 : static_cast<int>(edge_word->value);
  const std::size_t begin = i + (edge_word == nullptr ? 0 : edge_word->tokens);
  const std::size_t at = text.after(begin, Sense::definite);
  if (const Match* shift = text.find(at, Sense::shift)) {
    const std::size_t named = at + shift->tokens;
    if (const Match* span = text.find(named, Sense::span))
      shifted_span(p, i, named + span->tokens, *span, shift_of_span(*shift), edge);
    shifted_name(p, i, named, *shift);
  }
  if (at == begin) named_month(p, i, at, edge);
  if (const Match* span = text.find(at, Sense::span); span != nullptr && span->name == "WE")
    shifted_span(p, i, at + span->tokens, *span, 0, edge);
  if (edge < 0) in_digits(p, i);
  week_of_date(p, i);
  counted(p, i);
}

std::optional<Said> said_shift(const Text& text, std::size_t i, std::string_view name) {
  i = text.after(i, Sense::definite);
  const Match* shift = text.find(i, Sense::shift);
  if (shift == nullptr) return std::nullopt;
  const Match* span = text.find(i + shift->tokens, Sense::span);
  if (span == nullptr || span->name != name) return std::nullopt;
  return Said{i + shift->tokens + span->tokens, shift_of_span(*shift)};
}

std::optional<SaidMonth> said_month(const Moments& m, std::size_t i) {
  const Text& text = m.text();
  const auto of = [](int year, int month) {
    return Day{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
               std::chrono::day{1}};
  };
  if (const Match* month = text.find(i, Sense::month)) {
    const std::size_t end = i + month->tokens;
    const int number = whole_of(month->value);
    const std::size_t next = text.is_mark(end, ',') ? end + 1 : text.after(end, Sense::of);
    if (const auto year = said_year(m, next))
      return SaidMonth{year->last, of(year->value, number), true};
    if (const auto year = said_shift(text, next, "Y")) {
      return SaidMonth{year->last, of(static_cast<int>(m.today().year()) + year->value, number),
                       true};
    }
    return SaidMonth{end, of(static_cast<int>(m.today().year()), number), false};
  }
  if (!text.is(i, TokenKind::digits)) return std::nullopt;
  const auto sign = [&](std::size_t at) {
    return text.is_mark(at, '-') || text.is_mark(at, '/') ||
           (text.is_mark(at, '.') && text.glued(at));
  };
  if (text.word(i).size() == 4) {
    const int year =
        whole_of(m.numbers().cardinal(i) == nullptr ? 0 : m.numbers().cardinal(i)->value);
    std::size_t at = i + 1;
    if (text.is_mark(at, ',')) ++at;
    if (const Match* month = text.find(at, Sense::month);
        month != nullptr && year >= 1000 && year <= 2999) {
      if (said_day(m, at + month->tokens)) return std::nullopt;
      return SaidMonth{at + month->tokens, of(year, whole_of(month->value)), true};
    }
  }
  const bool first_year = text.word(i).size() == 4;
  const std::size_t year_at = first_year ? i : i + 2;
  const std::size_t month_at = first_year ? i + 2 : i;
  if (!sign(i + 1) || !text.is(i + 2, TokenKind::digits) || sign(i + 3)) return std::nullopt;
  if (text.word(year_at).size() != 4 || text.word(month_at).size() > 2) return std::nullopt;
  const auto month = said_day(m, month_at);
  int year = 0;
  for (const char c : text.word(year_at)) year = year * 10 + (c - '0');
  if (!month || month->value > 12 || year < 1000 || year > 2999) return std::nullopt;
  return SaidMonth{i + 3, of(year, month->value), true};
}

const SaidDate* Periods::date_at(std::size_t token) const {
  const SaidDate* found = nullptr;
  auto date = std::ranges::lower_bound(dates, token, {}, &SaidDate::first);
  for (; date != dates.end() && date->first == token; ++date) {
    if (!date->days.empty() && (found == nullptr || date->last > found->last)) found = &*date;
  }
  return found;
}

FoundPeriods find_periods(const Moments& m, const std::vector<SaidDate>& dates) {
  Periods periods = {m, dates, {}, {}};
  for (std::size_t i = 0; i < m.text().size(); ++i) {
    ranges(periods, i);
    parts_of_day(periods, i);
    calendar_periods(periods, i);
  }
  return {std::move(periods.out), std::move(periods.ends)};
}

}  // namespace weft::dialogue
