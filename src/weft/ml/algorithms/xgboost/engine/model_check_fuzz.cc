// Any bytes: a verdict within bounds. (That libxgboost takes what passes is a matter of the tests
// with mutants: it may still refuse it.)
#include <cstdint>

#include "weft/ml/algorithms/xgboost/engine/model_check.h"

namespace weft::ml::xgboost {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)check_model({reinterpret_cast<const char*>(data), size});
  return 0;
}

}  // namespace weft::ml::xgboost
