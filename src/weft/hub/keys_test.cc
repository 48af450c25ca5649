#include "weft/hub/keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <format>

#include "weft/hub/limits.h"
#include "weft/hub/names.h"
#include "weft/hub/testing.h"
#include "weft/store/memory_tables.h"

namespace weft::hub {
namespace {

using testing::run;

class KeysTest : public ::testing::Test {
 protected:
  NewKey make(std::string name, bool admin = false, std::vector<std::string> solutions = {}) {
    auto made =
        testing::run_on<Result<NewKey>>(loop_, [&] { return keys_.make(name, admin, solutions); });
    EXPECT_TRUE(made) << made.error().message;
    return made.value_or(NewKey());
  }
  Error refused(std::string name) {
    auto made = testing::run_on<Result<NewKey>>(loop_, [&] { return keys_.make(name, false, {}); });
    EXPECT_FALSE(made);
    return made.error_or(Error());
  }

  boost::asio::io_context loop_{1};
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  store::MemoryTables tables_;
  Keys keys_{tables_, clock_, random_};
};

TEST_F(KeysTest, AKeyOpensAndARevokedOneDoesNot) {
  EXPECT_FALSE(keys_.any());
  const auto key = make("alice", true);
  EXPECT_TRUE(key.secret.starts_with("weft_"));
  EXPECT_EQ(key.secret.size(), 48U);
  const auto principal = keys_.authenticate(key.secret);
  ASSERT_TRUE(principal);
  EXPECT_EQ(*principal, (model::Principal{"alice", key.info.id.str(), true}));
  auto revoked = testing::run_on<Result<void>>(loop_, [&] { return keys_.revoke(key.info.id); });
  EXPECT_TRUE(revoked);
  EXPECT_FALSE(keys_.authenticate(key.secret));
  EXPECT_FALSE(keys_.may_call(*principal, "bank")) << "what it holds already is no use either";
  EXPECT_TRUE(keys_.any()) << "the hub does not open again";
}

TEST_F(KeysTest, EverythingWrongGetsOneIdenticalError) {
  const auto key = make("alice");
  std::string flipped = key.secret;
  flipped.back() = flipped.back() == 'A' ? 'B' : 'A';
  const std::vector<std::string> wrong{"",
                                       "weft_",
                                       flipped,
                                       key.secret + "A",
                                       key.secret.substr(0, 47),
                                       key.info.id.str(),
                                       "' OR 1=1 --",
                                       "%",
                                       std::string("weft_\0x", 7),
                                       std::string(1 << 20, 'x'),
                                       key.secret + std::string(1000, ' ')};
  const Error first = keys_.authenticate("nobody").error();
  EXPECT_EQ(first.reason, Reason::unauthenticated);
  for (const auto& secret : wrong)
    EXPECT_EQ(keys_.authenticate(secret).error(), first) << secret.substr(0, 60);
}

/// Welch's t of two samples, without the slowest twentieth of each (interrupts).
double welch_t(std::array<std::vector<double>, 2> samples) {
  std::array<double, 2> mean{};
  std::array<double, 2> error{};
  for (std::size_t i = 0; i < 2; ++i) {
    auto& sample = samples[i];
    std::ranges::sort(sample);
    sample.resize(sample.size() * 19 / 20);
    const auto n = static_cast<double>(sample.size());
    for (const double each : sample) mean[i] += each / n;
    for (const double each : sample) error[i] += (each - mean[i]) * (each - mean[i]) / (n - 1) / n;
  }
  return (mean[0] - mean[1]) / std::sqrt(error[0] + error[1]);
}

// Attack 5: how much of a guess is right does not show in the time it takes to refuse it. A machine
// that does other things may show a difference once, a leak shows it each time.
TEST_F(KeysTest, TimeDoesNotTellHowMuchOfAGuessIsRight) {
  constexpr int kRounds = 5;
  constexpr int kGuesses = 100'000;
  constexpr double kTellsApart = 4.5;
  const auto key = make("alice");
  std::array<std::string, 2> guesses{key.secret, key.secret};
  for (std::size_t i = 5; i < key.secret.size(); ++i) guesses[0][i] = '-';
  for (std::size_t i = 36; i < key.secret.size(); ++i) guesses[1][i] = '-';
  double least = 1e9;
  for (int round = 0; round < kRounds && least >= kTellsApart; ++round) {
    std::array<std::vector<double>, 2> times;
    std::uint32_t dice = 1;
    for (int i = 0; i < kGuesses; ++i) {
      dice = dice * 1'664'525 + 1'013'904'223;
      const std::size_t which = dice >> 31;
      const auto began = std::chrono::steady_clock::now();
      const bool open = keys_.authenticate(guesses[which]).has_value();
      const auto took = std::chrono::steady_clock::now() - began;
      ASSERT_FALSE(open);
      times[which].push_back(static_cast<double>(took.count()));
    }
    least = std::min(least, std::abs(welch_t(std::move(times))));
  }
  EXPECT_LT(least, kTellsApart);
}

TEST_F(KeysTest, TheSecretIsNowhereInTheTables) {
  const auto key = make("alice", false, {"bank"});
  run(loop_, [&]() -> Awaitable<> {
    const auto rows = co_await tables_.scan("keys", "", "", 10);
    EXPECT_EQ(rows->size(), 1U);
    EXPECT_EQ(json::write(rows->front().value).find(key.secret.substr(5)), std::string::npos);
  });
}

TEST_F(KeysTest, OldRevokedKeysMakeRoom) {
  std::vector<KeyId> ids;
  for (std::size_t i = 0; i < kKeysMax; ++i) ids.push_back(make(std::format("k{}", i)).info.id);
  EXPECT_EQ(refused("more").message,
            "there are 1024 keys, and no more are kept; revoke some that nobody uses");
  for (const std::size_t i : {7U, 3U}) {
    clock_.now_ms += 1'000;
    run(loop_, [&]() -> Awaitable<> { EXPECT_TRUE(co_await keys_.revoke(ids[i])); });
  }
  const auto more = make("more");
  EXPECT_EQ(keys_.list().size(), kKeysMax);
  EXPECT_FALSE(std::ranges::contains(keys_.list(), ids[7], &KeyInfo::id));
  EXPECT_TRUE(std::ranges::contains(keys_.list(), ids[3], &KeyInfo::id));
  EXPECT_TRUE(keys_.authenticate(more.secret));
  make("another");
  EXPECT_EQ(refused("one too many").reason, Reason::invalid_argument);
  EXPECT_EQ(refused("last").reason, Reason::rate_limited);
  Keys again(tables_, clock_, random_);
  EXPECT_TRUE(testing::run_on<Result<void>>(loop_, [&] { return again.load(); }));
  EXPECT_EQ(again.list().size(), kKeysMax);
}

// A key is told nothing of what it may not call, not even as a word that was perhaps meant.
TEST_F(KeysTest, AnErrorNamesOnlyWhatItsAudienceMayKnow) {
  Registry registry;
  for (const std::string id : {"bank", "band"}) {
    model::Solution solution;
    solution.id = SolutionId(id);
    solution.skills = {testing::fake_skill(id + "-one"), testing::fake_skill(id + "-two")};
    ASSERT_TRUE(registry.add(make_entry(std::move(solution), nullptr, {}, "")));
  }
  const auto snapshot = registry.snapshot();
  const auto key = make("alice", false, {"band"});
  const auto principal = keys_.authenticate(key.secret);
  ASSERT_TRUE(principal);
  const Audience alice{keys_, *principal};
  for (const std::string& told : {find_skill(*snapshot, "bnak", "", &alice).error().message,
                                  find_skill(*snapshot, "bank", "", &alice).error().message,
                                  find_skill(*snapshot, "bank", "x", &alice).error().message,
                                  find_model(*snapshot, "tool/bank/x", &alice).error().message}) {
    EXPECT_FALSE(told.contains("bank-")) << told;
  }
  EXPECT_TRUE(find_skill(*snapshot, "ban", "", &alice).error().message.contains("`band`"));
  EXPECT_FALSE(find_skill(*snapshot, "ban", "", &alice).error().message.contains("`bank`"));
  EXPECT_TRUE(find_skill(*snapshot, "ban", "").error().message.contains("`bank`"));
  EXPECT_EQ(find_skill(*snapshot, "bank", "x", &alice).error().reason, Reason::permission_denied);
  EXPECT_TRUE(find_skill(*snapshot, "band", "x", &alice).error().message.contains("`band-one`"));
}

TEST_F(KeysTest, KeysAreThereAfterARestart) {
  const auto key = make("alice", false, {"bank"});
  Keys again(tables_, clock_, random_);
  EXPECT_FALSE(again.authenticate(key.secret));
  auto loaded = testing::run_on<Result<void>>(loop_, [&] { return again.load(); });
  EXPECT_TRUE(loaded);
  const auto principal = again.authenticate(key.secret);
  ASSERT_TRUE(principal);
  EXPECT_TRUE(again.may_call(*principal, "bank"));
  EXPECT_FALSE(again.may_call(*principal, "clinic"));
  EXPECT_EQ(again.list().front().name, "alice");
}

TEST_F(KeysTest, AKeySignsForAwsUntilItIsRevoked) {
  const auto alice = make("alice", true);
  const auto bob = make("bob");
  EXPECT_EQ(alice.info.access_key.size(), 20U);
  EXPECT_TRUE(alice.info.access_key.starts_with("WEFT"));
  EXPECT_EQ(alice.aws_secret.size(), 40U);
  EXPECT_NE(alice.aws_secret, bob.aws_secret);
  EXPECT_EQ(keys_.list().front().access_key, alice.info.access_key);
  Keys again(tables_, clock_, random_);
  EXPECT_TRUE(testing::run_on<Result<void>>(loop_, [&] { return again.load(); }));
  for (const Keys* keys : {&keys_, &again}) {
    const auto signer = keys->signer(alice.info.access_key);
    ASSERT_TRUE(signer);
    EXPECT_EQ(*signer, (model::Principal{"alice", alice.info.id.str(), true}));
    EXPECT_EQ(keys->aws_secret(*signer), alice.aws_secret);
  }
  auto revoked = testing::run_on<Result<void>>(loop_, [&] { return keys_.revoke(alice.info.id); });
  EXPECT_TRUE(revoked);
  const Error first = keys_.signer("nobody").error();
  EXPECT_EQ(first.reason, Reason::unauthenticated);
  for (const std::string& wrong : {alice.info.access_key, alice.info.id.str(), std::string()})
    EXPECT_EQ(keys_.signer(wrong).error(), first) << wrong;
  EXPECT_TRUE(keys_.signer(bob.info.access_key));
}

// Python: base64.urlsafe_b64encode(hmac.digest(bytes(range(32)), b"key_0123456789abcdef",
// "sha256")[:30])
TEST_F(KeysTest, TheAwsSecretComesFromTheRootAlone) {
  run(loop_, [&]() -> Awaitable<> {
    json::value root("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    EXPECT_TRUE(co_await tables_.put("aws", "root_secret", root));
    json::value key{{"name", "alice"}, {"hash", std::string(64, '0')}};
    EXPECT_TRUE(co_await tables_.put("keys", "key_0123456789abcdef", key));
    EXPECT_TRUE(co_await keys_.load());
  });
  const auto signer = keys_.signer("WEFT0123456789ABCDEF");
  ASSERT_TRUE(signer);
  EXPECT_EQ(keys_.aws_secret(*signer), "aH-0eXc5FccTlw0M_Kzv48XZfuH4zbhPtZ8MRWrw");
}

TEST_F(KeysTest, KeysOfATimeBeforeSignToo) {
  run(loop_, [&]() -> Awaitable<> {
    json::value key{{"name", "alice"}, {"hash", std::string(64, '0')}};
    EXPECT_TRUE(co_await tables_.put("keys", "key_0123456789abcdef", key));
    EXPECT_TRUE(co_await keys_.load());
  });
  const auto signer = keys_.signer("WEFT0123456789ABCDEF");
  ASSERT_TRUE(signer);
  Keys again(tables_, clock_, random_);
  EXPECT_TRUE(testing::run_on<Result<void>>(loop_, [&] { return again.load(); }));
  EXPECT_EQ(again.aws_secret(*again.signer("WEFT0123456789ABCDEF")), keys_.aws_secret(*signer));
}

TEST_F(KeysTest, NamesAreTakenOnceAndFit) {
  make("alice");
  EXPECT_EQ(refused("alice").code, Code::already_exists);
  EXPECT_EQ(refused("").param, "/name");
  EXPECT_EQ(refused("local").param, "/name") << "the name of callers without a key";
  EXPECT_EQ(refused("a b").param, "/name");
  auto unknown = testing::run_on<Result<void>>(loop_, [&] { return keys_.revoke(KeyId("key_0")); });
  EXPECT_EQ(unknown.error().code, Code::not_found);
}

TEST_F(KeysTest, WithoutKeysEverybodyIsLocal) {
  EXPECT_TRUE(keys_.may_call(model::Principal{"local", "", false}, "bank"));
  EXPECT_FALSE(keys_.may_call(model::Principal{"ghost", "key_0", false}, "bank"));
}

}  // namespace
}  // namespace weft::hub
