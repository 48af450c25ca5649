#include <cmath>
#include <format>

#include "weft/dialogue/extract/literal.h"
#include "weft/dialogue/extract/moments.h"

namespace weft::dialogue {
namespace {

constexpr double kAmountMax = 1e6;
constexpr double kSecondsOfHour = 3600;
constexpr double kSecondsOfDay = 86400;
constexpr int kPartsMax = 6;

/// How many of the span that follows, and where it is.
struct Count {
  std::size_t span = 0;
  double value = 1;
  bool numbered = true;
};

std::optional<Count> count_at(const Moments& m, std::size_t i) {
  const Text& text = m.text();
  if (const Match* half = text.find(i, Sense::half_span);
      half != nullptr && text.find(i + half->tokens, Sense::span) != nullptr)
    return Count{i + half->tokens, 0.5, true};
  if (const Number* number = m.numbers().number(i))
    return Count{past_hyphen(text, number->last), number->value, true};
  if (const Number* number = m.numbers().cardinal(i))
    return Count{past_hyphen(text, number->last), number->value, true};
  if (const Match* few = text.find(i, Sense::few)) return Count{i + few->tokens, few->value, true};
  if (const Match* whole = text.find(i, Sense::whole))
    return Count{past_hyphen(text, i + whole->tokens), 1, false};
  if (const Match* more = text.find(i, Sense::another)) return Count{i + more->tokens, 1, true};
  if (text.find(i, Sense::article) != nullptr) {
    if (const Match* half = text.find(i + 1, Sense::part); half != nullptr && half->name.empty())
      return Count{i + 1 + half->tokens, half->value, true};
    return Count{i + 1, 1, true};
  }
  return std::nullopt;
}

/// Adds so many of a span; false for one that is no length of time.
bool add(SaidDuration& out, const Match& span, double count) {
  count *= span.value;
  const std::string_view name = span.name;
  if (name == "TS") out.seconds += count;
  if (name == "TM") out.seconds += count * 60;
  if (name == "TH") out.seconds += count * kSecondsOfHour;
  if (name == "BD") out.business_days += count;
  if (name == "WE") out.days += count * 2;
  if (name == "Q") out.months += count * 3;
  double days = 0;
  if (name == "D" || name == "N") days = count;
  if (name == "W") days = count * 7;
  double months = 0;
  if (name == "M") months = count;
  if (name == "Y") months = count * 12;
  days += (months - std::floor(months)) * 30;
  out.months += std::floor(months);
  out.days += std::floor(days);
  out.seconds += (days - std::floor(days)) * kSecondsOfDay;
  return name != "WE";
}

std::string iso(const SaidDuration& d) {
  std::string out = "P";
  const auto years = seconds_of(d.months / 12);
  const auto months = seconds_of(d.months) % 12;
  const double days = d.days + d.business_days;
  if (years > 0) out += std::format("{}Y", years);
  if (months > 0) out += std::format("{}M", months);
  const bool weeks = d.weeks && d.months == 0 && d.seconds == 0 && std::fmod(days, 7) == 0;
  if (weeks) {
    out += std::format("{}W", seconds_of(days / 7));
  } else if (days > 0) {
    out += std::format("{}D", seconds_of(days));
  }
  if (d.seconds > 0) {
    out += 'T';
    const auto whole = seconds_of(d.seconds);
    if (whole >= 3600) out += std::format("{}H", whole / 3600);
    if (whole / 60 % 60 != 0) out += std::format("{}M", whole / 60 % 60);
    const long long minutes = whole / 60;
    const double rest = d.seconds - static_cast<double>(minutes * 60);
    if (rest > 0) out += numeral(rest) + "S";
  }
  return out == "P" ? "PT0S" : out;
}

}  // namespace

std::optional<SaidDuration> Moments::duration(std::size_t token) const {
  SaidDuration out;
  std::size_t i = token;
  bool weeks = true;
  for (int n = 0; n < kPartsMax; ++n) {
    std::size_t at = i;
    if (n > 0) {
      if (text_.is_mark(at, ',')) ++at;
      at = text_.after(at, Sense::conjunction);
    }
    const auto count = count_at(*this, at);
    const Match* span = count ? text_.find(count->span, Sense::span) : nullptr;
    if (span == nullptr || !(count->value >= 0) || count->value > kAmountMax) break;
    if (!count->numbered && n > 0) break;
    if (!add(out, *span, count->value)) {
      if (n == 0) return std::nullopt;
      break;
    }
    out.numbered = count->numbered;
    weeks = weeks && span->name == "W";
    i = count->span + span->tokens;
    // "an hour and a half"
    const std::size_t behind = text_.after(i, Sense::conjunction);
    if (behind != i) {
      const std::size_t part_at = text_.after(behind, Sense::article);
      const Match* part = text_.find(part_at, Sense::part);
      if (part != nullptr && text_.find(part_at + part->tokens, Sense::span) == nullptr) {
        add(out, *span, part->value);
        i = part_at + part->tokens;
      }
    }
  }
  if (i == token) return std::nullopt;
  out.first = token;
  out.last = i;
  out.weeks = weeks;
  out.text = iso(out);
  return out;
}

}  // namespace weft::dialogue
