// Periods: those that have a name, and those between two ends.
#include <algorithm>

#include "weft/dialogue/extract/moments.h"

namespace weft::dialogue {
namespace {

constexpr int kHour = 3600;

/// One end of a range.
struct End {
  std::size_t last = 0;
  std::vector<Day> days;
  std::optional<SaidTime> time;
  int number = -1;  ///< an hour or a day, whatever the other end is
  bool month_led = false;
};

class PeriodReader {
 public:
  PeriodReader(Moments& m, const std::vector<SaidDate>& dates)
      : m_(m), text_(m.text()), today_(m.today()), dates_(dates) {}

  std::vector<SaidPeriod> read() {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      range(i);
      open(i);
      parts_of_day(i);
      calendar(i);
      counted(i);
    }
    return std::move(out_);
  }

 private:
  void add(std::size_t first, std::size_t last, std::string from, std::string to,
           std::vector<std::string> others = {}) {
    out_.push_back({first, last, std::move(from), std::move(to), std::move(others)});
  }
  void add(std::size_t first, std::size_t last, const Day& from, const Day& to) {
    add(first, last, to_text(from), to_text(to));
  }

  const SaidDate* date_at(std::size_t i) const {
    const SaidDate* out = nullptr;
    auto at = std::ranges::lower_bound(dates_, i, {}, &SaidDate::first);
    for (; at != dates_.end() && at->first == i; ++at) {
      if (!at->days.empty() && (out == nullptr || at->last > out->last)) out = &*at;
    }
    return out;
  }

  std::optional<End> end_at(std::size_t i) const {
    i = text_.after(i, Sense::at);
    End out;
    const SaidDate* date = date_at(i);
    auto time = m_.time(i);
    if (date != nullptr && (!time || date->last >= time->last)) {
      out.days = date->days;
      out.last = date->last;
      out.month_led = text_.find(i, Sense::month) != nullptr;
      std::size_t at = out.last;
      if (text_.is_mark(at, ',')) ++at;
      at = text_.after(at, Sense::at);
      if (auto after = m_.time(at)) {
        out.last = after->last;
        out.time = *after;
      }
      return out;
    }
    if (time) {
      out.last = time->last;
      out.time = *time;
      if (const SaidDate* after = date_at(text_.after(time->last, Sense::on))) {
        out.days = after->days;
        out.last = after->last;
      }
      return out;
    }
    const auto day = said_day(m_, i);
    const Number* number = m_.numbers().cardinal(i);
    if (day) {
      out.last = day->last;
      out.number = day->value;
    } else if (number != nullptr && number->digits && number->value <= 24) {
      out.last = number->last;
      out.number = static_cast<int>(number->value);
    } else {
      return std::nullopt;
    }
    return out;
  }

  static SaidTime hour(int value) {
    SaidTime out;
    out.clock.seconds = value * kHour;
    out.halfday = value > 12;
    out.bare = true;
    return out;
  }

  /// Both ends are times: what is said of one half of the day holds for the other.
  static void agree(SaidTime& from, SaidTime& to) {
    const int half = 12 * kHour;
    if (to.halfday && !from.halfday && from.clock.seconds + half <= to.clock.seconds &&
        from.clock.seconds < half)
      from.clock.seconds += half;
    if (from.halfday && !to.halfday && to.clock.seconds < half &&
        to.clock.seconds <= from.clock.seconds)
      to.clock.seconds += half;
  }

  void range(std::size_t i) {
    std::size_t at = text_.after(i, Sense::from);
    const bool from = at != i;
    if (!from) at = text_.after(i, Sense::between);
    const bool opened = at != i;
    auto first = end_at(at);
    if (!first) return;
    const Sense joint = opened && !from ? Sense::conjunction : Sense::until;
    std::size_t next = text_.skip(first->last, joint);
    if (next == 0 && opened) next = text_.skip(first->last, Sense::until);
    if (next == 0) return;
    auto second = end_at(first->last + next);
    if (!second) return;
    if (times(i, *first, *second, opened)) return;
    days(i, *first, *second, opened);
  }

