#include "weft/ml/jobs/training_jobs.h"

#include <gtest/gtest.h>

#include <fstream>

#include "weft/base/file.h"
#include "weft/ml/jobs/world_testing.h"
#include "weft/store/memory_tables.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;
using ml::testing::kLookEvery;
using ml::testing::leave_model;
using ml::testing::log_line;
using ml::testing::stretches;
using ml::testing::Stretches;
using ml::testing::World;

TEST(TrainingJobs, FromStartingToCompleted) {
  World world;
  world.script.lines = {
      log_line("[0]\trmse:2.5"),
      log_line("[1]\trmse:1.5"),
      {.stream = WorkerLine::Stream::status, .text = R"({"progress":{"done":2,"total":3}})"}};
  world.script.begins = [](const fs::path& root) {
    EXPECT_EQ(read_file(root / "input/data/train/a.csv", 100).value_or("?"), "1,2\n");
    EXPECT_EQ(read_file(root / "input/data/train/deep/b.csv", 100).value_or("?"), "3,4\n");
    EXPECT_EQ(read_file(root / "input/config/hyperparameters.json", 100).value_or("?"),
              R"({"num_round":"3"})");
    leave_model(root);
  };
  world.create(World::spec("j"));
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::completed) << job->failure;
  EXPECT_EQ(stretches(*job),
            (Stretches{"Starting", "Downloading", "Training", "Uploading", "Completed"}));
  ASSERT_TRUE(job->model.has_value());
  EXPECT_EQ(job->model->str(), "s3://data/out/j/output/model.tar.gz");
  EXPECT_EQ(world.get("data", "out/j/output/model.tar.gz"), "model");
  ASSERT_EQ(job->metrics.size(), 1U);
  EXPECT_EQ(job->metrics[0].value, 1.5);
  const auto lines = world.run(world.logs.last_lines(owned_group("ann", kTrainingLogGroup),
                                                     TrainingJobs::log_stream(*job), 10));
  EXPECT_EQ(lines, (std::vector<std::string>{"[0]#011rmse:2.5", "[1]#011rmse:1.5"}));
  // Nothing of it lies about.
  world.turn([&] { return !fs::exists(world.folder.path() / "jobs/ann/j"); });
  EXPECT_EQ(world.workers.started.at(0).program, "xgboost");
  EXPECT_FALSE(world.workers.started.at(0).network);
}

MetricKey metric(std::string name, std::string job) {
  return {.owner = "ann",
          .space = "/aws/sagemaker/TrainingJobs",
          .name = std::move(name),
          .dimensions = {{"TrainingJobName", std::move(job)}}};
}

TEST(TrainingJobs, EveryPointOfACurveIsKept) {
  World world;
  world.script.lines = {log_line("[0]\trmse:2.5\tvalidation-auc:0.5"), log_line("[1]\trmse:1.5")};
  world.script.begins = leave_model;
  world.create(World::spec("j"));
  const auto job = world.ended_job("j");
  const auto curve = world.metrics.points(metric("train:rmse", "j"));
  ASSERT_EQ(curve.size(), 2U);
  EXPECT_EQ(curve[0].value, 2.5);
  EXPECT_EQ(curve[1].value, 1.5);
  EXPECT_EQ(world.metrics.points(metric("validation:auc", "j")).size(), 1U)
      << "which XGBoost's log tells by itself";
  std::vector<std::string> names;
  for (const MetricDefinition& each : world.jobs->metric_definitions(*job))
    names.push_back(each.name);
  EXPECT_EQ(names, (std::vector<std::string>{"train:rmse", "validation:auc"}));
  EXPECT_EQ(world.owners, std::vector<std::string>{"ann"}) << "nobody else's buckets";
}

