#include "weft/store/record.h"

#include <gtest/gtest.h>

#include "weft/store/chain.h"

namespace weft::store {
namespace {

TEST(Record, ComesBackFromItsTexts) {
  TaskRecord task;
  task.solution = SolutionId("bank");
  task.skill = SkillId("pay");
  task.effect = Effect::queryable;
  task.created_ms = 5;
  task.call = json::array{1, "x"};
  task.upstream = json::object{{"id", "u"}};
  task.state_blob = "b";
  TaskRecord again;
  ASSERT_TRUE(read_start(start_text(task).value(), again));
  ASSERT_TRUE(read_body(body_text(task).value(), again));
  EXPECT_EQ(again, task);
}

TEST(Record, RubbishIsDataLoss) {
  TaskRecord task;
  for (const char* text :
       {"", "{", "[]", "{}", R"({"effect":"pure"})", R"({"effect":"x","created":1})"}) {
    const auto read = read_start(text, task);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::data_loss);
  }
  EXPECT_FALSE(read_body("5", task));
}

TEST(Record, PageTokensLeadBack) {
  const PageToken token{1'795'424'400'007, "01ABC.x"};
  EXPECT_EQ(page_token_from(to_string(token)).value(), token);
  for (const char* text : {"", "5", "5.", ".a", "x.a", "99999999999999999999.a"}) {
    EXPECT_EQ(page_token_from(text).error().param, "page_token") << text;
  }
}

TEST(Record, EffectsHaveWords) {
  for (const Effect effect : {Effect::pure, Effect::keyed, Effect::queryable, Effect::one_shot}) {
    EXPECT_EQ(effect_from(to_string(effect)), effect);
  }
  EXPECT_EQ(effect_from("x"), std::nullopt);
}

TEST(Chain, EveryPartOfAnEventCounts) {
  const Hash start = chain_start("t1");
  const Hash one = link(start, "t1", 1, digest_of("k", 5, "p"));
  EXPECT_EQ(one, link(start, "t1", 1, digest_of("k", 5, "p")));
  EXPECT_NE(one, link(start, "t2", 1, digest_of("k", 5, "p")));
  EXPECT_NE(one, link(start, "t1", 2, digest_of("k", 5, "p")));
  EXPECT_NE(one, link(start, "t1", 1, digest_of("k", 6, "p")));
  EXPECT_NE(one, link(start, "t1", 1, digest_of("kp", 5, "")));
  EXPECT_NE(one, link(chain_start("t2"), "t1", 1, digest_of("k", 5, "p")));
}

}  // namespace
}  // namespace weft::store
