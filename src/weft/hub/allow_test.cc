// Who may approve what, how much may be asked, what a change of the skill does to a yes, and keys
// that make calls one.
#include <gmock/gmock.h>

#include "weft/hub/approvals.h"
#include "weft/hub/audit.h"
#include "weft/hub/consent.h"
#include "weft/hub/dedup.h"
#include "weft/hub/limits.h"
#include "weft/hub/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::hub {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AllowTest : public ::testing::Test {
 protected:
  void TearDown() override {
    testing::run(loop_, [&]() -> Awaitable<> { co_await hub_->tasks().stop(); });
  }

  static model::Skill pay_skill(std::string description = "Pays") {
    model::Skill skill = testing::fake_skill("pay");
    skill.description = std::move(description);
    return skill;
  }
  void join(JoinRequest request, model::Skill skill = pay_skill()) {
    ASSERT_TRUE(hub_->registry().add(
        testing::fake_solution("bank", service_, {std::move(skill)}, std::move(request))));
  }
  static JoinRequest guarded(std::vector<std::string> approvers = {}) {
    JoinRequest request;
    request.approvals["pay"] = Approval::hub;
    if (!approvers.empty()) request.approvers["pay"] = std::move(approvers);
    return request;
  }
  void change(model::Skill skill, std::string url = "") {
    auto solution = std::make_shared<model::Solution>();
    solution->id = SolutionId("bank");
    solution->url = std::move(url);
    solution->skills.push_back(std::move(skill));
    ASSERT_TRUE(hub_->registry().update(SolutionId("bank"), std::move(solution)));
  }
  /// What a killed hub leaves is taken up by another, which the bank joins as it is then.
  void restart(JoinRequest request, model::Skill skill = pay_skill()) {
    testing::run(loop_, [&]() -> Awaitable<> { co_await hub_->tasks().stop(); });
    hub_.emplace(Hub::Parts{clock_, random_, tables_, journal_});
    join(std::move(request), std::move(skill));
    EXPECT_TRUE(wait(hub_->tasks().recover(loop_.get_executor())));
  }
  static model::Call payment(std::string who, std::string_view args = R"({"amount":5})") {
    model::Call call;
    call.id = CallId("c1");
    call.solution = SolutionId("bank");
    call.skill = SkillId("pay");
    call.principal.name = std::move(who);
    call.args = json::parse(args).value();
    return call;
  }
  template <class T>
  T wait(Awaitable<T> work) {
    return testing::run_on<T>(loop_, [&]() -> Awaitable<T> { co_return co_await std::move(work); });
  }
  /// A call of `who` as a task that has come to its question.
  TaskView asks(std::string who) {
    return testing::run_on<TaskView>(loop_, [&]() -> Awaitable<TaskView> {
      auto call = payment(who);
      const model::Principal principal = call.principal;
      json::object meta;
      auto view =
          co_await hub_->tasks().start(std::move(call), loop_.get_executor(), std::move(meta));
      const CancelToken never;
      auto settled = co_await hub_->tasks().settle(view->id, principal, never);
      co_return *std::move(settled);
    });
  }
  TaskView settled(const TaskView& task) {
    return testing::run_on<TaskView>(loop_, [&]() -> Awaitable<TaskView> {
      const CancelToken never;
      model::Principal owner;
      owner.name = task.owner;
      auto view = co_await hub_->tasks().settle(task.id, std::move(owner), never);
      co_return *std::move(view);
    });
  }
  /// The task when it asks another question than `before`; the journal tells the old one till then.
  TaskView asked_anew(const TaskView& before) {
    for (int i = 0; i < 1'000; ++i) {
      auto now = settled(before);
      if (!now.ask || id_of(now) != id_of(before)) return now;
      testing::run(loop_, []() -> Awaitable<> {
        const CancelToken never;
        co_await sleep_for(Milliseconds(5), never);
      });
    }
    return before;
  }
  static model::Principal named(std::string name, bool admin = false) {
    return {.name = std::move(name), .key_id = "", .admin = admin};
  }
  Result<TaskView> decide(const std::string& id, bool allow, model::Principal who,
                          std::string digest = "") {
    return wait(hub_->tasks().decide(id, allow, std::move(digest), std::move(who)));
  }
  Result<TaskView> answer(const TaskView& task, model::Principal who) {
    model::Answers answers;
    answers["approve"].text = "yes";
    return wait(hub_->tasks().answer(task.id, std::move(answers), {}, std::move(who)));
  }
  static std::string id_of(const TaskView& task) {
    return task.ask->items.at("approve").consent->id;
  }
  std::vector<AuditEntry> noted() {
    auto entries = wait(hub_->audit().list(named("root", true), 10'000));
    return *std::move(entries);
  }
  bool done(const TaskView& task) {
    const auto view = settled(task);
    return view.end && view.end->outcome;
  }

  boost::asio::io_context loop_{1};
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  std::optional<Hub> hub_{std::in_place, Hub::Parts{clock_, random_, tables_, journal_}};
  std::shared_ptr<testing::FakeService> service_ =
      std::make_shared<testing::FakeService>(testing::echo_script);
};

TEST_F(AllowTest, WhoCallsMayApproveUnlessOthersAreNamed) {
  join(guarded());
  const auto own = asks("carol");
  EXPECT_TRUE(own.ask->items.at("approve").consent->approvers.empty());
  EXPECT_TRUE(answer(own, named("carol")));
  EXPECT_TRUE(done(own));
  EXPECT_EQ(service_->started, 1);
}

TEST_F(AllowTest, OthersApproveWhatTheyAreNamedFor) {
  join(guarded({"alice", "bob"}));
  const auto task = asks("carol");
  EXPECT_THAT(task.ask->items.at("approve").message,
              HasSubstr("waits for approval by alice or bob"));
  ASSERT_EQ(hub_->tasks().approvals(named("bob")).size(), 1U);
  EXPECT_TRUE(hub_->tasks().approvals(named("bob")).front().mine);
  EXPECT_FALSE(hub_->tasks().approvals(named("carol")).front().mine);
  EXPECT_TRUE(hub_->tasks().approvals(named("eve")).empty());
  EXPECT_EQ(service_->started, 0);
  ASSERT_TRUE(decide(id_of(task), true, named("bob")));
  EXPECT_TRUE(done(task));
  EXPECT_EQ(service_->started, 1);
  const auto entries = noted();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].principal + " " + entries[0].by, "carol bob");
  EXPECT_TRUE(entries[0].allowed);
}

