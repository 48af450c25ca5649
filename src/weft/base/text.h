// Small things done with text. Owned by base; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weft {

/// The beginning of a UTF-8 text: at most so many bytes, and no half character.
constexpr std::string_view beginning_of(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  // A byte 10xxxxxx goes on with the character before it.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

/// The first so many characters (code points) of a UTF-8 text.
constexpr std::string_view first_characters(std::string_view text, std::size_t characters_max) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (begins && characters_max-- == 0) return text.substr(0, at);
  }
  return text;
}

/// The text with U+FFFD in the place of what is not UTF-8 (WHATWG Encoding §4.1: the longest
/// beginning of a character counts as one).
std::string mended_utf8(std::string_view text);

}  // namespace weft
