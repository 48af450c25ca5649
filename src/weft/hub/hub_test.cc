#include "weft/hub/hub.h"

#include <gtest/gtest.h>

#include "weft/hub/approval.h"
#include "weft/hub/limits.h"
#include "weft/hub/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::hub {
namespace {

using model::Event;
using testing::run;

constexpr std::string_view kPaySchema =
    R"({"type":"object","properties":{"to":{"type":"string"},"amount":{"type":"integer"}},"required":["to","amount"]})";

/// With services that give streams, and with such that give their body.
class HubTest : public ::testing::TestWithParam<bool> {
 protected:
  HubTest() { testing::FakeService::gives_body = GetParam(); }
  ~HubTest() override { testing::FakeService::gives_body = true; }
  void add(std::string id, std::shared_ptr<Service> service, model::Skill skill,
           JoinRequest request = {}) {
    ASSERT_TRUE(hub_.registry().add(testing::fake_solution(
        std::move(id), std::move(service), {std::move(skill)}, std::move(request))));
  }
  std::shared_ptr<testing::FakeService> echo() {
    return std::make_shared<testing::FakeService>(testing::echo_script);
  }
  static model::Call call_of(std::string solution, std::string_view args) {
    model::Call call;
    call.solution = SolutionId(std::move(solution));
    if (!args.empty()) call.args = json::parse(args).value();
    return call;
  }
  static model::Call say(std::string solution, std::string text) {
    model::Call call;
    call.solution = SolutionId(std::move(solution));
    call.turns.push_back(
        model::Turn{"", model::Role::user, "", {model::Part::text(std::move(text))}});
    return call;
  }
  /// The outcome of a call that asks nothing.
  Result<model::Output> outcome(model::Call call) {
    return testing::run_on<Result<model::Output>>(loop_, [&]() -> Awaitable<Result<model::Output>> {
      auto stream = hub_.call(std::move(call), testing::context_on(loop_));
      auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
      if (folded.ask)
        co_return fail(Reason::internal, "it asked: " + folded.ask->items.begin()->second.message);
      co_return std::move(folded.end.outcome);
    });
  }
  Entry::Counters& counters(std::string_view id) {
    return *hub_.registry().snapshot()->find(id)->counters;
  }

  boost::asio::io_context loop_{1};
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  Hub hub_{{clock_, random_, tables_, journal_}};
};

TEST_P(HubTest, CallsASkillWithItsArguments) {
  add("bank", echo(), testing::fake_skill("pay", model::Shape::invoke, kPaySchema));
  const auto output = outcome(call_of("bank", R"({"to":"Li","amount":5})"));
  ASSERT_TRUE(output);
  EXPECT_EQ(json::write(*output->data), R"({"to":"Li","amount":5})");
  EXPECT_EQ(counters("bank").calls, 1U);
  EXPECT_EQ(counters("bank").running, 0U);
  EXPECT_EQ(counters("bank").health, Health::up);
}

TEST_P(HubTest, ACallThatEndedIsCountedOutWhoeverStillHoldsItsStream) {
  add("bank", echo(), testing::fake_skill("pay"));
  run(loop_, [&]() -> Awaitable<> {
    auto stream = hub_.call(call_of("bank", "{}"), testing::context_on(loop_));
    EXPECT_EQ(counters("bank").running, 1U);
    (void)co_await testing::all_events(*stream);
    EXPECT_EQ(counters("bank").running, 0U);
  });
}

TEST_P(HubTest, ArgumentsThatDoNotFitNeverReachTheSolution) {
  auto service = echo();
  add("bank", service, testing::fake_skill("pay", model::Shape::invoke, kPaySchema));
  const auto output = outcome(call_of("bank", R"({"to":"Li","amount":"five"})"));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().reason, Reason::invalid_argument);
  EXPECT_EQ(output.error().param, "/amount");
  EXPECT_NE(output.error().message.find("/amount: expected integer"), std::string::npos)
      << output.error().message;
  EXPECT_NE(output.error().message.find("bank"), std::string::npos);
  EXPECT_EQ(outcome(call_of("bank", "")).error().reason, Reason::invalid_argument);
  EXPECT_EQ(service->started, 0);
}

