#include "weft/wire/aws_events.h"

#include <format>

#include "weft/wire/digest.h"

namespace weft::wire {
namespace {

constexpr std::size_t kPrelude = 12;
constexpr std::size_t kChecksum = 4;
constexpr std::uint8_t kString = 7;

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xFF);
}

std::uint32_t number(std::string_view bytes) {
  std::uint32_t out = 0;
  for (const char c : bytes) out = (out << 8) | static_cast<unsigned char>(c);
  return out;
}

std::uint32_t crc32(std::string_view bytes) {
  Digest digest(DigestKind::crc32);
  digest.add(bytes);
  return number(digest.finish());
}

/// The bytes that a value of the type takes; nothing for a type that is none, and for a length that
/// is cut off.
std::optional<std::size_t> value_size(std::uint8_t type, std::string_view rest) {
  switch (type) {
    case 0:
    case 1: return 0;  // true, false
    case 2: return 1;
    case 3: return 2;
    case 4: return 4;
    case 5:
    case 8: return 8;
    case 6:
    case kString:
      if (rest.size() < 2) return std::nullopt;
      return 2 + number(rest.substr(0, 2));
    case 9: return 16;
    default: return std::nullopt;
  }
}

Result<void> read_headers(std::string_view bytes, AwsEvent& out) {
  const auto broken = [] {
    return fail(Reason::upstream_protocol, "event stream: broken headers");
  };
  while (!bytes.empty()) {
    const std::size_t name_size = static_cast<unsigned char>(bytes.front());
    if (name_size == 0 || bytes.size() < name_size + 2) return broken();
    const std::string_view name = bytes.substr(1, name_size);
    const auto type = static_cast<std::uint8_t>(bytes[1 + name_size]);
    bytes.remove_prefix(name_size + 2);
    const auto size = value_size(type, bytes);
    if (!size || bytes.size() < *size) return broken();
    if (type == kString)
      out.headers.emplace_back(std::string(name), std::string(bytes.substr(2, *size - 2)));
    bytes.remove_prefix(*size);
  }
  return {};
}

}  // namespace

std::string_view AwsEvent::header(std::string_view name) const {
  for (const auto& [each, value] : headers) {
    if (each == name) return value;
  }
  return {};
}

void write_aws_event(std::string& out, const AwsEvent& event) {
  std::string headers;
  for (const auto& [name, value] : event.headers) {
    WEFT_ASSERT(!name.empty() && name.size() <= 255 && value.size() <= 65535);
    headers += static_cast<char>(name.size());
    headers += name;
    headers += static_cast<char>(kString);
    headers += static_cast<char>(value.size() >> 8);
    headers += static_cast<char>(value.size() & 0xFF);
    headers += value;
  }
  const std::size_t begin = out.size();
  const std::size_t size = kPrelude + headers.size() + event.payload.size() + kChecksum;
  append_u32(out, static_cast<std::uint32_t>(size));
  append_u32(out, static_cast<std::uint32_t>(headers.size()));
  append_u32(out, crc32(std::string_view(out).substr(begin)));
  out += headers;
  out += event.payload;
  append_u32(out, crc32(std::string_view(out).substr(begin)));
}

Result<std::optional<AwsEvent>> AwsEventReader::next() {
  if (rest_.size() < kPrelude) return std::nullopt;
  const std::string_view all = rest_;
  const std::size_t size = number(all.substr(0, 4));
  const std::size_t headers = number(all.substr(4, 4));
  if (number(all.substr(8, 4)) != crc32(all.substr(0, 8)))
    return fail(Reason::upstream_protocol, "event stream: the checksum of a prelude does not fit");
  if (size < kPrelude + kChecksum || headers > size - kPrelude - kChecksum)
    return fail(Reason::upstream_protocol, "event stream: lengths that cannot be");
  if (size > bytes_max_) {
    return fail(Reason::too_large,
                std::format("event stream: a message of {} bytes (at most {})", size, bytes_max_));
  }
  if (all.size() < size) return std::nullopt;
  const std::string_view message = all.substr(0, size);
  if (number(message.substr(size - kChecksum)) != crc32(message.substr(0, size - kChecksum)))
    return fail(Reason::upstream_protocol, "event stream: the checksum of a message does not fit");
  AwsEvent out;
  WEFT_CHECK(read_headers(message.substr(kPrelude, headers), out));
  out.payload = message.substr(kPrelude + headers, size - kPrelude - headers - kChecksum);
  rest_.erase(0, size);
  return out;
}

}  // namespace weft::wire
