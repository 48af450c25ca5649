#include "weft/hub/tasks.h"

#include <gtest/gtest.h>

#include <thread>

#include "weft/hub/hub.h"
#include "weft/hub/limits.h"
#include "weft/hub/testing.h"
#include "weft/store/limits.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::hub {
namespace {

using model::Event;
using model::TaskState;
using testing::run;

/// Counts how often a task was looked up among those of one owner, and among all.
class CountedJournal final : public store::MemoryJournal {
 public:
  Awaitable<Result<std::optional<store::TaskRecord>>> get(TaskId id) override {
    ++lookups_of_all;
    return MemoryJournal::get(std::move(id));
  }
  Awaitable<Result<std::optional<store::TaskRecord>>> get(TaskId id, std::string owner) override {
    ++lookups;
    return MemoryJournal::get(std::move(id), std::move(owner));
  }
  int lookups = 0;
  int lookups_of_all = 0;
};

/// A hub that can be killed: a new one then takes up the same journal.
class TasksTest : public ::testing::Test {
 protected:
  void SetUp() override { boot(); }
  void TearDown() override { stop(); }

  void boot() {
    hub_.emplace(Hub::Parts{clock_, random_, tables_, journal_});
    for (const auto& [id, service, skill] : solutions_) {
      ASSERT_TRUE(hub_->registry().add(testing::fake_solution(id, service, {skill})));
    }
  }
  void stop() {
    if (!hub_) return;
    run(loop_, [&]() -> Awaitable<> { co_await hub_->tasks().stop(); });
    hub_.reset();
  }
  /// What a killed hub leaves: the journal as it is, nothing ended.
  void restart() {
    stop();
    boot();
  }
  void recover() {
    auto recovered = testing::run_on<Result<void>>(
        loop_, [&] { return hub_->tasks().recover(loop_.get_executor()); });
    ASSERT_TRUE(recovered) << recovered.error().message;
  }
  std::shared_ptr<testing::FakeService> add(std::string id, testing::Script script,
                                            model::Effects effects = {}) {
    auto service = std::make_shared<testing::FakeService>(std::move(script));
    auto skill = testing::fake_skill("do");
    skill.effects = effects;
    solutions_.emplace_back(id, service, skill);
    EXPECT_TRUE(hub_->registry().add(testing::fake_solution(id, service, {skill})));
    return service;
  }
  model::Call call(std::string id) const {
    model::Call out;
    out.solution = SolutionId(std::move(id));
    out.principal = alice_;
    out.args = json::object();
    return out;
  }
  Awaitable<TaskView> start(std::string id, json::object meta = {}) {
    auto made = call(std::move(id));
    auto view =
        co_await hub_->tasks().start(std::move(made), loop_.get_executor(), std::move(meta));
    EXPECT_TRUE(view) << view.error_or(Error()).message;
    co_return view.value_or(TaskView());
  }
  Awaitable<TaskView> settled(TaskId id) {
    const CancelToken never;
    auto view = co_await hub_->tasks().settle(std::move(id), alice_, never);
    EXPECT_TRUE(view) << view.error_or(Error()).message;
    co_return view.value_or(TaskView());
  }
  /// All events after a point, to the End.
  Awaitable<std::vector<TaskEvent>> events(TaskId id, std::int64_t after) {
    auto subscription =
        co_await hub_->tasks().subscribe(std::move(id), after, alice_, loop_.get_executor());
    EXPECT_TRUE(subscription) << subscription.error_or(Error()).message;
    std::vector<TaskEvent> out;
    const CancelToken never;
    while (subscription) {
      auto event = co_await (*subscription)->next(never);
      EXPECT_TRUE(event) << event.error_or(Error()).message;
      if (!event || !*event) break;
      out.push_back(**event);
    }
    co_return out;
  }
  /// Waits until a condition holds, on the loop.
  Awaitable<> until(std::function<bool()> holds) {
    const CancelToken never;
    for (int i = 0; i < 2000 && !holds(); ++i) co_await sleep_for(Milliseconds(5), never);
    EXPECT_TRUE(holds());
  }

