#include "weft/ml/jobs/metric_scan.h"

#include <gtest/gtest.h>

namespace weft::ml {
namespace {

std::vector<MetricPoint> scan(std::string pattern, std::string_view line) {
  const auto made = MetricScan::create({{.name = "m", .pattern = std::move(pattern)}});
  EXPECT_TRUE(made.has_value()) << made.error().message;
  return made ? made->scan(line, 7) : std::vector<MetricPoint>();
}

TEST(MetricScan, AsSagemakersExpressionsAreWritten) {
  const auto points = scan(R"(.*\[[0-9]+\].*#011validation-rmse:(\S+))",
                           "[12]\ttrain-rmse:1.61\tvalidation-rmse:2.27984");
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0], (MetricPoint{.name = "m", .value = 2.27984, .at_ms = 7}));
  EXPECT_EQ(scan(R"(\tvalidation-rmse:(\S+))", "[1]\tvalidation-rmse:3").at(0).value, 3);
  EXPECT_EQ(scan("loss=([0-9.e-]+);", "epoch 3 loss=1.5e-3; done").at(0).value, 0.0015);
}

TEST(MetricScan, WhatIsNoNumberIsNone) {
  EXPECT_TRUE(scan("loss=(.*)", "loss=nan").empty());
  EXPECT_TRUE(scan("loss=(.*)", "loss=1,5").empty());
  EXPECT_TRUE(scan("loss=(.*)", "accuracy=1").empty());
  EXPECT_TRUE(scan("loss=([0-9]*)", "loss=").empty());
}

TEST(MetricScan, WhatCannotBeUsedIsNamed) {
  const auto why = [](std::string pattern) {
    const auto made = MetricScan::create({{.name = "m", .pattern = std::move(pattern)}});
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(why("a(b"), "metric m: the regular expression `a(b` cannot be used: missing ): a(b");
  EXPECT_TRUE(why("loss").ends_with("has no group (…) to take the value from"));
  EXPECT_TRUE(why("(?<!a)(b)").starts_with("metric m: "));
}

TEST(MetricScan, WhatAnAlgorithmsLogTellsByItself) {
  constexpr LoggedMetric kLogged[] = {
      {.name = R"(\1:\2)", .pattern = R"(\t(train|validation)-([^\s:]+):(\S+))"},
      {.name = "speed", .pattern = R"(speed (\d+))"}};
  const auto made =
      MetricScan::create({{.name = "train:auc", .pattern = "auc is ([0-9.]+)"}}, kLogged);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(
      made->scan("[3]\ttrain-rmse:0.5\tvalidation-error@0.7:0.25\ttrain-mae:nan", 7),
      (std::vector<MetricPoint>{{.name = "train:rmse", .value = 0.5, .at_ms = 7},
                                {.name = "validation:error@0.7", .value = 0.25, .at_ms = 7}}));
  EXPECT_EQ(made->scan("speed 12", 1).at(0).name, "speed");
  EXPECT_EQ(made->scan("[3]\ttrain-auc:0.5", 1).size(), 0U) << "the job says where that one is";
  EXPECT_EQ(made->scan("auc is 0.75", 1).at(0).value, 0.75);
}

// An expression that takes for ever elsewhere.
TEST(MetricScan, LongLinesTakeNoLonger) {
  EXPECT_TRUE(scan("(a+)+$", std::string(100'000, 'a') + "b").empty());
}

}  // namespace
}  // namespace weft::ml
