#include "weft/adapters/sagemaker/control/training_view.h"

#include <algorithm>

#include "weft/adapters/sagemaker/control/operations.h"

namespace weft::adapters::sagemaker {
namespace {

/// SageMaker's own limit.
constexpr std::size_t kMetricDefinitionsMax = 40;

std::string_view secondary_status(const ml::TrainingJob& job) {
  return job.status == ml::JobStatus::stopping ? "Stopping" : job.secondary_status();
}

std::optional<std::int64_t> ended_ms(const ml::TrainingJob& job) {
  if (!ml::ended(job.status)) return std::nullopt;
  return job.transitions.empty() ? job.modified_ms
                                 : job.transitions.back().end_ms.value_or(job.modified_ms);
}

json::array transitions_of(const ml::TrainingJob& job) {
  json::array out;
  for (const ml::Transition& each : job.transitions) {
    json::object one{{"Status", each.status},
                     {"StartTime", seconds_of(each.start_ms)},
                     {"StatusMessage", each.message}};
    if (each.end_ms) one["EndTime"] = seconds_of(*each.end_ms);
    out.push_back(std::move(one));
  }
  return out;
}

json::array metrics_of(const ml::TrainingJob& job) {
  json::array out;
  for (const ml::MetricPoint& point : job.metrics) {
    out.push_back(json::object{{"MetricName", point.name},
                               {"Value", point.value},
                               {"Timestamp", seconds_of(point.at_ms)}});
  }
  return out;
}

void add_algorithm(json::object& out, const std::vector<ml::MetricDefinition>& metrics) {
  const json::object* given = json::object_at(out, "AlgorithmSpecification");
  json::object algorithm = given == nullptr ? json::object() : *given;
  json::array definitions;
  for (const ml::MetricDefinition& each : metrics) {
    if (definitions.size() == kMetricDefinitionsMax) break;
    definitions.push_back(json::object{{"Name", each.name}, {"Regex", each.pattern}});
  }
  if (!definitions.empty()) algorithm["MetricDefinitions"] = std::move(definitions);
  out["AlgorithmSpecification"] = std::move(algorithm);
}

void add_times(json::object& out, const ml::TrainingJob& job) {
  out["CreationTime"] = seconds_of(job.created_ms);
  out["LastModifiedTime"] = seconds_of(job.modified_ms);
  if (const auto end = ended_ms(job)) out["TrainingEndTime"] = seconds_of(*end);
  if (!job.training_began_ms) return;
  out["TrainingStartTime"] = seconds_of(*job.training_began_ms);
  if (!ml::ended(job.status) || !job.training_ended_ms) return;
  // Records from before it was counted tell no more.
  const std::int64_t ms =
      job.ran_ms > 0 ? job.ran_ms : *job.training_ended_ms - *job.training_began_ms;
  const std::int64_t seconds = std::max<std::int64_t>((ms + 500) / 1'000, 1);
  out["TrainingTimeInSeconds"] = seconds;
  out["BillableTimeInSeconds"] = seconds;
}

}  // namespace

json::object described(const AwsCaller& caller, const ml::TrainingJob& job,
                       const std::vector<ml::MetricDefinition>& metrics,
                       const std::optional<ml::JobProgress>& progress) {
  json::object out = members_of_structure(job.spec.request, "DescribeTrainingJobResponse");
  out["TrainingJobName"] = job.spec.name;
  out["TrainingJobArn"] = arn_of(caller, kTrainingJob, job.spec.name);
  const ml::ObjectUri output = job.spec.output / job.spec.name / "output";
  const ml::ObjectUri model =
      job.model.value_or(output / (job.spec.output_compressed ? "model.tar.gz" : "model"));
  out["ModelArtifacts"] = json::object{{"S3ModelArtifacts", model.str()}};
  out["TrainingJobStatus"] = ml::to_string(job.status);
  out["SecondaryStatus"] = secondary_status(job);
  out["SecondaryStatusTransitions"] = transitions_of(job);
  if (!job.failure.empty()) out["FailureReason"] = job.failure;
  add_algorithm(out, metrics);
  add_times(out, job);
  if (!job.metrics.empty()) out["FinalMetricDataList"] = metrics_of(job);
  out["StoppingCondition"].emplace_object();
  if (const json::object* given = json::object_at(job.spec.request, "StoppingCondition"))
    out["StoppingCondition"] = *given;
  out["StoppingCondition"].get_object()["MaxRuntimeInSeconds"] = job.spec.max_runtime_s;
  // The SDKs attach to a job by what AWS always says.
  out["OutputDataConfig"].get_object().emplace("KmsKeyId", "");
  out["ResourceConfig"].get_object().emplace("InstanceCount", job.spec.instances);
  // What is true of the program, whatever was left unsaid.
  out["EnableNetworkIsolation"] = !job.spec.network;
  for (const char* flag : {"EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining"})
    out[flag] = json::bool_at(job.spec.request, flag).value_or(false);
  out["ProfilingStatus"] = "Disabled";
  // Of one that has ended, the hub's next life would not know it: what is told then stays so.
  const bool runs =
      job.status == ml::JobStatus::in_progress || job.status == ml::JobStatus::stopping;
  if (runs && progress && progress->total > 0) {
    out["ProgressInfo"] =
        json::object{{"CurrentEpoch", progress->done}, {"MaxEpoch", progress->total}};
  }
  return out;
}

json::object summary(const AwsCaller& caller, const ml::TrainingJob& job) {
  json::object out{{"TrainingJobName", job.spec.name},
                   {"TrainingJobArn", arn_of(caller, kTrainingJob, job.spec.name)},
                   {"CreationTime", seconds_of(job.created_ms)},
                   {"LastModifiedTime", seconds_of(job.modified_ms)},
                   {"TrainingJobStatus", ml::to_string(job.status)},
                   {"SecondaryStatus", secondary_status(job)}};
  if (const auto end = ended_ms(job)) out["TrainingEndTime"] = seconds_of(*end);
  return out;
}

}  // namespace weft::adapters::sagemaker