  bool times(std::size_t i, End& first, End& second, bool opened) {
    if (!first.time && !second.time) {
      if (!opened || first.number > 24 || second.number > 24) return false;
      const std::size_t part_at = text_.after(text_.after(second.last, Sense::on), Sense::definite);
      const bool dated = date_at(text_.after(second.last, Sense::of)) != nullptr ||
                         date_at(text_.after(second.last, Sense::on)) != nullptr;
      const Match* part = text_.find(part_at, Sense::part_of_day);
      if (part == nullptr && !dated) return false;
    }
    if (!first.time && first.days.empty() && first.number >= 0 && first.number <= 24)
      first.time = hour(first.number);
    if (!second.time && second.days.empty() && second.number >= 0 && second.number <= 24)
      second.time = hour(second.number);
    if (!first.time || !second.time) return false;
    std::size_t last = second.last;
    const std::size_t part_at = text_.after(text_.after(last, Sense::on), Sense::definite);
    if (const Match* part = text_.find(part_at, Sense::part_of_day); part != nullptr) {
      if (part->name == "pm" || part->name == "night") {
        for (SaidTime* each : {&*first.time, &*second.time}) {
          if (!each->halfday && each->clock.seconds < 12 * kHour) each->clock.seconds += 12 * kHour;
          each->halfday = true;
        }
      }
      last = part_at + part->tokens;
    }
    agree(*first.time, *second.time);
    std::vector<Day> days = first.days.empty() ? second.days : first.days;
    if (days.empty()) {
      std::size_t at = text_.is_mark(last, ',') ? last + 1 : last;
      std::size_t of = text_.after(at, Sense::of);
      if (of == at) of = text_.after(at, Sense::on);
      if (const SaidDate* date = date_at(of)) {
        days = date->days;
        last = date->last;
      }
    }
    const std::string from = to_text(first.time->clock);
    const std::string to = to_text(second.time->clock);
    if (days.empty()) {
      add(i, last, from, to);
      return true;
    }
    const std::vector<Day>& ends = second.days.empty() ? days : second.days;
    const bool next_day =
        second.days.empty() && second.time->clock.seconds < first.time->clock.seconds;
    add(i, last, to_text(days[0]) + "T" + from,
        to_text(next_day ? plus_days(ends[0], 1) : ends[0]) + "T" + to);
    return true;
  }

  void days(std::size_t i, End& first, End& second, bool opened) {
    if (first.days.empty() && second.days.empty()) return;
    if (first.days.empty()) {
      if (first.number < 1 || !(opened || second.last > 0)) return;
      for (const Day& day : second.days)
        first.days.push_back(
            Day{day.year(), day.month(), std::chrono::day{static_cast<unsigned>(first.number)}});
    } else if (second.days.empty()) {
      if (second.number < 1 || !first.month_led) return;
      for (const Day& day : first.days)
        second.days.push_back(
            Day{day.year(), day.month(), std::chrono::day{static_cast<unsigned>(second.number)}});
    }
    if (!first.days[0].ok() || !second.days[0].ok()) return;
    Day to = second.days[0];
    if (to < first.days[0] && first.days.size() > 1 && first.days[1] < to)
      return add(i, second.last, first.days[1], to);
    add(i, second.last, first.days[0], to);
    if (first.days.size() > 1 && second.days.size() > 1 && first.days[1].ok() &&
        second.days[1].ok()) {
      out_.back().others.push_back(to_text(first.days[1]) + "/" + to_text(second.days[1]));
    }
  }

  std::string text_of(const End& end) const {
    if (!end.days.empty() && end.time) return to_text(end.days[0]) + "T" + to_text(end.time->clock);
    return end.days.empty() ? to_text(end.time->clock) : to_text(end.days[0]);
  }

