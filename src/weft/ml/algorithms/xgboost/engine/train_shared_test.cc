// The published figures, on the data they were measured with, where it is at hand.
#include <gtest/gtest.h>

#include <cmath>

#include "weft/ml/algorithms/xgboost/engine/library.h"
#include "weft/ml/algorithms/xgboost/engine/testing.h"

namespace weft::ml::xgboost {
namespace {

namespace fs = std::filesystem;
const fs::path kData = fs::path(WEFT_SOURCE) / "../shared/data/tabular";

void link(const fs::path& from, const fs::path& folder) {
  fs::copy_file(from, folder / from.filename());
}

/// The share of rows whose class the first `rounds` rounds say wrongly.
double error_of(Booster& booster, int rounds, const fs::path& folder) {
  auto first = booster.slice(rounds);
  auto files = RowFiles::open(folder, {.format = TableFormat::libsvm});
  Rows rows;
  EXPECT_TRUE(first && files && add_rows(*files, rows));
  const auto said = first->predict(rows);
  EXPECT_TRUE(said.has_value()) << said.error().message;
  double wrong = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    wrong += (said->values[i] > 0.5F) == (rows.labels[i] == 1) ? 0 : 1;
  return wrong / static_cast<double>(rows.rows());
}

TEST(XgboostFigures, Mushrooms) {
  if (!fs::exists(kData)) GTEST_SKIP() << "no data beside the checkout";
  Job job({{"num_round", "2"}, {"max_depth", "2"}, {"eta", "1"}, {"objective", "binary:logistic"}});
  link(kData / "agaricus.txt.train", job.channel("train", "libsvm"));
  const fs::path test = job.channel("validation", "libsvm");
  link(kData / "agaricus.txt.test", test);
  ASSERT_EQ(job.why(), "");
  auto booster = Booster::load(job.model());
  ASSERT_TRUE(booster.has_value());
  EXPECT_NEAR(error_of(*booster, 1, test), 0.04283, 5e-6);
  EXPECT_NEAR(error_of(*booster, 2, test), 0.02173, 5e-6);
}

TEST(XgboostFigures, Abalone) {
  if (!fs::exists(kData)) GTEST_SKIP() << "no data beside the checkout";
  for (const auto& [seed, expected] : {std::pair{"0", 2.280}, {"1", 2.308}, {"2", 2.270}}) {
    Job job({{"num_round", "50"},
             {"max_depth", "5"},
             {"eta", "0.2"},
             {"gamma", "4"},
             {"min_child_weight", "6"},
             {"subsample", "0.7"},
             {"objective", "reg:squarederror"},
             {"seed", seed}});
    const fs::path train = job.channel("train", "text/libsvm");
    link(kData / "abalone/abalone.train_0", train);
    link(kData / "abalone/abalone.train_1", train);
    const fs::path validation = job.channel("validation", "text/libsvm");
    link(kData / "abalone/abalone.validation", validation);
    ASSERT_EQ(job.why(), "");
    auto booster = Booster::load(job.model());
    auto files = RowFiles::open(validation, {.format = TableFormat::libsvm});
    Rows rows;
    ASSERT_TRUE(booster && files && add_rows(*files, rows));
    const auto said = booster->predict(rows);
    ASSERT_TRUE(said.has_value()) << said.error().message;
    double squares = 0;
    for (std::size_t i = 0; i < rows.rows(); ++i)
      squares += std::pow(static_cast<double>(said->values[i]) - rows.labels[i], 2);
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(rows.rows())), expected, 5e-4) << seed;
  }
}

}  // namespace
}  // namespace weft::ml::xgboost