TEST(TrainingJobs, WhatAQuietProgramSaidIsInItsLogWhileItRuns) {
  World world;
  world.script.lines = {log_line("reading"), log_line("sleeping")};
  world.script.waits = true;
  world.create(World::spec("j"));
  world.until_training("j");
  const std::vector<std::string> wanted{"reading", "sleeping"};
  std::vector<std::string> lines;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (lines != wanted && std::chrono::steady_clock::now() < until) {
    world.loop.run_one_for(std::chrono::milliseconds(20));
    lines = world.run(world.logs.last_lines(owned_group("ann", kTrainingLogGroup),
                                            TrainingJobs::log_stream(*world.jobs->find("ann", "j")),
                                            10));
  }
  EXPECT_EQ(lines, wanted);
  EXPECT_EQ(world.jobs->find("ann", "j")->status, JobStatus::in_progress);
}

TEST(TrainingJobs, AnExpressionThatIsNoneIsRefusedAtOnce) {
  World world;
  TrainingSpec made = World::spec("j");
  made.metrics = {{.name = "loss", .pattern = "loss=("}};
  EXPECT_EQ(world.run(world.jobs->create(made, "ann")).error().message,
            "metric loss: the regular expression `loss=(` cannot be used: missing ): loss=(");
  EXPECT_EQ(world.jobs->find("ann", "j"), nullptr);
}

TEST(TrainingJobs, AScriptHasItsSourceAndItsEntryPoint) {
  World world;
  world.algorithms.push_back({.name = "script", .images = {}});
  world.algorithms.push_back({.name = "serves", .images = {}, .trains = false});
  world.end();
  world.live();
  world.put("data", "code/sourcedir.tar.gz", "source");
  world.script.begins = [](const fs::path& root) {
    EXPECT_EQ(read_file(root / "input/config/sourcedir.tar.gz", 100).value_or("none"), "source");
    leave_model(root);
  };
  TrainingSpec script = World::spec("script");
  script.hyperparameters = {{"sagemaker_program", "\"train.py\""},
                            {"sagemaker_submit_directory", "\"s3://data/code/sourcedir.tar.gz\""}};
  world.create(script);
  EXPECT_EQ(world.ended_job("script")->status, JobStatus::completed)
      << world.jobs->find("ann", "script")->failure;
  EXPECT_EQ(world.workers.started.at(0).program, "script") << "whatever the image's name";

  world.script.begins = leave_model;
  TrainingSpec entry = World::spec("entry");
  entry.entrypoint = {"/bin/bash"};
  entry.arguments = {"-c", "true"};
  world.create(entry);
  EXPECT_EQ(world.ended_job("entry")->status, JobStatus::completed);
  EXPECT_EQ(
      world.workers.started.at(1).arguments,
      (std::vector<std::string>{"train", "--root", "/opt/ml", "--", "/bin/bash", "-c", "true"}));

  script.name = "gone";
  script.hyperparameters["sagemaker_submit_directory"] = "s3://data/code/none.tar.gz";
  world.create(script);
  EXPECT_EQ(world.ended_job("gone")->failure,
            "ClientError: the source archive s3://data/code/none.tar.gz does not exist");
  TrainingSpec serves = World::spec("serves");
  serves.algorithm = "serves";
  EXPECT_TRUE(world.run(world.jobs->create(serves, "ann"))
                  .error()
                  .message.starts_with("the algorithm or image `serves` is not supported for "
                                       "training; there is: "));
}

std::vector<std::string> read_only(const WorkerSpec& spec) {
  std::vector<std::string> out;
  for (const Bind& bind : spec.binds) {
    if (!bind.writable) out.push_back(bind.to.string());
  }
  return out;
}

