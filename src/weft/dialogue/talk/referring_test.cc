// What "there", "it", "the second one" and "the other" stand for.
#include "weft/dialogue/talk/referring.h"

#include <gmock/gmock.h>

#include "weft/dialogue/talk/testing.h"

namespace weft::dialogue {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::shared_ptr<const Repertoire> town() {
  std::vector<KnownSkill> skills{
      skill_of("rooms", "find", "Find a room",
               {"find me a room", "which hotels are free", "search hotels"},
               R"({"type":"object","properties":{"people":{"type":"integer"}}})"),
      skill_of("rooms", "reserve", "Reserve a room",
               {"reserve a room", "take the hotel", "I want to reserve it"},
               R"({"type":"object","properties":{"hotel_id":{"type":"string"},
                   "nights":{"type":"integer"}},"required":["hotel_id","nights"]})"),
      skill_of("rooms", "photos", "Show pictures", {"show me pictures", "photos of the hotel"},
               R"({"type":"object","properties":{"hotel_id":{"type":"string"}},
                   "required":["hotel_id"]})"),
      skill_of("rooms", "annul", "Annul a reservation",
               {"annul my reservation", "I do not need the room any more"},
               R"({"type":"object","properties":{"reservation":{"type":"string"}},
                   "required":["reservation"]})"),
      skill_of("bank", "pay", "Pay somebody", {"pay for it", "pay 20 dollars to Li", "send money"},
               R"({"type":"object","properties":{"to":{"type":"string","description":"The payee"},
                   "amount":{"type":"number"}},"required":["to","amount"]})"),
      skill_of("taxi", "ride", "Get a taxi", {"get me a taxi", "call a cab", "drive me somewhere"},
               R"({"type":"object","properties":{"destination":{"type":"string"}},
                   "required":["destination"]})")};
  return std::make_shared<const Repertoire>(std::move(skills));
}

class ReferringTest : public Talking {
 protected:
  ReferringTest() : Talking(town()) {}

  /// Hotels were found.
  void find(std::string_view hotels) {
    ASSERT_EQ(say("find me a room").kind, Step::Kind::call);
    done(json::object{{"hotels", json::parse(hotels).value()}}, "");
  }
  void find_three() {
    find(R"([{"id":"h-1a","name":"Crane","price":90,"address":"1 Lake Street"},
             {"id":"h-2b","name":"Plum","price":40,"address":"2 Hill Street"},
             {"id":"h-3c","name":"Jade","price":70,"address":"3 Dam Street"}])");
  }
};

TEST_F(ReferringTest, OneOfAList) {
  for (const auto& [said, id] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"reserve the second one for 3 nights", "h-2b"},
           {"reserve number 3 for 3 nights", "h-3c"},
           {"reserve the last hotel for 3 nights", "h-3c"},
           {"reserve the cheapest one for 3 nights", "h-2b"},
           {"reserve the most expensive one for 3 nights", "h-1a"}}) {
    c_ = {};
    find_three();
    EXPECT_EQ(call(say(said)), R"(rooms/reserve {"hotel_id":")" + id + R"(","nights":3})") << said;
    EXPECT_EQ(c_.current()->slots.at("hotel_id").origin, Origin::result);
    EXPECT_EQ(c_.current()->slots.at("hotel_id").source, "rooms/find");
  }
}

TEST_F(ReferringTest, ARefusalPicksNothing) {
  find_three();
  say("no 2");
  EXPECT_EQ(c_.offers.chosen, -1);
}

TEST_F(ReferringTest, WhatIsNotOnTheListIsSaid) {
  find_three();
  const Step asked = say("reserve the fifth one for 3 nights");
  EXPECT_EQ(asked.kind, Step::Kind::ask);
  EXPECT_THAT(told_, Contains(HasSubstr("“the fifth one”")));
  EXPECT_THAT(asked.text, HasSubstr("hotel id"));
}

TEST_F(ReferringTest, TwoThatAreEquallyCheapAreAskedAbout) {
  find(R"([{"id":"h-1a","price":40},{"id":"h-2b","price":40}])");
  const Step asked = say("reserve the cheapest one for 3 nights");
  EXPECT_THAT(asked.text, HasSubstr("hotel id"));
  EXPECT_THAT(told_, Contains(HasSubstr("“the cheapest one”")));
}

