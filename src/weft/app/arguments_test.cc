#include "weft/app/arguments.h"

#include <gtest/gtest.h>

namespace weft::app {
namespace {

using Words = std::vector<std::string>;

json::value schema_of(std::string_view text) { return json::parse(text).value(); }

const json::value kPay = schema_of(
    R"({"type":"object","properties":{"to":{"type":"string"},"amount":{"type":"integer"},
        "now":{"type":"boolean"},"note":{"type":"string"}},"required":["amount","to","now"]})");

TEST(Arguments, ASentenceIsAText) {
  EXPECT_EQ(text_of_words({"my temperature is 39=high"}), "my temperature is 39=high");
  EXPECT_EQ(text_of_words({"=5"}), "=5");
  EXPECT_EQ(text_of_words({"good morning"}), "good morning");
  EXPECT_EQ(text_of_words({""}), "");
  EXPECT_EQ(text_of_words({"a=b"}), std::nullopt);
  EXPECT_EQ(text_of_words({"a=b c=d"}), std::nullopt);
  EXPECT_EQ(text_of_words({"two", "words"}), std::nullopt);
  EXPECT_EQ(text_of_words({}), std::nullopt);
}

TEST(Arguments, NothingIsSilentlyLeftOut) {
  EXPECT_TRUE(check_words({"a=1", "b=1"}));
  EXPECT_TRUE(check_words({"a text"}));
  const auto twice = check_words({"account=a", "account=b"});
  ASSERT_FALSE(twice);
  EXPECT_TRUE(twice.error().message.contains("`account` is given twice"));
  EXPECT_FALSE(check_words({"two", "words"}));
  EXPECT_FALSE(check_words({"a=1", "word"}));
  EXPECT_FALSE(read_arguments({"word"}, nullptr));
}

TEST(Arguments, ValuesAreOfTheTypeThatIsWanted) {
  const auto read = read_arguments({"to=5", "amount=5", "now=true", "note=a=b"}, &kPay);
  ASSERT_TRUE(read);
  EXPECT_EQ(json::write(*read), R"({"to":"5","amount":5,"now":true,"note":"a=b"})");
}

TEST(Arguments, AnUnknownNameIsToldWithTheNearest) {
  const auto unknown = check_known(json::object{{"amuont", 5}}, kPay);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().param, "/amuont");
  EXPECT_TRUE(unknown.error().message.contains("did you mean `amount`?"));
  const auto far = check_known(json::object{{"zzzzzz", 5}}, kPay);
  EXPECT_TRUE(far.error().message.contains("`to`, `amount`, `now`, `note`"));
  EXPECT_TRUE(check_known(json::object{{"amount", 5}}, kPay));
  // Schemas that may know more than their `properties` say.
  for (const char* open : {R"({"properties":{"a":{}},"additionalProperties":true})",
                           R"({"properties":{"a":{}},"additionalProperties":{"type":"string"}})",
                           R"({"properties":{"a":{}},"allOf":[{"$ref":"#/x"}]})",
                           R"({"properties":{"a":{}},"patternProperties":{"^b":{}}})",
                           R"({"type":"object"})", R"({"properties":{}})", "true"}) {
    EXPECT_TRUE(check_known(json::object{{"zzzzzz", 5}}, schema_of(open))) << open;
  }
  EXPECT_FALSE(check_known(json::object{{"zzzzzz", 5}},
                           schema_of(R"({"properties":{"a":{}},"additionalProperties":false})")));
}

TEST(Arguments, UsageIsWhatIsRequired) {
  EXPECT_EQ(usage_of_schema(kPay, false), "to=… amount=… now=true");
  EXPECT_EQ(usage_of_schema(kPay, true), "to=… amount=… now=true [note=…]");
  EXPECT_EQ(usage_of_schema(schema_of(R"({"properties":{"a":{}}})"), true), "[a=…]");
  EXPECT_EQ(usage_of_schema(schema_of(R"({"properties":{"a":{}}})"), false), "");
  EXPECT_EQ(usage_of_schema(schema_of("true"), true), "");
}

}  // namespace
}  // namespace weft::app