TEST_P(HubTest, UnknownNamesGetTheNearest) {
  add("bank", echo(), testing::fake_skill("pay"));
  auto wrong = call_of("bnak", "{}");
  EXPECT_NE(outcome(wrong).error().message.find("`bank`"), std::string::npos);
  EXPECT_EQ(outcome(wrong).error().reason, Reason::solution_not_found);
  auto skill = call_of("bank", "{}");
  skill.skill = SkillId("pya");
  EXPECT_NE(outcome(skill).error().message.find("`pay`"), std::string::npos);
}

TEST_P(HubTest, EveryErrorNamesTheSolution) {
  add("bank",
      std::make_shared<testing::FakeService>(
          [](auto, Emitter&) -> Awaitable<Result<model::Output>> {
            co_return fail(Reason::solution_failed, "no money");
          }),
      testing::fake_skill("pay"));
  const auto output = outcome(call_of("bank", "{}"));
  EXPECT_EQ(output.error().solution, "bank");
  EXPECT_EQ(output.error().message, "solution \"bank\": no money");
  EXPECT_EQ(counters("bank").failures, 1U);
  EXPECT_EQ(counters("bank").health, Health::up) << "it ran, and said that it failed";
}

TEST_P(HubTest, ALoopThroughTheHubIsStopped) {
  int calls = 0;
  auto self =
      std::make_shared<testing::FakeService>([&](std::shared_ptr<const model::Call> call,
                                                 Emitter& out) -> Awaitable<Result<model::Output>> {
        ++calls;
        model::Call again = *call;
        again.depth += 1;
        CallContext context{out.executor(), out.deadline(), out.cancelled()};
        auto stream = hub_.call(std::move(again), std::move(context));
        auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
        co_return std::move(folded.end.outcome);
      });
  add("echo", self, testing::fake_skill("say"));
  const auto output = outcome(call_of("echo", "{}"));
  ASSERT_FALSE(output);
  EXPECT_NE(output.error().message.find("circle"), std::string::npos);
  EXPECT_EQ(calls, kCallDepthMax);
  EXPECT_EQ(counters("echo").running, 0U);
}

TEST_P(HubTest, AConversationBecomesArguments) {
  add("bank", echo(), testing::fake_skill("pay", model::Shape::invoke, kPaySchema));
  const auto output = outcome(say("bank", "please\n```json\n{\"to\":\"Li\",\"amount\":5}\n```"));
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(json::write(*output->data), R"({"to":"Li","amount":5})");
}

TEST_P(HubTest, MissingArgumentsAreAsked) {
  auto service = echo();
  add("bank", service, testing::fake_skill("pay", model::Shape::invoke, kPaySchema));
  run(loop_, [&]() -> Awaitable<> {
    auto stream = hub_.call(say("bank", "pay Li"), testing::context_on(loop_));
    const auto asked = co_await fold_stream(*stream, kAnswerBytesMax);
    EXPECT_TRUE(asked.ask.has_value());
    EXPECT_NE(asked.ask->items.at("arguments").message.find("amount (integer)"), std::string::npos);
    EXPECT_EQ(service->started, 0);
    EXPECT_FALSE(stream->reach().started);
    model::Answers answers;
    answers["arguments"].text = R"({"to":"Li","amount":7})";
    EXPECT_TRUE(stream->answer(answers));
    const auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
    EXPECT_TRUE(folded.end.outcome.has_value());
    EXPECT_EQ(json::write(*folded.end.outcome->data), R"({"to":"Li","amount":7})");
    EXPECT_TRUE(stream->reach().started);
  });
}

