#include <gtest/gtest.h>

#include <algorithm>
#include <format>

#include "weft/base/timers.h"
#include "weft/ml/serving/endpoints.h"
#include "weft/ml/serving/limits.h"
#include "weft/ml/serving/world_testing.h"

namespace weft::ml {
namespace {

using ml::testing::Asked;
using ml::testing::FakeProgram;
using ml::testing::model_of;
using ml::testing::World;
using Script = FakeProgram::Script;
using Told = std::vector<std::string>;

/// Programs that say which model they have; one that is called `bad…` does not load.
Script by_name(const WorkerSpec& spec) {
  const std::string name = model_of(spec);
  if (name.starts_with("bad")) return {.refusal = name + " does not load"};
  return {.about = R"({"features":[")" + name + R"("]})",
          .answer = [name](FakeProgram& program, const Asked& asked) {
            program.reply(asked, name + ":" + asked.body);
          }};
}

/// An endpoint `e` of the configuration `one`, with others to change to.
void make_changeable(World& world) {
  world.script = by_name;
  world.live();
  for (const char* each : {"one", "two", "bad"}) {
    world.make_model(World::named(each));
    ASSERT_TRUE(world.make_config(each, {World::variant("V", each)}).has_value());
  }
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::in_service);
}

/// Requests one after the other from each of several callers on each loop, until they are told to
/// end.
struct Stream {
  World& world;
  std::atomic<bool> over = false;
  std::atomic<std::size_t> running = 0;
  std::atomic<std::size_t> answered = 0;
  std::mutex mutex;
  std::vector<std::string> wrong;
  std::map<std::string, std::size_t> by_model;

  void start(std::size_t callers) {
    const auto loops = world.loops.executors();
    for (const Executor& loop : loops) {
      for (std::size_t i = 0; i < callers; ++i) {
        ++running;
        boost::asio::co_spawn(loop, caller(world.endpoints->serving("ann", "e")),
                              [](const std::exception_ptr& thrown) { WEFT_ASSERT(!thrown); });
      }
    }
  }
  Awaitable<> caller(std::shared_ptr<Inferring> front) {
    for (int i = 0; !over; ++i) {
      const std::string body = std::to_string(i);
      const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
      const Invocation invocation{.body = body};
      auto reply = co_await front->invoke(invocation, until, {});
      take(body, reply);
    }
    --running;
  }
  void take(const std::string& body, const Result<InvocationReply>& reply) {
    ++answered;
    const std::scoped_lock lock(mutex);
    if (!reply) return wrong.push_back(reply.error().message);
    if (!reply->body.ends_with(":" + body)) return wrong.push_back(reply->body);
    ++by_model[reply->body.substr(0, reply->body.find(':'))];
  }
  void more(std::size_t count) {
    const std::size_t target = answered + count;
    world.turn([&] { return answered >= target; });
  }
  void end() {
    over = true;
    world.turn([&] { return running == 0; });
  }
};

TEST(EndpointUpdate, NoRequestIsLost) {
  World world(2);
  make_changeable(world);
  Stream stream{world};
  stream.start(8);
  for (int round = 0; round < 6; ++round) {
    stream.more(200);
    const char* to = round % 2 == 0 ? "two" : "one";
    ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", to, false)).has_value());
    world.until("e", EndpointStatus::in_service);
    EXPECT_EQ(world.find()->config, to);
  }
  stream.more(200);
  stream.end();
  EXPECT_EQ(stream.wrong, std::vector<std::string>());
  EXPECT_GT(stream.by_model["one"], 0U);
  EXPECT_GT(stream.by_model["two"], 0U);
  world.turn([&] { return world.workers.alive() == 1; });
  EXPECT_EQ(world.workers.programs.size(), 7U);
}

TEST(EndpointUpdate, OneThatDoesNotLoadIsTakenBack) {
  World world(2);
  make_changeable(world);
  Stream stream{world};
  stream.start(4);
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "bad", false)).has_value());
  EXPECT_EQ(world.status(), EndpointStatus::updating);
  EXPECT_EQ(world.find()->config, "one") << "it answers still";
  EXPECT_EQ(world.run(world.endpoints->update("ann", "e", "two", false)).error().code,
            Code::failed_precondition);
  EXPECT_EQ(world.run(world.endpoints->erase("ann", "e")).error().code, Code::failed_precondition);
  EXPECT_EQ(world.run(world.endpoints->change_variants("ann", "e", {})).error().code,
            Code::failed_precondition);
  world.until("e", EndpointStatus::in_service);
  stream.more(100);
  stream.end();
  EXPECT_EQ(stream.wrong, std::vector<std::string>());
  EXPECT_EQ(world.find()->config, "one");
  EXPECT_EQ(world.find()->failure,
            "the update to the configuration bad was taken back: variant V: model bad: bad does "
            "not load");
  EXPECT_EQ(world.workers.alive(), 1U);
  EXPECT_EQ(world.told, (Told{"serving e one"}));
  // The next one clears it.
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "two", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.find()->failure, "");
  EXPECT_EQ(world.told, (Told{"serving e one", "serving e two"}));
  EXPECT_EQ(json::write(world.endpoints->serving("ann", "e")->about()->about),
            R"({"features":["two"]})");
}