  static Awaitable<Result<model::Output>> ask_name(std::shared_ptr<const model::Call>,
                                                   Emitter& out) {
    model::Ask ask;
    ask.items["name"].message = "Your name?";
    WEFT_CO_TRY(const auto answers, co_await out.ask(std::move(ask)));
    co_return testing::text_output("hello " + answers.at("name").text);
  }
  static Awaitable<Result<model::Output>> hang(std::shared_ptr<const model::Call>, Emitter& out) {
    Signal done(out.executor());
    const auto registration = out.cancelled().on_cancel([&] { done.notify(); });
    Event accepted{model::Accepted{"up-1", ""}};
    (void)co_await out.emit(std::move(accepted));
    co_await done.wait();
    co_return fail(out.cancelled().why());
  }
  static Awaitable<Result<model::Output>> count(std::shared_ptr<const model::Call>, Emitter& out) {
    for (int i = 0; i < 600; ++i) {
      Event event{
          model::State{TaskState::working, {model::Part::text(std::to_string(i))}, std::nullopt}};
      WEFT_CO_CHECK(co_await out.emit(std::move(event)));
    }
    co_return testing::text_output("counted");
  }

  const model::Principal alice_{"alice", "", false};
  const model::Principal mallory_{"mallory", "", false};
  boost::asio::io_context loop_{1};
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  store::MemoryTables tables_;
  CountedJournal journal_;
  std::vector<std::tuple<std::string, std::shared_ptr<Service>, model::Skill>> solutions_;
  std::optional<Hub> hub_;
};

TEST_F(TasksTest, ATaskIsDurableBeforeItsIdIsKnownAndEndsWithItsAnswer) {
  auto service = add("echo", testing::echo_script);
  run(loop_, [&]() -> Awaitable<> {
    json::object meta;
    meta["door"] = "test";
    const auto begun = co_await start("echo", meta);
    EXPECT_EQ(begun.state, TaskState::submitted);
    EXPECT_EQ(service->started, 0);
    const auto row = co_await journal_.get(begun.id);
    EXPECT_TRUE(row->has_value());
    const auto view = co_await settled(begun.id);
    EXPECT_EQ(view.state, TaskState::completed);
    EXPECT_EQ(model::plain_text(*view.end->outcome), "{}");
    EXPECT_EQ(json::write(view.meta), R"({"door":"test"})");
    co_await until([&] { return *service->running == 0; });
    const auto later = co_await hub_->tasks().get(begun.id, alice_);
    EXPECT_EQ(later->state, TaskState::completed);
    EXPECT_TRUE(*later->end == *view.end);
    EXPECT_EQ(later->history.size(), 1U);
  });
}

TEST_F(TasksTest, EveryEventIsReadFromAnyPointAlsoByOneWhoLags) {
  add("counter", count);
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("counter");
    auto lagging = co_await hub_->tasks().subscribe(begun.id, 0, alice_, loop_.get_executor());
    const auto view = co_await settled(begun.id);
    const auto all = co_await events(begun.id, 0);
    EXPECT_EQ(all.size(), 602U);
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(all[i].seq, static_cast<std::int64_t>(i) + 1);
    EXPECT_TRUE(all.back().event.is_end());
    EXPECT_EQ(all.back().seq, view.head);
    const auto rest = co_await events(begun.id, 595);
    EXPECT_EQ(rest.size(), 7U);
    std::size_t late = 0;
    const CancelToken never;
    while (true) {
      const auto event = co_await (*lagging)->next(never);
      if (!event || !*event) break;
      ++late;
    }
    EXPECT_EQ(late, 602U);
  });
}

