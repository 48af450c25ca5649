#include "weft/base/pattern.h"

#include <gtest/gtest.h>

#include "weft/base/limits.h"

namespace weft {
namespace {

bool found(std::string_view pattern, std::string_view text) {
  const auto made = Pattern::create(pattern);
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made && made->found_in(text).value();
}

TEST(Pattern, FindsAnywhereUnlessAnchored) {
  EXPECT_TRUE(found("b+", "abbc"));
  EXPECT_FALSE(found("^b+$", "abbc"));
  EXPECT_TRUE(found("", ""));
}

TEST(Pattern, DollarIsTheVeryEndAndDotNoLineBreak) {
  EXPECT_FALSE(found("^abc$", "abc\n"));
  EXPECT_FALSE(found("^a$", "b\na"));
  EXPECT_FALSE(found("^a.b$", "a\nb"));
  EXPECT_TRUE(found("[$]", "a$"));
}

TEST(Pattern, CountsCodePoints) {
  EXPECT_TRUE(found("^.$", "🐲"));
  EXPECT_TRUE(found("^🐲*$", "🐲🐲"));
  EXPECT_TRUE(found("^\\ud83d\\udc32$", "🐲"));
  EXPECT_TRUE(found("^\\u00e9$", "é"));
  EXPECT_TRUE(found("^\\u{1f432}$", "🐲"));
  EXPECT_EQ(code_points("aé🐲"), 3u);
}

TEST(Pattern, ReadsWhatSchemasUse) {
  EXPECT_TRUE(found("^(?!\\.)(?!.*\\.\\.)[\\w.+-]+@[\\w-]+\\.[a-z]{2,}$", "ann.b@city.example"));
  EXPECT_TRUE(found("^\\d{4}-\\d{2}$", "2026-11"));
  EXPECT_FALSE(found("^\\d$", "৪"));
  EXPECT_TRUE(found("^(?<y>a)\\k<y>$", "aa"));
  EXPECT_TRUE(found("^[\\w\\-\\/]+$", "a-b/c"));
  EXPECT_TRUE(found("^\\'\\<$", "'<"));
}

TEST(Pattern, KnowsLettersOfEveryScript) {
  EXPECT_TRUE(found("^\\p{Letter}+$", "aéλж漢"));
  EXPECT_FALSE(found("^\\p{L}+$", "a1"));
  EXPECT_TRUE(found("^[\\p{Lu}\\d]+$", "Ж5"));
  EXPECT_TRUE(found("^\\P{L}$", "5"));
  EXPECT_FALSE(found("^\\w$", "é"));
  EXPECT_TRUE(found("^\\W$", "é"));
}

TEST(Pattern, RefusesByName) {
  EXPECT_FALSE(Pattern::create("("));
  EXPECT_FALSE(Pattern::create("[a"));
  const auto refused = Pattern::create("^\\p{Script=Greek}$");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "`\\p{Script=Greek}` in the pattern `^\\p{Script=Greek}$` is not supported");
  EXPECT_EQ(Pattern::create(std::string(kPatternCharsMax + 1, 'a')).error().reason,
            Reason::too_large);
}

TEST(Pattern, EndsInTime) {
  const auto made = Pattern::create("^(a+)+(b|a)*$");
  ASSERT_TRUE(made);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(made->found_in(std::string(50'000, 'a') + "!"), std::nullopt);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_FALSE(Pattern::create(std::string(2'000, '(')));
}

}  // namespace
}  // namespace weft