TEST(EndpointUpdate, WhatRunsOnTheOldIsAnsweredThere) {
  World world;
  make_changeable(world);
  // From now on the old worker keeps what it is asked.
  std::vector<Asked> held;
  world.script = [&](const WorkerSpec& spec) {
    if (model_of(spec) == "one") {
      return Script{.answer = [&](FakeProgram&, const Asked& asked) { held.push_back(asked); }};
    }
    return by_name(spec);
  };
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "two", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "one", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  std::optional<Result<InvocationReply>> reply;
  const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
  weft::testing::start(
      world.loops.home(),
      weft::testing::keep(world.endpoints->serving("ann", "e")->invoke({.body = "x"}, until, {}),
                          reply));
  world.turn([&] { return held.size() == 1; });
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "two", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.answer("y"), "two:y");
  EXPECT_FALSE(reply.has_value());
  FakeProgram& old = *world.workers.programs.at(world.workers.programs.size() - 2);
  EXPECT_FALSE(old.end.has_value()) << "it is still at it";
  old.reply(held[0], "late but right");
  world.turn([&] { return reply.has_value(); });
  EXPECT_EQ((*reply)->body, "late but right");
  world.turn([&] { return old.end.has_value(); });
}

TEST(EndpointUpdate, WeightsAreKeptWhereWanted) {
  World world;
  world.script = by_name;
  world.live();
  for (const char* each : {"one", "two"}) world.make_model(World::named(each));
  ASSERT_TRUE(
      world.make_config("c", {World::variant("A", "one"), World::variant("B", "two")}).has_value());
  ASSERT_TRUE(world.make_config("d", {World::variant("A", "two", 5), World::variant("C", "one", 5)})
                  .has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  ASSERT_TRUE(world
                  .run(world.endpoints->change_variants(
                      "ann", "e", {{.variant = "A", .weight = 0.5, .instances = 2}}))
                  .has_value());
  world.until("e", EndpointStatus::in_service);
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "d", true)).has_value());
  world.until("e", EndpointStatus::in_service);
  const auto kept = world.find()->variants;
  EXPECT_EQ(kept.at(0).weight, 0.5);
  EXPECT_EQ(kept.at(0).instances, 2);
  EXPECT_EQ(kept.at(1).weight, 5);
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "d", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.find()->variants.at(0).weight, 5);
  EXPECT_EQ(world.find()->variants.at(0).instances, 1);
}

