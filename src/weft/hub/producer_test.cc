#include "weft/hub/producer.h"

#include <gtest/gtest.h>

#include "weft/hub/limits.h"
#include "weft/hub/testing.h"

namespace weft::hub {
namespace {

using model::Event;
using testing::run;

/// A loop, and a witness of whether the body's frame is still there.
class Producer : public ::testing::Test {
 protected:
  ~Producer() override {
    loop_.restart();
    loop_.run_for(Milliseconds(50));
    EXPECT_EQ(witness_.use_count(), 1) << "a body was left behind";
  }

  std::unique_ptr<EventStream> stream(
      std::function<Awaitable<Result<model::Output>>(Emitter&)> body, CallContext context) {
    return make_stream(std::move(context), [body = std::move(body), witness = witness_](
                                               Emitter& out) { return body(out); });
  }
  std::unique_ptr<EventStream> stream(
      std::function<Awaitable<Result<model::Output>>(Emitter&)> body) {
    return stream(std::move(body), testing::context_on(loop_));
  }
  static Event delta(std::string text) {
    return {model::Delta{model::Delta::Kind::text, std::move(text)}};
  }

  boost::asio::io_context loop_{1};
  std::shared_ptr<int> witness_ = std::make_shared<int>(0);
  int steps_ = 0;

  /// Emits three deltas, counting.
  std::function<Awaitable<Result<model::Output>>(Emitter&)> three() {
    return [this](Emitter& out) -> Awaitable<Result<model::Output>> {
      for (int i = 0; i < 3; ++i) {
        ++steps_;
        WEFT_CO_CHECK(co_await out.emit(delta("x")));
      }
      ++steps_;
      co_return testing::text_output("xxx");
    };
  }
  /// Waits until it is cancelled, then ends at once.
  static Awaitable<Result<model::Output>> wait_for_cancel(Emitter& out) {
    Signal done(out.executor());
    const auto registration = out.cancelled().on_cancel([&] { done.notify(); });
    co_await done.wait();
    co_return fail(out.cancelled().why());
  }
  static model::Ask ask() {
    model::Ask ask;
    ask.items["name"].message = "Your name?";
    ask.items["form"].kind = model::Ask::Kind::form;
    ask.items["form"].schema =
        json::parse(R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})")
            .value();
    return ask;
  }
  static const Error& error_of(const Event& event) {
    return std::get<model::End>(event.body).outcome.error();
  }
};

TEST_F(Producer, StartsWithTheFirstNextAndEndsOnce) {
  auto s = stream(three());
  loop_.run_for(Milliseconds(5));
  EXPECT_EQ(steps_, 0);
  run(loop_, [&]() -> Awaitable<> {
    const auto events = co_await testing::all_events(*s);
    EXPECT_EQ(events.size(), 4U);
    EXPECT_EQ(plain_text(*std::get<model::End>(events.back().body).outcome), "xxx");
  });
}

TEST_F(Producer, GoesOnOnlyWhenItsEventWasTaken) {
  auto s = stream(three());
  run(loop_, [&]() -> Awaitable<> { co_await s->next(); });
  loop_.restart();
  loop_.run_for(Milliseconds(20));
  EXPECT_LE(steps_, 2);
}

TEST_F(Producer, CancelBeforeTheFirstNextNeverStarts) {
  auto s = stream(three());
  s->cancel(make_error(Reason::cancelled, "not wanted"));
  s->cancel(make_error(Reason::internal, "later ones do not count"));
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_TRUE(event.is_end());
    EXPECT_EQ(error_of(event).message, "not wanted");
  });
  EXPECT_EQ(steps_, 0);
}

TEST_F(Producer, CancelWhileEmitting) {
  for (int taken = 0; taken < 4; ++taken) {
    auto s = stream(three());
    run(loop_, [&]() -> Awaitable<> {
      for (int i = 0; i < taken; ++i) co_await s->next();
      s->cancel(make_error(Reason::cancelled, "enough"));
      const auto event = co_await s->next();
      EXPECT_TRUE(event.is_end());
      EXPECT_EQ(error_of(event).message, "enough");
    });
  }
}

TEST_F(Producer, CancelReachesAPendingNext) {
  auto s = stream(wait_for_cancel);
  const auto timer = run_after(loop_.get_executor(), Milliseconds(10),
                               [&] { s->cancel(make_error(Reason::cancelled, "stop")); });
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_EQ(error_of(event).message, "stop");
  });
}

TEST_F(Producer, CancelAfterEndDoesNothing) {
  auto s = stream(three());
  run(loop_, [&]() -> Awaitable<> { co_await testing::all_events(*s); });
  s->cancel(make_error(Reason::cancelled, "too late"));
  EXPECT_FALSE(s->answer({}));
}