// The SageMaker SDK's drivers are made executable where they lie.
TEST(TrainingJobs, AProgramsOwnChannelsAreCopies) {
  World world;
  world.put("data", "src/train.py", "print(1)");
  world.put("data", "src/deep/more.py", "print(2)");
  world.put("data", "drivers/sm_train.sh", "true");
  world.put("data", "check/model-3", "as it was");
  world.script.begins = [](const fs::path& root) {
    for (const char* file : {"input/data/code/train.py", "input/data/code/deep/more.py",
                             "input/data/sm_drivers/sm_train.sh", "checkpoints/model-3"}) {
      EXPECT_EQ(fs::hard_link_count(root / file), 1U) << file;
      std::ofstream(root / file, std::ios::app) << "changed";
      fs::permissions(root / file, fs::perms::owner_all);
    }
    std::ofstream(root / "input/sm_training.env") << "export A=1\n";
    leave_model(root);
  };
  TrainingSpec made = World::spec("j");
  made.channels.push_back(made.channels[0]);
  made.channels[1].name = "code";
  made.channels[1].from.key = "src/";
  made.channels.push_back(made.channels[1]);
  made.channels[2].name = "sm_drivers";
  made.channels[2].from.key = "drivers/";
  made.checkpoints = ObjectUri{"data", "check"};
  made.checkpoint_folder = kCheckpointFolder;
  world.create(made);
  EXPECT_EQ(world.ended_job("j")->status, JobStatus::completed)
      << world.jobs->find("ann", "j")->failure;
  EXPECT_EQ(world.get("data", "src/train.py"), "print(1)");
  EXPECT_EQ(world.get("data", "src/deep/more.py"), "print(2)");
  EXPECT_EQ(world.get("data", "drivers/sm_train.sh"), "true");
  EXPECT_EQ(world.get("data", "check/model-3"), "as it waschanged") << "kept at the end alone";
  const WorkerSpec& spec = world.workers.started.at(0);
  EXPECT_EQ(spec.binds.at(0).to, "/opt/ml");
  EXPECT_TRUE(spec.binds.at(0).writable);
  EXPECT_EQ(read_only(spec),
            (std::vector<std::string>{"/opt/ml/input/config", "/opt/ml/input/data/train"}))
      << "sm_training.env is written beside them";
}

TEST(TrainingJobs, CheckpointsAreInTheStoreWhileItTrains) {
  World world;
  world.script.waits = true;
  world.script.begins = [](const fs::path& root) {
    std::ofstream(root / "checkpoints/model-1") << "one";
  };
  TrainingSpec made = World::spec("j");
  made.checkpoints = ObjectUri{"data", "check"};
  made.checkpoint_folder = kCheckpointFolder;
  world.create(made);
  world.until_training("j");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (world.get("data", "check/model-1") != "one" && std::chrono::steady_clock::now() < until)
    world.loop.run_one_for(kLookEvery);
  EXPECT_EQ(world.get("data", "check/model-1"), "one");
  EXPECT_EQ(world.jobs->find("ann", "j")->status, JobStatus::in_progress);
  // What comes after the last look is kept at the end.
  std::ofstream(world.folder.path() / "jobs/ann/j/checkpoints/model-1", std::ios::app) << ", two";
  ASSERT_TRUE(world.run(world.jobs->stop("ann", "j")).has_value());
  EXPECT_EQ(world.ended_job("j")->status, JobStatus::stopped);
  EXPECT_EQ(world.get("data", "check/model-1"), "one, two");
}

