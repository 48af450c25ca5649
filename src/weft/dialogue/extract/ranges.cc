// Periods between two ends, or from one end for a while.
#include <algorithm>

#include "weft/dialogue/extract/periods.h"

namespace weft::dialogue {
namespace {

constexpr int kHour = 3600;
constexpr int kHalfDay = 12 * kHour;

/// One end of a range.
struct End {
  std::size_t first = 0;
  std::size_t last = 0;
  std::vector<Day> days;
  std::optional<SaidTime> time;
  int number = -1;  ///< an hour or a day, whatever the other end is
  bool month_led = false;
  bool month_said = false;
};

std::optional<End> bare_end(const Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  End out;
  out.first = i;
  if (const Match* now = text.find(i, Sense::now)) {
    out.days = {p.m.today()};
    out.last = i + now->tokens;
    return out;
  }
  if (const auto month = said_month(p.m, i); month && !said_day(p.m, month->last)) {
    out.last = month->last;
    out.days = {month->day};
    if (!month->dated) {
      const Days days = without_year(p.m.today(), static_cast<unsigned>(month->day.month()), 1);
      out.days = {days.future, days.past};
    }
    return out;
  }
  if (const auto year = said_year(p.m, i)) {
    out.last = year->last;
    out.days = {Day{std::chrono::year{year->value}, std::chrono::January, std::chrono::day{1}}};
    return out;
  }
  const Number* number = p.m.numbers().cardinal(i);
  if (const auto day = said_day(p.m, i)) {
    out.last = day->last;
    out.number = day->value;
  } else if (number != nullptr && number->digits && !number->attached && number->value <= 24) {
    out.last = number->last;
    out.number = whole_of(number->value);
  } else {
    return std::nullopt;
  }
  return out;
}

std::optional<End> end_at(const Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  i = text.after(i, Sense::at);
  End out;
  out.first = i;
  const SaidDate* date = p.date_at(i);
  const auto time = p.m.time(i);
  if (date != nullptr && (!time || date->last >= time->last)) {
    out.days = date->days;
    out.last = date->last;
    out.number = date->day_only == 0 ? -1 : date->day_only;
    out.month_said = date->day_only == 0;
    out.month_led = text.find(i, Sense::month) != nullptr;
    std::size_t at = text.is_mark(out.last, ',') ? out.last + 1 : out.last;
    at = text.after(at, Sense::at);
    if (const auto after = p.m.time(at)) {
      out.last = after->last;
      out.time = *after;
    }
    return out;
  }
  if (!time) return bare_end(p, i);
  out.last = time->last;
  out.time = *time;
  const std::size_t next = text.is_mark(time->last, ',') ? time->last + 1 : time->last;
  if (const SaidDate* after = p.date_at(text.after(next, Sense::on))) {
    out.days = after->days;
    out.last = after->last;
  }
  return out;
}

SaidTime hour(int value) {
  SaidTime out;
  out.clock.seconds = value % 24 * kHour;
  out.halfday = value > 12;
  out.bare = true;
  return out;
}

/// What is said of one half of the day holds for the other end, as far as that makes a range.
void agree(SaidTime& from, SaidTime& to) {
  int& a = from.clock.seconds;
  int& b = to.clock.seconds;
  if (to.halfday && !from.halfday && a < kHalfDay) {
    const bool later = a + kHalfDay <= b;
    const bool over_night = a > b;
    if (later || over_night) a += kHalfDay;
  } else if (!to.halfday && b < kHalfDay && b <= a && b + kHalfDay > a) {
    b += kHalfDay;
  }
}

std::string text_of(const Day& day, const std::optional<SaidTime>& time) {
  return time ? to_text(day) + "T" + to_text(time->clock) : to_text(day);
}

/// A part of the day behind a range: "between 5 and 6 in the afternoon".
std::size_t apply_part(const Text& text, std::size_t i, SaidTime& from, SaidTime& to) {
  const std::size_t at = text.after(text.after(i, Sense::on), Sense::definite);
  const Match* part = text.find(at, Sense::part_of_day);
  if (part == nullptr) return i;
  const bool later = part->name == "pm" || part->name == "night";
  for (SaidTime* each : {&from, &to}) {
    if (later && !each->halfday && each->clock.seconds < kHalfDay) each->clock.seconds += kHalfDay;
    each->halfday = true;
  }
  return at + part->tokens;
}

/// The date behind a range of times.
const SaidDate* date_behind(const Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  if (text.is_mark(i, ',')) ++i;
  if (const std::size_t of = text.after(i, Sense::of); of != i) {
    if (const SaidDate* date = p.date_at(of)) return date;
  }
  return p.date_at(text.after(i, Sense::on));
}

/// What stands between the ends, and before the first.
struct Frame {
  std::size_t first = 0;           ///< of the whole range
  bool opened = false;             ///< "from", "between"
  const SaidDate* lead = nullptr;  ///< "Friday", before "from 3 to 5"
};

bool times(Periods& p, const Frame& frame, End first, End second) {
  const Text& text = p.m.text();
  const SaidDate* behind = date_behind(p, second.last);
  if (!first.time && !second.time) {
    const std::size_t at = text.after(text.after(second.last, Sense::on), Sense::definite);
    const bool parted = text.find(at, Sense::part_of_day) != nullptr;
    if (first.number < 0 || second.number < 0) return false;
    if (!parted && behind == nullptr && frame.lead == nullptr) return false;
    if (!frame.opened && !parted && behind == nullptr && frame.lead == nullptr) return false;
  }
  for (End* end : {&first, &second}) {
    if (!end->time && end->days.empty() && end->number >= 0 && end->number <= 24)
      end->time = hour(end->number);
  }
  if (!first.time || !second.time) return false;
  std::size_t last = apply_part(text, second.last, *first.time, *second.time);
  agree(*first.time, *second.time);
  std::vector<Day> days = !first.days.empty() ? first.days : second.days;
  if (days.empty() && frame.lead != nullptr) days = frame.lead->days;
  if (days.empty()) {
    if (const SaidDate* date = date_behind(p, last)) {
      p.add(frame.first, last, to_text(first.time->clock), to_text(second.time->clock));
      days = date->days;
      last = date->last;
    }
  }
  if (days.empty()) {
    p.add(frame.first, last, to_text(first.time->clock), to_text(second.time->clock));
    return true;
  }
  const bool own_end = !second.days.empty() && !first.days.empty();
  const bool over_night = second.time->clock.seconds < first.time->clock.seconds;
  std::vector<std::string> others;
  const auto whole = [&](std::size_t n) {
    const Day end = own_end ? second.days[std::min(n, second.days.size() - 1)] : days[n];
    const Day to = !own_end && over_night ? plus_days(end, 1) : end;
    return std::pair(text_of(days[n], first.time), text_of(to, second.time));
  };
  for (std::size_t n = 1; n < days.size(); ++n)
    others.push_back(whole(n).first + "/" + whole(n).second);
  auto [from, to] = whole(0);
  p.add(frame.first, last, std::move(from), std::move(to), std::move(others));
  return true;
}

void days(Periods& p, const Frame& frame, End first, End second) {
  const Text& text = p.m.text();
  std::size_t last = second.last;
  const auto with_day = [](const Day& day, int number) {
    return Day{day.year(), day.month(), std::chrono::day{static_cast<unsigned>(number)}};
  };
  // "the 3rd to the 7th of May" are both of May, "May 3rd to the 7th", too.
  if (first.number > 0 && second.month_said && !second.time) first.days.clear();
  if (second.number > 0 && first.month_led) second.days.clear();
  if (first.days.empty() && second.days.empty()) {
    // "from 4 to 22 this month"
    const auto month = said_shift(text, text.after(last, Sense::of), "M");
    if (!month || first.number < 1 || second.number < 1) return;
    const Day in = plus_months(with_day(p.m.today(), 1), month->value);
    first.days = {with_day(in, first.number)};
    second.days = {with_day(in, second.number)};
    last = month->last;
  } else if (first.days.empty()) {
    if (first.number < 1) return;
    for (const Day& day : second.days) first.days.push_back(with_day(day, first.number));
    if (frame.opened) p.ends.push_back({first.first, first.last, first.days});
  } else if (second.days.empty()) {
    if (second.number < 1 || !first.month_led) return;
    for (const Day& day : first.days) second.days.push_back(with_day(day, second.number));
    if (frame.opened) p.ends.push_back({second.first, second.last, second.days});
  }
  for (const auto* all : {&first.days, &second.days}) {
    for (const Day& day : *all) {
      if (!day.ok()) return;
    }
  }
  // The first end takes the year that puts it before the other.
  if (second.days[0] < first.days[0] && first.days.size() > 1 && first.days[1] <= second.days[0])
    return p.add(frame.first, last, first.days[1], second.days[0]);
  if (second.days.size() == 1 && first.days.size() > 1 && second.days[0] < first.days[0]) {
    const Day day{second.days[0].year(), first.days[0].month(), first.days[0].day()};
    if (day.ok() && day <= second.days[0]) return p.add(frame.first, last, day, second.days[0]);
  }
  p.add(frame.first, last, first.days[0], second.days[0]);
  if (first.days.size() > 1 && second.days.size() > 1)
    p.out.back().others.push_back(to_text(first.days[1]) + "/" + to_text(second.days[1]));
}

void between_ends(Periods& p, std::size_t token, std::size_t at, const SaidDate* lead) {
  const Text& text = p.m.text();
  const bool inside =
      token > 0 && (text.find(token - 1, Sense::from) || text.find(token - 1, Sense::between));
  if (inside) return;
  const std::size_t from = text.skip(at, Sense::from);
  const std::size_t between = from != 0 ? 0 : text.skip(at, Sense::between);
  const Frame frame = {token, from + between != 0, lead};
  const auto first = end_at(p, at + from + between);
  if (!first) return;
  std::size_t joint = between != 0 ? text.skip(first->last, Sense::conjunction) : 0;
  if (joint == 0) joint = text.skip(first->last, Sense::until);
  if (joint == 0) return;
  const auto second = end_at(p, first->last + joint);
  if (!second || times(p, frame, *first, *second) || lead != nullptr) return;
  days(p, frame, *first, *second);
}

/// "since Monday", "before 5 pm".
void open_ended(Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  for (const Sense sense : {Sense::since, Sense::before}) {
    const Match* word = text.find(i, sense);
    if (word == nullptr) continue;
    const auto end = end_at(p, i + word->tokens);
    if (!end || (end->days.empty() && !end->time)) continue;
    if (text.find(end->last, Sense::until) != nullptr) continue;
    std::vector<Day> days = end->days;
    // What has begun lies behind.
    if (word->value == 1 && days.size() > 1) std::swap(days[0], days[1]);
    std::string said = days.empty() ? to_text(end->time->clock) : text_of(days[0], end->time);
    if (sense == Sense::since) {
      p.add(i, end->last, std::move(said), {});
    } else {
      p.add(i, end->last, {}, std::move(said));
    }
  }
}

/// Where an end and a duration lead to.
void add_lasting(Periods& p, std::size_t first, std::size_t last, const End& start,
                 const SaidDuration& duration) {
  const auto seconds = seconds_of(duration.seconds);
  std::vector<std::string> all;
  if (start.days.empty()) {
    if (!start.time || duration.months + duration.days + duration.business_days > 0) return;
    Clock to = start.time->clock;
    to.seconds = static_cast<int>((to.seconds + seconds) % 86400);
    return p.add(first, last, to_text(start.time->clock), to_text(to));
  }
  for (const Day& day : start.days) {
    const Day end = plus_business_days(
        plus_days(plus_months(day, whole_of(duration.months)), whole_of(duration.days)),
        whole_of(duration.business_days));
    if (!start.time && seconds != 0) return;
    const auto moment =
        at(end) + std::chrono::seconds{start.time ? start.time->clock.seconds + seconds : 0};
    all.push_back(text_of(day, start.time) + "/" +
                  (start.time ? to_text(moment, false) : to_text(end)));
  }
  const std::size_t slash = all[0].find('/');
  p.add(first, last, all[0].substr(0, slash), all[0].substr(slash + 1),
        {all.begin() + 1, all.end()});
}

/// "for 3 days from Monday", "from 2 pm for 2 hours".
void lasting(Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  const std::size_t on = text.skip(i, Sense::on);
  if (const auto duration = p.m.duration(i + on); duration && duration->numbered) {
    std::size_t at = text.is_mark(duration->last, ',') ? duration->last + 1 : duration->last;
    const std::size_t skip = std::max(text.skip(at, Sense::beginning), text.skip(at, Sense::from));
    if (skip != 0) {
      at = text.after(text.after(at + skip, Sense::from), Sense::on);
      auto start = end_at(p, at);
      // "for 3 nights from the 3rd to the 6th"
      if (start && text.find(start->last, Sense::until) != nullptr) return;
      if (start && start->days.empty() && !start->time && start->number >= 0 && start->number <= 24)
        start->time = hour(start->number);
      if (start) add_lasting(p, i, start->last, *start, *duration);
    }
    return;
  }
  const std::size_t from = text.skip(i, Sense::from);
  auto start = from != 0 || p.date_at(i) != nullptr || text.is(i, TokenKind::digits)
                   ? end_at(p, i + from)
                   : std::nullopt;
  if (!start) return;
  const std::size_t lead = start->last;
  const std::size_t skip = text.skip(lead, Sense::on);
  if (skip == 0) return;
  const auto duration = p.m.duration(lead + skip);
  if (!duration || !duration->numbered) return;
  if (from != 0 && start->days.empty() && !start->time && start->number <= 24)
    start->time = hour(start->number);
  if (start->days.empty() && !start->time) return;
  add_lasting(p, i, duration->last, *start, *duration);
}

}  // namespace

void ranges(Periods& p, std::size_t i) {
  const Text& text = p.m.text();
  between_ends(p, i, i, nullptr);
  if (const SaidDate* date = p.date_at(i)) {
    std::size_t at = text.is_mark(date->last, ',') ? date->last + 1 : date->last;
    // "Friday afternoon between 1 and 4": the part says nothing more.
    const Match* part = text.find(at, Sense::part_of_day);
    if (part != nullptr) at += part->tokens;
    between_ends(p, i, at, date);
  }
  open_ended(p, i);
  lasting(p, i);
}

}  // namespace weft::dialogue
