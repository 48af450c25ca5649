#include <gtest/gtest.h>

#include "weft/ml/serving/endpoints.h"
#include "weft/ml/serving/world_testing.h"

namespace weft::ml {
namespace {

using ml::testing::Asked;
using ml::testing::FakeProgram;
using ml::testing::model_of;
using ml::testing::says;
using ml::testing::World;
using Script = FakeProgram::Script;
using Told = std::vector<std::string>;

Script by_name(const WorkerSpec& spec) { return says(model_of(spec)); }

Script never_ready(const WorkerSpec&) { return {.ready = false}; }

void make_parts(World& world) {
  world.script = by_name;
  world.live();
  for (const char* each : {"one", "two"}) {
    world.make_model(World::named(each));
    ASSERT_TRUE(world.make_config(each, {World::variant("V", each)}).has_value());
  }
}

TEST(EndpointRestart, WhatAnsweredAnswersAgain) {
  World world;
  make_parts(world);
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {{"a", 1}})).has_value());
  world.until("e", EndpointStatus::in_service);
  ASSERT_TRUE(
      world.run(world.endpoints->change_variants("ann", "e", {{.variant = "V", .weight = 7}}))
          .has_value());
  // Neither is needed any more.
  ASSERT_TRUE(world.run(world.endpoints->erase_config("ann", "one")).has_value());
  ASSERT_TRUE(world.run(world.models->erase("ann", "one")).has_value());
  const auto before = *world.find();
  world.end();
  EXPECT_EQ(world.workers.alive(), 0U);
  world.told.clear();
  world.live();
  EXPECT_EQ(world.status(), EndpointStatus::system_updating);
  world.turn([&] {
    return world.endpoints->list({.owner = "ann", .status = "SystemUpdating"})->endpoints.size() ==
           1;
  });
  EXPECT_TRUE(world.answer("x").starts_with("unavailable"));
  EXPECT_EQ(world.told, (Told{"serving e one"})) << "it is there, and says when to come again";
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.answer("x"), "one:x");
  const auto after = *world.find();
  EXPECT_EQ(after.variants, before.variants);
  EXPECT_EQ(after.created_ms, before.created_ms);
  EXPECT_EQ(after.config, "one");
  EXPECT_EQ(json::write(after.request), R"({"a":1})");
  world.turn([&] { return world.told.size() == 2; });
  EXPECT_EQ(world.told, (Told{"serving e one", "serving e one"}));
}

TEST(EndpointRestart, WhoIsTooSoonIsToldToComeAgain) {
  World world;
  make_parts(world);
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  world.end();
  world.script = never_ready;
  world.solutions.clear();
  world.live();
  world.turn([&] { return world.workers.alive() == 1; });
  ASSERT_TRUE(world.solutions.contains("e"));
  const auto reply = world.run(world.solutions["e"]->invoke(
      {.body = "x"}, std::chrono::steady_clock::now() + Milliseconds(5'000), {}));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().reason, Reason::unavailable);
  EXPECT_TRUE(reply.error().retry_after.has_value());
  EXPECT_EQ(world.solutions["e"]->about(), nullptr);
}

TEST(EndpointRestart, ItIsTheSolutionThatItWas) {
  World world;
  make_parts(world);
  world.taken = {"e"};
  for (const char* each : {"e", "f"}) {
    ASSERT_TRUE(world.run(world.endpoints->create("ann", each, "one", {})).has_value());
    world.until(each, EndpointStatus::in_service);
  }
  EXPECT_EQ(world.endpoints->find("ann", "e")->solution, "e-ann");
  EXPECT_EQ(world.endpoints->find("ann", "f")->solution, "f");
  world.end();
  // What kept it from being `e` is gone, and somebody else took `f` meanwhile.
  world.taken = {"f"};
  world.live();
  EXPECT_EQ(world.endpoints->find("ann", "e")->solution, "e-ann");
  EXPECT_EQ(world.endpoints->find("ann", "f")->solution, "f");
  for (const char* each : {"e", "f"}) world.until(each, EndpointStatus::in_service);
  // An id is free again when its endpoint is deleted.
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "e")).has_value());
  world.turn([&] { return world.endpoints->find("ann", "e") == nullptr; });
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  EXPECT_EQ(world.endpoints->find("ann", "e")->solution, "e");
}

