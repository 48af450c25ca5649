// Any bytes: a verdict within bounds. (That libfasttext takes what passes is a matter of the tests
// with mutants.)
#include <cstdint>

#include "weft/ml/algorithms/blazingtext/engine/model_check.h"

namespace weft::ml::blazingtext {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)check_model({reinterpret_cast<const char*>(data), size});
  return 0;
}

}  // namespace weft::ml::blazingtext