  /// "since Monday", "before 5 pm".
  void open(std::size_t i) {
    for (const Sense sense : {Sense::since, Sense::before}) {
      const std::size_t skip = text_.skip(i, sense);
      if (skip == 0) continue;
      const auto end = end_at(i + skip);
      if (!end || (end->days.empty() && !end->time)) continue;
      if (text_.find(end->last, Sense::until) != nullptr) continue;
      if (sense == Sense::since) {
        // What has begun lies behind.
        End begun = *end;
        if (text_.word(i) == "since" && begun.days.size() > 1)
          std::swap(begun.days[0], begun.days[1]);
        add(i, end->last, text_of(begun), {});
      } else {
        add(i, end->last, {}, text_of(*end));
      }
    }
  }

  void part(std::size_t first, std::size_t last, const Match& part, const std::vector<Day>& days) {
    const int value = static_cast<int>(part.value);
    const auto clock = [](int hhmm) { return Clock{hhmm / 100 * kHour + hhmm % 100 * 60, false}; };
    const std::string from = to_text(clock(value / 10000));
    const std::string to = to_text(clock(value % 10000));
    if (days.empty()) return add(first, last, from, to);
    std::vector<std::string> others;
    for (std::size_t n = 1; n < days.size(); ++n)
      others.push_back(to_text(days[n]) + "T" + from + "/" + to_text(days[n]) + "T" + to);
    add(first, last, to_text(days[0]) + "T" + from, to_text(days[0]) + "T" + to, std::move(others));
  }

  /// "in the morning", "this afternoon", "Friday evening", "tonight".
  void parts_of_day(std::size_t i) {
    if (const Match* tonight = text_.find(i, Sense::day_and_part))
      part(i, i + tonight->tokens, *tonight, {today_});
    const Match* shift = text_.find(i, Sense::shift);
    const std::size_t after_shift = i + (shift == nullptr ? 0 : shift->tokens);
    if (const Match* of_day = text_.find(after_shift, Sense::part_of_day);
        shift != nullptr && of_day != nullptr) {
      part(i, after_shift + of_day->tokens, *of_day,
           {plus_days(today_, static_cast<int>(shift->value))});
      return;
    }
    const std::size_t on = text_.after(i, Sense::on);
    const std::size_t at = text_.after(on, Sense::definite);
    if (const Match* of_day = text_.find(at, Sense::part_of_day)) {
      const std::size_t end = at + of_day->tokens;
      part(i, end, *of_day, {});
      std::size_t next = text_.is_mark(end, ',') ? end + 1 : end;
      const std::size_t of = text_.after(next, Sense::of);
      next = of != next ? of : text_.after(next, Sense::on);
      if (const SaidDate* date = date_at(next)) part(i, date->last, *of_day, date->days);
    }
    if (const SaidDate* date = date_at(i)) {
      std::size_t next = text_.is_mark(date->last, ',') ? date->last + 1 : date->last;
      next = text_.after(text_.after(next, Sense::on), Sense::definite);
      if (const Match* of_day = text_.find(next, Sense::part_of_day))
        part(i, next + of_day->tokens, *of_day, date->days);
    }
  }

  void year_of(std::size_t first, std::size_t last, int year) {
    const auto day = [](int y) {
      return Day{std::chrono::year{y}, std::chrono::January, std::chrono::day{1}};
    };
    add(first, last, day(year), day(year + 1));
  }

  void month_of(std::size_t first, std::size_t last, const Day& start) {
    add(first, last, start, plus_months(start, 1));
  }

  Day month_start(int year, unsigned month) const {
    return Day{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{1}};
  }