TEST(EndpointUpdate, MoreAndFewerWorkers) {
  World world(2);
  make_changeable(world);
  Stream stream{world};
  stream.start(4);
  const auto change = [&](std::int64_t instances) {
    return world.run(
        world.endpoints->change_variants("ann", "e", {{.variant = "V", .instances = instances}}));
  };
  ASSERT_TRUE(change(3).has_value());
  EXPECT_EQ(world.status(), EndpointStatus::updating);
  EXPECT_EQ(world.find()->variants[0].instances, 1);
  EXPECT_EQ(world.find()->variants[0].desired_instances, 3);
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.find()->variants[0].instances, 3);
  stream.more(300);
  for (const auto& each : world.workers.programs) EXPECT_GT(each->answered, 0U);
  ASSERT_TRUE(change(1).has_value());
  world.until("e", EndpointStatus::in_service);
  world.turn([&] { return world.workers.alive() == 1; });
  EXPECT_EQ(world.find()->variants[0].instances, 1);
  stream.more(100);
  stream.end();
  EXPECT_EQ(stream.wrong, std::vector<std::string>());
  EXPECT_EQ(change(0).error().reason, Reason::invalid_argument);
  EXPECT_EQ(world.run(world.endpoints->change_variants("ann", "e", {{.variant = "W", .weight = 1}}))
                .error()
                .reason,
            Reason::invalid_argument);
}

TEST(EndpointUpdate, MoreWorkersThatCannotBeHad) {
  World world;
  make_changeable(world);
  world.workers.refusal = "no memory";
  ASSERT_TRUE(world
                  .run(world.endpoints->change_variants(
                      "ann", "e", {{.variant = "V", .weight = 3, .instances = 2}}))
                  .has_value());
  world.until("e", EndpointStatus::in_service);
  const auto endpoint = world.find();
  EXPECT_EQ(endpoint->failure,
            "the numbers of instances stay as they were: variant V: model one: no memory");
  EXPECT_EQ(endpoint->variants[0].desired_instances, 1);
  EXPECT_EQ(endpoint->variants[0].weight, 3);
  EXPECT_EQ(world.answer("x"), "one:x");
}

TEST(EndpointUpdate, AWorkerThatDiesIsStartedAgain) {
  World world(2);
  make_changeable(world);
  // From now on they keep the first request they get, and die of it.
  world.script = [](const WorkerSpec&) {
    return Script{.lines = {"half way through"},
                  .answer = [](FakeProgram& program, const Asked& asked) {
                    if (asked.body == "poison") return program.die({.exit_code = -1, .signal = 11});
                    program.reply(asked, "two:" + asked.body);
                  }};
  };
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "two", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  const auto dead = world.ask("poison");
  ASSERT_FALSE(dead.has_value());
  EXPECT_EQ(dead.error().reason, Reason::solution_failed);
  const std::string_view told = dead.error().message;
  constexpr std::string_view kHow =
      "the model's program ended (signal 11) before it had answered; its log stream: ";
  ASSERT_TRUE(told.starts_with(kHow)) << told;
  const std::string_view stream =
      told.substr(kHow.size(), std::string_view("V/i-0123456789ab").size());
  EXPECT_EQ(told.substr(kHow.size() + stream.size()), "; its last lines: half way through");
  world.turn([&] { return world.find()->variants[0].instances == 0; });
  EXPECT_EQ(world.status(), EndpointStatus::in_service);
  EXPECT_EQ(world.endpoints->serving("ann", "e")->about(), nullptr);
  EXPECT_EQ(world.answer("x").substr(0, 11), "unavailable");
  world.turn([&] { return world.find()->variants[0].instances == 1; });
  EXPECT_EQ(world.answer("x"), "two:x");
  EXPECT_NE(world.endpoints->serving("ann", "e")->about(), nullptr);
  // Each has a log of its own, as the one before the update had.
  std::vector<LogStream> streams;
  world.turn([&] {
    streams = *world.run(world.logs.streams(owned_group("ann", Endpoints::log_group("e")), "V/"));
    return streams.size() == 3;
  });
  EXPECT_NE(std::ranges::find(streams, stream, &LogStream::name), streams.end()) << told;
}

TEST(EndpointUpdate, AWorkerThatBreaksOneLinkIsStartedAgain) {
  World world(2);
  make_changeable(world);
  FakeProgram& first = *world.workers.programs[0];
  first.send_raw(1, std::string_view("\x01\x00\x00\x00x", 5));
  world.turn([&] { return world.workers.programs.size() == 2; });
  EXPECT_TRUE(first.end.has_value());
  world.turn([&] { return world.find()->variants[0].instances == 1; });
  EXPECT_EQ(world.workers.alive(), 1U);
  EXPECT_EQ(world.answer("x"), "one:x");
}

