#include "weft/ml/serving/endpoints.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/base/file.h"
#include "weft/base/timers.h"
#include "weft/ml/serving/limits.h"
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

TEST(Endpoints, FromCreatingToInService) {
  World world;
  world.live();
  world.script = [](const WorkerSpec& spec) {
    Script out = says("m");
    out.about = R"({"inputs":[{"name":"x"}]})";
    EXPECT_EQ(read_file(spec.binds.at(0).from / "model.tar.gz", 100).value_or("?"), "packed");
    return out;
  };
  ModelSpec model = World::named("m");
  world.make_model(model);
  ASSERT_TRUE(world.make_config("c", {World::variant("V", "m")}).has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {{"Tags", 1}})).has_value());
  EXPECT_EQ(world.status(), EndpointStatus::creating);
  EXPECT_EQ(world.find()->variants.at(0).instances, 0);
  EXPECT_TRUE(world.answer("x").starts_with("unavailable: endpoint e: "));
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(world.answer("x"), "m:x");
  const auto endpoint = world.find();
  EXPECT_EQ(endpoint->config, "c");
  EXPECT_EQ(json::write(endpoint->request), R"({"Tags":1})");
  EXPECT_EQ(endpoint->variants, (std::vector<VariantState>{{.name = "V",
                                                            .weight = 1,
                                                            .desired_weight = 1,
                                                            .instances = 1,
                                                            .desired_instances = 1}}));
  world.turn([&] { return !world.told.empty(); });
  EXPECT_EQ(world.told, (Told{"serving e c"}));
  const auto about = world.solutions.at("e")->about();
  ASSERT_NE(about, nullptr);
  EXPECT_EQ(about->variant, "V");
  EXPECT_EQ(json::write(about->about), R"({"inputs":[{"name":"x"}]})");

  const WorkerSpec& spec = world.workers.started.at(0);
  EXPECT_EQ(spec.program, "xgboost");
  EXPECT_EQ(spec.arguments,
            (std::vector<std::string>{"serve", "--root", "/opt/ml", "--link-fd", "3"}));
  EXPECT_EQ(spec.links, 1U);
  EXPECT_FALSE(spec.network);
  ASSERT_EQ(spec.binds.size(), 2U);
  EXPECT_EQ(spec.binds[0].to, "/opt/ml");
  EXPECT_TRUE(spec.binds[0].writable);
  EXPECT_EQ(spec.binds[1].to, "/opt/ml/model.tar.gz");
  EXPECT_FALSE(spec.binds[1].writable) << "it may be the store's own file";
  EXPECT_EQ(
      json::write(*json::parse(read_file(spec.binds[0].from / "config.json", 1000).value_or("{}"))),
      R"({"threads":2,"environment":{"NAME":"m"}})");
}

TEST(Endpoints, NamesAreTheOwners) {
  World world;
  world.live();
  world.make_endpoint();
  EXPECT_EQ(world.endpoints->find("ben", "e"), nullptr);
  EXPECT_EQ(world.endpoints->serving("ben", "e"), nullptr);
  EXPECT_EQ(world.endpoints->find_config("ben", "c"), nullptr);
  EXPECT_EQ(world.models->find("ben", "m"), nullptr);
  EXPECT_EQ(world.run(world.endpoints->erase("ben", "e")).error().code, Code::not_found);
  EXPECT_EQ(world.run(world.endpoints->update("ben", "e", "c", false)).error().code,
            Code::not_found);
  EXPECT_EQ(world.endpoints->list({.owner = "ben"})->endpoints.size(), 0U);
  const auto page = world.endpoints->list({.owner = "ann"});
  ASSERT_EQ(page->endpoints.size(), 1U);
  EXPECT_EQ(page->endpoints[0]->status, EndpointStatus::in_service);
}

