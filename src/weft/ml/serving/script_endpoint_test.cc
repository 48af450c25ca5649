// Models that are loaded by a program of the user's own.
#include <gtest/gtest.h>

#include "weft/base/file.h"
#include "weft/ml/serving/limits.h"
#include "weft/ml/serving/world_testing.h"

namespace weft::ml {
namespace {

using ml::testing::FakeProgram;
using ml::testing::World;
using Script = FakeProgram::Script;

/// A model in script mode, whatever its image.
ModelSpec script(std::string name) {
  ModelSpec out = World::model(std::move(name));
  out.environment["SAGEMAKER_PROGRAM"] = "inference.py";
  return out;
}

/// An endpoint of this model, of the same name.
void begin(World& world, ModelSpec model) {
  const std::string name = model.name;
  world.make_model(std::move(model));
  ASSERT_TRUE(world.make_config(name, {World::variant("V", name)}).has_value());
  ASSERT_TRUE(world.run(world.endpoints->create("ann", name, name, {})).has_value());
}

void serve(World& world, ModelSpec model) {
  const std::string name = model.name;
  begin(world, std::move(model));
  world.until(name, EndpointStatus::in_service);
}

TEST(ScriptEndpoint, AProgramOfTheUsersOwnLoadsItWhateverTheImage) {
  World world;
  world.live();
  serve(world, script("boosted"));
  EXPECT_EQ(world.workers.started.at(0).program, "script");
  ModelSpec command = World::model("command");
  command.image = "1.dkr.ecr.us-east-1.amazonaws.com/our-own:3";
  command.environment["SAGEMAKER_SERVE_COMMAND"] = "python3 app.py";
  serve(world, command);
  EXPECT_EQ(world.workers.started.at(1).program, "script");
  ModelSpec framework = World::model("framework");
  framework.image = "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1";
  serve(world, framework);
  EXPECT_EQ(world.workers.started.at(2).program, "script");
  serve(world, World::model("plain"));
  EXPECT_EQ(world.workers.started.at(3).program, "xgboost");
}

TEST(ScriptEndpoint, ItsSourceLiesBesideTheModel) {
  World world;
  world.put("data", "code/sourcedir.tar.gz", "source");
  world.live();
  std::filesystem::path root;
  world.script = [&](const WorkerSpec& spec) {
    root = spec.binds.at(0).from;
    EXPECT_EQ(read_file(root / "sourcedir.tar.gz", 100).value_or("none"), "source");
    EXPECT_EQ(read_file(root / "model.tar.gz", 100).value_or("none"), "packed");
    EXPECT_FALSE(std::filesystem::exists(root / "code")) << "what the one before unpacked";
    return Script{.begins = [](const std::filesystem::path& own) {
      std::filesystem::create_directory(own / "code");
    }};
  };
  ModelSpec model = script("m");
  model.environment["SAGEMAKER_SUBMIT_DIRECTORY"] = "s3://data/code/sourcedir.tar.gz";
  serve(world, model);
  const std::vector<Bind>& binds = world.workers.started.at(0).binds;
  ASSERT_EQ(binds.size(), 3U);
  EXPECT_EQ(binds[1].to, "/opt/ml/model.tar.gz");
  EXPECT_EQ(binds[2].from, root / "sourcedir.tar.gz");
  EXPECT_EQ(binds[2].to, "/opt/ml/sourcedir.tar.gz");
  EXPECT_FALSE(binds[2].writable) << "it may be the store's own file";
  world.workers.programs[0]->die({.exit_code = 1});
  world.turn([&] { return world.workers.programs.size() == 2; });
  world.end();
}

TEST(ScriptEndpoint, ASourceThatIsNotThereIsNamed) {
  World world;
  world.live();
  ModelSpec gone = script("gone");
  gone.environment["SAGEMAKER_SUBMIT_DIRECTORY"] = "s3://data/code/none.tar.gz";
  begin(world, gone);
  world.until("gone", EndpointStatus::failed);
  EXPECT_EQ(world.find("gone")->failure,
            "variant V: model gone: the source archive s3://data/code/none.tar.gz does not exist");
  ModelSpec wrong = script("wrong");
  wrong.environment["SAGEMAKER_SUBMIT_DIRECTORY"] = "s3://";
  const auto refused = world.run(world.models->create(wrong, "ann"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason, Reason::invalid_argument);
  EXPECT_TRUE(refused.error().message.starts_with("SAGEMAKER_SUBMIT_DIRECTORY: "))
      << refused.error().message;
  // Inside of the model's own archive there is nothing to fetch.
  ModelSpec inside = script("inside");
  inside.environment["SAGEMAKER_SUBMIT_DIRECTORY"] = "/opt/ml/model/code";
  serve(world, inside);
  EXPECT_EQ(world.workers.started.back().binds.size(), 2U);
  // Nor for what is no program of the user's.
  ModelSpec plain = World::model("plain");
  plain.environment["SAGEMAKER_SUBMIT_DIRECTORY"] = "s3://data/code/none.tar.gz";
  serve(world, plain);
}

// What a program leaves in its folder is nothing that the next one is shown.
TEST(ScriptEndpoint, AProgramCannotHaveAFileOfTheMachineShown) {
  World world;
  world.live();
  world.script = [](const WorkerSpec& spec) {
    EXPECT_EQ(spec.binds.size(), 2U);
    return Script{.begins = [](const std::filesystem::path& root) {
      std::error_code there;
      std::filesystem::create_symlink("/etc/passwd", root / "sourcedir.tar.gz", there);
    }};
  };
  serve(world, script("m"));
  world.workers.programs[0]->die({.exit_code = 1});
  world.turn([&] { return world.workers.programs.size() == 2; });
}

// SageMaker gives a container 30 seconds between SIGTERM and SIGKILL.
TEST(ScriptEndpoint, ItsServerHasTimeToEnd) {
  World world;
  world.live();
  serve(world, script("own"));
  serve(world, World::model("plain"));
  FakeProgram& own = *world.workers.programs[0];
  FakeProgram& plain = *world.workers.programs[1];
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "own")).has_value());
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "plain")).has_value());
  world.until_gone("own");
  world.until_gone("plain");
  EXPECT_EQ(own.graces, (std::vector<Milliseconds>{kOwnProgramStopGrace}));
  EXPECT_GT(kOwnProgramStopGrace, Milliseconds(30'000));
  EXPECT_EQ(plain.graces, (std::vector<Milliseconds>{kWorkerStopGrace}));
}

TEST(ScriptEndpoint, WeftThatEndsDoesNotWaitSoLong) {
  World world;
  world.live();
  serve(world, script("asked"));
  serve(world, script("left"));
  const auto asked = world.workers.programs[0];
  const auto left = world.workers.programs[1];
  // Already on its way out.
  left->stubborn = true;
  ASSERT_TRUE(world.run(world.endpoints->erase("ann", "left")).has_value());
  world.turn([&] { return left->graces.size() == 1; });
  left->stubborn = false;
  world.end();
  EXPECT_EQ(left->graces, (std::vector<Milliseconds>{kOwnProgramStopGrace, kWorkerStopGrace}));
  EXPECT_EQ(asked->graces, (std::vector<Milliseconds>{kWorkerStopGrace}));
}

}  // namespace
}  // namespace weft::ml