TEST_F(AllowTest, AnApproverWhoCallsApprovesAlone) {
  join(guarded({"alice", "bob"}));
  const auto task = asks("alice");
  EXPECT_TRUE(answer(task, named("alice")));
  EXPECT_TRUE(done(task));
}

TEST_F(AllowTest, NobodyElseApproves) {
  join(guarded({"alice", "bob"}));
  const auto task = asks("carol");
  const std::string id = id_of(task);
  for (const auto& who : {named("carol"), named("root", true)}) {
    for (const auto& refused : {answer(task, who), decide(id, true, who), decide(id, false, who)}) {
      ASSERT_FALSE(refused) << who.name;
      EXPECT_EQ(refused.error().reason, Reason::permission_denied);
      EXPECT_THAT(refused.error().message, HasSubstr("alice or bob"));
    }
  }
  EXPECT_EQ(decide(id, true, named("eve")).error().reason, Reason::task_not_found);
  EXPECT_EQ(answer(task, named("alice")).error().reason, Reason::task_not_found);
  EXPECT_EQ(service_->started, 0);
  EXPECT_TRUE(noted().empty());
  ASSERT_TRUE(decide(id, false, named("alice")));
  EXPECT_EQ(settled(task).end->outcome.error().reason, Reason::refused);
  EXPECT_EQ(service_->started, 0);
}

TEST_F(AllowTest, OnTheOpenConnectionNobodyElseApprovesEither) {
  join(guarded({"alice"}));
  testing::run(loop_, [&]() -> Awaitable<> {
    auto stream = hub_->call(payment("carol"), testing::context_on(loop_));
    const auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
    EXPECT_TRUE(folded.ask);
    model::Answers answers;
    answers["approve"].text = "yes";
    EXPECT_EQ(stream->answer(answers).error().reason, Reason::permission_denied);
    stream->cancel(make_error(Reason::cancelled, "enough"));
    (void)co_await fold_stream(*stream, kAnswerBytesMax);
  });
  EXPECT_EQ(service_->started, 0);
}

