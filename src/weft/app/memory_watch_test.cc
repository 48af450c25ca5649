#include "weft/app/memory_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "weft/base/testing/wait.h"

namespace weft::app {
namespace {

using net::MemoryLevel;

constexpr std::uint64_t kMiB = 1ULL << 20;

TEST(MemoryWatch, LevelsBeginAndEnd) {
  constexpr std::uint64_t kMost = 1'000 * kMiB;
  const auto from = [](MemoryLevel before) {
    return [before](std::uint64_t held) { return memory_level(held * kMiB, kMost, before); };
  };
  const auto up = from(MemoryLevel::enough);
  EXPECT_EQ(up(0), MemoryLevel::enough);
  EXPECT_EQ(up(849), MemoryLevel::enough);
  EXPECT_EQ(up(850), MemoryLevel::tight);
  EXPECT_EQ(up(920), MemoryLevel::low);
  EXPECT_EQ(up(950), MemoryLevel::out);
  EXPECT_EQ(up(5'000), MemoryLevel::out);
  const auto down = from(MemoryLevel::out);
  EXPECT_EQ(down(921), MemoryLevel::out);
  EXPECT_EQ(down(919), MemoryLevel::low);
  EXPECT_EQ(down(890), MemoryLevel::low);
  EXPECT_EQ(down(889), MemoryLevel::tight);
  EXPECT_EQ(down(819), MemoryLevel::enough);
  EXPECT_EQ(from(MemoryLevel::tight)(919), MemoryLevel::tight);
}

TEST(MemoryWatch, SeesWhatThisProcessHolds) {
  const std::uint64_t before = held_memory_bytes();
  ASSERT_GT(before, 0U);
  const std::vector<char> much(64 * kMiB, 'x');
  EXPECT_GE(held_memory_bytes(), before + 60 * kMiB);
  EXPECT_EQ(much.back(), 'x');
}

TEST(MemoryWatch, TellsWhatItSees) {
  std::atomic<std::uint64_t> held = 10 * kMiB;
  const MemoryWatch watch(100 * kMiB, [&held] { return held.load(); });
  const auto level = watch.level();
  const auto becomes = [&level](MemoryLevel wanted) {
    return weft::testing::wait_until([&] { return *level == wanted; });
  };
  EXPECT_TRUE(becomes(MemoryLevel::enough));
  held = 93 * kMiB;
  EXPECT_TRUE(becomes(MemoryLevel::low));
  held = 99 * kMiB;
  EXPECT_TRUE(becomes(MemoryLevel::out));
  held = 10 * kMiB;
  EXPECT_TRUE(becomes(MemoryLevel::enough));
}

}  // namespace
}  // namespace weft::app
