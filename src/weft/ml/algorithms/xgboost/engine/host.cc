#include "weft/ml/algorithms/xgboost/engine/host.h"

#include <algorithm>
#include <format>
#include <map>

#include "weft/base/file.h"
#include "weft/base/json.h"
#include "weft/ml/algorithms/xgboost/engine/library.h"
#include "weft/ml/algorithms/xgboost/engine/model_check.h"
#include "weft/ml/algorithms/xgboost/engine/selected_output.h"
#include "weft/ml/worker/model_files.h"
#include "weft/ml/worker/table_host.h"

namespace weft::ml::xgboost {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kModelBytesMax = std::size_t{4} * 1024 * 1024 * 1024;

class Host final : public worker::TableHost {
 public:
  Host(std::vector<Booster> boosters, ModelFacts facts, std::optional<SelectedOutput> selected)
      : boosters_(std::move(boosters)), facts_(std::move(facts)), selected_(std::move(selected)) {}

  /// The first request shall find everything configured.
  Result<void> warm() {
    Rows row;
    row.columns = facts_.features;
    row.values.assign(facts_.features, 0);
    WEFT_TRY(const Scores scores, predict(row));
    width_ = scores.width;
    return {};
  }

  std::string about() const override {
    json::array names;
    for (const std::string& name : facts_.feature_names) names.emplace_back(name);
    json::object out{
        {"engine", "xgboost"},         {"objective", facts_.objective},
        {"features", facts_.features}, {"feature_names", std::move(names)},
        {"classes", facts_.classes},   {"outputs", json::array{predictions_port(width_)}}};
    return json::write(out);
  }

 protected:
  std::uint64_t columns() const override { return facts_.features; }
  std::span<const std::string> column_names() const override { return facts_.feature_names; }

  /// A row may have one value too many (SageMaker's container has it so), which is left out.
  Result<void> check(const Rows& rows, std::string_view content_type) const override {
    const std::uint64_t wanted = facts_.features;
    const std::uint64_t given = rows.columns;
    if (rows.sparse ? given <= wanted + 1 : given == wanted || given == wanted + 1) return {};
    const bool csv = content_type.empty() || content_type.contains("csv");
    return fail(Reason::invalid_argument,
                std::format("Feature size of {} inference data {} is {} feature size of trained "
                            "model {}.",
                            rows.sparse ? "libsvm"
                            : csv       ? "csv"
                                        : "the",
                            given, rows.sparse ? "larger than" : "not consistent with", wanted));
  }

  Result<Scores> predict(const Rows& rows) override {
    const Rows& fitting = rows.columns == facts_.features ? rows : fitted(rows);
    if (boosters_.size() == 1) {
      WEFT_TRY(const Predictions said, boosters_[0].predict(fitting));
      return Scores{.values = said.values, .width = said.width};
    }
    std::size_t width = 1;
    each_.resize(boosters_.size());
    for (std::size_t i = 0; i < boosters_.size(); ++i) {
      WEFT_TRY(const Predictions said, boosters_[i].predict(fitting));
      each_[i].assign(said.values.begin(), said.values.end());
      width = said.width;
    }
    together_.resize(each_[0].size());
    for (std::size_t i = 0; i < together_.size(); ++i)
      together_[i] = says_labels() ? most_said(i) : mean(i);
    return Scores{.values = together_, .width = width};
  }

  Result<Answer> write(std::string_view accept, Scores scores) const override {
    return selected_ ? selected_->write(accept, scores) : write_scores(accept, scores);
  }

 private:
  /// The mean of labels is none.
  bool says_labels() const {
    return facts_.objective == "multi:softmax" || facts_.objective == "binary:hinge";
  }
  float mean(std::size_t at) const {
    float sum = 0;
    for (const auto& said : each_) sum += said[at];
    return sum / static_cast<float>(each_.size());
  }
  /// The lowest of those that are said most often.
  float most_said(std::size_t at) const {
    std::map<float, int> votes;
    for (const auto& said : each_) ++votes[said[at]];
    return std::ranges::max_element(votes, {}, &std::pair<const float, int>::second)->first;
  }

  /// The same rows with exactly the model's columns.
  const Rows& fitted(const Rows& rows) {
    fitted_.clear();
    fitted_.sparse = rows.sparse;
    fitted_.columns = facts_.features;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      if (!rows.sparse) {
        const auto begin = rows.values.begin() + static_cast<std::ptrdiff_t>(row * rows.columns);
        fitted_.values.insert(fitted_.values.end(), begin,
                              begin + static_cast<std::ptrdiff_t>(facts_.features));
        continue;
      }
      for (std::uint64_t at = rows.row_begin[row]; at < rows.row_begin[row + 1]; ++at) {
        if (rows.indices[at] >= facts_.features) continue;
        fitted_.indices.push_back(rows.indices[at]);
        fitted_.values.push_back(rows.values[at]);
      }
      fitted_.row_begin.push_back(fitted_.values.size());
    }
    return fitted_;
  }

  std::vector<Booster> boosters_;
  ModelFacts facts_;
  std::optional<SelectedOutput> selected_;
  std::size_t width_ = 1;
  std::vector<std::vector<float>> each_;  ///< of an ensemble: what each model says
  std::vector<float> together_;
  Rows fitted_;
};

}  // namespace

Result<std::unique_ptr<worker::ModelHost>> load_host(const HostOptions& options) {
  WEFT_TRY(const auto files,
           worker::model_files(options.model,
                               "the archive holds no model: XGBoost's is called `xgboost-model`"));
  std::vector<Booster> boosters;
  for (const fs::path& file : files) {
    const auto in_file = [&](Error error) {
      error.message = std::format("{}: {}", file.filename().string(), error.message);
      return fail(std::move(error));
    };
    const auto bytes = read_file(file, kModelBytesMax);
    if (!bytes) return in_file(bytes.error());
    if (const auto fine = check_model(*bytes); !fine) return in_file(fine.error());
    auto booster = Booster::load(*bytes);
    if (!booster) return in_file(booster.error());
    WEFT_CHECK(booster->set("nthread", std::format("{}", options.threads)));
    boosters.push_back(*std::move(booster));
  }
  WEFT_TRY(ModelFacts facts, facts_of(boosters.front()));
  std::optional<SelectedOutput> selected;
  if (!options.selected.empty()) {
    WEFT_TRY(selected, SelectedOutput::create(options.selected, facts));
  }
  auto host = std::make_unique<Host>(std::move(boosters), std::move(facts), std::move(selected));
  WEFT_CHECK(host->warm());
  return host;
}

}  // namespace weft::ml::xgboost
