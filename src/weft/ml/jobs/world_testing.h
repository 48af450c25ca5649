// Everything that training needs, and a loop that the test turns. Owned by the test.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/base/testing/run.h"
#include "weft/base/work_pool.h"
#include "weft/ml/jobs/testing.h"
#include "weft/ml/jobs/training_jobs.h"
#include "weft/store/files/local_objects.h"
#include "weft/store/memory_tables.h"
#include "weft/store/testing/directory.h"

namespace weft::ml::testing {

inline WorkerLine log_line(std::string text) {
  return {.stream = WorkerLine::Stream::log, .text = std::move(text)};
}

inline constexpr Milliseconds kLookEvery{20};

/// The system's, which a test can put forward.
class MovedClock final : public Clock {
 public:
  std::int64_t unix_ms() const override { return system_.unix_ms() + ahead.count(); }
  SteadyTime steady() const override { return system_.steady() + ahead; }
  Milliseconds ahead{0};

 private:
  SystemClock system_;
};

struct World {
  store::testing::TemporaryDirectory folder;
  boost::asio::io_context loop;
  MovedClock clock;
  SystemRandom random;
  WorkPool pool{2, 256};
  store::MemoryTables tables;
  std::unique_ptr<store::Objects> objects =
      *store::files::open_local_objects(folder.path() / "objects", random, pool);
  Script script;
  FakeWorkers workers{[this](const WorkerSpec&) { return script; }};
  Logs logs{folder.path() / "logs", pool};
  Metrics metrics{clock, folder.path() / "metrics"};
  std::vector<Algorithm> algorithms = {*find_algorithm(all_algorithms(), "xgboost")};
  /// Whose objects were asked for.
  std::vector<std::string> owners;
  /// What jobs see in the place of the objects.
  store::Objects* through = nullptr;
  std::unique_ptr<TrainingJobs> jobs;

  World() {
    put("data", "train/a.csv", "1,2\n");
    put("data", "train/deep/b.csv", "3,4\n");
    live();
  }
  ~World() {
    if (jobs) end();
  }
  /// Another life of the hub, on the same store.
  void live() { live(tables); }
  void live(store::Tables& on) {
    jobs = std::make_unique<TrainingJobs>(TrainingJobs::Parts{.executor = loop.get_executor(),
                                                              .clock = clock,
                                                              .tables = on,
                                                              .objects = *objects,
                                                              .pool = pool,
                                                              .workers = workers,
                                                              .logs = logs,
                                                              .algorithms = algorithms,
                                                              .folder = folder.path() / "jobs",
                                                              .metrics = &metrics,
                                                              .objects_of = objects_of(),
                                                              .checkpoints_every = kLookEvery,
                                                              .again_after = Milliseconds(1)});
    ASSERT_TRUE(run(jobs->start()).has_value());
  }
  std::function<std::shared_ptr<store::Objects>(std::string)> objects_of() {
    return [this](std::string owner) {
      owners.push_back(std::move(owner));
      return std::shared_ptr<store::Objects>(std::shared_ptr<void>(),
                                             through != nullptr ? through : objects.get());
    };
  }
  void end() {
    std::optional<bool> done;
    weft::testing::start(loop, [](TrainingJobs& of, std::optional<bool>& out) -> Awaitable<> {
      co_await of.drain();
      out = true;
    }(*jobs, done));
    turn([&] { return done.has_value(); });
    jobs.reset();
  }
  template <class T>
  T run(Awaitable<T> work) {
    std::optional<T> out;
    weft::testing::start(loop, weft::testing::keep(std::move(work), out));
    turn([&] { return out.has_value(); });
    return std::move(*out);
  }
  void turn(const std::function<bool()>& until) {
    loop.restart();
    const auto guard = boost::asio::make_work_guard(loop);
    while (!until()) loop.run_one_for(std::chrono::milliseconds(50));
  }
  void put(std::string bucket, std::string key, std::string bytes) {
    (void)run(objects->make_bucket(bucket));
    auto writer = run(objects->put(std::move(bucket), std::move(key)));
    ASSERT_TRUE(writer && run((*writer)->write(std::move(bytes))) && run((*writer)->commit({})));
  }
  std::string get(std::string bucket, std::string key) {
    auto reader = run(objects->open(std::move(bucket), std::move(key)));
    if (!reader || !*reader) return "none";
    return run((*reader)->read(0, 1 << 20)).value_or("?");
  }
  static TrainingSpec spec(std::string name) {
    TrainingSpec out;
    out.name = std::move(name);
    out.algorithm = "xgboost";
    out.hyperparameters = {{"num_round", "3"}};
    out.channels = {{.name = "train",
                     .from = {"data", "train"},
                     .content_type = "text/csv",
                     .input_mode = "File",
                     .distribution = "FullyReplicated",
                     .gzip = false}};
    out.metrics = {{.name = "train:rmse", .pattern = "rmse:(\\S+)"}};
    out.output = {"data", "out"};
    out.instance_type = "ml.m5.large";
    return out;
  }
  void create(TrainingSpec made) {
    const auto created = run(jobs->create(std::move(made), "ann"));
    ASSERT_TRUE(created.has_value()) << created.error().message;
  }
  std::shared_ptr<const TrainingJob> ended_job(const std::string& name) {
    turn([&] { return ended(jobs->find("ann", name)->status); });
    return jobs->find("ann", name);
  }
  void until_training(const std::string& name) {
    turn([&] { return jobs->find("ann", name)->secondary_status() == "Training"; });
  }
};

inline std::vector<std::string> stretches(const TrainingJob& job) {
  std::vector<std::string> out;
  for (const Transition& each : job.transitions) out.push_back(each.status);
  return out;
}
using Stretches = std::vector<std::string>;

inline void leave_model(const std::filesystem::path& root) {
  std::ofstream(root / "artifacts/model.tar.gz") << "model";
}

}  // namespace weft::ml::testing
