// Any request in any of the forms: texts with a number of labels for each, or an error.
#include <array>
#include <cstdint>

#include "weft/ml/algorithms/blazingtext/engine/requests.h"

namespace weft::ml::blazingtext {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<std::string_view, 5> kTypes = {
      "application/json", "application/jsonlines", "text/plain", "", "image/png"};
  if (size == 0) return 0;
  const auto asked = read_request({.tensors = (data[0] & 1) != 0,
                                   .type = kTypes[(data[0] >> 1) % kTypes.size()],
                                   .accept = "",
                                   .attributes = "",
                                   .body = {reinterpret_cast<const char*>(data) + 1, size - 1}});
  if (!asked) return 0;
  for (std::size_t i = 0; i < asked->texts.size(); ++i) WEFT_ASSERT(asked->count(i) > 0);
  return 0;
}

}  // namespace weft::ml::blazingtext