TEST_P(HubTest, ArgumentsBecomeAConversation) {
  auto service = echo();
  add("clinic", service, testing::fake_skill("triage", model::Shape::converse));
  const auto output = outcome(call_of("clinic", R"({"message":"fever","context_id":"c1"})"));
  ASSERT_TRUE(output);
  EXPECT_EQ(service->last_call.load()->turns.size(), 1U);
  EXPECT_EQ(service->last_call.load()->context.str(), "c1");
  const auto nothing = outcome(call_of("clinic", "{}"));
  EXPECT_EQ(nothing.error().param, "/message");
}

TEST_P(HubTest, TextIsEmbedded) {
  auto service = echo();
  add("model", service, testing::fake_skill("embed", model::Shape::embed));
  ASSERT_TRUE(outcome(say("model", "hello")));
  EXPECT_EQ(json::write(*service->last_call.load()->args), R"({"input":"hello"})");
}

TEST_P(HubTest, ApprovalComesFirstAndShowsWhatWillRun) {
  auto service = echo();
  JoinRequest request;
  request.approvals["pay"] = Approval::both;
  add("bank", service, testing::fake_skill("pay", model::Shape::invoke, kPaySchema), request);
  for (const bool yes : {false, true}) {
    run(loop_, [&]() -> Awaitable<> {
      auto stream = hub_.call(call_of("bank", R"({"to":"Li\u202e5","amount":5})"),
                              testing::context_on(loop_));
      const auto asked = co_await fold_stream(*stream, kAnswerBytesMax);
      EXPECT_TRUE(asked.ask.has_value());
      const auto& item = asked.ask->items.at("approve");
      EXPECT_EQ(item.kind, model::Ask::Kind::approve);
      EXPECT_NE(item.message.find("\\u202e"), std::string::npos) << item.message;
      EXPECT_EQ(service->started, 0);
      model::Answers answers;
      answers["approve"].action = yes ? model::AnswerAction::accept : model::AnswerAction::decline;
      EXPECT_TRUE(stream->answer(answers));
      const auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
      EXPECT_EQ(folded.end.outcome.has_value(), yes);
      if (!yes) {
        EXPECT_EQ(folded.end.outcome.error().reason, Reason::refused);
      }
      EXPECT_EQ(service->started, yes ? 1 : 0);
    });
  }
}

TEST_P(HubTest, WordsAnswerAnApproval) {
  for (const std::string_view word : {"yes", "no", "maybe"}) {
    auto service = echo();
    JoinRequest request;
    request.approvals["*"] = Approval::hub;
    const std::string id = std::format("bank-{}", word);
    add(id, service, testing::fake_skill("pay"), request);
    run(loop_, [&]() -> Awaitable<> {
      auto stream = hub_.call(call_of(id, "{}"), testing::context_on(loop_));
      co_await fold_stream(*stream, kAnswerBytesMax);
      model::Answers answers;
      answers["approve"].text = word;
      EXPECT_TRUE(stream->answer(answers));
      co_await fold_stream(*stream, kAnswerBytesMax);
      EXPECT_EQ(service->started, word == "yes" ? 1 : 0) << word;
    });
  }
}

TEST_P(HubTest, AQuestionOfTheSolutionIsHandedOnAndItsAnswerBack) {
  auto service = std::make_shared<testing::FakeService>(
      [](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        model::Ask ask;
        ask.items["day"].message = "Which day?";
        WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(ask)));
        co_return testing::text_output("on " + answers.at("day").text);
      });
  add("clinic", service, testing::fake_skill("book"));
  run(loop_, [&]() -> Awaitable<> {
    auto stream = hub_.call(call_of("clinic", "{}"), testing::context_on(loop_));
    const auto asked = co_await fold_stream(*stream, kAnswerBytesMax);
    EXPECT_EQ(asked.ask->items.at("day").message, "Which day?");
    model::Answers answers;
    answers["day"].text = "Monday";
    EXPECT_TRUE(stream->answer(answers));
    const auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
    EXPECT_EQ(plain_text(*folded.end.outcome), "on Monday");
  });
}

