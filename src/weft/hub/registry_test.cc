#include "weft/hub/registry.h"

#include <gtest/gtest.h>

#include <thread>

#include "weft/hub/limits.h"
#include "weft/hub/testing.h"

namespace weft::hub {
namespace {

std::shared_ptr<const Entry> entry(std::string id, std::vector<model::Skill> skills = {}) {
  return testing::fake_solution(std::move(id), nullptr, std::move(skills));
}

TEST(Registry, KeepsSolutionsInOrder) {
  Registry registry;
  int changes = 0;
  registry.on_change([&](const Snapshot&) { ++changes; });
  for (const char* id : {"taxi", "bank", "clinic"}) ASSERT_TRUE(registry.add(entry(id)));
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(snapshot->entries[0]->solution->id.str(), "bank");
  EXPECT_NE(snapshot->find("clinic"), nullptr);
  EXPECT_EQ(snapshot->find("cli"), nullptr);
  EXPECT_TRUE(registry.remove(SolutionId("bank")));
  EXPECT_EQ(registry.snapshot()->find("bank"), nullptr);
  EXPECT_NE(snapshot->find("bank"), nullptr) << "who holds a snapshot keeps what was in it";
  EXPECT_EQ(changes, 4);
  EXPECT_EQ(registry.snapshot()->version, 4U);
  EXPECT_EQ(registry.remove(SolutionId("bank")).error().reason, Reason::solution_not_found);
}

TEST(Registry, RefusesNamesThatAreTakenOrUnfit) {
  Registry registry;
  ASSERT_TRUE(registry.add(entry("bank")));
  const auto taken = registry.add(entry("bank"));
  EXPECT_EQ(taken.error().code, Code::already_exists);
  EXPECT_NE(taken.error().message.find("--as NAME"), std::string::npos);
  for (const std::string id : {"", "Bank", "a_b", "a/b", "a b"})
    EXPECT_FALSE(registry.add(entry(id))) << id;
  EXPECT_FALSE(registry.add(entry(std::string(41, 'a'))));
}

TEST(Registry, HasRoomForSoMany) {
  Registry registry;
  EXPECT_FALSE(registry.add(entry("big", std::vector<model::Skill>(kSkillsPerSolutionMax + 1))));
  for (std::size_t i = 0; i < kSolutionsMax; ++i)
    ASSERT_TRUE(registry.add(entry(std::format("s{}", i))));
  EXPECT_FALSE(registry.add(entry("one-more")));
}

TEST(Registry, AnUpdateKeepsCountersAndCompilesAnew) {
  Registry registry;
  ASSERT_TRUE(registry.add(
      entry("bank", {testing::fake_skill("pay", model::Shape::invoke, R"({"type":"object"})")})));
  const auto before = registry.snapshot()->find_shared("bank");
  before->counters->calls = 7;
  EXPECT_NE(*before->input_schema(before->solution->skills[0]), nullptr);
  auto newer = std::make_shared<model::Solution>(*before->solution);
  newer->skills[0].input_schema = json::parse(R"({"type":"string"})").value();
  ASSERT_TRUE(registry.update(SolutionId("bank"), newer));
  const auto after = registry.snapshot()->find_shared("bank");
  EXPECT_EQ(after->counters->calls, 7U);
  const auto schema = after->input_schema(after->solution->skills[0]);
  ASSERT_TRUE(schema);
  EXPECT_FALSE((*schema)->check(json::value("text")));
  EXPECT_TRUE((*before->input_schema(before->solution->skills[0]))->check(json::value("text")));
  auto stranger = std::make_shared<model::Solution>(*newer);
  stranger->id = SolutionId("ghost");
  EXPECT_FALSE(registry.update(SolutionId("ghost"), stranger));
}

TEST(Registry, AnotherInItsPlaceIsThereAtOnce) {
  Registry registry;
  const auto first = entry("a");
  ASSERT_FALSE(registry.replace(first).has_value());
  ASSERT_TRUE(registry.add(first).has_value());
  const auto second = entry("a");
  ASSERT_TRUE(registry.replace(second).has_value());
  EXPECT_EQ(registry.snapshot()->find("a"), second.get());
  EXPECT_EQ(registry.snapshot()->entries.size(), 1U);
}

TEST(Registry, IsReadWhileItChanges) {
  Registry registry;
  ASSERT_TRUE(registry.add(
      entry("fixed", {testing::fake_skill("a", model::Shape::invoke, R"({"type":"object"})")})));
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      const auto held = registry.snapshot()->find_shared("fixed");
      ASSERT_NE(held, nullptr);
      ASSERT_TRUE(held->input_schema(held->solution->skills[0]));
    }
  });
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(registry.add(entry("other")));
    ASSERT_TRUE(registry.remove(SolutionId("other")));
  }
  done = true;
  reader.join();
}

}  // namespace
}  // namespace weft::hub
