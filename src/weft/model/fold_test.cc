#include "weft/model/fold.h"

#include <gtest/gtest.h>

#include "weft/model/generate.h"

namespace weft::model {
namespace {

constexpr std::size_t kBytes = 1 << 20;

/// The events that a streaming solution would send for this answer, cut at random places.
std::vector<Event> streamed(Generate& g, const Output& whole) {
  std::vector<Event> events;
  int tool = 0;
  for (const auto& part : whole.turns.at(0).parts) {
    std::string text;
    Delta delta;
    if (const auto* t = std::get_if<Text>(&part.body)) text = t->text;
    if (const auto* r = std::get_if<Reasoning>(&part.body))
      text = r->text, delta.kind = Delta::Kind::reasoning;
    if (const auto* r = std::get_if<Refusal>(&part.body))
      text = r->text, delta.kind = Delta::Kind::refusal;
    if (const auto* c = std::get_if<ToolCall>(&part.body)) {
      text = c->arguments_text;
      delta = Delta{Delta::Kind::tool_call, "", tool++, c->id, c->name};
      events.push_back({delta});
      delta.tool_id.clear(), delta.tool_name.clear();
    }
    while (!text.empty()) {
      const std::size_t size = 1 + g.below(text.size());
      delta.text = text.substr(0, size);
      events.push_back({delta});
      text.erase(0, size);
      if (g.below(4) == 0) events.push_back({State{}});
    }
  }
  for (const auto& artifact : whole.artifacts) {
    const std::size_t cut = g.below(artifact.parts.size() + 1);
    const auto middle = artifact.parts.begin() + static_cast<std::ptrdiff_t>(cut);
    Artifact first = artifact;
    first.parts.assign(artifact.parts.begin(), middle);
    first.last = false;
    Artifact rest{artifact.id, "", "", {middle, artifact.parts.end()}, true, true, {}};
    events.push_back({first});
    events.push_back({rest});
  }
  if (whole.usage) events.push_back({*whole.usage});
  return events;
}

Output answer(Generate& g) {
  Output whole;
  Turn turn;
  turn.role = Role::assistant;
  // No two neighbours of a kind: pieces of one part and two parts of it look the same in a stream.
  turn.parts.push_back(Part::text("Hello " + g.text()));
  turn.parts.emplace_back().body = Reasoning{"hm " + g.text(), ""};
  turn.parts.emplace_back().body = ToolCall{"id" + g.text(), "name", "{" + g.text() + "}"};
  turn.parts.emplace_back().body = ToolCall{"id2", "other", "{}"};
  turn.parts.emplace_back().body = Refusal{"no" + g.text()};
  whole.turns.push_back(turn);
  for (std::size_t n = g.below(3); n > 0; --n) {
    Artifact artifact = g.artifact();
    artifact.id = std::to_string(n);
    artifact.append = false, artifact.last = true;
    whole.artifacts.push_back(artifact);
  }
  whole.usage = g.maybe([&] { return g.usage(); });
  whole.model = "m";
  return whole;
}

TEST(Fold, AStreamMeansItsUnaryAnswer) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    Generate g(seed);
    const Output whole = answer(g);
    Fold fold(kBytes);
    for (const auto& event : streamed(g, whole)) ASSERT_TRUE(fold.add(event));
    EXPECT_FALSE(fold.ended());
    Output left;
    left.model = "m";
    ASSERT_TRUE(fold.add(end_with(left)));
    ASSERT_TRUE(fold.ended());
    const End end = fold.take();
    ASSERT_TRUE(end.outcome);
    EXPECT_TRUE(*end.outcome == whole) << "seed " << seed;
  }
}

TEST(Fold, WhatEndSaysCounts) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    Generate g(seed);
    const End end = g.end();
    Fold fold(kBytes);
    ASSERT_TRUE(fold.add({end}));
    EXPECT_TRUE(fold.take() == end) << "seed " << seed;
  }
  Fold fold(kBytes);
  ASSERT_TRUE(fold.add({Delta{Delta::Kind::text, "streamed"}}));
  Output output;
  output.turns.push_back(Turn{"", Role::assistant, "", {Part::text("whole")}});
  ASSERT_TRUE(fold.add(end_with(output)));
  EXPECT_EQ(plain_text(*fold.take().outcome), "whole");
}

TEST(Fold, RefusesAnAnswerWithoutBound) {
  Fold fold(100);
  ASSERT_TRUE(fold.add({Delta{Delta::Kind::text, std::string(60, 'x')}}));
  const auto added = fold.add({Delta{Delta::Kind::text, std::string(60, 'x')}});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().reason, Reason::too_large);
  EXPECT_EQ(added.error().message, "the answer is longer than 100 bytes");
  Fold named(100, "babbler");
  Output whole;
  whole.data = std::string(200, 'x');
  const auto told = named.add(end_with(std::move(whole)));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().solution, "babbler");
  EXPECT_EQ(told.error().message, "solution \"babbler\": the answer is longer than 100 bytes");
  Fold other(100);
  Artifact artifact;
  artifact.parts.emplace_back().body = Blob{std::string(200, 'x'), ""};
  EXPECT_FALSE(other.add({artifact}));
}

TEST(Event, PlainTextAndData) {
  Output output;
  output.data = json::parse(R"({"a":1})").value();
  EXPECT_EQ(plain_text(output), R"({"a":1})");
  EXPECT_EQ(json::write(*plain_data(output)), R"({"a":1})");
  Output parts;
  parts.artifacts.push_back(Artifact{"1", "", "", {Part::data(7)}});
  EXPECT_EQ(plain_text(parts), "7");
  EXPECT_EQ(*plain_data(parts), json::value(7));
  parts.artifacts.push_back(Artifact{"2", "", "", {Part::data(8), Part::text("eight")}});
  EXPECT_EQ(plain_data(parts), std::nullopt);
  EXPECT_EQ(plain_text(parts), "eight");
}

TEST(Event, SummaryOfLossesFitsAHeader) {
  std::vector<Loss> losses{{"/gen/seed", "openai", "a2a", LossKind::dropped, ""},
                           {"/x\r\n", "é;", "b"}};
  EXPECT_EQ(summary(losses), "/gen/seed openai>a2a dropped; /x?\? ??\?>b dropped");
  losses.resize(500, losses[0]);
  EXPECT_LT(summary(losses).size(), 1100U);
  EXPECT_TRUE(summary(losses).ends_with(" more"));
  EXPECT_EQ(summary({}), "");
}

TEST(Event, TaskStates) {
  for (int i = 0; i < 8; ++i) {
    const auto state = static_cast<TaskState>(i);
    EXPECT_EQ(task_state_from(to_string(state)), state);
    EXPECT_EQ(terminal(state), i >= 4);
  }
  EXPECT_EQ(task_state_from("done"), std::nullopt);
}

}  // namespace
}  // namespace weft::model
