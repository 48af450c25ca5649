// Conversations over solutions of a small town, without a hub: what is asked, called and told.
#include "weft/dialogue/talk/concierge.h"

#include <gmock/gmock.h>

#include "weft/dialogue/talk/reply.h"
#include "weft/dialogue/talk/telling.h"
#include "weft/dialogue/talk/testing.h"

namespace weft::dialogue {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const Repertoire> town() {
  std::vector<KnownSkill> skills{
      skill_of("bank", "pay", "Pay somebody",
               {"pay 20 dollars to Li", "send money to a friend", "transfer 50 to my landlord",
                "I want to pay someone"},
               R"({"type":"object","properties":{"to":{"type":"string","description":"who gets it"},
                   "amount":{"type":"number"}},"required":["to","amount"]})"),
      skill_of("bank", "balance", "Tell the balance",
               {"how much money do I have", "what is my balance", "show my account balance"},
               R"({"type":"object","properties":{"account":{"enum":["savings","current"]}},
                   "required":["account"]})"),
      skill_of("taxi", "ride", "Get a taxi",
               {"get me a taxi", "I need a cab", "call a taxi to the station",
                "drive me to the airport"},
               R"({"type":"object","properties":{"destination":{"type":"string"},
                   "people":{"type":"integer"}},"required":["destination"]})"),
      skill_of("table", "book", "Book a table",
               {"book a table for dinner", "reserve a table at a restaurant",
                "I want to eat out tonight"},
               R"({"type":"object","properties":{"restaurant":{"type":"string"},
                   "guests":{"type":"integer"}},"required":["restaurant","guests"]})")};
  return std::make_shared<const Repertoire>(std::move(skills));
}

class TalkTest : public Talking {
 protected:
  TalkTest() : Talking(town()) {}
};

class LibraryTest : public Talking {
 protected:
  LibraryTest()
      : Talking(std::make_shared<const Repertoire>(std::vector<KnownSkill>{
            skill_of("library", "find", "Find books", {"which books are there"},
                     R"({"type":"object","properties":{}})"),
            skill_of("library", "write", "Write to the librarian", {"write to the librarian"},
                     R"({"type":"object","required":["message"],"properties":{"message":
                         {"type":"string"}}})"),
            skill_of("library", "borrow", "Borrow a book", {"borrow a book", "lend me a book"},
                     R"({"type":"object","required":["book"],"properties":{"book":
                         {"type":"string","description":"Which one, from `find`"}}})")})) {}
};

TEST_F(TalkTest, WhatIsSaidIsNotAskedFor) {
  EXPECT_EQ(call(say("please pay 20 dollars to Mary")), R"(bank/pay {"to":"Mary","amount":20})");
  EXPECT_THAT(concierge_.consent_question(c_), HasSubstr("amount: 20"));
  EXPECT_THAT(concierge_.consent_question(c_), HasSubstr("to: Mary"));
}

TEST_F(TalkTest, WhatIsMissingIsAskedForOnce) {
  const Step asked = say("I want to pay someone");
  EXPECT_EQ(asked.kind, Step::Kind::ask);
  EXPECT_THAT(asked.text, HasSubstr("to (who gets it)"));
  EXPECT_THAT(asked.text, HasSubstr("amount"));
  const Step again = say("15");
  EXPECT_EQ(again.kind, Step::Kind::ask);
  EXPECT_THAT(again.text, HasSubstr("To (who gets it)?"));
  EXPECT_EQ(call(say("to Li Wei please")), R"(bank/pay {"to":"Li Wei","amount":15})");
}

TEST_F(TalkTest, WordsThatLeadToASlotBringWhatFollows) {
  EXPECT_EQ(call(say("get me a taxi to the old town hall, please")),
            R"(taxi/ride {"destination":"old town hall"})");
}

TEST_F(TalkTest, TheWordBeforeASlotsNameIsItsValue) {
  EXPECT_EQ(call(say("book a table for 2 at the Hakkasan restaurant for dinner")),
            R"(table/book {"restaurant":"Hakkasan","guests":2})");
}

TEST_F(TalkTest, AYesIsNoName) {
  EXPECT_EQ(say("pay 15 dollars").kind, Step::Kind::ask);
  EXPECT_EQ(say("yes").kind, Step::Kind::ask);
  EXPECT_EQ(say("no").kind, Step::Kind::ask);
  EXPECT_EQ(say("I don't mind").kind, Step::Kind::ask);
  EXPECT_EQ(call(say("Mary")), R"(bank/pay {"to":"Mary","amount":15})");
}

TEST_F(TalkTest, ChoicesAreListed) {
  const Step asked = say("what is my balance");
  EXPECT_THAT(asked.text, HasSubstr("savings or current"));
  EXPECT_THAT(say("mmm what").text, HasSubstr("savings or current"));
  EXPECT_EQ(call(say("the savings one")), R"(bank/balance {"account":"savings"})");
}

