// Any bytes survive encoding; any text that decodes has one canonical form.
#include <cstdint>

#include "weft/wire/base64.h"

namespace weft::wire {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (base64_decode(base64_encode(bytes)).value() != bytes) __builtin_trap();
  if (base64_decode(base64url_encode(bytes)).value() != bytes) __builtin_trap();
  if (const auto decoded = base64_decode(bytes)) {
    if (base64_decode(base64_encode(*decoded)).value() != *decoded) __builtin_trap();
  }
  (void)is_utf8(bytes);
  return 0;
}

}  // namespace weft::wire
