// Serving programs that do what a test says, over real socket pairs. Owned by the test; the first
// loop (their links may be another's).
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/base/async.h"
#include "weft/ml/ports.h"
#include "weft/wire/worker_frames.h"

namespace weft::ml::testing {

/// A WorkerLink over a socket.
class SocketLink final : public WorkerLink {
 public:
  SocketLink(Executor executor, int fd) : core_(std::make_shared<Core>(executor, fd)) {}
  ~SocketLink() override { core_->close(); }
  void listen(Listener& listener) override {
    core_->listener = &listener;
    Core::read(core_);
  }
  void send(std::string_view bytes) override {
    core_->unsent += bytes;
    ++core_->sends;
    Core::write(core_);
  }
  std::size_t unsent_bytes() const override { return core_->unsent.size(); }
  /// How often send() was called.
  std::size_t sends() const { return core_->sends; }

 private:
  struct Core {
    Core(Executor executor, int fd) : descriptor(executor, fd) { descriptor.non_blocking(true); }
    void close() {
      listener = nullptr;
      boost::system::error_code ignored;
      descriptor.close(ignored);
    }
    static void read(const std::shared_ptr<Core>& core) {
      core->descriptor.async_wait(boost::asio::posix::descriptor_base::wait_read,
                                  [core](boost::system::error_code error) {
                                    if (!error && core->listener != nullptr) take(core);
                                  });
    }
    static void take(const std::shared_ptr<Core>& core) {
      std::array<char, 64 * 1024> space{};
      const auto got = ::recv(core->descriptor.native_handle(), space.data(), space.size(), 0);
      if (got > 0) {
        core->listener->on_bytes({space.data(), static_cast<std::size_t>(got)});
      } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        return core->listener->on_closed();
      }
      if (core->listener != nullptr) read(core);
    }
    static void write(const std::shared_ptr<Core>& core) {
      while (!core->unsent.empty() && core->descriptor.is_open()) {
        const auto sent = ::send(core->descriptor.native_handle(), core->unsent.data(),
                                 core->unsent.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        core->unsent.erase(0, static_cast<std::size_t>(sent));
      }
      if (core->unsent.empty() || core->writing || !core->descriptor.is_open()) return;
      core->writing = true;
      core->descriptor.async_wait(boost::asio::posix::descriptor_base::wait_write,
                                  [core](boost::system::error_code error) {
                                    core->writing = false;
                                    if (!error) write(core);
                                  });
    }
    boost::asio::posix::basic_stream_descriptor<Executor> descriptor;
    Listener* listener = nullptr;
    std::string unsent;
    std::size_t sends = 0;
    bool writing = false;
  };
  std::shared_ptr<Core> core_;
};

inline std::array<int, 2> socket_pair() {
  std::array<int, 2> out{};
  WEFT_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, out.data()) == 0);
  return out;
}

/// One frame that came, with texts of its own.
struct Asked {
  std::size_t link = 0;
  wire::WorkerFrameKind kind = wire::WorkerFrameKind::invoke;
  std::uint32_t id = 0;
  std::string type;
  std::string accept;
  std::string attributes;
  std::string body;
};

/// A worker's end of its links.
class FakeProgram {
 public:
  struct Script {
    std::string about = "{}";
    /// Not empty: it says `failed` with it, and ends.
    std::string refusal;
    bool ready = true;  ///< false: it says nothing
    /// Set: it ends so at once.
    std::optional<WorkerEnd> dies;
    std::vector<std::string> lines;
    /// Empty: every request is answered with `BODY@PROGRAM`.
    std::function<void(FakeProgram&, const Asked&)> answer;
    /// At its start, with what it has as /opt/ml.
    std::function<void(const std::filesystem::path&)> begins;
  };

  FakeProgram(Executor executor, Script script, std::size_t number_in, std::size_t links)
      : number(number_in), said(executor), script_(std::move(script)) {
    for (std::size_t i = 0; i < links; ++i) {
      const auto ends = socket_pair();
      hub_ends.push_back(ends[0]);
      links_.push_back(std::make_unique<Link>(*this, i, executor, ends[1]));
    }
    for (const std::string& line : script_.lines) say(line);
    for (const auto& each : links_) {
      if (!script_.refusal.empty()) {
        send(each->number, {.kind = wire::WorkerFrameKind::failed, .body = script_.refusal});
      } else if (script_.ready) {
        send(each->number, {.kind = wire::WorkerFrameKind::ready, .body = script_.about});
      }
    }
    if (!script_.refusal.empty()) die({.exit_code = 1});
    if (script_.dies) die(*script_.dies);
  }
  ~FakeProgram() {
    for (const int fd : hub_ends) {
      if (fd >= 0) ::close(fd);
    }
  }