TEST(TrainingJobs, AProgramsLinksLeadNowhere) {
  World world;
  const fs::path secrets = world.folder.path() / "secrets";
  fs::create_directories(secrets / "data");
  for (const char* name : {"key", "failure", "data/key", "model.tar.gz"})
    std::ofstream(secrets / name) << "secret";
  const auto replace = [&](const fs::path& folder) {
    fs::remove_all(folder);
    fs::create_symlink(secrets, folder);
  };
  world.script.begins = [&](const fs::path& root) {
    for (const char* name : {"model", "output", "artifacts", "checkpoints"}) replace(root / name);
  };
  world.script.end = {.exit_code = 1};
  TrainingSpec made = World::spec("failed");
  made.checkpoints = ObjectUri{"data", "kept"};
  made.checkpoint_folder = "/checkpoints";
  made.output_compressed = false;
  world.create(made);
  const auto failed = world.ended_job("failed");
  EXPECT_FALSE(failed->failure.contains("secret")) << failed->failure;

  world.script.end = {.exit_code = 0};
  made.name = "done";
  world.create(made);
  EXPECT_EQ(world.ended_job("done")->model, std::nullopt);
  made.name = "packed";
  made.output_compressed = true;
  world.create(made);
  EXPECT_EQ(world.ended_job("packed")->model, std::nullopt);
  const auto kept = world.run(world.objects->list("data", {}));
  for (const store::ObjectInfo& object : kept->objects)
    EXPECT_TRUE(object.key.starts_with("train/")) << object.key;
  EXPECT_TRUE(fs::exists(secrets / "data/key"));

  // Nor does the next attempt see what is behind them.
  world.script.end = {.exit_code = -1, .signal = 11};
  int attempts = 0;
  world.script.begins = [&](const fs::path& root) {
    ++attempts;
    EXPECT_FALSE(fs::is_symlink(root / "checkpoints"));
    replace(root / "checkpoints");
  };
  made.name = "again";
  made.retries = 1;
  world.create(made);
  world.ended_job("again");
  EXPECT_EQ(attempts, 2);
}

