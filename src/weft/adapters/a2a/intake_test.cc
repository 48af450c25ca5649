#include "weft/adapters/a2a/intake.h"

#include <gtest/gtest.h>

#include "weft/adapters/a2a/codec.h"
#include "weft/model/fold.h"

namespace weft::adapters::a2a {
namespace {

StreamItem item(std::string_view text) {
  auto read = Codec(Version::v10).read_item(json::parse(text).value());
  EXPECT_TRUE(read) << text;
  return *std::move(read);
}

/// What a call came to: its events folded, as any door would.
model::End fold(Manner manner, const std::vector<std::string_view>& items) {
  Intake intake(manner);
  std::vector<model::Event> events;
  for (const std::string_view one : items) {
    const auto taken = intake.take(item(one), events);
    if (!taken) return {std::unexpected(taken.error()), {}};
  }
  auto output = intake.finish(events);
  events.push_back(output ? model::end_with(*std::move(output)) : model::end_with(output.error()));
  model::Fold folded(1 << 20);
  for (const model::Event& event : events) EXPECT_TRUE(folded.add(event));
  return folded.take();
}

constexpr std::string_view kTask =
    R"({"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}})";
constexpr std::string_view kDone =
    R"({"statusUpdate":{"taskId":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}}})";
constexpr std::string_view kPiece1 =
    R"({"artifactUpdate":{"taskId":"t","contextId":"c","artifact":{"artifactId":"a","parts":[{"text":"one;"}]}}})";
constexpr std::string_view kPiece2 =
    R"({"artifactUpdate":{"taskId":"t","contextId":"c","append":true,"lastChunk":true,
        "artifact":{"artifactId":"a","parts":[{"text":"two;"}]}}})";
constexpr std::string_view kWhole =
    R"({"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"},
        "artifacts":[{"artifactId":"a","parts":[{"text":"one;"},{"text":"two;"}]}]}})";

TEST(Intake, AStreamIsWorthItsSnapshot) {
  for (const Manner manner : {Manner::plain, Manner::faithful}) {
    const auto streamed = fold(manner, {kTask, kPiece1, kPiece2, kDone});
    const auto whole = fold(manner, {kWhole});
    const auto both = fold(manner, {kTask, kPiece1, kWhole});
    ASSERT_TRUE(streamed.outcome && whole.outcome && both.outcome);
    for (const auto* end : {&streamed, &whole, &both}) {
      std::string text = model::plain_text(*end->outcome);
      std::erase(text, '\n');
      EXPECT_EQ(text, "one;two;") << static_cast<int>(manner);
    }
  }
}

TEST(Intake, AMessageIsTheAnswer) {
  const auto end = fold(
      Manner::plain, {R"({"message":{"messageId":"m","contextId":"c","role":"ROLE_AGENT","parts":[
      {"text":"hello"},{"data":{"n":1}}]}})"});
  ASSERT_TRUE(end.outcome);
  EXPECT_EQ(end.outcome->data, json::parse(R"({"n":1})").value());
  EXPECT_EQ(end.outcome->turns.size(), 1U);
}

TEST(Intake, OneDataPartIsTheStructuredResult) {
  const auto end =
      fold(Manner::plain, {kTask,
                           R"({"artifactUpdate":{"taskId":"t","contextId":"c","lastChunk":true,
          "artifact":{"artifactId":"a","parts":[{"text":"two slots"},{"data":{"slots":2}}]}}})",
                           kDone});
  ASSERT_TRUE(end.outcome);
  EXPECT_EQ(end.outcome->data, json::parse(R"({"slots":2})").value());
  EXPECT_TRUE(end.outcome->artifacts.empty());
  EXPECT_EQ(model::plain_text(*end.outcome), "two slots");
}