TEST_F(AllowTest, AnIdHoldsOnceAndForItsOwnQuestion) {
  join(guarded({"alice"}));
  const auto first = asks("carol");
  const auto second = asks("carol");
  const std::string digest = first.ask->items.at("approve").consent->digest;
  EXPECT_EQ(digest, second.ask->items.at("approve").consent->digest);
  EXPECT_NE(id_of(first), id_of(second));
  const std::string other(64, '0');
  EXPECT_EQ(decide(id_of(first), true, named("alice"), other).error().param, "/digest");
  // A double click: both are under way before either is done.
  int taken = 0;
  testing::run(loop_, [&]() -> Awaitable<> {
    int over = 0;
    const auto click = [&]() -> Awaitable<> {
      auto view = co_await hub_->tasks().decide(id_of(first), true, digest, named("alice"));
      taken += view ? 1 : 0;
      over += 1;
    };
    boost::asio::co_spawn(loop_, click(), [](std::exception_ptr) {});
    boost::asio::co_spawn(loop_, click(), [](std::exception_ptr) {});
    const CancelToken never;
    while (over < 2) co_await sleep_for(Milliseconds(1), never);
  });
  EXPECT_EQ(taken, 1);
  EXPECT_TRUE(done(first));
  EXPECT_EQ(service_->started, 1);
  EXPECT_EQ(decide(id_of(first), true, named("alice")).error().reason, Reason::task_not_found);
  EXPECT_TRUE(settled(second).ask) << "the other still waits";
  EXPECT_EQ(service_->started, 1);
}

TEST_F(AllowTest, AnAnswerToAnEarlierQuestionIsNone) {
  join(guarded());
  testing::run(loop_, [&]() -> Awaitable<> {
    auto stream = hub_->call(payment("carol"), testing::context_on(loop_));
    const auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
    EXPECT_TRUE(folded.ask);
    model::Answers answers;
    answers["approve"].text = "yes";
    answers["approve"].consent = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    EXPECT_FALSE(stream->answer(answers));
    stream->cancel(make_error(Reason::cancelled, "enough"));
    (void)co_await fold_stream(*stream, kAnswerBytesMax);
  });
  EXPECT_EQ(service_->started, 0);
}

TEST_F(AllowTest, AfterItsTimeAYesIsNone) {
  join(guarded({"alice"}));
  const auto task = asks("carol");
  clock_.now_ms += kAskTimeoutMs + 1;
  EXPECT_TRUE(hub_->tasks().approvals(named("alice")).empty());
  EXPECT_EQ(decide(id_of(task), true, named("alice")).error().reason, Reason::task_not_found);
  EXPECT_EQ(service_->started, 0);
}

TEST_F(AllowTest, AfterItsTimeTheCallersOwnYesIsNoneEither) {
  join(guarded());
  const auto task = asks("carol");
  clock_.now_ms += kAskTimeoutMs + 1;
  EXPECT_TRUE(answer(task, named("carol")));
  EXPECT_THAT(settled(task).end->outcome.error().message, HasSubstr("expired"));
  EXPECT_EQ(service_->started, 0);
  EXPECT_FALSE(noted().front().allowed);
}

TEST_F(AllowTest, AChangeOfTheSkillMakesAYesVoid) {
  join(guarded());
  auto task = asks("carol");
  change(pay_skill("Pays, and tells everybody"));
  EXPECT_TRUE(answer(task, named("carol")));
  task = settled(task);
  ASSERT_TRUE(task.ask) << "it is asked again";
  EXPECT_THAT(task.ask->items.at("approve").message, HasSubstr("It changed while you were asked"));
  EXPECT_EQ(service_->started, 0);
  EXPECT_FALSE(noted().front().allowed);
  EXPECT_TRUE(answer(task, named("carol")));
  EXPECT_TRUE(done(task));
  EXPECT_EQ(service_->started, 1);
}

TEST_F(AllowTest, ASkillThatIsGoneOrChangesOnIsNotCalled) {
  join(guarded());
  auto gone = asks("carol");
  change(testing::fake_skill("other"));
  EXPECT_TRUE(answer(gone, named("carol")));
  EXPECT_EQ(settled(gone).end->outcome.error().reason, Reason::refused);
  change(pay_skill());
  auto task = asks("carol");
  for (int i = 0; i < kApprovalRoundsMax; ++i) {
    change(pay_skill(std::format("Pays {}", i)));
    EXPECT_TRUE(answer(task, named("carol")));
    task = settled(task);
  }
  ASSERT_TRUE(task.end);
  EXPECT_EQ(task.end->outcome.error().reason, Reason::refused);
  EXPECT_EQ(service_->started, 0);
}

