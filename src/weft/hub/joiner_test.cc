#include "weft/hub/joiner.h"

#include <gtest/gtest.h>

#include "weft/base/task_group.h"
#include "weft/hub/limits.h"
#include "weft/hub/names.h"
#include "weft/hub/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::hub {
namespace {

using testing::run;

/// A network of fake places: which protocol answers where, and how sure it is of it.
struct World {
  std::map<std::pair<std::string, std::string>, double> speaks;  ///< (protocol, url) to confidence
  std::map<std::string, std::string> titles;                     ///< by url
  std::vector<std::string> probed;
  std::vector<JoinRequest> connected;
  Milliseconds pause{0};
};

class FakeProtocol final : public Protocol {
 public:
  FakeProtocol(std::string name, World& world) : name_(std::move(name)), world_(world) {}

  std::string_view name() const override { return name_; }
  Awaitable<Finding> probe(JoinRequest request, CallContext context) override {
    world_.probed.push_back(name_);
    if (world_.pause.count() > 0) {
      const auto left =
          std::chrono::ceil<Milliseconds>(context.deadline - std::chrono::steady_clock::now());
      co_await sleep_for(std::min(world_.pause, left), context.cancel);
    }
    Finding finding;
    const auto at = world_.speaks.find({name_, request.url});
    if (at == world_.speaks.end()) {
      finding.tried = "GET /" + name_ + ": 404";
      co_return finding;
    }
    finding.spoken = true;
    finding.confidence = at->second;
    finding.how = "GET /" + name_ + " gave a mark";
    finding.protocol_version = "1.0";
    finding.url = request.url + "/" + name_;
    co_return finding;
  }
  Awaitable<Result<Joined>> connect(JoinRequest request, Finding, CallContext) override {
    world_.connected.push_back(request);
    if (refuse) co_return fail(Reason::upstream_protocol, "it hung up");
    Joined joined;
    joined.service = service;
    joined.solution.title = world_.titles[request.url];
    joined.solution.skills.push_back(testing::fake_skill("do"));
    co_return joined;
  }
  bool refuse = false;
  std::shared_ptr<testing::FakeService> service =
      std::make_shared<testing::FakeService>(testing::echo_script);

 private:
  std::string name_;
  World& world_;
};

class JoinerTest : public ::testing::Test {
 protected:
  void SetUp() override { boot(); }

  void boot() {
    joiner_.reset();
    hub_.emplace(Hub::Parts{clock_, random_, tables_, journal_});
    std::vector<std::unique_ptr<Protocol>> protocols;
    for (const char* name : {"a2a", "mcp", "openai", "openapi"}) {
      auto protocol = std::make_unique<FakeProtocol>(name, world_);
      protocols_[name] = protocol.get();
      protocols.push_back(std::move(protocol));
    }
    joiner_.emplace(*hub_, tables_, std::move(protocols));
  }
  Result<JoinReport> join(JoinRequest request) {
    return testing::run_on<Result<JoinReport>>(
        loop_, [&] { return joiner_->join(std::move(request), loop_.get_executor()); });
  }
  Result<void> leave(std::string id) {
    return testing::run_on<Result<void>>(
        loop_, [&] { return joiner_->leave(SolutionId(std::move(id)), loop_.get_executor()); });
  }
  void reconcile(std::vector<JoinRequest> configured) {
    run(loop_, [&]() -> Awaitable<> {
      co_await joiner_->reconcile(std::move(configured), loop_.get_executor(), {});
    });
  }
  void restore() {
    run(loop_, [&]() -> Awaitable<> { EXPECT_TRUE(co_await joiner_->restore()); });
  }
  static JoinRequest at(std::string url, std::string name = "") {
    JoinRequest request;
    request.url = std::move(url);
    request.id = SolutionId(std::move(name));
    return request;
  }
  static JoinRequest configured(std::string name, std::string url,
                                std::string line = "weft.yaml:3") {
    auto request = at(std::move(url), std::move(name));
    request.source = Source::configured;
    request.origin = std::move(line);
    return request;
  }
  void speak(std::string protocol, std::string url, double confidence, std::string title = "") {
    world_.speaks[{std::move(protocol), url}] = confidence;
    world_.titles[url] = std::move(title);
  }
  std::string list() {
    std::string out;
    const auto snapshot = hub_->registry().snapshot();
    for (const auto& entry : snapshot->entries) {
      out += std::format("{}{}:{}", out.empty() ? "" : " ", entry->solution->id.str(),
                         entry->solution->protocol);
    }
    return out;
  }