TEST_P(HubTest, CancelReachesTheSolutionAndFreesIt) {
  auto service = std::make_shared<testing::FakeService>(
      [](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        Signal done(out.executor());
        const auto registration = out.cancelled().on_cancel([&] { done.notify(); });
        model::Event working{model::State{}};
        co_await out.emit(std::move(working));
        co_await done.wait();
        co_return fail(out.cancelled().why());
      });
  add("slow", service, testing::fake_skill("wait"));
  run(loop_, [&]() -> Awaitable<> {
    auto stream = hub_.call(call_of("slow", "{}"), testing::context_on(loop_));
    co_await stream->next();
    EXPECT_EQ(*service->running, 1);
    stream->cancel(make_error(Reason::cancelled, "enough"));
    const auto event = co_await stream->next();
    EXPECT_EQ(std::get<model::End>(event.body).outcome.error().reason, Reason::cancelled);
    EXPECT_EQ(*service->running, 0);
  });
  EXPECT_EQ(counters("slow").running, 0U);
  EXPECT_EQ(counters("slow").health, Health::unknown)
      << "a caller that left says nothing about the solution";
}

TEST_P(HubTest, TheLawIsKeptWhateverTheServiceDoes) {
  const Event text{model::Delta{model::Delta::Kind::text, "x"}};
  const Event end = model::end_with(testing::text_output("done"));
  add("babbles",
      std::make_shared<testing::LawlessService>(std::vector<Event>{text, end, text, end}),
      testing::fake_skill("a"));
  auto hangs = std::make_shared<testing::LawlessService>(std::vector<Event>{text});
  add("hangs", hangs, testing::fake_skill("a"));
  add("empty-ask", std::make_shared<testing::LawlessService>(std::vector<Event>{{model::Ask{}}}),
      testing::fake_skill("a"));
  add("throws",
      std::make_shared<testing::FakeService>(
          [](auto, Emitter&) -> Awaitable<Result<model::Output>> {
            co_return testing::text_output(std::string(std::vector<std::string>().at(1)));
          }),
      testing::fake_skill("a"));
  EXPECT_EQ(plain_text(*outcome(call_of("babbles", "{}"))), "done");
  EXPECT_EQ(outcome(call_of("empty-ask", "{}")).error().reason, Reason::upstream_protocol);
  EXPECT_EQ(outcome(call_of("throws", "{}")).error().reason, Reason::internal);
  run(loop_, [&]() -> Awaitable<> {
    const auto began = std::chrono::steady_clock::now();
    auto stream = hub_.call(call_of("hangs", "{}"), testing::context_on(loop_, Milliseconds(30)));
    const auto events = co_await testing::all_events(*stream);
    EXPECT_EQ(events.size(), 2U);
    const auto& error = std::get<model::End>(events.back().body).outcome.error();
    EXPECT_EQ(error.reason, Reason::deadline);
    EXPECT_EQ(error.solution, "hangs");
    EXPECT_LT(std::chrono::steady_clock::now() - began,
              Milliseconds(kCancelBoundMs + testing::kSlackMs));
    hangs->let_go();
    const CancelToken never;
    co_await sleep_for(Milliseconds(10), never);
  });
  EXPECT_EQ(counters("hangs").running, 0U);
}

TEST_P(HubTest, ASolutionThatCannotBeReachedIsLeftAloneForAWhile) {
  bool up = false;
  auto service = std::make_shared<testing::FakeService>(
      [&](auto, Emitter&) -> Awaitable<Result<model::Output>> {
        if (up) co_return testing::text_output("back");
        co_return fail(Reason::unavailable, "connection refused");
      });
  add("gone", service, testing::fake_skill("a"));
  for (std::uint32_t i = 0; i < kFailuresToDown; ++i) EXPECT_FALSE(outcome(call_of("gone", "{}")));
  EXPECT_EQ(counters("gone").health, Health::down);
  const int tried = service->started;
  const auto refused = outcome(call_of("gone", "{}"));
  EXPECT_EQ(refused.error().reason, Reason::unavailable);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_EQ(service->started, tried);
  up = true;
  run(loop_, [&]() -> Awaitable<> {
    const CancelToken never;
    co_await sleep_for(Milliseconds(kDownMs + 20), never);
  });
  EXPECT_TRUE(outcome(call_of("gone", "{}")));
  EXPECT_EQ(counters("gone").health, Health::up);
  EXPECT_TRUE(outcome(call_of("gone", "{}")));
}