  /// "next week", "this weekend", "last May", "May 2027", "in 2027", "summer".
  void calendar(std::size_t i) {
    const std::size_t at = text_.after(i, Sense::definite);
    const Match* shift = text_.find(at, Sense::shift);
    const int year = static_cast<int>(today_.year());
    if (shift != nullptr) {
      const int by = static_cast<int>(shift->value);
      const std::size_t named = at + shift->tokens;
      if (const Match* span = text_.find(named, Sense::span))
        shifted_span(i, named + span->tokens, *span, by);
      if (const Match* month = text_.find(named, Sense::month)) {
        const auto number = static_cast<unsigned>(month->value);
        Day start = month_start(year, number);
        if (by > 0 && start <= today_) start = month_start(year + 1, number);
        if (by < 0 && start >= month_start(year, static_cast<unsigned>(today_.month())))
          start = month_start(year - 1, number);
        month_of(i, named + month->tokens, start);
      }
      if (const Match* season = text_.find(named, Sense::season)) {
        const Day start = month_start(year + by, static_cast<unsigned>(season->value));
        add(i, named + season->tokens, start, plus_months(start, 3));
      }
      return;
    }
    if (at != i) return;
    if (const Match* month = text_.find(i, Sense::month)) {
      const auto number = static_cast<unsigned>(month->value);
      std::size_t end = i + month->tokens;
      const bool prefixed = i > 0 && (text_.find(i - 1, Sense::on) != nullptr ||
                                      text_.find(i - 1, Sense::of) != nullptr);
      const std::size_t of = text_.is_mark(end, ',') ? end + 1 : text_.after(end, Sense::of);
      if (const auto said = said_year(m_, of)) {
        month_of(i, said->last, month_start(said->value, number));
      } else if (!said_day(m_, end) && (text_.word(i).size() > 3 || prefixed)) {
        const Days days =
            without_year(month_start(year, static_cast<unsigned>(today_.month())), number, 1);
        month_of(i, end, days.future);
        out_.back().others.push_back(to_text(days.past) + "/" + to_text(plus_months(days.past, 1)));
      }
    }
    if (text_.is(i, TokenKind::digits) && i > 0 && text_.find(i - 1, Sense::on) != nullptr) {
      if (const auto said = said_year(m_, i)) year_of(i, said->last, said->value);
    }
    if (const Match* span = text_.find(i, Sense::span); span != nullptr && span->name == "WE") {
      const Day saturday = plus_days(week_of(today_), 5);
      add(i, i + span->tokens, saturday, plus_days(saturday, 2));
    }
  }

  void shifted_span(std::size_t first, std::size_t last, const Match& span, int by) {
    if (span.name == "W" && span.value == 1) {
      const Day start = plus_days(week_of(today_), 7 * by);
      add(first, last, start, plus_days(start, 7));
    } else if (span.name == "WE") {
      const Day start = plus_days(week_of(today_), 7 * by + 5);
      add(first, last, start, plus_days(start, 2));
    } else if (span.name == "M") {
      month_of(first, last,
               plus_months(month_start(static_cast<int>(today_.year()),
                                       static_cast<unsigned>(today_.month())),
                           by));
    } else if (span.name == "Y" && span.value == 1) {
      year_of(first, last, static_cast<int>(today_.year()) + by);
    }
  }

  std::string moment(double months, double days, double seconds, bool timed) const {
    const Day day =
        plus_days(plus_months(today_, static_cast<int>(months)), static_cast<int>(days));
    if (!timed) return to_text(day);
    const auto now = m_.now() - std::chrono::floor<std::chrono::days>(m_.now());
    const auto whole = std::chrono::seconds{static_cast<long long>(seconds)};
    return to_text(at(day) + now + whole, false);
  }

  /// "the next 3 days", "past two hours", "within 2 weeks".
  void counted(std::size_t i) {
    const std::size_t begin = text_.after(i, Sense::definite);
    const Match* shift = text_.find(begin, Sense::shift);
    const bool within = text_.word(i) == "within";
    if (!within && (shift == nullptr || shift->value == 0)) return;
    const auto duration = m_.duration(within ? i + 1 : begin + shift->tokens);
    if (!duration || !duration->numbered) return;
    const bool timed = duration->seconds > 0;
    const double days = duration->days + duration->business_days;
    const std::string now = moment(0, 0, 0, timed);
    if (within || shift->value > 0)
      add(i, duration->last, now, moment(duration->months, days, duration->seconds, timed));
    else
      add(i, duration->last, moment(-duration->months, -days, -duration->seconds, timed), now);
  }

  Moments& m_;
  const Text& text_;
  const Day& today_;
  const std::vector<SaidDate>& dates_;
  std::vector<SaidPeriod> out_;
};

}  // namespace

std::vector<SaidPeriod> find_periods(Moments& moments, const std::vector<SaidDate>& dates) {
  return PeriodReader(moments, dates).read();
}

}  // namespace weft::dialogue
