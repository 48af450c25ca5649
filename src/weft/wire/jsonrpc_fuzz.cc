// Any bytes: what is taken for a message can be written, and is read back as the same text.
#include <cstdint>

#include "weft/wire/jsonrpc.h"

namespace weft::wire {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto write = [](const JsonRpcMessage& message) {
    return std::visit([](const auto& m) { return write_jsonrpc(m); }, message);
  };
  const auto message = parse_jsonrpc({reinterpret_cast<const char*>(data), size});
  if (!message) return 0;
  const std::string once = write(*message);
  const auto again = parse_jsonrpc(once);
  if (!again || write(*again) != once) __builtin_trap();
  return 0;
}

}  // namespace weft::wire