TEST(Endpoints, WhatCannotBeIsRefused) {
  World world;
  world.live();
  world.make_model(World::model("m"));
  const auto refused = [&](std::vector<VariantSpec> variants) {
    return world.make_config("x", std::move(variants)).error();
  };
  EXPECT_EQ(refused({World::variant("V", "none")}).code, Code::not_found);
  EXPECT_EQ(refused({World::variant("V", "none")}).param, "none");
  EXPECT_EQ(refused({}).reason, Reason::invalid_argument);
  EXPECT_EQ(refused({World::variant("V", "m"), World::variant("V", "m")}).message,
            "two variants are called `V`");
  EXPECT_EQ(refused({World::variant("V", "m", -1)}).reason, Reason::invalid_argument);
  EXPECT_EQ(refused({World::variant("V", "m", 1, 0)}).reason, Reason::invalid_argument);
  EXPECT_EQ(refused({World::variant("V", "m", 1, 1'000'000)}).code, Code::resource_exhausted);
  std::vector<VariantSpec> eleven;
  for (int i = 0; i < 11; ++i) eleven.push_back(World::variant(std::to_string(i), "m"));
  EXPECT_EQ(refused(eleven).code, Code::resource_exhausted);

  ASSERT_TRUE(world.make_config("c", {World::variant("V", "m")}).has_value());
  EXPECT_EQ(world.make_config("c", {World::variant("V", "m")}).error().code, Code::already_exists);
  EXPECT_EQ(world.run(world.endpoints->create("ann", "e", "none", {})).error().code,
            Code::not_found);
  ModelSpec unknown = World::model("u");
  unknown.image = "382416733822.dkr.ecr.us-east-1.amazonaws.com/lda:1";
  const auto made = world.run(world.models->create(unknown, "ann"));
  EXPECT_EQ(made.error().reason, Reason::unsupported);
  EXPECT_TRUE(made.error().message.contains("lda:1")) << made.error().message;
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {})).has_value());
  EXPECT_EQ(world.run(world.endpoints->create("ann", "e", "c", {})).error().code,
            Code::already_exists);
  EXPECT_EQ(world.run(world.endpoints->erase("ann", "e")).error().code, Code::failed_precondition)
      << "it is being made";
  EXPECT_EQ(world.run(world.endpoints->update("ann", "e", "c", false)).error().code,
            Code::failed_precondition);
  world.until("e", EndpointStatus::in_service);
}

TEST(Endpoints, AsManyAsTheMachineHasMemoryFor) {
  World world;
  world.workers.memory = 3 * kWorkerMemoryMin;
  world.live();
  world.make_endpoint("e", 2);
  ASSERT_TRUE(world.make_config("two", {World::variant("V", "m", 1, 2)}).has_value());
  const auto refused = world.run(world.endpoints->create("ann", "f", "two", {}));
  EXPECT_EQ(refused.error().code, Code::resource_exhausted);
  EXPECT_EQ(world.run(world.endpoints->update("ann", "e", "two", false)).error().code,
            Code::resource_exhausted)
      << "both are there while it changes";
  EXPECT_EQ(
      world.run(world.endpoints->change_variants("ann", "e", {{.variant = "V", .instances = 4}}))
          .error()
          .code,
      Code::resource_exhausted);
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "e")).has_value());
  world.until_gone();
  EXPECT_TRUE(world.run(world.endpoints->create("ann", "f", "two", {})).has_value());
}

TEST(Endpoints, AModelThatDoesNotLoadSaysWhy) {
  World world;
  world.live();
  world.script = [](const WorkerSpec&) {
    return Script{
        .refusal = "xgboost-model: it is no model of XGBoost",
        .lines = {"Traceback", "\tat line 1", "xgboost-model: it is no model of XGBoost"}};
  };
  world.make_model(World::model("m"));
  ASSERT_TRUE(world.make_config("c", {World::variant("V", "m")}).has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {})).has_value());
  world.until("e", EndpointStatus::failed);
  EXPECT_EQ(world.find()->failure,
            "variant V: model m: xgboost-model: it is no model of XGBoost; its last lines: "
            "Traceback | #011at line 1");
  EXPECT_EQ(world.workers.alive(), 0U);
  EXPECT_TRUE(world.told.empty());
  EXPECT_TRUE(world.answer("x").starts_with("unavailable"));
  // Its only way is out.
  EXPECT_EQ(world.run(world.endpoints->update("ann", "e", "c", false)).error().code,
            Code::failed_precondition);
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "e")).has_value());
  world.until_gone();
  EXPECT_TRUE(world.told.empty()) << "nobody was told that it was there";
}

