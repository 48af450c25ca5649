#include "weft/adapters/mcp/sessions.h"

#include <gtest/gtest.h>

#include <format>

namespace weft::adapters::mcp {
namespace {

class TurnedClock final : public Clock {
 public:
  std::int64_t unix_ms() const override { return now; }
  SteadyTime steady() const override { return SteadyTime(std::chrono::milliseconds(now)); }
  std::int64_t now = 1'000;
};

class SessionsTest : public ::testing::Test {
 protected:
  SessionFacts facts(std::string name, std::string mount = "") {
    SessionFacts f;
    f.principal.name = std::move(name);
    f.mount = std::move(mount);
    return f;
  }
  model::Principal who(std::string name) { return model::Principal{std::move(name), "", false}; }

  TurnedClock clock;
  SystemRandom random;
  Sessions sessions{clock, random};
};

TEST_F(SessionsTest, AreSeenByTheirOwnerAlone) {
  auto session = sessions.create(facts("ann", "shop"));
  ASSERT_TRUE(session);
  const std::string id = (*session)->facts().id;
  EXPECT_TRUE(sessions.find(id, who("ann"), "shop"));
  EXPECT_FALSE(sessions.find(id, who("bob"), "shop"));
  EXPECT_FALSE(sessions.find(id, who("ann"), ""));
  EXPECT_FALSE(sessions.find("nope", who("ann"), "shop"));
  sessions.remove(id);
  EXPECT_FALSE(sessions.find(id, who("ann"), "shop"));
  EXPECT_TRUE((*session)->general()->closed());
}

TEST_F(SessionsTest, EndWhenIdle) {
  auto session = sessions.create(facts("ann"));
  const std::string id = (*session)->facts().id;
  clock.now += kSessionIdleMs - 1;
  EXPECT_TRUE(sessions.find(id, who("ann"), ""));
  clock.now += kSessionIdleMs;
  EXPECT_FALSE(sessions.find(id, who("ann"), ""));
  EXPECT_EQ(sessions.size(), 0U);
}

TEST_F(SessionsTest, AreNotIdleWhileTheyAreUsed) {
  auto session = sessions.create(facts("ann"));
  const std::string id = (*session)->facts().id;
  auto reader = sessions.find(id, who("ann"), "");
  clock.now += 2 * kSessionIdleMs;
  EXPECT_TRUE(sessions.find(id, who("ann"), ""));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(sessions.create(facts("bob")));
  EXPECT_TRUE(sessions.find(id, who("ann"), "")) << "the idle ones were looked for";
  clock.now += 2 * kSessionIdleMs;
  reader.reset();
  EXPECT_TRUE(sessions.find(id, who("ann"), "")) << "used till then";
  clock.now += kSessionIdleMs;
  EXPECT_FALSE(sessions.find(id, who("ann"), ""));
}

TEST_F(SessionsTest, TheOldestOfAKeyGivesWay) {
  auto bob = sessions.create(facts("bob"));
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kSessionsPerKeyMax; ++i) {
    ++clock.now;
    ids.push_back((*sessions.create(facts("ann")))->facts().id);
  }
  const auto used = sessions.find(ids[0], who("ann"), "");
  ASSERT_TRUE(sessions.create(facts("ann")));
  EXPECT_EQ(sessions.size(), kSessionsPerKeyMax + 1);
  EXPECT_TRUE(sessions.find(ids[0], who("ann"), "")) << "in use";
  EXPECT_FALSE(sessions.find(ids[1], who("ann"), ""));
  EXPECT_TRUE(sessions.find(ids[2], who("ann"), ""));
  EXPECT_TRUE(sessions.find((*bob)->facts().id, who("bob"), "")) << "older, and another's";
}

TEST_F(SessionsTest, AreRefusedWhenAllAreInUse) {
  std::vector<std::shared_ptr<Session>> used;
  for (std::size_t i = 0; i < kSessionsPerKeyMax; ++i) {
    auto session = sessions.create(facts("ann"));
    used.push_back(sessions.find((*session)->facts().id, who("ann"), ""));
  }
  auto refused = sessions.create(facts("ann"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::rate_limited);
  EXPECT_TRUE(sessions.create(facts("bob")));
}

TEST_F(SessionsTest, AKeyWithoutAnyGetsOneOfTheOthers) {
  for (std::size_t i = 0; i < kSessionsMax; ++i) {
    ++clock.now;
    ASSERT_TRUE(sessions.create(facts(std::format("key{}", i % 4))));
  }
  auto session = sessions.create(facts("ann"));
  ASSERT_TRUE(session);
  EXPECT_EQ(sessions.size(), kSessionsMax);
  clock.now += kSessionIdleMs;
  EXPECT_TRUE(sessions.create(facts("ann")));
  EXPECT_EQ(sessions.size(), 1U);
}

TEST_F(SessionsTest, CancelReachesTheRequest) {
  boost::asio::io_context io;
  Session session(facts("ann"));
  auto source = std::make_shared<CancelSource>();
  ASSERT_TRUE(session.began(json::value(7), io.get_executor(), source));
  EXPECT_FALSE(session.began(json::value(7), io.get_executor(), source));
  session.cancel(json::value("7"));
  io.run();
  EXPECT_FALSE(source->cancelled());
  session.cancel(json::value(7));
  io.restart();
  io.run();
  EXPECT_TRUE(source->cancelled());
}

TEST(ReplayTest, GivesWhatCameAfter) {
  Replay replay("s1");
  EXPECT_EQ(replay.append("a"), "s1.1");
  EXPECT_EQ(replay.append("b"), "s1.2");
  bool over = true;
  const auto items = replay.after(1, over);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].text, "b");
  EXPECT_FALSE(over);
  replay.close();
  EXPECT_TRUE(replay.after(2, over).empty());
  EXPECT_TRUE(over);
}

TEST(ReplayTest, KeepsAtMostItsLimit) {
  Replay replay("s1");
  for (int i = 0; i < 100; ++i) replay.append(std::string(kReplayBytesMax / 10, 'x'));
  bool over = false;
  EXPECT_LE(replay.after(0, over).size(), 11U);
  EXPECT_EQ(replay.head(), 100U);
}

TEST(ReplayTest, EventIdsAreTakenApart) {
  const auto id = parse_event_id("s12.7");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->stream, "s12");
  EXPECT_EQ(id->seq, 7U);
  for (const std::string_view bad :
       {"", ".", "s1", "s1.", ".1", "s1.x", "s1.1x", "s1.99999999999999999999"}) {
    EXPECT_FALSE(parse_event_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace weft::adapters::mcp