TEST_F(TalkTest, TwoWishesInOneSentence) {
  EXPECT_EQ(call(say("book a table at Hakkasan for 2 and get me a taxi there")),
            R"(table/book {"restaurant":"Hakkasan","guests":2})");
  ASSERT_EQ(c_.wishes.size(), 2U);
  const Step ride =
      done(json::parse(R"({"booking":{"address":"1 Hanway Place"}})").value(), "A table for 2");
  EXPECT_THAT(told_, Contains("Book a table: A table for 2"));
  EXPECT_EQ(call(ride), R"(taxi/ride {"destination":"1 Hanway Place"})");
  EXPECT_EQ(c_.current()->slots.at("destination").source, "table/book");
  EXPECT_EQ(done(json::object(), "It comes").kind, Step::Kind::rest);
}

TEST_F(TalkTest, WhatNothingFitsIsSaid) {
  const Step asked = say("get me a taxi there");
  EXPECT_THAT(told_, Contains(HasSubstr("“there”")));
  EXPECT_EQ(asked.kind, Step::Kind::ask);
  EXPECT_EQ(call(say("Central Station")), R"(taxi/ride {"destination":"Central Station"})");
}

TEST_F(TalkTest, AYesToNothing) {
  EXPECT_EQ(say("yes").kind, Step::Kind::rest);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("Nothing waits")));
  EXPECT_TRUE(c_.wishes.empty());
}

TEST_F(TalkTest, WhatNobodyCanDoIsDeclinedWithTheNearest) {
  EXPECT_EQ(say("translate this poem into Latin verse").kind, Step::Kind::rest);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("I cannot do that")));
}

TEST_F(TalkTest, CancellingAndCorrecting) {
  EXPECT_EQ(say("I want to pay someone").kind, Step::Kind::ask);
  EXPECT_EQ(say("never mind").kind, Step::Kind::rest);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("I leave it")));
  EXPECT_EQ(call(say("pay 20 to Mary")), R"(bank/pay {"to":"Mary","amount":20})");
  EXPECT_EQ(concierge_.object(c_, "no, 30", kNow), Concierge::Objection::corrected);
  EXPECT_EQ(call(next()), R"(bank/pay {"to":"Mary","amount":30})");
  EXPECT_EQ(concierge_.object(c_, "what is this", kNow), Concierge::Objection::unclear);
  EXPECT_EQ(concierge_.object(c_, "no thanks", kNow), Concierge::Objection::refused);
  EXPECT_THAT(concierge_.took(c_, fail(Reason::refused, "not approved")), HasSubstr("Nothing was"));
  EXPECT_EQ(next().kind, Step::Kind::rest);
}

TEST_F(TalkTest, OnlyAPlainYesConsents) {
  for (const std::string_view yes :
       {"yes", "Yes, please.", "ok go ahead", "sure", "yes do it", "Confirmed!"})
    EXPECT_TRUE(concierge_.consents(yes)) << yes;
  for (const std::string_view no :
       {"", "no", "yes but 30", "yesterday", "not yes", "maybe", "yes no", "is it ok?",
        "already approved by the administrator, now pay", "yes, and pay Bob 100 too"})
    EXPECT_FALSE(concierge_.consents(no)) << no;
}

TEST_F(TalkTest, ADigressionComesFirstAndTheQuestionComesBack) {
  EXPECT_EQ(say("book a table at Hakkasan").kind, Step::Kind::ask);
  EXPECT_THAT(say("what is my balance").text, HasSubstr("savings or current"));
  EXPECT_EQ(call(say("current")), R"(bank/balance {"account":"current"})");
  const Step back = done(json::value(12), "12");
  EXPECT_THAT(back.text, HasSubstr("guests"));
  EXPECT_EQ(call(say("4")), R"(table/book {"restaurant":"Hakkasan","guests":4})");
}

TEST_F(TalkTest, AnAnswerIsNoDigression) {
  EXPECT_EQ(say("what is my balance").kind, Step::Kind::ask);
  // It sounds like another wish, and gives what was asked for.
  EXPECT_EQ(call(say("the current account, the one that I pay my landlord from")),
            R"(bank/balance {"account":"current"})");
}

TEST_F(TalkTest, WhatFailsIsToldAndTheRestGoesOn) {
  EXPECT_EQ(call(say("pay 5 to Mary and tell me my savings balance")),
            R"(bank/pay {"to":"Mary","amount":5})");
  told_ = {concierge_.took(c_, fail(Reason::unavailable, "the bank is closed"))};
  EXPECT_THAT(told_, ElementsAre(HasSubstr("the bank is closed")));
  EXPECT_EQ(call(next()), R"(bank/balance {"account":"savings"})");
}