TEST(Endpoints, WhatElseKeepsAModelFromLoading) {
  World world;
  world.live();
  const auto failure = [&](ModelSpec model) {
    const std::string name = model.name;
    world.make_model(std::move(model));
    EXPECT_TRUE(world.make_config(name, {World::variant("V", name)}).has_value());
    EXPECT_TRUE(world.run(world.endpoints->create("ann", name, name, {})).has_value());
    world.until(name, EndpointStatus::failed);
    return world.find(name)->failure;
  };
  ModelSpec missing = World::model("missing");
  missing.data->key = "none";
  EXPECT_EQ(failure(missing),
            "variant V: model missing: Could not find model data at s3://data/none.");
  ModelSpec prefix = World::model("prefix");
  prefix.packed = false;
  prefix.data->key = "none/";
  EXPECT_EQ(failure(prefix),
            "variant V: model prefix: Could not find model data at s3://data/none/.");
  world.script = [](const WorkerSpec&) { return Script{.about = "no JSON"}; };
  EXPECT_TRUE(failure(World::model("words")).contains("what the model says of itself"));
  world.script = [](const WorkerSpec&) {
    return Script{.ready = false, .lines = {"about to die"}};
  };
  world.make_model(World::model("dies"));
  ASSERT_TRUE(world.make_config("dies", {World::variant("V", "dies")}).has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "dies", "dies", {})).has_value());
  world.turn([&] { return world.workers.programs.size() == 2 && world.workers.alive() == 1; });
  world.workers.programs[1]->die({.exit_code = -1, .signal = 9, .out_of_memory = true});
  world.until("dies", EndpointStatus::failed);
  EXPECT_EQ(world.find("dies")->failure,
            "variant V: model dies: the model's program ended (out of memory) before it could be "
            "asked; its last lines: about to die");
  world.workers.refusal = "bubblewrap is not installed";
  EXPECT_EQ(failure(World::model("refused")),
            "variant V: model refused: bubblewrap is not installed");
}

TEST(Endpoints, ObjectsUnderAPrefix) {
  World world;
  world.put("data", "loose/model.bin", "A");
  world.put("data", "loose/code/inference.py", "B");
  world.live();
  std::filesystem::path root;
  world.script = [&](const WorkerSpec& spec) {
    root = spec.binds.at(0).from;
    EXPECT_EQ(spec.binds.at(1).to, "/opt/ml/model");
    EXPECT_FALSE(spec.binds.at(1).writable);
    return Script();
  };
  ModelSpec model = World::model("m");
  model.packed = false;
  model.data->key = "loose/";
  world.make_model(model);
  ASSERT_TRUE(world.make_config("c", {World::variant("V", "m")}).has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  EXPECT_EQ(read_file(root / "model/model.bin", 10).value_or("?"), "A");
  EXPECT_EQ(read_file(root / "model/code/inference.py", 10).value_or("?"), "B");
  EXPECT_FALSE(std::filesystem::exists(root / "model.tar.gz"));
}

TEST(Endpoints, AnothersObjectsAreNone) {
  World world;
  auto hidden =
      *store::files::open_local_objects(world.folder.path() / "hidden", world.random, world.pool);
  world.objects_of = [&](const std::string& owner) {
    EXPECT_EQ(owner, "ann");
    return std::shared_ptr<store::Objects>(std::shared_ptr<void>(), hidden.get());
  };
  world.live();
  world.make_model(World::model("m"));
  ASSERT_TRUE(world.make_config("c", {World::variant("V", "m")}).has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {})).has_value());
  world.until("e", EndpointStatus::failed);
  EXPECT_EQ(world.find()->failure, "variant V: model m: there is no bucket `data`");
  world.end();
}

