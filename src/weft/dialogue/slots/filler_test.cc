#include "weft/dialogue/slots/filler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/slots/built_in.h"
#include "weft/dialogue/slots/decide.h"

namespace weft::dialogue {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

/// A ferry, of no data set.
PreparedForm ferry() {
  Form form;
  form.name = "ferry";
  const auto slot = [&](std::string name, std::string description, SlotKind kind,
                        std::vector<std::string> choices = {}) {
    form.slots.push_back({.name = std::move(name),
                          .description = std::move(description),
                          .kind = kind,
                          .choices = std::move(choices),
                          .required = false,
                          .initial = {}});
  };
  slot("origin_city", "City to leave from", SlotKind::text);
  slot("destination_city", "City to go to", SlotKind::text);
  slot("departure_date", "Date of departure", SlotKind::date);
  slot("departure_time", "Time of departure", SlotKind::time);
  slot("number_of_passengers", "Number of passengers", SlotKind::choice, {"1", "2", "3", "4"});
  slot("cabin_class", "Class of the cabin", SlotKind::choice, {"Economy", "Economy Plus", "Suite"});
  slot("refundable", "Whether the ticket is refundable", SlotKind::boolean);
  form.skills.push_back({.name = "book_ferry",
                         .description = "Book tickets for a ferry",
                         .transactional = true,
                         .required = {0, 1, 2, 4},
                         .optional = {{3, "dontcare"}, {5, "Economy"}, {6, "dontcare"}},
                         .results = {}});
  return prepare(std::move(form), english_vocabulary());
}

class FillingOf : public ::testing::Test {
 protected:
  std::map<std::string, std::string> fill(std::string_view utterance,
                                          std::vector<std::size_t> asked = {}) {
    std::vector<SlotContext> contexts(form_.slots.size());
    for (std::size_t slot = 0; slot < contexts.size(); ++slot)
      contexts[slot].use = form_.skills[0].uses[slot];
    for (const std::size_t slot : asked) contexts[slot].asked = true;
    const Turn turn{.utterance = utterance,
                    .values = {},
                    .form = &form_,
                    .slots = contexts,
                    .system_acts = asked.empty() ? 0U : 2U,
                    .known = nullptr,
                    .opens = asked.empty()};
    std::map<std::string, std::string> out;
    for (const Filling& each : Filler(built_in_slots(), english_vocabulary()).fill(turn)) {
      EXPECT_LE(each.begin, each.end);
      EXPECT_LE(each.end, utterance.size());
      out[form_.form.slots[each.slot].name] = each.value;
    }
    return out;
  }