  boost::asio::io_context loop_{1};
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  World world_;
  std::map<std::string, FakeProtocol*> protocols_;
  std::optional<Hub> hub_;
  std::optional<Joiner> joiner_;
};

TEST_F(JoinerTest, TheSurestProtocolWinsAndNamesTheSolution) {
  speak("openapi", "http://x:1", 0.7, "The Bank of Li!");
  speak("mcp", "http://x:1", 0.9, "The Bank of Li!");
  const auto report = join(at("http://x:1"));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->id.str(), "the-bank-of-li");
  EXPECT_EQ(report->protocol, "mcp");
  EXPECT_EQ(report->protocol_version, "1.0");
  EXPECT_EQ(report->how, "GET /mcp gave a mark");
  EXPECT_EQ(report->skills, 1U);
  EXPECT_EQ(world_.probed.size(), 4U);
  const auto* entry = hub_->registry().snapshot()->find("the-bank-of-li");
  EXPECT_EQ(entry->solution->url, "http://x:1/mcp");
  EXPECT_EQ(entry->request.origin, "weft add");
}

TEST_F(JoinerTest, ANamedProtocolAloneIsAsked) {
  speak("openapi", "http://x:1", 0.7);
  auto request = at("http://x:1", "x");
  request.protocol = "openapi";
  ASSERT_TRUE(join(request));
  EXPECT_EQ(world_.probed, std::vector<std::string>{"openapi"});
  auto wrong = at("http://x:1", "y");
  wrong.protocol = "grpc";
  EXPECT_NE(join(wrong).error().message.find("`a2a`, `mcp`, `openai`, `openapi`"),
            std::string::npos);
}

TEST_F(JoinerTest, AProtocolIsAskedAboutUrlsOfItsOwnSchemes) {
  for (const auto* url : {"HTTPS://x:1", "http://x:1", "x.json", "file:///x.json"}) {
    world_.probed.clear();
    (void)join(at(url));
    EXPECT_EQ(world_.probed.size(), 4U) << url;
  }
  world_.probed.clear();
  EXPECT_EQ(join(at("gopher://x:1")).error().message,
            "no protocol of weft's has URLs like `gopher://x:1`");
  EXPECT_TRUE(world_.probed.empty());
}

TEST_F(JoinerTest, WhatIsNotRecognisedIsToldWithEverythingThatWasTried) {
  const auto report = join(at("http://127.0.0.1:9"));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message,
            "no protocol was recognised at http://127.0.0.1:9; tried:\n  a2a: GET /a2a: 404\n  "
            "mcp: GET /mcp: 404\n  "
            "openai: GET /openai: 404\n  openapi: GET /openapi: 404\n"
            "if it speaks one of these, give its exact URL, or more time with `--protocol NAME`");
}

TEST_F(JoinerTest, AVariableThatIsNotSetIsSaidOnceAndNobodyIsAsked) {
  auto request = at("http://clinic.test");
  request.headers.emplace_back("Authorization", "Bearer ${WEFT_TEST_IS_NOT_SET}");
  const auto joined = join(std::move(request));
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().message,
            "the environment variable WEFT_TEST_IS_NOT_SET is not set where the hub runs; set it "
            "and restart the hub");
  EXPECT_TRUE(world_.probed.empty());
}

