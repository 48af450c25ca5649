#include "weft/wire/number_text.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace weft::wire {
namespace {

constexpr std::size_t kShownMax = 24;

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

std::optional<float> to_float(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  float out = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ptr != end) return std::nullopt;
  if (read.ec == std::errc::result_out_of_range) {
    // It does not say on which side: a double reaches further.
    double wide = 0;
    const auto again = std::from_chars(text.data(), text.data() + text.size(), wide);
    const bool small = again.ec == std::errc() ? std::abs(wide) < 1 : text.contains("e-");
    const float magnitude = small ? 0.0F : std::numeric_limits<float>::infinity();
    return text.front() == '-' ? -magnitude : magnitude;
  }
  if (read.ec != std::errc()) return std::nullopt;
  return out;
}

std::string shown(std::string_view text) {
  std::string out = "`";
  for (const char c : text.substr(0, kShownMax)) out += c >= ' ' && c <= '~' ? c : '?';
  if (text.size() > kShownMax) out += "…";
  return out + "`";
}

}  // namespace weft::wire
