// What the bytes of an utterance are. Any bytes, not only UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace weft::dialogue {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The bytes of a sign beyond ASCII at `i` that is no letter (quotation marks, dashes, currencies,
/// fractions, degrees); 0 when there is none.
constexpr std::size_t symbol_bytes(std::string_view text, std::size_t i) {
  const auto at = [&](std::size_t j) {
    return j < text.size() ? static_cast<unsigned char>(text[j]) : 0U;
  };
  if (at(i) == 0xC2 && at(i + 1) >= 0xA0 && at(i + 1) <= 0xBF && at(i + 1) != 0xB5) return 2;
  if (at(i) == 0xE2 && at(i + 1) >= 0x80 && at(i + 1) <= 0xAF && at(i + 2) >= 0x80) return 3;
  return 0;
}

/// The bytes of white space at `i`, ASCII or not.
constexpr std::size_t space_bytes(std::string_view text, std::size_t i) {
  if (i >= text.size()) return 0;
  if (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r')) return 1;
  if (text.substr(i, 2) == "\xC2\xA0") return 2;
  if (text.substr(i, 2) == "\xE2\x80" && i + 2 < text.size()) {
    const auto last = static_cast<unsigned char>(text[i + 2]);
    if ((last >= 0x80 && last <= 0x8B) || last == 0xAF) return 3;
  }
  return 0;
}

constexpr std::size_t apostrophe_bytes(std::string_view text, std::size_t i) {
  if (i < text.size() && text[i] == '\'') return 1;
  return text.substr(i < text.size() ? i : text.size(), 3) == "\xE2\x80\x99" ? 3 : 0;
}

}  // namespace weft::dialogue
