// The life of a program: its lines, its links, its end and everybody else's.
#include "weft/app/workers/workers.h"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <format>

#include "weft/app/workers/testing.h"
#include "weft/base/testing/wait.h"
#include "weft/base/timers.h"

namespace weft::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::outcome_of;

/// Takes the lock of a file that only lives as long as whoever has it.
constexpr std::string_view kHold = "exec 8>/opt/ml/lock; flock 8; ";

class Workers : public testing::InSandbox {
 protected:
  /// A folder of weft's own programs, with the gate alone.
  void make_libexec() const {
    std::filesystem::create_directories(folder_ / "libexec");
    std::filesystem::copy_file(find_libexec() / "weft-gate", folder_ / "libexec/weft-gate");
  }
  /// Whether anybody holds the lock that kHold takes.
  bool held() const {
    const File lock(::open((folder_ / "own/lock").c_str(), O_RDWR | O_CLOEXEC));
    return lock.descriptor() >= 0 && ::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0;
  }
};

TEST_F(Workers, LinesComeInOrderAndStatusApart) {
  const auto outcome = run(shell(
      R"(echo out; echo err >&2; printf '\036weft:{"progress":1}\n'; echo more; printf last)"));
  EXPECT_THAT(outcome.log, ElementsAre("out", "err", "more", "last"));
  EXPECT_THAT(outcome.status, ElementsAre("{\"progress\":1}"));
  EXPECT_EQ(outcome.end.exit_code, 0);
  EXPECT_EQ(outcome.end.signal, 0);
  EXPECT_FALSE(outcome.end.out_of_memory);
}

TEST_F(Workers, ALineThatIsTooLongComesInPieces) {
  const auto outcome = run(shell("head -c 600000 /dev/zero | tr '\\0' x; echo; echo next"));
  ASSERT_EQ(outcome.log.size(), 4U);
  EXPECT_EQ(outcome.log[0].size(), 256U * 1024);
  EXPECT_EQ(outcome.log[2].size(), 600'000U - 2U * 256 * 1024);
  EXPECT_EQ(outcome.log[3], "next");
}

TEST_F(Workers, SayHowAProgramEnded) {
  EXPECT_EQ(run(shell("exit 3")).end.exit_code, 3);
  const auto crashed = run(shell("kill -SEGV $$")).end;
  EXPECT_EQ(crashed.signal, SIGSEGV);
  EXPECT_EQ(crashed.exit_code, -1);
}

TEST_F(Workers, AProgramOfWeftsOwnIsFoundByItsName) {
  make_libexec();
  write("libexec/weft-worker-echo", "#!/bin/sh\necho $0 \"$@\"\n");
  std::filesystem::permissions(folder_ / "libexec/weft-worker-echo",
                               std::filesystem::perms::owner_all);
  workers_ = make({.libexec = folder_ / "libexec", .threads = 3, .memory_bytes = 1 << 30});
  EXPECT_EQ(workers_->threads(), 3);
  EXPECT_EQ(workers_->memory_bytes(), 1U << 30);
  const auto outcome = run(program("echo", {"train", "--root", "/opt/ml"}));
  EXPECT_THAT(outcome.log, ElementsAre("/run/weft/libexec/weft-worker-echo train --root /opt/ml"));
}

TEST_F(Workers, AProgramThatIsBuiltAsTheHubIsRunsInside) {
  // With a sanitizer where this has one.
  make_libexec();
  std::filesystem::copy_file("/proc/self/exe", folder_ / "libexec/weft-worker-self");
  workers_ = make({.libexec = folder_ / "libexec"});
  const auto outcome = run(program("self", {"--gtest_list_tests"}));
  EXPECT_EQ(outcome.end.exit_code, 0) << outcome.text();
  EXPECT_THAT(outcome.log, ::testing::Contains("Workers."));
}

TEST_F(Workers, StopAsksThenMakes) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    const auto stopped = [&](std::string script, Milliseconds grace) -> Awaitable<Outcome> {
      auto worker = start(loop, shell(std::move(script)));
      (void)co_await worker->next_line();
      worker->stop(grace);
      co_return co_await outcome_of(*worker);
    };
    const auto gentle =
        co_await stopped("trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.01; done",
                         Milliseconds(60'000));
    EXPECT_EQ(gentle.log.back(), "bye");
    EXPECT_EQ(gentle.end.exit_code, 7);
    const auto plain = co_await stopped("echo up; exec sleep 1000", Milliseconds(60'000));
    EXPECT_EQ(plain.end.signal, SIGTERM);
    const auto stubborn =
        co_await stopped("trap '' TERM; echo up; while :; do sleep 1000; done", Milliseconds(100));
    EXPECT_EQ(stubborn.end.signal, SIGKILL);
    EXPECT_FALSE(stubborn.end.out_of_memory);
  });
}

TEST_F(Workers, ALaterStopCanOnlyHurry) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto worker = start(loop, shell("trap '' TERM; echo up; while :; do sleep 1000; done"));
    (void)co_await worker->next_line();
    worker->stop(Milliseconds(600'000));
    worker->stop(Milliseconds(50));
    worker->stop(Milliseconds(600'000));
    EXPECT_EQ((co_await outcome_of(*worker)).end.signal, SIGKILL);
  });
}

TEST_F(Workers, OneThatIsStoppedAtItsGateBeginsNothing) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto worker = start(loop, shell("touch begun"));
    worker->stop(Milliseconds(60'000));
    const auto outcome = co_await outcome_of(*worker);
    EXPECT_EQ(outcome.end.signal, SIGKILL);
  });
  EXPECT_FALSE(std::filesystem::exists(folder_ / "own/begun"));
}

TEST_F(Workers, WhatItStartedEndsWithIt) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto worker = start(loop, shell(std::string(kHold) +
                                    "setsid sleep 1000 & (setsid sleep 1000 &); echo up; exit 4"));
    const auto outcome = co_await outcome_of(*worker);
    EXPECT_THAT(outcome.log, ElementsAre("up"));
    EXPECT_EQ(outcome.end.exit_code, 4);
    // At once: its folder is nobody's any more.
    EXPECT_FALSE(held());
  });
}

