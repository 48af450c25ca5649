#include "weft/ml/jobs/training_jobs.h"

#include <algorithm>
#include <format>
#include <map>
#include <mutex>

#include "weft/base/log.h"
#include "weft/base/on_loop.h"
#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/ml/algorithms/script/script_mode.h"
#include "weft/ml/jobs/job_run.h"
#include "weft/ml/limits.h"

namespace weft::ml {
namespace {

using Key = std::pair<std::string, std::string>;  ///< owner and name
using JobPtr = std::shared_ptr<const TrainingJob>;

Record record_of(const TrainingJob& job) {
  return {.owner = job.owner,
          .name = job.spec.name,
          .created_ms = job.created_ms,
          .modified_ms = job.modified_ms,
          .status = std::string(to_string(job.status)),
          .body = to_json(job)};
}

Error no_job(std::string_view name) {
  Error error = make_error(Reason::invalid_argument, "Requested resource not found.");
  error.code = Code::not_found;
  error.param = name;
  return error;
}

Error not_now(std::string message) {
  Error error = make_error(Reason::invalid_argument, std::move(message));
  error.code = Code::failed_precondition;
  return error;
}

}  // namespace

struct TrainingJobs::State : std::enable_shared_from_this<State> {
  explicit State(Parts parts_in)
      : parts(std::move(parts_in)),
        catalog(parts.tables, "ml.training"),
        queue(parts.executor, parts.workers.threads()),
        runs(parts.executor) {}

  Parts parts;
  Catalog catalog;
  FairQueue queue;
  TaskGroup runs;
  /// On the loop.
  std::map<Key, std::unique_ptr<JobRun>> running;
  bool draining = false;
  /// What everybody sees; under the lock.
  mutable std::mutex mutex;
  std::map<Key, JobPtr> seen;
  std::map<Key, JobProgress> progress;

  JobPtr find(std::string_view owner, std::string_view name) const {
    const std::scoped_lock lock(mutex);
    const auto at = seen.find(Key(owner, name));
    return at == seen.end() ? nullptr : at->second;
  }

  void show(TrainingJob job) {
    const std::scoped_lock lock(mutex);
    const Key key(job.owner, job.spec.name);
    seen[key] = std::make_shared<const TrainingJob>(std::move(job));
  }

  Awaitable<Result<void>> keep(TrainingJob job) {
    Record record = record_of(job);
    WEFT_CO_CHECK(co_await catalog.replace(std::move(record)));
    show(std::move(job));
    co_return Result<void>();
  }

  void begin(TrainingJob job, bool resumed) {
    const Key key(job.owner, job.spec.name);
    auto run = std::make_unique<JobRun>(
        JobRun::Parts{.world = parts,
                      .queue = queue,
                      .keep = [this](TrainingJob changed) { return keep(std::move(changed)); },
                      .told =
                          [this, key](JobProgress told) {
                            const std::scoped_lock lock(mutex);
                            progress[key] = told;
                          }},
        std::move(job));
    JobRun& begun = *run;
    running[key] = std::move(run);
    runs.spawn(live(begun, key, resumed));
  }

  Awaitable<> live(JobRun& run, Key key, bool resumed) {
    co_await run.run(resumed);
    running.erase(key);
    const std::scoped_lock lock(mutex);
    progress.erase(key);
  }

  /// Whether it can be begun at all.
  Result<void> check(const TrainingSpec& spec) const {
    const Algorithm* algorithm = algorithm_of(parts.algorithms, spec);
    if (algorithm == nullptr || !algorithm->trains) {
      std::string names;
      for (const Algorithm& each : parts.algorithms) {
        if (each.trains) names += std::format("{}{}", names.empty() ? "" : ", ", each.name);
      }
      return fail(Reason::unsupported,
                  std::format("the algorithm or image `{}` is not supported{}; there is: {}",
                              spec.algorithm, algorithm != nullptr ? " for training" : "", names));
    }
    WEFT_CHECK(MetricScan::create(spec.metrics));
    if (wants_script(spec)) WEFT_CHECK(source_archive(spec));
    return {};
  }

  Awaitable<Result<void>> create(TrainingSpec spec, std::string owner) {
    if (draining) co_return fail(Reason::unavailable, "weft is ending; try again shortly");
    const auto running_of =
        std::ranges::count_if(running, [&](const auto& each) { return each.first.first == owner; });
    if (static_cast<std::size_t>(running_of) >= kJobsRunningMax) {
      co_return fail(Reason::rate_limited,
                     std::format("{} training jobs of yours have not ended; wait for some of them",
                                 running_of));
    }
    WEFT_CO_CHECK(check(spec));
    TrainingJob job;
    job.created_ms = job.modified_ms = parts.clock.unix_ms();
    job.owner = std::move(owner);
    job.spec = std::move(spec);
    job.enter("Starting", "Starting the training job", job.created_ms);
    Record record = record_of(job);
    WEFT_CO_CHECK(co_await catalog.create(std::move(record)));
    show(job);
    begin(std::move(job), false);
    co_return Result<void>();
  }

  Awaitable<Result<void>> stop(std::string owner, std::string name) {
    const JobPtr job = find(owner, name);
    if (!job) co_return fail(no_job(name));
    const auto at = running.find(Key(owner, name));
    if (at == running.end() || !at->second->stop()) {
      co_return fail(
          not_now(std::format("The request was rejected because the training job is in status {}.",
                              to_string(job->status))));
    }
    TrainingJob stopping = at->second->job();
    co_return co_await keep(std::move(stopping));
  }