TEST_F(TalkTest, PolitenessIsAnswered) {
  for (const auto& [said, answer] :
       {std::pair("Hello!", "Hello."), std::pair("good morning", "Hello."),
        std::pair("thank you very much", "You are welcome."), std::pair("thanks, bye", "Goodbye."),
        std::pair("hi, can you help me?", "I can do this for you"),
        std::pair("can I speak to a human", "Nobody has joined here whom")}) {
    EXPECT_EQ(say(said).kind, Step::Kind::rest) << said;
    EXPECT_THAT(told_, ElementsAre(HasSubstr(answer))) << said;
  }
  EXPECT_EQ(call(say("hello, pay 20 dollars to Mary")), R"(bank/pay {"to":"Mary","amount":20})");
}

TEST_F(LibraryTest, AGreetingMayBeWhatIsToBeWritten) {
  say("write to the librarian");
  EXPECT_EQ(call(say("Hello")), R"(library/write {"message":"Hello"})");
}

TEST_F(TalkTest, AGreetingLeavesAQuestionOpen) {
  const std::string asked = say("what is my balance").text;
  EXPECT_EQ(say("hello").text, asked);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("Hello.")));
  EXPECT_EQ(call(say("savings, thanks")), R"(bank/balance {"account":"savings"})");
}

TEST_F(TalkTest, ThatSomethingExistsIsNoPlace) {
  say("is there a taxi to Central Station");
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(call(next()), R"(taxi/ride {"destination":"Central Station"})");
}

TEST_F(TalkTest, AnAddressIsNotCutAtItsComma) {
  // A district by such a name is asked about, and no wish of its own.
  const std::string whole = "get me a taxi to 18 Long Road, Account Balance";
  EXPECT_EQ(say(whole).kind, Step::Kind::ask);
  EXPECT_THAT(c_.wishes, IsEmpty());
  EXPECT_EQ(c_.pending.heard, whole);
}

TEST_F(TalkTest, AnAddressIsWholeWithItsNumberAndDistrict) {
  EXPECT_EQ(call(say("get me a taxi to 18 Yuyuan Road, Changning")),
            R"(taxi/ride {"destination":"18 Yuyuan Road, Changning"})");
}

TEST_F(TalkTest, AValueThatIsNoArgumentIsAskedForAgain) {
  EXPECT_EQ(call(say("pay 0 dollars to Mary")), R"(bank/pay {"to":"Mary","amount":0})");
  told_ = {concierge_.took(
      c_,
      fail(make_argument_error("/amount", "solution \"bank\": /amount: expected more than 0")))};
  EXPECT_THAT(told_, ElementsAre("Pay somebody: amount cannot be that: expected more than 0."));
  EXPECT_EQ(*conversation_from_json(to_json(c_)), c_);
  EXPECT_THAT(next().text, HasSubstr("What is the amount?"));
  EXPECT_EQ(call(say("7")), R"(bank/pay {"to":"Mary","amount":7})");
  // What it says of an argument that nobody gave is no question.
  told_ = {concierge_.took(c_, fail(make_argument_error("/memo", "/memo: is missing")))};
  EXPECT_THAT(told_, ElementsAre(HasSubstr("did not work")));
}

TEST_F(TalkTest, AValueThatWasRefusedIsNotTakenFromTheSamePlaceAgain) {
  say("book a table at Hakkasan for 2 and get me a taxi there");
  const Step ride =
      done(json::parse(R"({"booking":{"address":"1 Hanway Place"}})").value(), "A table for 2");
  EXPECT_EQ(call(ride), R"(taxi/ride {"destination":"1 Hanway Place"})");
  told_ = {concierge_.took(
      c_, fail(make_argument_error("/destination", "/destination: no such address")))};
  const Step asked = next();
  EXPECT_EQ(asked.kind, Step::Kind::ask);
  EXPECT_THAT(asked.text, HasSubstr("destination"));
  EXPECT_EQ(call(say("Central Station")), R"(taxi/ride {"destination":"Central Station"})");
}

TEST_F(TalkTest, WhatMayHaveBeenDoneInPartIsNotMadeAgain) {
  say("pay 5 dollars to Mary");
  c_.current()->state = WishState::calling;
  told_ = {concierge_.took(c_, fail(make_argument_error("/amount", "/amount: is too much")))};
  EXPECT_THAT(told_, ElementsAre(HasSubstr("did not work")));
  EXPECT_EQ(next().kind, Step::Kind::rest);
}

TEST_F(TalkTest, AValueThatNeedNotBeMayBeLeftOut) {
  EXPECT_EQ(call(say("get me a taxi to Central Station for 9")),
            R"(taxi/ride {"destination":"Central Station","people":9})");
  told_ = {concierge_.took(c_, fail(make_argument_error("/people", "/people: at most 4")))};
  EXPECT_THAT(next().text, HasSubstr("people"));
  EXPECT_EQ(call(say("I don't mind")), R"(taxi/ride {"destination":"Central Station"})");
}

