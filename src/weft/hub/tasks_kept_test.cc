// Tasks and their journal: killed at every write, at its limits, refused by it.
#include <gtest/gtest.h>

#include "weft/hub/hub.h"
#include "weft/hub/limits.h"
#include "weft/hub/task_record.h"
#include "weft/hub/tasks.h"
#include "weft/hub/testing.h"
#include "weft/store/limits.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"
#include "weft/store/sqlite/store.h"
#include "weft/store/testing/directory.h"

namespace weft::hub {
namespace {

using model::Event;
using model::TaskState;
using testing::run;

/// A journal that stops writing for good after so many writes: a kill at every point of a task's
/// life.
class CutJournal final : public store::Journal {
 public:
  explicit CutJournal(store::MemoryJournal& journal) : journal_(journal) {}
  int left = 1 << 30;
  bool dead() const { return left < 0; }

  Awaitable<Result<std::int64_t>> create(store::TaskRecord task,
                                         std::vector<store::NewEvent> events,
                                         std::vector<store::Intent> intents) override {
    if (left-- <= 0) co_return killed();
    auto head = co_await journal_.create(std::move(task), std::move(events), std::move(intents));
    co_return head;
  }
  Awaitable<Result<std::int64_t>> append(store::Append change) override {
    if (left-- <= 0) co_return killed();
    auto head = co_await journal_.append(std::move(change));
    co_return head;
  }
  Awaitable<Result<std::optional<store::TaskRecord>>> get(TaskId id) override {
    return journal_.get(std::move(id));
  }
  Awaitable<Result<std::optional<store::TaskRecord>>> get(TaskId id, std::string owner) override {
    return journal_.get(std::move(id), std::move(owner));
  }
  Awaitable<Result<std::vector<store::StoredEvent>>> read(TaskId id, std::int64_t after,
                                                          std::size_t limit) override {
    return journal_.read(std::move(id), after, limit);
  }
  Awaitable<Result<store::TaskList>> list(store::TaskQuery query) override {
    return journal_.list(std::move(query));
  }
  Awaitable<Result<std::vector<store::Unfinished>>> recover() override {
    return journal_.recover();
  }
  Awaitable<Result<store::Removal>> remove_expired(std::int64_t now, std::size_t limit) override {
    return journal_.remove_expired(now, limit);
  }
  Awaitable<Result<void>> verify(TaskId id) override { return journal_.verify(std::move(id)); }

 private:
  static std::unexpected<Error> killed() { return fail(Reason::internal, "killed"); }
  store::MemoryJournal& journal_;
};

/// What stays from one life of a hub to the next.
struct World {
  boost::asio::io_context loop{1};
  testing::FakeClock clock;
  testing::FakeRandom random;
  store::MemoryTables tables;
  const model::Principal alice{"alice", "", false};

