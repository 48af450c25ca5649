#include "weft/adapters/sagemaker/aws/times.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <format>

namespace weft::adapters::sagemaker {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
/// The years 1 to 9999: what has four digits.
constexpr double kFirstSecond = -62'135'596'800;
constexpr double kLastSecond = 253'402'300'799;

/// The text, taken from its beginning.
class Scan {
 public:
  explicit Scan(std::string_view text) : rest_(text) {}
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  /// So many digits; -1 when there are none.
  int number(std::size_t digits) {
    const std::string_view piece = rest_.substr(0, digits);
    int out = -1;
    const auto read = std::from_chars(piece.data(), piece.data() + piece.size(), out);
    const bool whole = read.ec == std::errc() && read.ptr == piece.data() + piece.size();
    if (!whole || piece.size() < digits || out < 0) return -1;
    rest_.remove_prefix(digits);
    return out;
  }
  /// Digits of a fraction, as many as there are.
  double fraction() {
    double out = 0;
    double scale = 0.1;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      out += (rest_.front() - '0') * scale;
      scale /= 10;
      rest_.remove_prefix(1);
    }
    return out;
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> seconds_of(int year, int month, int day, int hour, int minute,
                                       int second) {
  if (year < 1 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const bool fine = date.ok() && hour >= 0 && hour < 24 && minute >= 0 && minute < 60 &&
                    second >= 0 && second <= 60;
  if (!fine) return std::nullopt;
  const std::chrono::sys_seconds at = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                      std::chrono::minutes(minute) + std::chrono::seconds(second);
  return at.time_since_epoch().count();
}

}  // namespace

std::string to_iso8601(double unix_s) {
  const double within = std::clamp(unix_s, kFirstSecond, kLastSecond);
  const auto ms = static_cast<std::int64_t>(std::llround(within * 1000));
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(ms)};
  if (ms % 1000 != 0) return std::format("{:%Y-%m-%dT%H:%M:%S}Z", at);
  return std::format("{:%Y-%m-%dT%H:%M:%S}Z", std::chrono::floor<std::chrono::seconds>(at));
}

std::optional<double> from_iso8601(std::string_view text) {
  Scan scan(text);
  const int year = scan.number(4);
  if (!scan.take('-')) return std::nullopt;
  const int month = scan.number(2);
  if (!scan.take('-')) return std::nullopt;
  const int day = scan.number(2);
  if (scan.done()) {
    const auto midnight = seconds_of(year, month, day, 0, 0, 0);
    return midnight ? std::optional(static_cast<double>(*midnight)) : std::nullopt;
  }
  if (!scan.take('T') && !scan.take(' ')) return std::nullopt;
  const int hour = scan.number(2);
  if (!scan.take(':')) return std::nullopt;
  const int minute = scan.number(2);
  const int second = scan.take(':') ? scan.number(2) : 0;
  const double fraction = scan.take('.') ? scan.fraction() : 0;
  int offset = 0;
  const int sign = scan.take('+') ? 1 : scan.take('-') ? -1 : 0;
  if (sign != 0) {
    const int hours = scan.number(2);
    (void)scan.take(':');
    const int minutes = scan.number(2);
    if (hours < 0 || minutes < 0) return std::nullopt;
    offset = sign * (hours * 3600 + minutes * 60);
  } else {
    (void)scan.take('Z');
  }
  const auto whole = seconds_of(year, month, day, hour, minute, second);
  if (!whole || !scan.done()) return std::nullopt;
  return static_cast<double>(*whole - offset) + fraction;
}

std::string to_http_date(std::int64_t unix_s) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_s)};
  const auto days = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(days);
  const std::chrono::weekday weekday(days);
  const std::chrono::hh_mm_ss time(at - days);
  return std::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[weekday.c_encoding()],
                     static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

std::optional<std::int64_t> from_http_date(std::string_view text) {
  if (const auto iso = from_iso8601(text)) return static_cast<std::int64_t>(std::floor(*iso));
  const auto comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  Scan scan(text.substr(comma + 2));
  const int day = scan.number(2);
  if (!scan.take(' ')) return std::nullopt;
  int month = 0;
  for (std::size_t i = 0; i < kMonths.size() && month == 0; ++i)
    if (scan.take(kMonths[i])) month = static_cast<int>(i) + 1;
  if (!scan.take(' ')) return std::nullopt;
  const int year = scan.number(4);
  if (!scan.take(' ')) return std::nullopt;
  const int hour = scan.number(2);
  if (!scan.take(':')) return std::nullopt;
  const int minute = scan.number(2);
  if (!scan.take(':')) return std::nullopt;
  const int second = scan.number(2);
  if (!scan.take(" GMT") || !scan.done()) return std::nullopt;
  return seconds_of(year, month, day, hour, minute, second);
}

}  // namespace weft::adapters::sagemaker
