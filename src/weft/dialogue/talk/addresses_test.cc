#include "weft/dialogue/talk/addresses.h"

#include <gmock/gmock.h>

#include "weft/dialogue/extract/extractor.h"
#include "weft/dialogue/language/english/english.h"

namespace weft::dialogue {
namespace {

using ::testing::ElementsAre;

constexpr std::chrono::local_seconds kNow{std::chrono::seconds(1'795'789'800)};

/// The names and numbers that are left, as they were said.
std::vector<std::string> left_of(std::string_view text) {
  static const Extractor extractor(english());
  std::vector<std::string> out;
  for (const Value& each : whole_values(text, extractor.values(text, kNow), english_phrases())) {
    if (each.type == ValueType::name || each.type == ValueType::number)
      out.emplace_back(text.substr(each.begin, each.end - each.begin));
  }
  return out;
}

TEST(WholeValues, AnAddressIsOneName) {
  EXPECT_THAT(left_of("a taxi from 314 Renmin Road, Jing'an to 18 Yuyuan Road, Changning"),
              ElementsAre("314 Renmin Road, Jing'an", "18 Yuyuan Road, Changning"));
  EXPECT_THAT(left_of("to 9 Mill Lane for 3"), ElementsAre("3", "9 Mill Lane"));
  EXPECT_THAT(left_of("a table for 4 at Old Bridge"), ElementsAre("4", "Old Bridge"));
}

TEST(WholeValues, ATimesNumberIsNoNumber) {
  EXPECT_THAT(left_of("a table at 5 pm for 3"), ElementsAre("3"));
  EXPECT_THAT(left_of("call +86 10 5234 5678"), ElementsAre());
}

TEST(WholeValues, DigitsAloneStayANumber) {
  EXPECT_THAT(left_of("1500000"), ElementsAre("1500000"));
  EXPECT_THAT(left_of("sales in 2024"), ElementsAre("2024"));
}

}  // namespace
}  // namespace weft::dialogue
