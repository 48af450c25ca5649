#include "weft/app/questions.h"

#include <gtest/gtest.h>

namespace weft::app {
namespace {

using Kind = model::Ask::Kind;

model::Ask one(Kind kind, std::string_view schema = "") {
  model::Ask ask;
  ask.items["q"].kind = kind;
  ask.items["q"].message = "What?";
  if (!schema.empty()) ask.items["q"].schema = json::parse(schema).value();
  return ask;
}

constexpr std::string_view kDistrict =
    R"({"properties":{"district":{"type":"string","description":"where you live"},
        "level":{"enum":["low","high"]},"confirm":{"type":"boolean"}},
        "required":["district","confirm"]})";

std::string sent(const Result<json::object>& body) {
  return body ? json::write(*body) : body.error().message;
}

TEST(Questions, TheNextStepIsOneThatWorks) {
  EXPECT_EQ(answer_command("01K", one(Kind::approve)), "weft task answer 01K yes");
  EXPECT_EQ(answer_command("01K", one(Kind::question)), "weft task answer 01K 'TEXT'");
  EXPECT_EQ(answer_command("01K", one(Kind::url)), "weft task answer 01K done");
  EXPECT_EQ(answer_command("01K", one(Kind::form, kDistrict)),
            "weft task answer 01K district=… confirm=true");
  EXPECT_EQ(answer_command("01K", one(Kind::form, R"({"properties":{"a":{"type":"string"}}})")),
            "weft task answer 01K a=…");
  model::Ask two = one(Kind::approve);
  two.items["r"].message = "And?";
  EXPECT_EQ(answer_command("01K", two), "weft task answer 01K q=yes r='TEXT'");
}

TEST(Questions, AreShownInWords) {
  EXPECT_EQ(lines_of(one(Kind::form, kDistrict)),
            (std::vector<std::string>{"What?", "  district  string  where you live",
                                      "  level     low | high", "  confirm   boolean"}));
  model::Ask told = one(Kind::form, R"({"properties":{"a":{"type":"integer"}}})");
  told.items["q"].message = "It needs:\n- a (integer)";
  EXPECT_EQ(lines_of(told).size(), 1U) << "what its words list is not listed again";
  EXPECT_EQ(answer_taken(one(Kind::form, kDistrict)), "the fields `district`, `level`, `confirm`");
  EXPECT_EQ(answer_taken(one(Kind::approve)), "yes or no");
}

TEST(Questions, WordsAreATextOrFields) {
  EXPECT_EQ(sent(answer_of_words({"yes"}, one(Kind::approve))),
            R"({"action":"accept","text":"yes"})");
  EXPECT_EQ(sent(answer_of_words({"it is 39=high"}, one(Kind::question))),
            R"({"action":"accept","text":"it is 39=high"})");
  EXPECT_EQ(sent(answer_of_words({"district=5", "confirm=true"}, one(Kind::form, kDistrict))),
            R"({"action":"accept","data":{"district":"5","confirm":true}})");
  EXPECT_TRUE(sent(answer_of_words({"distrct=5"}, one(Kind::form, kDistrict)))
                  .contains("did you mean `district`?"));
  model::Ask two = one(Kind::approve);
  two.items["r"].message = "And?";
  EXPECT_EQ(sent(answer_of_words({"q=yes", "r=5"}, two)),
            R"({"answers":{"q":{"action":"accept","text":"yes"},)"
            R"("r":{"action":"accept","text":"5"}}})");
  EXPECT_EQ(json::write(answer_of_decline(two)),
            R"({"answers":{"q":{"action":"decline"},"r":{"action":"decline"}}})");
}

TEST(Questions, InputIsDataOrAText) {
  EXPECT_EQ(sent(answer_of_input(R"({"district":"5"})", one(Kind::form, kDistrict))),
            R"({"action":"accept","data":{"district":"5"}})");
  EXPECT_EQ(sent(answer_of_input("a=b", one(Kind::question))),
            R"({"action":"accept","text":"a=b"})");
  EXPECT_EQ(sent(answer_of_input("42", one(Kind::question))), R"({"action":"accept","text":"42"})");
  EXPECT_FALSE(answer_of_input(R"({"district":)", one(Kind::form, kDistrict)));
  model::Ask two = one(Kind::approve);
  two.items["r"].message = "And?";
  EXPECT_EQ(sent(answer_of_input(R"({"q":"yes","r":{"n":1}})", two)),
            R"({"answers":{"q":{"action":"accept","text":"yes"},)"
            R"("r":{"action":"accept","data":{"n":1}}}})");
  EXPECT_FALSE(answer_of_input("yes", two));
}

}  // namespace
}  // namespace weft::app
