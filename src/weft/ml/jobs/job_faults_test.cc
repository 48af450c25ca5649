// What jobs do when stores, programs and weft itself fail in their course.
#include <gtest/gtest.h>

#include <fstream>

#include "weft/base/file.h"
#include "weft/base/timers.h"
#include "weft/ml/jobs/world_testing.h"
#include "weft/ml/limits.h"
#include "weft/store/testing/objects_through.h"

namespace weft::ml {
namespace {

namespace fs = std::filesystem;
using ml::testing::leave_model;
using ml::testing::stretches;
using ml::testing::Stretches;
using ml::testing::World;

std::string said_of_restart(const TrainingJob& job) {
  const auto at = std::ranges::find(job.transitions, "Restarting", &Transition::status);
  return at == job.transitions.end() ? "nothing" : at->message;
}

/// What is said of the job when its hub dies in its course and another takes it up.
std::string said_at_restart(World& world, TrainingSpec spec = World::spec("j")) {
  world.script.waits = true;
  world.create(std::move(spec));
  world.until_training("j");
  world.end();
  world.script.waits = false;
  world.live();
  const auto job = world.ended_job("j");
  return said_of_restart(*job);
}

TEST(JobFaults, AnotherLifeTakesThemUp) {
  World world;
  EXPECT_EQ(said_at_restart(world),
            "weft was restarted; the job had left no checkpoint and begins anew");
  EXPECT_EQ(world.jobs->find("ann", "j")->status, JobStatus::completed);
}

TEST(JobFaults, AnotherLifeGoesOnFromTheirCheckpoints) {
  World world;
  world.script.begins = [](const std::filesystem::path& root) {
    ASSERT_TRUE(write_file(root / "checkpoints/model-1", "x").has_value());
  };
  EXPECT_EQ(said_at_restart(world), "weft was restarted; resuming from the last checkpoint");
}

TrainingSpec sampling(std::string name) {
  TrainingSpec out = World::spec(std::move(name));
  out.hyperparameters["subsample"] = "0.5";
  return out;
}

void leave_checkpoint(const fs::path& root) {
  ASSERT_TRUE(write_file(root / "checkpoints/model-1", "x").has_value());
}

TEST(JobFaults, OneThatSamplesMayDiffer) {
  World world;
  world.script.begins = leave_checkpoint;
  EXPECT_TRUE(said_at_restart(world, sampling("j")).contains("The model may differ"));
}

TEST(JobFaults, OneThatBeginsAnewMayDifferToo) {
  World world;
  const std::string said = said_at_restart(world, sampling("j"));
  EXPECT_TRUE(said.starts_with(
      "weft was restarted; the job had left no checkpoint and begins anew. The model may differ"))
      << said;
}

TEST(JobFaults, OneThatOnlyWaitedDoesNotDiffer) {
  World world;
  world.script.waits = true;
  world.script.begins = leave_checkpoint;
  world.create(sampling("first"));
  world.until_training("first");
  world.create(sampling("behind"));
  world.end();
  world.script.waits = false;
  world.live();
  EXPECT_EQ(said_of_restart(*world.ended_job("behind")),
            "weft was restarted; the job's program had not begun");
}

TEST(JobFaults, OneThatCrashedSaysWhatItGoesOnFrom) {
  World world;
  world.script.end = {.exit_code = -1, .signal = 11};
  TrainingSpec made = sampling("anew");
  made.retries = 1;
  world.create(made);
  const std::string anew = said_of_restart(*world.ended_job("anew"));
  EXPECT_TRUE(anew.starts_with(
      "The training program ended with signal 11; retry 1 of 1; the job had left no checkpoint and "
      "begins anew. The model may differ"))
      << anew;
  world.script.begins = leave_checkpoint;
  made.name = "on";
  world.create(made);
  const std::string said = said_of_restart(*world.ended_job("on"));
  EXPECT_TRUE(said.starts_with(
      "The training program ended with signal 11; retry 1 of 1; resuming from the last "
      "checkpoint. The model may differ"))
      << said;
  made = World::spec("same");
  made.retries = 1;
  world.create(made);
  EXPECT_EQ(said_of_restart(*world.ended_job("same")),
            "The training program ended with signal 11; retry 1 of 1; resuming from the last "
            "checkpoint");
}

TEST(JobFaults, OneThatKillsWeftIsNotBegunForEver) {
  World world;
  world.script.waits = true;
  world.create(World::spec("j"));
  world.until_training("j");
  // As a record of a hub that died in the third time.
  TrainingJob dead = *world.jobs->find("ann", "j");
  dead.deaths = 3;
  world.end();
  ASSERT_TRUE(world
                  .run(world.tables.put("ml.training", "ann/j",
                                        json::object{{"owner", "ann"},
                                                     {"name", "j"},
                                                     {"status", "InProgress"},
                                                     {"body", to_json(dead)}}))
                  .has_value());
  world.live();
  const auto job = world.ended_job("j");
  EXPECT_TRUE(job->failure.starts_with("InternalServerError: weft's own process died 3 times"));
}

TEST(JobFaults, TheTimeThatWeftWasOffIsNotTheJobs) {
  World world;
  world.script.waits = true;
  TrainingSpec made = World::spec("j");
  made.max_runtime_s = 60;
  world.create(made);
  world.until_training("j");
  world.end();
  world.clock.ahead = std::chrono::hours(1);
  world.live();
  world.until_training("j");
  for (int i = 0; i < 20; ++i) world.loop.run_one_for(std::chrono::milliseconds(20));
  EXPECT_EQ(world.jobs->find("ann", "j")->secondary_status(), "Training");
  ASSERT_TRUE(world.run(world.jobs->stop("ann", "j")).has_value());
  EXPECT_EQ(world.ended_job("j")->transitions.back().status, "Stopped");
}

/// A store that weft's end breaks off.
class BrokenOff final : public store::testing::ObjectsThrough {
 public:
  using ObjectsThrough::ObjectsThrough;
  Awaitable<Result<store::ObjectInfo>> take(fs::path, std::string, std::string,
                                            store::ObjectMeta) override {
    (void)co_await sleep_for(Milliseconds(200), {});
    co_return fail(Reason::cancelled, "weft ends");
  }
};

TEST(JobFaults, AModelOnItsWayIsTheNextLifes) {
  World world;
  BrokenOff broken(*world.objects);
  world.through = &broken;
  world.script.begins = leave_model;
  world.create(World::spec("j"));
  world.turn([&] { return world.jobs->find("ann", "j")->secondary_status() == "Uploading"; });
  world.end();
  world.through = nullptr;
  world.live();
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::completed) << job->failure;
  EXPECT_EQ(world.get("data", "out/j/output/model.tar.gz"), "model");
}

/// A store whose answers end in the middle of one object, once weft ends.
class HalfObjects final : public store::testing::ObjectsThrough {
 public:
  HalfObjects(store::Objects& to, std::string key) : ObjectsThrough(to), key_(std::move(key)) {}
  bool over = false;
  bool half = false;  ///< a reader has come so far
  Awaitable<Result<std::unique_ptr<store::ObjectReader>>> open(std::string bucket,
                                                               std::string key) override {
    const bool halved = key == key_;
    WEFT_CO_TRY(auto whole, co_await ObjectsThrough::open(std::move(bucket), std::move(key)));
    if (!halved) co_return std::move(whole);
    co_return std::make_unique<Half>(*this, std::move(whole));
  }

