#include "weft/ml/jobs/fair_queue.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "weft/base/testing/run.h"

namespace weft::ml {
namespace {

struct Line {
  boost::asio::io_context loop;
  FairQueue queue{loop.get_executor(), 2};
  std::vector<std::string> began;
  std::map<std::string, FairQueue::Share> held;
  std::map<std::string, CancelSource> cancels;

  Awaitable<> wait(std::string owner, std::string name, int wanted) {
    auto share = co_await queue.take(std::move(owner), name, wanted, cancels[name].token());
    if (!share) {
      began.push_back("no " + name);
      co_return;
    }
    began.push_back(name);
    held[name] = *std::move(share);
  }
  void ask(std::string owner, std::string name, int wanted) {
    weft::testing::start(loop, wait(std::move(owner), std::move(name), wanted));
    turn();
  }
  void end(const std::string& name) {
    held.erase(name);
    turn();
  }
  void turn() {
    loop.restart();
    loop.poll();
  }
};

using Names = std::vector<std::string>;

TEST(FairQueue, OwnersInTurn) {
  Line line;
  for (const char* name : {"a1", "a2", "a3", "a4"}) line.ask("ann", name, 1);
  line.ask("ben", "b1", 1);
  line.ask("ben", "b2", 1);
  EXPECT_EQ(line.began, (Names{"a1", "a2"}));
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(line.queue.waiting(),
            (Pairs{{"ann", "a3"}, {"ben", "b1"}, {"ann", "a4"}, {"ben", "b2"}}));
  line.end("a1");
  line.end("a2");
  line.end("a3");
  EXPECT_EQ(line.began, (Names{"a1", "a2", "a3", "b1", "a4"}));
  for (const char* name : {"b1", "a4"}) line.end(name);
  line.end("b2");
  EXPECT_EQ(line.queue.free(), 2);
}

TEST(FairQueue, TheLargeOneIsNotHeldUpForEver) {
  Line line;
  line.ask("ann", "small", 1);
  line.ask("ben", "large", 99);
  line.ask("eve", "late", 1);
  EXPECT_EQ(line.began, Names{"small"}) << "one processor is free, but it is large's turn";
  line.end("small");
  EXPECT_EQ(line.began, (Names{"small", "large"}));
  line.end("large");
  EXPECT_EQ(line.began, (Names{"small", "large", "late"}));
  line.end("late");
}

TEST(FairQueue, WhoIsCancelledLeavesTheLine) {
  Line line;
  line.ask("ann", "a1", 2);
  line.ask("ann", "a2", 2);
  line.ask("ben", "b1", 1);
  line.cancels["a2"].cancel(make_error(Reason::cancelled, "stopped"));
  line.turn();
  EXPECT_EQ(line.began, (Names{"a1", "no a2"}));
  line.end("a1");
  EXPECT_EQ(line.began, (Names{"a1", "no a2", "b1"}));
  line.end("b1");
  EXPECT_EQ(line.queue.free(), 2);
}

}  // namespace
}  // namespace weft::ml
