#include "weft/ml/jobs/training_job.h"

#include <array>
#include <format>

#include "weft/base/text.h"

namespace weft::ml {
namespace {

constexpr std::array<std::pair<JobStatus, std::string_view>, 5> kStatuses = {
    {{JobStatus::in_progress, "InProgress"},
     {JobStatus::completed, "Completed"},
     {JobStatus::failed, "Failed"},
     {JobStatus::stopping, "Stopping"},
     {JobStatus::stopped, "Stopped"}}};

using Texts = std::map<std::string, std::string, std::less<>>;

json::object to_json(const Texts& texts) {
  json::object out;
  for (const auto& [name, value] : texts) out[name] = value;
  return out;
}

Texts texts_from(const json::object& object, std::string_view key) {
  Texts out;
  const json::object* texts = json::object_at(object, key);
  if (texts == nullptr) return out;
  for (const auto& [name, value] : *texts) {
    if (value.is_string()) out[name] = value.get_string();
  }
  return out;
}

json::array to_json(const std::vector<std::string>& words) {
  json::array out;
  for (const std::string& word : words) out.emplace_back(word);
  return out;
}

/// Each object of an array.
template <class Take>
void each_of(const json::object& object, std::string_view key, Take take) {
  const json::array* array = json::array_at(object, key);
  if (array == nullptr) return;
  for (const json::value& value : *array) {
    if (value.is_object()) take(value.get_object());
  }
}

std::vector<std::string> words_from(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  const json::array* array = json::array_at(object, key);
  if (array == nullptr) return out;
  for (const json::value& value : *array) {
    if (value.is_string()) out.emplace_back(value.get_string());
  }
  return out;
}

json::object to_json(const Channel& channel) {
  return {{"name", channel.name},
          {"from", channel.from.str()},
          {"content_type", channel.content_type},
          {"input_mode", channel.input_mode},
          {"distribution", channel.distribution},
          {"gzip", channel.gzip}};
}

json::object to_json(const TrainingSpec& spec) {
  json::array channels;
  for (const Channel& channel : spec.channels) channels.emplace_back(to_json(channel));
  json::array metrics;
  for (const MetricDefinition& metric : spec.metrics)
    metrics.emplace_back(json::object{{"name", metric.name}, {"pattern", metric.pattern}});
  json::object out{{"name", spec.name},
                   {"arn", spec.arn},
                   {"algorithm", spec.algorithm},
                   {"hyperparameters", to_json(spec.hyperparameters)},
                   {"channels", std::move(channels)},
                   {"metrics", std::move(metrics)},
                   {"entrypoint", to_json(spec.entrypoint)},
                   {"arguments", to_json(spec.arguments)},
                   {"environment", to_json(spec.environment)},
                   {"output", spec.output.str()},
                   {"output_compressed", spec.output_compressed},
                   {"checkpoint_folder", spec.checkpoint_folder},
                   {"instance_type", spec.instance_type},
                   {"disk_bytes", spec.disk_bytes},
                   {"instances", spec.instances},
                   {"max_runtime_s", spec.max_runtime_s},
                   {"retries", spec.retries},
                   {"network", spec.network},
                   {"request", spec.request}};
  if (spec.checkpoints) out["checkpoints"] = spec.checkpoints->str();
  return out;
}

Result<TrainingSpec> spec_from_json(const json::object& object) {
  TrainingSpec out;
  out.name = json::string_at(object, "name");
  out.arn = json::string_at(object, "arn");
  out.algorithm = json::string_at(object, "algorithm");
  out.hyperparameters = texts_from(object, "hyperparameters");
  out.environment = texts_from(object, "environment");
  out.entrypoint = words_from(object, "entrypoint");
  out.arguments = words_from(object, "arguments");
  Result<void> fine;
  each_of(object, "channels", [&](const json::object& each) {
    auto from = object_uri_from(json::string_at(each, "from"));
    if (!from) {
      fine = fail(std::move(from).error());
      return;
    }
    out.channels.push_back({.name = std::string(json::string_at(each, "name")),
                            .from = *std::move(from),
                            .content_type = std::string(json::string_at(each, "content_type")),
                            .input_mode = std::string(json::string_at(each, "input_mode")),
                            .distribution = std::string(json::string_at(each, "distribution")),
                            .gzip = json::bool_at(each, "gzip").value_or(false)});
  });
  WEFT_CHECK(fine);
  each_of(object, "metrics", [&](const json::object& each) {
    out.metrics.push_back({.name = std::string(json::string_at(each, "name")),
                           .pattern = std::string(json::string_at(each, "pattern"))});
  });
  WEFT_TRY(out.output, object_uri_from(json::string_at(object, "output")));
  out.output_compressed = json::bool_at(object, "output_compressed").value_or(true);
  if (const auto checkpoints = json::string_at(object, "checkpoints"); !checkpoints.empty()) {
    WEFT_TRY(out.checkpoints, object_uri_from(checkpoints));
  }
  out.checkpoint_folder = json::string_at(object, "checkpoint_folder");
  out.instance_type = json::string_at(object, "instance_type");
  out.disk_bytes = static_cast<std::uint64_t>(json::int_at(object, "disk_bytes").value_or(0));
  out.instances = json::int_at(object, "instances").value_or(1);
  out.max_runtime_s = json::int_at(object, "max_runtime_s").value_or(0);
  out.retries = json::int_at(object, "retries").value_or(0);
  out.network = json::bool_at(object, "network").value_or(false);
  if (const auto* request = json::object_at(object, "request")) out.request = *request;
  return out;
}

}  // namespace

std::string ObjectUri::str() const { return std::format("s3://{}/{}", bucket, key); }

ObjectUri ObjectUri::operator/(std::string_view more) const {
  ObjectUri out = *this;
  if (!out.key.empty() && !out.key.ends_with('/')) out.key += '/';
  out.key += more;
  return out;
}

Result<ObjectUri> object_uri_from(std::string_view text) {
  constexpr std::string_view kScheme = "s3://";
  if (!text.starts_with(kScheme)) {
    return fail(Reason::invalid_argument,
                std::format("`{}` is no s3://BUCKET/KEY: other places are not supported", text));
  }
  text.remove_prefix(kScheme.size());
  const auto slash = std::min(text.find('/'), text.size());
  ObjectUri out{.bucket = std::string(text.substr(0, slash)),
                .key = std::string(text.substr(std::min(slash + 1, text.size())))};
  if (out.bucket.empty())
    return fail(Reason::invalid_argument, std::format("`s3://{}` names no bucket", text));
  return out;
}

std::string_view to_string(JobStatus status) {
  return kStatuses[static_cast<std::size_t>(status)].second;
}

std::optional<JobStatus> job_status_from(std::string_view word) {
  for (const auto& [status, text] : kStatuses) {
    if (text == word) return status;
  }
  return std::nullopt;
}

bool ended(JobStatus status) {
  return status == JobStatus::completed || status == JobStatus::failed ||
         status == JobStatus::stopped;
}

std::string_view TrainingJob::secondary_status() const {
  return transitions.empty() ? "Pending" : std::string_view(transitions.back().status);
}

void TrainingJob::enter(std::string next, std::string message, std::int64_t now_ms) {
  modified_ms = now_ms;
  if (!transitions.empty() && !transitions.back().end_ms) transitions.back().end_ms = now_ms;
  transitions.push_back({.status = std::move(next),
                         .start_ms = now_ms,
                         .end_ms = std::nullopt,
                         .message = std::move(message)});
}

void TrainingJob::say(std::string message) {
  if (!transitions.empty()) transitions.back().message = std::move(message);
}

void TrainingJob::end(JobStatus with, std::string failure_text, std::int64_t now_ms) {
  status = with;
  failure = first_characters(mended_utf8(failure_text), kFailureCharsMax);
  std::string message = with == JobStatus::completed ? "Training job completed"
                        : with == JobStatus::stopped ? "Training job stopped"
                                                     : "Training job failed";
  // That its time was over stays its last word.
  const bool over =
      with == JobStatus::stopped && !transitions.empty() && transitions.back().status == kTimeOver;
  if (over) {
    modified_ms = now_ms;
  } else {
    enter(std::string(to_string(with)), std::move(message), now_ms);
  }
  transitions.back().end_ms = now_ms;
}

json::object to_json(const TrainingJob& job) {
  json::array transitions;
  for (const Transition& each : job.transitions) {
    json::object made{
        {"status", each.status}, {"start_ms", each.start_ms}, {"message", each.message}};
    if (each.end_ms) made["end_ms"] = *each.end_ms;
    transitions.emplace_back(std::move(made));
  }
  json::array metrics;
  for (const MetricPoint& each : job.metrics)
    metrics.emplace_back(
        json::object{{"name", each.name}, {"value", each.value}, {"at_ms", each.at_ms}});
  json::object out{{"spec", to_json(job.spec)},
                   {"owner", job.owner},
                   {"status", to_string(job.status)},
                   {"transitions", std::move(transitions)},
                   {"failure", job.failure},
                   {"created_ms", job.created_ms},
                   {"modified_ms", job.modified_ms},
                   {"metrics", std::move(metrics)},
                   {"attempts", job.attempts},
                   {"deaths", job.deaths},
                   {"ran_ms", job.ran_ms}};
  if (job.training_began_ms) out["training_began_ms"] = *job.training_began_ms;
  if (job.training_ended_ms) out["training_ended_ms"] = *job.training_ended_ms;
  if (job.model) out["model"] = job.model->str();
  return out;
}

Result<TrainingJob> training_job_from_json(const json::object& object) {
  TrainingJob out;
  const json::object* spec = json::object_at(object, "spec");
  const auto status = job_status_from(json::string_at(object, "status"));
  if (spec == nullptr || !status)
    return fail(Reason::internal, "the record of a training job is damaged");
  WEFT_TRY(out.spec, spec_from_json(*spec));
  out.status = *status;
  out.owner = json::string_at(object, "owner");
  out.failure = json::string_at(object, "failure");
  each_of(object, "transitions", [&](const json::object& each) {
    out.transitions.push_back({.status = std::string(json::string_at(each, "status")),
                               .start_ms = json::int_at(each, "start_ms").value_or(0),
                               .end_ms = json::int_at(each, "end_ms"),
                               .message = std::string(json::string_at(each, "message"))});
  });
  each_of(object, "metrics", [&](const json::object& each) {
    out.metrics.push_back({.name = std::string(json::string_at(each, "name")),
                           .value = json::number_at(each, "value").value_or(0),
                           .at_ms = json::int_at(each, "at_ms").value_or(0)});
  });
  out.created_ms = json::int_at(object, "created_ms").value_or(0);
  out.modified_ms = json::int_at(object, "modified_ms").value_or(0);
  out.training_began_ms = json::int_at(object, "training_began_ms");
  out.training_ended_ms = json::int_at(object, "training_ended_ms");
  out.ran_ms = json::int_at(object, "ran_ms").value_or(0);
  out.attempts = json::int_at(object, "attempts").value_or(0);
  out.deaths = json::int_at(object, "deaths").value_or(0);
  if (const auto model = json::string_at(object, "model"); !model.empty()) {
    WEFT_TRY(out.model, object_uri_from(model));
  }
  return out;
}

}  // namespace weft::ml
