#include "weft/wire/worker_frames.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <format>

namespace weft::wire {
namespace {

static_assert(std::endian::native == std::endian::little);

/// size, id, kind and parts and status, and the lengths of three parts.
constexpr std::size_t kHead = 4 + 4 + 4 + 3 * 4;
constexpr std::size_t kSize = 4;
/// Less is not worth a read.
constexpr std::size_t kBufferBytesMin = 64 * 1024;

template <class T>
void append(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

template <class T>
T number(const char* at) {
  T out{};
  std::memcpy(&out, at, sizeof(T));
  return out;
}

}  // namespace

void write_frame(std::string& out, const WorkerFrame& frame) {
  const std::size_t size = kHead - kSize + frame.type.size() + frame.accept.size() +
                           frame.attributes.size() + frame.body.size();
  WEFT_ASSERT(size <= UINT32_MAX);
  out.reserve(out.size() + kSize + size);
  append(out, static_cast<std::uint32_t>(size));
  append(out, frame.id);
  append(out, static_cast<std::uint8_t>(frame.kind));
  append(out, std::uint8_t{4});
  append(out, frame.status);
  append(out, static_cast<std::uint32_t>(frame.type.size()));
  append(out, static_cast<std::uint32_t>(frame.accept.size()));
  append(out, static_cast<std::uint32_t>(frame.attributes.size()));
  out += frame.type;
  out += frame.accept;
  out += frame.attributes;
  out += frame.body;
}

char* WorkerFrameReader::space(std::size_t room) {
  if (begin_ == filled_) begin_ = filled_ = 0;
  if (buffer_.size() - filled_ < room && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
    filled_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - filled_ < room) buffer_.resize(std::max(filled_ + room, kBufferBytesMin));
  return buffer_.data() + filled_;
}

Result<std::optional<WorkerFrame>> WorkerFrameReader::next() {
  const std::size_t have = filled_ - begin_;
  if (have < kSize) return std::nullopt;
  const char* at = buffer_.data() + begin_;
  const std::size_t size = number<std::uint32_t>(at);
  if (size > bytes_max_) {
    return fail(Reason::too_large,
                std::format("a message of {} bytes (at most {})", size, bytes_max_));
  }
  if (size < kHead - kSize) return fail(Reason::upstream_protocol, "a message without a head");
  if (have < kSize + size) return std::nullopt;
  WorkerFrame out;
  out.id = number<std::uint32_t>(at + 4);
  const auto kind = number<std::uint8_t>(at + 8);
  const auto parts = number<std::uint8_t>(at + 9);
  out.status = number<std::uint16_t>(at + 10);
  if (kind > static_cast<std::uint8_t>(WorkerFrameKind::pong) || parts != 4)
    return fail(Reason::upstream_protocol, "a message of no kind that is known");
  out.kind = static_cast<WorkerFrameKind>(kind);
  std::string_view rest(at + kHead, size - (kHead - kSize));
  std::size_t length = 12;
  for (std::string_view* part : {&out.type, &out.accept, &out.attributes}) {
    const std::size_t bytes = number<std::uint32_t>(at + length);
    if (bytes > rest.size())
      return fail(Reason::upstream_protocol, "a message whose parts are longer than itself");
    *part = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    length += 4;
  }
  out.body = rest;
  begin_ += kSize + size;
  return out;
}

}  // namespace weft::wire
