#include "weft/ml/worker/run_program.h"

#include <print>

#include "weft/ml/worker/program.h"

#if defined(__SANITIZE_THREAD__)
/// The sanitizer does not see how OpenMP's library keeps order among the threads of an engine.
extern "C" const char* __tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "race:libgomp.so\nrace:libxgboost.so\n";
}
#endif

namespace weft::ml::worker {
namespace {

int train(const Arguments& arguments, const Engine& engine) {
  if (engine.train == nullptr) {
    std::println(stderr, "this engine trains nothing: it serves models that were made elsewhere");
    return 2;
  }
  const auto view = read_training_view(arguments.root);
  if (!view) {
    std::println(stderr, "{}", view.error().message);
    return 1;
  }
  watch_for_stop();
  const TrainingWatch watch{.progress = tell_progress, .stopped = stop_wanted};
  auto done = engine.train(*view, watch);
  if (done) done = pack_artifacts(*view);
  if (done) return 0;
  report_failure(*view, done.error());
  return 1;
}

int serve(const Arguments& arguments, const Engine& engine) {
  watch_for_stop();
  const auto fail_with = [&](const Error& error) {
    std::println(stderr, "{}", error.message);
    tell_failure(arguments.links, error.message);
    return 1;
  };
  const auto view = read_serving_view(arguments.root);
  if (!view) return fail_with(view.error());
  const auto host = engine.load(*view);
  if (!host) return fail_with(host.error());
  const auto served = serve(**host, arguments.links);
  return served ? 0 : fail_with(served.error());
}

}  // namespace

int run_program(std::span<char* const> words, const Engine& engine) {
  const auto arguments = read_arguments(words);
  if (!arguments) {
    std::println(stderr, "{}", arguments.error().message);
    return 2;
  }
  return arguments->command == "train" ? train(*arguments, engine) : serve(*arguments, engine);
}

}  // namespace weft::ml::worker
