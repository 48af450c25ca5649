#include "weft/net/child.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <format>

#include "weft/base/timers.h"
#include "weft/net/child_spawn.h"
#include "weft/net/handle.h"
#include "weft/net/limits.h"
#include "weft/net/share.h"
#include "weft/net/wake.h"

namespace weft::net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
/// What a child gets between SIGTERM and SIGKILL when its owner just drops it.
constexpr Milliseconds kDropGrace{2'000};

/// From where on the lines are that are kept: those before would be pushed out by them.
std::size_t kept_from(std::string_view bytes) {
  std::size_t at = bytes.size();
  for (std::size_t lines = 0; lines <= kChildErrorLinesMax; ++lines) {
    at = at == 0 ? std::string_view::npos : bytes.rfind('\n', at - 1);
    if (at == std::string_view::npos) return 0;
  }
  return at + 1;
}

/// How much of it is whole characters (UTF-8): a piece ends before one that goes on behind it.
std::size_t whole_characters(std::string_view piece) {
  for (std::size_t back = 1; back <= 3 && back < piece.size(); ++back) {
    const auto byte = static_cast<unsigned char>(piece[piece.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const std::size_t size = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return size > back ? piece.size() - back : piece.size();
  }
  return piece.size();
}

/// The process and its pipes. Held by the ChildProcess, and by the timer that ends it after that is
/// gone.
class Process : public std::enable_shared_from_this<Process> {
 public:
  Process(Executor executor_in, const Spawned& spawned, std::string name_in)
      : executor(executor_in),
        name(std::move(name_in)),
        pid(spawned.pid),
        reader(executor_in),
        ended_wake(executor_in),
        input_(Poller::of(executor), spawned.input, [this] { flush(); }),
        output_(Poller::of(executor), spawned.output, [this] { reader.now(); }),
        errors_(Poller::of(executor), spawned.errors, [this] { take_errors(); }),
        end_(Poller::of(executor), spawned.pid_fd, [this] { on_end(); }) {}

  ~Process() {
    if (ended) return;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  void close_input() { input_.close(); }
  void signal(int number) {
    if (!ended) ::kill(-pid, number);
  }
  /// Adds what can be read; false when nothing can be now.
  Result<bool> take_output(std::string& buffer);
  Awaitable<Result<void>> write(std::string line);
  std::string how_it_ended() const;
  /// Lets it end by itself, then by SIGTERM, then by SIGKILL, without anyone waiting.
  void end_alone();

  Executor executor;
  std::string name;
  int pid;
  bool ended = false;
  int status = 0;
  std::deque<std::string> last_errors;
  Wake reader;
  Wake ended_wake;

 private:
  void on_end();
  void take_errors();
  void keep_errors(std::string_view bytes);
  void flush();
  void wake_writers();

  std::string partial_error_;
  std::string out_;
  std::uint64_t queued_ = 0;
  std::uint64_t flushed_ = 0;
  std::vector<Wake*> writers_;
  Timer kill_timer_;
  Handle input_;
  Handle output_;
  Handle errors_;
  Handle end_;
};

void Process::on_end() {
  if (ended) return;
  // Its children go with it. The group exists as long as its leader is not reaped.
  ::kill(-pid, SIGKILL);
  if (::waitpid(pid, &status, WNOHANG) != pid) return;
  ended = true;
  const auto self = shared_from_this();
  take_errors();
  input_.close();
  wake_writers();
  ended_wake.later();
  reader.later();
  // Let go of only after the descriptor that told us is done telling.
  kill_timer_.cancel();
  boost::asio::post(executor, [self] { (void)self; });
}

std::string Process::how_it_ended() const {
  if (!ended) return std::format("`{}` closed its output", name);
  if (WIFSIGNALED(status))
    return std::format("`{}` was ended by signal {}", name, WTERMSIG(status));
  return std::format("`{}` ended with exit code {}", name, WEXITSTATUS(status));
}

Result<bool> Process::take_output(std::string& buffer) {
  const std::size_t before = buffer.size();
  ssize_t count = 0;
  buffer.resize_and_overwrite(before + kReadBytes, [&](char* data, std::size_t) {
    do {
      count = output_.open() ? ::read(output_.fd(), data + before, kReadBytes) : 0;
    } while (count < 0 && errno == EINTR);
    return before + static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  });
  if (count > 0) return true;
  // Somebody it started may hold the pipe open: the end of the process is the end of its output.
  if (count < 0 && errno == EAGAIN && !ended) return false;
  return fail(Reason::unavailable, how_it_ended());
}

void Process::take_errors() {
  std::array<char, 4096> block{};
  Share share;
  while (errors_.open()) {
    if (share.used_up()) return errors_.later();
    const ssize_t count = ::read(errors_.fd(), block.data(), block.size());
    if (count > 0) {
      share.take(static_cast<std::size_t>(count));
      keep_errors({block.data(), static_cast<std::size_t>(count)});
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    errors_.close();
    if (!partial_error_.empty()) keep_errors("\n");
  }
}

void Process::keep_errors(std::string_view bytes) {
  if (const std::size_t from = kept_from(bytes); from > 0) {
    partial_error_.clear();
    bytes.remove_prefix(from);
  }
  while (!bytes.empty()) {
    const auto stop = bytes.find('\n');
    const std::string_view line = bytes.substr(0, stop);
    partial_error_.append(line.substr(
        0, kChildErrorLineBytesMax - std::min(partial_error_.size(), kChildErrorLineBytesMax)));
    if (stop == std::string_view::npos) return;
    bytes.remove_prefix(stop + 1);
    last_errors.push_back(std::exchange(partial_error_, {}));
    if (last_errors.size() > kChildErrorLinesMax) last_errors.pop_front();
  }
}

void Process::flush() {
  while (!out_.empty() && input_.open()) {
    const ssize_t count = ::write(input_.fd(), out_.data(), out_.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) {
      input_.close();
      break;
    }
    out_.erase(0, static_cast<std::size_t>(count));
    flushed_ += static_cast<std::uint64_t>(count);
  }
  wake_writers();
}

void Process::wake_writers() {
  for (Wake* writer : std::exchange(writers_, {})) writer->later();
}

Awaitable<Result<void>> Process::write(std::string line) {
  const auto self = shared_from_this();
  if (line.contains('\n'))
    co_return fail(Reason::invalid_argument, "a line must not hold a line end");
  out_ += line;
  out_ += '\n';
  queued_ += line.size() + 1;
  const std::uint64_t mine = queued_;
  flush();
  while (flushed_ < mine) {
    if (!input_.open()) {
      co_return fail(Reason::unavailable,
                     ended ? how_it_ended() : std::format("`{}` closed its input", name));
    }
    Wake wake(executor);
    writers_.push_back(&wake);
    co_await wake.wait();
  }
  co_return Result<void>();
}

void Process::end_alone() {
  close_input();
  if (ended) return;
  signal(SIGTERM);
  // Held by its own timer: this stays until the process is gone, or the loop is.
  kill_timer_ = run_after(executor, kDropGrace, [self = shared_from_this()] {
    self->signal(SIGKILL);
    self->kill_timer_ = run_after(self->executor, kDropGrace, [self] { (void)self; });
  });
}

class Child final : public ChildProcess {
 public:
  Child(std::shared_ptr<Process> process, const ChildCommand& command)
      : process_(std::move(process)),
        line_bytes_max_(command.line_bytes_max),
        in_pieces_(command.long_lines_in_pieces) {}
  /// On its own loop, whoever lets go of it: its descriptors and its timers are that loop's.
  ~Child() override {
    const Executor executor = process_->executor;
    boost::asio::dispatch(executor, [process = std::move(process_)] { process->end_alone(); });
  }

  int pid() const override { return process_->pid; }

  Awaitable<Result<std::string>> read_line() override {
    const auto process = process_;
    while (true) {
      if (share_.used_up()) {
        share_.renew();
        co_await others_first(process->executor);
      }
      const auto stop = buffer_.find('\n', searched_);
      if (in_pieces_ && std::min(stop, buffer_.size()) - begin_ > line_bytes_max_) {
        share_.take(line_bytes_max_);
        co_return take_piece();
      }
      if (stop != std::string::npos) {
        share_.take(0);
        co_return take_line(stop);
      }
      searched_ = buffer_.size();
      if (searched_ - begin_ > line_bytes_max_) {
        co_return fail(
            Reason::upstream_protocol,
            std::format("`{}` wrote a line longer than {} bytes", process->name, line_bytes_max_));
      }
      if (begin_ > 0) {
        buffer_.erase(0, std::exchange(begin_, 0));
        searched_ = buffer_.size();
      }
      const auto more = process->take_output(buffer_);
      if (!more && !buffer_.empty()) co_return take_line(buffer_.size());
      if (!more) co_return fail(more.error());
      if (*more) {
        share_.take(buffer_.size() - searched_);
        continue;
      }
      co_await process->reader.wait();
      share_.renew();
    }
  }

  Awaitable<Result<void>> write_line(std::string line) override {
    return process_->write(std::move(line));
  }

  std::string last_errors() const override {
    std::string out;
    for (const std::string& line : process_->last_errors) out.append(line).append("\n");
    return out;
  }

  Awaitable<> stop(Milliseconds grace) override {
    const auto process = process_;
    process->close_input();
    Timer gentle = run_after(process->executor, grace / 2, [process] { process->signal(SIGTERM); });
    Timer hard = run_after(process->executor, grace, [process] { process->signal(SIGKILL); });
    while (!process->ended) co_await process->ended_wake.wait();
  }

  void signal(int number) override { process_->signal(number); }

  Awaitable<ChildEnd> ended() override {
    const auto process = process_;
    while (!process->ended) co_await process->ended_wake.wait();
    ChildEnd out;
    if (WIFEXITED(process->status)) out.exit_code = WEXITSTATUS(process->status);
    if (WIFSIGNALED(process->status)) out.signal = WTERMSIG(process->status);
    co_return out;
  }

 private:
  std::string take_piece() {
    const std::string_view longest = std::string_view(buffer_).substr(begin_, line_bytes_max_);
    std::string piece(longest.substr(0, whole_characters(longest)));
    begin_ += piece.size();
    // What is left is at least a byte; where its line ends is looked for anew.
    searched_ = begin_;
    return piece;
  }

  std::string take_line(std::size_t stop) {
    std::string line = buffer_.substr(begin_, stop - begin_);
    if (line.ends_with('\r')) line.pop_back();
    begin_ = searched_ = std::min(stop + 1, buffer_.size());
    if (begin_ == buffer_.size()) {
      buffer_.clear();
      begin_ = searched_ = 0;
    }
    return line;
  }

  std::shared_ptr<Process> process_;
  std::size_t line_bytes_max_;
  bool in_pieces_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;
  Share share_;
};

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(Executor executor, ChildCommand command) {
  WEFT_TRY(const Spawned spawned, spawn(command));
  auto process = std::make_shared<Process>(executor, spawned, command.arguments.front());
  return std::make_unique<Child>(std::move(process), command);
}

}  // namespace weft::net
