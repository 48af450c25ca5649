#include "weft/base/ids.h"

#include <sys/random.h>

#include <cerrno>
#include <vector>

#include "weft/base/hex.h"
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
  std::array<std::uint8_t, 10> noise{};
  random.fill(noise);
  std::string text(26, '0');
  char* out = text.data();
  // Five bits a character: 48 bits of time fill ten (two bits to spare), 40 of noise eight.
  const auto append = [&out](std::uint64_t bits, int characters) {
    for (int shift = 5 * (characters - 1); shift >= 0; shift -= 5)
      *out++ = kAlphabet[bits >> shift & 31];
  };
  append(static_cast<std::uint64_t>(unix_ms) & 0xffff'ffff'ffff, 10);
  for (std::size_t half = 0; half < noise.size(); half += 5) {
    std::uint64_t bits = 0;
    for (std::size_t i = half; i < half + 5; ++i) bits = bits << 8 | noise[i];
    append(bits, 8);
  }
  return text;
}

std::string random_hex(std::size_t bytes, Random& random) {
  std::vector<std::uint8_t> raw(bytes);
  random.fill(raw);
  return hex(raw);
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