  model::Call call() const {
    model::Call out;
    out.solution = SolutionId("bank");
    out.principal = alice;
    out.args = json::object();
    return out;
  }
  std::unique_ptr<Hub> hub(store::Journal& journal, const std::shared_ptr<Service>& service,
                           bool safe) {
    auto skill = testing::fake_skill("pay");
    skill.effects.idempotent = safe;
    auto made = std::make_unique<Hub>(Hub::Parts{clock, random, tables, journal});
    EXPECT_TRUE(made->registry().add(testing::fake_solution("bank", service, {skill})));
    return made;
  }
  Awaitable<Result<TaskView>> start(Hub& hub) {
    const json::object none;
    auto view = co_await hub.tasks().start(call(), loop.get_executor(), none);
    co_return view;
  }
  /// The call as a door makes it that cannot ask back.
  Awaitable<Result<TaskView>> park(Hub& hub) {
    const auto made = std::make_shared<const model::Call>(call());
    auto stream = hub.call(made, testing::context_on(loop));
    auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
    EXPECT_TRUE(folded.ask.has_value());
    const json::object none;
    auto view = co_await hub.tasks().park(made, std::move(stream), *folded.ask, none);
    co_return view;
  }
  Awaitable<TaskView> settled(Hub& hub, TaskId id) {
    const CancelToken never;
    auto view = co_await hub.tasks().settle(std::move(id), alice, never);
    EXPECT_TRUE(view) << view.error_or(Error()).message;
    co_return view.value_or(TaskView());
  }
  /// Answers whatever is asked until the task has ended, or `given_up` holds.
  Awaitable<TaskView> ended(Hub& hub, TaskId id, std::function<bool()> given_up) {
    const CancelToken never;
    while (true) {
      auto view = (co_await hub.tasks().get(id, alice)).value();
      if (model::terminal(view.state) || given_up()) co_return view;
      model::Answers answers;
      answers["name"].text = "Li";
      const model::Turn said;
      if (view.ask) (void)co_await hub.tasks().answer(id, std::move(answers), said, alice);
      co_await sleep_for(Milliseconds(2), never);
    }
  }
};

/// Why a task failed.
Error why(const TaskView& view) {
  const bool failed = view.end && !view.end->outcome;
  return failed ? view.end->outcome.error() : Error();
}

/// A bank that counts how often it was called.
struct Bank {
  int effects = 0;
  bool asks = false;
  std::shared_ptr<testing::FakeService> service = std::make_shared<testing::FakeService>(
      [this](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        ++effects;
        Event accepted{model::Accepted{"up-1", ""}};
        WEFT_CO_CHECK(co_await out.emit(std::move(accepted)));
        model::Ask ask;
        ask.items["name"].message = "Your name?";
        if (asks) WEFT_CO_CHECK(co_await out.ask(std::move(ask)));
        for (int i = 0; i < 3; ++i) {
          Event event{model::State{}};
          WEFT_CO_CHECK(co_await out.emit(std::move(event)));
          co_await sleep_for(Milliseconds(2), out.cancelled());
        }
        co_return testing::text_output("paid");
      });
};

struct Kill {
  bool safe = false;
  bool parked = false;
  int cut = 0;
};

void kill_and_look(const Kill& kill) {
  World world;
  store::MemoryJournal memory;
  CutJournal journal(memory);
  Bank bank;
  bank.asks = kill.parked;
  std::optional<TaskView> begun;
  journal.left = kill.cut;
  run(world.loop, [&]() -> Awaitable<> {
    const auto hub = world.hub(journal, bank.service, kill.safe);
    auto making = kill.parked ? world.park(*hub) : world.start(*hub);
    const auto view = co_await std::move(making);
    if (view) begun = *view;
    if (begun) co_await world.ended(*hub, begun->id, [&] { return journal.dead(); });
    co_await hub->tasks().stop();
  });
  journal.left = 1 << 30;
  run(world.loop, [&]() -> Awaitable<> {
    const auto hub = world.hub(journal, bank.service, kill.safe);
    EXPECT_TRUE(co_await hub->tasks().recover(world.loop.get_executor()));
    const TaskFilter all;
    const auto kept = co_await hub->tasks().list(all, world.alice);
    EXPECT_EQ(kept->tasks.size(), begun ? 1U : 0U) << "what is kept is what was told";
    for (const auto& task : kept->tasks) {
      const auto view = co_await world.ended(*hub, task.id, [] { return false; });
      const bool done = view.state == TaskState::completed;
      EXPECT_TRUE(done || !kill.safe);
      EXPECT_TRUE(done || why(view).message.starts_with("outcome unknown"));
    }
    co_await hub->tasks().stop();
  });
  EXPECT_EQ(begun.has_value(), kill.cut > 0);
  EXPECT_TRUE(kill.safe || bank.effects <= 1) << "a payment was made twice";
  EXPECT_TRUE(!begun || bank.effects >= 1);
}

TEST(TasksKilled, AtEveryWriteNothingIsRepeatedAndNothingIsLost) {
  for (const bool parked : {false, true}) {
    for (const bool safe : {false, true}) {
      for (int cut = 0; cut < 8; ++cut) {
        SCOPED_TRACE(std::format("parked {}, safe {}, cut {}", parked, safe, cut));
        kill_and_look({safe, parked, cut});
      }
    }
  }
}

TEST(TasksKilled, AParkedCallIsFoundAgainByTheIdThatItsSolutionGave) {
  World world;
  store::MemoryJournal memory;
  CutJournal journal(memory);
  Bank bank;
  bank.asks = true;
  bank.service->reattach_script = [](auto, Emitter&) -> Awaitable<Result<model::Output>> {
    co_return testing::text_output("found again");
  };
  // One write is the whole of it: the task, its question, and by what it is found.
  journal.left = 1;
  TaskId id;
  run(world.loop, [&]() -> Awaitable<> {
    const auto hub = world.hub(journal, bank.service, false);
    id = (co_await world.park(*hub)).value().id;
    co_await hub->tasks().stop();
  });
  journal.left = 1 << 30;
  run(world.loop, [&]() -> Awaitable<> {
    const auto hub = world.hub(journal, bank.service, false);
    EXPECT_TRUE(co_await hub->tasks().recover(world.loop.get_executor()));
    const auto view = co_await world.ended(*hub, id, [] { return false; });
    EXPECT_EQ(view.state, TaskState::completed);
    EXPECT_EQ(bank.service->reattached.size(), 1U);
    co_await hub->tasks().stop();
  });
  EXPECT_EQ(bank.effects, 1);
}

/// A call that is safe to repeat and runs until its hub ends, one life after the other.
struct Lives {
  World world;
  store::MemoryJournal memory;
  CutJournal journal{memory};
  bool lasts = true;
  std::shared_ptr<testing::FakeService> service = std::make_shared<testing::FakeService>(
      [this](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        Event accepted{model::Accepted{"up-1", ""}};
        if (reattaches) WEFT_CO_CHECK(co_await out.emit(std::move(accepted)));
        model::Ask ask;
        ask.items["name"].message = "Your name?";
        if (asks && lasts) WEFT_CO_CHECK(co_await out.ask(std::move(ask)));
        co_return co_await last(out);
      });
  bool reattaches = false;
  bool asks = false;
  bool told_to_end = false;
  TaskId id;