TEST_F(ReferringTest, TheOtherIsTheOneThatWasNotChosen) {
  find(R"([{"id":"h-1a","price":40},{"id":"h-2b","price":50}])");
  EXPECT_EQ(call(say("show me pictures of the first one")), R"(rooms/photos {"hotel_id":"h-1a"})");
  done(json::value("beautiful"), "beautiful");
  EXPECT_EQ(call(say("and show me pictures of the other one")),
            R"(rooms/photos {"hotel_id":"h-2b"})");
  done(json::value("ugly"), "ugly");
  EXPECT_EQ(call(say("reserve that one for 2 nights")),
            R"(rooms/reserve {"hotel_id":"h-2b","nights":2})");
}

TEST_F(ReferringTest, AChoiceAloneAsksWhatToDoWithIt) {
  find_three();
  const Step asked = say("the second one please");
  EXPECT_EQ(asked.kind, Step::Kind::ask);
  EXPECT_THAT(asked.text, HasSubstr("1. Reserve a room\n  2. Show pictures"));
  EXPECT_EQ(call(say("2")), R"(rooms/photos {"hotel_id":"h-2b"})");
}

TEST_F(ReferringTest, MoreOfTheList) {
  json::array hotels;
  for (int i = 1; i <= 12; ++i) hotels.push_back(json::object{{"id", "h-" + std::to_string(i)}});
  find(json::write(hotels));
  EXPECT_EQ(say("more").kind, Step::Kind::rest);
  EXPECT_THAT(told_, Contains("  6. id h-6\n  7. id h-7\n  8. id h-8\n  9. id h-9\n  10. id h-10"
                              "\n  … and 2 more"));
  say("show me more");
  EXPECT_THAT(told_, Contains("  11. id h-11\n  12. id h-12"));
  say("more");
  EXPECT_THAT(told_, Contains("That was all of them."));
  EXPECT_EQ(call(say("show me pictures of number 12")), R"(rooms/photos {"hotel_id":"h-12"})");
}

TEST_F(ReferringTest, PayingForWhatCameLast) {
  EXPECT_EQ(call(say("get me a taxi to Hanway and pay for it")),
            R"(taxi/ride {"destination":"Hanway"})");
  const Step pay = done(json::parse(R"({"ride":"t-1","destination":"Hanway","fare":35.5,
      "minutes":4,"payee":"City Taxi"})")
                            .value(),
                        "It comes");
  EXPECT_EQ(call(pay), R"(bank/pay {"to":"City Taxi","amount":35.5})");
  EXPECT_THAT(concierge_.consent_question(c_), HasSubstr("amount: 35.5 (taxi/ride)"));
}

TEST_F(ReferringTest, ThereIsWhatSaysMost) {
  find(
      R"([{"city":"Bath","id":"h-1a","name":"Crane","address":"1 Lake Street","district":"West"}])");
  EXPECT_EQ(call(say("get me a taxi there")), R"(taxi/ride {"destination":"1 Lake Street"})");
}

TEST_F(ReferringTest, WhatASolutionMadeGoesBackToIt) {
  find_three();
  ASSERT_EQ(say("reserve the first one for 2 nights").kind, Step::Kind::call);
  done(json::parse(R"({"reservation":"b-77","nights":2})").value(), "Reserved");
  EXPECT_EQ(call(say("annul my reservation")), R"(rooms/annul {"reservation":"b-77"})");
}

TEST_F(ReferringTest, BackAsksAgainForWhatWasSaidLast) {
  EXPECT_THAT(say("pay 20 dollars").text, HasSubstr("To (The payee)?"));
  const Step again = say("go back");
  EXPECT_THAT(again.text, HasSubstr("amount"));
  EXPECT_EQ(say("25").kind, Step::Kind::ask);
  EXPECT_EQ(call(say("Mary")), R"(bank/pay {"to":"Mary","amount":25})");
}

TEST_F(ReferringTest, ListsLiveOnAsJson) {
  find_three();
  say("show me pictures of the second one");
  const auto back = conversation_from_json(to_json(c_));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, c_);
  EXPECT_EQ(back->offers.chosen, 1);
}

}  // namespace
}  // namespace weft::dialogue
