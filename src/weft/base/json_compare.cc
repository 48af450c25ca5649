#include "weft/base/json_compare.h"

#include <charconv>
#include <cmath>
#include <functional>

#include "weft/base/result.h"

namespace weft::json {
namespace {

// GCC's name for the type; `-Wpedantic` knows only this spelling.
__extension__ typedef unsigned __int128 Wide;

/// digits × 10^exponent, without the sign.
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

Decimal decimal_of(const value& v) {
  if (const auto* n = v.if_uint64()) return {*n, 0};
  if (const auto* n = v.if_int64()) {
    return {*n < 0 ? 0 - static_cast<std::uint64_t>(*n) : static_cast<std::uint64_t>(*n), 0};
  }
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), std::fabs(v.get_double()),
                                 std::chars_format::scientific);
  Decimal out;
  bool fraction = false;
  for (const char* at = text.data(); at != end.ptr; ++at) {
    if (*at == '.') {
      fraction = true;
    } else if (*at == 'e') {
      int exponent = 0;
      std::from_chars(at[1] == '+' ? at + 2 : at + 1, end.ptr, exponent);
      out.exponent += exponent;
      break;
    } else {
      out.digits = out.digits * 10 + static_cast<std::uint64_t>(*at - '0');
      if (fraction) --out.exponent;
    }
  }
  return out;
}

long double wide(const value& v) {
  if (const auto* n = v.if_uint64()) return static_cast<long double>(*n);
  if (const auto* n = v.if_int64()) return static_cast<long double>(*n);
  return static_cast<long double>(v.get_double());
}

}  // namespace

int compare_numbers(const value& a, const value& b) {
  // A long double holds every 64-bit integer and every double as it is.
  static_assert(std::numeric_limits<long double>::digits >= 64);
  const long double left = wide(a);
  const long double right = wide(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

bool is_integer(const value& v) {
  const double* number = v.if_double();
  return number ? std::isfinite(*number) && std::trunc(*number) == *number : v.is_number();
}

bool is_multiple(const value& v, const value& divisor) {
  const Decimal a = decimal_of(v);
  const Decimal b = decimal_of(divisor);
  WEFT_ASSERT(b.digits != 0);
  if (a.digits == 0) return true;
  int shift = a.exponent - b.exponent;
  if (shift >= 0) {
    Wide rest = a.digits % b.digits;
    for (; shift > 0 && rest != 0; --shift) rest = rest * 10 % b.digits;
    return rest == 0;
  }
  Wide whole = b.digits;
  for (; shift < 0; ++shift) {
    whole *= 10;
    if (whole > a.digits) return false;
  }
  return a.digits % whole == 0;
}

bool equal(const value& a, const value& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  if (const auto* o = a.if_object()) {
    const auto& other = b.get_object();
    return o->size() == other.size() && std::ranges::all_of(*o, [&](const auto& pair) {
             const auto* match = other.if_contains(pair.key());
             return match && equal(pair.value(), *match);
           });
  }
  if (const auto* list = a.if_array()) {
    return std::ranges::equal(*list, b.get_array(),
                              [](const value& x, const value& y) { return equal(x, y); });
  }
  return a == b;
}

std::size_t hash_of(const value& v) {
  if (v.is_number()) return std::hash<long double>{}(wide(v));
  if (const auto* o = v.if_object()) {
    std::size_t sum = o->size();
    for (const auto& pair : *o) {
      sum +=
          std::hash<std::string_view>{}(pair.key()) ^ (hash_of(pair.value()) * 0x9e3779b97f4a7c15u);
    }
    return sum;
  }
  if (const auto* list = v.if_array()) {
    std::size_t sum = 17;
    for (const auto& item : *list) sum = sum * 31 + hash_of(item);
    return sum;
  }
  if (const auto* text = v.if_string()) return std::hash<std::string_view>{}(*text);
  return static_cast<std::size_t>(v.kind()) + (v.is_bool() && v.get_bool() ? 100 : 0);
}

}  // namespace weft::json