 private:
  class Half final : public store::ObjectReader {
   public:
    Half(HalfObjects& of, std::unique_ptr<store::ObjectReader> whole)
        : of_(of), whole_(std::move(whole)) {}
    const store::ObjectInfo& info() const override { return whole_->info(); }
    Awaitable<Result<std::string>> read(std::uint64_t offset, std::size_t) override {
      if (offset == 0) co_return co_await whole_->read(0, whole_->info().size / 2);
      of_.half = true;
      while (!of_.over) (void)co_await sleep_for(Milliseconds(20), {});
      co_return fail(Reason::cancelled, "weft ends");
    }

   private:
    HalfObjects& of_;
    std::unique_ptr<store::ObjectReader> whole_;
  };
  std::string key_;
};

TEST(JobFaults, ACheckpointThatCameHalfIsNone) {
  World world;
  const std::vector<std::string> names = {"model-1", "model-2", "model-3"};
  for (const std::string& name : names) world.put("data", "check/" + name, "all of " + name);
  HalfObjects broken(*world.objects, "check/model-2");
  world.through = &broken;
  TrainingSpec made = World::spec("j");
  made.checkpoints = ObjectUri{"data", "check"};
  made.checkpoint_folder = kCheckpointFolder;
  world.create(made);
  world.turn([&] { return broken.half; });
  // By then it has been told to end.
  const Timer over =
      run_after(world.loop.get_executor(), Milliseconds(100), [&] { broken.over = true; });
  world.end();
  world.through = nullptr;
  bool began = false;
  world.script.begins = [&](const fs::path& root) {
    began = true;
    for (const std::string& name : names)
      EXPECT_EQ(read_file(root / "checkpoints" / name, 100).value_or("none"), "all of " + name);
    leave_model(root);
  };
  world.live();
  EXPECT_EQ(world.ended_job("j")->status, JobStatus::completed);
  EXPECT_TRUE(began);
  for (const std::string& name : names)
    EXPECT_EQ(world.get("data", "check/" + name), "all of " + name);
}

/// A store that takes nothing for so many times.
class Refusing final : public store::testing::ObjectsThrough {
 public:
  Refusing(store::Objects& to, int times) : ObjectsThrough(to), left_(times) {}
  Awaitable<Result<store::ObjectInfo>> take(fs::path from, std::string bucket, std::string key,
                                            store::ObjectMeta meta) override {
    if (left_ > 0) {
      --left_;
      co_return fail(Reason::unavailable, "the store at http://store does not answer");
    }
    co_return co_await ObjectsThrough::take(std::move(from), std::move(bucket), std::move(key),
                                            std::move(meta));
  }

