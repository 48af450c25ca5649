#include "weft/ml/algorithms/xgboost/engine/train.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <format>
#include <print>

#include "weft/base/file.h"
#include "weft/ml/algorithms/xgboost/engine/checkpoints.h"
#include "weft/ml/algorithms/xgboost/engine/folds.h"
#include "weft/ml/algorithms/xgboost/engine/library.h"
#include "weft/ml/algorithms/xgboost/engine/metrics.h"
#include "weft/ml/algorithms/xgboost/parameters.h"

namespace weft::ml::xgboost {
namespace {

using worker::ChannelView;
using worker::TrainingView;

constexpr std::string_view kModelName = "xgboost-model";
/// The attribute of a checkpoint that says how far early stopping is; no model has it.
constexpr const char* kStoppingAttribute = "weft_early_stopping";
/// Text turns into this many times as much memory while it is read and in libxgboost's hands.
constexpr std::uint64_t kMemoryPerByte = 4;
/// What stays in memory for each row while its values do not: label, weight, margin, prediction,
/// gradient, and at which node of the tree it is, twice.
constexpr std::uint64_t kMemoryPerRow = 48;
/// External memory reads a block at a time, several of which may be in memory at once.
constexpr std::uint64_t kBlockShare = 32;

using Named = std::vector<std::pair<std::string, const Matrix*>>;

/// Scores of one round: `train-rmse`, `validation-rmse` …
using Scores = Booster::Scores;

std::string score_text(double value) { return std::format("{:.5f}", value); }

/// As Python's str() has it, which is what the attribute of a model holds.
std::string attribute_text(double value) {
  std::string out = std::format("{}", value);
  if (std::isfinite(value) && out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

void print_scores(std::int64_t round, const Scores& scores, const Named& on) {
  std::string line = std::format("[{}]", round);
  for (const auto& [name, matrix] : on) {
    for (const auto& [score, value] : scores) {
      if (score.starts_with(name + "-")) line += std::format("\t{}:{}", score, score_text(value));
    }
  }
  std::println("{}", line);
  std::fflush(stdout);
}

Result<Scores> scores_of(Booster& booster, const Plan& plan, int iteration, const Named& on) {
  WEFT_TRY(Scores out, booster.evaluate(iteration, on));
  for (const auto& [name, matrix] : on) {
    if (plan.own_metrics.empty()) break;
    WEFT_TRY(const Predictions margins, booster.predict(*matrix, /*margin=*/true));
    for (const std::string& metric : plan.own_metrics) {
      WEFT_TRY(
          const double value,
          own_metric(metric, {.values = margins.values, .width = margins.width}, matrix->labels()));
      out.emplace_back(std::format("{}-{}", name, metric), value);
    }
  }
  return out;
}

/// When nothing got better for long enough.
class EarlyStopping {
 public:
  EarlyStopping(const Plan& plan, bool validates)
      : patience_(plan.early_stopping_rounds),
        data_(validates ? "validation-" : "train-"),
        metric_(plan.watched_metric) {}

  bool on() const { return patience_ > 0; }
  std::int64_t best() const { return best_; }
  double best_score() const { return score_; }
  bool any() const { return best_ >= 0; }
  bool over() const { return on() && since_ >= patience_; }

  /// For a checkpoint: the score's name, its best round and how good it was.
  std::string text() const { return std::format("{} {} {}", name_, best_, score_); }
  /// What text() said when `round` was the last; of another score, or no such text, it is nothing.
  void take_up(std::string_view text, std::int64_t round) {
    const auto first = text.find(' ');
    const auto second = first == text.npos ? text.npos : text.find(' ', first + 1);
    if (!on() || second == text.npos || !watches(text.substr(0, first))) return;
    const std::string_view best = text.substr(first + 1, second - first - 1);
    const std::string_view score = text.substr(second + 1);
    std::int64_t best_round = -1;
    double best_score = 0;
    const auto a = std::from_chars(best.data(), best.data() + best.size(), best_round);
    const auto b = std::from_chars(score.data(), score.data() + score.size(), best_score);
    if (a.ec != std::errc() || b.ec != std::errc() || best_round < 0 || best_round > round) return;
    name_ = text.substr(0, first);
    best_ = best_round;
    score_ = best_score;
    since_ = round - best_round;
  }

  /// Whether to stop. Errors: there is no such score, or it is no number.
  Result<bool> look(std::int64_t round, const Scores& scores) {
    if (!on()) return false;
    const auto at =
        std::ranges::find_last_if(scores, [&](const auto& score) { return watches(score.first); });
    if (at.empty()) {
      return fail(Reason::invalid_argument,
                  std::format("early stopping watches {}{}, which is not among the scores", data_,
                              metric_));
    }
    const auto& [name, value] = at.front();
    if (std::isnan(value))
      return fail(Reason::invalid_argument, std::format("{} is no number any more", name));
    const bool higher = higher_is_better(std::string_view(name).substr(data_.size()));
    if (best_ < 0 || (higher ? value > score_ : value < score_)) {
      name_ = name;
      best_ = round;
      score_ = value;
      since_ = 0;
      return false;
    }
    ++since_;
    return over();
  }

 private:
  bool watches(std::string_view score) const {
    return metric_.empty() ? score.starts_with(data_) : score == data_ + metric_;
  }

  std::int64_t patience_;
  std::string data_;
  std::string metric_;
  std::string name_;  ///< of the best score
  std::int64_t best_ = -1;
  std::int64_t since_ = 0;
  double score_ = 0;
};

struct Data {
  std::optional<Matrix> train;
  std::optional<Matrix> validation;
  Named named() const {
    Named out{{"train", &*train}};
    if (validation) out.emplace_back("validation", &*validation);
    return out;
  }
};

class Run {
 public:
  Run(const TrainingView& view, const TrainingWatch& watch, Plan plan)
      : view_(view), watch_(watch), plan_(std::move(plan)) {
    if (std::ranges::find(plan_.parameters, "nthread",
                          &std::pair<std::string, std::string>::first) == plan_.parameters.end()) {
      plan_.parameters.emplace_back("nthread", std::format("{}", view_.threads));
    }
  }

  Result<void> all() {
    for (const auto& [name, channel] : view_.channels) {
      if (name != "train" && name != "validation" && name != "code")
        return client(std::format("Extraneous channel found: {}", name));
    }
    if (!view_.channels.contains("train")) return client("Missing required channel: train");
    if (plan_.folds > 0) return cross_validate();
    WEFT_TRY(const Data data, load());
    Checkpoints checkpoints(view_.checkpoints, std::chrono::seconds(view_.checkpoint_every_s));
    WEFT_TRY(Booster booster, boost(data, &checkpoints));
    if (watch_.stopped() && !plan_.save_on_termination) return {};
    return save(booster, kModelName);
  }

 private:
  static std::unexpected<Error> client(std::string message) {
    return fail(Reason::invalid_argument, std::move(message));
  }

  Result<RowFiles> open(std::string_view name, const ChannelView& channel, std::size_t block) {
    WEFT_TRY(const TableFormat format, table_format_from(channel.content_type));
    const RowFilesOptions options{.format = format,
                                  .weights_in_csv = plan_.weights_in_csv && name == "train",
                                  .block_bytes = block};
    return RowFiles::open(channel.folder, options);
  }

  Result<std::optional<Matrix>> load_channel(std::string_view name) {
    const auto at = view_.channels.find(name);
    if (at == view_.channels.end()) return std::nullopt;
    constexpr std::size_t kBlock = 16 * 1024 * 1024;
    WEFT_TRY(RowFiles files, open(name, at->second, kBlock));
    if (files.empty()) {
      return client(std::format("No data in {} channel path {}",
                                name == "train" ? "training" : "validation",
                                at->second.folder.string()));
    }
    const std::uint64_t limit = view_.memory_bytes;
    // The two channels share it.
    const bool fits = limit == 0 || files.bytes() * kMemoryPerByte <= limit / 2;
    if (fits) {
      WEFT_TRY(Matrix matrix, Matrix::in_memory(files, view_.threads));
      return std::optional<Matrix>(std::move(matrix));
    }
    std::println("channel {}: {} bytes for {} bytes of memory: using external memory", name,
                 files.bytes(), limit);
    const auto block = static_cast<std::size_t>(
        std::clamp<std::uint64_t>(limit / kBlockShare, 256 * 1024, kBlock));
    WEFT_TRY(files, open(name, at->second, block));
    const std::string prefix = (view_.scratch / std::format("xgboost-{}", name)).string();
    WEFT_TRY(Matrix matrix, Matrix::external(files, prefix, view_.threads));
    if (matrix.rows() * kMemoryPerRow > limit) {
      return client(
          std::format("channel {}: {} rows need {} bytes of memory beside their values, which are "
                      "kept on disk; the job has {}: give it an instance type with more memory, or "
                      "fewer rows",
                      name, matrix.rows(), matrix.rows() * kMemoryPerRow, limit));
    }
    return std::optional<Matrix>(std::move(matrix));
  }

  Result<Data> load() {
    Data out;
    WEFT_TRY(out.train, load_channel("train"));
    WEFT_TRY(out.validation, load_channel("validation"));
    std::println("Train matrix has {} rows and {} columns", out.train->rows(),
                 out.train->columns());
    if (out.validation) std::println("Validation matrix has {} rows", out.validation->rows());
    return out;
  }

  /// From the newest checkpoint, when there is one. Gives the round to begin with.
  Result<std::int64_t> resume(Booster& booster, const Checkpoints& checkpoints,
                              EarlyStopping& stopping) {
    const auto checkpoint = checkpoints.newest();
    if (!checkpoint) return 0;
    WEFT_CHECK(booster.load_into(checkpoint->bytes));
    stopping.take_up(booster.attribute(kStoppingAttribute), checkpoint->round);
    WEFT_CHECK(booster.remove_attribute(kStoppingAttribute));
    std::println("Checkpoint loaded from {}/xgboost-checkpoint.{}", view_.checkpoints.string(),
                 checkpoint->round);
    std::println("Resuming from iteration {}", checkpoint->round + 1);
    return checkpoint->round + 1;
  }

  Result<Booster> boost(const Data& data, Checkpoints* checkpoints) {
    std::vector<const Matrix*> others;
    if (data.validation) others.push_back(&*data.validation);
    WEFT_TRY(Booster booster, Booster::create(*data.train, others, plan_.parameters));
    EarlyStopping stopping(plan_, data.validation.has_value());
    std::int64_t first = 0;
    if (checkpoints != nullptr) {
      WEFT_TRY(first, resume(booster, *checkpoints, stopping));
    }
    // What is loaded does not know how it was to go on.
    if (first > 0) {
      for (const auto& [name, value] : plan_.parameters) WEFT_CHECK(booster.set(name, value));
    }
    const Named on = data.named();
    // A run may have ended between its last checkpoint and its model.
    for (std::int64_t round = first; round < plan_.rounds && !stopping.over(); ++round) {
      const int iteration = static_cast<int>(round);
      WEFT_CHECK(booster.update(iteration, *data.train));
      WEFT_TRY(const Scores scores, scores_of(booster, plan_, iteration, on));
      print_scores(round, scores, on);
      WEFT_TRY(const bool enough, stopping.look(round, scores));
      if (checkpoints != nullptr && checkpoints->due())
        WEFT_CHECK(keep(booster, round, stopping, *checkpoints));
      watch_.progress(round + 1, plan_.rounds);
      if (enough || watch_.stopped()) break;
    }
    return best_of(std::move(booster), stopping);
  }

  /// A checkpoint holds what the model is not to: how far early stopping is.
  static Result<void> keep(Booster& booster, std::int64_t round, const EarlyStopping& stopping,
                           Checkpoints& checkpoints) {
    if (stopping.any()) WEFT_CHECK(booster.set_attribute(kStoppingAttribute, stopping.text()));
    WEFT_TRY(const std::string bytes, booster.save());
    WEFT_CHECK(booster.remove_attribute(kStoppingAttribute));
    return checkpoints.keep(round, bytes);
  }

  /// The model as it was when it was best.
  Result<Booster> best_of(Booster booster, const EarlyStopping& stopping) {
    if (!stopping.on() || !stopping.any()) return booster;
    std::println("Stopping. Best iteration: {}", stopping.best());
    const bool trees =
        std::ranges::find(plan_.parameters, std::pair<std::string, std::string>(
                                                "booster", "gblinear")) == plan_.parameters.end();
    if (trees) {
      WEFT_TRY(booster, booster.slice(static_cast<int>(stopping.best()) + 1));
    }
    WEFT_CHECK(booster.set_attribute("best_iteration", std::format("{}", stopping.best())));
    WEFT_CHECK(booster.set_attribute("best_score", attribute_text(stopping.best_score())));
    return booster;
  }

  Result<void> save(Booster& booster, std::string_view name) {
    WEFT_TRY(const std::string bytes, booster.save());
    return write_file(view_.model / name, bytes);
  }

  /// `_kfold`: a model for each fold, the scores' means, and what was said of each row while it was
  /// left out.
  Result<void> cross_validate() {
    WEFT_TRY(const Matrix all, joined());
    const bool classes = plan_.classes > 0 || plan_.objective.starts_with("binary:");
    std::println("Run {}-round of {}-fold cross validation with {} rows", plan_.fold_repeats,
                 plan_.folds, all.rows());
    if (all.rows() < static_cast<std::uint64_t>(plan_.folds))
      return client(std::format("_kfold is {} for {} rows", plan_.folds, all.rows()));
    const auto folds = folds_of(all.labels(), classes, plan_.folds, plan_.fold_repeats,
                                static_cast<std::uint64_t>(plan_.seed));
    LeftOut left_out(all.labels());
    std::size_t number = 0;
    for (const Fold& fold : folds) {
      std::println("Train cross validation fold {}",
                   number % static_cast<std::size_t>(plan_.folds) + 1);
      Data of_fold;
      WEFT_TRY(of_fold.train, all.slice(fold.train));
      WEFT_TRY(of_fold.validation, all.slice(fold.validation));
      WEFT_TRY(Booster booster, boost(of_fold, nullptr));
      WEFT_TRY(const Scores scores,
               scores_of(booster, plan_, static_cast<int>(plan_.rounds) - 1, of_fold.named()));
      totals_.push_back(scores);
      WEFT_TRY(const Predictions said, booster.predict(*of_fold.validation, /*margin=*/false));
      left_out.add(fold.validation, said);
      WEFT_CHECK(save(booster, std::format("{}-{}", kModelName, number)));
      ++number;
      if (watch_.stopped()) break;
      if (number % static_cast<std::size_t>(plan_.folds) == 0) print_means(plan_.folds);
    }
    if (plan_.fold_repeats > 1) {
      std::println("The overall metrics of {}-round cross validation", plan_.fold_repeats);
      print_means(static_cast<std::int64_t>(totals_.size()));
    }
    return write_file(view_.output_data / "predictions.csv", left_out.csv(classes));
  }

  /// Both channels' rows as one matrix.
  Result<Matrix> joined() {
    Rows all;
    std::uint64_t bytes = 0;
    for (const char* name : {"train", "validation"}) {
      const auto at = view_.channels.find(name);
      if (at == view_.channels.end()) continue;
      WEFT_TRY(RowFiles files, open(name, at->second, 16 * 1024 * 1024));
      // Folds are cut out of what is in memory, and are there beside it.
      bytes += files.bytes();
      if (view_.memory_bytes != 0 && bytes * kMemoryPerByte > view_.memory_bytes / 2) {
        return client(
            std::format("channel {}: {} bytes are too much for _kfold in {} bytes of memory; leave "
                        "it out or give the job a larger instance type",
                        name, bytes, view_.memory_bytes));
      }
      WEFT_CHECK(add_rows(files, all));
    }
    if (!all.groups.empty()) {
      return client(
          "_kfold takes rows apart that belong to one query (`qid`): leave it out, and give the "
          "queries to be validated with as the channel `validation`");
    }
    return Matrix::of(all, view_.threads);
  }

  /// Means of the last so many folds' scores.
  void print_means(std::int64_t count) const {
    Scores means;
    const auto begin = totals_.end() - static_cast<std::ptrdiff_t>(count);
    for (const auto& [name, first] : *begin) {
      double sum = 0;
      for (auto each = begin; each != totals_.end(); ++each) {
        const auto at = std::ranges::find(*each, name, &std::pair<std::string, double>::first);
        sum += at == each->end() ? 0 : at->second;
      }
      means.emplace_back(name, sum / static_cast<double>(count));
    }
    print_scores(plan_.rounds, means, {{"train", nullptr}, {"validation", nullptr}});
  }

  /// For each row what the models said that had not seen it.
  class LeftOut {
   public:
    explicit LeftOut(std::span<const float> labels)
        : labels_(labels.begin(), labels.end()), sums_(labels.size()), votes_(labels.size()) {}

    void add(const std::vector<int>& rows, const Predictions& said) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto row = static_cast<std::size_t>(rows[i]);
        const auto of = said.values.subspan(i * said.width, said.width);
        sums_[row].resize(said.width);
        for (std::size_t k = 0; k < said.width; ++k) sums_[row][k] += of[k];
        const auto best = std::ranges::max_element(of) - of.begin();
        // Of one value: the label itself, or how likely 1 is.
        votes_[row].push_back(said.width == 1 ? static_cast<int>(std::ceil(of[0] - 0.5F))
                                              : static_cast<int>(best));
      }
    }

    /// The label, the mean of what was said (of the likeliest class, with classes), and the class
    /// most often said.
    std::string csv(bool classes) const {
      std::string out;
      for (std::size_t row = 0; row < labels_.size(); ++row) {
        const auto times = static_cast<double>(std::max<std::size_t>(votes_[row].size(), 1));
        const double most = sums_[row].empty() ? 0 : std::ranges::max(sums_[row]) / times;
        out += std::format("{:.6f},{:.6f}", labels_[row], most);
        if (classes) out += std::format(",{:.6f}", static_cast<double>(vote(votes_[row])));
        out += '\n';
      }
      return out;
    }

   private:
    static int vote(std::vector<int> votes) {
      std::ranges::sort(votes);
      int best = 0;
      std::ptrdiff_t most = 0;
      for (auto at = votes.begin(); at != votes.end();) {
        const auto end = std::upper_bound(at, votes.end(), *at);
        if (end - at > most) best = *at, most = end - at;
        at = end;
      }
      return best;
    }

    std::vector<float> labels_;
    std::vector<std::vector<double>> sums_;
    std::vector<std::vector<int>> votes_;
  };

  const TrainingView& view_;
  const TrainingWatch& watch_;
  Plan plan_;
  std::vector<Scores> totals_;
};

}  // namespace

Result<void> train(const TrainingView& view, const TrainingWatch& watch) {
  WEFT_TRY(Plan plan, plan_of(view.hyperparameters));
  return Run(view, watch, std::move(plan)).all();
}

}  // namespace weft::ml::xgboost
