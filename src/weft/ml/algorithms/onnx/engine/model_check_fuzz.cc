// Any bytes: a verdict within bounds.
#include <cstdint>

#include "weft/ml/algorithms/onnx/engine/model_check.h"

namespace weft::ml::onnx {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)check_model({reinterpret_cast<const char*>(data), size}, "/nowhere");
  return 0;
}

}  // namespace weft::ml::onnx
