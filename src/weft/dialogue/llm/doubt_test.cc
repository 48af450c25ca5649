#include "weft/dialogue/llm/doubt.h"

#include <gtest/gtest.h>

#include "weft/dialogue/llm/testing/town.h"

namespace weft::dialogue {
namespace {

class DoubtTest : public ::testing::Test {
 protected:
  Doubt say(std::string_view utterance) {
    const Conversation before = c_;
    (void)concierge_.hear(c_, utterance, testing::kNow);
    const Doubt out = doubt_of(before, c_, utterance, *town_, testing::reader());
    std::vector<std::string> told;
    (void)concierge_.next(c_, told);
    return out;
  }

  std::shared_ptr<const Repertoire> town_ = testing::town();
  Concierge concierge_{town_, testing::read_values()};
  Conversation c_;
};

TEST_F(DoubtTest, ClearTurnsStayHere) {
  for (const char* clear :
       {"please pay 20 dollars to Mary", "pay somebody", "what is my balance",
        "what is the weather in Bonn tomorrow", "get me a taxi to Central Station",
        "pay 20 dollars to Mary and get me a taxi to Central Station", "help", "yes",
        "never mind"}) {
    c_ = {};
    EXPECT_EQ(to_string(say(clear)), "none") << clear;
  }
}

TEST_F(DoubtTest, ClearAnswersStayHere) {
  EXPECT_EQ(say("pay somebody"), Doubt::none);
  EXPECT_EQ(say("Mary"), Doubt::none);
  EXPECT_EQ(say("mmm well now"), Doubt::answer);
  EXPECT_EQ(say("help"), Doubt::none);
  EXPECT_EQ(say("20 dollars"), Doubt::none);
}

TEST_F(DoubtTest, WhatTheRouterIsNotSureOfIsInDoubt) {
  const Doubt nobody = say("sing a song for my grandmother");
  EXPECT_EQ(nobody, Doubt::nobody);
  c_ = {};
  Conversation asked;
  asked.pending = {.kind = Pending::Kind::skill,
                   .slots = {},
                   .skills = {"bank/pay", "bank/balance"},
                   .text = "Which?",
                   .heard = "money"};
  EXPECT_EQ(doubt_of(c_, asked, "money", *town_, testing::reader()), Doubt::skill);
  EXPECT_EQ(doubt_of(asked, asked, "the blue one", *town_, testing::reader()), Doubt::answer);
}

TEST_F(DoubtTest, TwoValuesForOneSlotAreAConflict) {
  EXPECT_EQ(say("pay 20 or 30 dollars to Mary"), Doubt::conflict);
}

TEST_F(DoubtTest, MoreWordsThanAClearSentenceHas) {
  std::string text = "please pay 20 dollars to Mary";
  for (int i = 0; i < 40; ++i) text += " soon";
  EXPECT_EQ(say(text), Doubt::length);
}

}  // namespace
}  // namespace weft::dialogue
