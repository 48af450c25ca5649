#include "weft/net/child.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <format>
#include <vector>

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

TEST(Child, LongLinesComeInPiecesOfWholeCharacters) {
  run_alone([](Loop& loop) -> Awaitable<> {
    ChildCommand command = shell(
        "printf "
        "'short\\n0123456789abcdefXYZ\\n\\n0123456789abcde\u00e9\u20ac\\n0123456789abcdef\\nlast'");
    command.line_bytes_max = 16;
    command.long_lines_in_pieces = true;
    auto child = started(loop, std::move(command));
    std::vector<std::string> lines;
    while (auto line = co_await child->read_line()) lines.push_back(*line);
    EXPECT_EQ(lines,
              (std::vector<std::string>{"short", "0123456789abcdef", "XYZ", "", "0123456789abcde",
                                        "\u00e9\u20ac", "0123456789abcdef", "last"}));
  });
}

TEST(Child, ALineWithoutAnEndComesInPieces) {
  run_alone([](Loop& loop) -> Awaitable<> {
    ChildCommand command = shell("tr '\\0' '\\277' < /dev/zero");
    command.line_bytes_max = 100'000;
    command.long_lines_in_pieces = true;
    auto child = started(loop, std::move(command));
    for (int i = 0; i < 20; ++i) {
      const auto piece = co_await child->read_line();
      EXPECT_EQ(piece.value_or("").size(), 100'000U);
    }
    co_await child->stop(Milliseconds(0));
  });
}

TEST(Child, JoinedLinesComeInTheOrderOfWriting) {
  run_alone([](Loop& loop) -> Awaitable<> {
    ChildCommand command = shell("for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 3");
    command.joined = true;
    auto child = started(loop, std::move(command));
    std::string all;
    while (auto line = co_await child->read_line()) all += *line + "\n";
    EXPECT_EQ(all, "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
    EXPECT_EQ(child->last_errors(), "");
    EXPECT_EQ((co_await child->ended()).exit_code, 3);
  });
}

TEST(Child, SaysHowItEnded) {
  run_alone([](Loop& loop) -> Awaitable<> {
    auto killed = started(loop, shell("kill -USR1 $$; sleep 1000"));
    const ChildEnd end = co_await killed->ended();
    EXPECT_EQ(end.signal, SIGUSR1);
    EXPECT_EQ(end.exit_code, -1);
    auto told = started(loop, shell("trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done"));
    EXPECT_EQ((co_await told->read_line()).value_or("?"), "up");
    told->signal(SIGTERM);
    const ChildEnd asked = co_await told->ended();
    EXPECT_EQ(asked.exit_code, 7);
    EXPECT_EQ(asked.signal, 0);
  });
}

TEST(Child, GivenDescriptorsAreThreeAndOn) {
  run_alone([](Loop& loop) -> Awaitable<> {
    std::array<std::array<int, 2>, 3> pipes{};
    for (auto& ends : pipes) EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const auto say = [&](std::size_t number, std::string_view text) {
      EXPECT_EQ(::write(pipes.at(number)[1], text.data(), text.size()), std::ssize(text));
      ::close(pipes.at(number)[1]);
    };
    say(0, "zero");
    say(1, "one");
    say(2, "two");
    ChildCommand command =
        shell("cat; echo; cat <&3; echo; cat <&4; echo; ls /proc/self/fd | wc -l");
    // Their own numbers are about those that they get, and one is given twice.
    command.input = pipes[2][0];
    command.descriptors = {pipes[1][0], pipes[0][0], pipes[0][0]};
    auto child = started(loop, std::move(command));
    for (const auto& ends : pipes) ::close(ends[0]);
    std::string all;
    while (auto line = co_await child->read_line()) all += *line + "|";
    // Three standard ones, three given, and the one that ls opens.
    EXPECT_EQ(all, "two|one|zero|7|");
    EXPECT_FALSE((co_await child->write_line("x")).has_value());
  });
}

TEST(Child, TheEndOfItsLifelineEndsTheGroup) {
  run_alone([](Loop& loop) -> Awaitable<> {
    for (const bool told : {true, false}) {
      std::array<int, 2> ends{};
      EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
      ChildCommand command = shell("sleep 1000 & echo $!; read line; exit 5");
      command.lifeline = ends[0];
      auto child = started(loop, std::move(command));
      ::close(ends[0]);
      const auto grandchild = co_await child->read_line();
      if (told) {
        EXPECT_EQ(::write(ends[1], "!", 1), 1);
        EXPECT_TRUE((co_await child->write_line("go")).has_value());
      }
      ::close(ends[1]);
      const ChildEnd end = co_await child->ended();
      EXPECT_EQ(end.exit_code, told ? 5 : -1);
      EXPECT_EQ(end.signal, told ? 0 : SIGKILL);
      while (alive(*grandchild)) co_await sleep_for(Milliseconds(5), {});
    }
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
