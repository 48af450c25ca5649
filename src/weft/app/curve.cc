#include "weft/app/curve.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <format>

namespace weft::app {
namespace {

/// Dots of one braille character: two columns of four (Unicode 2800).
constexpr std::size_t kAcross = 2;
constexpr std::size_t kDown = 4;
constexpr std::array<std::array<std::uint8_t, kAcross>, kDown> kDots{
    {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};

/// One value for each column of dots.
std::vector<double> spread(std::span<const double> values, std::size_t width) {
  std::vector<double> out;
  if (values.size() <= width) {
    for (std::size_t x = 0; x < width; ++x) {
      const double at = static_cast<double>(x) * static_cast<double>(values.size() - 1) /
                        static_cast<double>(std::max<std::size_t>(1, width - 1));
      out.push_back(values[static_cast<std::size_t>(std::lround(at))]);
    }
    return out;
  }
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t from = x * values.size() / width;
    const std::size_t to = std::max(from + 1, (x + 1) * values.size() / width);
    double sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += values[i];
    out.push_back(sum / static_cast<double>(to - from));
  }
  return out;
}

void append_braille(std::string& out, std::uint8_t dots) {
  // U+2800 + dots in UTF-8.
  out += '\xE2';
  out += static_cast<char>(0xA0 | (dots >> 6));
  out += static_cast<char>(0x80 | (dots & 0x3F));
}

}  // namespace

std::vector<std::string> curve_of(std::span<const double> values, std::size_t columns,
                                  std::size_t rows) {
  std::vector<double> finite;
  for (const double value : values) {
    if (std::isfinite(value)) finite.push_back(value);
  }
  if (finite.empty() || columns == 0 || rows == 0) return {};
  const auto points = spread(finite, columns * kAcross);
  const auto [low, high] = std::ranges::minmax(points);
  const std::size_t height = rows * kDown;
  std::vector<std::vector<std::uint8_t>> cells(rows, std::vector<std::uint8_t>(columns, 0));
  for (std::size_t x = 0; x < points.size(); ++x) {
    const double part = high > low ? (high - points[x]) / (high - low) : 0.5;
    const auto y = static_cast<std::size_t>(std::lround(part * static_cast<double>(height - 1)));
    cells[y / kDown][x / kAcross] |= kDots[y % kDown][x % kAcross];
  }
  std::vector<std::string> out;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line = row == 0          ? std::format("{:>9.4g} ", high)
                       : row + 1 == rows ? std::format("{:>9.4g} ", low)
                                         : std::string(10, ' ');
    for (const std::uint8_t dots : cells[row]) append_braille(line, dots);
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace weft::app
