#include "weft/dialogue/router/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/router/evaluation.h"
#include "weft/dialogue/router/words.h"

namespace weft::dialogue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<RoutedSkill> skills() {
  return {{.id = "taxi",
           .name = "order_taxi",
           .description = "Order a taxi to an address.",
           .examples = {"get me a cab", "I need a ride to the station", "call me a taxi home"}},
          {.id = "clinic",
           .name = "book_doctor",
           .description = "Book an appointment with a doctor.",
           .examples = {"I have a fever", "I want to see a doctor", "book a doctor for tomorrow"}},
          {.id = "bank",
           .name = "pay_bill",
           .description = "Pay a bill from an account.",
           .examples = {"pay my electricity", "transfer the rent", "pay this invoice"}}};
}

TEST(Words, AreLettersAndDigitsInLowerCase) {
  EXPECT_THAT(words_of("Don't pay 3.50 EUR -- 'now'!"),
              ElementsAre("don't", "pay", "3", "50", "eur", "now"));
  EXPECT_THAT(words_of("Jing'an 静安 caf\xc3\xa9"), ElementsAre("jing'an", "静安", "café"));
  EXPECT_THAT(words_of(""), IsEmpty());
  EXPECT_THAT(words_of("'' ... '"), IsEmpty());
  EXPECT_THAT(words_of(std::string(1'000'000, 'x')).front().size(), kUtteranceBytesMax);
}

TEST(Words, OfANameAreThoseThatItIsPutTogetherOf) {
  EXPECT_THAT(words_of_name("book_a_table"), ElementsAre("book", "a", "table"));
  EXPECT_THAT(words_of_name("BookATable"), ElementsAre("book", "a", "table"));
  EXPECT_THAT(words_of_name("parseHTTPAnswer2"), ElementsAre("parse", "http", "answer2"));
  EXPECT_THAT(words_of_name("_"), IsEmpty());
}

std::vector<Feature> features_of_text(std::string_view text) {
  return read_utterance(text).features;
}

TEST(Features, AreSortedAndEachOnce) {
  const auto features = features_of_text("to be or not to be");
  ASSERT_FALSE(features.empty());
  for (std::size_t i = 1; i < features.size(); ++i)
    EXPECT_LT(features[i - 1].hash, features[i].hash);
  EXPECT_EQ(features, features_of_text("TO BE, or not to be!"));
  EXPECT_THAT(features_of_text(" \t\n"), IsEmpty());
}

TEST(Router, FindsWhatIsMeant) {
  const auto router = Router::train(skills());
  ASSERT_TRUE(router) << router.error().message;
  EXPECT_EQ(router->rank("please get a taxi to the station").front().skill, 0U);
  EXPECT_EQ(router->rank("my fever is worse, can a doctor see me").front().skill, 1U);
  EXPECT_EQ(router->rank("pay the electricity bill").front().skill, 2U);
  EXPECT_EQ(router->rank("order taxi").size(), 3U);
}

TEST(Router, SaysWhatItIsNotSureOf) {
  auto router = *Router::train(skills());
  EXPECT_EQ(router.route("get me a cab").zone, Zone::go);
  EXPECT_EQ(router.route("zyx wvu").zone, Zone::decline);
  EXPECT_EQ(router.route("").zone, Zone::decline);
  EXPECT_LT(router.rank("").front().score, -1.0F) << "nothing in common";
  const std::vector<std::string> meant(20, "get me a cab");
  router.calibrate(meant);
  EXPECT_EQ(router.thresholds().low, router.rank("get me a cab").front().score);
  router.calibrate({});
  EXPECT_EQ(router.thresholds().low, router.rank("get me a cab").front().score);
}

