// What every journal promises, tried on each of them.
#include "weft/store/journal.h"

#include <gmock/gmock.h>

#include <cmath>

#include "weft/base/testing/run.h"
#include "weft/store/limits.h"
#include "weft/store/memory_journal.h"
#include "weft/store/sqlite/store.h"
#include "weft/store/testing/directory.h"

namespace weft::store {
namespace {

using store::testing::TemporaryDirectory;
using weft::testing::run;

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Journal& journal() = 0;
};

class InMemory final : public Backend {
  Journal& journal() override { return journal_; }
  MemoryJournal journal_;
};

class OnDisk final : public Backend {
 public:
  OnDisk() : store_(sqlite::Store::open({.directory = directory_.path()}).value()) {}
  Journal& journal() override { return store_->journal(); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<sqlite::Store> store_;
};

TaskRecord task(std::string id, std::string owner = "ann") {
  TaskRecord record;
  record.id = TaskId(std::move(id));
  record.owner = std::move(owner);
  record.context = ContextId("c1");
  record.solution = SolutionId("bank");
  record.skill = SkillId("pay");
  record.created_ms = record.updated_ms = 1'000;
  record.call = json::object{{"amount", 0.1}, {"to", "Zoë"}};
  return record;
}

Append append_to(std::string id, std::int64_t head, std::vector<NewEvent> events = {}) {
  Append change;
  change.task = TaskId(std::move(id));
  change.expected_head = head;
  change.events = std::move(events);
  return change;
}

std::vector<NewEvent> say(std::initializer_list<const char*> words) {
  std::vector<NewEvent> out;
  for (const char* word : words) out.push_back({"state", json::object{{"word", word}}, 5});
  return out;
}

class JournalTest : public ::testing::TestWithParam<bool> {
 protected:
  JournalTest() {
    if (GetParam()) {
      backend_ = std::make_unique<OnDisk>();
    } else {
      backend_ = std::make_unique<InMemory>();
    }
  }
  Journal& journal() { return backend_->journal(); }
  std::unique_ptr<Backend> backend_;
};

INSTANTIATE_TEST_SUITE_P(All, JournalTest, ::testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "Sqlite" : "Memory"; });

TEST_P(JournalTest, GivesBackWhatItTook) {
  TaskRecord record = task("t1");
  record.asks = json::object{{"q", "when?"}};
  record.state_blob = "opaque";
  record.effect = Effect::keyed;
  record.expires_ms = 77;
  EXPECT_EQ(run(journal().create(record, say({"a", "b"}))), 2);
  record.head = 2;
  EXPECT_EQ(run(journal().get(TaskId("t1"))).value(), record);
  EXPECT_EQ(run(journal().get(TaskId("t2"))).value(), std::nullopt);
  EXPECT_EQ(run(journal().get(TaskId("t1"), "ann")).value(), record);
  EXPECT_EQ(run(journal().get(TaskId("t1"), "bob")).value(), std::nullopt);
  EXPECT_EQ(run(journal().get(TaskId("t2"), "ann")).value(), std::nullopt);
  const auto events = run(journal().read(TaskId("t1"), 0, 10));
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[1], (StoredEvent{2, "state", json::object{{"word", "b"}}, 5}));
  EXPECT_TRUE(run(journal().verify(TaskId("t1"))));
}

TEST_P(JournalTest, RefusesASecondTaskOfTheName) {
  ASSERT_TRUE(run(journal().create(task("t1"), {})));
  const auto again = run(journal().create(task("t1"), say({"x"})));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::already_exists);
  EXPECT_EQ(run(journal().get(TaskId("t1")))->value().head, 0);
}

TEST_P(JournalTest, AnAppendThatExpectsAnotherHeadChangesNothing) {
  ASSERT_TRUE(run(journal().create(task("t1"), say({"a"}))));
  ASSERT_EQ(run(journal().append(append_to("t1", 1, say({"b"})))), 2);
  Append late = append_to("t1", 1, say({"c"}));
  late.state = model::TaskState::failed;
  const auto refused = run(journal().append(late));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::aborted);
  EXPECT_EQ(run(journal().get(TaskId("t1")))->value().state, model::TaskState::submitted);
  EXPECT_EQ(run(journal().read(TaskId("t1"), 0, 10))->size(), 2u);
}

TEST_P(JournalTest, UnknownTasksAreNotFound) {
  EXPECT_EQ(run(journal().append(append_to("no", 0, say({"a"})))).error().reason,
            Reason::task_not_found);
  EXPECT_EQ(run(journal().read(TaskId("no"), 0, 1)).error().reason, Reason::task_not_found);
  EXPECT_EQ(run(journal().verify(TaskId("no"))).error().reason, Reason::task_not_found);
}

