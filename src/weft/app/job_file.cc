#include "weft/app/job_file.h"

#include <algorithm>
#include <format>
#include <map>

#include "weft/app/config_document.h"
#include "weft/app/config_node.h"

namespace weft::app {
namespace {

constexpr std::string_view kScriptImage = "weft-script";
constexpr std::string_view kRole = "arn:aws:iam::000000000000:role/weft";
constexpr std::int64_t kVolumeGb = 30;

bool is_address(std::string_view from) { return from.starts_with("s3://"); }

/// `[a-zA-Z0-9](-*[a-zA-Z0-9])*`, as SageMaker wants names; room for the time behind it.
bool fits_as_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= 40 && plain(name.front()) && plain(name.back()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-'; });
}

void read_channel(ConfigNode& data, const std::string& name, const YAML::Node& value,
                  std::vector<ConfigFault>& faults, const std::string& file, JobFile& job) {
  JobChannel channel{.name = name, .from = "", .type = ""};
  if (value.IsScalar()) {
    channel.from = value.Scalar();
  } else {
    ConfigNode node(value, std::format("the channel `{}`", name), faults, file);
    channel.from = node.text("from").value_or("");
    channel.type = node.text("type").value_or("");
    node.finish();
  }
  if (channel.from.empty()) {
    data.fault(value, "W1302", std::format("the channel `{}` does not say where its data is", name),
               "s3://BUCKET/KEY, or a file or folder", "");
    return;
  }
  const auto here = std::filesystem::path(file).parent_path() / channel.from;
  std::error_code error;
  if (!is_address(channel.from) && !std::filesystem::exists(here, error)) {
    data.fault(value, "W1303", std::format("there is no `{}`", here.string()), "",
               "a path is meant from where this file lies; `s3://…` names what the hub has");
  }
  job.data.push_back(std::move(channel));
}

void check(ConfigNode& root, const JobFile& job, const std::vector<ConfigFault>& faults,
           const std::string& file) {
  if (job.algorithm.empty() == job.script.empty()) {
    root.fault(root.at("algorithm"), "W1301", "a job has an `algorithm` or a `script`, one of them",
               "algorithm: xgboost", "a script is your own Python program");
  }
  std::error_code error;
  if (!job.script.empty() && !std::filesystem::is_regular_file(
                                 std::filesystem::path(file).parent_path() / job.script, error)) {
    root.fault(root.at("script"), "W1303", std::format("there is no file `{}`", job.script), "",
               "a path is meant from where this file lies");
  }
  // Where `data` is wrong, what is wrong with it has been said.
  if (job.data.empty() && !std::ranges::contains(faults, "W1302", &ConfigFault::code)) {
    root.fault(root.at("data"), "W1302", "a job needs `data` to train on", "data: {train: a.csv}",
               "");
  }
  if (!fits_as_name(job.name)) {
    root.fault(root.at("name"), "W1304",
               std::format("`{}` cannot name a job: letters, digits and single `-` between them, "
                           "at most 40",
                           job.name),
               "", "");
  }
  if (!job.output.empty() && !is_address(job.output)) {
    root.fault(root.at("output"), "W1305", "`output` is where the hub keeps the model", "s3://…",
               "leave it out; `weft models` says where it is");
  }
}

json::array channels_of(const JobFile& job, const std::string& name, const std::string& bucket) {
  json::array out;
  const auto add = [&](const JobChannel& channel) {
    const json::object source{{"S3DataType", "S3Prefix"},
                              {"S3Uri", place_of_channel(channel, name, bucket)},
                              {"S3DataDistributionType", "FullyReplicated"}};
    json::object made{{"ChannelName", channel.name},
                      {"DataSource", json::object{{"S3DataSource", source}}}};
    const std::string type = channel.type.empty() ? media_type_of(channel.from) : channel.type;
    if (!type.empty()) made["ContentType"] = type;
    out.push_back(std::move(made));
  };
  for (const JobChannel& channel : job.data) add(channel);
  return out;
}

/// A script's are JSON, as SageMaker's own SDK sends them.
std::string as_json(const std::string& text) {
  const auto parsed = json::parse(text);
  return parsed && !parsed->is_string() ? text : json::write(json::value(text));
}

}  // namespace

std::string media_type_of(const std::filesystem::path& file) {
  static const std::map<std::string, std::string, std::less<>> kTypes{
      {".csv", "text/csv"},
      {".json", "application/json"},
      {".jsonl", "application/jsonlines"},
      {".libsvm", "text/libsvm"},
      {".svm", "text/libsvm"},
      {".npy", "application/x-npy"},
      {".pbr", "application/x-recordio-protobuf"},
      {".txt", "text/plain"},
  };
  const auto at = kTypes.find(file.extension().string());
  return at == kTypes.end() ? "" : at->second;
}

std::string place_of_channel(const JobChannel& channel, const std::string& job_name,
                             const std::string& bucket) {
  if (is_address(channel.from)) return channel.from;
  return std::format("s3://{}/{}/input/{}/", bucket, job_name, channel.name);
}

std::string key_of_code(const std::string& job_name) {
  return std::format("{}/source/sourcedir.tar", job_name);
}

JobFileReading read_job_file(std::string_view text, const std::string& file) {
  JobFileReading out;
  JobFile& job = out.job;
  read_document(text, file, "a training job", out.faults, [&](ConfigNode& root) {
    job.name = root.text("name").value_or(std::filesystem::path(file).stem().string());
    job.algorithm = root.text("algorithm").value_or("");
    job.script = root.text("script").value_or("");
    job.hyperparameters = root.pairs("hyperparameters");
    job.metrics = root.pairs("metrics");
    job.environment = root.pairs("environment");
    if (const auto data = root.any("data"); data && data->IsMap()) {
      for (const auto& item : *data)
        read_channel(root, item.first.Scalar(), item.second, out.faults, file, job);
    } else if (data) {
      root.fault(*data, "W1302", "`data` is a mapping from channels to where they are",
                 "train: a.csv", "");
    }
    job.instance = root.text("instance").value_or(job.instance);
    if (const auto time = root.duration_ms("time"))
      job.time_s = std::max<std::int64_t>(1, *time / 1'000);
    job.output = root.text("output").value_or("");
    job.deploy = root.text("deploy").value_or("");
    check(root, job, out.faults, file);
  });
  return out;
}

json::object training_request(const JobFile& job, const std::string& job_name,
                              const std::string& bucket) {
  json::object algorithm{{"TrainingInputMode", "File"}};
  json::object hyperparameters;
  for (const auto& [key, value] : job.hyperparameters)
    hyperparameters[key] = job.script.empty() ? value : as_json(value);
  if (job.script.empty()) {
    algorithm["AlgorithmName"] = job.algorithm;
  } else {
    algorithm["TrainingImage"] = kScriptImage;
    const std::string program = std::filesystem::path(job.script).filename().string();
    hyperparameters["sagemaker_program"] = json::write(json::value(program));
    const std::string code = std::format("s3://{}/{}", bucket, key_of_code(job_name));
    hyperparameters["sagemaker_submit_directory"] = json::write(json::value(code));
  }
  json::array metrics;
  for (const auto& [name, pattern] : job.metrics)
    metrics.push_back(json::object{{"Name", name}, {"Regex", pattern}});
  if (!metrics.empty()) algorithm["MetricDefinitions"] = std::move(metrics);
  json::object environment;
  for (const auto& [key, value] : job.environment) environment[key] = value;
  json::object out{
      {"TrainingJobName", job_name},
      {"AlgorithmSpecification", std::move(algorithm)},
      {"RoleArn", kRole},
      {"HyperParameters", std::move(hyperparameters)},
      {"InputDataConfig", channels_of(job, job_name, bucket)},
      {"OutputDataConfig",
       json::object{{"S3OutputPath",
                     job.output.empty() ? std::format("s3://{}/models", bucket) : job.output}}},
      {"ResourceConfig",
       json::object{
           {"InstanceType", job.instance}, {"InstanceCount", 1}, {"VolumeSizeInGB", kVolumeGb}}},
      {"StoppingCondition", json::object{{"MaxRuntimeInSeconds", job.time_s}}}};
  if (!environment.empty()) out["Environment"] = std::move(environment);
  return out;
}

}  // namespace weft::app
