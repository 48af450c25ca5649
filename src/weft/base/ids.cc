#include "weft/base/ids.h"

#include <sys/random.h>

#include <cerrno>
#include <vector>

#include "weft/base/limits.h"
#include "weft/base/result.h"

namespace weft {

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    WEFT_ASSERT(got > 0);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

std::string make_ulid(std::int64_t unix_ms, Random& random) {
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::array<std::uint8_t, 16> bits{};
  for (int i = 0; i < 6; ++i) bits[i] = static_cast<std::uint8_t>(unix_ms >> (40 - 8 * i));
  random.fill(std::span(bits).subspan(6));
  std::string text(26, '0');
  // 128 bits in groups of five, the first group holding three.
  int bit = -2;
  for (char& c : text) {
    unsigned value = 0;
    for (int i = 0; i < 5; ++i, ++bit) {
      const bool one = bit >= 0 && (bits[bit / 8] >> (7 - bit % 8) & 1) != 0;
      value = value << 1 | static_cast<unsigned>(one);
    }
    c = kAlphabet[value];
  }
  return text;
}

std::string random_hex(std::size_t bytes, Random& random) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::vector<std::uint8_t> raw(bytes);
  random.fill(raw);
  std::string text;
  text.reserve(bytes * 2);
  for (const std::uint8_t byte : raw) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string slug(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || upper;
    if (keep) {
      out += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
    if (out.size() == kSolutionIdCharsMax) break;
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

}  // namespace weft
