// What can be read can be written, and read again as the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/aws/cbor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weft::adapters::sagemaker::read_cbor;
  const auto value = read_cbor({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  std::string text;
  weft::adapters::sagemaker::write_cbor(text, *value);
  const auto again = read_cbor(text);
  WEFT_ASSERT(again && *again == *value);
  return 0;
}
