// Dates in digits, and those that name their month or weekday.
#include <charconv>

#include "weft/dialogue/extract/characters.h"
#include "weft/dialogue/extract/moments.h"

namespace weft::dialogue {
namespace {

constexpr int kYearMin = 1000;
constexpr int kYearMax = 2999;

int number_of(std::string_view digits) {
  int out = -1;
  if (digits.size() <= 4) std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

Day day_of(int year, int month, int day) {
  return Day{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
             std::chrono::day{static_cast<unsigned>(day)}};
}

SaidDate with_days(std::size_t first, std::size_t last, const Days& days) {
  SaidDate out = {.first = first, .last = last, .days = {}};
  if (!days.future.ok()) return out;
  out.days.push_back(days.future);
  if (days.past != days.future) out.days.push_back(days.past);
  return out;
}

SaidDate with_day(std::size_t first, std::size_t last, const Day& day) {
  SaidDate out = {.first = first, .last = last, .days = {}};
  if (day.ok()) out.days.push_back(day);
  return out;
}

/// The parts of `4/22/2016`, all glued.
struct Parts {
  int value[3] = {0, 0, 0};
  std::size_t digits[3] = {0, 0, 0};
  bool month[3] = {false, false, false};
  char separator = 0;
  std::size_t count = 0;
  std::size_t last = 0;
};

Parts parts_of(const Text& text, std::size_t token) {
  Parts out;
  std::size_t i = token;
  while (out.count < 3) {
    if (text.is(i, TokenKind::digits)) {
      out.value[out.count] = number_of(text.word(i));
      out.digits[out.count] = text.word(i).size();
    } else if (const Match* month = text.find(i, Sense::month); month != nullptr && out.count > 0) {
      out.value[out.count] = whole_of(month->value);
      out.month[out.count] = true;
    } else {
      break;
    }
    ++out.count;
    out.last = ++i;
    const bool separated = text.is(i, TokenKind::mark) && text.glued(i) && text.glued(i + 1);
    if (!separated) break;
    const char mark = text.raw()[text[i].begin];
    const bool comma = mark == ',' && out.count == 2 && out.separator == '/';
    if (!comma && mark != '/' && mark != '-' && mark != '.') break;
    if (out.separator != 0 && !comma && mark != out.separator) break;
    if (out.separator == 0) out.separator = mark;
    ++i;
  }
  return out;
}

/// More of a row of digits: no date ends here.
bool goes_on(const Text& text, std::size_t i) {
  if (!text.glued(i)) return false;
  if (text.is(i, TokenKind::word)) return text.word(i) != "t";
  const bool joint = text.is_mark(i, '/') || text.is_mark(i, '-') || text.is_mark(i, '.') ||
                     text.is_mark(i, ':') || text.is_mark(i, '%');
  return joint && text.glued(i + 1) && text.is(i + 1, TokenKind::digits);
}

bool starts_row(const Text& text, std::size_t i) {
  if (i == 0 || !text.glued(i)) return true;
  if (text.is(i - 1, TokenKind::word)) return false;
  return !text.is_mark(i - 1, '/') && !text.is_mark(i - 1, '-') && !text.is_mark(i - 1, '.') &&
         !text.is_mark(i - 1, ':') && !text.is_mark(i - 1, '$') && !text.is_mark(i - 1, '+');
}

std::size_t past_mark(const Text& text, std::size_t i, std::string_view marks) {
  for (const char mark : marks) {
    if (text.is_mark(i, mark)) return i + 1;
  }
  return i;
}

/// A year after a day, behind a comma or nothing; otherwise the days around today.
SaidDate month_and_day(const Moments& m, std::size_t first, std::size_t last, unsigned month,
                       unsigned day) {
  const std::size_t at = past_mark(m.text(), last, ",-/");
  if (const auto year = said_year(m, at)) {
    return with_day(first, year->last, day_of(year->value, whole_of(month), whole_of(day)));
  }
  return with_days(first, last, without_year(m.today(), month, day));
}

std::size_t past_month(const Text& text, std::size_t i, const Match& month) {
  const std::size_t end = i + month.tokens;
  return text.is_mark(end, '.') && text.glued(end) ? end + 1 : end;
}

/// "March 5, 2027", "Mar. the fifth".
std::optional<SaidDate> month_first(const Moments& m, std::size_t first, std::size_t token) {
  const Text& text = m.text();
  const Match* month = text.find(token, Sense::month);
  if (month == nullptr) return std::nullopt;
  std::size_t i = past_mark(text, past_month(text, token, *month), "-/,");
  i = text.after(i, Sense::definite);
  const auto day = said_day(m, i);
  if (!day) return std::nullopt;
  if (text.is_mark(day->last, ':') && text.glued(day->last)) return std::nullopt;
  return month_and_day(m, first, day->last, static_cast<unsigned>(month->value),
                       static_cast<unsigned>(day->value));
}

/// "5th of March 2027", "22 Jan".
std::optional<SaidDate> day_first(const Moments& m, std::size_t first, std::size_t token) {
  const Text& text = m.text();
  const auto day = said_day(m, token);
  // "4-22 January" is a range, whose last day is one.
  const bool range =
      token > 1 && text.is_mark(token - 1, '-') && text.is(token - 2, TokenKind::digits);
  if (!day || !(range || starts_row(text, token))) return std::nullopt;
  std::size_t i = past_mark(text, day->last, ".-");
  i = text.after(i, Sense::of);
  const Match* month = text.find(i, Sense::month);
  if (month == nullptr) return std::nullopt;
  const std::size_t end = i + month->tokens;
  const std::size_t stopped = past_month(text, i, *month);
  SaidDate out = month_and_day(m, first, stopped, static_cast<unsigned>(month->value),
                               static_cast<unsigned>(day->value));
  if (out.last == stopped) out.last = end;
  return out;
}

/// Nothing follows that the day could count ("the second one").
bool clause_ends(const Text& text, std::size_t i) {
  if (i >= text.size() || text.is(i, TokenKind::mark))
    return !text.is_mark(i, '-') && !text.is_mark(i, '/') && !text.is_mark(i, '%') &&
           !text.is_mark(i, ':');
  for (const Sense sense : {Sense::at, Sense::on, Sense::from, Sense::until, Sense::conjunction,
                            Sense::part_of_day, Sense::day_and_part}) {
    if (text.find(i, sense) != nullptr) return true;
  }
  return false;
}

void month_alone(const Moments& m, std::size_t token, std::vector<SaidDate>& out) {
  const Text& text = m.text();
  const bool definite = text.find(token, Sense::definite) != nullptr;
  const Match* before = token == 0 ? nullptr : text.find(token - 1, Sense::on);
  if (!definite && (before == nullptr || before->value != 0)) return;
  const std::size_t at = token + (definite ? 1 : 0);
  const auto day = said_day(m, at);
  if (!day || !clause_ends(text, day->last)) return;
  const bool row = text.is_mark(day->last, '.') && text.glued(day->last + 1) &&
                   text.is(day->last + 1, TokenKind::digits);
  if (row || !starts_row(text, at)) return;
  out.push_back(
      with_days(token, day->last, of_month(m.today(), static_cast<unsigned>(day->value))));
  out.back().day_only = day->value;
}

}  // namespace

std::optional<Said> said_day(const Moments& m, std::size_t token) {
  const Text& text = m.text();
  if (const auto ordinal = read_ordinal(text, m.numbers(), token)) {
    if (ordinal->value >= 1 && ordinal->value <= 31)
      return Said{ordinal->last, whole_of(ordinal->value)};
    return std::nullopt;
  }
  if (text.is(token, TokenKind::digits)) {
    if (text.word(token).size() > 2) return std::nullopt;
    const int day = number_of(text.word(token));
    if (day < 1 || day > 31) return std::nullopt;
    if (text.is(token + 1, TokenKind::word) && text.glued(token + 1)) return std::nullopt;
    return Said{token + 1, day};
  }
  const Number* number = m.numbers().cardinal(token);
  if (number == nullptr || number->value < 1 || number->value > 31) return std::nullopt;
  if (number->text.find('.') != std::string::npos) return std::nullopt;
  return Said{number->last, whole_of(number->value)};
}

std::optional<Said> said_year(const Moments& m, std::size_t token) {
  const Text& text = m.text();
  if (text.is(token, TokenKind::digits)) {
    const int year = number_of(text.word(token));
    const bool fits = text.word(token).size() == 4 && year >= kYearMin && year <= kYearMax;
    if (!fits || goes_on(text, token + 1)) return std::nullopt;
    return Said{token + 1, year};
  }
  if (text.is_mark(token, '\'') && text.is(token + 1, TokenKind::digits) &&
      text.word(token + 1).size() == 2 && text.glued(token + 1))
    return Said{token + 2, full_year(number_of(text.word(token + 1)), 2)};
  const Number* number = m.numbers().cardinal(token);
  if (number == nullptr || number->digits || number->text.find('.') != std::string::npos)
    return std::nullopt;
  if (number->value >= kYearMin && number->value <= kYearMax)
    return Said{number->last, whole_of(number->value)};
  if (number->value < 10 || number->value > 29) return std::nullopt;
  const Number* rest = m.numbers().cardinal(number->last);
  if (rest == nullptr || rest->digits || rest->value >= 100) return std::nullopt;
  double years = rest->value;
  std::size_t last = rest->last;
  if (rest->value == 0) {
    const Number* unit = m.numbers().cardinal(rest->last);
    if (unit == nullptr || unit->digits || unit->value >= 10) return std::nullopt;
    years = unit->value;
    last = unit->last;
  } else if (rest->value < 10) {
    return std::nullopt;
  }
  return Said{last, whole_of(number->value * 100 + years)};
}

void numeric_dates(const Moments& m, std::size_t token, std::vector<SaidDate>& out) {
  const Text& text = m.text();
  if (!text.is(token, TokenKind::digits) || !starts_row(text, token)) return;
  const Parts parts = parts_of(text, token);
  if (parts.count < 2 || goes_on(text, parts.last)) return;
  const int a = parts.value[0];
  const int b = parts.value[1];
  const int c = parts.value[2];
  if (parts.count == 3) {
    if (parts.digits[0] == 4) {
      if (a < kYearMin || parts.digits[2] == 0 || parts.digits[2] > 2 || b < 1 || b > 12) return;
      out.push_back(with_day(token, parts.last, day_of(a, b, c)));
      return;
    }
    if (parts.digits[0] > 2 || parts.digits[1] > 2 || parts.month[2]) return;
    if (parts.digits[2] != 2 && parts.digits[2] != 4) return;
    const int year = full_year(c, parts.digits[2]);
    if (parts.month[1]) {
      out.push_back(with_day(token, parts.last, day_of(year, b, a)));
      return;
    }
    if (a < 1 || b < 1 || a > 31 || b > 31 || (a > 12 && b > 12)) return;
    SaidDate date = with_day(token, parts.last, a > 12 ? day_of(year, b, a) : day_of(year, a, b));
    if (a <= 12 && b <= 12 && a != b) date.days.push_back(day_of(year, b, a));
    out.push_back(std::move(date));
    return;
  }
  const bool on = token > 0 && text.find(token - 1, Sense::on) != nullptr;
  if (parts.month[1] || parts.digits[0] > 2 || parts.digits[1] > 2) return;
  if (parts.separator != '/' && !on) return;
  if (a < 1 || b < 1 || a > 31 || b > 31 || (a > 12 && b > 12)) return;
  SaidDate date = with_days(
      token, parts.last,
      a > 12 ? without_year(m.today(), static_cast<unsigned>(b), static_cast<unsigned>(a))
             : without_year(m.today(), static_cast<unsigned>(a), static_cast<unsigned>(b)));
  if (a <= 12 && b <= 12 && a != b) {
    const Days other = without_year(m.today(), static_cast<unsigned>(b), static_cast<unsigned>(a));
    if (other.future.ok()) date.days.push_back(other.future);
  }
  out.push_back(std::move(date));
}

void named_dates(const Moments& m, std::size_t token, std::vector<SaidDate>& out) {
  const Text& text = m.text();
  const bool definite = text.find(token, Sense::definite) != nullptr;
  if (auto date = month_first(m, token, token)) out.push_back(std::move(*date));
  if (auto date = day_first(m, token, token + (definite ? 1 : 0))) out.push_back(std::move(*date));
  month_alone(m, token, out);
  if (const Match* holiday = text.find(token, Sense::holiday)) {
    const auto value = static_cast<unsigned>(holiday->value);
    out.push_back(month_and_day(m, token, token + holiday->tokens, value / 100, value % 100));
  }
  const Match* weekday = text.find(token, Sense::weekday);
  if (weekday == nullptr) return;
  std::size_t i = token + weekday->tokens;
  i = past_mark(text, i, ".");
  i = past_mark(text, i, ",");
  const std::size_t at = text.after(i, Sense::definite);
  if (auto date = month_first(m, token, at)) {
    out.push_back(std::move(*date));
  } else if (auto other = day_first(m, token, at)) {
    out.push_back(std::move(*other));
  } else if (const auto day = said_day(m, at);
             day && (at != i || read_ordinal(text, m.numbers(), at))) {
    out.push_back(with_day(
        token, day->last,
        with_weekday(m.today(), static_cast<unsigned>(day->value), whole_of(weekday->value))));
  }
}

}  // namespace weft::dialogue
