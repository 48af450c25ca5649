#include "weft/ml/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "weft/base/testing/run.h"
#include "weft/ml/limits.h"
#include "weft/store/testing/directory.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;
using weft::testing::run;

MetricKey key(std::string name, std::string job = "j", std::string owner = "ann") {
  return {.owner = std::move(owner),
          .space = std::string(kTrainingMetrics),
          .name = std::move(name),
          .dimensions = {{std::string(kTrainingDimension), std::move(job)}}};
}

struct Kept {
  store::testing::TemporaryDirectory folder;
  SystemClock clock;
  std::optional<Metrics> metrics{std::in_place, clock, folder.path()};
  /// Another life of the hub.
  void again() {
    metrics.reset();
    metrics.emplace(clock, folder.path());
  }
};

constexpr std::int64_t kNoon = 1'732'017'600'000;

TEST(Metrics, CountedByTheMinute) {
  Kept kept;
  const MetricKey calls{.owner = "ann",
                        .space = "AWS/SageMaker",
                        .name = "ModelLatency",
                        .dimensions = {{"EndpointName", "e"}, {"VariantName", "v"}}};
  const auto series = kept.metrics->series(calls);
  series->add(10, kNoon);
  series->add(30, kNoon + 59'999);
  series->add(5, kNoon + 60'000);
  series->add(1, kNoon + 1);  // late, in the minute before
  EXPECT_EQ(kept.metrics->sums(calls, kNoon, kNoon + 120'000, 60),
            (std::vector<MetricSum>{
                {.begin_ms = kNoon, .sum = 41, .min = 1, .max = 30, .count = 3},
                {.begin_ms = kNoon + 60'000, .sum = 5, .min = 5, .max = 5, .count = 1}}));
  EXPECT_EQ(
      kept.metrics->sums(calls, kNoon, kNoon + 120'000, 300),
      (std::vector<MetricSum>{{.begin_ms = kNoon, .sum = 46, .min = 1, .max = 30, .count = 4}}));
  EXPECT_EQ(kept.metrics->sums(calls, kNoon + 60'000, kNoon + 60'001, 60).size(), 1U);
  EXPECT_EQ(kept.metrics->series(calls), series) << "one series a key";
  MetricKey other = calls;
  other.owner = "ben";
  EXPECT_TRUE(kept.metrics->sums(other, kNoon, kNoon + 120'000, 60).empty());
}

TEST(Metrics, MemoryIsBounded) {
  Kept kept;
  const MetricKey calls = key("Invocations");
  const auto series = kept.metrics->series(calls);
  const auto minutes = static_cast<std::int64_t>(kMetricMinutesMax) + 10;
  for (std::int64_t i = 0; i < minutes; ++i) series->add(1, kNoon + i * 60'000);
  const auto sums = kept.metrics->sums(calls, 0, kNoon + minutes * 60'000, 60);
  ASSERT_EQ(sums.size(), kMetricMinutesMax);
  EXPECT_EQ(sums.front().begin_ms, 0 + (kNoon + 10 * 60'000)) << "the oldest go";
}

TEST(Metrics, ACurveSurvivesARestart) {
  Kept kept;
  const MetricKey rmse = key("validation:rmse");
  ASSERT_TRUE(kept.metrics->add_point(rmse, 2.5, kNoon + 1).has_value());
  ASSERT_TRUE(kept.metrics->add_point(rmse, 1.5, kNoon + 400).has_value());
  ASSERT_TRUE(kept.metrics->add_point(rmse, 1e-300, kNoon + 1'200).has_value());
  const std::vector<MetricValue> curve = {
      {kNoon + 1, 2.5}, {kNoon + 400, 1.5}, {kNoon + 1'200, 1e-300}};
  EXPECT_EQ(kept.metrics->points(rmse), curve) << "seen at once, written or not";
  kept.again();
  EXPECT_EQ(kept.metrics->points(rmse), curve);
  EXPECT_EQ(
      kept.metrics->sums(rmse, kNoon, kNoon + 60'000, 1),
      (std::vector<MetricSum>{
          {.begin_ms = kNoon, .sum = 4, .min = 1.5, .max = 2.5, .count = 2},
          {.begin_ms = kNoon + 1'000, .sum = 1e-300, .min = 1e-300, .max = 1e-300, .count = 1}}));
  ASSERT_TRUE(kept.metrics->add_point(rmse, 1, kNoon + 2'000).has_value());
  EXPECT_EQ(kept.metrics->points(rmse).size(), 4U);
  EXPECT_EQ(run(kept.metrics->read_sums(rmse, kNoon, kNoon + 60'000, 60))->at(0).count, 4U);
  EXPECT_EQ(run(kept.metrics->read_points(rmse)).value(), kept.metrics->points(rmse));
  EXPECT_TRUE(run(kept.metrics->read_points(key("none")))->empty());
}

TEST(Metrics, ALineThatACrashCutShortIsLeftOut) {
  Kept kept;
  const MetricKey rmse = key("rmse");
  ASSERT_TRUE(kept.metrics->add_point(rmse, 2.5, 17).has_value());
  kept.metrics.reset();
  fs::path file;
  for (const auto& each : fs::recursive_directory_iterator(kept.folder.path())) {
    if (each.is_regular_file()) file = each.path();
  }
  std::ofstream(file, std::ios::app) << "18 1.";
  std::ofstream(file, std::ios::app) << "\n19";
  kept.metrics.emplace(kept.clock, kept.folder.path());
  ASSERT_TRUE(kept.metrics->add_point(rmse, 0.5, 20).has_value());
  kept.again();
  EXPECT_EQ(kept.metrics->points(rmse), (std::vector<MetricValue>{{17, 2.5}, {18, 1}, {20, 0.5}}));
}

TEST(Metrics, ListsWhatThereIs) {
  Kept kept;
  const MetricKey odd{.owner = "ann/../ben",
                      .space = "my/space",
                      .name = std::string(200, '/') + "&=\x01",
                      .dimensions = {{"a=b", "c&d/.."}, {"", ""}},
                      .unit = "Bytes/Second"};
  ASSERT_TRUE(kept.metrics->add_point(key("rmse"), 1, kNoon).has_value());
  ASSERT_TRUE(kept.metrics->add_point(key("auc"), 1, kNoon).has_value());
  ASSERT_TRUE(kept.metrics->add_point(key("auc", "k"), 1, kNoon).has_value());
  ASSERT_TRUE(kept.metrics->add_point(key("auc", "j", "ben"), 1, kNoon).has_value());
  ASSERT_TRUE(kept.metrics->add_point(odd, 1, kNoon).has_value());
  for (int life = 0; life < 2; ++life) {
    using Keys = std::vector<MetricKey>;
    EXPECT_EQ(kept.metrics->list("ann", kTrainingMetrics, "", {}),
              (Keys{key("auc"), key("auc", "k"), key("rmse")}));
    EXPECT_EQ(kept.metrics->list("ann", kTrainingMetrics, "auc", {{"TrainingJobName", "k"}}),
              Keys{key("auc", "k")});
    EXPECT_EQ(kept.metrics->list("ann", "", "rmse", {}), Keys{key("rmse")});
    EXPECT_EQ(kept.metrics->list("cat", "", "", {}), Keys{});
    EXPECT_EQ(kept.metrics->list("ann/../ben", "", "", {}), Keys{odd});
    EXPECT_EQ(kept.metrics->points(odd).size(), 1U);
    kept.again();
  }
  EXPECT_EQ(run(kept.metrics->read_list("ben", "", "", {}))->size(), 1U);
}

TEST(Metrics, AKeyThatIsTooLongIsRefused) {
  Kept kept;
  MetricKey long_one = key("x");
  long_one.dimensions["v"] = std::string(4'000, 'v');
  EXPECT_EQ(kept.metrics->add_point(long_one, 1, kNoon).error().code, code_of(Reason::too_large));
}

}  // namespace
}  // namespace weft::ml
