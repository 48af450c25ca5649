#include "weft/ml/tags.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <format>
#include <thread>

#include "weft/base/testing/run.h"
#include "weft/store/memory_tables.h"

namespace weft::ml {
namespace {

using weft::testing::run;

TEST(Tags, AddedAndTakenAway) {
  store::MemoryTables tables;
  Tags tags(tables);
  ASSERT_TRUE(run(tags.start()).has_value());
  EXPECT_EQ(tags.of("ann", "endpoint/e"), TagMap{});
  ASSERT_TRUE(run(tags.add("ann", "endpoint/e", {{"team", "risk"}, {"cost", "5"}})).has_value());
  ASSERT_TRUE(run(tags.add("ann", "endpoint/e", {{"cost", "6"}})).has_value());
  EXPECT_EQ(tags.of("ann", "endpoint/e"), (TagMap{{"team", "risk"}, {"cost", "6"}}));
  EXPECT_EQ(tags.of("ben", "endpoint/e"), TagMap{}) << "another's are another's";
  EXPECT_EQ(tags.of("ann", "model/e"), TagMap{});
  ASSERT_TRUE(run(tags.remove("ann", "endpoint/e", {"cost", "none"})).has_value());
  EXPECT_EQ(tags.of("ann", "endpoint/e"), (TagMap{{"team", "risk"}}));

  Tags again(tables);
  ASSERT_TRUE(run(again.start()).has_value());
  EXPECT_EQ(again.of("ann", "endpoint/e"), (TagMap{{"team", "risk"}}));
  ASSERT_TRUE(run(again.forget("ann", "endpoint/e")).has_value());
  ASSERT_TRUE(run(again.forget("ann", "endpoint/none")).has_value());
  Tags last(tables);
  ASSERT_TRUE(run(last.start()).has_value());
  EXPECT_EQ(last.of("ann", "endpoint/e"), TagMap{});
}

TEST(Tags, FiftyAndNoMore) {
  store::MemoryTables tables;
  Tags tags(tables);
  ASSERT_TRUE(run(tags.start()).has_value());
  TagMap many;
  for (int i = 0; i < 50; ++i) many[std::format("k{}", i)] = "v";
  ASSERT_TRUE(run(tags.add("ann", "model/m", many)).has_value());
  EXPECT_TRUE(run(tags.add("ann", "model/m", {{"k0", "w"}})).has_value()) << "it was there";
  const auto more = run(tags.add("ann", "model/m", {{"x", "1"}}));
  ASSERT_FALSE(more.has_value());
  EXPECT_EQ(more.error().message, "51 tags on `model/m`; at most 50 can be");
  EXPECT_EQ(tags.of("ann", "model/m").size(), 50U);
}

TEST(Tags, ChangesFromSeveralLoopsAreAllThere) {
  store::MemoryTables tables;
  Tags tags(tables);
  boost::asio::io_context home;
  auto guard = boost::asio::make_work_guard(home);
  std::optional<Result<void>> started;
  weft::testing::start(home, weft::testing::keep(tags.start(), started));
  while (!started) home.run_one();
  std::thread thread([&] { home.run(); });
  std::vector<std::thread> others;
  for (int t = 0; t < 4; ++t) {
    others.emplace_back([&tags, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string key = std::format("{}.{}", t, i);
        EXPECT_TRUE(run(tags.add("ann", "model/m", {{key, "1"}})).has_value());
      }
    });
  }
  for (std::thread& each : others) each.join();
  EXPECT_EQ(tags.of("ann", "model/m").size(), 40U);
  guard.reset();
  thread.join();
}

}  // namespace
}  // namespace weft::ml
