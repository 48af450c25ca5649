#include "weft/app/workers/link.h"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "weft/app/workers/testing.h"

namespace weft::app {
namespace {

/// Keeps what came, and wakes who waits for so much of it.
class Kept final : public ml::WorkerLink::Listener {
 public:
  explicit Kept(Executor executor) : changed_(executor) {}
  void on_bytes(std::string_view bytes) override {
    EXPECT_FALSE(closed);
    text += bytes;
    changed_.notify();
  }
  void on_closed() override {
    closed = true;
    changed_.notify();
  }
  Awaitable<> until(std::size_t size) {
    while (text.size() < size && !closed) co_await changed_.wait();
  }
  Awaitable<> until_closed() {
    while (!closed) co_await changed_.wait();
  }
  std::string text;
  bool closed = false;

 private:
  Signal changed_;
};

/// Sends back what comes on each of its links, until all end.
constexpr std::string_view kEcho = R"(
import os, selectors, socket
links = selectors.DefaultSelector()
for number in (3, 4):
    links.register(socket.socket(fileno=number), selectors.EVENT_READ)
print("up", flush=True)
while links.get_map():
    for key, _ in links.select():
        got = key.fileobj.recv(1 << 16)
        if got:
            key.fileobj.sendall(got)
        else:
            links.unregister(key.fileobj)
print("done", flush=True)
)";

class Links : public testing::InSandbox {
 protected:
  ml::WorkerSpec echo() const {
    auto spec = python(std::string(kEcho));
    spec.links = 2;
    return spec;
  }
};

TEST_F(Links, CarryBytesBothWays) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto worker = start(loop, echo());
    Kept first(loop.executor());
    Kept second(loop.executor());
    auto one = worker->link(0, loop.executor());
    auto two = worker->link(1, loop.executor());
    // Before it is up, before anyone listens, and more than a socket takes at once.
    const std::string large(3'000'000, 'x');
    one->send("hello ");
    one->listen(first);
    two->listen(second);
    one->send("world");
    two->send(large);
    EXPECT_GT(two->unsent_bytes(), 1'000'000U);
    co_await first.until(11);
    EXPECT_EQ(first.text, "hello world");
    co_await second.until(large.size());
    EXPECT_EQ(second.text, large);
    EXPECT_EQ(two->unsent_bytes(), 0U);
    // Many small ones keep their order.
    std::string all;
    for (int i = 0; i < 20'000; ++i) {
      const std::string number = std::to_string(i) + " ";
      all += number;
      one->send(number);
    }
    co_await first.until(11 + all.size());
    EXPECT_EQ(first.text.substr(11), all);
    one.reset();
    two.reset();
    const auto outcome = co_await testing::outcome_of(*worker);
    EXPECT_THAT(outcome.log, ::testing::ElementsAre("up", "done"));
    EXPECT_EQ(outcome.end.exit_code, 0);
  });
}

TEST_F(Links, TellThatTheProgramEnded) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto spec = shell("head -c 3 <&3; printf bye >&4; exit 1");
    spec.links = 2;
    auto worker = start(loop, spec);
    Kept first(loop.executor());
    Kept second(loop.executor());
    auto one = worker->link(0, loop.executor());
    auto two = worker->link(1, loop.executor());
    one->listen(first);
    two->listen(second);
    one->send("abc");
    co_await first.until_closed();
    co_await second.until_closed();
    EXPECT_EQ(second.text, "bye");
    // Nobody is there: it is no error, and nothing is kept.
    one->send(std::string(1'000'000, 'x'));
    EXPECT_EQ(one->unsent_bytes(), 0U);
    const auto outcome = co_await testing::outcome_of(*worker);
    EXPECT_EQ(outcome.text(), "abc\n");
    EXPECT_EQ(outcome.end.exit_code, 1);
  });
}

Awaitable<std::string> ask(std::unique_ptr<ml::WorkerLink> link, std::string text,
                           Executor executor) {
  Kept kept(executor);
  link->listen(kept);
  link->send(text);
  co_await kept.until(text.size());
  link.reset();
  co_return kept.text;
}

TEST_F(Links, BelongToTheLoopTheyWereTakenFor) {
  net::Loops loops(2);
  ASSERT_TRUE(loops.start());
  const Executor home = loops.at(0).executor();
  const auto work = [&](Executor other) -> Awaitable<int> {
    auto worker = workers_->start(home, echo()).value();
    auto asked = boost::asio::co_spawn(home, ask(worker->link(0, home), "here", home),
                                       boost::asio::use_awaitable_t<Executor>());
    auto there = boost::asio::co_spawn(other, ask(worker->link(1, other), "there", other),
                                       boost::asio::use_awaitable_t<Executor>());
    EXPECT_EQ(co_await std::move(asked), "here");
    EXPECT_EQ(co_await std::move(there), "there");
    const auto outcome = co_await testing::outcome_of(*worker);
    co_return outcome.end.exit_code;
  };
  const auto exit_code =
      boost::asio::co_spawn(home, work(loops.at(1).executor()), boost::asio::use_future).get();
  EXPECT_EQ(exit_code, 0);
  loops.stop();
}

/// Lets go of the link as soon as something came.
class Dropper final : public ml::WorkerLink::Listener {
 public:
  explicit Dropper(Executor executor) : done(executor) {}
  void on_bytes(std::string_view) override {
    link.reset();
    done.notify();
  }
  void on_closed() override { FAIL() << "it was dropped"; }
  std::unique_ptr<Link> link;
  Signal done;
};

TEST(Link, MayBeDroppedWhileItTells) {
  net::run_alone([](net::Loop& loop) -> Awaitable<> {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    Dropper dropper(loop.executor());
    dropper.link = std::make_unique<Link>(ends[0]);
    dropper.link->belong_to(loop.executor());
    dropper.link->listen(dropper);
    // More than is read at once: nothing is told of the rest.
    const std::string much(100'000, 'x');
    EXPECT_EQ(::send(ends[1], much.data(), much.size(), 0), std::ssize(much));
    co_await dropper.done.wait();
    char byte = 0;
    EXPECT_EQ(::recv(ends[1], &byte, 1, 0), -1);
    EXPECT_EQ(errno, ECONNRESET);
    ::close(ends[1]);
  });
}

}  // namespace
}  // namespace weft::app
