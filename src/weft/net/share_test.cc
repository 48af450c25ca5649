// Peers that always have bytes ready, each against a loop that has something else to do as well.
#include "weft/net/share.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <format>
#include <mutex>
#include <thread>

#include "weft/base/task_group.h"
#include "weft/base/testing/wait.h"
#include "weft/base/timers.h"
#include "weft/net/child.h"
#include "weft/net/http_client.h"
#include "weft/net/listener.h"
#include "weft/net/testing.h"
#include "weft/wire/sse.h"

namespace weft::net {
namespace {

using testing::Harness;
using testing::RawClient;
using weft::testing::wait_until;

/// So long a peer goes on when nothing ends it: what waits for it to end has failed by then.
constexpr Milliseconds kPeerTime{10'000};

/// A socket whose reader finds it full whenever its peer is quick: TCP opens its window in steps.
ListenAddress local() {
  static int count = 0;
  ListenAddress address;
  address.unix_path = std::filesystem::temp_directory_path() /
                      std::format("weft-share-{}-{}.sock", ::getpid(), ++count);
  return address;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) out.append(text);
  return out;
}

/// Small reads: a peer that sends without end is always ahead of them.
constexpr std::size_t kReadBytes = 4 * 1024;

/// What a piece costs whoever takes it. Without it the peer falls behind on a busy machine, and the
/// loop has its pauses by itself.
void work_a_little() {
  const auto end = std::chrono::steady_clock::now() + Milliseconds(1);
  while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

/// A client that sends the same for ever and reads whatever comes back, in threads of its own.
class Pourer {
 public:
  Pourer(const std::string& path, std::string_view begin, std::string many)
      : client_(path),
        begun_(client_.send(begin)),
        writer_([this, many = std::move(many)] {
          while (client_.send(many)) {
          }
        }),
        reader_([this] {
          std::array<char, 64 * 1024> block{};
          while (const auto count =
                     std::max<ssize_t>(::recv(client_.fd(), block.data(), block.size(), 0), 0)) {
            read += static_cast<std::size_t>(count);
          }
        }) {}
  ~Pourer() {
    ::shutdown(client_.fd(), SHUT_RDWR);
    writer_.join();
    reader_.join();
  }
  std::atomic<std::size_t> read = 0;

 private:
  RawClient client_;
  bool begun_;
  std::thread writer_;
  std::thread reader_;
};

std::string ask_once(const std::string& path) {
  RawClient client(path);
  client.send("GET /once HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  return client.read_all();
}

TEST(Share, AClientThatAsksWithoutEndHoldsNobodyUp) {
  std::atomic<int> answered = 0;
  const ListenAddress address = local();
  Harness harness(
      [&](Exchange& exchange) -> Awaitable<> {
        ++answered;
        if (exchange.head().path() == "/more") work_a_little();
        (void)exchange.respond({}, "ok");
        co_return;
      },
      {.read_buffer_bytes = kReadBytes}, 1, {}, address);
  Pourer pourer(address.unix_path, "", repeated("GET /more HTTP/1.1\r\nHost: a\r\n\r\n", 10'000));
  ASSERT_TRUE(wait_until([&] { return answered > 200; }));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask_once(address.unix_path).ends_with("ok")) << i;
  // It is served on all the same.
  const std::size_t before = pourer.read;
  EXPECT_TRUE(wait_until([&] { return pourer.read > before; }));
}

TEST(Share, ABodyWithoutEndHoldsNobodyUp) {
  std::atomic<std::size_t> taken = 0;
  const ListenAddress address = local();
  Harness harness(
      [&](Exchange& exchange) -> Awaitable<> {
        while (exchange.head().path() == "/body") {
          const auto piece = co_await exchange.read_some();
          if (!piece || piece->empty()) co_return;
          taken += piece->size();
          work_a_little();
        }
        (void)exchange.respond({}, "ok");
      },
      {.read_buffer_bytes = kReadBytes}, 1, {}, address);
  Pourer pourer(address.unix_path,
                "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                repeated("1000\r\n" + std::string(0x1000, 'x') + "\r\n", 100));
  ASSERT_TRUE(wait_until([&] { return taken > 200'000; }));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask_once(address.unix_path).ends_with("ok")) << i;
}

/// Answers each request with comments without end.
class Commenter {
 public:
  Commenter() : socket_(listen_on(address_).value()), thread_([this] { serve(); }) {}
  ~Commenter() {
    ::shutdown(socket_.fd, SHUT_RDWR);
    thread_.join();
    ::close(socket_.fd);
    ::unlink(address_.unix_path.c_str());
  }
  ClientRequest request() const {
    ClientRequest out;
    out.origin.url = parse_url("http://localhost/").value();
    out.origin.unix_path = address_.unix_path;
    out.origin.egress = Egress::open;
    out.deadline = std::chrono::steady_clock::now() + kPeerTime;
    return out;
  }

 private:
  void serve() {
    const std::string comments = repeated(":\n", 32 * 1024);
    ::fcntl(socket_.fd, F_SETFL, 0);
    while (true) {
      const int fd = ::accept(socket_.fd, nullptr, nullptr);
      if (fd < 0) return;
      std::array<char, 4096> request{};
      (void)!::read(fd, request.data(), request.size());
      std::string_view next = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
      const auto end = std::chrono::steady_clock::now() + kPeerTime;
      while (std::chrono::steady_clock::now() < end &&
             ::send(fd, next.data(), next.size(), MSG_NOSIGNAL) > 0) {
        next = comments;
      }
      ::close(fd);
    }
  }

  const ListenAddress address_ = local();
  ListenSocket socket_;
  std::thread thread_;
};

/// Reads events until the end, of which there are none; gives why it ended.
Awaitable<> read_events(HttpClient& client, ClientRequest request, CancelToken cancel,
                        std::size_t& pieces, std::optional<Result<void>>& ended) {
  auto response = co_await client.send(std::move(request), std::move(cancel));
  EXPECT_TRUE(response.has_value());
  if (!response) co_return;
  wire::SseReader reader(1000);
  while (true) {
    const auto piece = co_await (*response)->read_some();
    if (!piece || piece->empty()) {
      ended = piece ? Result<void>() : fail(piece.error());
      co_return;
    }
    ++pieces;
    work_a_little();
    EXPECT_TRUE(reader.feed(*piece).has_value());
    EXPECT_FALSE(reader.next());
  }
}

TEST(Share, AnAnswerWithoutEndHoldsNobodyUp) {
  Commenter commenter;
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    (void)exchange.respond({}, "ok");
    co_return;
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {.read_buffer_bytes = kReadBytes});
    TaskGroup group(loop.executor());
    CancelSource cancel;
    std::size_t pieces = 0;
    std::optional<Result<void>> ended;
    group.spawn(read_events(*client, commenter.request(), cancel.token(), pieces, ended));
    while (pieces < 50 && !ended) co_await sleep_for(Milliseconds(1), {});
    for (int i = 0; i < 3; ++i) {
      auto other = co_await client->send(harness.request("/"), {});
      EXPECT_TRUE(other.has_value());
      if (!other) break;
      EXPECT_EQ((co_await (*other)->read_all(100)).value_or("?"), "ok");
    }
    EXPECT_FALSE(ended) << "nobody else was served before it ended";
    cancel.cancel(make_error(Reason::cancelled, "enough"));
    while (!ended) co_await sleep_for(Milliseconds(1), {});
    EXPECT_EQ(ended->error().message, "enough");
    co_await group.join();
  });
}

TEST(Share, AnAnswerWithoutEndEndsAtItsDeadline) {
  Commenter commenter;
  run_alone([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {.read_buffer_bytes = kReadBytes});
    ClientRequest request = commenter.request();
    request.deadline = std::chrono::steady_clock::now() + Milliseconds(300);
    std::size_t pieces = 0;
    std::optional<Result<void>> ended;
    co_await read_events(*client, std::move(request), {}, pieces, ended);
    EXPECT_FALSE(ended->has_value());
    EXPECT_EQ(ended->has_value() ? Reason::none : ended->error().reason, Reason::deadline);
  });
}

/// Ends a process that nobody else has ended in time.
class Watchdog {
 public:
  explicit Watchdog(int pid)
      : thread_([this, pid] {
          std::unique_lock lock(mutex_);
          if (over_.wait_for(lock, kPeerTime, [this] { return done_; })) return;
          ::kill(pid, SIGKILL);
          bit = true;
        }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    over_.notify_all();
    thread_.join();
  }
  std::atomic<bool> bit = false;

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
  std::thread thread_;
};

Awaitable<> read_lines(ChildProcess& child, std::size_t& lines, bool& ended) {
  while ((co_await child.read_line()).has_value()) ++lines;
  ended = true;
}

TEST(Share, AChildThatSpeaksWithoutEndHoldsNobodyUp) {
  for (const std::string script : {"exec yes", "sleep 1000 & exec yes >&2", "yes >&2 & exec yes"}) {
    run_alone([&](Loop& loop) -> Awaitable<> {
      ChildCommand command;
      command.arguments = {"sh", "-c", script};
      auto child = ChildProcess::start(loop.executor(), std::move(command)).value();
      Watchdog watchdog(child->pid());
      TaskGroup group(loop.executor());
      std::size_t lines = 0;
      bool ended = false;
      group.spawn(read_lines(*child, lines, ended));
      const bool on_output = !script.ends_with(">&2");
      const bool on_errors = script.contains(">&2");
      while (!ended && ((on_output && lines < 20'000) ||
                        (on_errors && child->last_errors().size() < 2 * kChildErrorLinesMax))) {
        co_await sleep_for(Milliseconds(1), {});
      }
      EXPECT_FALSE(ended) << script;
      co_await child->stop(Milliseconds(100));
      while (!ended) co_await sleep_for(Milliseconds(1), {});
      co_await group.join();
      EXPECT_FALSE(watchdog.bit) << script;
    });
  }
}

}  // namespace
}  // namespace weft::net
