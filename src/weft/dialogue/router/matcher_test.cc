#include "weft/dialogue/router/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "weft/dialogue/router/limits.h"
#include "weft/dialogue/router/router.h"

namespace weft::dialogue {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

json::value schema(std::string_view text) { return *json::parse(text); }

TEST(Parameters, AreWhatASchemaNames) {
  const auto parameters = parameters_of(schema(R"({"type": "object", "properties": {
    "size": {"type": "string", "description": "How large", "enum": ["small", "large", 3]},
    "to": {"type": "object", "properties": {"street": {"type": "string"}}},
    "extras": {"type": "array", "items": {"enum": ["blanket"]}},
    "odd": true}})"));
  ASSERT_THAT(parameters, SizeIs(5));
  EXPECT_EQ(parameters[0].name, "size");
  EXPECT_EQ(parameters[0].description, "How large");
  EXPECT_THAT(parameters[0].choices, ElementsAre("small", "large"));
  EXPECT_EQ(parameters[2].name, "street");
  EXPECT_THAT(parameters[3].choices, ElementsAre("blanket"));
  EXPECT_EQ(parameters[4].name, "odd");
}

TEST(Parameters, OfWhatIsNoSchemaAreNone) {
  for (const char* text : {"null", "[]", "{}", R"({"properties": []})", R"({"items": 1})"})
    EXPECT_THAT(parameters_of(schema(text)), IsEmpty()) << text;
}

TEST(Parameters, AreNotWithoutEnd) {
  std::string deep = "{}";
  for (int i = 0; i < 30; ++i) deep = R"({"properties": {"a": )" + deep + "}}";
  EXPECT_THAT(parameters_of(schema(deep)), SizeIs(kRoutedSchemaDepthMax + 1));
  std::string wide;
  for (int i = 0; i < 1000; ++i)
    wide += (wide.empty() ? "" : ",") + ("\"p" + std::to_string(i) + "\": {}");
  EXPECT_THAT(parameters_of(schema(R"({"properties": {)" + wide + "}}")),
              SizeIs(kRoutedParametersMax));
}

/// Skills without an example.
std::vector<RoutedSkill> skills() {
  return {{.id = "a",
           .name = "ReserveTable",
           .description = "Reserve a table at a restaurant",
           .parameters = {{.name = "cuisine",
                           .description = "Kind of food",
                           .choices = {"thai", "italian"}},
                          {.name = "guests", .description = "Number of people"}}},
          {.id = "b",
           .name = "OrderTaxi",
           .description = "Call a taxi to a place",
           .parameters = {{.name = "destination", .description = "Where the ride goes"}}},
          {.id = "c",
           .name = "PlayMusic",
           .description = "Play a song",
           .parameters = {{.name = "artist", .description = "Who sings it"}}},
          {.id = "d",
           .name = "ShowForecast",
           .description = "Tell the weather of a city",
           .parameters = {{.name = "day", .description = "Date of the forecast"}}}};
}

struct Said {
  const char* text;
  std::size_t skill;
};
/// With no word of the skill that they mean, or few.
constexpr Said kSaid[] = {{"we are hungry, find us somewhere italian for four people", 0},
                          {"book us dinner for tonight", 0},
                          {"I need a cab to the museum", 1},
                          {"get me a ride downtown", 1},
                          {"I would like to listen to something by that band", 2},
                          {"put on the latest album", 2},
                          {"will it rain tomorrow", 3},
                          {"how hot is it going to be on Sunday", 3}};

std::size_t right(const std::vector<RoutedSkill>& skills) {
  const auto router = Router::train(skills);
  return static_cast<std::size_t>(std::ranges::count_if(kSaid, [&](const Said& each) {
    return router->rank(each.text).front().skill == each.skill;
  }));
}

TEST(Matcher, FindsWhatNoExampleShows) { EXPECT_GE(right(skills()), 7U); }

TEST(Matcher, NamesAreNotWhatItKnowsSkillsBy) {
  auto renamed = skills();
  std::size_t number = 0;
  for (RoutedSkill& skill : renamed) {
    skill.id = skill.name = "op" + std::to_string(++number);
    for (RoutedParameter& parameter : skill.parameters)
      parameter.name = "x" + std::to_string(++number);
  }
  EXPECT_GE(right(renamed), 6U);
}

TEST(Matcher, TheOrderOfSkillsChangesNothing) {
  auto turned = skills();
  std::ranges::reverse(turned);
  const auto one = *Router::train(skills());
  const auto two = *Router::train(turned);
  for (const Said& each : kSaid) {
    EXPECT_EQ(one.rank(each.text).front().skill, 3 - two.rank(each.text).front().skill);
    EXPECT_FLOAT_EQ(one.rank(each.text).front().score, two.rank(each.text).front().score);
  }
}

TEST(Matcher, AFewExamplesAddToWhatASkillSays) {
  auto some = skills();
  some[1].examples = {"beam me over", "take me there"};
  const auto router = *Router::train(some);
  EXPECT_EQ(router.rank("please beam me over").front().skill, 1U);
  EXPECT_EQ(router.rank("will it rain tomorrow").front().skill, 3U);
  EXPECT_EQ(router.rank("listen to something by that band").front().skill, 2U);
}

TEST(Affinity, ATableIsReadAsItWasWritten) {
  AffinityParts parts;
  parts.words = {word_hash("cab"), word_hash("taxi")};
  std::ranges::sort(parts.words);
  parts.rarity = {1, 1};
  parts.meaning.assign(2 * kAffinityDims, 0.5F);
  parts.paired = parts.words;
  parts.asked = parts.offered = parts.meaning;
  const std::string bytes = write_affinity(parts);
  const auto affinity = Affinity::read(bytes);
  ASSERT_TRUE(affinity);
  EXPECT_EQ(affinity->words(), 2U);
  const std::vector<std::string> cab{"cab"};
  const std::vector<std::string> other{"other"};
  EXPECT_NEAR(dot(affinity->meaning(cab), affinity->meaning(cab)), 1, 1e-5);
  EXPECT_EQ(affinity->meaning(other), WordVector{});
  EXPECT_EQ(affinity->rarity(word_hash("other")), 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_FALSE(Affinity::read(bytes.substr(0, i)));
  EXPECT_FALSE(Affinity::read(bytes + "x"));
}

TEST(Affinity, WordsUsedAlikeAreNear) {
  const Affinity& affinity = Affinity::built_in();
  const auto near = [&](const char* a, const char* b) {
    const std::vector<std::string> one{a};
    const std::vector<std::string> two{b};
    return dot(affinity.meaning(one), affinity.meaning(two));
  };
  EXPECT_GT(near("cab", "taxi"), near("cab", "restaurant"));
  EXPECT_GT(near("dentist", "doctor"), near("dentist", "song"));
  EXPECT_GT(near("purchase", "buy"), near("purchase", "rain"));
}

}  // namespace
}  // namespace weft::dialogue
