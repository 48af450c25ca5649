// The wire as it reads, both versions and both directions: what a caller sends becomes the call
// beside it, what a call came to becomes the answers beside it.
#include <gtest/gtest.h>

#include <filesystem>

#include "weft/adapters/a2a/errors.h"
#include "weft/adapters/a2a/incoming.h"
#include "weft/adapters/a2a/intake.h"
#include "weft/adapters/a2a/jsonrpc_binding.h"
#include "weft/adapters/a2a/outgoing.h"
#include "weft/adapters/a2a/own_card.h"
#include "weft/adapters/a2a/view.h"
#include "weft/adapters/common/golden.h"
#include "weft/model/codec.h"

namespace weft::adapters::a2a {
namespace {

const std::filesystem::path kGolden = std::string(WEFT_SOURCE) + "/src/weft/adapters/a2a/golden";

void expect_golden(const std::string& name, const json::value& value) {
  const std::string text = json::write_pretty(value);
  EXPECT_EQ(golden(kGolden, name, text), text);
}

struct Named {
  Version version;
  std::string name;
};
const Named kVersions[] = {
    {Version::v10, "v10"}, {Version::v03, "v03"}, {Version::v03_rest, "v03_rest"}};

std::shared_ptr<const hub::Entry> bank() {
  model::Solution solution;
  solution.id = SolutionId("bank");
  solution.title = "Bank";
  solution.description = "Accounts and payments.";
  solution.protocol = "mcp";
  model::Skill pay;
  pay.id = SkillId("pay");
  pay.title = "Pay";
  pay.description = "Pays a sum.";
  pay.input_schema =
      json::parse(
          R"({"type":"object","properties":{"amount":{"type":"number"}},"required":["amount"]})")
          .value();
  solution.skills = {pay};
  return hub::make_entry(std::move(solution), nullptr, {}, "test");
}

/// A file that was written by hand.
json::object given(const std::string& name) {
  return json::parse(read_text_file(kGolden / name)).value().get_object();
}

TEST(Golden, ACallersRequestBecomesACall) {
  for (const Named& one : kVersions) {
    const auto request = Codec(one.version).read_request(given("request." + one.name + ".json"));
    ASSERT_TRUE(request) << request.error().message;
    auto snapshot = std::make_shared<hub::Snapshot>();
    snapshot->entries.push_back(bank());
    auto target = find_target({snapshot, bank()}, *request);
    ASSERT_TRUE(target) << target.error().message;
    model::Call call;
    call.id = CallId("call-1");
    read_call(*target, *request, call);
    expect_golden("request.call.json", model::to_json(call));
  }
}

TEST(Golden, ACallBecomesAMessageToAnAgent) {
  model::Call call;
  call.id = CallId("call-1");
  call.args = json::parse(R"({"amount":3})").value();
  const Outgoing out = write_call(call, bank()->solution->skills.front(), false);
  for (const Named& one : kVersions) {
    expect_golden("outgoing." + one.name + ".json", Codec(one.version).write(out.request));
  }
}

TEST(Golden, AnAgentsEventsBecomeTheEventsOfACall) {
  for (const Named& one : kVersions) {
    const json::object file = given("stream." + one.name + ".json");
    Intake intake(Manner::plain);
    std::vector<model::Event> events;
    for (const json::value& item : file.at("items").get_array()) {
      auto read = Codec(one.version).read_item(item);
      ASSERT_TRUE(read) << read.error().message;
      ASSERT_TRUE(intake.take(*std::move(read), events));
    }
    auto output = intake.finish(events);
    ASSERT_TRUE(output) << output.error().message;
    events.push_back(model::end_with(*std::move(output)));
    json::array out;
    for (const model::Event& event : events) out.push_back(model::to_json(event));
    expect_golden("stream.events.json", out);
  }
}

hub::TaskView paid() {
  hub::TaskView view;
  view.id = TaskId("task-1");
  view.context = ContextId("context-1");
  view.updated_ms = 1'795'424'400'000;
  view.history.push_back({"m1", model::Role::user, "", {model::Part::text("Pay 3.")}});
  model::Output output;
  output.turns.push_back({"", model::Role::assistant, "", {model::Part::text("paid 3")}});
  output.data = json::parse(R"({"paid":3})").value();
  output.usage = model::Usage{5, 2, 0, 0};
  view.end = model::End{std::move(output),
                        {{"/tools", "call", "", model::LossKind::dropped, "not offered"}}};
  return view;
}

TEST(Golden, WhatACallCameToBecomesATask) {
  for (const Named& one : kVersions) {
    expect_golden("task." + one.name + ".json",
                  Codec(one.version).write(StreamItem(task_of(paid(), Show{}))));
  }
}

TEST(Golden, AQuestionBecomesAnUpdate) {
  model::Ask ask;
  ask.items["confirm"] = {
      model::Ask::Kind::form,
      "Pay 3?",
      json::parse(R"({"type":"object","properties":{"confirm":{"type":"boolean"}}})").value(),
      "",
      {}};
  for (const Named& one : kVersions) {
    Telling telling("task-1", "context-1");
    const auto items = telling.tell({2, 1'795'424'400'000, {ask}});
    ASSERT_EQ(items.size(), 1U);
    expect_golden("ask." + one.name + ".json", Codec(one.version).write(items.front()));
  }
}

TEST(Golden, Cards) {
  const Card card = solution_card(*bank(), {"http://127.0.0.1:8420", true});
  expect_golden("card.v10.json", write_card(card, CardShape::v10));
  expect_golden("card.v03.json", write_card(card, CardShape::v03));
  expect_golden("card.both.json", write_card(card, CardShape::both));
}

TEST(Golden, Errors) {
  Error error = make_argument_error("/amount", "/amount: expected number, got string");
  error.solution = "bank";
  const auto rpc = wire::write_jsonrpc_error(json::value(1), to_jsonrpc(Fault(error)));
  expect_golden("error.jsonrpc.json", json::parse(rpc).value());
  expect_golden("error.rest.json",
                to_rest(Fault(make_error(Reason::task_not_found, "there is no such task"))));
}

}  // namespace
}  // namespace weft::adapters::a2a
