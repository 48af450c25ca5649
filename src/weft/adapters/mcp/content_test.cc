#include "weft/adapters/mcp/content.h"

#include <gtest/gtest.h>

namespace weft::adapters::mcp {
namespace {

json::value parsed(std::string_view text) { return json::parse(text).value(); }

void expect_round_trip(std::string_view block) {
  const json::value before = parsed(block);
  auto part = part_of(before, "/content/0");
  ASSERT_TRUE(part) << block;
  std::vector<model::Loss> losses;
  EXPECT_EQ(block_of(*part, "/content/0", losses), before) << block;
  EXPECT_TRUE(losses.empty());
}

TEST(Content, BlocksComeBackAsTheyWere) {
  expect_round_trip(R"({"type":"text","text":"hello"})");
  expect_round_trip(
      R"({"type":"text","text":"hi","annotations":{"audience":["user"],"priority":0.5},"_meta":{"a":1}})");
  expect_round_trip(R"({"type":"image","data":"AAEC","mimeType":"image/png"})");
  expect_round_trip(R"({"type":"audio","data":"AAEC","mimeType":"audio/wav"})");
  expect_round_trip(
      R"({"type":"resource","resource":{"uri":"test://x","mimeType":"text/plain","text":"words"}})");
  expect_round_trip(
      R"({"type":"resource","resource":{"uri":"test://y","mimeType":"image/png","blob":"AAEC"}})");
  expect_round_trip(
      R"({"type":"resource_link","uri":"file:///a","name":"a","mimeType":"text/csv","size":12})");
  expect_round_trip(
      R"({"type":"resource_link","uri":"file:///a","name":"a","title":"A","description":"d"})");
}

TEST(Content, BrokenBlocksAreNamed) {
  for (const std::string_view block :
       {R"({"type":"video"})", R"({"type":"text"})", R"("text")", R"({"type":"image","data":"%%"})",
        R"({"type":"resource"})", R"({"type":"resource","resource":{"uri":"x"}})",
        R"({"type":"resource_link"})"}) {
    auto part = part_of(parsed(block), "/content/3");
    ASSERT_FALSE(part) << block;
    EXPECT_EQ(part.error().reason, Reason::upstream_protocol);
    EXPECT_NE(part.error().message.find("/content/3"), std::string::npos);
  }
}

TEST(Content, WhatHasNoBlockIsALoss) {
  std::vector<model::Loss> losses;
  const model::Part thought{model::Reasoning{"hm", ""}, {}, {}};
  EXPECT_TRUE(block_of(thought, "/p", losses).is_null());
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].kind, model::LossKind::dropped);
  const model::Part data = model::Part::data(parsed(R"({"a":1})"));
  EXPECT_EQ(block_of(data, "/q", losses), parsed(R"({"type":"text","text":"{\"a\":1}"})"));
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_EQ(losses[1].kind, model::LossKind::approximated);
}

TEST(Content, AFileWithANameIsAResource) {
  std::vector<model::Loss> losses;
  const model::Part file{model::Blob{"abc", "my file.png"}, "image/png", {}};
  EXPECT_EQ(
      block_of(file, "/p", losses),
      parsed(
          R"({"type":"resource","resource":{"uri":"weft://blob/my%20file.png","mimeType":"image/png","blob":"YWJj"}})"));
}

}  // namespace
}  // namespace weft::adapters::mcp
