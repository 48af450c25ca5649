// A training job: what was asked, and how far it has come. Owned by ml (TrainingJobs); values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::ml {

/// `s3://BUCKET/KEY` taken apart.
struct ObjectUri {
  std::string bucket;
  std::string key;
  std::string str() const;
  /// The same with `/more` behind it.
  ObjectUri operator/(std::string_view more) const;
  friend bool operator==(const ObjectUri&, const ObjectUri&) = default;
};
/// Errors: Reason::invalid_argument; also for a form that is not supported, by name.
Result<ObjectUri> object_uri_from(std::string_view text);

struct Channel {
  std::string name;
  ObjectUri from;  ///< all objects whose keys begin with it
  std::string content_type;
  std::string input_mode;    ///< `File`, `FastFile`, `Pipe`
  std::string distribution;  ///< `FullyReplicated`, `ShardedByS3Key`
  bool gzip = false;
  friend bool operator==(const Channel&, const Channel&) = default;
};

struct MetricDefinition {
  std::string name;
  std::string pattern;
  friend bool operator==(const MetricDefinition&, const MetricDefinition&) = default;
};

/// Of a job's `failure`, in characters (SageMaker's own limit).
inline constexpr std::size_t kFailureCharsMax = 1'024;

struct TrainingSpec {
  std::string name;
  std::string arn;        ///< what its door calls it, for its program; empty: nothing
  std::string algorithm;  ///< an image's address or an algorithm's name, as given
  std::map<std::string, std::string, std::less<>> hyperparameters;
  std::vector<Channel> channels;
  std::vector<MetricDefinition> metrics;
  std::vector<std::string> entrypoint;
  std::vector<std::string> arguments;
  std::map<std::string, std::string, std::less<>> environment;
  ObjectUri output;
  bool output_compressed = true;
  std::optional<ObjectUri> checkpoints;
  std::string checkpoint_folder;  ///< inside of the sandbox
  std::string instance_type;
  std::int64_t instances = 1;
  std::uint64_t disk_bytes = 0;  ///< what it may hold on disk; 0: no bound of its own
  std::int64_t max_runtime_s = 0;
  std::int64_t retries = 0;
  bool network = false;
  /// As the door got it, for the door alone.
  json::object request;
};

enum class JobStatus : std::uint8_t { in_progress, completed, failed, stopping, stopped };
/// `InProgress` …
std::string_view to_string(JobStatus status);
std::optional<JobStatus> job_status_from(std::string_view word);
bool ended(JobStatus status);

/// The last stretch of a job that ran for longer than it may.
inline constexpr std::string_view kTimeOver = "MaxRuntimeExceeded";

/// A stretch of its life: `Starting`, `Downloading`, `Training`, `Uploading`, `Completed` …
struct Transition {
  std::string status;
  std::int64_t start_ms = 0;
  std::optional<std::int64_t> end_ms;
  std::string message;
  friend bool operator==(const Transition&, const Transition&) = default;
};

struct MetricPoint {
  std::string name;
  double value = 0;
  std::int64_t at_ms = 0;
  friend bool operator==(const MetricPoint&, const MetricPoint&) = default;
};

struct TrainingJob {
  TrainingSpec spec;
  std::string owner;  ///< the principal's name
  JobStatus status = JobStatus::in_progress;
  std::vector<Transition> transitions;
  std::string failure;
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  std::optional<std::int64_t> training_began_ms;
  std::optional<std::int64_t> training_ended_ms;
  /// For how long its program ran, in all attempts and lives; 0 in records from before it was
  /// counted. While it runs, as it was a moment ago (kJobTimeEvery).
  std::int64_t ran_ms = 0;
  /// The last value of each metric.
  std::vector<MetricPoint> metrics;
  std::optional<ObjectUri> model;
  std::int64_t attempts = 0;  ///< times its program was begun anew
  std::int64_t deaths = 0;    ///< times weft's own process died while it ran, this one included

  std::string_view secondary_status() const;
  /// Ends the stretch that runs and begins another.
  void enter(std::string status, std::string message, std::int64_t now_ms);
  /// The same stretch with other words.
  void say(std::string message);
  void end(JobStatus with, std::string failure_text, std::int64_t now_ms);
};

json::object to_json(const TrainingJob& job);
/// Errors: Reason::internal (a record of the store that is none).
Result<TrainingJob> training_job_from_json(const json::object& object);

}  // namespace weft::ml
