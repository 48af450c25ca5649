// Messages that are sent again under their id.
#include <gtest/gtest.h>

#include <format>
#include <future>

#include "harness.h"
#include "weft/base/timers.h"

namespace weft::a2a_door {
namespace {

using hub::testing::fake_skill;
using hub::testing::FakeService;

constexpr std::string_view kId = "0b8c1f6e-7a3d-4a52";

class ResentDoor : public ::testing::Test {
 protected:
  ResentDoor() {
    std::vector<model::Skill> skills;
    for (const char* id : {"pay", "look"})
      skills.push_back(fake_skill(id, model::Shape::invoke, R"({"type":"object"})"));
    skills.back().effects.read_only = true;
    skills.push_back(fake_skill("chat", model::Shape::converse));
    hub_.weft::testing::TestHub::add(
        hub::testing::fake_solution("shop", service_, std::move(skills)));
  }

  static std::string params(std::string_view part, std::string_view id = kId) {
    return std::format(R"({{"message":{{"messageId":"{}","role":"ROLE_USER","parts":[{}]}}}})", id,
                       part);
  }
  static std::string skill(std::string_view name, int amount) {
    return std::format(R"({{"data":{{"skill":"{}","parameters":{{"amount":{}}}}}}})", name, amount);
  }
  Answer ask(std::string_view body, std::string_view method = "SendMessage") {
    return rpc(hub_.url(), "/a2a/shop", method, body);
  }
  int started() const { return service_->started; }

  std::shared_ptr<FakeService> service_ = fake_service();
  TestHub hub_;
};

TEST_F(ResentDoor, AToolIsNotCalledTwiceForOneMessage) {
  const std::string pay = params(skill("pay", 3));
  const Answer asked = ask(pay);
  const std::string task = asked.text_at("/result/task/id");
  ASSERT_FALSE(task.empty()) << asked.body;
  const Answer again = ask(pay);
  EXPECT_EQ(again.text_at("/result/task/id"), task) << again.body;
  EXPECT_EQ(again.text_at("/result/task/status/state"), "TASK_STATE_INPUT_REQUIRED");
  EXPECT_EQ(started(), 1);
  // The same id for something else is another message.
  EXPECT_NE(ask(params(skill("pay", 4))).text_at("/result/task/id"), task);
  EXPECT_EQ(started(), 2);
}

TEST_F(ResentDoor, AnAnswerIsGivenAgain) {
  std::atomic<int> calls = 0;
  auto counting =
      std::make_shared<FakeService>([&calls](std::shared_ptr<const model::Call>,
                                             hub::Emitter&) -> Awaitable<Result<model::Output>> {
        co_return hub::testing::text_output(std::format("call {}", ++calls));
      });
  hub_.weft::testing::TestHub::add(hub::testing::fake_solution(
      "counter", counting, {fake_skill("count", model::Shape::invoke, R"({"type":"object"})")}));
  const std::string message = params(R"({"data":{"n":1}})");
  const auto said = [&](std::string_view method) {
    return rpc(hub_.url(), "/a2a/counter", method, message).text_at("/result/message/parts/0/text");
  };
  EXPECT_EQ(said("SendMessage"), "call 1");
  EXPECT_EQ(said("SendMessage"), "call 1");
  EXPECT_EQ(said("SendStreamingMessage"), "call 1");
  EXPECT_EQ(calls, 1);
  // An id that others use too tells no message from another.
  const std::string counted = params(R"({"data":{"n":1}})", "m1");
  for (const std::string_view text : {"call 2", "call 3"}) {
    EXPECT_EQ(rpc(hub_.url(), "/a2a/counter", "SendMessage", counted)
                  .text_at("/result/message/parts/0/text"),
              text);
  }
}

TEST_F(ResentDoor, WhatMayBeRepeatedIs) {
  const std::string look = params(skill("look", 1));
  EXPECT_EQ(ask(look).text_at("/result/message/parts/0/text"), "echo");
  EXPECT_EQ(ask(look).text_at("/result/message/parts/0/text"), "echo");
  EXPECT_EQ(started(), 2);
}

TEST_F(ResentDoor, AConversationIsOneTaskHoweverOftenItIsSent) {
  const std::string hello = params(R"({"text":"hello"})");
  const Answer first = ask(hello);
  const std::string task = first.text_at("/result/task/id");
  ASSERT_FALSE(task.empty()) << first.body;
  EXPECT_EQ(ask(hello).text_at("/result/task/id"), task);
  const Answer streamed = ask(hello, "SendStreamingMessage");
  ASSERT_EQ(streamed.messages.size(), 1U);
  EXPECT_EQ(streamed.text_at("/result/task/id"), task);
  EXPECT_EQ(streamed.text_at("/result/task/artifacts/0/parts/0/text"), "1 turns, last: hello");
  EXPECT_EQ(started(), 1);
}

TEST_F(ResentDoor, BothOfTwoAtOnceGetTheOneAnswer) {
  std::atomic<bool> open = false;
  auto waiting =
      std::make_shared<FakeService>([&open](std::shared_ptr<const model::Call>,
                                            hub::Emitter& out) -> Awaitable<Result<model::Output>> {
        while (!open && co_await sleep_for(Milliseconds(5), out.cancelled())) {
        }
        co_return hub::testing::text_output("done");
      });
  hub_.weft::testing::TestHub::add(hub::testing::fake_solution(
      "slow", waiting, {fake_skill("work", model::Shape::invoke, R"({"type":"object"})")}));
  const auto send = [&] {
    return rpc(hub_.url(), "/a2a/slow", "SendMessage", params(R"({"data":{"n":1}})"));
  };
  auto one = std::async(std::launch::async, send);
  auto two = std::async(std::launch::async, send);
  EXPECT_TRUE(weft::testing::wait_until([&] { return waiting->started > 0; }));
  open = true;
  for (auto* answer : {&one, &two})
    EXPECT_EQ(answer->get().text_at("/result/message/parts/0/text"), "done");
  EXPECT_EQ(waiting->started, 1);
}

}  // namespace
}  // namespace weft::a2a_door