  void reply(const Asked& to, std::string_view body, std::uint16_t status = 200) {
    ++answered;
    send(to.link, {.kind = wire::WorkerFrameKind::reply,
                   .id = to.id,
                   .status = status,
                   .type = "text/plain",
                   .body = body});
  }
  void part(const Asked& to, std::string_view body) {
    send(to.link,
         {.kind = wire::WorkerFrameKind::part, .id = to.id, .type = "text/plain", .body = body});
  }
  void send(std::size_t link, wire::WorkerFrame frame) {
    std::string bytes;
    wire::write_frame(bytes, frame);
    if (links_[link]->socket) links_[link]->socket->send(bytes);
  }
  void send_raw(std::size_t link, std::string_view bytes) { links_[link]->socket->send(bytes); }
  void say(std::string line) {
    lines.push_back(std::move(line));
    said.notify();
  }
  void die(WorkerEnd with) {
    if (end) return;
    end = with;
    for (const auto& each : links_) each->socket.reset();
    said.notify();
  }

  const std::size_t number;
  std::size_t answered = 0;
  std::size_t pings = 0;
  bool hangs = false;  ///< takes pings in, and no more
  std::vector<Asked> asked;
  std::vector<std::uint32_t> cancelled;
  std::vector<int> hub_ends;
  std::deque<std::string> lines;
  std::optional<WorkerEnd> end;
  std::vector<Milliseconds> graces;  ///< what it was given to end, each time
  bool stubborn = false;             ///< takes no notice of that
  Signal said;                       ///< there is a line, or the end

 private:
  struct Link final : WorkerLink::Listener {
    Link(FakeProgram& of_in, std::size_t number_in, Executor executor, int fd)
        : of(of_in), number(number_in), socket(std::make_unique<SocketLink>(executor, fd)) {
      socket->listen(*this);
    }
    void on_bytes(std::string_view bytes) override {
      std::copy(bytes.begin(), bytes.end(), reader.space(bytes.size()));
      reader.took(bytes.size());
      while (socket) {
        const auto frame = reader.next();
        WEFT_ASSERT(frame.has_value());
        if (!*frame) return;
        of.take(number, **frame);
      }
    }
    void on_closed() override {}
    FakeProgram& of;
    std::size_t number;
    std::unique_ptr<SocketLink> socket;
    wire::WorkerFrameReader reader{1 << 28};
  };

  void take(std::size_t link, const wire::WorkerFrame& frame) {
    if (frame.kind == wire::WorkerFrameKind::cancel) return cancelled.push_back(frame.id);
    if (frame.kind == wire::WorkerFrameKind::ping) {
      ++pings;
      if (!hangs) send(link, {.kind = wire::WorkerFrameKind::pong});
      return;
    }
    Asked it{.link = link,
             .kind = frame.kind,
             .id = frame.id,
             .type = std::string(frame.type),
             .accept = std::string(frame.accept),
             .attributes = std::string(frame.attributes),
             .body = std::string(frame.body)};
    asked.push_back(it);
    if (script_.answer) return script_.answer(*this, it);
    reply(it, it.body + "@" + std::to_string(number));
  }

  Script script_;
  std::vector<std::unique_ptr<Link>> links_;
};

class FakeServers final : public Workers {
 public:
  using Choose = std::function<FakeProgram::Script(const WorkerSpec&)>;
  explicit FakeServers(Choose choose) : choose_(std::move(choose)) {}

  Result<std::unique_ptr<Worker>> start(Executor executor, WorkerSpec spec) override {
    started.push_back(spec);
    if (!refusal.empty()) return fail(Reason::unavailable, refusal);
    FakeProgram::Script script = choose_(spec);
    if (script.begins) script.begins(spec.binds.at(0).from);
    programs.push_back(
        std::make_shared<FakeProgram>(executor, std::move(script), programs.size(), spec.links));
    return std::make_unique<Handle>(programs.back());
  }
  int threads() const override { return 2; }
  std::uint64_t memory_bytes() const override { return memory; }
  std::size_t alive() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(programs, [](const auto& each) { return !each->end; }));
  }

  std::vector<WorkerSpec> started;
  std::vector<std::shared_ptr<FakeProgram>> programs;
  std::string refusal;
  std::uint64_t memory = 1ULL << 30;

 private:
  class Handle final : public Worker {
   public:
    explicit Handle(std::shared_ptr<FakeProgram> program) : program_(std::move(program)) {}
    ~Handle() override { program_->die({.exit_code = -1, .signal = 9}); }
    Awaitable<std::optional<WorkerLine>> next_line() override {
      while (program_->lines.empty() && !program_->end) co_await program_->said.wait();
      if (program_->lines.empty()) co_return std::nullopt;
      WorkerLine out{.stream = WorkerLine::Stream::log, .text = program_->lines.front()};
      program_->lines.pop_front();
      co_return out;
    }
    Awaitable<WorkerEnd> ended() override { co_return *program_->end; }
    void stop(Milliseconds grace) override {
      program_->graces.push_back(grace);
      if (!program_->stubborn) program_->die({.exit_code = 0});
    }
    std::unique_ptr<WorkerLink> link(std::size_t number, Executor executor) override {
      const int fd = std::exchange(program_->hub_ends.at(number), -1);
      return std::make_unique<SocketLink>(executor, fd);
    }

   private:
    std::shared_ptr<FakeProgram> program_;
  };
  Choose choose_;
};

}  // namespace weft::ml::testing
