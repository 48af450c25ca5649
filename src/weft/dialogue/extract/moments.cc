#include "weft/dialogue/extract/moments.h"

#include <algorithm>

namespace weft::dialogue {
namespace {

constexpr int kHalfDay = 12 * 3600;
constexpr int kDay = 2 * kHalfDay;
constexpr int kDaysOfMonth = 30;
constexpr std::size_t kReadingsMax = 4;

Clock other_half(Clock clock) {
  clock.seconds = (clock.seconds + kHalfDay) % kDay;
  return clock;
}

void add_date(Reading& reading, const SaidDate& date) {
  std::vector<std::string> others;
  for (std::size_t n = 1; n < date.days.size(); ++n) others.push_back(to_text(date.days[n]));
  reading.add(ValueType::date, date.first, date.last,
              date.days.empty() ? std::string{} : to_text(date.days[0]), {}, std::move(others));
}

void add_time(Reading& reading, const SaidTime& time) {
  std::vector<std::string> others;
  if (!time.halfday) others.push_back(to_text(other_half(time.clock)));
  reading.add(ValueType::time, time.first, time.last, to_text(time.clock), {}, std::move(others));
  reading.out.back().end = time.end;
}

void add_both(Reading& reading, std::size_t first, std::size_t last, std::size_t end,
              const std::vector<Day>& days, const SaidTime& time) {
  std::vector<std::string> all;
  for (const Day& day : days) {
    all.push_back(to_text(day) + "T" + to_text(time.clock));
    if (!time.halfday) all.push_back(to_text(day) + "T" + to_text(other_half(time.clock)));
    if (all.size() >= kReadingsMax) break;
  }
  if (all.empty()) return;
  std::string canonical = std::move(all.front());
  all.erase(all.begin());
  reading.add(ValueType::date_time, first, last, std::move(canonical), {}, std::move(all));
  reading.out.back().end = end;
}

/// Between a date and its time: a comma, "at", the T of ISO 8601.
std::size_t between(const Text& text, std::size_t i) {
  const bool dash = text.is_mark(i, '-') && !text.glued(i) && !text.glued(i + 1);
  if (text.is_mark(i, ',') || dash) ++i;
  if (text.word(i) == "t" && text.glued(i) && text.glued(i + 1)) return i + 1;
  return text.after(i, Sense::at);
}

/// Between a time and its date.
std::size_t before_date(const Text& text, std::size_t i) {
  if (text.is_mark(i, ',')) ++i;
  const std::size_t of = text.after(i, Sense::of);
  return of != i ? of : text.after(i, Sense::on);
}

void add_moments(Moments& m, const std::vector<SaidDate>& dates,
                 const std::vector<SaidTime>& times) {
  const Text& text = m.text();
  for (const SaidDate& date : dates) {
    if (date.days.empty()) continue;
    auto time = m.time(between(text, date.last));
    const Match* tonight = text.find(date.first, Sense::day_and_part);
    if (time && tonight != nullptr && !time->halfday) apply_part_of_day(*time, *tonight);
    if (time && time->first >= date.last)
      add_both(m.reading(), date.first, time->last, time->end, date.days, *time);
  }
  for (const SaidTime& time : times) {
    const std::size_t at = before_date(text, time.last);
    const auto begin = std::ranges::lower_bound(dates, at, {}, &SaidDate::first);
    if (time.today) add_both(m.reading(), time.first, time.last, time.end, {m.today()}, time);
    for (auto date = begin; date != dates.end() && date->first == at; ++date) {
      add_both(m.reading(), time.first, date->last, text[date->last - 1].end, date->days, time);
      // "20 past five tomorrow morning"
      const Match* part = text.find(date->last, Sense::part_of_day);
      if (part == nullptr) continue;
      SaidTime parted = time;
      if (!parted.halfday) apply_part_of_day(parted, *part);
      const std::size_t last = date->last + part->tokens;
      add_both(m.reading(), time.first, last, text[last - 1].end, date->days, parted);
    }
  }
}

/// "in 5 hours", "10 minutes ago", "now".
void add_distances(Moments& m, std::size_t token) {
  const Text& text = m.text();
  const auto at = [&](std::size_t last, double seconds) {
    const auto moment = m.now() + std::chrono::seconds{seconds_of(seconds)};
    m.reading().add(ValueType::date_time, token, last, to_text(moment, false));
  };
  if (const Match* now = text.find(token, Sense::now)) at(token + now->tokens, 0);
  if (const Match* end = text.find(token, Sense::day_end)) {
    m.reading().add(ValueType::date_time, token, token + end->tokens,
                    to_text(m.today()) + "T" + to_text(Clock{kDay - 1, true}));
  }
  const std::size_t within = text.skip(token, Sense::within);
  const auto duration = m.duration(token + within);
  if (!duration || duration->seconds == 0) return;
  const double seconds =
      duration->seconds + (duration->days + duration->months * kDaysOfMonth) * kDay;
  if (within != 0) return at(duration->last, seconds);
  if (const std::size_t ago = text.skip(duration->last, Sense::ago); ago != 0)
    at(duration->last + ago, -seconds);
  if (const std::size_t later = text.skip(duration->last, Sense::from_now); later != 0)
    at(duration->last + later, seconds);
}

}  // namespace

Moments::Moments(Reading& reading)
    : reading_(reading),
      text_(reading.text),
      numbers_(reading.numbers),
      today_(std::chrono::floor<std::chrono::days>(reading.now)) {}

void Moments::dates(std::size_t token, std::vector<SaidDate>& out) const {
  numeric_dates(*this, token, out);
  named_dates(*this, token, out);
  relative_dates(*this, token, out);
}

void find_moments(Reading& reading) {
  Moments m(reading);
  const Text& text = m.text();
  std::vector<SaidDate> dates;
  std::vector<SaidTime> times;
  std::size_t time_end = 0;
  std::size_t duration_end = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    m.dates(i, dates);
    if (i >= time_end) {
      if (auto time = m.time(i)) {
        time_end = time->last;
        times.push_back(*time);
      }
    }
    if (i >= duration_end) {
      if (const auto duration = m.duration(i)) {
        duration_end = duration->last;
        reading.add(ValueType::duration, i, duration->last, duration->text);
      }
    }
    add_distances(m, i);
  }
  FoundPeriods found = find_periods(m, dates);
  for (const SaidDate& date : found.ends) add_date(reading, date);
  for (const SaidDate& date : dates) add_date(reading, date);
  for (const SaidTime& time : times) add_time(reading, time);
  add_moments(m, dates, times);
  for (SaidPeriod& period : found.periods) {
    reading.add(ValueType::period, period.first, period.last, period.from + "/" + period.to, {},
                std::move(period.others));
  }
}

}  // namespace weft::dialogue
