#include "weft/app/terminal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "weft/hub/approval.h"

namespace weft::app {
namespace {

struct Rune {
  char32_t value = 0;
  std::string_view bytes;
};

/// Takes the character that begins here off the text; of bytes that are no UTF-8, one byte.
Rune take_rune(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t size = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  if (size > text.size()) size = 1;
  char32_t value = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80U) {
      size = 1;
      value = first;
      break;
    }
    value = value << 6U | (byte & 0x3fU);
  }
  const Rune rune{value, text.substr(0, size)};
  text.remove_prefix(size);
  return rune;
}

using Range = std::pair<char32_t, char32_t>;

/// East Asian wide characters and emoji (UAX 11).
constexpr std::array<Range, 14> kWide{{{0x1100, 0x115f},
                                       {0x2e80, 0x303e},
                                       {0x3041, 0x33ff},
                                       {0x3400, 0x4dbf},
                                       {0x4e00, 0x9fff},
                                       {0xa000, 0xa4cf},
                                       {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff},
                                       {0xfe30, 0xfe6f},
                                       {0xff01, 0xff60},
                                       {0xffe0, 0xffe6},
                                       {0x1f300, 0x1f64f},
                                       {0x1f680, 0x1f9ff},
                                       {0x20000, 0x3fffd}}};
/// Characters that stand on the one before them.
constexpr std::array<Range, 4> kOnTop{
    {{0x300, 0x36f}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};

template <std::size_t N>
bool among(char32_t value, const std::array<Range, N>& ranges) {
  return std::ranges::any_of(ranges,
                             [&](const Range& r) { return value >= r.first && value <= r.second; });
}

std::size_t columns_of(char32_t value) {
  if (value < 0x300) return 1;
  return among(value, kOnTop) ? 0 : among(value, kWide) ? 2 : 1;
}

/// What is not seen and steers nothing, and what writing needs: spaces, joiners, the variants of
/// emoji.
bool harmless(char32_t value) {
  return value == '\n' || value == '\t' || value == 0xa0 || (value >= 0x2000 && value <= 0x200a) ||
         value == 0x200c || value == 0x200d || value == 0x202f || value == 0xfe0e ||
         value == 0xfe0f;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const bool line_end = text.starts_with("\r\n");
    const Rune rune = take_rune(text);
    if (line_end) continue;  // the \n that follows says it
    const bool plain = rune.value >= 0x20 && rune.value < 0x7f;
    const bool broken = rune.bytes.size() == 1 && rune.value >= 0x80;
    if (plain || (harmless(rune.value) && !broken)) {
      out += rune.bytes;
    } else {
      out += hub::visible(rune.bytes);
    }
  }
  return out;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) (void)take_rune(text);
  return count;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) count += columns_of(take_rune(text).value);
  return count;
}

std::string blank_like(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char32_t value = take_rune(text).value;
    if (value == '\t') {
      out += '\t';
    } else {
      out.append(columns_of(value), ' ');
    }
  }
  return out;
}

std::string hanging(std::string_view text, std::size_t indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out.append(indent, ' ');
  }
  return out;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns_max) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t width = columns(word);
    if (used > 0 && used + 1 + width > columns_max) {
      out += '\n';
      out.append(indent, ' ');
      used = 0;
    } else if (used > 0) {
      out += ' ';
      ++used;
    }
    out += word;
    used += width;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace weft::app