TEST_F(Workers, DroppingItEndsItAndAllItStarted) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto worker = start(
        loop, shell(std::string(kHold) + "trap '' TERM; setsid sleep 1000 & echo up; sleep 1000"));
    EXPECT_EQ((co_await worker->next_line())->text, "up");
    EXPECT_TRUE(held());
    worker.reset();
    while (held()) co_await sleep_for(Milliseconds(5), {});
  });
}

TEST_F(Workers, WhoStillReadsADroppedOneIsToldTheEnd) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto worker = start(loop, shell("echo up; sleep 1000"));
    EXPECT_EQ((co_await worker->next_line())->text, "up");
    auto waits = worker->next_line();
    worker.reset();
    const auto line = co_await std::move(waits);
    EXPECT_FALSE(line.has_value());
  });
}

/// A hub that runs one program and tells when it is up, until it is killed.
[[noreturn]] void be_hub(int told,
                         const std::function<std::unique_ptr<ml::Worker>(net::Loop&)>& begin) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto worker = begin(loop);
    (void)co_await worker->next_line();
    EXPECT_EQ(::write(told, "!", 1), 1);
    (void)co_await worker->next_line();
  });
  ::_exit(1);
}

TEST_F(Workers, TheHubsDeathIsTheirs) {
  std::array<int, 2> told{};
  ASSERT_EQ(::pipe2(told.data(), O_CLOEXEC), 0);
  const pid_t hub = ::fork();
  if (hub == 0) {
    be_hub(told[1], [&](net::Loop& loop) {
      return start(loop, shell(std::string(kHold) +
                               "trap '' TERM HUP; setsid sleep 1000 & echo up; sleep 1000"));
    });
  }
  char byte = 0;
  ASSERT_EQ(::read(told[0], &byte, 1), 1);
  EXPECT_TRUE(held());
  EXPECT_EQ(::kill(hub, SIGKILL), 0);
  EXPECT_EQ(::waitpid(hub, nullptr, 0), hub);
  EXPECT_TRUE(::weft::testing::wait_until([&] { return !held(); }));
  ::close(told[0]);
  ::close(told[1]);
}

/// Whether a process has this in its command line.
bool anybody_says(std::string_view words) {
  std::error_code gone;
  for (std::filesystem::directory_iterator each("/proc", gone), end; !gone && each != end;
       each.increment(gone)) {
    std::ifstream in(each->path() / "cmdline");
    std::string line;
    std::getline(in, line, '\1');
    if (line.contains(words)) return true;
  }
  return false;
}

TEST_F(Workers, AHubThatDiesAtOnceLeavesNothing) {
  // Tried out here, so that it is known below.
  (void)run(shell("true"));
  const std::string words = std::format(": {}; ", folder_.filename().string());
  // Killed at every step of a start.
  for (int i = 0; i < 20; ++i) {
    const pid_t hub = ::fork();
    if (hub == 0) {
      net::run_alone([&](net::Loop& loop) -> Awaitable<> {
        auto worker = start(loop, shell(words + "sleep 1000"));
        (void)co_await worker->next_line();
      });
      ::_exit(1);
    }
    ::weft::testing::wait_until([] { return false; }, Milliseconds(2 * i));
    EXPECT_EQ(::kill(hub, SIGKILL), 0);
    EXPECT_EQ(::waitpid(hub, nullptr, 0), hub);
    EXPECT_TRUE(::weft::testing::wait_until([&] { return !anybody_says(words); })) << i;
  }
}

}  // namespace
}  // namespace weft::app
