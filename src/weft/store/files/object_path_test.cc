#include "weft/store/files/object_path.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace weft::store::files {
namespace {

using Names = std::vector<std::string>;

std::optional<std::string> key_of(const Names& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto piece = key_piece(names[i], i + 1 < names.size());
    if (!piece) return std::nullopt;
    out += *piece;
  }
  return out;
}

TEST(ObjectPath, OrdinaryKeysAreOrdinaryPaths) {
  EXPECT_EQ(names_of_key("train/part-0.csv"), (Names{"train", "part-0.csv"}));
  EXPECT_EQ(names_of_key("日本.txt"), Names{"日本.txt"});
  EXPECT_EQ(names_of_key(".hidden"), Names{".hidden"});
  EXPECT_EQ(names_of_key("a b+c"), Names{"a b+c"});
}

TEST(ObjectPath, NothingLeavesItsFolder) {
  EXPECT_EQ(names_of_key("../../etc/passwd"), (Names{"%2E%2E", "%2E%2E", "etc", "passwd"}));
  EXPECT_EQ(names_of_key("/a//b/"), (Names{"%", "a", "%", "b", "%"}));
  EXPECT_EQ(names_of_key("."), Names{"%2E"});
  EXPECT_EQ(names_of_key("100%"), Names{"100%25"});
  EXPECT_EQ(names_of_key("%2E%2E"), Names{"%252E%252E"});
  EXPECT_EQ(names_of_key(std::string_view("a\0b", 3)), Names{"a%00b"});
  EXPECT_EQ(names_of_key(""), Names{"%"});
}

TEST(ObjectPath, LongSegmentsAreCut) {
  EXPECT_EQ(names_of_key(std::string(247, 'x')), Names{std::string(247, 'x')});
  EXPECT_EQ(names_of_key(std::string(248, 'x')), (Names{std::string(248, 'x') + "%=", "%"}));
  EXPECT_EQ(names_of_key(std::string(248, 'x') + "/b"),
            (Names{std::string(248, 'x') + "%=", "%", "b"}));
  EXPECT_EQ(names_of_key(std::string(248, 'x') + "."),
            (Names{std::string(248, 'x') + "%=", "%2E"}));
  for (const std::string& name : names_of_key(std::string(1024, '%'))) EXPECT_LE(name.size(), 252U);
}

TEST(ObjectPath, EveryKeyComesBackAndNoTwoMeet) {
  std::mt19937 random(7);
  const std::string_view alphabet("/.%a=!\0", 7);
  std::map<Names, std::string> seen;
  for (int round = 0; round < 20'000; ++round) {
    std::string key;
    const auto size = random() % 8;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t times = random() % 50 == 0 ? 100 : 1;
      key.append(times, alphabet[random() % alphabet.size()]);
    }
    const Names names = names_of_key(key);
    ASSERT_EQ(key_of(names), key);
    const auto [at, first] = seen.emplace(names, key);
    ASSERT_TRUE(first || at->second == key);
    for (const std::string& name : names) {
      ASSERT_TRUE(!name.empty() && name != "." && name != ".." && name.size() <= 252);
      ASSERT_FALSE(name.contains('/') || name.contains('\0') || name.ends_with(kBesideFolder));
    }
  }
}

TEST(ObjectPath, OtherSpellingsAreNoKeys) {
  for (const char* name : {"%2e", "a%2E", "%41", "%", "a%", "%%", "x%="}) {
    const auto piece = key_piece(name, false);
    EXPECT_EQ(piece.has_value(), std::string_view(name) == "%") << name;
  }
  EXPECT_EQ(key_piece("a%!", false), "a");
  EXPECT_FALSE(key_piece("a%!", true).has_value());
  EXPECT_FALSE(key_piece("short%=", true).has_value());
}

}  // namespace
}  // namespace weft::store::files
