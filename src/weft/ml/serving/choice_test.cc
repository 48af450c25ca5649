#include "weft/ml/serving/choice.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace weft::ml {
namespace {

constexpr std::uint32_t kAll = 0xffffffff;

std::string turns(SmoothChoice choice, std::size_t count, std::uint32_t among = kAll) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto next = choice.next(among);
    out += next ? static_cast<char>('a' + *next) : '-';
  }
  return out;
}

SmoothChoice of(std::vector<double> weights) { return SmoothChoice(weights); }

TEST(SmoothChoice, GoesRoundSmoothly) {
  // The sequence that the author of the method gives for 5, 1, 1 (nginx, commit 52327e0627f4).
  EXPECT_EQ(turns(of({5, 1, 1}), 7), "aabacaa");
  EXPECT_EQ(turns(of({1}), 3), "aaa");
  EXPECT_EQ(turns(of({1, 1}), 4), "abab");
}

TEST(SmoothChoice, NoWeightNoTurn) {
  EXPECT_EQ(turns(of({0, 2, 0}), 4), "bbbb");
  EXPECT_EQ(turns(of({0, 0}), 2), "--");
  EXPECT_EQ(turns(of({}), 1), "-");
}

TEST(SmoothChoice, WhoIsNotThereIsLeftOut) {
  EXPECT_EQ(turns(of({3, 1}), 4, 0b10), "bbbb");
  EXPECT_EQ(turns(of({1, 0}), 2, 0b10), "--");
}

TEST(SmoothChoice, ExactOverEveryStretch) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> weights(1 + random() % 10);
    std::size_t sum = 0;
    for (double& each : weights) {
      each = static_cast<double>(random() % 20);
      sum += static_cast<std::size_t>(each);
    }
    if (sum == 0) continue;
    SmoothChoice choice(weights);
    std::vector<std::size_t> given(4 * sum);
    for (std::size_t& each : given) each = *choice.next(kAll);
    for (std::size_t begin = 0; begin + sum <= given.size(); ++begin) {
      std::vector<double> counts(weights.size());
      for (std::size_t i = begin; i < begin + sum; ++i) ++counts[given[i]];
      ASSERT_EQ(counts, weights) << "round " << round << ", from " << begin;
    }
  }
}

TEST(SmoothChoice, FractionsAreExactToo) {
  SmoothChoice choice(std::vector<double>{0.7, 0.2, 0.1});
  std::vector<std::size_t> given(100);
  for (std::size_t& each : given) each = *choice.next(kAll);
  for (std::size_t begin = 0; begin + 10 <= given.size(); ++begin) {
    std::map<std::size_t, int> counts;
    for (std::size_t i = begin; i < begin + 10; ++i) ++counts[given[i]];
    ASSERT_EQ(counts, (std::map<std::size_t, int>{{0, 7}, {1, 2}, {2, 1}})) << begin;
  }
}

TEST(SmoothChoice, OtherWeightsBeginAnew) {
  SmoothChoice choice(std::vector<double>{9, 1});
  for (int i = 0; i < 3; ++i) (void)choice.next(kAll);
  choice.set(std::vector<double>{1, 1});
  EXPECT_EQ(turns(choice, 4), "abab");
}

}  // namespace
}  // namespace weft::ml
