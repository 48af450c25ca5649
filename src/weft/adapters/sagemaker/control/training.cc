#include <format>
#include <utility>

#include "weft/adapters/sagemaker/control/lists.h"
#include "weft/adapters/sagemaker/control/operations.h"
#include "weft/adapters/sagemaker/control/tagging.h"
#include "weft/adapters/sagemaker/control/training_spec.h"
#include "weft/adapters/sagemaker/control/training_view.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::string_view kName = "TrainingJobName";

/// Its service model says ResourceNotFound, the service itself this.
std::unexpected<AwsError> no_job() { return invalid("Requested resource not found."); }

std::unexpected<AwsError> name_taken(const AwsCaller& caller, std::string_view name) {
  return std::unexpected(AwsError{
      .status = 400,
      .code = "ResourceInUse",
      .message = std::format("Training job names must be unique within an AWS account and region, "
                             "and a training job with this name already exists ({})",
                             arn_of(caller, kTrainingJob, name)),
      .more = {}});
}

std::shared_ptr<const ml::TrainingJob> job_of(const Call& call) {
  return call.ml.jobs.find(call.owner(), call.name(kName));
}

}  // namespace

Awaitable<AwsResult> create_training_job(Call call) {
  auto spec = training_spec_of(call.input);
  if (!spec) co_return std::unexpected(std::move(spec).error());
  auto tags = tags_of(call.input);
  if (!tags) co_return std::unexpected(std::move(tags).error());
  const std::string name = spec->name;
  spec->arn = arn_of(call.caller, kTrainingJob, name);
  auto created = co_await call.ml.jobs.create(*std::move(spec), call.owner());
  if (!created && created.error().code == Code::already_exists)
    co_return name_taken(call.caller, name);
  if (!created) co_return std::unexpected(to_aws(created.error()));
  auto kept = co_await keep_tags(call.ml, call.owner(), kTrainingJob, name, *std::move(tags));
  if (!kept) co_return std::unexpected(std::move(kept).error());
  co_return arn_answer(call.caller, "TrainingJobArn", kTrainingJob, name);
}

Awaitable<AwsResult> describe_training_job(Call call) {
  const auto job = job_of(call);
  if (!job) co_return no_job();
  co_return described(call.caller, *job, call.ml.jobs.metric_definitions(*job),
                      call.ml.jobs.progress(call.owner(), job->spec.name));
}

Awaitable<AwsResult> stop_training_job(Call call) {
  auto stopped = co_await call.ml.jobs.stop(call.owner(), call.name(kName));
  if (stopped) co_return json::object();
  if (stopped.error().code == Code::not_found) co_return no_job();
  co_return std::unexpected(to_aws(stopped.error()));
}

Awaitable<AwsResult> update_training_job(Call call) {
  const auto job = job_of(call);
  if (!job) co_return no_job();
  auto fine = check_training_update(call.input);
  if (!fine) co_return std::unexpected(std::move(fine).error());
  co_return arn_answer(call.caller, "TrainingJobArn", kTrainingJob, job->spec.name);
}

Awaitable<AwsResult> delete_training_job(Call call) {
  const std::string name = call.name(kName);
  auto erased = co_await call.ml.jobs.erase(call.owner(), name);
  if (!erased && erased.error().code == Code::not_found) co_return no_job();
  if (!erased) {
    AwsError error = to_aws(erased.error());
    if (erased.error().code == Code::failed_precondition) error.code = "ResourceInUse";
    co_return std::unexpected(std::move(error));
  }
  auto forgotten = co_await call.ml.tags.forget(call.owner(), tagged(kTrainingJob, name));
  if (!forgotten) co_return std::unexpected(to_aws(forgotten.error()));
  co_return json::object();
}

Awaitable<AwsResult> list_training_jobs(Call call) {
  const auto query = list_query(call, /*descending=*/false);
  if (!query) co_return std::unexpected(query.error());
  json::array jobs;
  // No job has a warm pool or a training plan.
  const bool none = json::find(call.input, "WarmPoolStatusEquals") != nullptr ||
                    json::find(call.input, "TrainingPlanArnEquals") != nullptr;
  if (none) co_return page_answer("TrainingJobSummaries", std::move(jobs), "");
  const auto page = call.ml.jobs.list(*query);
  if (!page) co_return std::unexpected(to_aws(page.error()));
  for (const auto& job : page->jobs) jobs.push_back(summary(call.caller, *job));
  co_return page_answer("TrainingJobSummaries", std::move(jobs), page->next_token);
}

}  // namespace weft::adapters::sagemaker