TEST_P(JournalTest, AnAppendChangesWhatItNamesAndNothingElse) {
  TaskRecord record = task("t1");
  record.meta = json::object{{"m", 1}};
  record.asks = json::object{{"q", "when?"}};
  ASSERT_TRUE(run(journal().create(record, {})));
  Append change = append_to("t1", 0, say({"a"}));
  change.at_ms = 2'000;
  change.state = model::TaskState::working;
  change.asks = json::value();
  change.upstream = json::object{{"id", "u1"}};
  change.expires_ms = 9'000;
  ASSERT_TRUE(run(journal().append(change)));
  record.head = 1;
  record.updated_ms = 2'000;
  record.state = model::TaskState::working;
  record.asks = nullptr;
  record.upstream = *change.upstream;
  record.expires_ms = 9'000;
  EXPECT_EQ(run(journal().get(TaskId("t1"))).value(), record);
}

TEST_P(JournalTest, ReadsFromAPointOn) {
  ASSERT_TRUE(run(journal().create(task("t1"), say({"a", "b", "c", "d"}))));
  const auto events = run(journal().read(TaskId("t1"), 1, 2));
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ(events->front().seq, 2);
  EXPECT_EQ(run(journal().read(TaskId("t1"), 4, 2))->size(), 0u);
}

