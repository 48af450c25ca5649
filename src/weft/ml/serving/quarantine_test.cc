#include "weft/ml/serving/quarantine.h"

#include <gtest/gtest.h>

#include <csignal>

#include "weft/ml/serving/limits.h"

namespace weft::ml {
namespace {

const WorkerEnd kSegv{.exit_code = -1, .signal = SIGSEGV};
const SteadyTime kNow = SteadyTime() + std::chrono::hours(1);

TEST(Quarantine, CountsFaultsOfItsOwnOnly) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP})
    EXPECT_TRUE(crashed({.exit_code = -1, .signal = signal})) << signal;
  for (const int signal : {0, SIGKILL, SIGTERM, SIGINT, SIGXCPU})
    EXPECT_FALSE(crashed({.exit_code = -1, .signal = signal})) << signal;
  EXPECT_FALSE(crashed({.exit_code = 139}));
  EXPECT_FALSE(crashed({.exit_code = -1, .signal = SIGABRT, .out_of_memory = true}));
}

TEST(Quarantine, TheSecondCrashIsTheLast) {
  Quarantine quarantine;
  quarantine.note_crash("a", kSegv, kNow);
  EXPECT_TRUE(quarantine.allows("a", kNow));
  quarantine.note_crash("b", kSegv, kNow);
  quarantine.note_crash("a", kSegv, kNow + std::chrono::seconds(1));
  const auto said = quarantine.allows("a", kNow + std::chrono::seconds(1));
  ASSERT_FALSE(said.has_value());
  EXPECT_EQ(
      said.error().message,
      "the model is in quarantine: 2 workers crashed when they loaded these files (the last by "
      "signal 11), so no other loads them for 600 s; mend the files or the environment, or "
      "wait");
  EXPECT_TRUE(quarantine.allows("b", kNow));
  EXPECT_TRUE(quarantine.allows("c", kNow));
}

TEST(Quarantine, IsOverAfterAWhile) {
  Quarantine quarantine;
  quarantine.note_crash("a", kSegv, kNow);
  // Long ago does not count.
  quarantine.note_crash("a", kSegv, kNow + kQuarantine);
  EXPECT_TRUE(quarantine.allows("a", kNow + kQuarantine));
  quarantine.note_crash("a", kSegv, kNow + kQuarantine);
  EXPECT_FALSE(quarantine.allows("a", kNow + 2 * kQuarantine - std::chrono::milliseconds(1)));
  EXPECT_TRUE(quarantine.allows("a", kNow + 2 * kQuarantine));
}

}  // namespace
}  // namespace weft::ml
