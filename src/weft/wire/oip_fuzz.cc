// Any body: tensors whose bytes fit their shapes, and what is written is read back.
#include <cstdint>

#include "weft/wire/oip.h"

namespace weft::wire {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::optional<std::size_t> json_bytes;
  if (data[0] % 2 == 1) json_bytes = body.size() * data[1] / 255;
  if (const auto request = read_oip_request(body, json_bytes)) {
    for (const OipTensor& tensor : request->inputs) {
      if (!check_tensor(tensor)) __builtin_trap();
    }
    const OipBody written = write_oip(*request, true);
    const auto again = read_oip_request(written.body, written.json_bytes);
    if (!again || *again != *request) __builtin_trap();
  }
  if (const auto response = read_oip_response(body, json_bytes)) {
    OipRequest asked;
    asked.binary_output = true;
    const OipBody written = write_oip(*response, asked);
    const auto again = read_oip_response(written.body, written.json_bytes);
    if (!again || again->outputs != response->outputs) __builtin_trap();
  }
  return 0;
}

}  // namespace weft::wire