TEST_F(Producer, CancelWhileAsking) {
  auto s = stream([](Emitter& out) -> Awaitable<Result<model::Output>> {
    auto question = ask();
    WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(question)));
    co_return testing::text_output("unreachable");
  });
  run(loop_, [&]() -> Awaitable<> {
    const auto asked = co_await s->next();
    EXPECT_TRUE(std::holds_alternative<model::Ask>(asked.body));
    s->cancel(make_error(Reason::cancelled, "nobody here"));
    EXPECT_FALSE(s->answer({{"name", {}}}));
    const auto event = co_await s->next();
    EXPECT_EQ(error_of(event).message, "nobody here");
  });
}

TEST_F(Producer, AnswersReachTheBodyWhenAllAreThere) {
  auto s = stream([](Emitter& out) -> Awaitable<Result<model::Output>> {
    auto question = ask();
    WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(question)));
    co_return testing::text_output(answers.at("name").text + json::write(*answers.at("form").data));
  });
  EXPECT_FALSE(s->answer({{"name", {}}})) << "nothing is asked yet";
  run(loop_, [&]() -> Awaitable<> {
    co_await s->next();
    const auto unknown = s->answer({{"age", {}}});
    EXPECT_EQ(unknown.error().param, "/age");
    model::Answers wrong;
    wrong["form"].data = json::parse(R"({"n":"one"})").value();
    const auto misfit = s->answer(wrong);
    EXPECT_EQ(misfit.error().param, "/form/data/n");
    EXPECT_EQ(misfit.error().reason, Reason::invalid_argument);
    model::Answers first;
    first["name"].text = "Li ";
    EXPECT_TRUE(s->answer(first));
    model::Answers second;
    second["form"].text = "7";
    EXPECT_TRUE(s->answer(second));
    EXPECT_FALSE(s->answer(second)) << "the question is closed";
    const auto event = co_await s->next();
    EXPECT_EQ(plain_text(*std::get<model::End>(event.body).outcome), R"(Li {"n":7})");
  });
}

TEST_F(Producer, DropAtEveryPoint) {
  {
    auto never_read = stream(three());
  }
  for (int taken = 1; taken < 4; ++taken) {
    auto s = stream(three());
    run(loop_, [&]() -> Awaitable<> {
      for (int i = 0; i < taken; ++i) co_await s->next();
    });
    s.reset();
    loop_.restart();
    loop_.run_for(Milliseconds(5));
    EXPECT_EQ(witness_.use_count(), 1) << taken;
  }
  auto asking = stream([](Emitter& out) -> Awaitable<Result<model::Output>> {
    auto question = ask();
    WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(question)));
    co_return testing::text_output("unreachable");
  });
  run(loop_, [&]() -> Awaitable<> { co_await asking->next(); });
  asking.reset();
}

TEST_F(Producer, DropUnderAPendingNext) {
  auto s = stream(wait_for_cancel);
  const auto timer = run_after(loop_.get_executor(), Milliseconds(10), [&] { s.reset(); });
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_EQ(error_of(event).reason, Reason::cancelled);
  });
}

TEST_F(Producer, TheDeadlineEndsIt) {
  auto s = stream(wait_for_cancel, testing::context_on(loop_, Milliseconds(20)));
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_EQ(error_of(event).reason, Reason::deadline);
  });
}

TEST_F(Producer, TheParentCancelsIt) {
  CancelSource parent;
  auto context = testing::context_on(loop_);
  context.cancel = parent.token();
  auto s = stream(wait_for_cancel, context);
  const auto timer = run_after(loop_.get_executor(), Milliseconds(10), [&] {
    parent.cancel(make_error(Reason::cancelled, "the caller left"));
  });
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_EQ(error_of(event).message, "the caller left");
  });
  auto late = stream(three(), context);
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await late->next();
    EXPECT_TRUE(event.is_end());
  });
}

TEST_F(Producer, ABodyThatIgnoresItsCancellationIsGivenUp) {
  auto s = stream([](Emitter& out) -> Awaitable<Result<model::Output>> {
    co_await sleep_for(Milliseconds(kCancelBoundMs + 300), {});
    auto late = delta("late");
    co_await out.emit(std::move(late));
    co_return testing::text_output("late");
  });
  const auto began = std::chrono::steady_clock::now();
  const auto timer = run_after(loop_.get_executor(), Milliseconds(10),
                               [&] { s->cancel(make_error(Reason::cancelled, "stop")); });
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_EQ(error_of(event).message, "stop");
  });
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, Milliseconds(kCancelBoundMs));
  EXPECT_LT(took, Milliseconds(kCancelBoundMs + testing::kSlackMs));
  s.reset();
  loop_.restart();
  loop_.run_for(Milliseconds(600));
}