  Awaitable<Result<model::Output>> last(Emitter& out) {
    while (lasts && !out.cancelled().cancelled())
      co_await sleep_for(Milliseconds(2), out.cancelled());
    co_return testing::text_output("done");
  }
  int made() const { return service->started + static_cast<int>(service->reattached.size()); }
  /// Whether the call came to where it stays in this life, and the journal knows.
  Awaitable<bool> under_way(Hub& hub, int made_before) {
    if (made() == made_before) co_return false;
    const auto kept = co_await memory.recover();
    const bool noted = !kept->front().open.empty();
    const auto view = co_await hub.tasks().get(id, world.alice);
    const bool told = !reattaches || !kept->front().task.upstream.is_null();
    co_return noted&& told && view->ask.has_value() == asks;
  }

  /// One life, in which the call is made; it ends in order, or like a process that is killed.
  void live(bool killed) {
    const int made_before = made();
    journal.left = 1 << 30;
    run(world.loop, [&]() -> Awaitable<> {
      const auto hub = world.hub(journal, service, true);
      const CancelToken never;
      if (id.empty()) {
        id = (co_await world.start(*hub)).value().id;
      } else {
        EXPECT_TRUE(co_await hub->tasks().recover(world.loop.get_executor()));
      }
      while (!co_await under_way(*hub, made_before)) co_await sleep_for(Milliseconds(2), never);
      if (told_to_end) {
        hub->tasks().expect_stop();
        while (!(co_await memory.recover())->front().open.front().payload.is_object())
          co_await sleep_for(Milliseconds(2), never);
      }
      journal.left = killed ? 0 : 1 << 30;
      co_await hub->tasks().stop();
    });
  }
  /// The last life, in which nothing holds the call up.
  TaskView end() {
    journal.left = 1 << 30;
    lasts = false;
    TaskView out;
    run(world.loop, [&]() -> Awaitable<> {
      const auto hub = world.hub(journal, service, true);
      EXPECT_TRUE(co_await hub->tasks().recover(world.loop.get_executor()));
      out = co_await world.ended(*hub, id, [] { return false; });
      co_await hub->tasks().stop();
    });
    return out;
  }
};

TEST(TasksKilled, ACallThatKilledTheProcessThreeTimesIsNotMadeAgain) {
  Lives lives;
  for (int i = 0; i < 3; ++i) lives.live(/*killed=*/true);
  const auto view = lives.end();
  EXPECT_EQ(lives.service->started, 3);
  EXPECT_EQ(view.state, TaskState::failed);
  EXPECT_EQ(why(view).message,
            "outcome unknown: weft's own process died 3 times while bank/pay ran; it is not "
            "repeated. Look into weft's log for what it died of before you call it again");
}

TEST(TasksKilled, NorIsOneFoundAgainThatKilledItThreeTimes) {
  Lives lives;
  lives.reattaches = true;
  lives.service->reattach_script = [&](auto, Emitter& out) { return lives.last(out); };
  for (int i = 0; i < 3; ++i) lives.live(/*killed=*/true);
  const auto view = lives.end();
  EXPECT_EQ(lives.service->reattached.size(), 2U);
  EXPECT_EQ(lives.service->started, 1);
  EXPECT_TRUE(why(view).message.contains("died 3 times while bank/pay ran")) << why(view).message;
}

TEST(TasksKilled, WaitingForAPersonIsNoDeath) {
  Lives lives;
  lives.asks = true;
  for (int i = 0; i < 5; ++i) lives.live(/*killed=*/true);
  const auto view = lives.end();
  EXPECT_EQ(lives.service->started, 6);
  EXPECT_EQ(view.state, TaskState::completed);
}

// The hub is told to end and does not get the time to.
TEST(TasksKilled, AHubThatWasToEndDiedOfThatAlone) {
  Lives lives;
  lives.told_to_end = true;
  for (int i = 0; i < 5; ++i) lives.live(/*killed=*/true);
  const auto view = lives.end();
  EXPECT_EQ(lives.service->started, 6);
  EXPECT_EQ(view.state, TaskState::completed);
}

TEST(TasksKilled, StoppingInOrderIsNoDeath) {
  Lives lives;
  for (const bool killed : {true, false, false, false, true, false}) lives.live(killed);
  const auto view = lives.end();
  EXPECT_EQ(lives.service->started, 7);
  EXPECT_EQ(view.state, TaskState::completed);
}

/// A journal that refuses pieces of text for good.
class PickyJournal final : public store::MemoryJournal {
 public:
  Awaitable<Result<std::int64_t>> append(store::Append change) override {
    if (!change.events.empty() && change.events.front().kind == "delta")
      co_return fail(Reason::internal, "the page does not like it");
    auto head = co_await MemoryJournal::append(std::move(change));
    co_return head;
  }
};

TEST(TasksRefused, WhatTheJournalDoesNotTakeEndsTheTask) {
  World world;
  PickyJournal journal;
  const auto service = std::make_shared<testing::FakeService>(testing::echo_script);
  run(world.loop, [&]() -> Awaitable<> {
    const auto hub = world.hub(journal, service, false);
    const auto begun = co_await world.start(*hub);
    const auto view = co_await world.settled(*hub, begun->id);
    EXPECT_EQ(view.state, TaskState::failed);
    EXPECT_EQ(why(view).message, "the task could not be written down: the page does not like it");
    const auto late = co_await hub->tasks().cancel(begun->id, world.alice);
    EXPECT_EQ(late.error_or(Error()).reason, Reason::not_cancelable);
    co_await hub->tasks().stop();
    EXPECT_TRUE((co_await journal.recover())->empty());
  });
}

/// Tasks in a journal on disk, which takes its time for a write.
class TasksOnDisk : public ::testing::Test {
 protected:
  store::Journal& journal() { return store_->journal(); }

