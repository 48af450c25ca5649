#include "weft/adapters/openai/contexts.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/hub/testing.h"

namespace weft::adapters::openai {
namespace {

using model::Turn;

constexpr Milliseconds kHour{3'600'000};

Turn turn(model::Role role, std::string text) {
  Turn t{.role = role};
  t.parts.push_back(model::Part::text(std::move(text)));
  return t;
}
Turn user(std::string text) { return turn(model::Role::user, std::move(text)); }
Turn assistant(std::string text) { return turn(model::Role::assistant, std::move(text)); }

TEST(Contexts, WhatIsTakenIsKeptNoMore) {
  Contexts contexts(4, kHour);
  const SteadyTime now{};
  contexts.keep("a", ContextId("1"), now);
  contexts.keep("a", ContextId("2"), now);
  EXPECT_EQ(contexts.take("a", now), ContextId("2"));
  EXPECT_TRUE(contexts.take("a", now).empty());
}

TEST(Contexts, TheOldestAreForgottenFirst) {
  Contexts contexts(4, kHour);
  const SteadyTime now{};
  for (int i = 0; i < 6; ++i) contexts.keep(std::format("{}", i), ContextId("c"), now);
  EXPECT_TRUE(contexts.take("0", now).empty());
  EXPECT_TRUE(contexts.take("1", now).empty());
  EXPECT_FALSE(contexts.take("2", now).empty());
  EXPECT_FALSE(contexts.take("5", now).empty());
}

TEST(Contexts, WhatIsOldIsForgotten) {
  Contexts contexts(4, kHour);
  const SteadyTime now{};
  contexts.keep("a", ContextId("1"), now);
  contexts.keep("b", ContextId("2"), now + kHour);
  EXPECT_FALSE(contexts.take("b", now + kHour + kHour).empty());
  EXPECT_TRUE(contexts.take("a", now + kHour + kHour).empty());
}

class Continuations : public ::testing::Test {
 protected:
  static model::Call call(std::vector<Turn> turns, std::string who = "ada",
                          std::string skill = "talk") {
    model::Call out;
    out.solution = SolutionId("clinic");
    out.skill = SkillId(std::move(skill));
    out.principal.name = std::move(who);
    out.turns = std::move(turns);
    return out;
  }
  /// Runs one turn that is answered; gives its context.
  ContextId say(const model::Call& one, const std::string& answer) {
    Continuation continuation(contexts, clock);
    const ContextId context = continuation.begin(one, random);
    continuation.answered(one, assistant(answer));
    return context;
  }
  hub::testing::FakeClock clock;
  hub::testing::FakeRandom random;
  Contexts contexts{16, kHour};
};

TEST_F(Continuations, AReplayedConversationKeepsItsContext) {
  std::vector<Turn> turns{turn(model::Role::system, "be brief"), user("hi")};
  const ContextId first = say(call(turns), "good day");
  EXPECT_FALSE(first.empty());
  turns.push_back(assistant("good day"));
  turns.push_back(user("and now?"));
  EXPECT_EQ(say(call(turns), "now this"), first);
  turns.push_back(assistant("now this"));
  turns.push_back(user("and then?"));
  EXPECT_EQ(say(call(turns), "that"), first);
}

TEST_F(Continuations, OtherWordsOtherPeopleAndOtherSkillsBeginAnew) {
  const ContextId first = say(call({user("hi")}), "good day");
  EXPECT_NE(say(call({user("hi"), assistant("good night"), user("x")}), "a"), first);
  EXPECT_NE(say(call({user("hi"), assistant("good day"), user("x")}, "bob"), "a"), first);
  EXPECT_NE(say(call({user("hi"), assistant("good day"), user("x")}, "ada", "sing"), "a"), first);
  // The solution is told the last turn alone, so all before it must be known.
  EXPECT_NE(say(call({user("hi"), assistant("good day"), user("x"), user("y")}), "a"), first);
  EXPECT_EQ(say(call({user("hi"), assistant("good day"), user("x")}), "a"), first);
}

TEST_F(Continuations, TwoBranchesDoNotShareAContext) {
  const ContextId first = say(call({user("hi")}), "good day");
  const auto branch = call({user("hi"), assistant("good day"), user("x")});
  EXPECT_EQ(say(branch, "a"), first);
  EXPECT_NE(say(branch, "b"), first);
}

TEST_F(Continuations, WhatFailedIsTriedAgainInItsContext) {
  const ContextId first = say(call({user("hi")}), "good day");
  const auto next = call({user("hi"), assistant("good day"), user("x")});
  {
    Continuation failed(contexts, clock);
    EXPECT_EQ(failed.begin(next, random), first);
  }
  {
    Continuation asks(contexts, clock);
    EXPECT_EQ(asks.begin(next, random), first);
    asks.parked();
  }
  EXPECT_NE(say(next, "a"), first);
}

}  // namespace
}  // namespace weft::adapters::openai