TEST(EndpointRestart, ItIsTriedUntilItLoads) {
  World world;
  make_parts(world);
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  world.end();
  world.script = [](const WorkerSpec&) { return Script{.refusal = "the disk is away"}; };
  world.live();
  world.turn([&] { return !world.find()->failure.empty(); });
  EXPECT_EQ(world.status(), EndpointStatus::system_updating);
  EXPECT_EQ(world.find()->failure,
            "weft was restarted and could not load the endpoint yet: variant V: model one: the "
            "disk is away");
  world.script = by_name;
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.find()->failure, "");
  EXPECT_EQ(world.answer("x"), "one:x");
}

TEST(EndpointRestart, OneThatIsLoadedAgainCanBeDeleted) {
  World world;
  make_parts(world);
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  world.end();
  world.script = never_ready;
  world.live();
  world.turn([&] { return world.workers.alive() == 1; });
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "e")).has_value());
  world.until_gone();
  EXPECT_EQ(world.workers.alive(), 0U);
}

TEST(EndpointRestart, InTheMiddleOfCreating) {
  World world;
  make_parts(world);
  world.script = never_ready;
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.turn([&] { return world.workers.alive() == 1; });
  world.end();
  EXPECT_EQ(world.workers.alive(), 0U);
  world.script = by_name;
  world.live();
  EXPECT_EQ(world.status(), EndpointStatus::creating);
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.answer("x"), "one:x");
}

TEST(EndpointRestart, InTheMiddleOfUpdating) {
  World world;
  make_parts(world);
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  world.script = never_ready;
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "two", false)).has_value());
  world.turn([&] { return world.workers.alive() == 2; });
  world.end();
  // The old answers while the new is loaded.
  world.script = [](const WorkerSpec& spec) {
    Script out = by_name(spec);
    out.ready = model_of(spec) == "one";
    return out;
  };
  world.live();
  EXPECT_EQ(world.status(), EndpointStatus::updating);
  EXPECT_EQ(world.find()->config, "one");
  world.turn([&] { return world.workers.alive() == 2; });
  EXPECT_EQ(world.answer("x"), "one:x");
  FakeProgram& next = *world.workers.programs.back();
  next.send(0, {.kind = wire::WorkerFrameKind::ready, .body = "{}"});
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.find()->config, "two");
  EXPECT_EQ(world.answer("x"), "two:x");
  world.turn([&] { return world.workers.alive() == 1; });
}

TEST(EndpointRestart, AnUpdateThatFailsAfterItIsTakenBack) {
  World world;
  make_parts(world);
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  world.script = never_ready;
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "two", false)).has_value());
  world.end();
  int refused = 0;
  world.script = [&](const WorkerSpec& spec) {
    // The old one fails once, too.
    if (model_of(spec) == "two" || refused++ == 0) return Script{.refusal = "no"};
    return by_name(spec);
  };
  world.live();
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.find()->config, "one");
  EXPECT_EQ(world.answer("x"), "one:x");
}

TEST(EndpointRestart, InTheMiddleOfResizing) {
  World world;
  make_parts(world);
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  world.script = never_ready;
  ASSERT_TRUE(world
                  .run(world.endpoints->change_variants(
                      "ann", "e", {{.variant = "V", .weight = 4, .instances = 3}}))
                  .has_value());
  world.turn([&] { return world.workers.alive() == 3; });
  world.end();
  world.script = by_name;
  world.live();
  EXPECT_EQ(world.status(), EndpointStatus::updating);
  world.until("e", EndpointStatus::in_service);
  const auto variant = world.find()->variants.at(0);
  EXPECT_EQ(variant.weight, 4);
  EXPECT_EQ(variant.instances, 3);
  EXPECT_EQ(variant.desired_instances, 3);
  EXPECT_EQ(world.answer("x"), "one:x");
  world.turn([&] { return world.workers.alive() == 3; });
}

TEST(EndpointRestart, InTheMiddleOfDeleting) {
  World world;
  make_parts(world);
  std::vector<Asked> held;
  world.script = [&](const WorkerSpec&) {
    return Script{.answer = [&](FakeProgram&, const Asked& asked) { held.push_back(asked); }};
  };
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  std::optional<Result<InvocationReply>> reply;
  const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
  weft::testing::start(
      world.loops.home(),
      weft::testing::keep(world.endpoints->serving("ann", "e")->invoke({.body = "x"}, until, {}),
                          reply));
  world.turn([&] { return held.size() == 1; });
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "e")).has_value());
  // weft does not wait for it, and cannot write any more.
  world.dying.left = 0;
  world.end();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->error().reason, Reason::unavailable);
  world.dying.left = -1;
  world.live();
  world.until_gone();
  EXPECT_EQ(world.workers.alive(), 0U);
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
}

