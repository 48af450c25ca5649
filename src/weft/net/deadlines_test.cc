#include "weft/net/deadlines.h"

#include <gtest/gtest.h>

#include "weft/net/loop.h"

namespace weft::net {
namespace {

/// Drops the list that it is in when its time has come.
class Last final : public Deadlines::Node {
 public:
  explicit Last(std::unique_ptr<Deadlines>& list) : list_(list) {}
  void on_deadline() override { list_.reset(); }

 private:
  std::unique_ptr<Deadlines>& list_;
};

TEST(Deadlines, MayGoWhenOneHasPassed) {
  Loop loop("test");
  auto list = std::make_unique<Deadlines>(loop.executor());
  Last last(list);
  Last never(list);
  list->set(never, SteadyTime::max());
  list->set(last, std::chrono::steady_clock::now());
  loop.io().run();
  EXPECT_FALSE(list);
}

}  // namespace
}  // namespace weft::net
