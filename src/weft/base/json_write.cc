// JSON as text: compact, and indented for people.
#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <simdjson.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "weft/base/json.h"
#include "weft/base/text.h"

namespace weft::json {
namespace {

/// What a byte becomes inside a string: 0 is itself, `u` the six characters of \u00XX, any other
/// letter that letter after a backslash.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

#ifdef __SSE2__
using Block = __m128i;

Block block_at(const char* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

/// All ones in each byte that has to be escaped.
Block escapes_in(Block block) {
  const Block control =
      _mm_cmpeq_epi8(_mm_max_epu8(block, _mm_set1_epi8(0x1f)), _mm_set1_epi8(0x1f));
  const Block quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const Block backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  return _mm_or_si128(control, _mm_or_si128(quote, backslash));
}

unsigned high_bits(Block block) { return static_cast<unsigned>(_mm_movemask_epi8(block)); }

/// Over whole blocks without a byte to escape; `seen` gathers the high bits of all bytes. The index
/// of such a byte, or of what is left: fewer than sixteen.
std::size_t skip_blocks(std::string_view text, std::size_t at, unsigned& seen) {
  const char* const bytes = text.data();
  Block all = _mm_setzero_si128();
  for (; at + 64 <= text.size(); at += 64) {
    const Block a = block_at(bytes + at);
    const Block b = block_at(bytes + at + 16);
    const Block c = block_at(bytes + at + 32);
    const Block d = block_at(bytes + at + 48);
    const Block any = _mm_or_si128(_mm_or_si128(escapes_in(a), escapes_in(b)),
                                   _mm_or_si128(escapes_in(c), escapes_in(d)));
    if (high_bits(any) != 0) break;
    all = _mm_or_si128(_mm_or_si128(all, _mm_or_si128(a, b)), _mm_or_si128(c, d));
  }
  for (; at + 16 <= text.size(); at += 16) {
    const Block block = block_at(bytes + at);
    all = _mm_or_si128(all, block);
    if (const unsigned mask = high_bits(escapes_in(block)); mask != 0) {
      at += static_cast<std::size_t>(std::countr_zero(mask));
      break;
    }
  }
  seen |= high_bits(all);
  return at;
}
#else
std::size_t skip_blocks(std::string_view, std::size_t at, unsigned&) { return at; }
#endif

/// Whether any of eight bytes has to be escaped: the high bit of each byte that is below 0x20, a
/// quote or a backslash (or follows one such: a false alarm costs a look at each byte). `seen`
/// gathers their high bits.
bool may_escape(const char* bytes, unsigned& seen) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  seen |= (word & kHighs) != 0 ? 1U : 0U;
  const auto zero_byte = [](std::uint64_t v) { return (v - kOnes) & ~v; };
  const std::uint64_t control = (word - kOnes * 0x20) & ~word;
  return ((control | zero_byte(word ^ (kOnes * '"')) | zero_byte(word ^ (kOnes * '\\'))) &
          kHighs) != 0;
}

/// The index of the first byte from `at` on that has to be escaped; the size when none has.
std::size_t find_escape(std::string_view text, std::size_t at, unsigned& seen) {
  at = skip_blocks(text, at, seen);
  while (at < text.size()) {
    if (at + 8 <= text.size() && !may_escape(text.data() + at, seen)) {
      at += 8;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    seen |= byte >> 7U;
    if (kEscapes[byte] != 0) break;
    ++at;
  }
  return at;
}

void append_escape(std::string& out, unsigned char byte) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const char escape = kEscapes[byte];
  out += '\\';
  out += escape;
  if (escape != 'u') return;
  out += "00";
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

/// Between quotes, in one go.
void append_quoted(std::string& out, std::string_view plain) {
  const std::size_t begin = out.size();
  out.resize_and_overwrite(begin + plain.size() + 2, [&](char* bytes, std::size_t size) {
    bytes[begin] = '"';
    std::memcpy(bytes + begin + 1, plain.data(), plain.size());
    bytes[size - 1] = '"';
    return size;
  });
}

/// Whether the text has a byte that is no ASCII.
bool append_escaped(std::string& out, std::string_view text) {
  unsigned seen = 0;
  std::size_t at = find_escape(text, 0, seen);
  if (at == text.size()) {
    append_quoted(out, text);
    return seen != 0;
  }
  out += '"';
  std::size_t plain = 0;
  while (at < text.size()) {
    out.append(text, plain, at - plain);
    append_escape(out, static_cast<unsigned char>(text[at]));
    plain = at + 1;
    at = find_escape(text, plain, seen);
  }
  out.append(text, plain);
  out += '"';
  return seen != 0;
}

/// JSON is UTF-8 whatever it is made of: words of a solution or a caller that were cut, a name out
/// of a path.
void append_string(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  if (!append_escaped(out, text) || simdjson::validate_utf8(text.data(), text.size())) return;
  out.resize(begin);
  append_escaped(out, mended_utf8(text));
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// The shortest digits that read back as the same double. A whole number keeps its `.0`: many
/// readers tell it from an integer. JSON has no word for what is not finite.
void append_double(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  const std::size_t begin = out.size();
  append_number(out, number);
  if (out.find_first_of(".e", begin) == std::string::npos) out += ".0";
}

void append_scalar(std::string& out, const value& v) {
  switch (v.kind()) {
    case boost::json::kind::bool_: out += v.get_bool() ? "true" : "false"; return;
    case boost::json::kind::int64: append_number(out, v.get_int64()); return;
    case boost::json::kind::uint64: append_number(out, v.get_uint64()); return;
    case boost::json::kind::double_: append_double(out, v.get_double()); return;
    case boost::json::kind::string: append_string(out, v.get_string()); return;
    default: out += "null"; return;
  }
}

void append_compact(std::string& out, const value& v);

void append_compact(std::string& out, const object& o) {
  char separator = '{';
  for (const auto& [key, member] : o) {
    out += separator;
    separator = ',';
    append_string(out, key);
    out += ':';
    append_compact(out, member);
  }
  out += o.empty() ? "{}" : "}";
}

void append_compact(std::string& out, const value& v) {
  if (const auto* o = v.if_object()) {
    append_compact(out, *o);
  } else if (const auto* a = v.if_array()) {
    char separator = '[';
    for (const auto& item : *a) {
      out += separator;
      separator = ',';
      append_compact(out, item);
    }
    out += a->empty() ? "[]" : "]";
  } else {
    append_scalar(out, v);
  }
}

void append_pretty(std::string& out, const value& v, std::size_t indent);

template <class Range, class Each>
void append_block(std::string& out, const Range& range, std::string_view brackets,
                  std::size_t indent, Each each) {
  out += brackets[0];
  bool first = true;
  for (const auto& item : range) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(indent + 2, ' ');
    each(item);
  }
  if (!first) {
    out += '\n';
    out.append(indent, ' ');
  }
  out += brackets[1];
}

void append_pretty(std::string& out, const value& v, std::size_t indent) {
  if (const auto* o = v.if_object()) {
    append_block(out, *o, "{}", indent, [&](const auto& pair) {
      append_string(out, pair.key());
      out += ": ";
      append_pretty(out, pair.value(), indent + 2);
    });
  } else if (const auto* a = v.if_array()) {
    append_block(out, *a, "[]", indent,
                 [&](const value& item) { append_pretty(out, item, indent + 2); });
  } else {
    append_scalar(out, v);
  }
}

}  // namespace

std::string& scratch() {
  thread_local std::string text;
  text.clear();
  return text;
}

std::string taken(std::string& text) {
  constexpr std::size_t kCopiedMax = 2 * 1024;
  if (text.size() <= kCopiedMax) return text;
  // What is longer is handed over as it is; the next one begins with as much room, unless that is
  // very much.
  constexpr std::size_t kRoomMax = 64 * 1024;
  std::string whole = std::exchange(text, {});
  if (whole.capacity() <= kRoomMax) text.reserve(whole.capacity());
  return whole;
}

std::string write(const value& v) {
  std::string& out = scratch();
  append_compact(out, v);
  return taken(out);
}

std::string write(const object& o) {
  std::string& out = scratch();
  append_compact(out, o);
  return taken(out);
}

void write(std::string& out, const value& v) { append_compact(out, v); }

void write(std::string& out, const object& o) { append_compact(out, o); }

std::string write_pretty(const value& v) {
  std::string out;
  append_pretty(out, v, 0);
  return out;
}

}  // namespace weft::json
