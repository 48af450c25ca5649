// One weft calls another in this protocol: what comes is what was said but for the losses that are
// reported, and a stream comes to what the answer at once says.
#include "harness.h"

#include <gtest/gtest.h>

#include "weft/base/json_compare.h"
#include "weft/model/fold.h"
#include "weft/model/generate.h"

namespace weft::oip_door {
namespace {

using hub::testing::fake_skill;

constexpr std::string_view kText =
    R"({"type":"object","properties":{"text":{"type":"string"}},"required":["text"]})";

class WeftToWeft : public ::testing::Test {
 protected:
  WeftToWeft() : far_(world_.loops, world_.clients), near_(world_.loops, world_.clients) {
    auto service = std::make_shared<hub::testing::FakeService>(
        [this](std::shared_ptr<const model::Call> call, hub::Emitter& out) {
          heard_ = *call;
          return play(out);
        });
    far_.add(hub::testing::fake_solution(
        "far", service,
        {fake_skill("talk", model::Shape::converse), fake_skill("play"),
         fake_skill("say", model::Shape::invoke, kText), fake_skill("odd name/é")}));
    const auto joined = near_.join(far_.url(), "near");
    EXPECT_TRUE(joined.has_value()) << joined.error().message;
  }

  Awaitable<Result<model::Output>> play(hub::Emitter& out) {
    for (const model::Event& each : events_) {
      model::Event event = each;
      WEFT_CO_CHECK(co_await out.emit(std::move(event)));
    }
    co_return outcome_;
  }

  model::End cross(std::string skill, model::Reply reply, json::object args = {}) {
    model::Call call = call_of("near", "far." + skill);
    call.reply = reply;
    if (skill == "talk") args["message"] = "hello";
    call.args = std::move(args);
    const auto events = near_.call(std::move(call));
    model::Fold fold(std::size_t{1} << 24);
    for (const auto& event : events) EXPECT_TRUE(fold.add(event).has_value());
    return fold.take();
  }

  static std::string words(const model::Output& output) {
    std::string out;
    const auto take = [&](const std::vector<model::Part>& parts) {
      for (const auto& part : parts) {
        if (const auto* text = std::get_if<model::Text>(&part.body)) out += text->text;
        if (const auto* refusal = std::get_if<model::Refusal>(&part.body)) out += refusal->text;
      }
    };
    for (const auto& turn : output.turns) take(turn.parts);
    for (const auto& artifact : output.artifacts) take(artifact.parts);
    std::erase(out, '\n');
    return out;
  }
  static std::vector<std::string> files(const model::Output& output) {
    std::vector<std::string> out;
    const auto take = [&](const std::vector<model::Part>& parts) {
      for (const auto& part : parts) {
        if (const auto* blob = std::get_if<model::Blob>(&part.body))
          out.push_back(part.media_type + "|" + blob->filename + "|" + blob->bytes);
        if (const auto* link = std::get_if<model::Link>(&part.body))
          out.push_back(part.media_type + "|" + link->name + "|" + link->uri);
      }
    };
    for (const auto& turn : output.turns) take(turn.parts);
    for (const auto& artifact : output.artifacts) take(artifact.parts);
    return out;
  }
  static bool lost(const model::End& end, std::string_view what) {
    return std::ranges::any_of(end.losses, [&](const auto& loss) { return loss.from == what; });
  }

  void compare(const model::Output& sent, const model::End& end, std::uint32_t seed) {
    ASSERT_TRUE(end.outcome.has_value()) << "seed " << seed << ": " << end.outcome.error().message;
    const model::Output& came = *end.outcome;
    EXPECT_EQ(words(sent), words(came)) << "seed " << seed;
    EXPECT_EQ(files(sent), files(came)) << "seed " << seed;
    EXPECT_EQ(sent.finish, came.finish) << "seed " << seed;
    EXPECT_EQ(sent.usage, came.usage) << "seed " << seed;
    EXPECT_EQ(sent.model, came.model) << "seed " << seed;
    const auto data = model::plain_data(sent);
    EXPECT_EQ(data.has_value(), came.data.has_value()) << "seed " << seed;
    if (data && came.data) {
      EXPECT_TRUE(json::equal(*data, *came.data)) << "seed " << seed;
    }
    EXPECT_EQ(lost(end, "artifact"), !sent.artifacts.empty()) << "seed " << seed;
  }

