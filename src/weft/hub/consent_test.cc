#include "weft/hub/consent.h"

#include <gmock/gmock.h>

#include <functional>

#include "weft/hub/audit.h"
#include "weft/hub/limits.h"
#include "weft/hub/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::hub {
namespace {

using ::testing::HasSubstr;

model::Skill skill_of(std::string id, model::Effects effects = {}) {
  model::Skill skill = testing::fake_skill(std::move(id));
  skill.effects = effects;
  return skill;
}

model::Call payment(std::string_view args) {
  model::Call call;
  call.solution = SolutionId("bank");
  call.skill = SkillId("pay");
  call.principal.name = "ada";
  call.args = json::parse(args).value();
  return call;
}

TEST(Consent, IsBoundToEverythingThatMatters) {
  model::Solution solution;
  solution.id = SolutionId("bank");
  solution.version = "1";
  const model::Skill skill = skill_of("pay");
  const model::Call call = payment(R"({"to":"Li","amount":5,"more":{"b":1,"a":[1,2]}})");
  const std::string digest = consent_digest(solution, skill, call);
  EXPECT_EQ(digest.size(), 64U);
  EXPECT_EQ(consent_digest(solution, skill,
                           payment(R"({"more":{"a":[1,2],"b":1},"amount":5,"to":"Li"})")),
            digest);
  const std::vector<std::function<void(model::Solution&, model::Skill&, model::Call&)>> changes{
      [](auto&, auto&, auto& c) { c.args->as_object()["amount"] = 6; },
      [](auto&, auto&, auto& c) { c.args->as_object()["amount"] = "5"; },
      [](auto&, auto&, auto& c) { c.args->as_object()["note"] = nullptr; },
      [](auto&, auto&, auto& c) { c.args->at_pointer("/more/a").as_array()[0] = 2; },
      [](auto&, auto&, auto& c) { c.principal.name = "bob"; },
      [](auto&, auto&, auto& c) {
        c.turns.push_back({"", model::Role::user, "", {model::Part::text("x")}});
      },
      [](auto&, auto& s, auto&) { s.id = SkillId("pay2"); },
      [](auto&, auto& s, auto&) { s.description = "Pays twice"; },
      [](auto&, auto& s, auto&) { s.input_schema = json::object{{"type", "object"}}; },
      [](auto& s, auto&, auto&) { s.version = "2"; },
      [](auto& s, auto&, auto&) { s.url = "http://127.0.0.1:1"; },
      [](auto& s, auto&, auto&) { s.id = SolutionId("bank2"); },
  };
  for (const auto& change : changes) {
    auto s = solution;
    auto k = skill;
    auto c = call;
    change(s, k, c);
    EXPECT_NE(consent_digest(s, k, c), digest);
  }
}

TEST(Consent, IsAskedForWhatTheHubChoseUnlessItHarmsNothing) {
  struct Case {
    model::Effects effects;
    std::map<std::string, Approval> approvals;
    bool by_caller;
    bool by_hub;
  };
  const std::vector<Case> cases{
      {{}, {}, false, true},
      {{.read_only = true}, {}, false, false},
      {{.read_only = false}, {}, false, true},
      {{.read_only = false, .destructive = false}, {}, false, false},
      {{.idempotent = true}, {}, false, true},
      {{.destructive = true}, {}, false, true},
      {{}, {{"pay", Approval::solution}}, false, false},
      {{}, {{"*", Approval::solution}}, false, false},
      {{.read_only = true}, {{"pay", Approval::hub}}, true, true},
      {{}, {{"pay", Approval::both}}, true, true},
  };
  for (const Case& each : cases) {
    JoinRequest request;
    request.approvals = {each.approvals.begin(), each.approvals.end()};
    const auto entry =
        testing::fake_solution("bank", std::make_shared<testing::FakeService>(testing::echo_script),
                               {skill_of("pay", each.effects)}, request);
    const model::Skill& skill = entry->solution->skills.front();
    EXPECT_EQ(needs_consent(*entry, skill, Chosen::by_caller), each.by_caller);
    EXPECT_EQ(needs_consent(*entry, skill, Chosen::by_hub), each.by_hub);
  }
  model::Skill talks = testing::fake_skill("talk", model::Shape::converse);
  const auto agent = testing::fake_solution(
      "clinic", std::make_shared<testing::FakeService>(testing::echo_script), {talks}, {});
  EXPECT_FALSE(needs_consent(*agent, talks, Chosen::by_hub));
}

/// Tables whose writes fail when told to.
class FailingTables final : public store::Tables {
 public:
  Awaitable<Result<std::optional<json::value>>> get(std::string space, std::string key) override {
    return tables_.get(std::move(space), std::move(key));
  }
  Awaitable<Result<void>> put(std::string space, std::string key, json::value value) override {
    if (fails) co_return fail(Reason::storage_full, "the disk is full");
    co_return co_await tables_.put(std::move(space), std::move(key), std::move(value));
  }
  Awaitable<Result<bool>> erase(std::string space, std::string key) override {
    return tables_.erase(std::move(space), std::move(key));
  }
  Awaitable<Result<std::vector<store::Row>>> scan(std::string space, std::string prefix,
                                                  std::string after, std::size_t limit) override {
    return tables_.scan(std::move(space), std::move(prefix), std::move(after), limit);
  }
  bool fails = false;

