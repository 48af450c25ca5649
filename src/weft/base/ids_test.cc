#include "weft/base/ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace weft {
namespace {

class Counting final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

TEST(Ids, UlidsSortByTime) {
  Counting random;
  EXPECT_EQ(make_ulid(0, random), "0000000000000G40R40M30E209");
  const std::string early = make_ulid(1'700'000'000'000, random);
  const std::string late = make_ulid(1'700'000'000'001, random);
  EXPECT_EQ(early.size(), 26u);
  EXPECT_LT(early, late);
  // The specification's own example of a time.
  EXPECT_EQ(make_ulid(1'469'918'176'385, random).substr(0, 10), "01ARYZ6S41");
  EXPECT_EQ(make_ulid((std::int64_t{1} << 48) - 1, random).substr(0, 10), "7ZZZZZZZZZ");
}

TEST(Ids, TheSystemsRandomIsNotTheSameTwice) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(make_ulid(1, random));
    seen.insert(random_hex(16, random));
  }
  EXPECT_EQ(seen.size(), 200u);
  EXPECT_EQ(random_hex(3, random).size(), 6u);
}

TEST(Ids, SlugsAreFitForNames) {
  EXPECT_EQ(slug("My Bank (v2)!"), "my-bank-v2");
  EXPECT_EQ(slug("--a--"), "a");
  EXPECT_EQ(slug("é漢"), "");
  EXPECT_EQ(slug(std::string(100, 'a')), std::string(40, 'a'));
  EXPECT_EQ(slug(std::string(39, 'a') + " b"), std::string(39, 'a'));
  EXPECT_EQ(slug(std::string(40, 'a') + "-b"), std::string(40, 'a'));
}

}  // namespace
}  // namespace weft
