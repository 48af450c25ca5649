#include "weft/ml/algorithms/hyperparameters.h"

#include <gtest/gtest.h>

namespace weft::ml {
namespace {

using Kind = Hyperparameter::Kind;

constexpr std::string_view kColours[] = {"red", "blue"};
constexpr Hyperparameter kKnown[] = {
    {.name = "rounds", .kind = Kind::integer, .required = true, .range = {.low = 1}},
    {.name = "eta", .kind = Kind::number, .range = {.low = 0, .high = 1}, .alias = "rate"},
    {.name = "share", .kind = Kind::number, .range = {.low = 0, .high = 1, .low_open = true}},
    {.name = "colour", .kind = Kind::word, .words = kColours},
    {.name = "colours", .kind = Kind::words, .words = kColours},
    {.name = "signs", .kind = Kind::tuple, .range = {.low = -1, .high = 1}},
    {.name = "groups", .kind = Kind::lists, .range = {.low = 0}},
};

std::string why(Given given) {
  given.try_emplace("rounds", "3");
  const auto checked = check_hyperparameters(kKnown, given);
  return checked ? std::string() : checked.error().message;
}

TEST(Hyperparameters, WhatFitsIsTaken) {
  const auto checked = check_hyperparameters(
      kKnown, {{"rounds", " 3 "}, {"rate", "0.5"}, {"colours", "red, blue"}, {"colour", "red"}});
  ASSERT_TRUE(checked.has_value());
  EXPECT_EQ(integer_of(*checked, "rounds"), 3);
  EXPECT_EQ(number_of(*checked, "eta"), 0.5);
  EXPECT_EQ(words_of(*checked, "colours"), (std::vector<std::string>{"red", "blue"}));
  EXPECT_EQ(word_of(*checked, "colour"), "red");
  EXPECT_EQ(integer_of(*checked, "none"), std::nullopt);
  EXPECT_EQ(word_of(*checked, "none"), "");
}

TEST(Hyperparameters, WhatDoesNotFitIsNamed) {
  EXPECT_EQ(check_hyperparameters(kKnown, {}).error().message,
            "Missing required hyperparameter: rounds");
  EXPECT_EQ(why({{"etaa", "1"}}), "Extraneous hyperparameter found: etaa");
  EXPECT_EQ(why({{"rounds", "0"}}), "Hyperparameter rounds: 0 is not in [1, +inf)");
  EXPECT_EQ(why({{"rounds", "1.5"}}), "Hyperparameter rounds: could not parse value");
  EXPECT_EQ(why({{"eta", "2"}}), "Hyperparameter eta: 2.0 is not in [0, 1]");
  EXPECT_EQ(why({{"eta", "nan"}}), "Hyperparameter eta: could not parse value");
  EXPECT_EQ(why({{"share", "0"}}), "Hyperparameter share: 0.0 is not in (0, 1]");
  EXPECT_EQ(why({{"colour", "green"}}), "Hyperparameter colour: green is not in ['red', 'blue']");
  EXPECT_EQ(why({{"colours", "red,green"}}),
            "Hyperparameter colours: value red,green not in range ['red', 'blue']");
}

TEST(Hyperparameters, Tuples) {
  for (const char* fine : {"(1,0,-1)", "(1)", "()", " ( 1 , 0 ) ", "[1,0]"})
    EXPECT_EQ(why({{"signs", fine}}), "") << fine;
  for (const char* broken : {"1,0", "(1,0", "(1,a)", "(1))", "((1))", "", "(1)(0)"})
    EXPECT_EQ(why({{"signs", broken}}), "Hyperparameter signs: could not parse value") << broken;
  EXPECT_EQ(why({{"signs", "(1,2)"}}), "Hyperparameter signs: value (1,2) not in range [-1, 1]");
  EXPECT_EQ(why({{"groups", "[[0,1],[2]]"}}), "");
  EXPECT_EQ(why({{"groups", "[[0,-1]]"}}),
            "Hyperparameter groups: value [[0,-1]] not in range [0, +inf)");
  EXPECT_EQ(why({{"groups", "[[[0]]]"}}), "Hyperparameter groups: could not parse value");
}

}  // namespace
}  // namespace weft::ml