TEST(EndpointUpdate, OneOfTwoWorkersIsEnough) {
  World world;
  make_changeable(world);
  ASSERT_TRUE(
      world.run(world.endpoints->change_variants("ann", "e", {{.variant = "V", .instances = 2}}))
          .has_value());
  world.until("e", EndpointStatus::in_service);
  world.workers.refusal = "not now";
  world.workers.programs[1]->die({.exit_code = 1});
  world.turn([&] { return world.find()->variants[0].instances == 1; });
  for (int i = 0; i < 10; ++i) EXPECT_EQ(world.answer("x"), "one:x");
  world.workers.refusal.clear();
  world.turn([&] { return world.find()->variants[0].instances == 2; });
}

TEST(EndpointUpdate, TheOtherVariantTakesOver) {
  World world;
  world.script = by_name;
  world.live();
  for (const char* each : {"one", "two"}) world.make_model(World::named(each));
  ASSERT_TRUE(
      world.make_config("c", {World::variant("A", "one"), World::variant("B", "two")}).has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  world.workers.refusal = "not now";
  world.workers.programs[0]->die({.exit_code = 1});
  // Whichever of the two was started first.
  const auto gone = [&](std::size_t variant) {
    return world.find()->variants[variant].instances == 0;
  };
  world.turn([&] { return gone(0) || gone(1); });
  const bool first = gone(0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(world.answer("x"), first ? "two:x" : "one:x");
  EXPECT_EQ(world.answer("x", first ? "A" : "B"),
            std::format("unavailable: no worker of the variant {} is ready; try again shortly",
                        first ? "A" : "B"));
}

TEST(EndpointUpdate, DeathsInARowGrowRarer) {
  World world;
  make_changeable(world);
  // Begun well, every next worker dies at once.
  world.script = [](const WorkerSpec&) { return Script{.refusal = "no more"}; };
  const auto began = std::chrono::steady_clock::now();
  world.workers.programs[0]->die({.exit_code = 1});
  world.turn([&] { return world.workers.programs.size() == kWorkerDeathsMax; });
  const auto took = std::chrono::steady_clock::now() - began;
  // 100, 200, 400 and 800 ms.
  EXPECT_GE(took, kRestartPauseMin * 15);
  EXPECT_EQ(world.status(), EndpointStatus::in_service);
  EXPECT_TRUE(world.answer("x").starts_with("unavailable"));
  // It does not stand in the way of an update.
  world.script = by_name;
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "two", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.answer("x"), "two:x");
}

TEST(EndpointUpdate, AModelWhoseWorkersCrashIsPutInQuarantine) {
  World world;
  make_changeable(world);
  world.script = [](const WorkerSpec&) {
    return Script{.ready = false, .dies = WorkerEnd{.exit_code = -1, .signal = 11}};
  };
  // What happens in service does not count; of those that load, the second is the last.
  world.workers.programs[0]->die({.exit_code = -1, .signal = 11});
  world.turn([&] { return world.workers.programs.size() == 3 && world.workers.alive() == 0; });
  // Nor does anybody else load these files, whatever they call the model.
  ModelSpec again = World::named("one");
  again.name = "again";
  world.make_model(again);
  ASSERT_TRUE(world.make_config("again", {World::variant("V", "again")}).has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "f", "again", {})).has_value());
  world.until("f", EndpointStatus::failed);
  EXPECT_TRUE(world.find("f")->failure.contains("the model is in quarantine: 2 workers crashed"))
      << world.find("f")->failure;
  EXPECT_EQ(world.workers.programs.size(), 3U);
  // Other files are loaded as ever.
  world.put("data", "m/other.tar.gz", "other");
  ModelSpec other = World::named("other");
  other.data->key = "m/other.tar.gz";
  world.make_model(other);
  ASSERT_TRUE(world.make_config("other", {World::variant("V", "other")}).has_value());
  world.script = by_name;
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "other", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.answer("x"), "other:x");
}

}  // namespace
}  // namespace weft::ml