// Whoever has no time left is answered at once, not when the body has let go.
TEST_F(Producer, ALateAnswerIsNotWaitedFor) {
  CallContext context = testing::context_on(loop_, Milliseconds(20));
  auto s = stream(
      [](Emitter&) -> Awaitable<Result<model::Output>> {
        co_await sleep_for(Milliseconds(kCancelBoundMs + 300), {});
        co_return testing::text_output("late");
      },
      context);
  const auto began = std::chrono::steady_clock::now();
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_EQ(error_of(event).reason, Reason::deadline);
  });
  EXPECT_LT(std::chrono::steady_clock::now() - began, Milliseconds(kCancelBoundMs));
  s.reset();
  loop_.restart();
  loop_.run_for(Milliseconds(kCancelBoundMs + 600));
}

TEST_F(Producer, AnExceptionOfALibraryIsAnError) {
  auto s = stream([](Emitter&) -> Awaitable<Result<model::Output>> {
    co_return testing::text_output(std::vector<std::string>().at(1));
  });
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_EQ(error_of(event).reason, Reason::internal);
  });
}

TEST_F(Producer, LossesAreInTheEnd) {
  auto s = stream([](Emitter& out) -> Awaitable<Result<model::Output>> {
    out.lose({"/gen/seed", "openai", "a2a", model::LossKind::dropped, ""});
    co_return testing::text_output("done");
  });
  run(loop_, [&]() -> Awaitable<> {
    const auto event = co_await s->next();
    EXPECT_EQ(std::get<model::End>(event.body).losses.size(), 1U);
  });
}

TEST_F(Producer, SeveralMayEmitAtOnce) {
  auto s = stream([](Emitter& out) -> Awaitable<Result<model::Output>> {
    Signal done(out.executor());
    auto other = [&]() -> Awaitable<> {
      auto event = delta("b");
      co_await out.emit(std::move(event));
      done.notify();
    };
    boost::asio::co_spawn(out.executor(), other(), [](std::exception_ptr) {});
    auto event = delta("a");
    WEFT_CO_CHECK(co_await out.emit(std::move(event)));
    co_await done.wait();
    co_return testing::text_output("ab");
  });
  run(loop_, [&]() -> Awaitable<> {
    const auto events = co_await testing::all_events(*s);
    EXPECT_EQ(events.size(), 3U);
  });
}

TEST_F(Producer, FoldsAndStopsAtAQuestion) {
  auto s = stream([](Emitter& out) -> Awaitable<Result<model::Output>> {
    auto question = ask();
    question.items.erase("form");
    WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(question)));
    WEFT_CO_CHECK(co_await out.emit(delta("hello ")));
    WEFT_CO_CHECK(co_await out.emit(delta(answers.at("name").text)));
    co_return model::Output{};
  });
  run(loop_, [&]() -> Awaitable<> {
    const auto asked = co_await fold_stream(*s, 1000);
    EXPECT_TRUE(asked.ask.has_value());
    model::Answers answers;
    answers["name"].text = "Li";
    EXPECT_TRUE(s->answer(answers));
    const auto folded = co_await fold_stream(*s, 1000);
    EXPECT_EQ(plain_text(*folded.end.outcome), "hello Li");
  });
}

TEST_F(Producer, FoldingEndsAnAnswerWithoutBound) {
  auto s = stream([](Emitter& out) -> Awaitable<Result<model::Output>> {
    while (true) WEFT_CO_CHECK(co_await out.emit(delta("0123456789")));
  });
  run(loop_, [&]() -> Awaitable<> {
    const auto folded = co_await fold_stream(*s, 1000);
    EXPECT_EQ(folded.end.outcome.error().reason, Reason::too_large);
  });
  auto done = ended_stream(model::end_with(testing::text_output(std::string(2000, 'x'))));
  run(loop_, [&]() -> Awaitable<> {
    const auto folded = co_await fold_stream(*done, 1000);
    EXPECT_EQ(folded.end.outcome.error().reason, Reason::too_large);
  });
}

TEST_F(Producer, TheLoopMayGoWithABodyInIt) {
  auto loop = std::make_unique<boost::asio::io_context>(1);
  auto s = stream(wait_for_cancel, testing::context_on(*loop));
  auto read = [&]() -> Awaitable<> { co_await s->next(); };
  boost::asio::co_spawn(*loop, read(), [](std::exception_ptr) {});
  loop->run_for(Milliseconds(5));
  s.reset();
  loop.reset();
  EXPECT_EQ(witness_.use_count(), 1);
}

}  // namespace
}  // namespace weft::hub
