#include "weft/wire/recordio.h"

#include <algorithm>
#include <cstring>
#include <format>

namespace weft::wire {
namespace {

constexpr std::uint32_t kMark = 0xced7230a;
constexpr std::size_t kHead = 8;
constexpr std::uint32_t kLengthMax = (1U << 29) - 1;

/// The upper three bits of the length: a whole record, or its first, a middle or its last part.
enum Part : std::uint32_t { whole = 0, first = 1, middle = 2, last = 3 };

std::uint32_t number(std::string_view bytes) {
  std::uint32_t out = 0;
  for (std::size_t i = 4; i-- > 0;) out = (out << 8) | static_cast<unsigned char>(bytes[i]);
  return out;
}

void append_number(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xFF);
}

std::string_view mark_bytes() {
  static constexpr char kBytes[] = {'\x0a', '\x23', '\xd7', '\xce'};
  return {kBytes, 4};
}

void write_frame(std::string& out, Part part, std::string_view bytes) {
  append_number(out, kMark);
  append_number(
      out, (static_cast<std::uint32_t>(part) << 29) | static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
  out.append((4 - bytes.size() % 4) % 4, '\0');
}

}  // namespace

std::unexpected<Error> RecordReader::wrong(std::string_view what) const {
  return fail(Reason::invalid_argument,
              std::format("record {} at byte {}: {}", records_ + 1, begin_, what));
}

Result<RecordReader::Frame> RecordReader::next_frame() {
  if (rest_.size() < kHead) return wrong("it is cut off");
  if (number(rest_) != kMark) return wrong("it does not begin with RecordIO's mark 0xced7230a");
  const std::uint32_t head = number(rest_.substr(4));
  const std::size_t length = head & kLengthMax;
  const std::size_t padded = (length + 3) / 4 * 4;
  if (rest_.size() - kHead < length) return wrong("it is cut off");
  Frame out{.part = head >> 29, .bytes = rest_.substr(kHead, length)};
  // Writers that leave the padding of the last record out are forgiven.
  rest_.remove_prefix(std::min(kHead + padded, rest_.size()));
  return out;
}

Result<std::optional<std::string_view>> RecordReader::next() {
  if (rest_.empty()) return std::nullopt;
  begin_ = whole_ - rest_.size();
  WEFT_TRY(const Frame begin, next_frame());
  if (begin.part == whole) {
    ++records_;
    return begin.bytes;
  }
  if (begin.part != first) return wrong("a part of a record without its beginning");
  joined_ = begin.bytes;
  while (true) {
    if (rest_.empty()) return wrong("it is cut off");
    WEFT_TRY(const Frame more, next_frame());
    if (more.part != middle && more.part != last) return wrong("it begins inside of another");
    // The mark that stood between the parts is written by neither.
    joined_ += mark_bytes();
    joined_ += more.bytes;
    if (more.part == last) break;
  }
  ++records_;
  return std::string_view(joined_);
}

void write_record(std::string& out, std::string_view record) {
  WEFT_ASSERT(record.size() <= kLengthMax);
  // As dmlc writes it: split at each mark that stands at a multiple of four.
  std::size_t begin = 0;
  for (std::size_t at = 0; at + 4 <= record.size(); at += 4) {
    if (record.substr(at, 4) != mark_bytes()) continue;
    write_frame(out, begin == 0 ? first : middle, record.substr(begin, at - begin));
    begin = at + 4;
  }
  write_frame(out, begin == 0 ? whole : last, record.substr(begin));
}

}  // namespace weft::wire