TEST_F(AllowTest, NewArgumentsAreWantedOfAChangedSkill) {
  join(guarded());
  const auto task = asks("carol");
  model::Skill strict = pay_skill();
  strict.input_schema = json::parse(R"({"type":"object","required":["to"]})").value();
  change(strict);
  EXPECT_TRUE(answer(task, named("carol")));
  EXPECT_EQ(settled(task).end->outcome.error().reason, Reason::invalid_argument);
  EXPECT_EQ(service_->started, 0);
}

TEST_F(AllowTest, WhatChangedSinceItWasAllowedIsSaid) {
  join(guarded());
  const auto first = asks("carol");
  EXPECT_THAT(first.ask->items.at("approve").message, Not(HasSubstr("has changed")));
  EXPECT_TRUE(answer(first, named("carol")));
  EXPECT_TRUE(done(first));
  const auto same = asks("carol");
  EXPECT_THAT(same.ask->items.at("approve").message, Not(HasSubstr("has changed")));
  change(pay_skill("Pays, and tells everybody"));
  const auto other = asks("carol");
  EXPECT_THAT(other.ask->items.at("approve").message,
              HasSubstr("has changed since it was last allowed, on 2027-01-15"));
}

TEST_F(AllowTest, ANewHostIsNotCalled) {
  join({});
  change(pay_skill(), "http://a.example/");
  auto solution = model::Solution();
  solution.id = SolutionId("agent");
  solution.url = "http://a.example/x";
  solution.skills.push_back(pay_skill());
  ASSERT_TRUE(hub_->registry().add(make_entry(solution, service_, {}, "a test made it")));
  const auto move = [&](std::string url) {
    auto newer = std::make_shared<model::Solution>(solution);
    newer->url = std::move(url);
    EXPECT_TRUE(hub_->registry().update(newer->id, newer));
  };
  const auto call = [&] {
    return testing::run_on<Result<model::Output>>(loop_, [&]() -> Awaitable<Result<model::Output>> {
      auto made = payment("carol");
      made.solution = SolutionId("agent");
      auto stream = hub_->call(std::move(made), testing::context_on(loop_));
      auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
      co_return std::move(folded.end.outcome);
    });
  };
  EXPECT_TRUE(call());
  move("http://evil.example/x");
  const auto refused = call();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::permission_denied);
  EXPECT_THAT(refused.error().message, HasSubstr("evil.example"));
  EXPECT_EQ(service_->started, 1);
  move("http://a.example/y");
  EXPECT_TRUE(call());
}

TEST_F(AllowTest, AFloodIsRefusedAndCounted) {
  join(guarded());
  std::vector<TaskView> open;
  open.reserve(kApprovalsOpenMax);
  for (std::size_t i = 0; i < kApprovalsOpenMax; ++i) open.push_back(asks("carol"));
  const auto refused = asks("carol");
  ASSERT_TRUE(refused.end);
  EXPECT_EQ(refused.end->outcome.error().reason, Reason::rate_limited);
  EXPECT_THAT(refused.end->outcome.error().message, HasSubstr("weft approvals"));
  EXPECT_TRUE(refused.end->outcome.error().retry_after);
  EXPECT_TRUE(asks("dave").ask) << "others are asked";
  // One that is answered makes room, until the minute's share is used up.
  std::size_t asked = kApprovalsOpenMax;
  for (; asked < kApprovalsPerMinuteMax; ++asked) {
    EXPECT_TRUE(answer(open[asked - kApprovalsOpenMax], named("carol")));
    EXPECT_TRUE(done(open[asked - kApprovalsOpenMax]));
    ASSERT_TRUE(asks("carol").ask) << asked;
  }
  EXPECT_TRUE(answer(open.back(), named("carol")));
  EXPECT_TRUE(done(open.back()));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(asks("carol").end);
  const auto entries = noted();
  const auto flood = std::ranges::find_if(entries, [](const auto& e) { return e.count > 0; });
  ASSERT_NE(flood, entries.end());
  EXPECT_EQ(flood->count, 5U);
  EXPECT_EQ(std::ranges::count_if(entries, [](const auto& e) { return e.count > 0; }), 1);
  EXPECT_FALSE(flood->allowed);
  clock_.now_ms += kApprovalsWindowMs;
  EXPECT_TRUE(asks("carol").ask) << "the next minute";
}