 private:
  int left_;
};

TEST(JobFaults, AStoreThatRefusesOnceCostsNoModel) {
  World world;
  Refusing store(*world.objects, 1);
  world.through = &store;
  world.script.begins = leave_model;
  world.create(World::spec("j"));
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::completed) << job->failure;
  EXPECT_EQ(world.get("data", "out/j/output/model.tar.gz"), "model");
  EXPECT_EQ(world.workers.started.size(), 1U) << "what it has trained is trained";
}

TEST(JobFaults, AStoreThatRefusesForEverIsTheReason) {
  World world;
  Refusing store(*world.objects, 1'000);
  world.through = &store;
  world.script.begins = leave_model;
  world.create(World::spec("j"));
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::failed);
  EXPECT_EQ(job->failure,
            "InternalServerError: the model could not be kept: the store at http://store does not "
            "answer");
}

TEST(JobFaults, WhatWeftHasNotStartedIsTriedAgainAsOftenAsWanted) {
  World world;
  world.workers.refusals = 1;
  TrainingSpec made = World::spec("j");
  made.retries = 1;
  world.create(made);
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::completed) << job->failure;
  EXPECT_EQ(said_of_restart(*job), "InternalServerError: no sandbox just now; retry 1 of 1");
  world.workers.refusals = 2;
  made.name = "k";
  world.create(made);
  EXPECT_EQ(world.ended_job("k")->failure, "InternalServerError: no sandbox just now");
}

/// A store that cannot be read for so many times.
class Unreadable final : public store::testing::ObjectsThrough {
 public:
  Unreadable(store::Objects& to, int times) : ObjectsThrough(to), left_(times) {}
  Awaitable<Result<store::ObjectPage>> list(std::string bucket, store::ObjectQuery query) override {
    if (left_ > 0) {
      --left_;
      co_return fail(Reason::unavailable, "the store at http://store does not answer");
    }
    co_return co_await ObjectsThrough::list(std::move(bucket), std::move(query));
  }