  /// One that has ended still removes its files, for a moment.
  Awaitable<> until_gone(Key key) const {
    for (int looks = 0; looks < kJobGoneLooks && running.contains(key); ++looks)
      (void)co_await sleep_for(kJobGoneEvery, {});
  }

  Awaitable<Result<void>> erase(std::string owner, std::string name) {
    const JobPtr job = find(owner, name);
    if (!job) co_return fail(no_job(name));
    if (ended(job->status)) co_await until_gone(Key(owner, name));
    if (!ended(job->status) || running.contains(Key(owner, name))) {
      co_return fail(not_now(std::format(
          "The request was rejected because the training job is in status {}; stop it first.",
          to_string(job->status))));
    }
    WEFT_CO_TRY(const bool was, co_await catalog.erase(owner, name));
    (void)was;
    const std::scoped_lock lock(mutex);
    seen.erase(Key(owner, name));
    co_return Result<void>();
  }

  Awaitable<Result<void>> take_up() {
    WEFT_CO_CHECK(co_await catalog.load());
    for (const RecordPtr& record : catalog.all()) {
      auto job = training_job_from_json(record->body);
      if (!job) {
        log::error("training job {} of {}: {}", record->name, record->owner, job.error().message);
        continue;
      }
      show(*job);
      if (!ended(job->status)) begin(*std::move(job), /*resumed=*/true);
    }
    co_return Result<void>();
  }

  Awaitable<std::vector<std::pair<std::string, std::string>>> waiting() const {
    co_return queue.waiting();
  }

  Awaitable<Result<void>> end() {
    draining = true;
    for (auto& [key, run] : running) run->drain();
    co_await runs.join();
    co_return Result<void>();
  }
};

TrainingJobs::TrainingJobs(Parts parts) : state_(std::make_shared<State>(std::move(parts))) {}
TrainingJobs::~TrainingJobs() = default;

Awaitable<Result<void>> TrainingJobs::start() {
  auto work = state_->take_up();
  co_return co_await on_loop(state_->parts.executor, std::move(work));
}

Awaitable<> TrainingJobs::drain() {
  auto work = state_->end();
  (void)co_await on_loop(state_->parts.executor, std::move(work));
}

Awaitable<Result<void>> TrainingJobs::create(TrainingSpec spec, std::string owner) {
  auto work = state_->create(std::move(spec), std::move(owner));
  co_return co_await on_loop(state_->parts.executor, std::move(work));
}

Awaitable<Result<void>> TrainingJobs::stop(std::string owner, std::string name) {
  auto work = state_->stop(std::move(owner), std::move(name));
  co_return co_await on_loop(state_->parts.executor, std::move(work));
}

Awaitable<Result<void>> TrainingJobs::erase(std::string owner, std::string name) {
  auto work = state_->erase(std::move(owner), std::move(name));
  co_return co_await on_loop(state_->parts.executor, std::move(work));
}

std::shared_ptr<const TrainingJob> TrainingJobs::find(std::string_view owner,
                                                      std::string_view name) const {
  return state_->find(owner, name);
}

Result<TrainingJobPage> TrainingJobs::list(const ListQuery& query) const {
  WEFT_TRY(const ListPage page, state_->catalog.list(query));
  TrainingJobPage out{.jobs = {}, .next_token = page.next_token};
  for (const RecordPtr& record : page.records) {
    if (auto job = state_->find(record->owner, record->name)) out.jobs.push_back(std::move(job));
  }
  return out;
}

std::optional<JobProgress> TrainingJobs::progress(std::string_view owner,
                                                  std::string_view name) const {
  const std::scoped_lock lock(state_->mutex);
  const auto at = state_->progress.find(Key(owner, name));
  return at == state_->progress.end() ? std::nullopt : std::optional(at->second);
}

Awaitable<std::vector<std::pair<std::string, std::string>>> TrainingJobs::waiting() const {
  auto work = state_->waiting();
  co_return co_await on_loop(state_->parts.executor, std::move(work));
}

std::vector<MetricDefinition> TrainingJobs::metric_definitions(const TrainingJob& job) const {
  std::vector<MetricDefinition> out = job.spec.metrics;
  const Algorithm* algorithm = algorithm_of(state_->parts.algorithms, job.spec);
  if (algorithm == nullptr || algorithm->metrics.empty()) return out;
  for (const MetricPoint& point : job.metrics) {
    const auto logged = std::ranges::find(algorithm->metrics, point.name, &LoggedMetric::name);
    // A name that is put together is of the one expression that does so.
    const LoggedMetric& by = logged == algorithm->metrics.end() ? algorithm->metrics[0] : *logged;
    if (std::ranges::find(out, point.name, &MetricDefinition::name) == out.end())
      out.push_back({.name = point.name, .pattern = std::string(by.pattern)});
  }
  return out;
}

const Algorithm* algorithm_of(std::span<const Algorithm> all, const TrainingSpec& spec) {
  return find_algorithm(all, wants_script(spec) ? kScriptAlgorithm : spec.algorithm);
}

std::string TrainingJobs::log_stream(const TrainingJob& job) {
  return std::format("{}/algo-1-{}", job.spec.name, job.created_ms / 1'000);
}

std::string WorkerEnd::str() const {
  if (out_of_memory) return "out of memory";
  return signal != 0 ? std::format("signal {}", signal) : std::format("exit code: {}", exit_code);
}

}  // namespace weft::ml
