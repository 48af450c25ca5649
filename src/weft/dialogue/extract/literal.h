// Numbers in digits: grouped, with decimals, powers. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weft::dialogue {

struct Literal {
  std::size_t end = 0;
  double value = 0;
  std::string text;      ///< canonical
  bool integer = false;  ///< nothing but a run of digits
};

/// The number that begins at `begin`, a digit, or a point before one. Grouped as `1,234`,
/// `1 234`, `1.234,5` or `12,34,567`; `1e10`, `1.1^23` and `1.3x10^6` are powers.
Literal read_literal(std::string_view text, std::size_t begin);

/// A decimal numeral without exponent where one is short enough, of at most 15 significant digits.
std::string numeral(double value);

}  // namespace weft::dialogue
