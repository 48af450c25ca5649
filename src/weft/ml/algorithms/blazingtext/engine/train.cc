#include "weft/ml/algorithms/blazingtext/engine/train.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <format>
#include <optional>
#include <print>
#include <system_error>

#include "weft/ml/algorithms/blazingtext/engine/library.h"
#include "weft/ml/algorithms/blazingtext/engine/texts.h"
#include "weft/ml/algorithms/blazingtext/parameters.h"

namespace weft::ml::blazingtext {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using worker::TrainingView;
using worker::TrainingWatch;

/// Progress is told so often in a whole training.
constexpr std::int64_t kTellings = 100;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Four digits, as SageMaker's container has them; fewer where they are noughts.
std::string share_text(const Accuracy& accuracy) {
  std::string out = std::format("{:.4f}", accuracy.share());
  while (out.ends_with('0') && !out.ends_with(".0")) out.pop_back();
  return out;
}

Result<void> move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error == std::errc::cross_device_link) {
    error.clear();
    fs::copy_file(from, to, error);
  }
  if (!error) return {};
  return fail(error == std::errc::no_space_on_device ? Reason::storage_full : Reason::internal,
              std::format("cannot keep `{}`: {}", to.string(), error.message()));
}

class Run {
 public:
  Run(const TrainingView& view, const TrainingWatch& watch, const Plan& plan)
      : view_(view), watch_(watch), plan_(plan) {}

  Result<void> all() {
    WEFT_CHECK(read_channels());
    WEFT_TRY(training_, Training::begin(plan_, train_.file, view_.threads, view_.memory_bytes));
    std::println("Read {} words", training_->tokens());
    std::println("Number of words:  {}", training_->words());
    if (supervised()) std::println("Number of labels: {}", training_->labels());
    const auto begun = Clock::now();
    WEFT_TRY(const bool whole, learn());
    if (!whole) return {};
    std::println("Training finished.");
    std::println("Average throughput in Million words/sec: {:.2f}",
                 static_cast<double>(training_->tokens() * epochs_done_) /
                     std::max(seconds_since(begun), 1e-6) / 1e6);
    std::println("Total training time in seconds: {:.2f}", seconds_since(begun));
    WEFT_CHECK(tell_accuracies());
    return keep();
  }

 private:
  static std::unexpected<Error> client(std::string message) {
    return fail(Reason::invalid_argument, std::move(message));
  }
  bool supervised() const { return plan_.mode == Mode::supervised; }
  fs::path best_file() const { return view_.scratch / "best.bin"; }

  Result<void> read_channels() {
    for (const auto& [name, channel] : view_.channels) {
      if (name != "train" && name != "validation")
        return client(std::format("Extraneous channel found: {}", name));
    }
    if (!view_.channels.contains("train")) return client("Missing required channel: train");
    WEFT_TRY(train_, read("train"));
    if (supervised() && view_.channels.contains("validation")) {
      WEFT_TRY(validation_, read("validation"));
    }
    if (supervised() && plan_.early_stopping && !validation_)
      return client("early_stopping watches the accuracy on the channel validation: it is missing");
    if (!supervised() && plan_.evaluation) {
      std::println(
          "The vectors are not evaluated: weft does not carry WordSimilarity-353, so there "
          "is no train:mean_rho and no eval.json (evaluation=False says the same)");
    }
    return {};
  }

  Result<Texts> read(const std::string& name) const {
    WEFT_TRY(Texts out, texts_of(name, view_.channels.at(name), supervised(), view_.scratch));
    std::println("Processing {} . File size: {} MB", out.file.string(),
                 static_cast<double>(out.bytes) / 1e6);
    if (supervised() && out.labelled < out.lines) {
      std::println("channel {}: {} of {} lines have no label (`__label__NAME`) and teach nothing",
                   name, out.lines - out.labelled, out.lines);
    }
    return out;
  }

