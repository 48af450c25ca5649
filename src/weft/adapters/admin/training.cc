#include <algorithm>
#include <format>

#include "weft/adapters/admin/api.h"
#include "weft/ml/api.h"

namespace weft::adapters::admin {
namespace {

constexpr std::size_t kJobsListed = 100;

json::array metrics_of(const ml::TrainingJob& job) {
  json::array out;
  for (const ml::MetricPoint& point : job.metrics)
    out.push_back(
        json::object{{"name", point.name}, {"value", point.value}, {"at_ms", point.at_ms}});
  return out;
}

using Waiting = std::vector<std::pair<std::string, std::string>>;

json::object view_of(const ml::Api& ml, const ml::TrainingJob& job, const Waiting& waiting) {
  json::object out;
  out["name"] = job.spec.name;
  out["status"] = ml::to_string(job.status);
  out["secondary_status"] = job.secondary_status();
  out["created_ms"] = job.created_ms;
  out["took_ms"] = job.modified_ms - job.created_ms;
  out["metrics"] = metrics_of(job);
  if (!job.failure.empty()) out["failure"] = job.failure;
  if (job.model) out["model"] = job.model->str();
  if (const auto progress = ml.jobs.progress(job.owner, job.spec.name))
    out["progress"] = json::object{{"done", progress->done}, {"total", progress->total}};
  const auto at = std::ranges::find(waiting, std::pair(job.owner, job.spec.name));
  if (at != waiting.end()) out["waiting"] = at - waiting.begin() + 1;
  return out;
}

Awaitable<Result<json::object>> all_jobs(const ml::Api& ml, std::string owner) {
  ml::ListQuery query;
  query.owner = std::move(owner);
  query.limit = kJobsListed;
  WEFT_CO_TRY(const ml::TrainingJobPage page, ml.jobs.list(query));
  const Waiting waiting = co_await ml.jobs.waiting();
  json::array jobs;
  for (const auto& job : page.jobs) jobs.push_back(view_of(ml, *job, waiting));
  json::array queue;
  for (const auto& [of, name] : waiting)
    queue.push_back(json::object{{"owner", of}, {"name", name}});
  co_return json::object{{"jobs", std::move(jobs)}, {"queue", std::move(queue)}};
}

/// With the course of its metrics.
Awaitable<Result<json::object>> one_job(const ml::Api& ml, std::string owner, std::string name) {
  const auto job = ml.jobs.find(owner, name);
  if (!job) {
    Error error =
        make_error(Reason::task_not_found, std::format("there is no training job {}", name));
    error.param = name;
    co_return fail(std::move(error));
  }
  const Waiting waiting = co_await ml.jobs.waiting();
  json::object out = view_of(ml, *job, waiting);
  ml::Dimensions dimensions{{"TrainingJobName", name}};
  WEFT_CO_TRY(auto keys, co_await ml.metrics.read_list(owner, std::string(ml::kTrainingMetrics), "",
                                                       std::move(dimensions)));
  json::object series;
  for (ml::MetricKey& key : keys) {
    json::array& values = series[key.name].emplace_array();
    WEFT_CO_TRY(const auto points, co_await ml.metrics.read_points(std::move(key)));
    for (const ml::MetricValue& point : points) values.push_back(point.value);
  }
  out["series"] = std::move(series);
  co_return out;
}

}  // namespace

Awaitable<> handle_jobs(Environment& environment, Request& request) {
  if (environment.ml == nullptr) {
    co_return answer_error(request.exchange,
                           make_error(Reason::unsupported, "this hub has no training"));
  }
  if (request.exchange.head().method != "GET") {
    co_return answer_error(request.exchange, wrong_method(request, "GET"));
  }
  std::string owner = request.principal.name;
  auto done = request.rest.empty()
                  ? all_jobs(*environment.ml, std::move(owner))
                  : one_job(*environment.ml, std::move(owner), request.rest.front());
  auto told = co_await std::move(done);
  if (!told) co_return answer_error(request.exchange, told.error());
  answer(request.exchange, 200, *std::move(told));
}

}  // namespace weft::adapters::admin
