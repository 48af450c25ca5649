// A curve in a terminal, of braille dots. Owned by app; pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace weft::app {

/// Rows of text, the highest value on top, its number at the left of the first and the lowest one's
/// at the last. Points that are too many for the width are thinned out to their means.
std::vector<std::string> curve_of(std::span<const double> values, std::size_t columns = 60,
                                  std::size_t rows = 6);

}  // namespace weft::app
