// Law 3 over all pairs: given up at any point, a call ends once, within its bound, and every hub
// and the solution let go of it.
#include <thread>

#include "pairs.h"
#include "weft/base/testing/wait.h"
#include "weft/hub/limits.h"

namespace weft::pairs {
namespace {

using testing::kSlackMs;
constexpr std::chrono::seconds kFreedWithin{5};

model::Event words(std::string text) { return {model::Delta{.text = std::move(text)}}; }

model::Event progress(double done) {
  model::State state;
  state.progress = model::Progress{.done = done, .total = 3.0, .text = "step"};
  return {std::move(state)};
}

model::Event artifact(std::string id) {
  model::Artifact out{.id = std::move(id)};
  out.name = "a file";
  out.parts.push_back(model::Part::text("in the file"));
  return {std::move(out)};
}

model::Event question() {
  model::Ask ask;
  model::Ask::Item item;
  item.message = "Which one?";
  ask.items["which"] = std::move(item);
  return {std::move(ask)};
}

/// Something of every kind; then the solution works on for ever.
Play endless() {
  return {.events = {progress(1),
                     words("one "),
                     progress(2),
                     artifact("a"),
                     words("two "),
                     {model::Usage{.input = 1, .output = 2}},
                     words("three ")},
          .outcome = model::Output{},
          .waits = true};
}

class Cancels : public OverPairs {
 protected:
  Told give_up(GiveUp plan, model::Reply reply) {
    return chain_.tell(chain_.with_args("play", {{"run", 1}}, reply), plan);
  }

  void expect_one_end(const Told& told, const GiveUp& plan) {
    const auto ends = std::ranges::count_if(told.events, &model::Event::is_end);
    if (plan.by_dropping && told.gave_up) {
      EXPECT_EQ(ends, 0);
      return;
    }
    ASSERT_EQ(ends, 1);
    ASSERT_TRUE(told.events.back().is_end());
    ASSERT_FALSE(told.end().outcome);
    EXPECT_EQ(told.end().outcome.error().reason, Reason::cancelled);
    EXPECT_LE(told.ended_after_ms, hub::kCancelBoundMs + kSlackMs);
  }

  void expect_freed() {
    const auto until = std::chrono::steady_clock::now() + kFreedWithin;
    const auto held = [&] {
      return chain_.stage().released < chain_.stage().started || chain_.running() > at_rest();
    };
    while (held() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(chain_.stage().released, chain_.stage().started)
        << "the solution still works for a caller who is gone";
    EXPECT_LE(chain_.running(), at_rest()) << "a hub still counts the call";
  }

  /// Gives up so; whether the call had that many events.
  bool once(GiveUp plan, model::Reply reply) {
    SCOPED_TRACE(plan.after_events);
    const Told told = give_up(plan, reply);
    expect_one_end(told, plan);
    expect_freed();
    return told.gave_up;
  }

  /// A listener that a hub passes on from one to the next counts too (MCP, subscriptions/listen).
  std::uint32_t at_rest() const { return caller() == "mcp" && chain_.passes_through() ? 1 : 0; }
};

TEST_P(Cancels, AtAnyEventEndTheCallAndFreeTheSolution) {
  chain_.stage().set(endless());
  int events = 0;
  const auto stream = model::Reply::stream;
  while (once({.after_events = events, .while_waiting = true}, stream) && !HasFailure()) ++events;
  EXPECT_GE(events, 1);
  for (int n = 0; n < events && !HasFailure(); ++n) {
    once({.after_events = n}, stream);
    once({.after_events = n, .by_dropping = true}, stream);
  }
}

TEST_P(Cancels, OfAnAnswerAtOnceEndTheCallToo) {
  chain_.stage().set(endless());
  EXPECT_TRUE(once({.while_waiting = true}, model::Reply::unary));
  EXPECT_TRUE(once({.by_dropping = true}, model::Reply::unary));
}

TEST_P(Cancels, WhileAQuestionIsOpenEndTheCall) {
  Play play{.events = {words("one "), question()}, .outcome = model::Output{}, .waits = false};
  chain_.stage().set(std::move(play));
  // The question comes first or second; a door that cannot hold it ends the call with it.
  for (const int events : {1, 2}) {
    const GiveUp plan{.after_events = events};
    const Told told = give_up(plan, model::Reply::stream);
    ASSERT_EQ(std::ranges::count_if(told.events, &model::Event::is_end), 1);
    if (told.gave_up) {
      ASSERT_FALSE(told.end().outcome);
      EXPECT_EQ(told.end().outcome.error().reason, Reason::cancelled);
    }
    EXPECT_LE(told.ended_after_ms, hub::kCancelBoundMs + kSlackMs);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Cancels, all_pairs(), name_of);

}  // namespace
}  // namespace weft::pairs
