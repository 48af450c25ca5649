#include "weft/net/child.h"

#include <gtest/gtest.h>

#include <signal.h>

#include <format>

#include "weft/base/timers.h"
#include "weft/net/limits.h"
#include "weft/net/loop.h"

namespace weft::net {
namespace {

ChildCommand shell(std::string script) {
  ChildCommand command;
  command.arguments = {"sh", "-c", std::move(script)};
  return command;
}

std::unique_ptr<ChildProcess> started(Loop& loop, ChildCommand command) {
  auto child = ChildProcess::start(loop.executor(), std::move(command));
  EXPECT_TRUE(child.has_value()) << child.error().message;
  return std::move(*child);
}

/// Whether the process runs: it is there, and no corpse that nobody has buried yet.
bool alive(const std::string& pid) {
  FILE* file = std::fopen(("/proc/" + pid + "/stat").c_str(), "r");
  if (file == nullptr) return false;
  char state = 'Z';
  // It may go between the two: then nothing can be read.
  if (std::fscanf(file, "%*d %*s %c", &state) != 1) state = 'Z';
  std::fclose(file);
  return state != 'Z' && state != 'X';
}

TEST(Child, SpeaksInLines) {
  run_alone([](Loop& loop) -> Awaitable<> {
    auto child = started(loop, shell("while read line; do echo \"<$line>\"; done; echo last >&2"));
    for (const std::string text : {"one", "two"}) {
      EXPECT_TRUE((co_await child->write_line(text)).has_value());
      EXPECT_EQ((co_await child->read_line()).value_or("?"), "<" + text + ">");
    }
    co_await child->stop(Milliseconds(2'000));
    EXPECT_EQ(child->last_errors(), "last\n");
    const auto after = co_await child->read_line();
    EXPECT_FALSE(after.has_value());
    EXPECT_EQ(after.error().message, "`sh` ended with exit code 0");
    EXPECT_FALSE((co_await child->write_line("x")).has_value());
  });
}

TEST(Child, SaysWhyItCannotStart) {
  run_alone([](Loop& loop) -> Awaitable<> {
    ChildCommand command;
    command.arguments = {"/nowhere/at/all"};
    const auto child = ChildProcess::start(loop.executor(), command);
    EXPECT_FALSE(child.has_value());
    EXPECT_EQ(child.error().message, "cannot start `/nowhere/at/all`: No such file or directory");
    EXPECT_FALSE(ChildProcess::start(loop.executor(), {}).has_value());
    ChildCommand elsewhere = shell("pwd");
    elsewhere.directory = "/nowhere";
    EXPECT_FALSE(ChildProcess::start(loop.executor(), elsewhere).has_value());
    co_return;
  });
}

TEST(Child, InheritsNothingButAFewNames) {
  run_alone([](Loop& loop) -> Awaitable<> {
    ::setenv("WEFT_TEST_SECRET", "canary", 1);
    ChildCommand command = shell("env; ls /proc/self/fd | wc -l");
    command.environment = {{"GIVEN", "yes"}, {"LANG", "C"}};
    auto child = started(loop, std::move(command));
    std::string all;
    std::string last;
    while (auto line = co_await child->read_line()) {
      last = *line;
      all += *line + "\n";
    }
    EXPECT_TRUE(all.contains("GIVEN=yes\n"));
    EXPECT_TRUE(all.contains("LANG=C\n"));
    EXPECT_TRUE(all.contains("PATH="));
    EXPECT_FALSE(all.contains("canary"));
    // Standard input, output, errors and the one that ls opens.
    EXPECT_EQ(std::stoi(last), 4);
  });
}

TEST(Child, ALineThatNeverEndsIsRefused) {
  run_alone([](Loop& loop) -> Awaitable<> {
    auto child = started(loop, shell("tr '\\0' x < /dev/zero"));
    const auto line = co_await child->read_line();
    EXPECT_FALSE(line.has_value());
    EXPECT_EQ(line.error().reason, Reason::upstream_protocol);
  });
}

TEST(Child, TheLastErrorsAreKept) {
  run_alone([](Loop& loop) -> Awaitable<> {
    for (const int lines : {39, 40, 41, 100, 20'000}) {
      auto child = started(loop, shell(std::format("seq {} >&2; printf end >&2", lines)));
      EXPECT_FALSE((co_await child->read_line()).has_value());
      co_await child->stop(Milliseconds(5'000));
      std::string expected;
      for (int i = std::max(1, lines - 38); i <= lines; ++i) expected += std::format("{}\n", i);
      EXPECT_EQ(child->last_errors(), expected + "end\n") << lines;
    }
  });
}

TEST(Child, StopEndsTheStubbornAndItsChildren) {
  run_alone([](Loop& loop) -> Awaitable<> {
    auto child =
        started(loop, shell("trap '' TERM; sleep 1000 & echo $!; while :; do sleep 1000; done"));
    const auto grandchild = co_await child->read_line();
    EXPECT_TRUE(grandchild.has_value());
    co_await child->stop(Milliseconds(100));
    const auto after = co_await child->read_line();
    EXPECT_EQ(after.error().message, "`sh` was ended by signal 9");
    // It was killed; its new parent may take a moment to bury it.
    while (alive(*grandchild)) co_await sleep_for(Milliseconds(5), {});
  });
}

TEST(Child, WritersTakeTurns) {
  run_alone([](Loop& loop) -> Awaitable<> {
    // More than the pipe holds, so that the writer waits until it is read.
    auto child = started(loop, shell("sleep 0.05; wc -c"));
    EXPECT_TRUE((co_await child->write_line(std::string(1 << 20, 'x'))).has_value());
    EXPECT_TRUE((co_await child->write_line("y")).has_value());
    EXPECT_FALSE((co_await child->write_line("two\nlines")).has_value());
    co_await child->stop(Milliseconds(4'000));
    EXPECT_EQ((co_await child->read_line()).value_or("?"), std::to_string((1 << 20) + 3));
  });
}

TEST(Child, DroppingItEndsIt) {
  int pid = 0;
  run_alone([&](Loop& loop) -> Awaitable<> {
    auto child = started(loop, shell("trap '' TERM; echo up; while :; do sleep 1000; done"));
    (void)co_await child->read_line();
    pid = child->pid();
    EXPECT_EQ(::kill(pid, 0), 0);
    child.reset();
  });
  // The loop is gone: nothing of it is left.
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace weft::net