TEST_P(JournalTest, ListsOwnTasksNewestChangeFirstPageByPage) {
  for (int i = 0; i < 5; ++i) {
    TaskRecord record = task("t" + std::to_string(i), i == 3 ? "bob" : "ann");
    record.updated_ms = 1'000 + i % 2;
    ASSERT_TRUE(run(journal().create(record, {})));
  }
  std::vector<std::string> seen;
  TaskQuery query{.owner = "ann", .limit = 2};
  do {
    const auto page = run(journal().list(query));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, 4);
    for (const auto& record : page->tasks) seen.push_back(record.id.str());
    query.page_token = page->next_page_token;
  } while (!query.page_token.empty());
  EXPECT_THAT(seen, ::testing::ElementsAre("t1", "t4", "t2", "t0"));
  EXPECT_EQ(run(journal().list({.owner = "bob"}))->total, 1);
  EXPECT_EQ(run(journal().list({.owner = "eve"}))->total, 0);
  EXPECT_EQ(run(journal().list({.any_owner = true}))->total, 5);
  EXPECT_EQ(run(journal().list({.owner = "ann", .context = ContextId("c2")}))->total, 0);
  EXPECT_EQ(run(journal().list({.owner = "ann", .state = model::TaskState::failed}))->total, 0);
  EXPECT_EQ(run(journal().list({.owner = "ann", .updated_after_ms = 1'000}))->total, 1);
  EXPECT_FALSE(run(journal().list({.owner = "ann", .page_token = "x"})));
}

TEST_P(JournalTest, ListsWhatRunsAndWhatHasEndedInOneOrder) {
  std::vector<std::string> all;
  for (int i = 0; i < 9; ++i) {
    TaskRecord record = task("t" + std::to_string(i));
    record.updated_ms = 1'000 + i / 2;
    record.state = i % 3 == 0 ? model::TaskState::working : model::TaskState::completed;
    record.solution = SolutionId(i % 2 == 0 ? "bank" : "clinic");
    record.context = ContextId(i < 5 ? "c1" : "c2");
    ASSERT_TRUE(run(journal().create(record, {})));
    all.insert(all.begin(), record.id.str());
  }
  const auto pages = [&](TaskQuery query) {
    std::vector<std::string> seen;
    do {
      const auto page = run(journal().list(query));
      EXPECT_TRUE(page);
      for (const auto& record : page->tasks) seen.push_back(record.id.str());
      query.page_token = page->next_page_token;
      if (query.page_token.empty()) {
        EXPECT_EQ(page->total, std::ssize(seen));
      }
    } while (!query.page_token.empty());
    return seen;
  };
  const SolutionId bank("bank");
  EXPECT_EQ(pages({.owner = "ann", .limit = 2}), all);
  EXPECT_EQ(pages({.any_owner = true, .limit = 2}), all);
  EXPECT_THAT(pages({.owner = "ann", .solution = bank, .limit = 2}),
              ::testing::ElementsAre("t8", "t6", "t4", "t2", "t0"));
  EXPECT_THAT(pages({.any_owner = true, .solution = bank, .limit = 2}),
              ::testing::ElementsAre("t8", "t6", "t4", "t2", "t0"));
  EXPECT_THAT(pages({.owner = "ann", .context = ContextId("c1"), .solution = bank, .limit = 1}),
              ::testing::ElementsAre("t4", "t2", "t0"));
  EXPECT_THAT(pages({.owner = "ann", .state = model::TaskState::working, .limit = 1}),
              ::testing::ElementsAre("t6", "t3", "t0"));
  EXPECT_THAT(pages({.owner = "ann", .solution = SolutionId("none")}), ::testing::IsEmpty());
  // One that ends moves from the one kind to the other.
  Append end = append_to("t0", 0, say({"end"}));
  end.state = model::TaskState::completed;
  end.at_ms = 2'000;
  ASSERT_TRUE(run(journal().append(end)));
  EXPECT_EQ(pages({.owner = "ann", .limit = 4}).front(), "t0");
}

TEST_P(JournalTest, ATaskBeginsWithItsIntents) {
  const std::vector<Intent> intents{{"call", Effect::one_shot, json::object{{"pay", 5}}, 7}};
  ASSERT_TRUE(run(journal().create(task("t1"), say({"a"}), intents)));
  const auto unfinished = run(journal().recover());
  ASSERT_EQ(unfinished->size(), 1u);
  EXPECT_EQ(unfinished->front().open, intents);
  Append done = append_to("t1", 1);
  done.steps_done = {"call"};
  ASSERT_TRUE(run(journal().append(done)));
  EXPECT_TRUE(run(journal().recover())->front().open.empty());
}

TEST_P(JournalTest, RecoversWhatHadNotEndedWithItsOpenIntents) {
  for (const char* id : {"t1", "t2", "t3"}) ASSERT_TRUE(run(journal().create(task(id), {})));
  Append before = append_to("t1", 0, say({"a"}));
  before.intents = {{"s1", Effect::one_shot, json::object{{"pay", 5}}, 7},
                    {"s2", Effect::keyed, {}, 8}};
  ASSERT_TRUE(run(journal().append(before)));
  Append after = append_to("t1", 1, say({"b"}));
  after.steps_done = {"s2"};
  ASSERT_TRUE(run(journal().append(after)));
  Append end = append_to("t2", 0, say({"end"}));
  end.state = model::TaskState::completed;
  ASSERT_TRUE(run(journal().append(end)));
  const auto unfinished = run(journal().recover());
  ASSERT_TRUE(unfinished);
  ASSERT_EQ(unfinished->size(), 2u);
  EXPECT_EQ((*unfinished)[0].task.id.str(), "t1");
  EXPECT_THAT((*unfinished)[0].open, ::testing::ElementsAre(before.intents[0]));
  EXPECT_TRUE((*unfinished)[1].open.empty());
}

TEST_P(JournalTest, RemovesEndedTasksWhoseTimeIsOver) {
  for (const char* id : {"t1", "t2", "t3"}) {
    TaskRecord record = task(id);
    record.expires_ms = 5'000;
    if (record.id.str() != "t2") record.state = model::TaskState::completed;
    ASSERT_TRUE(run(journal().create(record, say({"a"}))));
  }
  EXPECT_EQ(run(journal().remove_expired(4'999, 10))->tasks, 0u);
  const auto one = run(journal().remove_expired(5'000, 1));
  EXPECT_EQ(one->tasks, 1u);
  EXPECT_TRUE(one->more);
  const auto rest = run(journal().remove_expired(5'000, 10));
  EXPECT_EQ(rest->tasks, 1u);
  EXPECT_FALSE(rest->more);
  EXPECT_EQ(run(journal().list({.any_owner = true}))->total, 1);
  // The name is free again, and its chain begins anew.
  ASSERT_TRUE(run(journal().create(task("t1"), say({"z"}))));
  EXPECT_TRUE(run(journal().verify(TaskId("t1"))));
}

TEST_P(JournalTest, RefusesATaskWithoutAName) {
  EXPECT_FALSE(run(journal().create(task(""), {})));
  EXPECT_EQ(run(journal().append(append_to("", 0))).error().reason, Reason::task_not_found);
}

TEST_P(JournalTest, TakesOnlySoManyEvents) {
  ASSERT_TRUE(run(journal().create(task("t1"), {})));
  std::vector<NewEvent> many(kEventsPerAppendMax + 1);
  EXPECT_EQ(run(journal().append(append_to("t1", 0, many))).error().reason, Reason::too_large);
  EXPECT_EQ(run(journal().append(append_to("t1", kEventsPerTaskMax, say({"a"})))).error().reason,
            Reason::too_large);
}

TEST(SqliteJournalTest, RefusesWhatWouldNotComeBack) {
  OnDisk disk;
  Journal& journal = static_cast<Backend&>(disk).journal();
  TaskRecord record = task("t1");
  record.call = json::object{{"x", std::nan("")}};
  EXPECT_EQ(run(journal.create(record, {})).error().reason, Reason::invalid_argument);
  ASSERT_TRUE(run(journal.create(task("t1"), {})));
  json::value deep = 1;
  for (std::size_t i = 0; i < kPayloadDepthMax; ++i) deep = json::array{std::move(deep)};
  EXPECT_TRUE(run(journal.append(append_to("t1", 0, {{"state", deep, 1}}))));
  EXPECT_EQ(run(journal.read(TaskId("t1"), 0, 1))->front().payload, deep);
  deep = json::array{std::move(deep)};
  EXPECT_FALSE(run(journal.append(append_to("t1", 1, {{"state", deep, 1}}))));
}

}  // namespace
}  // namespace weft::store
