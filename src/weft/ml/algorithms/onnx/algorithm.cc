#include "weft/ml/algorithms/algorithm.h"

namespace weft::ml::onnx {

/// Models come from elsewhere (PyTorch, scikit-learn, …): it only serves.
Algorithm algorithm() {
  static constexpr std::string_view kImages[] = {"onnx", "onnxruntime"};
  return {.name = "onnx", .images = kImages, .trains = false};
}

}  // namespace weft::ml::onnx
