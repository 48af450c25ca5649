// weft-worker-xgboost: trains with libxgboost and serves its models, in a process of its own.
#include <print>

#include "weft/ml/algorithms/xgboost/engine/host.h"
#include "weft/ml/algorithms/xgboost/engine/train.h"
#include "weft/ml/worker/program.h"
#include "weft/ml/worker/serve.h"
#include "weft/ml/worker/serving_view.h"
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
  watch.progress = [](std::int64_t done, std::int64_t total) {
    worker::tell_progress(done, total);
  };
  watch.stopped = worker::stop_wanted;
  auto done = xgboost::train(*view, watch);
  if (done) done = worker::pack_artifacts(*view);
  if (done) return 0;
  worker::report_failure(*view, done.error());
  return 1;
}

int serve(const worker::Arguments& arguments) {
  worker::watch_for_stop();
  const auto fail_with = [&](const Error& error) {
    std::println(stderr, "{}", error.message);
    worker::tell_failure(arguments.links, error.message);
    return 1;
  };
  const auto settings = worker::read_serving_view(arguments.root);
  if (!settings) return fail_with(settings.error());
  auto host =
      xgboost::load_host({.model = settings->model,
                          .threads = settings->threads,
                          .selected = settings->environment_of("SAGEMAKER_INFERENCE_OUTPUT")});
  if (!host) return fail_with(host.error());
  const auto served = worker::serve(**host, arguments.links);
  return served ? 0 : fail_with(served.error());
}

int run(std::span<char* const> words) {
  const auto arguments = worker::read_arguments(words);
  if (!arguments) {
    std::println(stderr, "{}", arguments.error().message);
    return 2;
  }
  return arguments->command == "train" ? train(*arguments) : serve(*arguments);
}

}  // namespace
}  // namespace weft::ml

int main(int argc, char** argv) { return weft::ml::run({argv, static_cast<std::size_t>(argc)}); }