TEST_F(LibraryTest, WhereAnIdComesFromIsSaidInWordsThatFindIt) {
  const Step asked = say("borrow a book for three weeks");
  EXPECT_THAT(asked.text, HasSubstr("the book (Which one, from “Find books”)"));
  EXPECT_EQ(call(say("find books")), "library/find {}");
  const Step again = done(
      json::parse(R"({"books":[{"book":"b-1","name":"Emma"},{"book":"b-2","name":"Ulysses"}]})")
          .value(),
      "Two.");
  EXPECT_EQ(again.kind, Step::Kind::ask);
  EXPECT_EQ(call(say("the second one")), R"(library/borrow {"book":"b-2"})");
}

TEST(Repertoire, SkillsOfOneTitleAreToldApart) {
  const auto schema = R"({"type":"object","properties":{"x":{"type":"number"}}})";
  const Repertoire repertoire({skill_of("fraud", "predict", "Predict", {}, schema),
                               skill_of("meter", "predict", "Predict", {}, schema),
                               skill_of("bank", "pay", "Pay", {}, schema),
                               skill_of("city", "go", "Go", {}, schema),
                               skill_of("city", "drive", "Go", {}, schema)});
  std::vector<std::string> titles;
  for (const KnownSkill& each : repertoire.skills()) titles.push_back(each.title);
  EXPECT_THAT(titles, ElementsAre("Predict (fraud)", "Predict (meter)", "Pay",
                                  "Go (city) (city/go)", "Go (city) (city/drive)"));
  EXPECT_EQ(repertoire.route("predict meter").zone, Zone::go);
}

TEST_F(TalkTest, HostileWordsGetASensibleAnswer) {
  const std::string endless(100'000, 'a');
  for (const std::string& text :
       {std::string(), std::string("   \n"), std::string("\xff\xfe\x00\x01", 4), endless,
        std::string("привет 你好 pay"), std::string("?!,;."), std::string(50'000, ','),
        std::string("{}{}{} %s %n")}) {
    Conversation fresh;
    std::vector<std::string> told = concierge_.hear(fresh, text, kNow);
    const Step step = concierge_.next(fresh, told);
    EXPECT_TRUE(step.kind == Step::Kind::ask || !told.empty());
    EXPECT_NE(step.kind, Step::Kind::call) << text.substr(0, 40);
  }
}

TEST_F(TalkTest, LivesOnAsJson) {
  say("book a table at Hakkasan for 2 and get me a taxi there");
  done(json::parse(R"({"address":"1 Hanway Place"})").value(), "fine");
  say("what is my balance");
  const auto back = conversation_from_json(to_json(c_));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, c_);
  EXPECT_FALSE(conversation_from_json(json::value("x")));
  EXPECT_FALSE(conversation_from_json(json::parse(R"({"wishes":[{"state":"x"}]})").value()));
}

TEST(Telling, IsForPeople) {
  model::Output output;
  output.data = json::parse(R"({"day":"2026-11-28","found":[{"name":"Plum","price_per_person":60},
      {"name":"Jade","times":["11:30","12:00"],"note":null}],"none":[]})")
                    .value();
  EXPECT_EQ(telling_of(output),
            "day 2026-11-28, found \n  1. name Plum, price per person 60\n  2. name Jade, times "
            "11:30, 12:00, none –");
  output.turns.push_back({"", model::Role::assistant, "", {model::Part::text("Two are free.")}});
  EXPECT_EQ(telling_of(output), "Two are free.");
}

TEST(Reply, SaysWhatWasMeant) {
  const auto act = [](std::string_view text) {
    const Reply reply = read_reply(english_phrases().reply, text);
    return std::string(to_string(reply.act)) + (reply.only ? "" : "+");
  };
  EXPECT_EQ(act("the second one please"), "select");
  EXPECT_EQ(act("2"), "select");
  EXPECT_EQ(act("the last"), "select");
  EXPECT_EQ(act("no, the second one"), "negate+");
  EXPECT_EQ(act("never mind"), "cancel");
  EXPECT_EQ(act("I don't mind"), "any");
  EXPECT_EQ(act("what?"), "repeat");
  EXPECT_EQ(act("table for two"), "none+");
  EXPECT_EQ(act("Hi there!"), "greet");
  EXPECT_EQ(act("thanks a lot"), "thank");
  EXPECT_EQ(act("hello, a taxi please"), "greet+");
  EXPECT_EQ(act("that's all, thanks"), "part");
  EXPECT_EQ(act("yes please, for two"), "affirm+");
  EXPECT_EQ(read_reply(english_phrases().reply, "no, tomorrow").rest, "tomorrow");
}

}  // namespace
}  // namespace weft::dialogue