// Fault 6: who lets three calls in a row come to their deadline is left alone as well.
TEST_P(HubTest, ASolutionThatDoesNotAnswerIsLeftAloneForAWhile) {
  auto service = std::make_shared<testing::FakeService>(
      [](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        Signal done(out.executor());
        const auto registration = out.cancelled().on_cancel([&] { done.notify(); });
        co_await done.wait();
        co_return fail(out.cancelled().why());
      });
  add("silent", service, testing::fake_skill("a"));
  const auto late = [&] {
    return testing::run_on<Result<model::Output>>(loop_, [&]() -> Awaitable<Result<model::Output>> {
      auto context = testing::context_on(loop_);
      context.deadline = clock_.steady() + Milliseconds(20);
      auto stream = hub_.call(call_of("silent", "{}"), context);
      co_return (co_await fold_stream(*stream, kAnswerBytesMax)).end.outcome;
    });
  };
  for (std::uint32_t i = 0; i < kFailuresToDown; ++i) {
    EXPECT_NE(counters("silent").health, Health::down);
    EXPECT_EQ(late().error_or(Error()).reason, Reason::deadline);
  }
  EXPECT_EQ(counters("silent").health, Health::down);
  const auto refused = outcome(call_of("silent", "{}"));
  EXPECT_EQ(refused.error_or(Error()).reason, Reason::unavailable);
  EXPECT_EQ(service->started, static_cast<int>(kFailuresToDown));
  EXPECT_EQ(*service->running, 0);
}

// A refusal is an answer: one caller's requests that are refused close no solution to the others.
TEST_P(HubTest, ASolutionThatRefusesIsNotDown) {
  int status = 403;
  auto service = std::make_shared<testing::FakeService>(
      [&](auto, Emitter&) -> Awaitable<Result<model::Output>> {
        Error error = make_error(status == 504 ? Reason::deadline : Reason::unavailable, "no");
        error.upstream_status = status;
        co_return fail(std::move(error));
      });
  add("strict", service, testing::fake_skill("a"));
  for (const int refusal : {403, 401, 408, 504}) {
    status = refusal;
    for (std::uint32_t i = 0; i <= kFailuresToDown; ++i) {
      EXPECT_EQ(outcome(call_of("strict", "{}")).error().message, "solution \"strict\": no");
    }
    EXPECT_EQ(counters("strict").health, Health::up) << refusal;
  }
  status = 502;
  for (std::uint32_t i = 0; i < kFailuresToDown; ++i)
    EXPECT_FALSE(outcome(call_of("strict", "{}")));
  EXPECT_EQ(counters("strict").health, Health::down);
}

// Fault 6: of the calls that come when it may be tried again, one goes and finds out.
TEST_P(HubTest, OneCallTriesWhetherItIsBack) {
  bool down = true;
  auto service = std::make_shared<testing::FakeService>(
      [&](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        if (down) co_return fail(Reason::unavailable, "connection refused");
        co_await sleep_for(Milliseconds(20), out.cancelled());
        co_return testing::text_output("back");
      });
  add("gone", service, testing::fake_skill("a"));
  for (std::uint32_t i = 0; i < kFailuresToDown; ++i) EXPECT_FALSE(outcome(call_of("gone", "{}")));
  const int tried = service->started;
  down = false;
  run(loop_, [&]() -> Awaitable<> {
    const CancelToken never;
    co_await sleep_for(Milliseconds(kDownMs + 20), never);
    std::vector<std::unique_ptr<EventStream>> calls;
    for (int i = 0; i < 5; ++i)
      calls.push_back(hub_.call(call_of("gone", "{}"), testing::context_on(loop_)));
    int served = 0;
    for (auto& call : calls) {
      model::Event event = co_await call->next();
      while (!event.is_end()) event = co_await call->next();
      served += std::get<model::End>(event.body).outcome ? 1 : 0;
    }
    EXPECT_EQ(served, 1);
  });
  EXPECT_EQ(service->started, tried + 1);
  EXPECT_EQ(counters("gone").health, Health::up);
}