TEST(Endpoints, LogsAndMetrics) {
  World world;
  world.live();
  world.script = [](const WorkerSpec&) {
    return Script{.lines = {"loading", "loaded"},
                  .answer = [](FakeProgram& program, const Asked& asked) {
                    program.reply(asked, "said", static_cast<std::uint16_t>(std::stoi(asked.body)));
                  }};
  };
  world.make_endpoint();
  for (const char* status : {"200", "200", "200", "415", "500"}) {
    const auto reply = world.ask(status);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->variant, "V");
    EXPECT_EQ(reply->log_stream.empty(), reply->status == 200);
  }
  EXPECT_EQ(world.ask("200", "W").error().message, "the endpoint has no variant `W`; it has V");
  EXPECT_EQ(world.ask("200", "W").error().reason, Reason::invalid_argument);

  const std::string group = owned_group("ann", "/aws/sagemaker/Endpoints/e");
  std::vector<LogStream> streams;
  world.turn([&] {
    streams = world.run(world.logs.streams(group, "V/i-")).value_or(std::vector<LogStream>());
    return !streams.empty();
  });
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].name.size(), std::string("V/i-0123456789ab").size());
  EXPECT_EQ(world.ask("500")->log_stream, streams[0].name);
  std::vector<std::string> lines;
  world.turn([&] {
    lines = world.run(world.logs.last_lines(group, streams[0].name, 5));
    return lines.size() == 3;
  });
  EXPECT_EQ(std::vector(lines.begin(), lines.begin() + 2),
            (std::vector<std::string>{"loading", "loaded"}));
  EXPECT_TRUE(lines[2].starts_with("model loaded in ") && lines[2].ends_with(" ms")) << lines[2];

  const auto sum = [&](const char* name) {
    const MetricKey key{.owner = "ann",
                        .space = "AWS/SageMaker",
                        .name = name,
                        .dimensions = {{"EndpointName", "e"}, {"VariantName", "V"}}};
    MetricSum out;
    for (const MetricSum& each : world.metrics.sums(key, 0, world.clock.unix_ms() + 60'000, 3600)) {
      out.sum += each.sum;
      out.count += each.count;
    }
    return out;
  };
  EXPECT_EQ(sum("Invocations").sum, 6);
  EXPECT_EQ(sum("InvocationsPerInstance").sum, 6);
  EXPECT_EQ(sum("Invocation4XXErrors").sum, 1);
  EXPECT_EQ(sum("Invocation4XXErrors").count, 6U) << "0 for those that went well";
  EXPECT_EQ(sum("Invocation5XXErrors").sum, 2);
  EXPECT_EQ(sum("InvocationModelErrors").sum, 3);
  EXPECT_EQ(sum("ModelLatency").count, 6U);
  EXPECT_GT(sum("ModelLatency").sum, 0);
  EXPECT_EQ(sum("OverheadLatency").count, 6U);
  EXPECT_EQ(sum("ModelLoadingTime").count, 1U);
  EXPECT_EQ(sum("ModelDownloadingTime").count, 1U);
}