TEST_F(TasksTest, ASubscriberOnAnotherLoopSeesItLive) {
  add("ask", ask_name);
  boost::asio::io_context other(1);
  auto guard = boost::asio::make_work_guard(other);
  std::thread thread([&] { other.run(); });
  std::atomic<int> seen = 0;
  std::atomic<bool> ended = false;
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("ask");
    auto follow = [&, id = begun.id]() -> Awaitable<> {
      auto subscription = co_await hub_->tasks().subscribe(id, 0, alice_, other.get_executor());
      const CancelToken never;
      while (true) {
        const auto event = co_await (*subscription)->next(never);
        if (!event || !*event) break;
        ++seen;
      }
      ended = true;
    };
    boost::asio::co_spawn(other, follow(), [](std::exception_ptr) {});
    const auto asked = co_await settled(begun.id);
    EXPECT_EQ(asked.state, TaskState::ask);
    // Answered from the other loop too.
    auto reply = [&, id = begun.id]() -> Awaitable<bool> {
      model::Answers answers;
      answers["name"].text = "Li";
      model::Turn said;
      said.parts.push_back(model::Part::text("Li"));
      auto view = co_await hub_->tasks().answer(id, std::move(answers), std::move(said), alice_);
      co_return view.has_value();
    };
    const bool answered = co_await boost::asio::co_spawn(other, reply(), kAwait);
    EXPECT_TRUE(answered);
    const auto view = co_await settled(begun.id);
    EXPECT_EQ(model::plain_text(*view.end->outcome), "hello Li");
    EXPECT_EQ(view.history.size(), 3U) << "the question, the answer, the outcome";
    co_await until([&] { return ended.load(); });
  });
  EXPECT_GE(seen.load(), 3);
  guard.reset();
  thread.join();
}

TEST_F(TasksTest, AnAnswerThatDoesNotFitLeavesTheQuestionOpen) {
  add("ask", ask_name);
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("ask");
    const auto asked = co_await settled(begun.id);
    EXPECT_TRUE(asked.ask.has_value());
    model::Answers wrong;
    wrong["age"].text = "7";
    const model::Turn said;
    const auto refused = co_await hub_->tasks().answer(begun.id, wrong, said, alice_);
    EXPECT_EQ(refused.error().param, "/age");
    const auto still = co_await hub_->tasks().get(begun.id, alice_);
    EXPECT_TRUE(still->ask.has_value());
    model::Answers right;
    right["name"].text = "Li";
    const auto taken = co_await hub_->tasks().answer(begun.id, right, said, alice_);
    EXPECT_EQ(taken->state, TaskState::working);
    EXPECT_FALSE(taken->ask.has_value());
    co_await settled(begun.id);
    const auto late = co_await hub_->tasks().answer(begun.id, right, said, alice_);
    EXPECT_FALSE(late);
  });
}

TEST_F(TasksTest, CancelEndsItAndOnce) {
  auto service = add("slow", hang);
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("slow");
    co_await until([&] { return service->started == 1; });
    const auto view = co_await hub_->tasks().cancel(begun.id, alice_);
    EXPECT_EQ(view->state, TaskState::canceled);
    co_await until([&] { return *service->running == 0; });
    const auto again = co_await hub_->tasks().cancel(begun.id, alice_);
    EXPECT_EQ(again.error().reason, Reason::not_cancelable);
  });
}

// Fault 2: the slot is free again, and the task says why it ended.
TEST_F(TasksTest, ATaskWhoseSolutionKeepsSilentEndsInTime) {
  const auto service = std::make_shared<testing::FakeService>(hang);
  JoinRequest request;
  request.timeout_ms = 30;
  EXPECT_TRUE(hub_->registry().add(
      testing::fake_solution("silent", service, {testing::fake_skill("do")}, request)));
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("silent");
    const auto view = co_await settled(begun.id);
    EXPECT_EQ(view.state, TaskState::failed);
    const bool failed = view.end && !view.end->outcome;
    EXPECT_TRUE(failed);
    if (!failed) co_return;
    EXPECT_EQ(view.end->outcome.error().reason, Reason::deadline);
    EXPECT_EQ(view.end->outcome.error().message,
              "solution \"silent\": no answer came before the deadline of the call");
    EXPECT_EQ(*service->running, 0);
  });
}

