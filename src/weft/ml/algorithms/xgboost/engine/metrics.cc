#include "weft/ml/algorithms/xgboost/engine/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <format>
#include <map>
#include <vector>

namespace weft::ml::xgboost {
namespace {

/// How often a class was meant, said, and both.
struct Counts {
  double meant = 0;
  double said = 0;
  double right = 0;
  double precision() const { return said == 0 ? 0 : right / said; }
  double recall() const { return meant == 0 ? 0 : right / meant; }
  double f1() const { return meant + said == 0 ? 0 : 2 * right / (meant + said); }
};

using Classes = std::map<std::int64_t, Counts>;

std::int64_t class_said(Margins margins, std::size_t row) {
  if (margins.width == 1) return margins.values[row] > 0 ? 1 : 0;
  const auto begin = margins.values.begin() + static_cast<std::ptrdiff_t>(row * margins.width);
  return std::max_element(begin, begin + static_cast<std::ptrdiff_t>(margins.width)) - begin;
}

Classes count(Margins margins, std::span<const float> labels) {
  Classes out;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto meant = static_cast<std::int64_t>(std::llround(labels[row]));
    const std::int64_t said = class_said(margins, row);
    ++out[meant].meant;
    ++out[said].said;
    if (meant == said) ++out[meant].right;
  }
  return out;
}

double mean_of(const Classes& classes, double (Counts::*score)() const, bool only_meant) {
  double sum = 0;
  double size = 0;
  for (const auto& [name, counts] : classes) {
    if (only_meant && counts.meant == 0) continue;
    sum += (counts.*score)();
    ++size;
  }
  return size == 0 ? 0 : sum / size;
}

double share_right(const Classes& classes, std::size_t rows) {
  double right = 0;
  for (const auto& [name, counts] : classes) right += counts.right;
  return rows == 0 ? 0 : right / static_cast<double>(rows);
}

/// Of class 1; there may be no others than 0 and 1.
Result<double> binary(const Classes& classes, double (Counts::*score)() const,
                      std::string_view name) {
  for (const auto& [each, counts] : classes) {
    if (each == 0 || each == 1) continue;
    return fail(Reason::invalid_argument,
                std::format("Target is multiclass but average='binary': the metric `{}` is for two "
                            "classes; choose `{}_macro` or `{}_micro`",
                            name, name, name));
  }
  const auto at = classes.find(1);
  return at == classes.end() ? 0.0 : (at->second.*score)();
}

Result<double> of_classes(std::string_view name, const Classes& classes, std::size_t rows) {
  if (name == "accuracy") return share_right(classes, rows);
  if (name == "balanced_accuracy") return mean_of(classes, &Counts::recall, true);
  if (name == "f1" || name == "f1_macro") return mean_of(classes, &Counts::f1, false);
  if (name == "precision_macro") return mean_of(classes, &Counts::precision, false);
  if (name == "recall_macro") return mean_of(classes, &Counts::recall, false);
  // With one class a row both are the share that is right.
  if (name == "precision_micro" || name == "recall_micro") return share_right(classes, rows);
  if (name == "f1_binary") return binary(classes, &Counts::f1, "f1");
  if (name == "precision") return binary(classes, &Counts::precision, name);
  if (name == "recall") return binary(classes, &Counts::recall, name);
  return fail(Reason::invalid_argument, std::format("`{}` is no metric", name));
}

Result<double> of_numbers(std::string_view name, std::span<const float> said,
                          std::span<const float> labels) {
  double mean = 0;
  for (const float label : labels) mean += label;
  mean /= static_cast<double>(labels.size());
  double errors = 0;
  double spread = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    errors += std::pow(static_cast<double>(labels[row]) - said[row], 2);
    spread += std::pow(labels[row] - mean, 2);
  }
  if (name == "mse") return errors / static_cast<double>(labels.size());
  // scikit-learn: with labels that are all alike, right is 1 and wrong is 0.
  if (spread == 0) return errors == 0 ? 1.0 : 0.0;
  return 1 - errors / spread;
}

}  // namespace

Result<double> own_metric(std::string_view name, Margins margins, std::span<const float> labels) {
  if (labels.empty()) return 0.0;
  if (margins.values.size() != labels.size() * margins.width) {
    return fail(Reason::internal,
                std::format("{} predictions for {} labels", margins.values.size(), labels.size()));
  }
  if (name != "mse" && name != "r2") return of_classes(name, count(margins, labels), labels.size());
  if (margins.width != 1) {
    return fail(Reason::invalid_argument,
                std::format("the metric `{}` is for one prediction a row", name));
  }
  return of_numbers(name, margins.values, labels);
}

}  // namespace weft::ml::xgboost
