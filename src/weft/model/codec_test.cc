#include "weft/model/codec.h"

#include <gtest/gtest.h>

#include "weft/model/generate.h"

namespace weft::model {
namespace {

constexpr std::uint32_t kRounds = 400;

/// to_json, written as text, parsed, read: the value again.
template <class T, class Read>
void expect_same(const T& x, Read read, std::uint32_t seed) {
  const auto text = json::write(to_json(x));
  const auto parsed = json::parse(text);
  ASSERT_TRUE(parsed) << "seed " << seed << ": " << parsed.error().message << "\n" << text;
  const auto again = read(*parsed);
  ASSERT_TRUE(again) << "seed " << seed << ": " << again.error().message << "\n" << text;
  EXPECT_TRUE(*again == x) << "seed " << seed << "\n"
                           << text << "\n"
                           << json::write(to_json(*again));
}

TEST(Codec, ReadsBackWhatItWrote) {
  for (std::uint32_t seed = 0; seed < kRounds; ++seed) {
    Generate g(seed);
    expect_same(g.part(), part_from_json, seed);
    expect_same(g.turn(), turn_from_json, seed);
    expect_same(g.tensor(), tensor_from_json, seed);
    expect_same(g.artifact(), artifact_from_json, seed);
    expect_same(g.ask(), ask_from_json, seed);
    expect_same(g.answer(), answer_from_json, seed);
    expect_same(g.output(), output_from_json, seed);
    expect_same(g.event(), event_from_json, seed);
    expect_same(g.call(), call_from_json, seed);
    const Error error = g.error();
    EXPECT_EQ(error_from_json(to_json(error)), error);
  }
}

TEST(Codec, RefusesWhatItCannotRead) {
  const std::vector<std::string> bad{R"({"type":"blob","bytes":"a"})", R"({"type":"nothing"})",
                                     R"([])", R"({"type":"text","text":5})",
                                     R"({"type":"blob","bytes":"===="})"};
  for (const auto& text : bad) EXPECT_FALSE(part_from_json(json::parse(text).value())) << text;
  const auto answer = answer_from_json(json::parse(R"({"action":"maybe"})").value());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().param, "/action");
  EXPECT_FALSE(event_from_json(json::parse(R"({"type":"end"})").value()));
  EXPECT_FALSE(call_from_json(json::parse(R"({"depth":99999999999})").value()));
}

TEST(Codec, MakesTextReadableThatIsNoUtf8) {
  Turn turn;
  turn.parts.push_back(Part::text("ok \xff\xc3 \xed\xa0\x80 fine"));
  const auto parsed = json::parse(json::write(to_json(turn)));
  ASSERT_TRUE(parsed);
  const auto again = turn_from_json(*parsed);
  ASSERT_TRUE(again);
  EXPECT_TRUE(joined_text(again->parts, false).starts_with("ok \xef\xbf\xbd"));
  EXPECT_TRUE(joined_text(again->parts, false).ends_with(" fine"));
}

TEST(Codec, ShowsASolution) {
  Solution solution;
  solution.id = SolutionId("bank");
  solution.kind = Kind::toolset;
  Skill skill;
  skill.id = SkillId("pay");
  skill.effects.destructive = true;
  solution.skills.push_back(skill);
  const auto shown = to_json(solution);
  EXPECT_EQ(json::write(*json::at_pointer(shown, "/skills/0/effects")), R"({"destructive":true})");
  EXPECT_EQ(json::string_at(shown, "kind"), "toolset");
  EXPECT_EQ(solution.skill("pay"), &solution.skills[0]);
  EXPECT_EQ(solution.skill("none"), nullptr);
}

TEST(Codec, AQuestionForApprovalIsReadAsItWasWritten) {
  Ask ask;
  ask.items["approve"].kind = Ask::Kind::approve;
  ask.items["approve"].consent = Ask::Consent{
      .id = "01A", .digest = "ab", .approvers = {"alice", "bob"}, .expires_ms = 1'800'000'000'000};
  const auto read = ask_from_json(to_json(ask));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, ask);
}

TEST(Codec, WhoAnswersIsNotReadFromWhatTheySend) {
  const auto read = answer_from_json(
      json::parse(R"({"action":"accept","text":"yes","by":"alice","consent":"01A"})").value());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->by + read->consent, "");
}

TEST(Codec, WhatASkillCostsIsShown) {
  Skill skill;
  skill.effects.cost = Cost{.amount = 0.5, .currency = "EUR"};
  skill.effects.dedup_key = "request_id";
  EXPECT_EQ(json::write(to_json(skill).at("effects")),
            R"({"cost":{"amount":0.5,"currency":"EUR"},"dedup_key":"request_id"})");
}

}  // namespace
}  // namespace weft::model