TEST_F(TasksTest, SomeoneElsesTaskIsNoTask) {
  add("ask", ask_name);
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("ask");
    co_await settled(begun.id);
    const TaskId unknown("01ARZ3NDEKTSV4RRFFQ69G5FAV");
    const CancelToken never;
    std::vector<Error> foreign;
    std::vector<Error> none;
    std::array<int, 2> lookups{};
    for (auto* errors : {&foreign, &none}) {
      const TaskId id = errors == &foreign ? begun.id : unknown;
      auto& tasks = hub_->tasks();
      const int before = journal_.lookups;
      errors->push_back((co_await tasks.get(id, mallory_)).error());
      errors->push_back((co_await tasks.cancel(id, mallory_)).error());
      errors->push_back((co_await tasks.settle(id, mallory_, never)).error());
      const model::Answers answers;
      const model::Turn said;
      errors->push_back((co_await tasks.answer(id, answers, said, mallory_)).error());
      errors->push_back((co_await tasks.subscribe(id, 0, mallory_, loop_.get_executor())).error());
      lookups[errors == &none ? 1 : 0] = journal_.lookups - before;
    }
    EXPECT_EQ(foreign, none);
    // Nor does the time tell: both take the same way.
    EXPECT_EQ(lookups[0], lookups[1]);
    EXPECT_EQ(lookups[1], 5);
    EXPECT_EQ(journal_.lookups_of_all, 0);
    for (const auto& error : foreign) EXPECT_EQ(error, foreign.front());
    EXPECT_EQ(foreign.front().reason, Reason::task_not_found);
    const TaskFilter filter;
    EXPECT_EQ((co_await hub_->tasks().list(filter, mallory_))->tasks.size(), 0U);
    EXPECT_EQ((co_await hub_->tasks().list(filter, alice_))->tasks.size(), 1U);
    const model::Principal admin{"root", "", true};
    EXPECT_EQ((co_await hub_->tasks().list(filter, admin))->tasks.size(), 1U);
  });
}

TEST_F(TasksTest, ACallStoppedAtAQuestionIsParked) {
  auto service = add("ask", ask_name);
  run(loop_, [&]() -> Awaitable<> {
    CancelSource caller;
    auto context = testing::context_on(loop_);
    context.cancel = caller.token();
    const auto made = std::make_shared<const model::Call>(call("ask"));
    auto stream = hub_->call(*made, context);
    auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
    json::object meta;
    meta["door"] = "chat";
    auto parked = co_await hub_->tasks().park(made, std::move(stream), *folded.ask, meta);
    EXPECT_EQ(parked->state, TaskState::ask);
    // The connection goes; the task stays.
    caller.cancel(make_error(Reason::cancelled, "the caller left"));
    model::Answers answers;
    answers["name"].text = "Li";
    const model::Turn said;
    const auto answered = co_await hub_->tasks().answer(parked->id, answers, said, alice_);
    EXPECT_TRUE(answered) << answered.error_or(Error()).message;
    const auto view = co_await settled(parked->id);
    EXPECT_EQ(view.state, TaskState::completed);
    EXPECT_EQ(model::plain_text(*view.end->outcome), "hello Li");
    EXPECT_EQ(service->started, 1);
  });
}

