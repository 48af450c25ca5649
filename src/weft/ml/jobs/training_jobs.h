// Training jobs: durable, run one after the other as there is room, each in a sandbox. What is said
// of a job is true at every moment, whatever is killed: a change is in the store before anyone sees
// it. Owned by app; create(), stop(), … from any loop, everything runs on its own.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weft/base/clock.h"
#include "weft/base/work_pool.h"
#include "weft/ml/algorithms/algorithm.h"
#include "weft/ml/catalog/catalog.h"
#include "weft/ml/jobs/training_job.h"
#include "weft/ml/limits.h"
#include "weft/ml/logs.h"
#include "weft/ml/metrics.h"
#include "weft/ml/ports.h"
#include "weft/store/objects.h"

namespace weft::ml {

/// How far a job's program says it is.
struct JobProgress {
  std::int64_t done = 0;
  std::int64_t total = 0;
  friend bool operator==(const JobProgress&, const JobProgress&) = default;
};

/// A page of jobs, as their summaries need them.
struct TrainingJobPage {
  std::vector<std::shared_ptr<const TrainingJob>> jobs;
  std::string next_token;
};

class TrainingJobs {
 public:
  struct Parts {
    Executor executor;  ///< its loop
    const Clock& clock;
    store::Tables& tables;
    store::Objects& objects;
    WorkPool& pool;  ///< for files of jobs
    Workers& workers;
    Logs& logs;
    std::vector<Algorithm> algorithms;
    /// Where jobs have their files while they run.
    std::filesystem::path folder;
    /// Where every point of jobs' metrics goes (kTrainingMetrics); null: nowhere.
    Metrics* metrics = nullptr;
    /// The objects as an owner may see them; null: `objects`, all there are.
    std::function<std::shared_ptr<store::Objects>(std::string owner)> objects_of;
    /// Between looks at what running programs left of checkpoints.
    Milliseconds checkpoints_every = kCheckpointsEvery;
    /// Before the first retry of what weft did not manage; twice as long before each more.
    Milliseconds again_after = kJobAgainAfter;
  };
  explicit TrainingJobs(Parts parts);
  ~TrainingJobs();

  /// Reads what there is, and takes up what had not ended. Once, before anything else.
  Awaitable<Result<void>> start();
  /// Programs end, their jobs stay as they are, to be taken up by the next life. Once.
  Awaitable<> drain();

  /// Durable when it returns. Errors: Code::already_exists; an algorithm that is none of ours and
  /// no program of the user's (Reason::unsupported, by name); a metric's expression that is none
  /// (Reason::invalid_argument); too many that have not ended.
  Awaitable<Result<void>> create(TrainingSpec spec, std::string owner);
  /// Null when there is none.
  std::shared_ptr<const TrainingJob> find(std::string_view owner, std::string_view name) const;
  Result<TrainingJobPage> list(const ListQuery& query) const;
  /// Errors: Code::not_found; Code::failed_precondition when it has ended.
  Awaitable<Result<void>> stop(std::string owner, std::string name);
  /// Errors: Code::not_found; Code::failed_precondition when it has not ended.
  Awaitable<Result<void>> erase(std::string owner, std::string name);
  /// Nothing when it does not run, or does not tell.
  std::optional<JobProgress> progress(std::string_view owner, std::string_view name) const;
  /// Who waits for processors, the next first: `(owner, name)`.
  Awaitable<std::vector<std::pair<std::string, std::string>>> waiting() const;

  /// What a job's log is searched for: its own definitions, and what its algorithm's log told by
  /// itself.
  std::vector<MetricDefinition> metric_definitions(const TrainingJob& job) const;
  /// The stream of a job's log: `NAME/algo-1-CREATED`.
  static std::string log_stream(const TrainingJob& job);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// What runs a job: a program of the user's own wherever the job names one, whatever its image is;
/// null: nothing here.
const Algorithm* algorithm_of(std::span<const Algorithm> all, const TrainingSpec& spec);

/// The log group of training jobs; each owner has its own (owned_group).
inline constexpr std::string_view kTrainingLogGroup = "/aws/sagemaker/TrainingJobs";

}  // namespace weft::ml
