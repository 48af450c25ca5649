#include <charconv>

#include "weft/dialogue/extract/moments.h"

namespace weft::dialogue {
namespace {

constexpr int kHour = 3600;
constexpr int kMinute = 60;
constexpr int kDay = 24 * kHour;

int number_of(std::string_view digits) {
  int out = -1;
  if (digits.size() <= 4) std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

/// Reads one time of day.
class TimeReader {
 public:
  explicit TimeReader(const Moments& m) : text_(m.text()), numbers_(m.numbers()) {}

  std::optional<SaidTime> read(std::size_t token) const {
    auto out = part_first(token);
    if (!out) out = whole(token);
    if (!out) return std::nullopt;
    out->first = token;
    return out;
  }

 private:
  bool two_digits(std::size_t i, int max) const {
    return text_.is(i, TokenKind::digits) && text_.word(i).size() == 2 &&
           number_of(text_.word(i)) <= max;
  }
  bool glued_mark(std::size_t i, char mark) const {
    return text_.is_mark(i, mark) && text_.glued(i) && text_.glued(i + 1);
  }

  std::size_t part_of_day_at(std::size_t i) const {
    // "in the", "this", "at"
    if (text_.find(i, Sense::day_and_part) != nullptr) return i;
    const std::size_t begin = i;
    i = text_.after(i, Sense::at);
    if (i == begin) i = text_.after(i, Sense::on);
    i = text_.after(i, Sense::definite);
    if (const Match* shift = text_.find(i, Sense::shift); shift != nullptr && shift->value == 0)
      i += shift->tokens;
    return i;
  }

  /// A part of the day at the token, with or without the word for this day in it.
  const Match* part_at(std::size_t i) const {
    const Match* part = text_.find(i, Sense::part_of_day);
    return part != nullptr ? part : text_.find(i, Sense::day_and_part);
  }

  bool says_today(std::size_t i) const {
    if (text_.find(i, Sense::day_and_part) != nullptr) return true;
    return i > 0 && text_.find(i - 1, Sense::shift) != nullptr;
  }

  static void apply(SaidTime& time, const Match& part) { apply_part_of_day(time, part); }
  /// "in the afternoon at 7"
  std::optional<SaidTime> part_first(std::size_t token) const {
    const std::size_t at = part_of_day_at(token);
    const Match* part = part_at(at);
    if (part == nullptr) return std::nullopt;
    const std::size_t next = at + part->tokens;
    const std::size_t time_at = text_.after(next, Sense::at);
    auto out = core(time_at, time_at != next);
    if (!out) return std::nullopt;
    suffix(*out);
    if (!out->halfday) apply(*out, *part);
    out->today = out->today || says_today(at);
    return out;
  }

  std::optional<SaidTime> whole(std::size_t token) const {
    const Match* at = token == 0 ? nullptr : text_.find(token - 1, Sense::at);
    auto out = core(token, at != nullptr && at->value == 0);
    if (!out) {
      // A number that "in the morning" makes an hour.
      out = hour(token);
      if (!out) return std::nullopt;
      const std::size_t last = out->last;
      suffix(*out);
      if (out->last == last) return std::nullopt;
      return out;
    }
    suffix(*out);
    return out;
  }

  /// What may follow a time and says more of it.
  void suffix(SaidTime& time) const {
    if (const std::size_t skip = text_.skip(time.last, Sense::oclock); skip != 0) {
      time.last += skip;
      time.end = text_[time.last - 1].end;
    }
    meridiem(time);
    const bool comma = text_.is_mark(time.last, ',') && !time.bare;
    const std::size_t at = part_of_day_at(time.last + (comma ? 1 : 0));
    const Match* part = part_at(at);
    // "three nights" are no time.
    if (part == nullptr || (time.bare && at == time.last && part->name == "night")) return;
    if (!time.halfday) apply(time, *part);
    time.today = says_today(at);
    time.last = at + part->tokens;
    time.end = text_[time.last - 1].end;
  }

  bool meridiem(SaidTime& time) const {
    const Match* half = text_.find(time.last, Sense::meridiem);
    if (half == nullptr) return false;
    const std::size_t end = time.last + half->tokens;
    const int hour = time.clock.seconds / kHour;
    if (half->value > 0 && hour < 12) time.clock.seconds += 12 * kHour;
    if (half->value == 0 && hour == 12) time.clock.seconds -= 12 * kHour;
    time.halfday = true;
    const bool stopped = half->tokens > 2 && text_.is_mark(end - 2, '.') &&
                         text_.is_mark(end, '.') && text_.glued(end);
    time.last = stopped ? end + 1 : end;
    time.end = text_[time.last - 1].end;
    return true;
  }

  std::optional<SaidTime> core(std::size_t i, bool after_at) const {
    if (auto out = around_hour(i)) return out;
    return plain(i, after_at);
  }

  std::optional<SaidTime> plain(std::size_t i, bool after_at) const {
    if (auto out = clock_word(i)) return out;
    if (auto out = in_digits(i)) return out;
    return in_words(i, after_at);
  }

  SaidTime make(std::size_t first, std::size_t last, int seconds) const {
    SaidTime out;
    out.first = first;
    out.last = last;
    out.end = text_[last - 1].end;
    out.clock.seconds = seconds % kDay;
    const int hour = out.clock.seconds / kHour;
    out.halfday = hour > 12 || hour == 0;
    return out;
  }

  std::optional<SaidTime> clock_word(std::size_t i) const {
    const Number* twelve = numbers_.cardinal(i);
    const std::size_t at = twelve != nullptr && twelve->value == 12 ? twelve->last : i;
    const Match* word = text_.find(at, Sense::clock);
    if (word == nullptr) return std::nullopt;
    const int value = whole_of(word->value);
    SaidTime out = make(i, at + word->tokens, value / 100 * kHour + value % 100 * kMinute);
    out.halfday = true;
    return out;
  }

  /// `7:56:30`, `7h01`, `8.10 pm`, `340pm`.
  std::optional<SaidTime> in_digits(std::size_t i) const {
    if (!text_.is(i, TokenKind::digits)) return std::nullopt;
    if (i > 0 && text_.glued(i) &&
        (text_.is_mark(i - 1, ':') || text_.is_mark(i - 1, '.') || text_.is_mark(i - 1, '/')) &&
        i > 1 && text_.is(i - 2, TokenKind::digits))
      return std::nullopt;
    const int first = number_of(text_.word(i));
    if (glued_mark(i + 1, ':') && two_digits(i + 2, 59) && first >= 0 && first <= 24) {
      SaidTime out = make(i, i + 3, first * kHour + number_of(text_.word(i + 2)) * kMinute);
      if (glued_mark(i + 3, ':') && two_digits(i + 4, 59)) {
        out.last = i + 5;
        out.clock.seconds += number_of(text_.word(i + 4));
        out.clock.with_seconds = true;
      }
      if (text_.word(i).size() == 2 && text_.word(i)[0] == '0') out.halfday = true;
      out.end = text_[out.last - 1].end;
      return out;
    }
    const bool marked = text_.find(i + 1, Sense::hour_mark) != nullptr;
    if (marked && two_digits(i + 2, 59) && first >= 0 && first <= 24)
      return make(i, i + 3, first * kHour + number_of(text_.word(i + 2)) * kMinute);
    if (glued_mark(i + 1, '.') && two_digits(i + 2, 59) && first >= 0 && first <= 24) {
      SaidTime out = make(i, i + 3, first * kHour + number_of(text_.word(i + 2)) * kMinute);
      if (text_.find(i + 3, Sense::meridiem) != nullptr) return out;
      return std::nullopt;
    }
    if (text_.word(i).size() >= 3 && text_.find(i + 1, Sense::meridiem) != nullptr) {
      const int minutes = first % 100;
      if (first < 100 || first / 100 > 24 || minutes > 59) return std::nullopt;
      return make(i, i + 1, first / 100 * kHour + minutes * kMinute);
    }
    return std::nullopt;
  }

  std::optional<SaidTime> hour(std::size_t i) const {
    const Number* number = numbers_.cardinal(i);
    if (number == nullptr || number->value < 0 || number->value > 24) return std::nullopt;
    if (number->text.find('.') != std::string::npos || number->last > i + 3) return std::nullopt;
    if (number->digits && i > 0 && text_.glued(i) && text_.is_mark(i - 1, ':')) return std::nullopt;
    SaidTime out = make(i, number->last, whole_of(number->value) * kHour);
    out.bare = true;
    return out;
  }

  /// Nothing counted: "at 7" but not "at 7 restaurants".
  bool counts(std::size_t i) const {
    for (const Sense sense : {Sense::unit, Sense::currency, Sense::magnitude, Sense::span,
                              Sense::percent, Sense::ordinal, Sense::ordinals, Sense::parts}) {
      if (text_.find(i, sense) != nullptr) return true;
    }
    return text_.is_mark(i, '%') ||
           ((text_.is_mark(i, '-') || text_.is_mark(i, '/') || text_.is_mark(i, '.')) &&
            text_.glued(i) && text_.is(i + 1, TokenKind::digits));
  }

  std::optional<SaidTime> in_words(std::size_t i, bool after_at) const {
    auto out = hour(i);
    if (!out) return std::nullopt;
    const Number* minutes = numbers_.cardinal(out->last);
    const bool words = !numbers_.cardinal(i)->digits;
    if (words && minutes != nullptr && !minutes->digits && minutes->value < 60 &&
        minutes->value > 0 && minutes->text.find('.') == std::string::npos) {
      SaidTime full =
          make(i, minutes->last, out->clock.seconds + whole_of(minutes->value) * kMinute);
      const bool halved = text_.find(full.last, Sense::meridiem) != nullptr;
      const bool alone = out->clock.seconds <= 12 * kHour && out->clock.seconds > 0 &&
                         (minutes->value >= 10 || after_at) && !counts(full.last) &&
                         numbers_.cardinal(full.last) == nullptr;
      if (halved || alone || text_.find(part_of_day_at(full.last), Sense::part_of_day) != nullptr)
        return full;
    }
    if (text_.find(out->last, Sense::meridiem) != nullptr) return out;
    if (text_.find(out->last, Sense::oclock) != nullptr) return out;
    const std::size_t ish = past_hyphen(text_, out->last);
    if (text_.find(ish, Sense::about) != nullptr && text_.glued(ish)) {
      out->last = ish + 1;
      out->end = text_[ish].end;
      return out;
    }
    if (after_at && !counts(out->last) && !text_.is_mark(out->last, ':') &&
        !(text_.is(out->last, TokenKind::word) && text_.glued(out->last)))
      return out;
    return std::nullopt;
  }

  /// "a quarter past eight", "three minutes to 5:30".
  std::optional<SaidTime> around_hour(std::size_t i) const {
    std::size_t at = i;
    double minutes = 0;
    bool sure = true;
    if (text_.find(at, Sense::article) != nullptr) ++at;
    const Number* number = numbers_.cardinal(at);
    if (number != nullptr) {
      if (number->value < 1 || number->value > 59 || number->attached) return std::nullopt;
      at = number->last;
      minutes = number->value;
      sure = false;
      if (const Match* parts = text_.find(at, Sense::parts)) {
        minutes *= parts->value * 60;
        at += parts->tokens;
        sure = true;
      } else if (const Match* span = text_.find(at, Sense::span)) {
        if (span->name != "TM") return std::nullopt;
        at += span->tokens;
        sure = true;
      }
    } else if (const Match* part = text_.find(at, Sense::part)) {
      minutes = part->value * 60;
      at += part->tokens;
    } else {
      return std::nullopt;
    }
    const Match* past = text_.find(at, Sense::past);
    const Match* to = text_.find(at, Sense::to);
    const bool is_past = past != nullptr && (sure || past->value == 0);
    if (!is_past && (to == nullptr || !sure)) return std::nullopt;
    at += is_past ? past->tokens : to->tokens;
    auto out = plain(at, true);
    if (!out) return std::nullopt;
    meridiem(*out);
    const bool halfday = out->halfday;
    const int offset = whole_of(minutes) * kMinute;
    out->clock.seconds = (out->clock.seconds + (is_past ? offset : kDay - offset)) % kDay;
    out->halfday = halfday;
    out->bare = false;
    return out;
  }

  const Text& text_;
  const Numbers& numbers_;
};

}  // namespace

void apply_part_of_day(SaidTime& time, const Match& part) {
  const int hour = time.clock.seconds / kHour;
  bool later = false;
  bool first_hour = false;
  if (part.name == "am" || part.name == "midnight") first_hour = hour == 12;
  if (part.name == "pm") later = hour < 12;
  if (part.name == "night") {
    first_hour = hour == 12;
    later = hour > 4 && hour < 12;
  }
  if (part.name == "lunch") later = hour < 10;
  if (later) time.clock.seconds += 12 * kHour;
  if (first_hour) time.clock.seconds -= 12 * kHour;
  time.halfday = true;
}

std::optional<SaidTime> Moments::time(std::size_t token) const {
  return TimeReader(*this).read(token);
}

}  // namespace weft::dialogue
