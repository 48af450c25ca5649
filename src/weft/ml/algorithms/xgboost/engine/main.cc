// weft-worker-xgboost: trains with libxgboost and serves its models, in a process of its own.
#include "weft/ml/algorithms/xgboost/engine/host.h"
#include "weft/ml/algorithms/xgboost/engine/train.h"
#include "weft/ml/worker/run_program.h"

namespace weft::ml {
namespace {

Result<std::unique_ptr<worker::ModelHost>> load(const worker::ServingView& view) {
  return xgboost::load_host({.model = view.model,
                             .threads = view.threads,
                             .selected = view.environment_of("SAGEMAKER_INFERENCE_OUTPUT")});
}

}  // namespace
}  // namespace weft::ml

int main(int argc, char** argv) {
  return weft::ml::worker::run_program({argv, static_cast<std::size_t>(argc)},
                                       {.train = weft::ml::xgboost::train, .load = weft::ml::load});
}
