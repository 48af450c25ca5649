// Any bytes: the same content and the same verdict however they are cut.
#include <cstdint>

#include "weft/wire/aws_chunked.h"

namespace weft::wire {
namespace {

bool read(std::string_view body, std::size_t piece, std::string& out) {
  AwsChunkReader reader({.chunks_signed = false, .trailer = true}, std::nullopt);
  while (!body.empty()) {
    std::string_view now = body.substr(0, piece);
    body.remove_prefix(now.size());
    while (!now.empty()) {
      std::size_t used = 0;
      const auto content = reader.feed(now, used);
      if (!content) return false;
      if (used == 0) __builtin_trap();
      out += *content;
      now.remove_prefix(used);
    }
  }
  if (reader.content_bytes() != out.size()) __builtin_trap();
  return reader.finish().has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string whole;
  std::string pieces;
  const bool fine = read(body, body.size() + 1, whole);
  if (read(body, 1 + data[0] % 16, pieces) != fine) __builtin_trap();
  if (fine && whole != pieces) __builtin_trap();
  return 0;
}

}  // namespace weft::wire