  PreparedForm form_ = ferry();
};

TEST_F(FillingOf, FindsSeveralValuesInOneSentence) {
  const auto values = fill("I need 3 tickets from Kiel to Oslo on March 5th.");
  EXPECT_THAT(values, Contains(Pair("origin_city", "Kiel")));
  EXPECT_THAT(values, Contains(Pair("destination_city", "Oslo")));
  EXPECT_THAT(values, Contains(Pair("departure_date", "March 5th")));
  EXPECT_THAT(values, Contains(Pair("number_of_passengers", "3")));
}

TEST_F(FillingOf, TakesTheAnswerToItsQuestion) {
  EXPECT_THAT(fill("Oslo", {1}), UnorderedElementsAre(Pair("destination_city", "Oslo")));
  EXPECT_THAT(fill("Oslo, please.", {0}), UnorderedElementsAre(Pair("origin_city", "Oslo")));
  EXPECT_THAT(fill("The 12th of May.", {2}), Contains(Key("departure_date")));
  EXPECT_THAT(fill("half past 6 in the evening", {3}), Contains(Key("departure_time")));
  EXPECT_THAT(fill("Just two of us.", {4}), Contains(Pair("number_of_passengers", "2")));
}

TEST_F(FillingOf, ChoicesAreTheFormsOwnWords) {
  EXPECT_THAT(fill("An economy plus cabin would be nice.", {5}),
              Contains(Pair("cabin_class", "Economy Plus")));
}

TEST_F(FillingOf, WhatSaysNothingFillsNothing) {
  EXPECT_THAT(fill(""), IsEmpty());
  EXPECT_THAT(fill("Hello!"), IsEmpty());
  EXPECT_THAT(fill("..., ?!"), IsEmpty());
}

TEST_F(FillingOf, AnyBytesDo) {
  fill(std::string(100'000, 'x'));
  std::string words;
  for (int i = 0; i < 2000; ++i) words += "Oslo 5 ";
  fill(words);
  fill("\xff\xfe\x80 \xc3 Oslo \xf0\x9f\x9a\xa2 静安 \0 to", {1});
}

TEST(Filling, WithAFormOfOneHundredSlots) {
  Form form;
  FormSkill skill{.name = "x",
                  .description = {},
                  .transactional = false,
                  .required = {},
                  .optional = {},
                  .results = {}};
  for (std::size_t i = 0; i < 100; ++i) {
    Slot slot;
    slot.name = "p" + std::to_string(i);
    form.slots.push_back(std::move(slot));
    skill.required.push_back(i);
  }
  form.skills.push_back(std::move(skill));
  const PreparedForm prepared = prepare(std::move(form), english_vocabulary());
  const std::vector<SlotContext> contexts(100);
  const Turn turn{.utterance = "Send it to Anna in Kiel on May 3rd at 5 pm",
                  .values = {},
                  .form = &prepared,
                  .slots = contexts};
  const auto fillings = Filler(built_in_slots(), english_vocabulary()).fill(turn);
  for (const Filling& one : fillings) {
    for (const Filling& other : fillings) {
      if (&one == &other) continue;
      EXPECT_NE(one.slot, other.slot);
      EXPECT_TRUE(one.end <= other.begin || other.end <= one.begin);
    }
  }
}

class Tracking : public ::testing::Test {
 protected:
  Decision say(std::string_view utterance) {
    const std::size_t forms[] = {0};
    return decide(tracker_.memory(), tracker_.listen(utterance, {}, forms));
  }
  void hear(std::vector<SystemMove> moves) {
    tracker_.hear({.form = 0, .moves = std::move(moves), .results = {}});
  }
  std::string value(std::size_t slot) const { return tracker_.memory().of(0).values[slot]; }

  std::vector<PreparedForm> forms_ = {ferry()};
  Tracker tracker_{built_in_slots(), forms_, english_vocabulary()};
};

TEST_F(Tracking, AsksThenConfirmsThenCalls) {
  Decision decision = say("I want to book a ferry from Kiel to Oslo.");
  ASSERT_EQ(decision.kind, Decision::Kind::ask);
  EXPECT_EQ(decision.missing, (std::vector<std::size_t>{2, 4}));
  hear({{.act = SystemAct::request, .slot = 2, .skill = {}, .values = {}},
        {.act = SystemAct::request, .slot = 4, .skill = {}, .values = {}}});
  decision = say("On March 5th, for 2 people.");
  ASSERT_EQ(decision.kind, Decision::Kind::confirm);
  EXPECT_EQ(value(2), "March 5th");
  EXPECT_EQ(decision.parameters.size(), 4U);
  std::vector<SystemMove> moves;
  for (const auto& [slot, said] : decision.parameters)
    moves.push_back({.act = SystemAct::confirm, .slot = slot, .skill = {}, .values = {said}});
  hear(moves);
  EXPECT_EQ(say("Yes, that's right.").kind, Decision::Kind::call);
}

TEST_F(Tracking, AChangeIsConfirmedOnceMore) {
  say("I want to book a ferry from Kiel to Oslo on March 5th for 2 people.");
  std::vector<SystemMove> moves;
  for (const std::size_t slot : {0U, 1U, 2U, 4U})
    moves.push_back(
        {.act = SystemAct::confirm, .slot = slot, .skill = {}, .values = {value(slot)}});
  hear(moves);
  const Decision decision = say("No, make it for 3 people.");
  EXPECT_EQ(decision.kind, Decision::Kind::confirm);
  EXPECT_EQ(value(4), "3");
  EXPECT_EQ(value(0), "Kiel");
}

TEST_F(Tracking, WithNothingSaidNothingIsCalled) {
  for (const char* nothing : {"", "?!", "yes", "Yes please", "ok"}) {
    EXPECT_NE(say(nothing).kind, Decision::Kind::call) << nothing;
    EXPECT_NE(say(nothing).kind, Decision::Kind::confirm) << nothing;
  }
}

TEST(Weights, AreReadAsTheyWereWritten) {
  const LinearModel model(4, 0.5F, {0, 3, 0, -2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7});
  const auto read = LinearModel::read(model.write());
  ASSERT_TRUE(read) << read.error().message;
  const std::uint32_t features[] = {1, 3, 15, 16 + 1};
  EXPECT_EQ(read->score(features), 5.5F);
  EXPECT_EQ(read->write(), model.write());
}

TEST(Weights, ThatAreNoneAreRefused) {
  const std::string bytes = LinearModel(4, 0.5F, std::vector<std::int16_t>(16, 1)).write();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = LinearModel::read(std::string_view(bytes).substr(0, size));
    // At the end of a weight it is a whole file with fewer of them.
    const bool whole = size >= 12 && (size - 12) % 3 == 0;
    EXPECT_EQ(read.has_value(), whole) << size;
  }
  EXPECT_FALSE(LinearModel::read(bytes + std::string(3, 1)));
  EXPECT_FALSE(LinearModel::read("nonsense"));
}

}  // namespace
}  // namespace weft::dialogue
