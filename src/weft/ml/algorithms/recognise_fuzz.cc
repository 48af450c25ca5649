// Any bytes under any name: an answer.
#include <algorithm>
#include <cstdint>

#include "weft/ml/algorithms/recognise.h"

namespace weft::ml {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view name = all.substr(0, std::min<std::size_t>(size, 8));
  (void)recognise_model(name, all.substr(name.size()));
  return 0;
}

}  // namespace weft::ml
