// One training job's life, from its turn to its end. Owned by TrainingJobs; its loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "weft/base/clock.h"
#include "weft/base/task_group.h"
#include "weft/ml/jobs/fair_queue.h"
#include "weft/ml/jobs/job_files.h"
#include "weft/ml/jobs/metric_scan.h"
#include "weft/ml/jobs/training_jobs.h"
#include "weft/ml/worker_log.h"

namespace weft::ml {

/// What runs as long as the job does. The one who started it keeps it, and says when to stop.
class JobRun {
 public:
  struct Parts {
    TrainingJobs::Parts& world;
    FairQueue& queue;
    /// Durable when it returns, and seen by everybody from then on.
    std::function<Awaitable<Result<void>>(TrainingJob)> keep;
    std::function<void(JobProgress)> told;
  };
  JobRun(Parts parts, TrainingJob job);

  /// Until it has ended, or drain() was called. `resumed`: weft was restarted meanwhile.
  Awaitable<> run(bool resumed);
  /// Somebody wants it to end; false: it has, or is about to. The job says so; keeping that is the
  /// caller's.
  bool stop();
  /// weft ends: the program does too, the job stays as it is.
  void drain();
  const TrainingJob& job() const { return job_; }

 private:
  enum class Wish : std::uint8_t { none, stop, drain };
  /// How a program's run came out.
  struct Outcome {
    WorkerEnd end;
    bool timed_out = false;
  };

  Awaitable<> wait_and_train();
  Awaitable<> train();
  Awaitable<Result<Outcome>> attempt();
  Awaitable<Result<void>> prepare();
  Awaitable<> fetch();
  Awaitable<Result<Outcome>> run_program();
  void count_time();
  Awaitable<> keep_time(CancelToken ended);
  Awaitable<> follow(Worker& worker);
  Awaitable<> finish(Outcome outcome);
  Awaitable<bool> again(const Outcome& outcome);
  Awaitable<bool> again(Error why);
  Awaitable<bool> upload_again(Error why);
  Awaitable<Result<std::optional<ObjectUri>>> upload();
  Awaitable<> tell_left_out(std::vector<std::string> names);
  Awaitable<> save();
  Awaitable<> end(JobStatus status, std::string failure);
  void take_line(const WorkerLine& line);
  void take_metric(MetricPoint point);
  void enter(std::string status, std::string message);
  std::string what_now() const;
  std::string failure_of(const WorkerEnd& end) const;
  WorkerSpec program() const;
  JobLimits limits() const;
  std::int64_t now() const { return parts_.world.clock.unix_ms(); }

  Parts parts_;
  TrainingJob job_;
  std::shared_ptr<store::Objects> objects_;  ///< as the owner may see them
  JobFiles files_;
  const Algorithm* algorithm_;
  std::optional<MetricScan> metrics_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<WorkerLog> log_;
  TaskGroup fetching_;
  std::optional<Result<void>> fetched_;
  Signal fetch_over_;
  CancelSource cancel_;
  CancelSource no_more_;  ///< an upload that fails is not tried again
  std::int64_t upload_retries_ = 0;
  SteadyTime began_;  ///< the program that runs
  std::int64_t ran_before_ms_ = 0;
  Wish wish_ = Wish::none;
  bool over_ = false;  ///< its end is kept
};

}  // namespace weft::ml
