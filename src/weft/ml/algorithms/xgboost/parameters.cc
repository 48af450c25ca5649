#include "weft/ml/algorithms/xgboost/parameters.h"

#include <algorithm>
#include <array>
#include <format>

namespace weft::ml::xgboost {
namespace {

using Kind = Hyperparameter::Kind;
using Words = std::string_view;

constexpr Words kBoosters[] = {"gbtree", "gblinear", "dart"};
constexpr Words kTreeMethods[] = {"auto", "exact", "approx", "hist", "gpu_hist"};
constexpr Words kUpdaters[] = {"grow_colmaker",  "distcol",
                               "grow_histmaker", "grow_local_histmaker",
                               "grow_skmaker",   "grow_quantile_histmaker",
                               "sync",           "refresh",
                               "prune",          "shotgun",
                               "coord_descent"};
constexpr Words kSplits[] = {"row", "col"};
constexpr Words kProcessTypes[] = {"default", "update"};
constexpr Words kGrowPolicies[] = {"depthwise", "lossguide"};
constexpr Words kPredictors[] = {"auto", "cpu_predictor", "gpu_predictor"};
constexpr Words kSampleTypes[] = {"uniform", "weighted"};
constexpr Words kNormalizeTypes[] = {"tree", "forest"};
constexpr Words kObjectives[] = {"aft_loss_distribution",
                                 "binary:logistic",
                                 "binary:logitraw",
                                 "binary:hinge",
                                 "count:poisson",
                                 "multi:softmax",
                                 "multi:softprob",
                                 "rank:pairwise",
                                 "rank:ndcg",
                                 "rank:map",
                                 "reg:linear",
                                 "reg:squarederror",
                                 "reg:logistic",
                                 "reg:gamma",
                                 "reg:pseudohubererror",
                                 "reg:squaredlogerror",
                                 "reg:absoluteerror",
                                 "reg:tweedie",
                                 "survival:aft",
                                 "survival:cox"};
constexpr Words kTruths[] = {"true", "false"};
constexpr Words kDistributions[] = {"normal", "logistic", "extreme"};
constexpr Words kSamplings[] = {"uniform", "gradient_based"};

constexpr Words kHigherIsBetter[] = {
    "accuracy", "auc",       "aucpr",           "balanced_accuracy",
    "f1",       "f1_binary", "f1_macro",        "map",
    "ndcg",     "precision", "precision_macro", "precision_micro",
    "r2",       "recall",    "recall_macro",    "recall_micro"};
constexpr Words kLowerIsBetter[] = {"aft-nloglik",
                                    "cox-nloglik",
                                    "error",
                                    "gamma-deviance",
                                    "gamma-nloglik",
                                    "interval-regression-accuracy",
                                    "logloss",
                                    "mae",
                                    "mape",
                                    "merror",
                                    "mlogloss",
                                    "mphe",
                                    "mse",
                                    "poisson-nloglik",
                                    "rmse",
                                    "rmsle",
                                    "tweedie-nloglik"};
/// What the engine itself does not know. (SageMaker's container computes rmse and mae itself too,
/// of margins; the engine's are of predictions, which is what one wants to know.)
constexpr Words kOwn[] = {"accuracy",
                          "balanced_accuracy",
                          "f1",
                          "f1_binary",
                          "f1_macro",
                          "mse",
                          "precision",
                          "precision_macro",
                          "precision_micro",
                          "r2",
                          "recall",
                          "recall_macro",
                          "recall_micro"};
/// Those that take a threshold or a rank behind `@`.
constexpr Words kWithAt[] = {"error", "ndcg", "map"};

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Interval from(double low) { return {.low = low}; }
constexpr Interval between(double low, double high) { return {.low = low, .high = high}; }
constexpr Interval above(double low, double high = kInf) {
  return {.low = low, .high = high, .low_open = true};
}
constexpr Interval inside(double low, double high) {
  return {.low = low, .high = high, .low_open = true, .high_open = true};
}

constexpr Hyperparameter integer(Words name, Interval range, bool required = false) {
  return {.name = name, .kind = Kind::integer, .required = required, .range = range};
}
constexpr Hyperparameter number(Words name, Interval range, Words alias = "") {
  return {.name = name, .kind = Kind::number, .range = range, .alias = alias};
}
template <std::size_t N>
constexpr Hyperparameter word(Words name, const Words (&words)[N]) {
  return {.name = name, .kind = Kind::word, .words = words};
}

constexpr std::array kAll = {
    integer("num_round", from(1), true),
    integer("csv_weights", between(0, 1)),
    integer("early_stopping_rounds", from(1)),
    word("booster", kBoosters),
    integer("verbosity", between(0, 3)),
    integer("nthread", from(1)),
    number("eta", between(0, 1), "learning_rate"),
    number("gamma", from(0), "min_split_loss"),
    integer("max_depth", from(0)),
    number("min_child_weight", from(0)),
    number("max_delta_step", from(0)),
    number("subsample", above(0, 1)),
    number("colsample_bytree", above(0, 1)),
    number("colsample_bylevel", above(0, 1)),
    number("colsample_bynode", above(0, 1)),
    number("lambda", from(0), "reg_lambda"),
    number("alpha", from(0), "reg_alpha"),
    word("tree_method", kTreeMethods),
    number("sketch_eps", inside(0, 1)),
    number("scale_pos_weight", above(0)),
    Hyperparameter{.name = "updater", .kind = Kind::words, .words = kUpdaters},
    word("dsplit", kSplits),
    integer("refresh_leaf", between(0, 1)),
    word("process_type", kProcessTypes),
    word("grow_policy", kGrowPolicies),
    integer("max_leaves", from(0)),
    integer("max_bin", from(0)),
    word("predictor", kPredictors),
    Hyperparameter{.name = "monotone_constraints", .kind = Kind::tuple, .range = between(-1, 1)},
    Hyperparameter{.name = "interaction_constraints", .kind = Kind::lists, .range = from(0)},
    word("sample_type", kSampleTypes),
    word("normalize_type", kNormalizeTypes),
    number("rate_drop", between(0, 1)),
    integer("one_drop", between(0, 1)),
    number("skip_drop", between(0, 1)),
    number("lambda_bias", between(0, 1)),
    number("tweedie_variance_power", inside(1, 2)),
    word("objective", kObjectives),
    integer("num_class", from(2)),
    number("base_score", from(0)),
    integer("_kfold", from(2)),
    integer("_num_cv_round", from(1)),
    Hyperparameter{.name = "_tuning_objective_metric", .kind = Kind::text},
    Hyperparameter{.name = "eval_metric", .kind = Kind::words},
    integer("seed", inside(-2147483648.0, 2147483647.0)),
    integer("num_parallel_tree", from(1)),
    word("save_model_on_termination", kTruths),
    word("aft_loss_distribution", kDistributions),
    number("aft_loss_distribution_scale", above(0)),
    word("deterministic_histogram", kTruths),
    word("sampling_method", kSamplings),
    number("prob_buffer_row", above(1)),
    word("use_dask_gpu_training", kTruths),
};

template <std::size_t N>
bool is_one_of(const Words (&words)[N], std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

std::unexpected<Error> wrong(std::string_view name, std::string message) {
  return fail(make_argument_error(std::string(name), std::move(message)));
}

Result<void> check_metric(std::string_view metric) {
  const auto at = metric.find('@');
  if (at == std::string_view::npos) {
    if (is_one_of(kHigherIsBetter, metric) || is_one_of(kLowerIsBetter, metric)) return {};
    return wrong(
        "eval_metric",
        std::format("Hyperparameter eval_metric: {} is not a metric of this algorithm", metric));
  }
  const std::string_view name = metric.substr(0, at);
  if (!is_one_of(kWithAt, name)) {
    return wrong(
        "eval_metric",
        std::format("Metric '{}' is not supported. Parameter 'eval_metric' with customized "
                    "threshold should be one of these options: 'error', 'ndcg', 'map'.",
                    metric));
  }
  const std::string rest(metric.substr(at + 1));
  // `ndcg@10-` leaves out lists without a relevant row.
  const std::string_view digits = std::string_view(rest).substr(0, rest.find('-', 1));
  if (!number_of({{"t", std::string(digits)}}, "t")) {
    return wrong("eval_metric",
                 std::format("Threshold value 't' in '{}@t' expects float input.", name));
  }
  return {};
}

/// Values that are fine by themselves and do not go together.
Result<void> check_together(const Given& given, const std::vector<std::string>& metrics) {
  const std::string_view objective = word_of(given, "objective");
  const std::string_view tree_method = word_of(given, "tree_method");
  if (objective.starts_with("multi:") && !given.contains("num_class")) {
    return wrong("num_class", "Require input for parameter 'num_class' for multi-classification");
  }
  if (!objective.starts_with("multi:") && given.contains("num_class")) {
    return wrong("num_class",
                 "Do not need to setup parameter 'num_class' for learning task other than "
                 "multi-classification.");
  }
  const bool ranked = objective.starts_with("binary:") || objective.starts_with("rank:") ||
                      objective.starts_with("multi:");
  if (std::ranges::contains(metrics, "auc") && !objective.empty() && !ranked) {
    return wrong("eval_metric",
                 "Metric 'auc' can only be applied for classification and ranking problems.");
  }
  if (std::ranges::contains(metrics, "aft-nloglik") && objective != "survival:aft") {
    return wrong("eval_metric",
                 "Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.");
  }
  if (given.contains("monotone_constraints") && tree_method != "exact" && tree_method != "hist") {
    return wrong("monotone_constraints",
                 "monotone_constraints can be used only when the tree_method parameter is set to "
                 "either 'exact' or 'hist'.");
  }
  if (given.contains("interaction_constraints") && tree_method != "exact" &&
      tree_method != "hist" && tree_method != "approx") {
    return wrong("interaction_constraints",
                 "interaction_constraints can be used only when the tree_method parameter is set "
                 "to either 'exact', 'hist' or 'approx'.");
  }
  if (tree_method == "gpu_hist" || word_of(given, "predictor") == "gpu_predictor" ||
      word_of(given, "use_dask_gpu_training") == "true") {
    return wrong("tree_method",
                 "weft trains on the processor: leave out gpu_hist, gpu_predictor and "
                 "use_dask_gpu_training (tree_method `hist` gives the same trees)");
  }
  if (objective == "survival:aft") {
    return wrong("objective",
                 "survival:aft wants a lower and an upper time for each row, which no format of a "
                 "channel has; use survival:cox (a label below zero: its end was not seen)");
  }
  if (word_of(given, "sampling_method") == "gradient_based") {
    return wrong("sampling_method",
                 "weft trains on the processor: leave out sampling_method `gradient_based`, which "
                 "is for gpu_hist alone (rows are then sampled uniformly)");
  }
  return {};
}

Result<void> check_updater(const Given& given) {
  const auto updaters = words_of(given, "updater");
  if (updaters.empty()) return {};
  const auto is_linear = [](const std::string& each) {
    return each == "shotgun" || each == "coord_descent";
  };
  if (word_of(given, "booster") == "gblinear") {
    if (updaters.size() == 1 && is_linear(updaters[0])) return {};
    return wrong("updater",
                 "Linear updater should be one of these options: 'shotgun', 'coord_descent'.");
  }
  const auto refreshes = [](const std::string& each) {
    return each == "refresh" || each == "prune";
  };
  if (word_of(given, "process_type") == "update") {
    if (std::ranges::all_of(updaters, refreshes)) return {};
    return wrong("updater",
                 "process_type 'update' can only be used with updater 'refresh' and 'prune'");
  }
  if (std::ranges::any_of(updaters, is_linear)) {
    return wrong("updater",
                 "Tree updater should be selected from these options: 'grow_colmaker', 'distcol', "
                 "'grow_histmaker', 'grow_local_histmaker', 'grow_skmaker', "
                 "'grow_quantile_histmaker', 'sync', 'refresh', 'prune', 'shortgun', "
                 "'coord_descent'.");
  }
  constexpr Words kGone[] = {"distcol", "grow_local_histmaker", "grow_skmaker"};
  for (const std::string& each : updaters) {
    if (!is_one_of(kGone, each)) continue;
    return wrong("updater",
                 std::format("updater `{}` is not in weft's version of XGBoost any more: leave it "
                             "out and choose a tree_method (`hist`, `approx`, `exact`)",
                             each));
  }
  const auto grows = std::ranges::count_if(
      updaters, [](const std::string& each) { return each.starts_with("grow_"); });
  if (grows > 1) {
    return wrong("updater",
                 "Only one tree grow plugin can be selected. Choose one from the following: "
                 "'grow_colmaker', 'distcol', 'grow_histmaker', 'grow_local_histmaker', "
                 "'grow_skmaker'");
  }
  return {};
}

/// `validation:rmse` means rmse.
std::string metric_of_objective(std::string_view tuned) {
  const auto colon = tuned.rfind(':');
  return std::string(colon == std::string_view::npos ? tuned : tuned.substr(colon + 1));
}

/// What is the container's own and nothing for the booster.
bool for_booster(std::string_view name) {
  constexpr Words kNot[] = {"num_round",
                            "csv_weights",
                            "early_stopping_rounds",
                            "_kfold",
                            "_num_cv_round",
                            "_tuning_objective_metric",
                            "eval_metric",
                            "dsplit",
                            "predictor",
                            "sketch_eps",
                            "save_model_on_termination",
                            "deterministic_histogram",
                            "prob_buffer_row",
                            "use_dask_gpu_training"};
  return !is_one_of(kNot, name);
}

void add_metrics(Plan& plan, const std::vector<std::string>& metrics) {
  for (const std::string& metric : metrics) {
    if (is_own_metric(metric)) {
      plan.own_metrics.push_back(metric);
    } else {
      plan.parameters.emplace_back("eval_metric", metric);
    }
  }
}

}  // namespace

std::span<const Hyperparameter> hyperparameters() { return kAll; }

bool higher_is_better(std::string_view metric) {
  return is_one_of(kHigherIsBetter, metric.substr(0, metric.find('@')));
}

bool is_own_metric(std::string_view name) { return is_one_of(kOwn, name); }

Result<Plan> plan_of(const Given& given) {
  WEFT_TRY(const Given checked, check_hyperparameters(kAll, given));
  auto metrics = words_of(checked, "eval_metric");
  for (const std::string& metric : metrics) WEFT_CHECK(check_metric(metric));
  std::string watched = metrics.empty() ? "" : metrics.back();
  if (const auto tuned = word_of(checked, "_tuning_objective_metric"); !tuned.empty()) {
    watched = metric_of_objective(tuned);
    WEFT_CHECK(check_metric(watched));
    metrics.push_back(watched);
    std::ranges::sort(metrics);
    const auto twice = std::ranges::unique(metrics);
    metrics.erase(twice.begin(), twice.end());
  }
  WEFT_CHECK(check_together(checked, metrics));
  WEFT_CHECK(check_updater(checked));
  Plan out;
  out.rounds = integer_of(checked, "num_round").value_or(0);
  out.early_stopping_rounds = integer_of(checked, "early_stopping_rounds").value_or(0);
  out.folds = integer_of(checked, "_kfold").value_or(0);
  out.fold_repeats = integer_of(checked, "_num_cv_round").value_or(1);
  out.weights_in_csv = integer_of(checked, "csv_weights").value_or(0) == 1;
  out.save_on_termination = word_of(checked, "save_model_on_termination") == "true";
  out.objective = word_of(checked, "objective");
  out.classes = integer_of(checked, "num_class").value_or(0);
  out.seed = integer_of(checked, "seed").value_or(0);
  out.watched_metric = std::move(watched);
  for (const auto& [name, value] : checked) {
    if (for_booster(name)) out.parameters.emplace_back(name, value);
  }
  add_metrics(out, metrics);
  const auto below_one = [&](std::string_view name) {
    return number_of(checked, name).value_or(1) < 1;
  };
  out.samples = below_one("subsample") || below_one("colsample_bytree") ||
                below_one("colsample_bylevel") || below_one("colsample_bynode") ||
                word_of(checked, "booster") == "dart";
  return out;
}

}  // namespace weft::ml::xgboost