TEST(EndpointRestart, AFailedOneStaysFailed) {
  World world;
  make_parts(world);
  world.script = [](const WorkerSpec&) { return Script{.refusal = "no"}; };
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.until("e", EndpointStatus::failed);
  world.end();
  world.live();
  EXPECT_EQ(world.status(), EndpointStatus::failed);
  EXPECT_EQ(world.find()->failure, "variant V: model one: no");
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "e")).has_value());
  world.until_gone();
}

/// All that the store says at the end of a life fits what the next one makes of it.
TEST(EndpointRestart, KilledAtEveryWrite) {
  // create: Creating, InService; update: Updating, InService; delete: Deleting, erased.
  for (int kept = 0; kept <= 6; ++kept) {
    SCOPED_TRACE(kept);
    World world;
    make_parts(world);
    world.dying.left = kept;
    const auto created = world.run(world.endpoints->create("ann", "e", "one", {}));
    EXPECT_EQ(created.has_value(), kept > 0);
    const auto settle = [&](int writes) {
      // Until it is done with its writes, or stands before the one that fails.
      world.turn([&] { return world.dying.left == 0 || world.dying.left == kept - writes; });
    };
    bool updated = false;
    bool erased = false;
    settle(2);
    if (kept > 2) {
      world.until("e", EndpointStatus::in_service);
      updated = world.run(world.endpoints->update("ann", "e", "two", false)).has_value();
      EXPECT_TRUE(updated);
      settle(4);
    }
    if (kept > 4) {
      world.until("e", EndpointStatus::in_service);
      erased = world.run(world.endpoints->erase("ann", "e")).has_value();
      EXPECT_TRUE(erased);
      settle(6);
    }
    // Nobody was told what is not in the store.
    if (const auto seen = world.find()) {
      const auto row = world.run(world.tables.get("ml.endpoints", "ann/e"));
      ASSERT_TRUE(row && *row);
      EXPECT_EQ(json::string_at((*row)->get_object(), "status"), to_string(seen->status));
    }
    world.end();
    world.dying.left = -1;
    world.live();
    if (kept == 0 || kept == 6) {
      EXPECT_EQ(world.find(), nullptr);
      continue;
    }
    if (erased) {
      world.until_gone();
      EXPECT_EQ(world.workers.alive(), 0U);
      continue;
    }
    world.until("e", EndpointStatus::in_service);
    EXPECT_EQ(world.find()->config, updated ? "two" : "one");
    EXPECT_EQ(world.answer("x"), updated ? "two:x" : "one:x");
    world.turn([&] { return world.workers.alive() == 1; });
  }
}

TEST(EndpointRestart, AFullDiskMakesNoneLie) {
  World world;
  make_parts(world);
  world.dying.left = 1;
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "one", {})).has_value());
  world.turn([&] { return world.workers.alive() == 1; });
  for (int i = 0; i < 20; ++i) world.loops.home().run_one_for(Milliseconds(10));
  EXPECT_EQ(world.status(), EndpointStatus::creating);
  world.dying.left = -1;
  world.until("e", EndpointStatus::in_service);
  // A change that cannot be kept is none.
  world.dying.left = 0;
  EXPECT_EQ(world.run(world.endpoints->update("ann", "e", "two", false)).error().reason,
            Reason::storage_full);
  EXPECT_EQ(world.run(world.endpoints->erase("ann", "e")).error().reason, Reason::storage_full);
  EXPECT_EQ(world.run(world.endpoints->change_variants("ann", "e", {{.variant = "V", .weight = 2}}))
                .error()
                .reason,
            Reason::storage_full);
  EXPECT_EQ(world.status(), EndpointStatus::in_service);
  EXPECT_EQ(world.find()->variants[0].weight, 1);
  EXPECT_EQ(world.answer("x"), "one:x");
  world.dying.left = -1;
  ASSERT_TRUE(world.run(world.endpoints->update("ann", "e", "two", false)).has_value());
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.answer("x"), "two:x");
}

}  // namespace
}  // namespace weft::ml