TEST(Router, WordsThatMeanNearlyTheSameAreEvidence) {
  const std::vector<RoutedSkill> town{
      {.id = "bank", .name = "Balance", .description = "The balance of one account."},
      {.id = "clinic", .name = "Visit", .description = "A visit to a doctor."},
      {.id = "garage", .name = "Repair", .description = "Mends a bicycle."}};
  const Router router = *Router::train(town);
  const auto first = [&](std::string_view text) {
    const Routing routing = router.route(text);
    return routing.zone == Zone::decline ? "none" : town[routing.ranked.front().skill].id;
  };
  EXPECT_EQ(first("what is in my savings"), "bank");
  EXPECT_EQ(first("a dermatologist, please"), "clinic");
  EXPECT_EQ(first("how tall is the eiffel tower"), "none");
  EXPECT_EQ(first("who wrote the iliad"), "none");
}

TEST(Router, OneSkillAloneIsNotMeantByEverything) {
  const std::vector<RoutedSkill> taxi{
      {.id = "taxi", .name = "Order a taxi", .description = "A taxi to an address."}};
  const Router router = *Router::train(taxi);
  EXPECT_EQ(router.route("I need a cab").zone, Zone::go);
  EXPECT_EQ(router.route("what is the capital of peru").zone, Zone::decline);
}

TEST(Router, IsTheSameEachTime) {
  const auto one = Router::train(skills());
  const auto two = Router::train(skills());
  for (const char* each : {"a doctor and a taxi", "pay", "x"}) {
    const auto first = one->rank(each);
    const auto second = two->rank(each);
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(first[i].skill, second[i].skill);
      EXPECT_EQ(first[i].score, second[i].score);
    }
  }
}

TEST(Router, WhatSaysNothingIsRefused) {
  EXPECT_EQ(Router::train({}).error().message, "there is no skill");
  const std::vector<RoutedSkill> dumb{{.id = "x", .name = "?", .description = "", .examples = {}}};
  EXPECT_EQ(Router::train(dumb).error().message,
            "the skill `x` has no name, description or example");
  const std::vector<RoutedSkill> one{
      {.id = "x", .name = "taxi", .description = "", .examples = {}}};
  EXPECT_EQ(Router::train(one)->rank("a taxi").size(), 1U);
  std::vector<RoutedSkill> many(kRoutedSkillsMax + 1, one.front());
  EXPECT_EQ(Router::train(many).error().reason, Reason::invalid_argument);
}

TEST(Evaluation, CountsWhatItSays) {
  const auto router = Router::train(skills());
  const std::vector<RoutedQuery> queries{{.text = "get me a cab", .gold = 0},
                                         {.text = "get me a cab", .gold = 1},
                                         {.text = "zyx", .gold = std::nullopt},
                                         {.text = "pay this invoice", .gold = std::nullopt}};
  const auto [figures, answers] = evaluate(*router, queries);
  EXPECT_EQ(figures.meant, 2U);
  EXPECT_EQ(figures.others, 2U);
  EXPECT_EQ(figures.top1, 0.5);
  EXPECT_EQ(figures.top3, 1.0);
  EXPECT_EQ(figures.accuracy, 0.5);
  EXPECT_EQ(figures.rejected, 0.5);
  EXPECT_EQ(figures.joint, 0.5);
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[2].zone, Zone::decline);
  const auto none = evaluate(*router, {}).figures;
  EXPECT_FALSE(none.joint);
  EXPECT_FALSE(none.auroc);
}

TEST(Evaluation, ADrawIsAHalf) {
  const auto router = Router::train(skills());
  const std::vector<RoutedQuery> same{{.text = "a taxi", .gold = 0},
                                      {.text = "a taxi", .gold = std::nullopt}};
  EXPECT_EQ(evaluate(*router, same).figures.auroc, 0.5);
  const std::vector<RoutedQuery> apart{{.text = "get me a cab", .gold = 0},
                                       {.text = "zyx", .gold = std::nullopt}};
  EXPECT_EQ(evaluate(*router, apart).figures.auroc, 1.0);
}

}  // namespace
}  // namespace weft::dialogue