TEST_F(AllowTest, WhatCostsIsAskedAboutWhenTheHubChoseIt) {
  JoinRequest request;
  request.costs["pay"] = {.amount = 0.5, .currency = "EUR"};
  model::Skill reads = pay_skill();
  reads.effects.read_only = true;
  join(request, reads);
  const auto entry = hub_->registry().snapshot()->find_shared("bank");
  const model::Skill& skill = entry->solution->skills.front();
  EXPECT_FALSE(needs_consent(*entry, skill, Chosen::by_caller));
  EXPECT_TRUE(needs_consent(*entry, skill, Chosen::by_hub));
  testing::run(loop_, [&]() -> Awaitable<> {
    CallContext context = testing::context_on(loop_);
    context.chosen = Chosen::by_hub;
    auto stream = hub_->call(payment("carol"), std::move(context));
    const auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
    EXPECT_TRUE(folded.ask);
    EXPECT_THAT(folded.ask->items.at("approve").message, HasSubstr("It costs 0.5 EUR."));
    stream->cancel(make_error(Reason::cancelled, "enough"));
    (void)co_await fold_stream(*stream, kAnswerBytesMax);
  });
}

TEST_F(AllowTest, AKeyIsGivenOnceAndIsTheCallsOwn) {
  JoinRequest request;
  request.dedup["pay"] = "request_id";
  model::Skill skill = pay_skill();
  skill.input_schema =
      json::parse(R"({"type":"object","required":["amount","request_id"]})").value();
  join(request, skill);
  const auto sent = [&](model::Call call) {
    testing::run(loop_, [&]() -> Awaitable<> {
      auto stream = hub_->call(std::move(call), testing::context_on(loop_));
      const auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
      EXPECT_TRUE(folded.end.outcome);
    });
    const auto last = service_->last_call.load();
    return std::string(json::string_at(last->args->as_object(), "request_id"));
  };
  const std::string key = sent(payment("carol"));
  EXPECT_EQ(key.size(), 32U);
  EXPECT_EQ(sent(payment("carol")), key) << "the same call";
  EXPECT_NE(sent(payment("dave")), key);
  auto other = payment("carol");
  other.id = CallId("c2");
  EXPECT_NE(sent(other), key);
  other.dedup_key = "mine";
  const std::string callers = sent(other);
  other.id = CallId("c3");
  EXPECT_EQ(sent(other), callers) << "the caller's own key decides";
  EXPECT_EQ(sent(payment("carol", R"({"amount":5,"request_id":"mine"})")), "mine");
  // Another hub has another secret.
  store::MemoryTables tables;
  testing::FakeRandom random(7);
  DedupKeys keys(tables, random);
  auto call = std::make_shared<const model::Call>(payment("carol"));
  EXPECT_NE(*wait(keys.key_for(call)), key);
}

TEST_F(AllowTest, AQuestionThatOutlivesTheHubIsTheSameQuestion) {
  join(guarded({"alice"}));
  const auto task = asks("carol");
  clock_.now_ms += kAskTimeoutMs / 2;
  restart(guarded({"alice"}));
  // At once: the call has not come to its question yet.
  const auto decided = decide(id_of(task), true, named("alice"));
  ASSERT_TRUE(decided) << decided.error().message;
  EXPECT_TRUE(done(task));
  EXPECT_EQ(service_->started, 1);
  const auto again = asks("carol");
  restart(guarded({"alice"}));
  const auto asked = settled(again);
  EXPECT_EQ(id_of(asked), id_of(again));
  EXPECT_EQ(asked.ask->items.at("approve").consent->expires_ms,
            again.ask->items.at("approve").consent->expires_ms);
}

TEST_F(AllowTest, AQuestionThatIsAnotherInTheNextLifeHasAnotherId) {
  join(guarded({"alice"}));
  const auto task = asks("carol");
  restart(guarded({"alice"}), pay_skill("Pays twice"));
  const auto changed = asked_anew(task);
  EXPECT_NE(id_of(changed), id_of(task));
  EXPECT_EQ(decide(id_of(task), true, named("alice")).error().reason, Reason::task_not_found);
  clock_.now_ms += kAskTimeoutMs + 1;
  restart(guarded({"alice"}), pay_skill("Pays twice"));
  const auto late = asked_anew(changed);
  EXPECT_NE(id_of(late), id_of(changed)) << "it had expired";
  EXPECT_TRUE(decide(id_of(late), true, named("alice")));
  EXPECT_TRUE(done(task));
}

}  // namespace
}  // namespace weft::hub