TEST_F(JoinerTest, SilenceCostsOneDeadlineForAll) {
  world_.pause = Milliseconds(60'000);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(join(at("http://x:1")));
  EXPECT_LT(std::chrono::steady_clock::now() - began,
            Milliseconds(kProbeDeadlineMs + testing::kSlackMs));
}

TEST_F(JoinerTest, TheNextBestIsTriedWhenConnectingFails) {
  speak("mcp", "http://x:1", 0.9);
  speak("openapi", "http://x:1", 0.5);
  protocols_["mcp"]->refuse = true;
  ASSERT_TRUE(join(at("http://x:1", "x")));
  EXPECT_EQ(list(), "x:openapi");
  protocols_["openapi"]->refuse = true;
  const auto report = join(at("http://x:1", "y"));
  EXPECT_NE(report.error().message.find("mcp: it hung up"), std::string::npos)
      << report.error().message;
  EXPECT_NE(report.error().message.find("openapi: it hung up"), std::string::npos);
}

TEST_F(JoinerTest, ACommandIsAnMcpServer) {
  JoinRequest request;
  request.id = SolutionId("fs");
  request.command = {"/usr/bin/mcp-fs", "/tmp"};
  ASSERT_TRUE(join(request));
  EXPECT_EQ(list(), "fs:mcp");
  EXPECT_TRUE(world_.probed.empty());
  request.id = SolutionId("fs2");
  request.protocol = "openai";
  EXPECT_FALSE(join(request));
  JoinRequest nameless;
  nameless.command = {"/usr/bin/mcp-git"};
  EXPECT_EQ(join(nameless)->id.str(), "mcp-git");
}

TEST_F(JoinerTest, ATakenNameIsRefusedWithTheWayOut) {
  speak("mcp", "http://x:1", 1, "Bank");
  speak("a2a", "http://x:2", 1, "Bank");
  ASSERT_TRUE(join(at("http://x:1")));
  for (const std::string name : {"", "bank"}) {
    const auto taken = join(at("http://x:2", name));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Code::already_exists);
    EXPECT_NE(taken.error().message.find("--as NAME"), std::string::npos) << taken.error().message;
  }
  EXPECT_TRUE(join(at("http://x:2", "bank-2")));
  EXPECT_FALSE(join(at("http://x:2", "Bank 3")));
}

