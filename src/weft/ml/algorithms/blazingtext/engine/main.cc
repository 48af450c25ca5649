// weft-worker-blazingtext: trains with libfasttext and serves its models, in a process of its own.
#include "weft/ml/algorithms/blazingtext/engine/host.h"
#include "weft/ml/algorithms/blazingtext/engine/train.h"
#include "weft/ml/worker/run_program.h"

namespace weft::ml {
namespace {

Result<std::unique_ptr<worker::ModelHost>> load(const worker::ServingView& view) {
  return blazingtext::load_host(view.model);
}

}  // namespace
}  // namespace weft::ml

int main(int argc, char** argv) {
  return weft::ml::worker::run_program(
      {argv, static_cast<std::size_t>(argc)},
      {.train = weft::ml::blazingtext::train, .load = weft::ml::load});
}