TEST(Endpoints, ByWeightByNameAndByLoad) {
  World world;
  world.live();
  std::vector<std::pair<FakeProgram*, Asked>> held;
  world.script = [&](const WorkerSpec& spec) {
    const std::string name = model_of(spec);
    if (name == "slow") {
      return Script{.answer = [&](FakeProgram& program, const Asked& asked) {
        held.emplace_back(&program, asked);
      }};
    }
    return says(name);
  };
  for (const char* each : {"one", "two", "slow"}) world.make_model(World::named(each));
  ASSERT_TRUE(world
                  .make_config("c", {World::variant("A", "one", 3), World::variant("B", "two", 1),
                                     World::variant("C", "slow", 0, 2)})
                  .has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {})).has_value());
  world.until("e", EndpointStatus::in_service);
  std::string given;
  for (int i = 0; i < 8; ++i) given += world.ask("x")->variant;
  EXPECT_EQ(given, "AABAAABA");
  EXPECT_EQ(world.answer("x", "B"), "two:x");

  // Weights count at once, and nothing else changes.
  ASSERT_TRUE(world
                  .run(world.endpoints->change_variants(
                      "ann", "e", {{.variant = "A", .weight = 0}, {.variant = "B", .weight = 2}}))
                  .has_value());
  EXPECT_EQ(world.status(), EndpointStatus::in_service);
  EXPECT_EQ(world.find()->variants[0].weight, 0);
  EXPECT_EQ(world.find()->variants[1].desired_weight, 2);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(world.ask("x")->variant, "B");
  EXPECT_EQ(world.answer("x", "A"), "one:x") << "by name all the same";
  EXPECT_EQ(world.workers.programs.size(), 4U);

  // Of two workers the one with fewer requests.
  std::map<std::string, std::optional<Result<InvocationReply>>> replies;
  const auto front = world.endpoints->serving("ann", "e");
  const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
  for (const char* each : {"1", "2", "3", "4"}) {
    weft::testing::start(
        world.loops.home(),
        weft::testing::keep(front->invoke({.body = each, .variant = "C"}, until, {}),
                            replies[each]));
  }
  world.turn([&] { return held.size() == 4; });
  std::map<FakeProgram*, int> load;
  for (const auto& [program, asked] : held) ++load[program];
  EXPECT_EQ(load.size(), 2U);
  for (const auto& [program, count] : load) EXPECT_EQ(count, 2);
  FakeProgram* const free = held[0].first;
  for (const auto& [program, asked] : held) {
    if (program == free) program->reply(asked, "done");
  }
  world.turn([&] {
    return std::ranges::count_if(replies,
                                 [](const auto& each) { return each.second.has_value(); }) == 2;
  });
  for (const char* each : {"5", "6"}) {
    weft::testing::start(
        world.loops.home(),
        weft::testing::keep(front->invoke({.body = each, .variant = "C"}, until, {}),
                            replies[each]));
  }
  world.turn([&] { return held.size() == 6; });
  EXPECT_EQ(held[4].first, free);
  EXPECT_EQ(held[5].first, free);
  for (std::size_t i = 1; i < held.size(); ++i) held[i].first->reply(held[i].second, "done");
  world.turn([&] {
    return std::ranges::all_of(replies, [](const auto& each) { return each.second.has_value(); });
  });
}

TEST(Endpoints, EachLoopHasItsOwnLink) {
  World world(3);
  world.live();
  world.make_endpoint();
  const auto front = world.endpoints->serving("ann", "e");
  const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
  const auto all = world.loops.executors();
  for (const Executor& loop : all) {
    auto work = front->invoke({.body = "x"}, until, {});
    const auto reply = world.run(on_loop(loop, std::move(work)));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    EXPECT_EQ(reply->body, "x@0");
  }
  std::vector<std::size_t> links;
  for (const Asked& each : world.workers.programs[0]->asked) links.push_back(each.link);
  EXPECT_EQ(links, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Endpoints, ADeletedOneAnswersItsLastRequests) {
  World world;
  world.live();
  std::vector<Asked> held;
  world.script = [&](const WorkerSpec&) {
    return Script{.answer = [&](FakeProgram&, const Asked& asked) { held.push_back(asked); }};
  };
  world.make_endpoint();
  const auto front = world.endpoints->serving("ann", "e");
  std::optional<Result<InvocationReply>> last;
  const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
  weft::testing::start(world.loops.home(),
                       weft::testing::keep(front->invoke({.body = "x"}, until, {}), last));
  world.turn([&] { return held.size() == 1; });
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "e")).has_value());
  EXPECT_EQ(world.status(), EndpointStatus::deleting);
  world.turn([&] { return world.told.size() == 2; });
  EXPECT_EQ(world.told, (Told{"serving e c", "gone e"}));
  EXPECT_TRUE(world.answer("y").starts_with("unavailable"));
  EXPECT_EQ(front->about(), nullptr);
  EXPECT_EQ(world.run(world.endpoints->erase("ann", "e")).error().code, Code::failed_precondition);
  EXPECT_FALSE(last.has_value());
  world.workers.programs[0]->reply(held[0], "at last");
  world.until_gone();
  ASSERT_TRUE(last && last->has_value());
  EXPECT_EQ((*last)->body, "at last");
  EXPECT_EQ(world.workers.alive(), 0U);
  EXPECT_EQ(world.endpoints->serving("ann", "e"), nullptr);
  const auto after = world.run(front->invoke({.body = "z"}, until, {}));
  EXPECT_EQ(after.error().reason, Reason::unavailable) << "the solution stays valid";
  EXPECT_TRUE(std::filesystem::is_empty(world.folder.path() / "serving"));
  // The name is free, the configuration is still there.
  ASSERT_TRUE(world.run(world.endpoints->create("ann", "e", "c", {})).has_value());
  world.until("e", EndpointStatus::in_service);
}

