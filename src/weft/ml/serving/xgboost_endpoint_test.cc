// Models of XGBoost in its real worker, from training to answers.
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <format>

#include "weft/base/file.h"
#include "weft/ml/serving/process_testing.h"
#include "weft/ml/serving/world_testing.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;
using ml::testing::Processes;
using ml::testing::World;

/// Rows whose label is twice the first column.
std::string rows(int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += std::format("{},{},{}\n", 2 * (i % 16), i % 16, i % 3);
  return out;
}

struct Trained {
  World world{2};
  Processes processes{WEFT_LIBEXEC};

  Trained() {
    world.programs = &processes;
    world.live();
    world.put("data", "xgb/model.tar.gz", train(rows(320)));
  }

  /// The packed model that the program makes of these rows.
  std::string train(const std::string& text) {
    const fs::path root = world.folder.path() / "train";
    for (const char* each :
         {"input/config", "input/data/train", "model", "output/data", "artifacts"})
      fs::create_directories(root / each);
    const auto put = [&](const char* name, std::string_view bytes) {
      ASSERT_TRUE(write_file(root / "input" / name, bytes).has_value());
    };
    put("config/hyperparameters.json", R"({"num_round":"40","max_depth":"4"})");
    put("config/inputdataconfig.json",
        R"({"train":{"ContentType":"text/csv","TrainingInputMode":"File"}})");
    put("config/weft.json", R"({"threads":1})");
    put("data/train/a.csv", text);
    auto program = processes.start(world.loops.home().get_executor(),
                                   {.program = "xgboost",
                                    .arguments = {"train", "--root", "/opt/ml"},
                                    .binds = {{.from = root, .to = "/opt/ml"}}});
    WEFT_ASSERT(program.has_value());
    const auto follow = [](Worker& of) -> Awaitable<WorkerEnd> {
      while (true) {
        const auto line = co_await of.next_line();
        if (!line) break;
      }
      co_return co_await of.ended();
    };
    EXPECT_EQ(world.run(follow(**program)).exit_code, 0);
    return read_file(root / "artifacts/model.tar.gz", 1 << 24).value_or("");
  }
  void make(const std::string& name, ModelSpec model) {
    model.name = name;
    world.make_model(std::move(model));
    ASSERT_TRUE(world.make_config(name, {World::variant("AllTraffic", name)}).has_value());
    ASSERT_TRUE(world.run(world.endpoints->create("ann", name, name, {})).has_value());
    world.turn([&] { return world.status(name) != EndpointStatus::creating; });
  }
  static ModelSpec model(std::string key) {
    ModelSpec out = World::model("");
    out.image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
    out.data = ObjectUri{"data", std::move(key)};
    return out;
  }
  Result<InvocationReply> csv(std::string_view name, std::string_view body, Executor loop) {
    const auto front = world.endpoints->serving("ann", name);
    const auto until = std::chrono::steady_clock::now() + Milliseconds(60'000);
    auto work = front->invoke({.type = "text/csv", .body = body}, until, {});
    return world.run(on_loop(loop, std::move(work)));
  }
};

double number_of(std::string_view text) {
  double out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

TEST(XgboostEndpoint, FromTrainingToAnswers) {
  Trained made;
  made.make("x", Trained::model("xgb/model.tar.gz"));
  ASSERT_EQ(made.world.status("x"), EndpointStatus::in_service) << made.world.find("x")->failure;
  const auto loops = made.world.loops.executors();
  for (const Executor& loop : loops) {
    const auto reply = made.csv("x", "7,1", loop);
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    EXPECT_EQ(reply->status, 200);
    EXPECT_NEAR(number_of(reply->body), 14, 0.5) << reply->body;
    EXPECT_TRUE(reply->type.starts_with("text/csv")) << reply->type;
  }
  const auto wrong = made.csv("x", "1,2\n3", loops[0]);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_GE(wrong->status, 400);
  EXPECT_FALSE(wrong->log_stream.empty());
  const auto about = made.world.endpoints->serving("ann", "x")->about();
  ASSERT_NE(about, nullptr);
  EXPECT_EQ(json::int_at(about->about, "features"), 2) << json::write(about->about);

  // A program that is killed is there again soon.
  made.processes.last->kill();
  made.world.turn([&] { return made.world.find("x")->variants[0].instances == 0; });
  made.world.turn([&] { return made.world.find("x")->variants[0].instances == 1; });
  EXPECT_NEAR(number_of(made.csv("x", "3,0", loops[1])->body), 6, 0.5);
  ASSERT_TRUE(made.world.run(made.world.endpoints->erase("ann", "x")).has_value());
  made.world.until_gone("x");
}

TEST(XgboostEndpoint, WhatIsNoModelSaysSo) {
  Trained made;
  made.world.put("data", "none/xgboost-model", "this is no model");
  ModelSpec loose = Trained::model("none/");
  loose.packed = false;
  made.make("loose", loose);
  EXPECT_EQ(made.world.status("loose"), EndpointStatus::failed);
  EXPECT_TRUE(made.world.find("loose")->failure.starts_with(
      "variant AllTraffic: model loose: xgboost-model: "))
      << made.world.find("loose")->failure;
  made.world.put("data", "bad/model.tar.gz", "this is no archive");
  made.make("packed", Trained::model("bad/model.tar.gz"));
  EXPECT_EQ(made.world.status("packed"), EndpointStatus::failed);
  EXPECT_TRUE(made.world.find("packed")->failure.starts_with(
      "variant AllTraffic: model packed: the archive cannot be used"))
      << made.world.find("packed")->failure;
}

}  // namespace
}  // namespace weft::ml
