#include "weft/ml/jobs/job_run.h"

#include <algorithm>
#include <format>

#include "weft/base/json.h"
#include "weft/base/log.h"
#include "weft/base/text.h"
#include "weft/base/timers.h"
#include "weft/base/url.h"
#include "weft/ml/algorithms/script/script_mode.h"
#include "weft/ml/jobs/checkpoint_sync.h"
#include "weft/ml/jobs/instance_type.h"
#include "weft/ml/limits.h"
#include "weft/store/files/object_path.h"

namespace weft::ml {
namespace {

/// A drained job's program has nothing to say any more.
constexpr Milliseconds kDrainGrace{2'000};

/// An owner's name may be no file's.
std::filesystem::path folder_of(const std::filesystem::path& folder, const TrainingJob& job) {
  std::filesystem::path out = folder;
  for (const std::string& name : store::files::names_of_key(percent_encode(job.owner))) out /= name;
  return out / job.spec.name;
}

bool is_theirs(const Error& why) {
  return why.reason == Reason::invalid_argument || why.reason == Reason::too_large ||
         why.reason == Reason::permission_denied;
}

/// Whether it may be gone in a moment.
bool may_pass(const Error& why) { return why.retryable || why.reason == Reason::internal; }

Milliseconds pause_before(std::int64_t retry, Milliseconds first) {
  constexpr std::int64_t kDoublings = 16;
  return std::min(first * (1 << std::min(retry - 1, kDoublings)), kJobAgainMax);
}

std::span<const LoggedMetric> logged_metrics(const Algorithm* algorithm) {
  return algorithm == nullptr ? std::span<const LoggedMetric>() : algorithm->metrics;
}

}  // namespace

JobRun::JobRun(Parts parts, TrainingJob job)
    : parts_(std::move(parts)),
      job_(std::move(job)),
      objects_(parts_.world.objects_of ? parts_.world.objects_of(job_.owner) : nullptr),
      files_(folder_of(parts_.world.folder, job_), objects_ ? *objects_ : parts_.world.objects,
             parts_.world.pool),
      algorithm_(algorithm_of(parts_.world.algorithms, job_.spec)),
      fetching_(parts_.world.executor),
      fetch_over_(parts_.world.executor) {}

bool JobRun::stop() {
  if (wish_ != Wish::none || ended(job_.status)) return false;
  wish_ = Wish::stop;
  job_.status = JobStatus::stopping;
  job_.modified_ms = now();
  cancel_.cancel(make_error(Reason::cancelled, "the job was stopped"));
  if (job_.secondary_status() == "Uploading") no_more_.cancel(cancel_.token().why());
  if (worker_) worker_->stop(kJobStopGrace);
  return true;
}

void JobRun::drain() {
  wish_ = Wish::drain;
  cancel_.cancel(make_error(Reason::cancelled, "weft ends"));
  no_more_.cancel(cancel_.token().why());
  if (worker_) worker_->stop(kDrainGrace);
}

JobLimits JobRun::limits() const {
  const InstanceSize size = size_of_instance(job_.spec.instance_type);
  const Workers& workers = parts_.world.workers;
  return {.threads = std::min(size.threads, workers.threads()),
          .memory_bytes = std::min(size.memory_bytes, workers.memory_bytes())};
}

void JobRun::enter(std::string status, std::string message) {
  job_.enter(std::move(status), std::move(message), now());
}

/// A store that cannot take it is no reason to end the job: the next change brings this one along.
Awaitable<> JobRun::save() {
  auto kept = co_await parts_.keep(job_);
  if (!kept) {
    log::error("training job {}: its state could not be kept: {}", job_.spec.name,
               kept.error().message);
  }
}

Awaitable<> JobRun::end(JobStatus status, std::string failure) {
  if (job_.training_began_ms && !job_.training_ended_ms) job_.training_ended_ms = now();
  job_.end(status, std::move(failure), now());
  log::info("training job {}: {}{}{}", job_.spec.name, to_string(status),
            job_.failure.empty() ? "" : ": ", job_.failure);
  // Until it is kept nobody may be told; a disk that is full has room again some day. Should weft
  // end before that, the job is begun anew.
  while (true) {
    auto kept = co_await parts_.keep(job_);
    if (kept || kept.error().code == Code::not_found) break;
    if (wish_ == Wish::drain) co_return;
    log::error("training job {}: its end could not be kept, trying again: {}", job_.spec.name,
               kept.error().message);
    (void)co_await sleep_for(kJobKeepAgain, {});
  }
  over_ = true;
}

/// What the next program begins with, and what may come of that.
std::string JobRun::what_now() const {
  if (!job_.training_began_ms) return "the job's program had not begun";
  std::string out = files_.has_checkpoints() ? "resuming from the last checkpoint"
                                             : "the job had left no checkpoint and begins anew";
  const bool same = algorithm_ && algorithm_->resumes_exactly(job_.spec.hyperparameters);
  if (!same) {
    out +=
        ". The model may differ from that of a run without interruption: rows or columns are "
        "sampled, or the program is the user's own";
  }
  return out;
}

Awaitable<> JobRun::run(bool resumed) {
  if (resumed) {
    enter("Restarting", std::format("weft was restarted; {}", what_now()));
    co_await save();
  }
  if (job_.status == JobStatus::stopping) {
    co_await end(JobStatus::stopped, "");
  } else if (job_.deaths >= kJobDeathsMax) {
    co_await end(JobStatus::failed,
                 std::format("InternalServerError: weft's own process died {} times while this job "
                             "ran; it is not begun again",
                             job_.deaths));
  } else {
    co_await wait_and_train();
  }
  co_await fetching_.join();
  if (!over_) co_return;
  const auto removed = co_await files_.remove();
  if (!removed) {
    log::error("training job {}: its folder stays: {}", job_.spec.name, removed.error().message);
  }
}

Awaitable<> JobRun::wait_and_train() {
  auto share =
      co_await parts_.queue.take(job_.owner, job_.spec.name, limits().threads, cancel_.token());
  if (share) co_await train();
  if (wish_ == Wish::stop && !ended(job_.status)) co_await end(JobStatus::stopped, "");
}

Awaitable<> JobRun::train() {
  auto metrics = MetricScan::create(job_.spec.metrics, logged_metrics(algorithm_));
  if (!metrics)
    co_return co_await end(JobStatus::failed,
                           std::format("ClientError: {}", metrics.error().message));
  metrics_ = *std::move(metrics);
  while (true) {
    auto ran = co_await attempt();
    if (!ran) {
      const bool once_more = co_await again(ran.error());
      if (once_more) continue;
      if (wish_ == Wish::none) {
        co_await end(
            JobStatus::failed,
            std::format("{}: {}", is_theirs(ran.error()) ? "ClientError" : "InternalServerError",
                        ran.error().message));
      }
      co_return;
    }
    if (wish_ == Wish::drain) co_return;
    const bool once_more = co_await again(*ran);
    if (once_more) continue;
    co_return co_await finish(*ran);
  }
}

/// Its program, once. What fails here is not the program.
Awaitable<Result<JobRun::Outcome>> JobRun::attempt() {
  WEFT_CO_CHECK(co_await prepare());
  co_return co_await run_program();
}

Awaitable<Result<void>> JobRun::prepare() {
  enter("Downloading", "Downloading input data");
  co_await save();
  WEFT_CO_CHECK(co_await files_.make(job_, limits()));
  fetched_.reset();
  fetching_.spawn(fetch());
  const auto told = cancel_.token().on_cancel([this] { fetch_over_.notify(); });
  while (!fetched_ && wish_ == Wish::none) co_await fetch_over_.wait();
  if (wish_ != Wish::none) co_return fail(cancel_.token().why());
  co_return *fetched_;
}

/// Not waited for by a job that is stopped: one object of another store may take hours.
Awaitable<> JobRun::fetch() {
  fetched_ = co_await files_.fetch(job_, cancel_.token());
  fetch_over_.notify();
}

WorkerSpec JobRun::program() const {
  WorkerSpec out;
  const JobLimits bounds = limits();
  out.title = std::format("training job {}", job_.spec.name);
  out.threads = bounds.threads;
  out.memory_bytes = bounds.memory_bytes;
  out.disk_bytes = job_.spec.disk_bytes;
  out.network = job_.spec.network;
  out.directory = "/";
  out.binds = files_.binds(job_);
  for (const auto& [name, value] : job_.spec.environment) out.environment.emplace_back(name, value);
  out.environment.emplace_back("TRAINING_JOB_NAME", job_.spec.name);
  if (!job_.spec.arn.empty()) out.environment.emplace_back("TRAINING_JOB_ARN", job_.spec.arn);
  if (algorithm_) {
    out.program = algorithm_->name;
    out.arguments = {"train", "--root", std::string(kJobRoot)};
    if (wants_script(job_.spec)) {
      const auto more = script_arguments(job_.spec);
      out.arguments.insert(out.arguments.end(), more.begin(), more.end());
    }
  }
  return out;
}

Awaitable<Result<JobRun::Outcome>> JobRun::run_program() {
  WEFT_CO_TRY(worker_, parts_.world.workers.start(parts_.world.executor, program()));
  // Counted before it can happen, and taken back when it did not.
  ++job_.deaths;
  enter("Training", "Training image download completed. Training in progress.");
  if (!job_.training_began_ms) job_.training_began_ms = now();
  ran_before_ms_ = job_.ran_ms;
  began_ = parts_.world.clock.steady();
  co_await save();
  Outcome out;
  // Stopped while it was being started.
  if (wish_ != Wish::none) worker_->stop(kJobStopGrace);
  const std::int64_t seconds =
      job_.spec.max_runtime_s > 0 ? job_.spec.max_runtime_s : kJobSecondsDefault;
  const std::int64_t left_ms = std::max<std::int64_t>(seconds * 1'000 - ran_before_ms_, 0);
  Timer limit = run_after(parts_.world.executor, Milliseconds(left_ms), [&] {
    out.timed_out = true;
    worker_->stop(kJobStopGrace);
  });
  log_ = std::make_unique<WorkerLog>(parts_.world.executor, parts_.world.clock, parts_.world.logs,
                                     owned_group(job_.owner, kTrainingLogGroup),
                                     TrainingJobs::log_stream(job_));
  std::optional<CheckpointSync> checkpoints;
  TaskGroup writing(parts_.world.executor);
  writing.spawn(log_->write());
  writing.spawn(keep_time(writing.token()));
  if (job_.spec.checkpoints) {
    checkpoints.emplace(job_.spec.name, files_.folder(), *job_.spec.checkpoints,
                        objects_ ? *objects_ : parts_.world.objects);
    writing.spawn(checkpoints->run(parts_.world.checkpoints_every, writing.token()));
  }
  co_await follow(*worker_);
  out.end = co_await worker_->ended();
  limit.cancel();
  count_time();
  worker_.reset();
  log_->end();
  co_await writing.join();
  job_.deaths = wish_ == Wish::drain ? job_.deaths - 1 : 0;
  if (wish_ == Wish::drain) co_await save();
  co_return out;
}

void JobRun::count_time() {
  const auto ran = std::chrono::duration_cast<Milliseconds>(parts_.world.clock.steady() - began_);
  job_.ran_ms = ran_before_ms_ + ran.count();
}

/// What weft's own death may take of the count is what is between two of these.
Awaitable<> JobRun::keep_time(CancelToken ended) {
  while (true) {
    const bool due = co_await sleep_for(kJobTimeEvery, ended);
    if (!due) co_return;
    count_time();
    co_await save();
  }
}

Awaitable<> JobRun::follow(Worker& worker) {
  while (true) {
    auto line = co_await worker.next_line();
    if (!line) co_return;
    take_line(*line);
    co_await log_->room();
  }
}

void JobRun::take_line(const WorkerLine& line) {
  if (line.stream == WorkerLine::Stream::status) {
    const auto told = json::parse_object(line.text, "a worker's status");
    const auto* progress = told ? json::object_at(*told, "progress") : nullptr;
    if (progress == nullptr) return;
    parts_.told({.done = json::int_at(*progress, "done").value_or(0),
                 .total = json::int_at(*progress, "total").value_or(0)});
    return;
  }
  for (MetricPoint& point : metrics_->scan(line.text, now())) take_metric(std::move(point));
  log_->add(line.text);
}

void JobRun::take_metric(MetricPoint point) {
  const auto last = std::ranges::find(job_.metrics, point.name, &MetricPoint::name);
  if (last == job_.metrics.end() && job_.metrics.size() >= kJobMetricsMax) return;
  if (parts_.world.metrics != nullptr) {
    const MetricKey key{.owner = job_.owner,
                        .space = std::string(kTrainingMetrics),
                        .name = point.name,
                        .dimensions = {{std::string(kTrainingDimension), job_.spec.name}}};
    // The job is worth more than its curve.
    (void)parts_.world.metrics->add_point(key, point.value, point.at_ms);
  }
  if (last == job_.metrics.end()) {
    job_.metrics.push_back(std::move(point));
  } else {
    *last = std::move(point);
  }
}

/// Whether it is begun once more: a program that was killed and not by us may fare better.
Awaitable<bool> JobRun::again(const Outcome& outcome) {
  const WorkerEnd& end = outcome.end;
  const bool crashed = end.signal != 0 && !end.out_of_memory && end.why.empty();
  if (!crashed || outcome.timed_out || wish_ != Wish::none || job_.attempts >= job_.spec.retries)
    co_return false;
  ++job_.attempts;
  enter("Restarting", std::format("The training program ended with {}; retry {} of {}; {}",
                                  end.str(), job_.attempts, job_.spec.retries, what_now()));
  co_await save();
  co_return true;
}

/// RetryStrategy is for what weft itself did not manage, too.
Awaitable<bool> JobRun::again(Error why) {
  if (!may_pass(why) || wish_ != Wish::none || job_.attempts >= job_.spec.retries) co_return false;
  ++job_.attempts;
  enter("Restarting", std::format("InternalServerError: {}; retry {} of {}", why.message,
                                  job_.attempts, job_.spec.retries));
  co_await save();
  const Milliseconds pause = pause_before(job_.attempts, parts_.world.again_after);
  co_return co_await sleep_for(pause, cancel_.token());
}

/// A store that is away for a moment costs no model: what the program left waits where it lies.
Awaitable<bool> JobRun::upload_again(Error why) {
  const std::int64_t most = kUploadRetries + job_.spec.retries - job_.attempts;
  if (!may_pass(why) || upload_retries_ >= most) co_return false;
  ++upload_retries_;
  std::string said = std::format("Uploading generated training model; retry {} of {}, because: {}",
                                 upload_retries_, most, why.message);
  log::warn("training job {}: {}", job_.spec.name, said);
  if (job_.secondary_status() == "Uploading") {
    job_.say(std::move(said));
    co_await save();
  }
  const Milliseconds pause = pause_before(upload_retries_, parts_.world.again_after);
  co_return co_await sleep_for(pause, no_more_.token());
}

Awaitable<Result<std::optional<ObjectUri>>> JobRun::upload() {
  WEFT_CO_TRY(JobFiles::Kept kept, co_await files_.keep(job_, [this](Error why) {
    return upload_again(std::move(why));
  }));
  co_await tell_left_out(std::move(kept.left_out));
  co_return std::move(kept.model);
}

/// In the log of the program, which has ended by then.
Awaitable<> JobRun::tell_left_out(std::vector<std::string> names) {
  std::vector<LogEvent> lines;
  for (const std::string& name : names) {
    const bool last = lines.size() == kLeftOutToldMax;
    lines.push_back({.at_ms = now(),
                     .text = last
                                 ? std::format("weft: nor are {} more", names.size() - lines.size())
                                 : std::format("weft: {} is not kept: it is no file", name)});
    if (last) break;
  }
  if (lines.empty()) co_return;
  (void)co_await parts_.world.logs.append(owned_group(job_.owner, kTrainingLogGroup),
                                          TrainingJobs::log_stream(job_), std::move(lines));
}

std::string JobRun::failure_of(const WorkerEnd& end) const {
  std::string out = files_.failure();
  if (out.empty() && !end.why.empty()) {
    out = "AlgorithmError: " + end.why;
  } else if (out.empty()) {
    out =
        "AlgorithmError: the training program left no word of why (its last lines are in the log)";
  } else if (!out.starts_with("ClientError") && !out.starts_with("AlgorithmError")) {
    out = "AlgorithmError: " + out;
  }
  const std::string how = std::format(", {}", end.str());
  return std::string(first_characters(out, kFailureCharsMax - how.size())) + how;
}

Awaitable<> JobRun::finish(Outcome outcome) {
  job_.training_ended_ms = now();
  const bool cut_short = wish_ == Wish::stop || outcome.timed_out;
  const bool well = outcome.end.exit_code == 0 && outcome.end.why.empty();
  if (!well && !cut_short) {
    auto failure = failure_of(outcome.end);
    // What it left is kept all the same: people want to look.
    (void)co_await upload();
    co_return co_await end(JobStatus::failed, std::move(failure));
  }
  enter("Uploading", "Uploading generated training model");
  co_await save();
  auto model = co_await upload();
  // What weft's own end has broken off is the next life's.
  if (!model && wish_ == Wish::drain) co_return;
  if (!model) {
    co_return co_await end(
        wish_ == Wish::stop ? JobStatus::stopped : JobStatus::failed,
        std::format("InternalServerError: the model could not be kept: {}", model.error().message));
  }
  job_.model = *std::move(model);
  if (outcome.timed_out) {
    enter(std::string(kTimeOver), "Training job runtime exceeded MaxRuntimeInSeconds provided");
  }
  co_await end(cut_short ? JobStatus::stopped : JobStatus::completed, "");
}

}  // namespace weft::ml