  /// False: somebody wanted it to end before.
  Result<bool> learn() {
    const std::int64_t total = training_->tokens() * plan_.epochs;
    std::int64_t told = -1;
    const Training::Watch watch{.progress =
                                    [&](std::int64_t done) {
                                      const std::int64_t part = done * kTellings / total;
                                      if (part == told) return;
                                      told = part;
                                      watch_.progress(std::min(done, total), total);
                                    },
                                .stopped = watch_.stopped};
    for (std::int64_t epoch = 1; epoch <= plan_.epochs; ++epoch) {
      const auto begun = Clock::now();
      WEFT_TRY(const bool whole, training_->epoch(watch));
      if (!whole) return false;
      epochs_done_ = epoch;
      tell_epoch(epoch, seconds_since(begun));
      WEFT_TRY(const bool enough, look(epoch));
      if (enough) break;
    }
    watch_.progress(total, total);
    return true;
  }

  void tell_epoch(std::int64_t epoch, double seconds) const {
    std::println("-------------- End of epoch: {}", epoch);
    std::println("##### Alpha: {:.4f}  Progress: {:.2f}%  Million Words/sec: {:.2f} #####",
                 training_->learning_rate(),
                 100.0 * static_cast<double>(epoch) / static_cast<double>(plan_.epochs),
                 static_cast<double>(training_->tokens()) / std::max(seconds, 1e-6) / 1e6);
    std::fflush(stdout);
  }

  /// Whether it got no better for long enough. What is best is kept.
  Result<bool> look(std::int64_t epoch) {
    if (!supervised() || !plan_.early_stopping || epoch < plan_.min_epochs) return false;
    WEFT_TRY(const Accuracy accuracy, training_->accuracy_on(validation_->file));
    std::println("Validation accuracy: {}", share_text(accuracy));
    if (!best_ || accuracy.right > best_->right) {
      best_ = accuracy;
      best_epoch_ = epoch;
      since_ = 0;
      std::println("Validation accuracy improved! Storing best weights...");
      std::fflush(stdout);
      WEFT_CHECK(training_->save(best_file()));
      return false;
    }
    ++since_;
    const bool enough = since_ >= plan_.patience && epoch < plan_.epochs;
    std::println(
        "Validation accuracy has not improved{}.",
        enough ? std::format(" for {} epochs. Stopping; epoch {} was best", since_, best_epoch_)
               : "");
    std::fflush(stdout);
    return enough;
  }

  Result<void> tell_accuracies() {
    if (!supervised()) return {};
    if (best_ && best_epoch_ < epochs_done_) WEFT_CHECK(training_->load(best_file()));
    const auto tell = [&](std::string_view name, const Texts& texts) -> Result<void> {
      WEFT_TRY(const Accuracy accuracy, training_->accuracy_on(texts.file));
      std::println("#{}_accuracy: {}", name, share_text(accuracy));
      std::println("Number of {} examples: {}", name, accuracy.examples);
      return {};
    };
    WEFT_CHECK(tell("train", train_));
    return validation_ ? tell("validation", *validation_) : Result<void>();
  }

  Result<void> keep() const {
    if (best_) return move_file(best_file(), view_.model / "model.bin");
    if (supervised()) return training_->save(view_.model / "model.bin");
    WEFT_CHECK(training_->save(view_.model / "vectors.bin"));
    return training_->save_vectors(view_.model / "vectors.txt");
  }

  const TrainingView& view_;
  const TrainingWatch& watch_;
  const Plan& plan_;
  Texts train_;
  std::optional<Texts> validation_;
  std::optional<Training> training_;
  std::int64_t epochs_done_ = 0;
  std::optional<Accuracy> best_;
  std::int64_t best_epoch_ = 0;
  std::int64_t since_ = 0;
};

}  // namespace

Result<void> train(const TrainingView& view, const TrainingWatch& watch) {
  WEFT_TRY(const Plan plan, plan_of(view.hyperparameters));
  return Run(view, watch, plan).all();
}

}  // namespace weft::ml::blazingtext