TEST_F(TasksTest, WhatMayNotBeRepeatedIsNotRepeated) {
  auto service = add("pay", [](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
    co_await sleep_for(Milliseconds(60'000), out.cancelled());
    co_return fail(out.cancelled().why());
  });
  TaskId id;
  run(loop_, [&]() -> Awaitable<> {
    id = (co_await start("pay")).id;
    co_await until([&] { return service->started == 1; });
  });
  restart();
  recover();
  run(loop_, [&]() -> Awaitable<> {
    const auto view = co_await settled(id);
    EXPECT_EQ(view.state, TaskState::failed);
    EXPECT_EQ(view.end->outcome.error().reason, Reason::solution_failed);
    EXPECT_EQ(view.end->outcome.error().message,
              "outcome unknown: weft stopped while pay/do ran; it was not repeated");
    EXPECT_EQ(service->started, 1);
  });
  restart();
  recover();
  run(loop_, [&]() -> Awaitable<> {
    const auto view = co_await hub_->tasks().get(id, alice_);
    EXPECT_EQ(view->state, TaskState::failed) << "it stays to be seen";
  });
}

TEST_F(TasksTest, WhatIsSafeToRepeatIsRepeated) {
  int life = 1;
  model::Effects effects;
  effects.read_only = true;
  auto service = add(
      "look",
      [&](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        Event first{model::Delta{model::Delta::Kind::text, "a"}};
        WEFT_CO_CHECK(co_await out.emit(std::move(first)));
        if (life == 1) co_await sleep_for(Milliseconds(60'000), out.cancelled());
        co_return testing::text_output("seen");
      },
      effects);
  TaskId id;
  run(loop_, [&]() -> Awaitable<> {
    id = (co_await start("look")).id;
    co_await until([&] { return service->started == 1; });
  });
  restart();
  life = 2;
  recover();
  run(loop_, [&]() -> Awaitable<> {
    const auto view = co_await settled(id);
    EXPECT_EQ(view.state, TaskState::completed);
    EXPECT_EQ(service->started, 2);
    const auto all = co_await events(id, 0);
    EXPECT_TRUE(all.back().event.is_end());
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i].seq, all[i - 1].seq + 1);
  });
}

TEST_F(TasksTest, WhatCanBeFoundAgainIsReattached) {
  auto service = add("far", hang);
  service->reattach_script = [](auto, Emitter&) -> Awaitable<Result<model::Output>> {
    co_return testing::text_output("found again");
  };
  TaskId id;
  run(loop_, [&]() -> Awaitable<> {
    id = (co_await start("far")).id;
    for (TaskView view; view.head < 2;) {
      const CancelToken never;
      co_await sleep_for(Milliseconds(5), never);
      view = (co_await hub_->tasks().get(id, alice_)).value();
    }
  });
  restart();
  recover();
  run(loop_, [&]() -> Awaitable<> {
    const auto view = co_await settled(id);
    EXPECT_EQ(view.state, TaskState::completed);
    EXPECT_EQ(service->started, 1);
    EXPECT_EQ(service->reattached.size(), 1U);
    EXPECT_EQ(service->reattached.front().upstream_task, "up-1");
  });
}

TEST_F(TasksTest, ATaskWaitsForItsSolutionToJoinAgain) {
  model::Effects effects;
  effects.idempotent = true;
  auto service = add("late", hang, effects);
  TaskId id;
  run(loop_, [&]() -> Awaitable<> {
    id = (co_await start("late")).id;
    co_await until([&] { return service->started == 1; });
  });
  service->reattach_script = [](auto, Emitter&) -> Awaitable<Result<model::Output>> {
    co_return testing::text_output("back");
  };
  const auto kept = std::move(solutions_);
  solutions_.clear();
  restart();
  recover();
  run(loop_, [&]() -> Awaitable<> {
    const CancelToken never;
    co_await sleep_for(Milliseconds(50), never);
    const auto waiting = co_await hub_->tasks().get(id, alice_);
    EXPECT_FALSE(model::terminal(waiting->state));
    const auto& [name, again, skill] = kept.front();
    EXPECT_TRUE(hub_->registry().add(testing::fake_solution(name, again, {skill})));
    const auto view = co_await settled(id);
    EXPECT_EQ(view.state, TaskState::completed);
  });
}

TEST_F(TasksTest, AFullDiskRefusesNewTasksAndForgetsNone) {
  add("ask", ask_name);
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("ask");
    co_await settled(begun.id);
    journal_.fail_writes(make_error(Reason::storage_full, "the disk is full"));
    auto made = call("ask");
    const json::object none;
    const auto refused = co_await hub_->tasks().start(std::move(made), loop_.get_executor(), none);
    EXPECT_EQ(refused.error().reason, Reason::storage_full);
    const auto mend = run_after(loop_.get_executor(), Milliseconds(300),
                                [&] { journal_.fail_writes(std::nullopt); });
    model::Answers answers;
    answers["name"].text = "Li";
    const model::Turn said;
    const auto answered = co_await hub_->tasks().answer(begun.id, answers, said, alice_);
    EXPECT_TRUE(answered) << "it waited until there was room";
    const auto view = co_await settled(begun.id);
    EXPECT_EQ(view.state, TaskState::completed);
  });
}