TEST_F(JoinerTest, WhatWasAddedIsThereAfterARestartWithItsReferencesOnly) {
  speak("mcp", "http://x:1", 1, "Bank");
  ::setenv("WEFT_TEST_TOKEN", "canary", 1);
  auto request = at("http://x:1");
  request.bearer = "${WEFT_TEST_TOKEN}";
  request.headers.emplace_back("X-Team", "${WEFT_TEST_TOKEN}");
  request.environment["A"] = "b";
  request.timeout_ms = 5'000;
  request.concurrency_max = 3;
  request.approvals["pay"] = Approval::both;
  ASSERT_TRUE(join(request));
  boot();
  world_.probed.clear();
  restore();
  EXPECT_EQ(joiner_->waiting().size(), 1U);
  reconcile({});
  EXPECT_EQ(list(), "bank:mcp");
  EXPECT_EQ(world_.probed, std::vector<std::string>{"mcp"}) << "what it speaks is known already";
  const auto kept = hub_->registry().snapshot()->find("bank")->request;
  EXPECT_EQ(kept.bearer, "${WEFT_TEST_TOKEN}");
  EXPECT_EQ(kept.headers, request.headers);
  EXPECT_EQ(kept.environment, request.environment);
  EXPECT_EQ(kept.timeout_ms, 5'000);
  EXPECT_EQ(kept.concurrency_max, 3U);
  EXPECT_EQ(kept.approvals, request.approvals);
  EXPECT_EQ(kept.origin, "weft add");
  EXPECT_TRUE(leave("bank"));
  EXPECT_EQ(list(), "");
  boot();
  restore();
  EXPECT_TRUE(joiner_->waiting().empty());
  EXPECT_EQ(leave("bank").error().reason, Reason::solution_not_found);
}

TEST_F(JoinerTest, OneThatIsDownJoinsWhenItAnswers) {
  reconcile({configured("bank", "http://x:1")});
  EXPECT_EQ(list(), "");
  ASSERT_EQ(joiner_->waiting().size(), 1U);
  EXPECT_NE(joiner_->waiting().front().why.find("http://x:1"), std::string::npos);
  const auto waits = hub_->registry().snapshot();
  for (const Error& error :
       {find_skill(*waits, "bank", "pay").error(), find_model(*waits, "tool/bank/pay").error(),
        missing_solution(*waits, "bank")}) {
    EXPECT_EQ(error.reason, Reason::unavailable) << error.message;
    EXPECT_EQ(error.solution, "bank");
    EXPECT_EQ(error.message.find("http://x:1"), std::string::npos)
        << "where it is concerns no caller: " << error.message;
  }
  EXPECT_EQ(missing_solution(*waits, "banks").reason, Reason::solution_not_found);
  EXPECT_EQ(join(at("http://x:2", "bank")).error().code, Code::already_exists)
      << "its name is kept for it";
  run(loop_, [&]() -> Awaitable<> {
    TaskGroup group(loop_.get_executor());
    group.spawn(joiner_->keep_fresh(loop_.get_executor(), group.token()));
    const CancelToken never;
    co_await sleep_for(Milliseconds(50), never);
    speak("mcp", "http://x:1", 1);
    for (int i = 0; i < 400 && list().empty(); ++i) co_await sleep_for(Milliseconds(10), never);
    co_await group.join();
  });
  EXPECT_EQ(list(), "bank:mcp");
  EXPECT_TRUE(joiner_->waiting().empty());
  EXPECT_EQ(hub_->registry().snapshot()->absent, nullptr);
}

TEST_F(JoinerTest, TheRegistryFollowsTheConfiguration) {
  for (const char* url : {"http://x:1", "http://x:2", "http://x:3"}) speak("mcp", url, 1);
  ASSERT_TRUE(join(at("http://x:3", "extra")));
  reconcile({configured("a", "http://x:1"), configured("b", "http://x:2")});
  EXPECT_EQ(list(), "a:mcp b:mcp extra:mcp");
  const auto* before = hub_->registry().snapshot()->find("a");
  const std::size_t connected = world_.connected.size();
  // Another line of the file is no change; another address is.
  reconcile({configured("a", "http://x:1", "weft.yaml:9"), configured("b", "http://x:3")});
  EXPECT_EQ(hub_->registry().snapshot()->find("a"), before);
  EXPECT_EQ(hub_->registry().snapshot()->find("b")->request.url, "http://x:3");
  EXPECT_EQ(world_.connected.size(), connected + 1);
  const auto kept = leave("a");
  EXPECT_NE(kept.error().message.find("weft.yaml:3"), std::string::npos) << kept.error().message;
  reconcile({configured("extra", "http://x:1")});
  EXPECT_EQ(list(), "extra:mcp");
  EXPECT_EQ(hub_->registry().snapshot()->find("extra")->request.source, Source::configured)
      << "weft.yaml wins";
}

TEST_F(JoinerTest, ConfigurationWinsOverWhatIsRestored) {
  speak("mcp", "http://x:1", 1);
  speak("a2a", "http://x:2", 1);
  ASSERT_TRUE(join(at("http://x:1", "bank")));
  boot();
  restore();
  reconcile({configured("bank", "http://x:2")});
  EXPECT_EQ(list(), "bank:a2a");
  EXPECT_TRUE(joiner_->waiting().empty());
}

TEST_F(JoinerTest, WhatIsRemovedWhileItIsTriedDoesNotComeIn) {
  reconcile({configured("bank", "http://x:1")});
  speak("mcp", "http://x:1", 1);
  world_.pause = Milliseconds(100);
  run(loop_, [&]() -> Awaitable<> {
    TaskGroup group(loop_.get_executor());
    group.spawn(joiner_->keep_fresh(loop_.get_executor(), group.token()));
    const CancelToken never;
    co_await sleep_for(Milliseconds(kRejoinMs + 150), never);
    std::vector<JoinRequest> none;
    co_await joiner_->reconcile(std::move(none), loop_.get_executor(), {});
    co_await sleep_for(Milliseconds(200), never);
    co_await group.join();
  });
  EXPECT_EQ(list(), "");
}

}  // namespace
}  // namespace weft::hub