TEST(Intake, TheLastStatusMayBeTheAnswer) {
  const auto end = fold(
      Manner::plain,
      {kTask,
       R"({"statusUpdate":{"taskId":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED",
          "message":{"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"done it"}]}}}})"});
  ASSERT_TRUE(end.outcome);
  EXPECT_EQ(model::plain_text(*end.outcome), "done it");
}

TEST(Intake, StatesAreErrorsWithTheirReason) {
  const auto reason = [](std::string_view state) {
    const std::string text =
        R"({"statusUpdate":{"taskId":"t","contextId":"c","status":{"state":")" +
        std::string(state) +
        R"(","message":{"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"no"}]}}}})";
    const auto end = fold(Manner::plain, {kTask, text});
    EXPECT_FALSE(end.outcome);
    EXPECT_EQ(end.outcome.error().message, "no");
    return end.outcome.error().reason;
  };
  EXPECT_EQ(reason("TASK_STATE_FAILED"), Reason::solution_failed);
  EXPECT_EQ(reason("TASK_STATE_REJECTED"), Reason::refused);
  EXPECT_EQ(reason("TASK_STATE_CANCELED"), Reason::cancelled);
}

TEST(Intake, RefusesWhatIsNotItsTask) {
  const auto other = fold(
      Manner::plain,
      {kTask,
       R"({"statusUpdate":{"taskId":"u","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}})"});
  ASSERT_FALSE(other.outcome);
  EXPECT_EQ(other.outcome.error().reason, Reason::upstream_protocol);
  const auto after = fold(Manner::plain, {kWhole, kPiece1});
  ASSERT_FALSE(after.outcome);
  EXPECT_EQ(after.outcome.error().reason, Reason::upstream_protocol);
}

TEST(Intake, AQuestionIsAskedAndTheTaskGoesOn) {
  Intake intake(Manner::plain);
  std::vector<model::Event> events;
  ASSERT_TRUE(intake.take(item(kTask), events));
  ASSERT_TRUE(intake.take(
      item(
          R"({"statusUpdate":{"taskId":"t","contextId":"c","status":{"state":"TASK_STATE_INPUT_REQUIRED",
      "message":{"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"Which day?"}]}}}})"),
      events));
  ASSERT_TRUE(intake.asks());
  EXPECT_EQ(intake.take_ask().items.begin()->second.message, "Which day?");
  EXPECT_FALSE(intake.settled());
  ASSERT_TRUE(intake.take(item(kDone), events));
  EXPECT_TRUE(intake.finish(events));
}

TEST(Intake, TheQuestionThatWasAnsweredIsNotAskedAgain) {
  constexpr std::string_view kAsking =
      R"({"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_INPUT_REQUIRED",
          "message":{"messageId":"m","role":"ROLE_AGENT","parts":[{"text":"Which day?"}]}}}})";
  for (const bool streamed : {true, false}) {
    Intake intake(Manner::plain);
    std::vector<model::Event> events;
    ASSERT_TRUE(intake.take(item(kAsking), events));
    (void)intake.take_ask();
    intake.expect_reply(streamed);
    ASSERT_TRUE(intake.take(item(kAsking), events));
    EXPECT_EQ(intake.asks(), !streamed);
    intake.expect_reply(streamed);
  }
}

TEST(Intake, KeepsArtifactsForAnA2aCaller) {
  Intake intake(Manner::faithful);
  std::vector<model::Event> events;
  ASSERT_TRUE(intake.take(item(kTask), events));
  ASSERT_TRUE(
      intake.take(item(R"({"artifactUpdate":{"taskId":"t","contextId":"c","append":true,"artifact":{
      "artifactId":"a","name":"plan","description":"d","metadata":{"k":1},"parts":[{"text":"x","metadata":{"m":2}}]}}})"),
                  events));
  const auto* made = std::get_if<model::Artifact>(&events.back().body);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->name, "plan");
  EXPECT_TRUE(made->append);
  EXPECT_FALSE(made->last);
  EXPECT_EQ(made->meta.at("k"), json::value(1));
  EXPECT_EQ(made->parts.front().meta.at("m"), json::value(2));
}

}  // namespace
}  // namespace weft::adapters::a2a
