#include "weft/dialogue/slots/slot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>

#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Slot> slots(std::string_view schema) {
  const auto document = json::parse(schema);
  EXPECT_TRUE(document) << document.error().message;
  auto read = slots_of(*document);
  EXPECT_TRUE(read) << read.error().message;
  return read ? *std::move(read) : std::vector<Slot>();
}

Error refusal(std::string_view schema) {
  const auto document = json::parse(schema);
  EXPECT_TRUE(document);
  const auto read = slots_of(*document);
  EXPECT_FALSE(read);
  return read ? Error() : read.error();
}

TEST(Slots, HaveTheKindThatTheSchemaSays) {
  const auto all = slots(R"({"type":"object","required":["to","seats"],"properties":{
      "to":{"type":"string","description":"Where to go"},
      "seats":{"type":"integer","default":1},
      "tip":{"type":"number"},
      "quiet":{"type":["boolean","null"]},
      "when":{"type":"string","format":"date-time"},
      "mail":{"type":"string","format":"email"},
      "class":{"enum":["plain","fine",null]},
      "colour":{"oneOf":[{"const":"red","title":"Red"},{"const":"blue"}]},
      "unit":{"const":"km"}}})");
  ASSERT_EQ(all.size(), 9U);
  EXPECT_EQ(all[0], (Slot{.name = "to",
                          .description = "Where to go",
                          .kind = SlotKind::text,
                          .choices = {},
                          .required = true,
                          .initial = {}}));
  EXPECT_EQ(all[1].kind, SlotKind::integer);
  EXPECT_EQ(all[1].initial, "1");
  EXPECT_TRUE(all[1].required);
  EXPECT_EQ(all[2].kind, SlotKind::number);
  EXPECT_EQ(all[3].kind, SlotKind::boolean);
  EXPECT_FALSE(all[3].required);
  EXPECT_EQ(all[4].kind, SlotKind::date_time);
  EXPECT_EQ(all[5].kind, SlotKind::email);
  EXPECT_THAT(all[6].choices, ElementsAre("plain", "fine"));
  EXPECT_THAT(all[7].choices, ElementsAre("red", "blue"));
  EXPECT_EQ(all[7].kind, SlotKind::choice);
  EXPECT_THAT(all[8].choices, ElementsAre("km"));
}

TEST(Slots, OfNestedObjectsHaveDots) {
  const auto all = slots(R"({"properties":{"guest":{"type":"object","required":["name"],
      "properties":{"name":{},"home":{"properties":{"city":{"type":"string"}}}}}},
      "required":["guest"]})");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "guest.name");
  EXPECT_TRUE(all[0].required);
  EXPECT_EQ(all[1].name, "guest.home.city");
  EXPECT_FALSE(all[1].required);
}

TEST(Slots, OfASchemaThatRefersToItselfAreBounded) {
  const auto all = slots(R"({"$defs":{"node":{"type":"object","properties":{
      "label":{"type":"string"},"child":{"$ref":"#/$defs/node"}}}},
      "type":"object","properties":{"root":{"$ref":"#/$defs/node"}}})");
  EXPECT_EQ(all.front().name, "root.label");
  EXPECT_LE(all.size(), static_cast<std::size_t>(kSlotDepthMax) + 1);
  const auto loop =
      slots(R"({"$defs":{"a":{"$ref":"#/$defs/a"}},"properties":{"x":{"$ref":"#/$defs/a"}}})");
  ASSERT_EQ(loop.size(), 1U);
  EXPECT_EQ(loop.front().kind, SlotKind::text);
}

TEST(Slots, AreAtMostFiveHundred) {
  const auto schema_of = [](std::size_t count) {
    std::string text = R"({"properties":{)";
    for (std::size_t i = 0; i < count; ++i)
      text += std::format(R"({}"p{}":{{}})", i == 0 ? "" : ",", i);
    return text + "}}";
  };
  EXPECT_EQ(slots(schema_of(kSlotsMax)).size(), kSlotsMax);
  EXPECT_EQ(refusal(schema_of(kSlotsMax + 1)).reason, Reason::invalid_argument);
}

TEST(Slots, ThatNoValueFitsAreRefusedByName) {
  const Error error =
      refusal(R"({"properties":{"floor":{"type":"integer","enum":["low","high"]}}})");
  EXPECT_EQ(error.param, "/properties/floor");
  EXPECT_THAT(error.message, HasSubstr("floor"));
  EXPECT_EQ(refusal(R"({"properties":{"x":{"enum":[]}}})").param, "/properties/x");
  EXPECT_EQ(refusal(R"({"type":"array"})").param, "/type");
  EXPECT_EQ(refusal("[]").reason, Reason::invalid_argument);
  EXPECT_THAT(slots("{}"), IsEmpty());
}

TEST(SlotKinds, FollowFromWordsWhereTheSchemaIsSilent) {
  EXPECT_EQ(kind_of_words("pickup_date", ""), SlotKind::date);
  EXPECT_EQ(kind_of_words("leaving", "Time of departure"), SlotKind::time);
  EXPECT_EQ(kind_of_words("street", "Where the house stands"), SlotKind::text);
  const auto all =
      slots(R"({"properties":{"start_time":{"type":"string"},"price":{"type":"number"}}})");
  EXPECT_EQ(all[0].kind, SlotKind::time);
  EXPECT_EQ(all[1].kind, SlotKind::money);
}

}  // namespace
}  // namespace weft::dialogue
