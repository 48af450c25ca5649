// weft-worker-xgboost: trains with libxgboost and serves its models, in a process of its own.
#include <print>

#include "weft/ml/algorithms/xgboost/engine/train.h"
#include "weft/ml/worker/program.h"
#include "weft/ml/worker/training_view.h"

namespace weft::ml {
namespace {

int train(const worker::Arguments& arguments) {
  const auto view = worker::read_training_view(arguments.root);
  if (!view) {
    std::println(stderr, "{}", view.error().message);
    return 1;
  }
  worker::watch_for_stop();
  xgboost::TrainingWatch watch;
  watch.progress = [&](std::int64_t done, std::int64_t total) {
    worker::tell_progress(arguments.status, done, total);
  };
  watch.stopped = worker::stop_wanted;
  const auto trained = xgboost::train(*view, watch);
  if (trained) return 0;
  worker::report_failure(*view, trained.error());
  return 1;
}

int run(std::span<char* const> words) {
  const auto arguments = worker::read_arguments(words);
  if (!arguments) {
    std::println(stderr, "{}", arguments.error().message);
    return 2;
  }
  return train(*arguments);
}

}  // namespace
}  // namespace weft::ml

int main(int argc, char** argv) { return weft::ml::run({argv, static_cast<std::size_t>(argc)}); }