 private:
  int left_;
};

TEST(JobFaults, WhatCouldNotBeFetchedIsTriedAgainAsOftenAsWanted) {
  World world;
  Unreadable store(*world.objects, 2);
  world.through = &store;
  world.create(World::spec("once"));
  EXPECT_EQ(world.ended_job("once")->failure,
            "InternalServerError: channel train: the store at http://store does not answer");
  TrainingSpec made = World::spec("j");
  made.retries = 1;
  world.create(made);
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::completed) << job->failure;
  EXPECT_EQ(said_of_restart(*job),
            "InternalServerError: channel train: the store at http://store does not answer; retry "
            "1 of 1");
  made.name = "theirs";
  made.channels[0].from.key = "nothing/";
  world.create(made);
  const auto theirs = world.ended_job("theirs");
  EXPECT_EQ(said_of_restart(*theirs), "nothing") << theirs->failure;
}

/// A store whose objects come slowly: a piece of each now and then.
class Slow final : public store::testing::ObjectsThrough {
 public:
  using ObjectsThrough::ObjectsThrough;
  bool reading = false;
  bool over = false;
  Awaitable<Result<std::unique_ptr<store::ObjectReader>>> open(std::string, std::string) override {
    co_return std::make_unique<Reader>(*this);
  }
  Awaitable<Result<bool>> fetch(std::string, std::string, fs::path) override {
    reading = true;
    while (!over) (void)co_await sleep_for(Milliseconds(20), {});
    co_return fail(Reason::unavailable, "it took too long");
  }

 private:
  class Reader final : public store::ObjectReader {
   public:
    explicit Reader(Slow& of) : of_(of) {}
    const store::ObjectInfo& info() const override { return info_; }
    Awaitable<Result<std::string>> read(std::uint64_t, std::size_t) override {
      of_.reading = true;
      (void)co_await sleep_for(Milliseconds(20), {});
      co_return "piece";
    }

   private:
    Slow& of_;
    store::ObjectInfo info_;
  };
};

TEST(JobFaults, StoppingWhileItsDataComes) {
  World world;
  Slow store(*world.objects);
  world.through = &store;
  // `code` comes piece by piece, `train` as a whole.
  for (const char* channel : {"code", "train"}) {
    store.reading = false;
    TrainingSpec made = World::spec(channel);
    made.channels[0].name = channel;
    world.create(made);
    world.turn([&] { return store.reading; });
    ASSERT_TRUE(world.run(world.jobs->stop("ann", channel)).has_value());
    const auto job = world.ended_job(channel);
    EXPECT_EQ(job->status, JobStatus::stopped) << job->failure;
    EXPECT_EQ(stretches(*job), (Stretches{"Starting", "Downloading", "Stopped"}));
  }
  EXPECT_TRUE(world.workers.started.empty());
  // The next one does not wait for what nobody wants any more.
  world.through = nullptr;
  world.create(World::spec("next"));
  EXPECT_EQ(world.ended_job("next")->status, JobStatus::completed);
  store.over = true;
  world.end();
}

TEST(JobFaults, WhatIsNoFileIsSaidToBeLeftOut) {
  World world;
  world.script.begins = [](const fs::path& root) {
    std::ofstream(root / "model/weights") << "model";
    fs::create_symlink("weights", root / "model/latest");
    std::ofstream(root / "output/data/figures") << "figures";
    fs::create_symlink("figures", root / "output/data/link");
  };
  TrainingSpec made = World::spec("j");
  made.output_compressed = false;
  world.create(made);
  const auto job = world.ended_job("j");
  EXPECT_EQ(job->status, JobStatus::completed) << job->failure;
  const auto lines = world.run(world.logs.last_lines(owned_group("ann", kTrainingLogGroup),
                                                     TrainingJobs::log_stream(*job), 10));
  EXPECT_EQ(lines, (std::vector<std::string>{"weft: model/latest is not kept: it is no file",
                                             "weft: output/data/link is not kept: it is no file"}));
}

}  // namespace
}  // namespace weft::ml
