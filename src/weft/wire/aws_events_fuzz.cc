// Any bytes: messages that are read can be written and are read back; with the checksums put right,
// so that what is behind them is reached.
#include <cstdint>

#include "weft/wire/aws_events.h"
#include "weft/wire/digest.h"

namespace weft::wire {
namespace {

void put_crc(std::string& bytes, std::size_t at) {
  Digest digest(DigestKind::crc32);
  digest.add(std::string_view(bytes).substr(0, at));
  bytes.replace(at, 4, digest.finish());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.size() >= 16 && bytes.size() < 4096) {
    bytes[0] = bytes[1] = '\0';
    bytes[2] = static_cast<char>(bytes.size() >> 8);
    bytes[3] = static_cast<char>(bytes.size() & 0xFF);
    put_crc(bytes, 8);
    put_crc(bytes, bytes.size() - 4);
  }
  AwsEventReader reader(4096);
  reader.feed(bytes);
  const auto event = reader.next();
  if (!event || !*event) return 0;
  std::string written;
  write_aws_event(written, **event);
  AwsEventReader again(8192);
  again.feed(written);
  const auto read = again.next();
  if (!read || *read != *event) __builtin_trap();
  return 0;
}

}  // namespace weft::wire