  /// Starts the task of a script and gives how it ended.
  TaskView end_of(testing::Script script) {
    const auto service = std::make_shared<testing::FakeService>(std::move(script));
    TaskView out;
    run(world_.loop, [&]() -> Awaitable<> {
      const auto hub = world_.hub(journal(), service, true);
      const auto begun = co_await world_.start(*hub);
      out = co_await world_.settled(*hub, begun->id);
      co_await hub->tasks().stop();
      EXPECT_TRUE(co_await journal().verify(begun->id));
      EXPECT_TRUE((co_await journal().recover())->empty());
    });
    return out;
  }

  World world_;
  store::testing::TemporaryDirectory directory_;
  std::unique_ptr<store::sqlite::Store> store_ =
      store::sqlite::Store::open({.directory = directory_.path()}).value();
};

/// Each of its bytes is six in JSON: together more than the journal takes.
const std::string kSixfold(store::kPayloadBytesMax / 6 + 1, '\x01');

TEST_F(TasksOnDisk, AnAnswerTooLongForTheJournalEndsTheTask) {
  const auto view = end_of([](auto, Emitter&) -> Awaitable<Result<model::Output>> {
    model::Output output;
    output.data = json::value(kSixfold);
    co_return output;
  });
  EXPECT_EQ(why(view).reason, Reason::too_large);
  EXPECT_TRUE(why(view).message.starts_with("solution \"bank\": the answer is too long to be kept"))
      << why(view).message;
}

TEST_F(TasksOnDisk, AnEventTooLongForTheJournalEndsTheTask) {
  const auto view = end_of([](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
    Event event{model::Log{"info", "", json::value(kSixfold)}};
    WEFT_CO_CHECK(co_await out.emit(std::move(event)));
    co_return testing::text_output("done");
  });
  EXPECT_EQ(why(view).reason, Reason::too_large);
}

TEST_F(TasksOnDisk, PiecesThatWaitTogetherDoNotGrowTooLong) {
  const auto view = end_of([](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
    for (int i = 0; i < 9; ++i) {
      Event piece{model::Delta{model::Delta::Kind::text, kSixfold.substr(0, 900'000)}};
      WEFT_CO_CHECK(co_await out.emit(std::move(piece)));
    }
    // The answer of its own, which is short.
    co_return testing::text_output("done");
  });
  EXPECT_EQ(view.state, TaskState::completed);
}

/// A journal that writes no event before it is opened.
class ShutJournal final : public store::MemoryJournal {
 public:
  bool open = false;
  Awaitable<Result<std::int64_t>> append(store::Append change) override {
    const CancelToken never;
    while (!open && !change.events.empty()) co_await sleep_for(Milliseconds(2), never);
    auto head = co_await MemoryJournal::append(std::move(change));
    co_return head;
  }
};

TEST(TasksRefused, ASolutionWaitsWhenItsTaskHoldsManyBytes) {
  World world;
  ShutJournal journal;
  constexpr int kEvents = 60;
  int said = 0;
  const auto service = std::make_shared<testing::FakeService>(
      [&](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        for (; said < kEvents; ++said) {
          Event event{model::Log{"info", "", json::value(std::string(1024 * 1024, 'x'))}};
          WEFT_CO_CHECK(co_await out.emit(std::move(event)));
        }
        co_return testing::text_output("done");
      });
  run(world.loop, [&]() -> Awaitable<> {
    const auto hub = world.hub(journal, service, true);
    const auto begun = co_await world.start(*hub);
    const CancelToken never;
    // Until it says no more.
    for (int before = -1; before != said || said == 0;) {
      before = said;
      co_await sleep_for(Milliseconds(100), never);
    }
    EXPECT_LT(said, 40);
    journal.open = true;
    EXPECT_EQ((co_await world.settled(*hub, begun->id)).state, TaskState::completed);
    EXPECT_EQ(said, kEvents);
    co_await hub->tasks().stop();
  });
}

TEST_F(TasksOnDisk, ATaskOfTooManyEventsEnds) {
  int life = 1;
  const auto service = std::make_shared<testing::FakeService>(
      [&](auto, Emitter& out) -> Awaitable<Result<model::Output>> {
        while (life == 1 && !out.cancelled().cancelled())
          co_await sleep_for(Milliseconds(5), out.cancelled());
        for (int i = 0; i < 5'000; ++i) {
          Event event{model::State{}};
          WEFT_CO_CHECK(co_await out.emit(std::move(event)));
        }
        co_return testing::text_output("done");
      });
  TaskId id;
  run(world_.loop, [&]() -> Awaitable<> {
    const auto hub = world_.hub(journal(), service, true);
    id = (co_await world_.start(*hub)).value().id;
    const CancelToken never;
    while (service->started == 0) co_await sleep_for(Milliseconds(2), never);
    co_await hub->tasks().stop();
    // As if it had said much already.
    std::int64_t head = (co_await journal().get(id)).value()->head;
    while (head < store::kEventsPerTaskMax - 1'000) {
      store::Append change;
      change.task = id;
      change.expected_head = head;
      change.events.assign(
          static_cast<std::size_t>(std::min<std::int64_t>(store::kEventsPerAppendMax,
                                                          store::kEventsPerTaskMax - 1'000 - head)),
          new_event(Event{model::State{}}, 1));
      head = (co_await journal().append(std::move(change))).value();
    }
  });
  life = 2;
  run(world_.loop, [&]() -> Awaitable<> {
    const auto hub = world_.hub(journal(), service, true);
    EXPECT_TRUE(co_await hub->tasks().recover(world_.loop.get_executor()));
    const auto view = co_await world_.settled(*hub, id);
    EXPECT_EQ(why(view).reason, Reason::too_large);
    EXPECT_LE(view.head, store::kEventsPerTaskMax);
    const auto last = co_await journal().read(id, view.head - 1, 2);
    EXPECT_EQ(last->size(), 1U);
    EXPECT_EQ(last->front().kind, "end");
    EXPECT_TRUE(co_await journal().verify(id));
    co_await hub->tasks().stop();
  });
}

}  // namespace
}  // namespace weft::hub
