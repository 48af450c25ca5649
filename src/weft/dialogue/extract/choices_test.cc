#include "weft/dialogue/extract/choices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/dialogue/extract/limits.h"

namespace weft::dialogue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Choices of(std::vector<ChoiceList> lists) {
  auto out = Choices::create(lists);
  EXPECT_TRUE(out) << out.error().message;
  return out.value_or(Choices{});
}

/// `words=value@list` of each hit.
std::vector<std::string> hits(const Choices& choices, std::string_view utterance) {
  std::vector<std::string> out;
  for (const Value& value : choices.values(utterance)) {
    EXPECT_EQ(value.type, ValueType::choice);
    out.push_back(std::string(utterance.substr(value.begin, value.end - value.begin)) + "=" +
                  value.canonical + "@" + value.unit);
  }
  return out;
}

TEST(Choices, GivesTheValueAsItsListWritesIt) {
  const Choices rooms = of({{"room", {{"DOUBLE_BED", {"double", "queen room"}}, {"Single", {}}}}});
  EXPECT_THAT(hits(rooms, "a Queen  Room, or a single"),
              ElementsAre("Queen  Room=DOUBLE_BED@room", "single=Single@room"));
  EXPECT_THAT(hits(rooms, "one double-bed"), ElementsAre("double-bed=DOUBLE_BED@room"));
  EXPECT_EQ(rooms.words(), 4U);
}

TEST(Choices, MatchesWholeWordsOnly) {
  const Choices cats = of({{"pet", {{"cat", {}}, {"c++", {}}, {"\xC3\xA9tude", {}}}}});
  EXPECT_THAT(hits(cats, "concat cats cat."), ElementsAre("cat=cat@pet"));
  EXPECT_THAT(hits(cats, "I write c++ daily"), ElementsAre("c++=c++@pet"));
  EXPECT_THAT(hits(cats, "x\xC3\xA9tude"), IsEmpty());
}

TEST(Choices, OneWordMayBeAChoiceOfSeveralLists) {
  const Choices both = of({{"city", {{"Phoenix", {}}}}, {"bird", {{"phoenix", {}}}}});
  EXPECT_THAT(hits(both, "PHOENIX"), ElementsAre("PHOENIX=Phoenix@city", "PHOENIX=phoenix@bird"));
}

TEST(Choices, TheLongerOneOfAListWins) {
  const Choices city = of({{"city", {{"York", {}}, {"New York", {}}, {"York City", {}}}},
                           {"team", {{"York City", {}}}}});
  EXPECT_THAT(hits(city, "to new york today"), ElementsAre("new york=New York@city"));
  EXPECT_THAT(hits(city, "york"), ElementsAre("york=York@city"));
  // Two that overlap are both readings.
  EXPECT_THAT(hits(city, "New York City"),
              ElementsAre("New York=New York@city", "York City=York City@city",
                          "York City=York City@team"));
}

TEST(Choices, EmptyAndEndlessWordsAreLeftOut) {
  const Choices none = of({{"a", {{"", {" ", "-"}}, {std::string(300, 'x'), {}}}}});
  EXPECT_EQ(none.words(), 0U);
  EXPECT_THAT(none.values("x"), IsEmpty());
  EXPECT_THAT(Choices{}.values("x"), IsEmpty());
}

TEST(Choices, TooManyAreRefused) {
  std::vector<ChoiceList> lists(1);
  for (std::size_t n = 0; n <= kChoiceWordsMax; ++n)
    lists[0].choices.push_back({std::to_string(n), {}});
  const auto refused = Choices::create(lists);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::too_large);
}

TEST(Choices, HitsOfAHostileUtteranceAreBounded) {
  std::vector<ChoiceList> lists;
  std::string word = "a";
  for (int n = 0; n < 100; ++n) {
    lists.push_back({std::to_string(n), {{word, {}}}});
    word += " a";
  }
  std::string utterance;
  for (int n = 0; n < 2000; ++n) utterance += "a ";
  EXPECT_LE(of(lists).values(utterance).size(), kChoiceHitsMax);
}

}  // namespace
}  // namespace weft::dialogue
