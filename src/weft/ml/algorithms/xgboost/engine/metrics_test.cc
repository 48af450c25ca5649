#include "weft/ml/algorithms/xgboost/engine/metrics.h"

#include <gtest/gtest.h>

#include "weft/ml/algorithms/xgboost/engine/folds.h"

#include <algorithm>
#include <set>

namespace weft::ml::xgboost {
namespace {

double score(std::string_view name, const std::vector<float>& margins, std::size_t width,
             const std::vector<float>& labels) {
  const auto out = own_metric(name, {.values = margins, .width = width}, labels);
  EXPECT_TRUE(out.has_value()) << out.error().message;
  return out.value_or(-1);
}

// The expected values are scikit-learn's (1.4.2).
TEST(XgboostMetrics, TwoClasses) {
  const std::vector<float> margins = {-1, 2, 3, -0.5, 0, 1};
  const std::vector<float> labels = {0, 1, 0, 1, 0, 1};
  EXPECT_DOUBLE_EQ(score("accuracy", margins, 1, labels), 4.0 / 6);
  EXPECT_DOUBLE_EQ(score("balanced_accuracy", margins, 1, labels), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score("f1", margins, 1, labels), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score("f1_binary", margins, 1, labels), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score("precision", margins, 1, labels), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score("recall", margins, 1, labels), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score("precision_micro", margins, 1, labels), 4.0 / 6);
}

TEST(XgboostMetrics, SeveralClasses) {
  // Said: 2, 0, 1, 0.
  const std::vector<float> margins = {0, 1, 2, 5, 1, 1, 0, 1, 0, 1, 0, 0};
  const std::vector<float> labels = {2, 0, 0, 1};
  EXPECT_DOUBLE_EQ(score("accuracy", margins, 3, labels), 0.5);
  EXPECT_DOUBLE_EQ(score("balanced_accuracy", margins, 3, labels), 0.5);
  EXPECT_DOUBLE_EQ(score("precision_macro", margins, 3, labels), 0.5);
  EXPECT_DOUBLE_EQ(score("recall_macro", margins, 3, labels), 0.5);
  EXPECT_DOUBLE_EQ(score("f1_macro", margins, 3, labels), 0.5);
  const auto binary = own_metric("precision", {.values = margins, .width = 3}, labels);
  ASSERT_FALSE(binary.has_value());
  EXPECT_TRUE(binary.error().message.contains("choose `precision_macro`"));
}

TEST(XgboostMetrics, Numbers) {
  const std::vector<float> said = {2.5, 0, 2, 8};
  const std::vector<float> labels = {3, -0.5, 2, 7};
  EXPECT_DOUBLE_EQ(score("mse", said, 1, labels), 0.375);
  EXPECT_NEAR(score("r2", said, 1, labels), 0.9486081370449679, 1e-12);
  EXPECT_DOUBLE_EQ(score("r2", {1, 1}, 1, {1, 1}), 1);
  EXPECT_DOUBLE_EQ(score("r2", {1, 2}, 1, {1, 1}), 0);
  EXPECT_FALSE(
      own_metric("mse", {.values = said, .width = 2}, std::vector<float>{1, 2}).has_value());
}

TEST(XgboostFolds, EachRowIsLeftOutOnce) {
  std::vector<float> labels(103, 0);
  for (std::size_t i = 0; i < 20; ++i) labels[i * 5] = 1;
  const auto folds = folds_of(labels, true, 5, 2, 7);
  ASSERT_EQ(folds.size(), 10U);
  for (std::size_t repeat = 0; repeat < 2; ++repeat) {
    std::set<int> seen;
    for (std::size_t fold = repeat * 5; fold < repeat * 5 + 5; ++fold) {
      const auto& [train, validation] = folds[fold];
      EXPECT_EQ(train.size() + validation.size(), labels.size());
      EXPECT_NEAR(static_cast<double>(validation.size()), 20.6, 1);
      const auto ones = std::ranges::count_if(
          validation, [&](int row) { return labels[static_cast<std::size_t>(row)] == 1; });
      EXPECT_EQ(ones, 4);
      for (const int row : validation) EXPECT_TRUE(seen.insert(row).second);
    }
    EXPECT_EQ(seen.size(), labels.size());
  }
  EXPECT_EQ(folds_of(labels, true, 5, 2, 7)[3].validation, folds[3].validation);
  EXPECT_NE(folds_of(labels, true, 5, 2, 8)[3].validation, folds[3].validation);
}

}  // namespace
}  // namespace weft::ml::xgboost