TEST(TrainingJobs, AProgramIsToldWhatItRunsOn) {
  World world;
  world.script.begins = [](const fs::path& root) {
    EXPECT_EQ(read_file(root / "input/config/resourceconfig.json", 1'000).value_or("none"),
              R"({"current_host":"algo-1","current_instance_type":"ml.m5.xlarge",)"
              R"("current_group_name":"homogeneousCluster","hosts":["algo-1"],)"
              R"("instance_groups":[{"instance_group_name":"homogeneousCluster",)"
              R"("instance_type":"ml.m5.xlarge","hosts":["algo-1"]}],)"
              R"("network_interface_name":"lo"})");
    leave_model(root);
  };
  TrainingSpec made = World::spec("j");
  made.arn = "arn:aws:sagemaker:us-east-1:000000000000:training-job/j";
  made.instance_type = "ml.m5.xlarge";
  made.environment = {{"A", "b"}, {"TRAINING_JOB_NAME", "mine"}};
  world.create(made);
  EXPECT_EQ(world.ended_job("j")->status, JobStatus::completed);
  // The last of a name counts.
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(world.workers.started.at(0).environment, (Pairs{{"A", "b"},
                                                            {"TRAINING_JOB_NAME", "mine"},
                                                            {"TRAINING_JOB_NAME", "j"},
                                                            {"TRAINING_JOB_ARN", made.arn}}));
}

TEST(TrainingJobs, AnOwnersNameIsNoPath) {
  World world;
  world.script.begins = leave_model;
  ASSERT_TRUE(world.run(world.jobs->create(World::spec("j"), "../../out")).has_value());
  world.turn([&] { return ended(world.jobs->find("../../out", "j")->status); });
  EXPECT_EQ(world.jobs->find("../../out", "j")->status, JobStatus::completed);
  EXPECT_FALSE(fs::exists(world.folder.path() / "../../out"));
}

TEST(TrainingJobs, AFailedProgramSaysWhy) {
  World world;
  world.script.end = {.exit_code = 1};
  world.script.begins = [](const fs::path& root) {
    std::ofstream(root / "output/failure")
        << "ClientError: Hyperparameter eta: 2.0 is not in [0, 1]";
  };
  world.create(World::spec("j"));
  EXPECT_EQ(world.ended_job("j")->failure,
            "ClientError: Hyperparameter eta: 2.0 is not in [0, 1], exit code: 1");
  world.script.begins = [](const fs::path&) {};
  world.script.end = {.exit_code = -1, .signal = 9, .out_of_memory = true};
  world.create(World::spec("k"));
  EXPECT_TRUE(world.ended_job("k")->failure.ends_with("out of memory"));
}

TEST(TrainingJobs, AReasonIsCutBetweenCharacters) {
  World world;
  world.script.end = {.exit_code = 1};
  std::string euros;
  for (int i = 0; i < 100'000; ++i) euros += "\u20ac";
  world.script.begins = [&](const fs::path& root) {
    std::ofstream(root / "output/failure") << euros;
  };
  world.create(World::spec("j"));
  const std::string begin = "AlgorithmError: ";
  const std::string end = ", exit code: 1";
  const std::size_t room = kFailureCharsMax - begin.size() - end.size();
  EXPECT_EQ(world.ended_job("j")->failure, begin + euros.substr(0, 3 * room) + end);
  world.script.begins = [](const fs::path& root) {
    std::ofstream(root / "output/failure") << "ClientError: \xff";
  };
  world.create(World::spec("k"));
  EXPECT_EQ(world.ended_job("k")->failure, "ClientError: \uFFFD, exit code: 1");
}

TEST(TrainingJobs, WhatCannotBeFetchedIsNamed) {
  World world;
  TrainingSpec none = World::spec("none");
  none.channels[0].from.key = "nothing/";
  world.create(none);
  EXPECT_TRUE(world.ended_job("none")->failure.starts_with(
      "ClientError: No S3 objects found under S3 URL \"s3://data/nothing/\""));
  TrainingSpec bucket = World::spec("bucket");
  bucket.channels[0].from.bucket = "missing";
  world.create(bucket);
  EXPECT_EQ(world.ended_job("bucket")->failure,
            "ClientError: channel train: there is no bucket `missing`");
  world.workers.refusal = "no sandbox on this machine";
  world.create(World::spec("refused"));
  EXPECT_EQ(world.ended_job("refused")->failure, "InternalServerError: no sandbox on this machine");
  EXPECT_EQ(world
                .run(world.jobs->create(
                    [] {
                      TrainingSpec other = World::spec("other");
                      other.algorithm = "lda";
                      return other;
                    }(),
                    "ann"))
                .error()
                .message,
            "the algorithm or image `lda` is not supported; there is: xgboost");
  EXPECT_EQ(world.run(world.jobs->create(World::spec("none"), "ann")).error().code,
            Code::already_exists);
  EXPECT_TRUE(world.run(world.jobs->create(World::spec("none"), "ben")).has_value());
}

TEST(TrainingJobs, StoppingWhileItRuns) {
  World world;
  world.script.waits = true;
  world.script.begins = leave_model;
  world.create(World::spec("j"));
  world.until_training("j");
  ASSERT_TRUE(world.run(world.jobs->stop("ann", "j")).has_value());
  EXPECT_EQ(world.jobs->find("ann", "j")->status, JobStatus::stopping);
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::stopped);
  EXPECT_TRUE(job->model.has_value()) << "what it had by then is kept";
  EXPECT_EQ(world.run(world.jobs->stop("ann", "j")).error().code, Code::failed_precondition);
  EXPECT_EQ(world.run(world.jobs->stop("ben", "j")).error().code, Code::not_found);
}

TEST(TrainingJobs, StoppingWhileItWaits) {
  World world;
  world.script.waits = true;
  TrainingSpec large = World::spec("large");
  world.create(large);
  world.until_training("large");
  world.create(World::spec("behind"));
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(world.run(world.jobs->waiting()), (Pairs{{"ann", "behind"}}));
  ASSERT_TRUE(world.run(world.jobs->stop("ann", "behind")).has_value());
  EXPECT_EQ(world.ended_job("behind")->status, JobStatus::stopped);
  EXPECT_EQ(world.jobs->find("ann", "large")->status, JobStatus::in_progress);
  EXPECT_EQ(world.run(world.jobs->erase("ann", "large")).error().code, Code::failed_precondition);
  EXPECT_TRUE(world.run(world.jobs->erase("ann", "behind")).has_value());
  EXPECT_EQ(world.jobs->find("ann", "behind"), nullptr);
}

TEST(TrainingJobs, TheTimeLimitHolds) {
  World world;
  world.script.waits = true;
  TrainingSpec made = World::spec("j");
  made.max_runtime_s = 1;
  world.create(made);
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::stopped);
  EXPECT_EQ(job->transitions.back().status, "MaxRuntimeExceeded");
}

