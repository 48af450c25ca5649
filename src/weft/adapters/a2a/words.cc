// Words of the wire that are read alike in every version.
#include <array>
#include <charconv>
#include <chrono>
#include <format>

#include "weft/adapters/a2a/codec.h"

namespace weft::adapters::a2a {
namespace {

using model::TaskState;

struct StateWord {
  std::string_view word;
  TaskState state;
};

constexpr StateWord kStates[] = {
    {"TASK_STATE_SUBMITTED", TaskState::submitted},
    {"TASK_STATE_WORKING", TaskState::working},
    {"TASK_STATE_COMPLETED", TaskState::completed},
    {"TASK_STATE_FAILED", TaskState::failed},
    {"TASK_STATE_CANCELED", TaskState::canceled},
    {"TASK_STATE_CANCELLED", TaskState::canceled},
    {"TASK_STATE_INPUT_REQUIRED", TaskState::ask},
    {"TASK_STATE_REJECTED", TaskState::rejected},
    {"TASK_STATE_AUTH_REQUIRED", TaskState::auth},
    {"submitted", TaskState::submitted},
    {"working", TaskState::working},
    {"completed", TaskState::completed},
    {"failed", TaskState::failed},
    {"canceled", TaskState::canceled},
    {"input-required", TaskState::ask},
    {"rejected", TaskState::rejected},
    {"auth-required", TaskState::auth},
    // 0.3's word for "I lost track of it": not terminal, so it is asked for again.
    {"unknown", TaskState::working},
};

/// The digits at `at`, in a fixed number; -1 when they are none.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int number = 0;
  const char* begin = text.data() + at;
  const auto [end, problem] = std::from_chars(begin, begin + count, number);
  return problem == std::errc() && end == begin + count ? number : -1;
}

/// Minutes east of UTC, or nothing when the rest is no zone.
std::optional<int> zone_minutes(std::string_view rest) {
  if (rest == "Z" || rest == "z") return 0;
  if (rest.size() != 6 || rest[3] != ':' || (rest[0] != '+' && rest[0] != '-')) return std::nullopt;
  const int hours = digits(rest, 1, 2);
  const int minutes = digits(rest, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (hours * 60 + minutes) * (rest[0] == '-' ? -1 : 1);
}

/// Reads `.123…` and moves past it.
int fraction_ms(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return 0;
  int ms = 0;
  int scale = 100;
  for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    ms += (text[at] - '0') * scale;
    scale /= 10;
  }
  return ms;
}

}  // namespace

std::optional<TaskState> read_state(std::string_view word) {
  for (const StateWord& known : kStates) {
    if (known.word == word) return known.state;
  }
  return std::nullopt;
}

Result<std::int64_t> parse_timestamp(std::string_view text, const std::string& path) {
  const std::array<int, 6> parts{digits(text, 0, 4),  digits(text, 5, 2),  digits(text, 8, 2),
                                 digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2)};
  const std::chrono::year_month_day date{std::chrono::year{parts[0]},
                                         std::chrono::month{static_cast<unsigned>(parts[1])},
                                         std::chrono::day{static_cast<unsigned>(parts[2])}};
  std::size_t at = 19;
  const int ms = fraction_ms(text, at);
  const auto zone = at <= text.size() ? zone_minutes(text.substr(at)) : std::nullopt;
  const bool fits = parts[0] >= 0 && date.ok() && parts[3] >= 0 && parts[3] < 24 && parts[4] >= 0 &&
                    parts[4] < 60 && parts[5] >= 0 && parts[5] <= 60 && zone.has_value();
  if (!fits) {
    return fail(make_argument_error(
        path, std::format("{}: expected a time such as 2026-11-23T09:00:00Z", path)));
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds =
      std::int64_t{days} * 86'400 + parts[3] * 3'600 + parts[4] * 60 + parts[5] - *zone * 60;
  return seconds * 1'000 + ms;
}

}  // namespace weft::adapters::a2a
