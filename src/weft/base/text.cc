#include "weft/base/text.h"

#include <array>
#include <cstdint>

namespace weft {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// What may follow a first byte: how many bytes, and the range of the second.
struct Lead {
  std::size_t more = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
};

/// `more` is 0 for a byte that begins no character of several bytes (Unicode 3.9, table 3-7).
constexpr Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {.more = 1};
  if (byte == 0xE0) return {.more = 2, .low = 0xA0};
  if (byte == 0xED) return {.more = 2, .high = 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {.more = 2};
  if (byte == 0xF0) return {.more = 3, .low = 0x90};
  if (byte == 0xF4) return {.more = 3, .high = 0x8F};
  if (byte >= 0xF1 && byte <= 0xF3) return {.more = 3};
  return {};
}

}  // namespace

std::string mended_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + kReplacement.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x80) {
      out += text[at++];
      continue;
    }
    const Lead lead = lead_of(first);
    std::size_t taken = 1;
    while (taken <= lead.more && at + taken < text.size()) {
      const auto byte = static_cast<unsigned char>(text[at + taken]);
      const bool fits =
          taken == 1 ? byte >= lead.low && byte <= lead.high : (byte & 0xC0U) == 0x80U;
      if (!fits) break;
      ++taken;
    }
    const bool whole = lead.more > 0 && taken == lead.more + 1;
    out += whole ? text.substr(at, taken) : kReplacement;
    at += taken;
  }
  return out;
}

}  // namespace weft
