#include "weft/dialogue/extract/literal.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "weft/dialogue/extract/characters.h"

namespace weft::dialogue {
namespace {

constexpr int kSignificantDigits = 15;
constexpr double kPlainMax = 1e21;
constexpr double kPlainMin = 1e-15;

bool digit_at(std::string_view text, std::size_t i) { return i < text.size() && is_digit(text[i]); }

std::size_t digits_end(std::string_view text, std::size_t i) {
  while (digit_at(text, i)) ++i;
  return i;
}

/// The bytes of a separator at `i`; any one white space is a space.
std::size_t separator_bytes(std::string_view text, std::size_t i, char separator) {
  if (i >= text.size()) return 0;
  if (separator == ' ') return space_bytes(text, i);
  return text[i] == separator ? 1 : 0;
}

/// The end of groups of three digits (`12,34,567`: of two, but for the last), each after
/// `separator`; 0 when that is not what stands there.
std::size_t groups_end(std::string_view text, std::size_t begin, char separator) {
  std::size_t i = digits_end(text, begin);
  if (i == begin || i - begin > 3 || (text[begin] == '0')) return 0;
  std::size_t last = 0;
  std::size_t shorter = 0;
  while (true) {
    const std::size_t bytes = separator_bytes(text, i, separator);
    if (bytes == 0 || !digit_at(text, i + bytes)) break;
    const std::size_t end = digits_end(text, i + bytes);
    const std::size_t size = end - i - bytes;
    if (size == 2 && separator == ',' && last == 0) {
      ++shorter;
    } else if (size == 3 && (shorter == 0 || last == 0)) {
      last = end;
    } else {
      return 0;
    }
    i = end;
    if (shorter > 0 && last != 0) break;
  }
  return last == i ? last : 0;
}

/// `1 234 567`: what follows must not look like one more part of a longer row of digits.
std::size_t spaced_groups_end(std::string_view text, std::size_t begin) {
  if (begin > 0 && text[begin - 1] == '+') return 0;
  if (begin > 1 && text[begin - 1] == ' ' && is_digit(text[begin - 2])) return 0;
  const std::size_t end = groups_end(text, begin, ' ');
  if (end == 0 || end == text.size()) return end;
  const char next = text[end];
  const std::size_t space = space_bytes(text, end);
  const bool goes_on = space != 0 && digit_at(text, end + space);
  return goes_on || is_letter(next) || next == '-' || next == ':' || next == '/' ? 0 : end;
}

void append_digits(std::string& out, std::string_view digits) {
  for (const char c : digits) {
    if (is_digit(c)) out += c;
  }
}

std::string tidy(std::string whole, std::string_view decimals) {
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  const std::size_t last = decimals.find_last_not_of('0');
  if (last == std::string_view::npos) return whole;
  return whole + "." + std::string(decimals.substr(0, last + 1));
}

/// A signed exponent at `i`; the end of it, or 0.
std::size_t exponent(std::string_view text, std::size_t i, double& out) {
  bool negative = false;
  std::size_t signs = 0;
  for (; i < text.size() && (text[i] == '+' || text[i] == '-') && signs < 2; ++i, ++signs)
    negative = negative != (text[i] == '-');
  const std::size_t end = digits_end(text, i);
  if (end == i || end - i > 3) return 0;
  int value = 0;
  std::from_chars(text.data() + i, text.data() + end, value);
  out = negative ? -value : value;
  return end;
}

void read_power(std::string_view text, Literal& out) {
  if (out.end >= text.size()) return;
  const char c = to_lower(text[out.end]);
  double power = 0;
  std::size_t end = 0;
  double base = 0;
  if (c == 'e') {
    end = exponent(text, out.end + 1, power);
    base = 10;
  } else if (c == '^') {
    end = exponent(text, out.end + 1, power);
    if (end == 0) return;
    out.value = std::pow(out.value, power);
  } else if (c == 'x' && text.substr(out.end + 1, 3) == "10^") {
    end = exponent(text, out.end + 4, power);
    base = 10;
  }
  if (end == 0 || (end < text.size() && is_letter(text[end]))) return;
  if (base != 0) out.value *= std::pow(base, power);
  out.end = end;
  out.integer = false;
  out.text = numeral(out.value);
}

}  // namespace

std::string numeral(double value) {
  if (!std::isfinite(value)) return "0";
  char digits[64];
  const double size = std::abs(value);
  const bool plain = size == 0 || (size < kPlainMax && size > kPlainMin);
  if (!plain) {
    const auto done = std::to_chars(digits, digits + sizeof digits, value,
                                    std::chars_format::scientific, kSignificantDigits - 1);
    return {digits, done.ptr};
  }
  const int whole = size < 1 ? 0 : static_cast<int>(std::floor(std::log10(size))) + 1;
  const int leading = size == 0 || size >= 1 ? 0 : -static_cast<int>(std::ceil(std::log10(size)));
  const int decimals = std::max(kSignificantDigits - whole + leading, 0);
  const auto done = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed,
                                  std::min(decimals, 35));
  std::string out(digits, done.ptr);
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out == "-0" ? "0" : out;
}

Literal read_literal(std::string_view text, std::size_t begin) {
  Literal out;
  // Inside a list or an address (`1.2.3`, `22,24,26`) no point or comma means decimals.
  const bool after_point = begin > 1 && text[begin - 1] == '.' && is_digit(text[begin - 2]);
  const bool after_comma = begin > 1 && text[begin - 1] == ',' && is_digit(text[begin - 2]);
  std::size_t whole = digits_end(text, begin);
  out.integer = true;
  char point = '.';
  if (const std::size_t end = after_comma ? 0 : groups_end(text, begin, ','); end != 0) {
    whole = end;
    out.integer = false;
  } else if (const std::size_t spaced = spaced_groups_end(text, begin); spaced != 0) {
    whole = spaced;
    out.integer = false;
  } else if (const std::size_t dotted = after_point ? 0 : groups_end(text, begin, '.');
             dotted != 0 && dotted < text.size() && text[dotted] == ',' &&
             digit_at(text, dotted + 1)) {
    whole = dotted;
    point = ',';
  } else if (whole < text.size() && text[whole] == ',' && !after_comma) {
    const std::size_t decimals = digits_end(text, whole + 1) - whole - 1;
    if (decimals == 1 || decimals == 2) point = ',';
  }
  std::string digits;
  append_digits(digits, text.substr(begin, whole - begin));
  if (digits.empty()) digits = "0";
  std::string_view decimals;
  out.end = whole;
  if (whole < text.size() && text[whole] == point && digit_at(text, whole + 1) &&
      !(point == '.' ? after_point : after_comma)) {
    const std::size_t end = digits_end(text, whole + 1);
    const bool list = end < text.size() && text[end] == point && digit_at(text, end + 1);
    if (!list) {
      decimals = text.substr(whole + 1, end - whole - 1);
      out.end = end;
      out.integer = false;
    }
  }
  out.text = tidy(std::move(digits), decimals);
  std::from_chars(out.text.data(), out.text.data() + out.text.size(), out.value);
  read_power(text, out);
  return out;
}

}  // namespace weft::dialogue