TEST_F(TasksTest, ASolutionThatKeepsNoLawStillEnds) {
  const Event text{model::Delta{model::Delta::Kind::text, "x"}};
  auto lawless = std::make_shared<testing::LawlessService>(std::vector<Event>{text});
  ASSERT_TRUE(
      hub_->registry().add(testing::fake_solution("hangs", lawless, {testing::fake_skill("do")})));
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("hangs");
    const CancelToken never;
    co_await sleep_for(Milliseconds(20), never);
    const auto view = co_await hub_->tasks().cancel(begun.id, alice_);
    EXPECT_EQ(view->state, TaskState::canceled);
    lawless->let_go();
    co_await sleep_for(Milliseconds(10), never);
  });
}

TEST_F(TasksTest, UnknownAndForbiddenCallsMakeNoTask) {
  add("bank", testing::echo_script);
  run(loop_, [&]() -> Awaitable<> {
    const json::object none;
    auto unknown = call("bnak");
    EXPECT_EQ((co_await hub_->tasks().start(std::move(unknown), loop_.get_executor(), none))
                  .error()
                  .reason,
              Reason::solution_not_found);
    auto forbidden = call("bank");
    forbidden.principal.key_id = "key_gone";
    EXPECT_EQ((co_await hub_->tasks().start(std::move(forbidden), loop_.get_executor(), none))
                  .error()
                  .reason,
              Reason::permission_denied);
    auto deep = call("bank");
    json::value nested;
    for (int i = 0; i < 127; ++i) nested = json::array{nested};
    deep.args = nested;
    EXPECT_EQ(
        (co_await hub_->tasks().start(std::move(deep), loop_.get_executor(), none)).error().reason,
        Reason::invalid_argument);
    const TaskFilter filter;
    EXPECT_EQ((co_await hub_->tasks().list(filter, alice_))->total, 0);
  });
}

TEST_F(TasksTest, EndedTasksGoWhenTheirTimeIsOver) {
  add("echo", testing::echo_script);
  TaskId id;
  run(loop_, [&]() -> Awaitable<> {
    id = (co_await start("echo")).id;
    co_await settled(id);
  });
  restart();
  clock_.now_ms += kTaskTtlMs + 1;
  recover();
  run(loop_, [&]() -> Awaitable<> {
    const CancelToken never;
    co_await sleep_for(Milliseconds(20), never);
    EXPECT_EQ((co_await hub_->tasks().get(id, alice_)).error().reason, Reason::task_not_found);
  });
}

TEST_F(TasksTest, TheTasksOfOneSolutionAreListedByItself) {
  add("ask", ask_name);
  add("echo", testing::echo_script);
  run(loop_, [&]() -> Awaitable<> {
    for (const char* id : {"ask", "echo", "ask", "echo", "ask"}) {
      clock_.now_ms += 1;
      const auto begun = co_await start(id);
      co_await settled(begun.id);
    }
    TaskFilter filter;
    filter.solution = SolutionId("ask");
    filter.limit = 2;
    const auto page = co_await hub_->tasks().list(filter, alice_);
    EXPECT_EQ(page->total, 3);
    EXPECT_EQ(page->tasks.size(), 2U);
    filter.page_token = page->next_page_token;
    const auto rest = co_await hub_->tasks().list(filter, alice_);
    EXPECT_EQ(rest->tasks.size(), 1U);
    EXPECT_TRUE(rest->next_page_token.empty());
    EXPECT_EQ(rest->tasks.front().solution.str(), "ask");
  });
}

TEST_F(TasksTest, WhatIsBegunBeforeTheRecoveryIsNotTakenUpByIt) {
  auto service = add("pay", hang);
  TaskId id;
  run(loop_, [&]() -> Awaitable<> {
    id = (co_await start("pay")).id;
    co_await until([&] { return service->started == 1; });
  });
  recover();
  run(loop_, [&]() -> Awaitable<> {
    const auto view = co_await hub_->tasks().cancel(id, alice_);
    EXPECT_EQ(view->state, TaskState::canceled);
    const auto all = co_await events(id, 0);
    EXPECT_TRUE(all.back().event.is_end());
    EXPECT_EQ(all.back().seq, view->head);
    EXPECT_EQ(service->started, 1);
  });
}