TEST(TrainingJobs, ACrashIsTriedAgainAsOftenAsWanted) {
  World world;
  world.script.end = {.exit_code = -1, .signal = 11};
  TrainingSpec made = World::spec("j");
  made.retries = 2;
  world.create(made);
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::failed);
  EXPECT_EQ(world.workers.started.size(), 3U);
  EXPECT_TRUE(job->failure.ends_with("signal 11")) << job->failure;
}

TEST(TrainingJobs, WhatWeftEndedItForIsTheReason) {
  World world;
  world.script.end = {.exit_code = -1, .signal = 9, .why = "it held more than its 1 MiB of disk"};
  TrainingSpec made = World::spec("j");
  made.retries = 2;
  made.disk_bytes = 1 << 20;
  world.create(made);
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::failed);
  EXPECT_EQ(job->failure, "AlgorithmError: it held more than its 1 MiB of disk, signal 9");
  ASSERT_EQ(world.workers.started.size(), 1U) << "it would fare no better";
  EXPECT_EQ(world.workers.started[0].disk_bytes, 1U << 20);
}

/// Tables on a disk that is full now and then.
class FullTables final : public store::Tables {
 public:
  bool full = false;
  Awaitable<Result<std::optional<json::value>>> get(std::string space, std::string key) override {
    return inner_.get(std::move(space), std::move(key));
  }
  Awaitable<Result<void>> put(std::string space, std::string key, json::value value) override {
    if (full) co_return fail(Reason::storage_full, "the disk is full");
    co_return co_await inner_.put(std::move(space), std::move(key), std::move(value));
  }
  Awaitable<Result<bool>> erase(std::string space, std::string key) override {
    return inner_.erase(std::move(space), std::move(key));
  }
  Awaitable<Result<std::vector<store::Row>>> scan(std::string space, std::string prefix,
                                                  std::string after, std::size_t limit) override {
    return inner_.scan(std::move(space), std::move(prefix), std::move(after), limit);
  }

 private:
  store::MemoryTables inner_;
};

TEST(TrainingJobs, AFullDiskMakesNoneLie) {
  World world;
  world.end();
  FullTables tables;
  world.live(tables);
  world.script.begins = [&](const fs::path& root) {
    leave_model(root);
    tables.full = true;
  };
  world.create(World::spec("j"));
  world.turn([&] { return tables.full; });
  for (int i = 0; i < 20; ++i) world.loop.run_one_for(std::chrono::milliseconds(20));
  EXPECT_EQ(world.jobs->find("ann", "j")->status, JobStatus::in_progress);
  tables.full = false;
  EXPECT_EQ(world.ended_job("j")->status, JobStatus::completed);
  world.end();
}

TEST(TrainingJobs, ListsPages) {
  World world;
  for (const char* name : {"a", "b", "c"}) {
    world.create(World::spec(name));
    world.ended_job(name);
  }
  const auto page = world.jobs->list(
      {.owner = "ann", .by = ListQuery::By::name, .descending = false, .limit = 2});
  ASSERT_TRUE(page.has_value());
  ASSERT_EQ(page->jobs.size(), 2U);
  EXPECT_EQ(page->jobs[1]->spec.name, "b");
  EXPECT_FALSE(page->next_token.empty());
  EXPECT_EQ(world.jobs->list({.owner = "ben"})->jobs.size(), 0U);
}

}  // namespace
}  // namespace weft::ml