 private:
  store::MemoryTables tables_;
};

class ConsentTest : public ::testing::Test {
 protected:
  /// What the call came to when the question of the hub, if there is one, is answered so.
  Result<model::Output> pay(std::string_view args, Chosen chosen, model::Answer answer) {
    return testing::run_on<Result<model::Output>>(loop_, [&]() -> Awaitable<Result<model::Output>> {
      CallContext context = testing::context_on(loop_);
      context.chosen = chosen;
      auto stream = hub_.call(payment(args), std::move(context));
      auto folded = co_await fold_stream(*stream, kAnswerBytesMax);
      if (folded.ask) {
        asked_.push_back(*folded.ask);
        model::Answers answers;
        answers["approve"] = answer;
        EXPECT_TRUE(stream->answer(std::move(answers)));
        folded = co_await fold_stream(*stream, kAnswerBytesMax);
      }
      co_return std::move(folded.end.outcome);
    });
  }
  std::vector<AuditEntry> noted(model::Principal principal) {
    return testing::run_on<std::vector<AuditEntry>>(
        loop_, [&]() -> Awaitable<std::vector<AuditEntry>> {
          auto entries = co_await hub_.audit().list(principal, 100);
          co_return *std::move(entries);
        });
  }
  void join() {
    ASSERT_TRUE(
        hub_.registry().add(testing::fake_solution("bank", service_, {skill_of("pay")}, {})));
  }

  boost::asio::io_context loop_{1};
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  FailingTables tables_;
  store::MemoryJournal journal_;
  Hub hub_{{clock_, random_, tables_, journal_}};
  std::shared_ptr<testing::FakeService> service_ =
      std::make_shared<testing::FakeService>(testing::echo_script);
  std::vector<model::Ask> asked_;
};

TEST_F(ConsentTest, EachAnswerIsWrittenDown) {
  join();
  EXPECT_TRUE(pay(R"({"amount":5})", Chosen::by_hub, {.text = "yes"}));
  const auto refused = pay(R"({"amount":6})", Chosen::by_hub, {.text = "no, 5"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::refused);
  EXPECT_TRUE(pay(R"({"amount":7})", Chosen::by_caller, {}));
  EXPECT_EQ(service_->started, 2);
  ASSERT_EQ(asked_.size(), 2U);
  const auto entries = noted({.name = "ada"});
  ASSERT_EQ(entries.size(), 2U);
  const auto& yes = entries[0].allowed ? entries[0] : entries[1];
  const auto& no = entries[0].allowed ? entries[1] : entries[0];
  EXPECT_TRUE(yes.allowed);
  EXPECT_EQ(yes.solution + "/" + yes.skill, "bank/pay");
  EXPECT_THAT(yes.shown, HasSubstr(R"({"amount":5})"));
  EXPECT_EQ(yes.digest, asked_[0].items.at("approve").raw.at("digest").as_string());
  EXPECT_FALSE(no.allowed);
  EXPECT_EQ(no.words, "no, 5");
  EXPECT_NE(no.digest, yes.digest);
  EXPECT_TRUE(noted({.name = "eve"}).empty());
  EXPECT_EQ(noted({.name = "root", .admin = true}).size(), 2U);
}

TEST_F(ConsentTest, WhatCannotBeWrittenDownIsNotDone) {
  join();
  tables_.fails = true;
  const auto outcome = pay(R"({"amount":5})", Chosen::by_hub, {.text = "yes"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().reason, Reason::storage_full);
  EXPECT_EQ(service_->started, 0);
}

}  // namespace
}  // namespace weft::hub