TEST_F(TasksTest, ATaskWhoseCallCannotBeReadAgainEnds) {
  store::TaskRecord record;
  record.id = TaskId("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  record.owner = alice_.name;
  record.call = json::object{{"turns", "no list"}};
  run(loop_, [&]() -> Awaitable<> {
    const std::vector<store::NewEvent> none;
    EXPECT_TRUE(co_await journal_.create(record, none, {}));
  });
  recover();
  run(loop_, [&]() -> Awaitable<> {
    const auto view = co_await settled(record.id);
    EXPECT_EQ(view.state, TaskState::failed);
    EXPECT_TRUE(view.end && view.end->outcome.error_or(Error()).message.contains("make it again"));
  });
}

TEST_F(TasksTest, TheCallsOfTasksThatRunAreBoundedInBytes) {
  add("slow", hang);
  const auto tasks = make_tasks(*hub_, journal_, clock_, random_, 3'000);
  run(loop_, [&]() -> Awaitable<> {
    const json::object none;
    auto first = call("slow");
    first.args = json::object{{"text", std::string(2'000, 'x')}};
    auto second = first;
    auto third = first;
    const auto begun = co_await tasks->start(std::move(first), loop_.get_executor(), none);
    EXPECT_TRUE(begun) << begun.error_or(Error()).message;
    const auto refused = co_await tasks->start(std::move(second), loop_.get_executor(), none);
    const Error full = refused.error_or(Error());
    EXPECT_EQ(full.reason, Reason::rate_limited);
    EXPECT_TRUE(full.message.contains("cancel some")) << full.message;
    EXPECT_TRUE(co_await tasks->cancel(begun->id, alice_));
    for (bool taken = false; !taken;) {
      auto again = third;
      const auto view = co_await tasks->start(std::move(again), loop_.get_executor(), none);
      taken = view.has_value();
      const CancelToken never;
      co_await sleep_for(Milliseconds(5), never);
    }
    co_await tasks->stop();
  });
}

TEST_F(TasksTest, AnAnswerTooLongToBeKeptLeavesTheQuestionOpen) {
  add("ask", ask_name);
  run(loop_, [&]() -> Awaitable<> {
    const auto begun = co_await start("ask");
    co_await settled(begun.id);
    model::Answers answers;
    // Each of these bytes is six in JSON: together more than the journal takes.
    answers["name"].text = std::string(store::kPayloadBytesMax / 6 + 1, '\x01');
    const model::Turn said;
    const auto refused = co_await hub_->tasks().answer(begun.id, answers, said, alice_);
    EXPECT_EQ(refused.error_or(Error()).reason, Reason::too_large);
    answers["name"].text = "Li";
    const auto taken = co_await hub_->tasks().answer(begun.id, answers, said, alice_);
    EXPECT_TRUE(taken) << taken.error_or(Error()).message;
    EXPECT_EQ((co_await settled(begun.id)).state, TaskState::completed);
  });
}

TEST_F(TasksTest, AQuestionFromBeforeTheRestartIsOverWhenTheCallIsMadeAgain) {
  model::Effects effects;
  effects.idempotent = true;
  int life = 1;
  auto service = add(
      "fickle",
      [&](auto call, Emitter& out) -> Awaitable<Result<model::Output>> {
        auto output = life == 1 ? ask_name(call, out) : hang(call, out);
        co_return co_await std::move(output);
      },
      effects);
  TaskId id;
  run(loop_, [&]() -> Awaitable<> {
    id = (co_await start("fickle")).id;
    EXPECT_EQ((co_await settled(id)).state, TaskState::ask);
  });
  restart();
  life = 2;
  recover();
  run(loop_, [&]() -> Awaitable<> {
    TaskView view;
    view.state = TaskState::ask;
    while (view.state == TaskState::ask) {
      const CancelToken never;
      co_await sleep_for(Milliseconds(5), never);
      view = (co_await hub_->tasks().get(id, alice_)).value();
    }
    EXPECT_EQ(view.state, TaskState::working);
    EXPECT_FALSE(view.ask.has_value());
    EXPECT_EQ((co_await journal_.get(id))->value().asks, json::value());
  });
}

}  // namespace
}  // namespace weft::hub