TEST(Endpoints, DeadlineAndCancel) {
  World world;
  world.live();
  world.script = [](const WorkerSpec&) {
    return Script{.answer = [](FakeProgram&, const Asked&) {}};
  };
  world.make_endpoint();
  EXPECT_EQ(world.ask("x", "", 30).error().reason, Reason::deadline);
  EXPECT_EQ(world.ask("x", "", -1).error().reason, Reason::deadline);
  CancelSource cancel;
  std::optional<Result<InvocationReply>> reply;
  const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
  weft::testing::start(
      world.loops.home(),
      weft::testing::keep(
          world.endpoints->serving("ann", "e")->invoke({.body = "x"}, until, cancel.token()),
          reply));
  world.turn([&] { return world.workers.programs[0]->asked.size() == 2; });
  cancel.cancel(make_error(Reason::cancelled, "gone"));
  world.turn([&] { return reply.has_value(); });
  EXPECT_EQ(reply->error().reason, Reason::cancelled);
  world.turn([&] { return world.workers.programs[0]->cancelled.size() == 2; });
}

TEST(Endpoints, PiecesAreTakenOneByOne) {
  World world;
  world.live();
  world.script = [](const WorkerSpec&) {
    return Script{.answer = [](FakeProgram& program, const Asked& asked) {
      for (const char* each : {"a", "b", "c"}) program.part(asked, each);
      program.reply(asked, "end");
    }};
  };
  world.make_endpoint();
  const auto front = world.endpoints->serving("ann", "e");
  const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
  std::vector<std::string> pieces;
  int running = 0;
  const auto take = [&](InvocationReply piece) -> Awaitable<Result<void>> {
    EXPECT_EQ(piece.variant, "V");
    EXPECT_EQ(piece.type, "text/plain");
    return
        [](std::vector<std::string>& out, int& inside, std::string one) -> Awaitable<Result<void>> {
          EXPECT_EQ(inside++, 0) << "one at a time";
          (void)co_await sleep_for(Milliseconds(5), {});
          --inside;
          out.push_back(std::move(one));
          co_return Result<void>();
        }(pieces, running, std::move(piece.body));
  };
  const auto reply = world.run(front->stream({.body = "x"}, until, {}, take));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->body, "end");
  EXPECT_EQ(reply->variant, "V");
  EXPECT_EQ(pieces, (std::vector<std::string>{"a", "b", "c"}));
  // Who does not want any more of it ends it.
  const auto refuse = [](InvocationReply) -> Awaitable<Result<void>> {
    co_return fail(Reason::cancelled, "the reader went away");
  };
  const auto broken = world.run(front->stream({.body = "x"}, until, {}, refuse));
  EXPECT_EQ(broken.error().message, "the reader went away");
}

}  // namespace
}  // namespace weft::ml
