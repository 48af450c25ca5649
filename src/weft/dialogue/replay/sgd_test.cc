#include "weft/dialogue/replay/sgd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weft/dialogue/replay/fill.h"
#include "weft/dialogue/replay/testing/dialogues.h"
#include "weft/dialogue/slots/built_in.h"

namespace weft::dialogue {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

FillReport replayed(const testing::Recorded& recorded, bool oracle) {
  const SgdServices services(recorded.forms, english_vocabulary());
  FillOptions options;
  options.oracle = oracle;
  FillReplay replay(built_in_slots(), services, english_vocabulary(), options);
  for (const SgdDialogue& each : recorded.dialogues) replay.add(each);
  return replay.report();
}

TEST(Sgd, IsReadWithPlacesInBytes) {
  const auto recorded = testing::recorded();
  ASSERT_EQ(recorded.forms.size(), 2U);
  const Form& boats = recorded.forms[0];
  EXPECT_EQ(boats.name, "Boats_1");
  EXPECT_EQ(boats.slots[*boats.slot("deck")].kind, SlotKind::choice);
  EXPECT_EQ(boats.slots[*boats.slot("with_cabin")].kind, SlotKind::boolean);
  EXPECT_EQ(boats.slots[*boats.slot("sailing_date")].kind, SlotKind::date);
  EXPECT_TRUE(boats.skills[*boats.skill("BookBoat")].transactional);
  ASSERT_EQ(recorded.dialogues.size(), 1U);
  const SgdTurn& first = recorded.dialogues[0].turns[0];
  const SgdSpan& span = first.frames[0].spans[0];
  EXPECT_EQ(first.utterance.substr(span.begin, span.end - span.begin), "Århus");
}

TEST(Sgd, WhatIsNoneOfItsFormsIsRefused) {
  const auto schema = [](std::string_view text) { return sgd_forms_of(*json::parse(text)); };
  EXPECT_FALSE(schema("{}"));
  EXPECT_FALSE(schema("[1]"));
  const auto unknown = schema(
      R"([{"service_name":"S","slots":[],"intents":[{"name":"I","required_slots":["no"]}]}])");
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, ::testing::HasSubstr("no"));
  EXPECT_FALSE(sgd_dialogues_of(*json::parse(R"({"a":1})")));
  EXPECT_FALSE(sgd_files_of("/nowhere"));
}

TEST(Metrics, AreTheOfficialOnes) {
  EXPECT_EQ(token_sort_ratio("San Jose", "jose, san"), 1);
  EXPECT_EQ(token_sort_ratio("", ""), 0);
  // 2 x 7 common characters ("the 5th" without "th" is in neither order) of 3 + 7.
  EXPECT_THAT(token_sort_ratio("5th", "the 5th"), DoubleNear(0.6, 1e-9));
  const std::vector<std::string> accepted = {"noon", "12 pm"};
  EXPECT_EQ(best_ratio("12 PM", accepted), 1);
  const std::vector<std::string> gold = {"a", "b"};
  const std::vector<std::string> mine = {"b"};
  EXPECT_THAT(f1_of(gold, mine), DoubleNear(2.0 / 3, 1e-9));
  EXPECT_EQ(f1_of({}, mine), 0);
}

TEST(Fill, WithTheRecordedStatesAllIsRight) {
  const FillReport report = replayed(testing::recorded(), true);
  EXPECT_EQ(report.all.joint_goal.get(), 1);
  EXPECT_EQ(report.all.average_goal.get(), 1);
  EXPECT_EQ(report.all.intent.get(), 1);
  EXPECT_EQ(report.all.requested_f1.get(), 1);
  EXPECT_EQ(report.all.decide_all.get(), 1);
  EXPECT_EQ(report.all.decide_all.count, 5);
  EXPECT_EQ(report.all.call_exact.get(), 1);
  EXPECT_EQ(report.all.false_call.get(), 0);
  EXPECT_EQ(report.all.re_ask.get(), 0);
  EXPECT_EQ(report.dialogues, 1U);
}

TEST(Fill, WithTheTrackersOwnStateMuchIs) {
  const FillReport report = replayed(testing::recorded(), false);
  EXPECT_GT(report.all.average_goal.get(), 0.5);
  EXPECT_GT(report.all.joint_goal.get(), 0.3);
  EXPECT_EQ(report.all.false_call_transactional.get(), 0);
}

TEST(Fill, TheNamesOfServicesSayNothing) {
  const std::string before = json::write(to_json(replayed(testing::recorded(), false)));
  auto renamed = testing::recorded();
  testing::rename_services(renamed, {{"Boats_1", "Zq"}, {"Tides_1", "Boats_1"}});
  EXPECT_EQ(json::write(to_json(replayed(renamed, false))), before);
}

TEST(Fill, OfSlotsOnlyTheWordsCount) {
  // Every slot has another's name; values are still kept, and nothing is looked up by name.
  auto renamed = testing::recorded();
  testing::rename_slots(renamed, "xu");
  const FillReport report = replayed(renamed, false);
  EXPECT_EQ(report.all.joint_goal.count, replayed(testing::recorded(), false).all.joint_goal.count);
  EXPECT_GT(report.all.average_goal.get(), 0.2);
  EXPECT_EQ(replayed(renamed, true).all.joint_goal.get(), 1);
}

}  // namespace
}  // namespace weft::dialogue