  World world_;
  OipHub far_;
  OipHub near_;
  model::Call heard_;
  std::vector<model::Event> events_;
  Result<model::Output> outcome_ = model::Output{};
};

TEST_F(WeftToWeft, SkillsComeWithTheirShapesAndSchemas) {
  const auto entry = near_.entry("near");
  const model::Solution& solution = *entry->solution;
  ASSERT_EQ(solution.skills.size(), 4U);
  EXPECT_EQ(solution.skill("far.talk")->shape, model::Shape::converse);
  EXPECT_EQ(*solution.skill("far.say")->input_schema, json::parse(kText).value());
  EXPECT_TRUE(solution.caps.stream);
}

TEST_F(WeftToWeft, AnswersComeAsTheyWereButForWhatIsReported) {
  for (std::uint32_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    const model::Output sent = model::Generate(seed).real_output();
    outcome_ = sent;
    compare(sent, cross("talk", model::Reply::unary), seed);
    compare(sent, cross("play", model::Reply::unary), seed);
    compare(sent, cross("talk", model::Reply::stream), seed);
  }
}

TEST_F(WeftToWeft, TheFoldOfAStreamIsTheAnswerAtOnce) {
  for (std::uint32_t seed = 1; seed <= 100 && !HasFailure(); ++seed) {
    model::Generate random(seed);
    events_.clear();
    for (std::size_t n = random.below(5); n > 0; --n) {
      const bool refusal = random.below(4) == 0;
      events_.push_back(
          {model::Delta{.kind = refusal ? model::Delta::Kind::refusal : model::Delta::Kind::text,
                        .text = random.words()}});
    }
    if (random.below(3) == 0) events_.push_back({random.named_artifact()});
    model::Output rest;
    if (random.coin()) rest.data = random.object();
    if (random.coin()) rest.finish = model::Finish::length;
    if (random.coin()) rest.usage = model::Usage{.input = 1, .output = 2};
    outcome_ = rest;
    const model::End unary = cross("talk", model::Reply::unary);
    const model::End stream = cross("talk", model::Reply::stream);
    ASSERT_TRUE(unary.outcome && stream.outcome) << "seed " << seed;
    EXPECT_EQ(words(*unary.outcome), words(*stream.outcome)) << "seed " << seed;
    EXPECT_EQ(unary.outcome->data, stream.outcome->data) << "seed " << seed;
    EXPECT_EQ(unary.outcome->finish, stream.outcome->finish) << "seed " << seed;
    EXPECT_EQ(unary.outcome->usage, stream.outcome->usage) << "seed " << seed;
  }
}

TEST_F(WeftToWeft, ArgumentsAreHeardAsTheyWereSaid) {
  for (std::uint32_t seed = 1; seed <= 50 && !HasFailure(); ++seed) {
    json::object args = model::Generate(seed).object();
    args["more"] = model::Generate(seed).value();
    cross("play", model::Reply::unary, args);
    ASSERT_TRUE(heard_.args.has_value());
    EXPECT_TRUE(json::equal(*heard_.args, json::value(args))) << "seed " << seed;
  }
  cross("odd name/é", model::Reply::unary);
  EXPECT_EQ(heard_.skill.str(), "odd name/é");
}

TEST_F(WeftToWeft, AConversationWithItsSettings) {
  model::Call call = call_of("near", "far.talk");
  const auto turn = [](model::Role role, std::string text) {
    return model::Turn{"", role, "", {model::Part::text(std::move(text))}};
  };
  call.turns = {turn(model::Role::system, "be short"), turn(model::Role::user, "one"),
                turn(model::Role::assistant, "two"), turn(model::Role::user, "three")};
  call.model = "m";
  call.gen.max_tokens = 5;
  call.gen.temperature = 0.5;
  call.gen.top_p = 0.25;
  call.gen.stop = {"x", "y"};
  call.gen.seed = 7;
  call.gen.choices = 2;
  call.gen.effort = "low";
  call.gen.format = "schema";
  call.gen.schema = json::object{{"type", "object"}};
  call.gen.schema_name = "s";
  for (const auto reply : {model::Reply::unary, model::Reply::stream}) {
    model::Call asked = call;
    asked.reply = reply;
    near_.call(std::move(asked));
    EXPECT_EQ(heard_.turns, call.turns);
    EXPECT_EQ(heard_.gen, call.gen);
    EXPECT_EQ(heard_.model, "m");
  }
}

TEST_F(WeftToWeft, ErrorsArriveWithTheirReason) {
  for (int i = 1; i <= static_cast<int>(Reason::internal); ++i) {
    const auto reason = static_cast<Reason>(i);
    Error error = make_error(reason, "the script failed as it was told");
    error.retry_after = std::chrono::seconds(7);
    outcome_ = fail(error);
    for (const auto reply : {model::Reply::unary, model::Reply::stream}) {
      const model::End end = cross("talk", reply);
      ASSERT_FALSE(end.outcome.has_value()) << to_string(reason);
      const Error& came = end.outcome.error();
      EXPECT_NE(came.message.find("the script failed"), std::string::npos);
      // An answer of 401 or 403 complains about weft's own credentials.
      const bool credentials =
          reason == Reason::unauthenticated || reason == Reason::permission_denied;
      EXPECT_EQ(came.reason, credentials ? Reason::unavailable : reason) << to_string(reason);
      EXPECT_EQ(came.retry_after, std::chrono::seconds(7)) << to_string(reason);
    }
    outcome_ = model::Output{};
    cross("talk", model::Reply::unary);
  }
}

TEST_F(WeftToWeft, AQuestionIsAnErrorWithItsWords) {
  model::Ask ask;
  ask.items["name"].message = "What is your name?";
  events_ = {{ask}};
  for (const auto reply : {model::Reply::unary, model::Reply::stream}) {
    const model::End end = cross("talk", reply);
    ASSERT_FALSE(end.outcome.has_value());
    EXPECT_EQ(end.outcome.error().message, "solution \"near\": it asks back: What is your name?");
  }
}

}  // namespace
}  // namespace weft::oip_door
