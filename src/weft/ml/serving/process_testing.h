// Real worker programs without a sandbox: what they have as /opt/ml is a folder like any other.
// Owned by the test; one loop (links may be another's).
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/ml/ports.h"
#include "weft/ml/serving/testing.h"

namespace weft::ml::testing {

class Process final : public Worker {
 public:
  Process(Executor executor, const std::filesystem::path& program,
          const std::vector<std::string>& arguments, std::size_t links)
      : out_(executor) {
    std::array<int, 2> pipe{};
    WEFT_ASSERT(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);
    std::vector<int> theirs;
    for (std::size_t i = 0; i < links; ++i) {
      const auto ends = socket_pair();
      hub_ends_.push_back(ends[0]);
      // Out of the way of those that it is to have.
      theirs.push_back(::fcntl(ends[1], F_DUPFD_CLOEXEC, 200));
      ::close(ends[1]);
      posix_spawn_file_actions_adddup2(&actions, theirs.back(), kFirstLink + static_cast<int>(i));
    }
    std::vector<std::string> words = {program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& each : words) argv.push_back(each.data());
    argv.push_back(nullptr);
    WEFT_ASSERT(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ) ==
                0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    for (const int fd : theirs) ::close(fd);
    out_.assign(pipe[0]);
    out_.non_blocking(true);
  }
  ~Process() override {
    if (!end_) ::kill(pid_, SIGKILL);
    reap();
    for (const int fd : hub_ends_) {
      if (fd >= 0) ::close(fd);
    }
  }

  Awaitable<std::optional<WorkerLine>> next_line() override {
    while (true) {
      const auto end = text_.find('\n');
      if (end != std::string::npos) {
        WorkerLine out{.stream = WorkerLine::Stream::log, .text = text_.substr(0, end)};
        text_.erase(0, end + 1);
        if (!out.text.starts_with(kStatusMark)) co_return out;
        continue;
      }
      if (over_) co_return std::nullopt;
      co_await out_.async_wait(boost::asio::posix::descriptor_base::wait_read, kAwait);
      std::array<char, 4096> space{};
      const auto got = ::read(out_.native_handle(), space.data(), space.size());
      if (got > 0) text_.append(space.data(), static_cast<std::size_t>(got));
      over_ = got == 0;
    }
  }
  Awaitable<WorkerEnd> ended() override {
    reap();
    co_return *end_;
  }
  void stop(Milliseconds) override {
    if (!end_) ::kill(pid_, SIGTERM);
  }
  void kill() { ::kill(pid_, SIGKILL); }
  std::unique_ptr<WorkerLink> link(std::size_t number, Executor executor) override {
    return std::make_unique<SocketLink>(executor, std::exchange(hub_ends_.at(number), -1));
  }

 private:
  void reap() {
    int status = 0;
    if (end_ || ::waitpid(pid_, &status, 0) != pid_) return;
    end_ = WorkerEnd{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                     .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  }

  boost::asio::posix::basic_stream_descriptor<Executor> out_;
  std::vector<int> hub_ends_;
  pid_t pid_ = -1;
  std::string text_;
  bool over_ = false;
  std::optional<WorkerEnd> end_;
};

class Processes final : public Workers {
 public:
  explicit Processes(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::unique_ptr<Worker>> start(Executor executor, WorkerSpec spec) override {
    const auto program = folder_ / ("weft-worker-" + spec.program);
    for (std::string& each : spec.arguments) {
      if (each == "/opt/ml") each = spec.binds.at(0).from.string();
    }
    auto made = std::make_unique<Process>(executor, program, spec.arguments, spec.links);
    last = made.get();
    return made;
  }
  int threads() const override { return 2; }
  std::uint64_t memory_bytes() const override { return 4ULL << 30; }

  Process* last = nullptr;  ///< the one that was started last

 private:
  std::filesystem::path folder_;
};

}  // namespace weft::ml::testing
