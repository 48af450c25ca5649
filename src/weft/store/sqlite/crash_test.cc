// Kills the process that writes, at random and at every point where it matters, and looks at what
// is left: nothing that was acknowledged may be missing, and every chain is whole. WEFT_KILLS says
// how often (200).
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include "weft/base/log.h"
#include "weft/base/testing/run.h"
#include "weft/store/sqlite/store.h"
#include "weft/store/testing/directory.h"

namespace weft::store::sqlite {
namespace {

using store::testing::TemporaryDirectory;
using weft::testing::run;

constexpr int kFlows = 8;

int kills_wanted() {
  const char* text = std::getenv("WEFT_KILLS");
  return text ? std::max(7, std::atoi(text)) : 200;
}

/// What the child tells of: a task's number and the head that was acknowledged.
struct Acknowledged {
  int flow = 0;
  int head = 0;
};

std::string name_of(int round, int flow) { return std::format("r{}-{}", round, flow); }
json::value payload_of(int round, int flow, std::int64_t seq) {
  return json::object{
      {"round", round}, {"flow", flow}, {"seq", seq}, {"text", std::string(seq % 7 * 300, 'p')}};
}

Awaitable<> flow(Journal& journal, int pipe, int round, int number) {
  TaskRecord record;
  record.id = TaskId(name_of(round, number));
  auto head = co_await journal.create(record, {});
  while (head) {
    Append change;
    change.task = record.id;
    change.expected_head = *head;
    change.events.push_back({"step", payload_of(round, number, *head + 1), 1});
    const std::string step = std::to_string(*head + 1);
    if (*head % 2 == 0) change.intents.push_back({step, Effect::one_shot, nullptr, 1});
    if (*head % 2 == 1) change.steps_done.push_back(std::to_string(*head));
    head = co_await journal.append(std::move(change));
    const Acknowledged told{number, head ? static_cast<int>(*head) : -1};
    if (::write(pipe, &told, sizeof(told)) != sizeof(told)) std::_Exit(3);
  }
}

[[noreturn]] void child(const std::filesystem::path& directory, int pipe, int round,
                        std::string_view point, int count) {
  Options options{.directory = directory, .checkpoint_pages = 50};
  int left = count;
  options.at_point = [&](std::string_view at) {
    if (at == point && --left <= 0) ::kill(::getpid(), SIGKILL);
  };
  const auto store = Store::open(options);
  if (!store) std::_Exit(4);
  boost::asio::io_context loop;
  for (int i = 0; i < kFlows; ++i) {
    weft::testing::start(loop, flow((*store)->journal(), pipe, round, i));
  }
  loop.run();
  std::_Exit(5);
}

/// Starts a child, lets it be killed (by itself at the `count`th `point`, or after some
/// milliseconds), and gives what it acknowledged, by flow.
std::map<int, int> kill_one(const std::filesystem::path& directory, int round,
                            std::string_view point, int count, int milliseconds) {
  std::array<int, 2> ends{};
  WEFT_ASSERT(::pipe(ends.data()) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    child(directory, ends[1], round, point, count);
  }
  ::close(ends[1]);
  std::jthread killer;
  if (milliseconds > 0) {
    killer = std::jthread([pid, milliseconds] {
      ::usleep(static_cast<useconds_t>(milliseconds) * 1'000);
      ::kill(pid, SIGKILL);
    });
  }
  std::map<int, int> heads;
  Acknowledged told;
  while (::read(ends[0], &told, sizeof(told)) == sizeof(told)) {
    EXPECT_GT(told.head, heads[told.flow]);
    heads[told.flow] = told.head;
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "exit " << WEXITSTATUS(status);
  return heads;
}

void look_at(Journal& journal, int round, const std::map<int, int>& heads) {
  for (const auto& [number, head] : heads) {
    const TaskId id(name_of(round, number));
    const auto whole = run(journal.verify(id));
    EXPECT_TRUE(whole) << whole.error().message;
    const auto record = run(journal.get(id));
    ASSERT_TRUE(record && *record) << id.str();
    EXPECT_GE((*record)->head, head) << id.str() << " lost what was acknowledged";
    EXPECT_LE((*record)->head, head + 1) << id.str();
    std::int64_t seq = 0;
    while (seq < (*record)->head) {
      const auto events = run(journal.read(id, seq, 500));
      ASSERT_TRUE(events && !events->empty());
      for (const auto& event : *events) {
        ASSERT_EQ(event.seq, ++seq);
        ASSERT_EQ(event.payload, payload_of(round, number, seq));
      }
    }
  }
}

/// Every second step has an open intent, which the step after it closes.
void look_at_intents(Journal& journal) {
  const auto unfinished = run(journal.recover());
  ASSERT_TRUE(unfinished);
  for (const auto& [task, open] : *unfinished) {
    ASSERT_EQ(open.size(), task.head % 2 == 1 ? 1u : 0u) << task.id.str();
    for (const auto& intent : open) EXPECT_EQ(intent.step, std::to_string(task.head));
  }
}

constexpr std::array kPoints{"migrating", "batch",      "written",
                             "committed", "checkpoint", "checkpointed"};

/// Half of the kills come at these points, the first of which take what is left over.
int kills_of(std::string_view point) {
  const int half = kills_wanted() / 2;
  const int points = static_cast<int>(kPoints.size());
  const auto place = static_cast<int>(std::ranges::find(kPoints, point) - kPoints.begin());
  return std::max(1, half / points + (place < half % points ? 1 : 0));
}

class CrashTest : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Points, CrashTest,
                         ::testing::Values("random", "migrating", "batch", "written", "committed",
                                           "checkpoint", "checkpointed"),
                         [](const auto& chosen) { return std::string(chosen.param); });

TEST_P(CrashTest, NothingAcknowledgedIsLost) {
  const std::string point = GetParam();
  const bool random = point == "random";
  // Half of the kills come at random.
  const int kills = random ? kills_wanted() - kills_wanted() / 2 : kills_of(point);
  std::mt19937 dice(7);
  auto directory = std::make_unique<TemporaryDirectory>();
  std::vector<std::map<int, int>> rounds;
  std::int64_t acknowledged = 0;
  for (int round = 0; round < kills; ++round) {
    // A migration happens once in a file's life, and files should not grow for ever.
    if (point == "migrating" || round % 25 == 24) {
      directory = std::make_unique<TemporaryDirectory>();
      rounds.assign(static_cast<std::size_t>(round), {});
    }
    const int count = point == "migrating" ? round % 4 + 1 : static_cast<int>(dice() % 6) + 1;
    rounds.push_back(kill_one(directory->path(), round, point, count,
                              random ? static_cast<int>(dice() % 90) + 1 : 0));
    const auto store = Store::open({.directory = directory->path()});
    ASSERT_TRUE(store) << store.error().message;
    look_at((*store)->journal(), round, rounds.back());
    look_at_intents((*store)->journal());
    for (const auto& [number, head] : rounds.back()) acknowledged += head;
  }
  const auto store = Store::open({.directory = directory->path()}).value();
  for (std::size_t round = 0; round < rounds.size(); ++round) {
    look_at(store->journal(), static_cast<int>(round), rounds[round]);
  }
  log::info("{} kills at `{}`: {} acknowledged steps, 0 lost", kills, point, acknowledged);
}

}  // namespace
}  // namespace weft::store::sqlite
