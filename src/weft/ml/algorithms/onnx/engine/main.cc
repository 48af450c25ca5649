// weft-worker-onnx: serves models in ONNX with ONNX Runtime, in a process of its own.
#include "weft/ml/algorithms/onnx/engine/host.h"
#include "weft/ml/worker/run_program.h"

namespace weft::ml {
namespace {

Result<std::unique_ptr<worker::ModelHost>> load(const worker::ServingView& view) {
  return onnx::load_host({.model = view.model, .threads = view.threads});
}

}  // namespace
}  // namespace weft::ml

int main(int argc, char** argv) {
  return weft::ml::worker::run_program({argv, static_cast<std::size_t>(argc)},
                                       {.load = weft::ml::load});
}