TEST_P(HubTest, TooManyCallsAtOnceAreRefused) {
  auto service = std::make_shared<testing::FakeService>(
      [](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        co_await sleep_for(Milliseconds(5'000), out.cancelled());
        co_return model::Output{};
      });
  JoinRequest request;
  request.concurrency_max = 1;
  add("narrow", service, testing::fake_skill("a"), request);
  run(loop_, [&]() -> Awaitable<> {
    auto first = hub_.call(call_of("narrow", "{}"), testing::context_on(loop_));
    auto second = hub_.call(call_of("narrow", "{}"), testing::context_on(loop_));
    const auto event = co_await second->next();
    EXPECT_EQ(std::get<model::End>(event.body).outcome.error().reason, Reason::rate_limited);
    first.reset();
    auto third = hub_.call(call_of("narrow", "{}"), testing::context_on(loop_, Milliseconds(20)));
    const auto other = co_await third->next();
    EXPECT_EQ(std::get<model::End>(other.body).outcome.error().reason, Reason::deadline);
  });
}

TEST_P(HubTest, AKeyMayCallWhatItIsMadeFor) {
  add("bank", echo(), testing::fake_skill("pay"));
  add("clinic", echo(), testing::fake_skill("book"));
  run(loop_, [&]() -> Awaitable<> {
    std::vector<std::string> only{"clinic"};
    const auto key = co_await hub_.keys().make("alice", false, only);
    auto principal = hub_.keys().authenticate(key->secret).value();
    auto call = call_of("bank", "{}");
    call.principal = principal;
    auto stream = hub_.call(std::move(call), testing::context_on(loop_));
    const auto event = co_await stream->next();
    EXPECT_EQ(std::get<model::End>(event.body).outcome.error().reason, Reason::permission_denied);
    EXPECT_TRUE(hub_.keys().may_call(principal, "clinic"));
  });
}

TEST_P(HubTest, TheContextHoldsTheSolutionsOwnTimeout) {
  JoinRequest request;
  request.timeout_ms = 50;
  add("quick", echo(), testing::fake_skill("a"), request);
  add("normal", echo(), testing::fake_skill("a"));
  const auto left = [&](const model::Call& call) {
    const auto context = hub_.context(loop_.get_executor(), {}, call);
    return std::chrono::duration_cast<Milliseconds>(context.deadline - clock_.steady()).count();
  };
  EXPECT_LE(left(call_of("quick", "")), 50);
  EXPECT_GT(left(call_of("normal", "")), kCallDeadlineMs - 1000);
  auto task = call_of("normal", "");
  task.reply = model::Reply::task;
  EXPECT_GT(left(task), kCallDeadlineMs);
}

TEST_P(HubTest, ASchemaThatCannotBeUsedIsTheSolutionsFault) {
  add("odd", echo(),
      testing::fake_skill("a", model::Shape::invoke, R"({"$ref":"https://elsewhere.example/x"})"));
  const auto output = outcome(call_of("odd", "{}"));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().reason, Reason::upstream_protocol);
  EXPECT_EQ(output.error().solution, "odd");
}

TEST(Visible, ShowsWhatHides) {
  EXPECT_EQ(visible("pay 5€ 海\n"), "pay 5€ 海\n");
  EXPECT_EQ(visible("a\u200bb"), "a\\u200bb");
  EXPECT_EQ(visible("\x1b[2J"), "\\u001b[2J");
  EXPECT_EQ(visible("\U000e0041"), "\\ue0041");
  EXPECT_EQ(visible("\xff"), "\\u00ff");
}

INSTANTIATE_TEST_SUITE_P(Hub, HubTest, ::testing::Bool(),
                         [](const auto& given) { return given.param ? "Body" : "Stream"; });

}  // namespace
}  // namespace weft::hub
