#include "weft/store/sqlite/store.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <latch>
#include <optional>

#include "weft/base/testing/forked.h"
#include "weft/base/testing/run.h"
#include "weft/store/sqlite/connection.h"
#include "weft/store/sqlite/lock.h"
#include "weft/store/testing/directory.h"

namespace weft::store::sqlite {
namespace {

using store::testing::TemporaryDirectory;
using ::testing::HasSubstr;
using weft::testing::Forked;
using weft::testing::run;

constexpr uid_t kNobody = 65'534;

TaskRecord task(std::string id) {
  TaskRecord record;
  record.id = TaskId(std::move(id));
  record.owner = "ann";
  return record;
}

Append append_to(std::string id, std::int64_t head, std::string word = "x") {
  Append change;
  change.task = TaskId(std::move(id));
  change.expected_head = head;
  change.events.push_back({"state", json::object{{"word", std::move(word)}}, 1});
  return change;
}

/// Runs statements on the file behind the store's back.
void tamper(const std::filesystem::path& directory, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((directory / "weft.db").c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

Error refusal(Options options) {
  const auto store = Store::open(std::move(options));
  EXPECT_FALSE(store);
  return store ? Error{} : store.error();
}

class StoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> open() { return Store::open({.directory = directory_.path()}).value(); }
  const std::filesystem::path& path() const { return directory_.path(); }
  std::filesystem::path file() const { return directory_.path() / "weft.db"; }

 private:
  TemporaryDirectory directory_;
};

TEST_F(StoreTest, KeepsWhatItTookAcrossARestart) {
  {
    const auto store = open();
    ASSERT_TRUE(run(store->journal().create(task("t1"), {{"state", 1, 1}})));
    ASSERT_TRUE(run(store->journal().append(append_to("t1", 1))));
    ASSERT_TRUE(run(store->tables().put("s", "k", 5)));
  }
  const auto store = open();
  EXPECT_EQ(run(store->journal().read(TaskId("t1"), 0, 10))->size(), 2u);
  EXPECT_EQ(run(store->journal().append(append_to("t1", 2))), 3);
  EXPECT_TRUE(run(store->journal().verify(TaskId("t1"))));
  EXPECT_EQ(run(store->tables().get("s", "k")).value(), json::value(5));
}

TEST_F(StoreTest, IsForItsOwnerAlone) {
  const auto store = Store::open({.directory = path() / "new" / "data"}).value();
  struct stat status{};
  ASSERT_EQ(::stat((path() / "new/data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  for (const char* name : {"weft.db", "weft.db-wal", "hub.lock"}) {
    ASSERT_EQ(::stat((path() / "new/data" / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << name;
  }
}

/// A process that has the lock.
int take_lock(const std::filesystem::path& directory) {
  static std::optional<DirectoryLock> lock;
  auto taken = DirectoryLock::take(directory);
  if (!taken) return -1;
  lock.emplace(*std::move(taken));
  return 1;
}

TEST_F(StoreTest, ASecondHubIsRefusedAndToldWhoHoldsIt) {
  Forked other([&] { return take_lock(path()); });
  ASSERT_EQ(other.value(), 1);
  EXPECT_THAT(refusal({.directory = path()}).message,
              HasSubstr(std::format("(process {})", other.pid())));
}

TEST_F(StoreTest, TheLockOfAKilledHubDoesNotStayWithWhatItForked) {
  Forked other([&] { return take_lock(path()); });
  ASSERT_EQ(other.value(), 1);
  other.kill();
  const auto store = Store::open({.directory = path()});
  EXPECT_TRUE(store) << store.error().message;
}

TEST_F(StoreTest, ADirectoryThatCannotBeMadeOrWrittenIsNamed) {
  EXPECT_THAT(refusal({.directory = "/proc/self/weft"}).message, HasSubstr("/proc/self/weft"));
  std::ofstream(path() / "plain") << "x";
  EXPECT_THAT(refusal({.directory = path() / "plain"}).message, HasSubstr("plain"));
  std::filesystem::create_directory(path() / "locked");
  std::filesystem::permissions(path() / "locked", std::filesystem::perms::owner_read);
  // Root may write anywhere: then it is somebody else who tries.
  const uid_t was = ::geteuid();
  if (was == 0) {
    ASSERT_EQ(::chmod(path().c_str(), 0755), 0);
    // A user namespace may know no other user.
    if (::seteuid(kNobody) != 0) return;
  }
  const Error error = refusal({.directory = path() / "locked"});
  if (was == 0) {
    ASSERT_EQ(::seteuid(was), 0);
  }
  EXPECT_THAT(error.message, HasSubstr("cannot be written"));
}

TEST_F(StoreTest, AFileOfANewerWeftIsRefusedByName) {
  open().reset();
  tamper(path(), "PRAGMA user_version = 99");
  const auto bytes = [&] {
    std::ifstream in(file(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string before = bytes();
  const Error error = refusal({.directory = path()});
  EXPECT_EQ(error.reason, Reason::unsupported);
  EXPECT_THAT(error.message, HasSubstr("newer weft (format 99"));
  EXPECT_TRUE(bytes() == before) << "refused before anything was written";
}

TEST_F(StoreTest, AFileOfTheFirstFormatIsBroughtUp) {
  TaskRecord ended = task("t1");
  ended.solution = SolutionId("bank");
  ended.state = model::TaskState::completed;
  TaskRecord running = task("t2");
  running.solution = SolutionId("clinic");
  ended.updated_ms = running.updated_ms = 1;
  {
    const auto store = open();
    ASSERT_TRUE(run(store->journal().create(ended, {{"state", 1, 1}})));
    ASSERT_TRUE(run(store->journal().create(running, {})));
    ASSERT_TRUE(run(store->journal().create(task("t3"), {})));
  }
  tamper(path(),
         "DROP INDEX task_own; DROP INDEX task_open; DROP INDEX task_ended;"
         "ALTER TABLE task DROP COLUMN solution;"
         "UPDATE task_start SET body = 'rubbish' WHERE n = 3; PRAGMA user_version = 1");
  const auto store = open();
  Journal& journal = store->journal();
  for (auto* record : {&ended, &running}) {
    const auto list = run(journal.list({.owner = "ann", .solution = record->solution}));
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->tasks.size(), 1u);
    EXPECT_EQ(list->tasks.front().id, record->id);
    EXPECT_TRUE(run(journal.get(record->id, "ann"))->has_value());
  }
  EXPECT_EQ(run(journal.append(append_to("t1", 1))), 2);
  EXPECT_TRUE(run(journal.verify(TaskId("t1"))));
}

TEST_F(StoreTest, OfSomeoneElsesTaskNothingIsRead) {
  {
    const auto store = open();
    ASSERT_TRUE(run(store->journal().create(task("t1"), {})));
  }
  // Whoever reads it finds that it is damaged.
  tamper(path(), "UPDATE task_start SET body = 'rubbish'; UPDATE task_body SET body = 'rubbish'");
  const auto store = open();
  EXPECT_EQ(run(store->journal().get(TaskId("t1"), "ann")).error().code, Code::data_loss);
  const auto foreign = run(store->journal().get(TaskId("t1"), "bob"));
  ASSERT_TRUE(foreign);
  EXPECT_EQ(*foreign, std::nullopt);
}

TEST_F(StoreTest, ADamagedRowIsNamed) {
  {
    const auto store = open();
    ASSERT_TRUE(run(store->tables().put("joins", "bank", 5)));
  }
  tamper(path(), "UPDATE cell SET value = 'rubbish'");
  const auto store = open();
  for (const Error& error : {run(store->tables().get("joins", "bank")).error(),
                             run(store->tables().scan("joins", "", "", 10)).error()}) {
    EXPECT_EQ(error.code, Code::data_loss);
    EXPECT_EQ(error.message, "the row `bank` of `joins` in the journal is damaged");
  }
}

TEST_F(StoreTest, ADamagedTaskKeepsNoOtherFromBeingTakenUp) {
  {
    const auto store = open();
    for (int i = 0; i < 40; ++i)
      ASSERT_TRUE(run(store->journal().create(task(std::format("t{}", i)), {})));
  }
  tamper(path(), "UPDATE task_start SET body = 'rubbish' WHERE n = 20");
  const auto unfinished = run(open()->journal().recover());
  ASSERT_TRUE(unfinished);
  EXPECT_EQ(unfinished->size(), 39u);
  EXPECT_EQ(unfinished->back().task.id.str(), "t39");
}

TEST_F(StoreTest, ATaskOfManyEventsIsRemovedALittleAtATime) {
  constexpr std::size_t kEvents = kRemovedRowsMax + 1'000;
  {
    const auto store = open();
    TaskRecord record = task("t1");
    record.state = model::TaskState::completed;
    record.expires_ms = 5;
    ASSERT_TRUE(run(store->journal().create(record, {})));
    for (std::size_t head = 0; head < kEvents; head += 1'024) {
      Append change = append_to("t1", static_cast<std::int64_t>(head));
      change.events.assign(std::min<std::size_t>(1'024, kEvents - head), change.events.front());
      ASSERT_TRUE(run(store->journal().append(change)));
    }
    const auto first = run(store->journal().remove_expired(10, 10));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->tasks, 0u);
    EXPECT_TRUE(first->more);
    EXPECT_EQ(run(store->journal().get(TaskId("t1"))).value(), std::nullopt) << "gone at once";
    EXPECT_TRUE(run(store->journal().list({.owner = "ann"}))->tasks.empty());
    EXPECT_TRUE(run(store->journal().verify(TaskId("t1")))) << "what is left is whole";
  }
  const auto store = open();
  const auto second = run(store->journal().remove_expired(10, 10));
  EXPECT_EQ(second->tasks, 1u);
  EXPECT_FALSE(second->more);
  EXPECT_EQ(run(store->journal().verify(TaskId("t1"))).error().reason, Reason::task_not_found);
  ASSERT_TRUE(run(store->journal().create(task("t1"), {{"state", 1, 1}})));
}

TEST_F(StoreTest, LongEventsAreRemovedAFewAtATime) {
  const auto store = open();
  TaskRecord record = task("t1");
  record.state = model::TaskState::completed;
  record.expires_ms = 5;
  ASSERT_TRUE(run(store->journal().create(record, {})));
  constexpr int kEvents = 5;
  const std::string word(kRemovedBytesMax / 2, 'y');
  for (int i = 0; i < kEvents; ++i) {
    ASSERT_TRUE(run(store->journal().append(append_to("t1", i, word))));
  }
  EXPECT_LT(run(store->journal().read(TaskId("t1"), 0, 10))->size(), 3u) << "a page has a limit";
  EXPECT_EQ(run(store->journal().read(TaskId("t1"), 4, 10))->size(), 1u);
  int calls = 1;
  while (run(store->journal().remove_expired(10, 10))->more) ++calls;
  EXPECT_GE(calls, 3);
  EXPECT_EQ(run(store->journal().list({.any_owner = true}))->total, 0);
}

TEST_F(StoreTest, AnotherProgramsFileIsLeftAlone) {
  tamper(path(), "CREATE TABLE other (x)");
  EXPECT_THAT(refusal({.directory = path()}).message, HasSubstr("another program"));
}

TEST_F(StoreTest, RubbishIsRefusedAndKept) {
  std::ofstream(file()) << std::string(8'192, 'z');
  const Error error = refusal({.directory = path()});
  EXPECT_EQ(error.code, Code::data_loss);
  EXPECT_THAT(error.message, HasSubstr("weft.db is damaged"));
  EXPECT_EQ(std::filesystem::file_size(file()), 8'192u);
}

TEST_F(StoreTest, ABrokenPageIsFoundAtTheStart) {
  {
    const auto store = open();
    for (int i = 0; i < 100; ++i)
      ASSERT_TRUE(
          run(store->tables().put("s", std::to_string(i), json::value(std::string(900, 'v')))));
  }
  tamper(path(), "PRAGMA wal_checkpoint(TRUNCATE)");
  const auto size = std::filesystem::file_size(file());
  {
    std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t page = 8; page * 4'096 < size; ++page) {
      bytes.seekp(static_cast<std::streamoff>(page * 4'096));
      bytes << std::string(64, '\x7f');
    }
  }
  EXPECT_EQ(refusal({.directory = path()}).code, Code::data_loss);
}

TEST_F(StoreTest, AChangedEventIsFound) {
  {
    const auto store = open();
    ASSERT_TRUE(run(store->journal().create(task("t1"), {{"state", 1, 1}, {"state", 2, 1}})));
  }
  tamper(path(), "UPDATE event SET payload = '3' WHERE seq = 1");
  const Error error = refusal({.directory = path()});
  EXPECT_EQ(error.code, Code::data_loss);
  EXPECT_THAT(error.message, HasSubstr("`t1` is damaged at event 2"));
  tamper(path(), "UPDATE event SET payload = '1' WHERE seq = 1; DELETE FROM event WHERE seq = 2");
  EXPECT_EQ(refusal({.directory = path()}).code, Code::data_loss) << "the last event is gone";
}

// The disk is filled by RLIMIT_FSIZE: the system then refuses to make the log longer.
TEST_F(StoreTest, AFullDiskRefusesWritesAndReadsGoOn) {
  std::signal(SIGXFSZ, SIG_IGN);
  const auto store = open();
  ASSERT_TRUE(run(store->journal().create(task("t1"), {})));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::filesystem::file_size(path() / "weft.db-wal") + 200'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  std::int64_t head = 0;
  Result<std::int64_t> last = 0;
  while (last && head < 10'000) {
    head = *last;
    last = run(store->journal().append(append_to("t1", head, std::string(5'000, 'y'))));
  }
  const auto again = run(store->tables().put("s", "k", json::value(std::string(100'000, 'z'))));
  const auto read = run(store->journal().read(TaskId("t1"), 0, 1'000));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().reason, Reason::storage_full) << last.error().message;
  EXPECT_TRUE(last.error().retry_after);
  EXPECT_FALSE(again);
  EXPECT_EQ(read->size(), static_cast<std::size_t>(head));
  EXPECT_EQ(run(store->journal().append(append_to("t1", head))), head + 1);
  EXPECT_TRUE(run(store->journal().verify(TaskId("t1"))));
}

TEST_F(StoreTest, AFileAtItsLimitIsAFullDisk) {
  const auto store = Store::open({.directory = path(), .pages_max = 60}).value();
  ASSERT_TRUE(run(store->journal().create(task("t1"), {})));
  std::int64_t head = 0;
  Result<std::int64_t> last = 0;
  while (last && head < 1'000) {
    head = *last;
    last = run(store->journal().append(append_to("t1", head, std::string(5'000, 'y'))));
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().reason, Reason::storage_full);
  EXPECT_EQ(run(store->journal().get(TaskId("t1")))->value().head, head);
}

Awaitable<> put_many(Tables& tables, int count, std::vector<Error>& errors) {
  for (int i = 0; i < count; ++i) {
    const auto done = co_await tables.put("s", std::to_string(i), i);
    if (!done) errors.push_back(done.error());
  }
}

/// What SQLite's own documents advise against a database that somebody else wrote into.
TEST(Connection, DoesOnlyWhatWeftNeeds) {
  const store::testing::TemporaryDirectory directory;
  const auto file = directory.path() / "a.db";
  const auto refuses = [](Connection& connection, const char* sql) {
    const bool done = connection.execute(sql);
    return !connection.take_failure() || !done;
  };
  const auto writer = Connection::open(file, Connection::Mode::writer, "").value();
  ASSERT_TRUE(writer->execute("CREATE TABLE t (a); CREATE TABLE u (a)"));
  for (const auto& [pragma, value] :
       std::vector<std::pair<const char*, std::int64_t>>{{"PRAGMA synchronous", 2},
                                                         {"PRAGMA trusted_schema", 0},
                                                         {"PRAGMA mmap_size", 0},
                                                         {"PRAGMA wal_autocheckpoint", 0},
                                                         {"PRAGMA recursive_triggers", 0}}) {
    Statement said(*writer, pragma);
    const bool row = said.row();  // a size of zero is none
    EXPECT_EQ(row ? said.integer(0) : 0, value) << pragma;
  }
  for (const char* sql :
       {"ATTACH ':memory:' AS other", "SELECT load_extension('x')", "SELECT \"no such column\"",
        "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema"}) {
    EXPECT_TRUE(refuses(*writer, sql)) << sql;
  }
  ASSERT_TRUE(
      writer->execute("CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO u VALUES (1); END;"
                      "INSERT INTO t VALUES (1)"));
  Statement triggered(*writer, "SELECT count(*) FROM u");
  ASSERT_TRUE(triggered.row());
  EXPECT_EQ(triggered.integer(0), 0) << "a trigger ran";
  const auto reader = Connection::open(file, Connection::Mode::reader, "").value();
  for (const char* sql : {"INSERT INTO t VALUES (2)", "DROP TABLE t", "PRAGMA user_version=3"})
    EXPECT_TRUE(refuses(*reader, sql)) << sql;
}

TEST_F(StoreTest, ManyFlowsShareACommit) {
  // Outlives the store, which posts to it.
  boost::asio::io_context loop;
  std::atomic<int> commits = 0;
  const auto store =
      Store::open({.directory = path(),
                   .at_point = [&](std::string_view point) { commits += point == "committed"; }})
          .value();
  std::vector<Error> errors;
  for (int flow = 0; flow < 50; ++flow) {
    weft::testing::start(loop, put_many(store->tables(), 10, errors));
  }
  loop.run();
  EXPECT_TRUE(errors.empty());
  EXPECT_LT(commits, 250);
}

TEST_F(StoreTest, AFullQueueRefusesAtOnce) {
  // Outlives the store, which posts to it.
  boost::asio::io_context loop;
  std::latch opened(1);
  const auto store = Store::open({.directory = path(),
                                  .at_point =
                                      [&](std::string_view point) {
                                        if (point == "batch") opened.wait();
                                      }})
                         .value();
  std::vector<Error> errors;
  constexpr std::size_t kMore = 50;
  for (std::size_t i = 0; i < kWriteQueueRecordsMax + kBatchRecordsMax + kMore; ++i) {
    weft::testing::start(loop, put_many(store->tables(), 1, errors));
  }
  while (errors.empty()) loop.run_one();
  EXPECT_EQ(errors.front().reason, Reason::rate_limited);
  EXPECT_EQ(errors.front().retry_after, kQueueRetryAfter);
  opened.count_down();
  loop.run();
  EXPECT_GE(errors.size(), kMore);
  EXPECT_EQ(run(store->tables().get("s", "0")).value(), json::value(0));
}

TEST_F(StoreTest, TheLogIsTakenIntoTheDatabaseAndUsedAgain) {
  std::atomic<int> checkpoints = 0;
  const auto store =
      Store::open(
          {.directory = path(),
           .checkpoint_pages = 100,
           .at_point = [&](std::string_view point) { checkpoints += point == "checkpointed"; }})
          .value();
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(run(store->tables().put("s", "k", json::value(std::string(20'000, 'v')))));
  EXPECT_GE(checkpoints, 5);
  EXPECT_LT(std::filesystem::file_size(path() / "weft.db-wal"), 2'000'000u);
}

}  // namespace
}  // namespace weft::store::sqlite
