#include "weft/adapters/sagemaker/control/training_spec.h"

#include <algorithm>
#include <format>
#include <set>
#include <utility>

namespace weft::adapters::sagemaker {
namespace {

using Channels = std::vector<ml::Channel>;

constexpr std::int64_t kSecondsDefault = 24 * 3600;
constexpr std::string_view kCheckpointFolder = "/opt/ml/checkpoints";

// README.md has the whole table: what is honoured, what is kept and given back, what is refused.
constexpr Unsupported kUnsupported[] = {
    {"AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAccessMode", "Platform",
     "no image is pulled; the name of the image says which algorithm trains"},
    {"AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAuthConfig", "",
     "no image is pulled; leave it out"},
    {"InputDataConfig[].DataSource.FileSystemDataSource", "",
     "put the data into the object store (S3DataSource)"},
    {"InputDataConfig[].DataSource.DatasetSource", "",
     "put the data into the object store (S3DataSource)"},
    {"InputDataConfig[].DataSource.S3DataSource.S3DataType", "S3Prefix",
     "use S3Prefix: every object whose key begins with S3Uri"},
    {"InputDataConfig[].DataSource.S3DataSource.AttributeNames", "",
     "augmented manifests are not read"},
    {"InputDataConfig[].DataSource.S3DataSource.InstanceGroupNames", "", "a job has one machine"},
    {"InputDataConfig[].DataSource.S3DataSource.ModelAccessConfig", "", "leave it out"},
    {"InputDataConfig[].DataSource.S3DataSource.HubAccessConfig", "", "leave it out"},
    {"InputDataConfig[].CompressionType", "None",
     "upload the data uncompressed (SageMaker unpacks in Pipe mode alone)"},
    {"InputDataConfig[].RecordWrapperType", "None", "upload the data as RecordIO"},
    {"OutputDataConfig.KmsKeyId", "",
     "objects are kept as they are; encrypt the disk that they are on, and leave it out"},
    {"ResourceConfig.VolumeKmsKeyId", "",
     "files are kept as they are; encrypt the disk that they are on, and leave it out"},
    {"ResourceConfig.InstanceGroups", "", "a job has one machine: InstanceType, InstanceCount 1"},
    {"ResourceConfig.TrainingPlanArn", "", "a job waits for its turn"},
    {"ResourceConfig.InstancePlacementConfig", "", "a job has one machine"},
    {"ResourceConfig.InstancePreferences", "", "name one InstanceType"},
    {"StoppingCondition.MaxPendingTimeInSeconds", "",
     "a job waits for its turn as long as it takes; stop it yourself"},
    {"DebugRuleConfigurations", "", "no rules are evaluated; leave it out (rules=[])"},
    {"ProfilerRuleConfigurations", "", "no rules are evaluated; leave it out"},
    {"TensorBoardOutputConfig", "",
     "write to /opt/ml/output/data; it is uploaded at the job's end"},
    {"ExperimentConfig", "", "there are no experiments; use tags"},
    {"RemoteDebugConfig.EnableRemoteDebug", "", "a job's program cannot be logged into"},
    {"SessionChainingConfig.EnableSessionTagChaining", "", "roles are not assumed"},
    {"ServerlessJobConfig", "", "name an algorithm (AlgorithmSpecification)"},
    {"MlflowConfig", "", "leave it out"},
    {"ModelPackageConfig", "", "there is no model registry; leave it out"},
};

constexpr Unsupported kUnsupportedInUpdates[] = {
    {"ProfilerConfig.S3OutputPath", "", "there is no profiler; DisableProfiler is what it does"},
    {"ProfilerConfig.ProfilingIntervalInMilliseconds", "",
     "there is no profiler; DisableProfiler is what it does"},
    {"ProfilerConfig.ProfilingParameters", "",
     "there is no profiler; DisableProfiler is what it does"},
    {"ProfilerRuleConfigurations", "", "no rules are evaluated"},
    {"ResourceConfig.KeepAlivePeriodInSeconds", "",
     "there are no warm pools: a job begins at once where there is room"},
    {"RemoteDebugConfig.EnableRemoteDebug", "", "a job's program cannot be logged into"},
};

const json::object& object_in(const json::object& object, std::string_view key) {
  static const json::object kNothing;
  const json::object* found = json::object_at(object, key);
  return found == nullptr ? kNothing : *found;
}

Translated<ml::ObjectUri> uri_at(const json::object& object, std::string_view key,
                                 std::string_view what) {
  auto uri = ml::object_uri_from(json::string_at(object, key));
  if (!uri) return invalid(std::format("{}: {}", what, uri.error().message));
  return *std::move(uri);
}

Translated<std::string> algorithm_of(const json::object& algorithm) {
  const std::string image = text_at(algorithm, "TrainingImage");
  std::string name = text_at(algorithm, "AlgorithmName");
  if (image.empty() == name.empty()) {
    return invalid(
        "AlgorithmSpecification names the algorithm: either TrainingImage or AlgorithmName");
  }
  // The name behind `arn:…:algorithm/`.
  const auto slash = name.rfind('/');
  if (slash != std::string::npos) name.erase(0, slash + 1);
  return image.empty() ? name : image;
}

Translated<ml::Channel> channel_of(const json::object& given, std::string_view default_mode) {
  ml::Channel out;
  out.name = text_at(given, "ChannelName");
  // The pattern has room for what is no name of a folder.
  if (out.name == "." || out.name == "..")
    return invalid(std::format("a channel cannot be called `{}`: it is a folder's name", out.name));
  const json::object& source = object_in(object_in(given, "DataSource"), "S3DataSource");
  if (source.empty()) {
    return invalid(std::format("the channel {} has no DataSource.S3DataSource", out.name));
  }
  auto from = uri_at(source, "S3Uri", std::format("the channel {}", out.name));
  if (!from) return std::unexpected(std::move(from).error());
  out.from = *std::move(from);
  out.content_type = text_at(given, "ContentType");
  out.input_mode = text_at(given, "InputMode");
  if (out.input_mode.empty()) out.input_mode = default_mode;
  out.distribution = text_at(source, "S3DataDistributionType");
  if (out.distribution.empty()) out.distribution = "FullyReplicated";
  return out;
}

Translated<Channels> channels_of(const json::object& input, std::string_view default_mode) {
  Channels out;
  std::optional<AwsError> wrong;
  std::set<std::string> names;
  each_at(input, "InputDataConfig", [&](const json::object& given) {
    auto channel = channel_of(given, default_mode);
    if (!channel) {
      wrong = std::move(channel).error();
    } else if (!names.insert(channel->name).second) {
      wrong = invalid(std::format("two channels are called {}", channel->name)).error();
    } else {
      out.push_back(*std::move(channel));
    }
  });
  if (wrong) return std::unexpected(*std::move(wrong));
  return out;
}

/// Whether an algorithm of ours trains, and no program of the user's.
bool is_ours(const ml::TrainingSpec& spec) {
  const std::vector<ml::Algorithm> all = ml::all_algorithms();
  const ml::Algorithm* algorithm = ml::algorithm_of(all, spec);
  return algorithm != nullptr && algorithm->name != "script";
}

/// Our algorithms read files whatever the mode's name; a program of the user's that waits for a
/// FIFO would wait for ever.
Translated<void> check_pipes(const ml::TrainingSpec& spec) {
  const auto pipe = std::ranges::find(spec.channels, "Pipe", &ml::Channel::input_mode);
  if (pipe == spec.channels.end() || is_ours(spec)) return {};
  return invalid(std::format(
      "the channel {}: InputMode Pipe is not supported by weft for programs of one's own; use File "
      "or FastFile",
      pipe->name));
}

/// By themselves they are for an image's own entry point, and no image is run.
Translated<void> check_arguments(const ml::TrainingSpec& spec) {
  if (spec.arguments.empty() || !spec.entrypoint.empty()) return {};
  return invalid(std::format(
      "AlgorithmSpecification.ContainerArguments without ContainerEntrypoint is not supported by "
      "weft: {}",
      is_ours(spec) ? "the algorithm takes hyper-parameters alone (HyperParameters)"
                    : "a script's arguments are its HyperParameters; a program with arguments of "
                      "its own is named by ContainerEntrypoint"));
}

Translated<void> take_resources(const json::object& input, ml::TrainingSpec& out) {
  const json::object& resources = object_in(input, "ResourceConfig");
  out.instance_type = text_at(resources, "InstanceType");
  if (out.instance_type.empty()) return invalid("ResourceConfig.InstanceType is missing");
  out.instances = json::int_at(resources, "InstanceCount").value_or(1);
  if (out.instances != 1) {
    return invalid(std::format(
        "ResourceConfig.InstanceCount {} is not supported by weft: a job has one machine; use 1 "
        "and a larger InstanceType",
        out.instances));
  }
  // At most 16 TiB (the service model's own bound is a 64-bit number).
  const auto volume = json::int_at(resources, "VolumeSizeInGB").value_or(0);
  out.disk_bytes = static_cast<std::uint64_t>(std::clamp<std::int64_t>(volume, 0, 16'384)) << 30;
  return {};
}

Translated<void> take_times(const json::object& input, ml::TrainingSpec& out) {
  const json::object& stop = object_in(input, "StoppingCondition");
  out.max_runtime_s = json::int_at(stop, "MaxRuntimeInSeconds").value_or(kSecondsDefault);
  const auto wait_s = json::int_at(stop, "MaxWaitTimeInSeconds");
  const bool spot = json::bool_at(input, "EnableManagedSpotTraining").value_or(false);
  if (spot && (!wait_s || *wait_s < out.max_runtime_s)) {
    return invalid(
        "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
        "MaxRuntimeInSeconds");
  }
  if (!spot && wait_s) {
    return invalid("Invalid MaxWaitTimeInSeconds. It is only taken with EnableManagedSpotTraining");
  }
  out.retries = json::int_at(object_in(input, "RetryStrategy"), "MaximumRetryAttempts").value_or(0);
  return {};
}

/// A folder of the sandbox that is the program's own to name.
bool is_free_folder(std::string_view path) {
  if (!path.starts_with('/') || path.contains("//") || path.contains('\0')) return false;
  std::string_view rest = path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto end = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, end);
    if (name == "." || name == "..") return false;
    rest.remove_prefix(end);
  }
  const auto within = [&](std::string_view folder) {
    return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
  };
  constexpr std::string_view kTaken[] = {
      "/usr", "/lib",  "/lib64",        "/bin",         "/etc",          "/proc",         "/dev",
      "/sys", "/sbin", "/opt/ml/input", "/opt/ml/code", "/opt/ml/model", "/opt/ml/output"};
  // Bound into itself it would be.
  if (path != kCheckpointFolder && within(kCheckpointFolder)) return false;
  return path != "/" && path != "/opt" && path != "/opt/ml" && std::ranges::none_of(kTaken, within);
}

Translated<void> take_checkpoints(const json::object& input, ml::TrainingSpec& out) {
  const json::object* given = json::object_at(input, "CheckpointConfig");
  out.checkpoint_folder = kCheckpointFolder;
  if (given == nullptr) return {};
  auto to = uri_at(*given, "S3Uri", "CheckpointConfig.S3Uri");
  if (!to) return std::unexpected(std::move(to).error());
  out.checkpoints = *std::move(to);
  std::string folder = text_at(*given, "LocalPath");
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (folder.empty()) return {};
  if (!is_free_folder(folder)) {
    return invalid(std::format(
        "CheckpointConfig.LocalPath `{}` cannot be the checkpoints' folder; {} is the usual one",
        folder, kCheckpointFolder));
  }
  out.checkpoint_folder = std::move(folder);
  return {};
}

Translated<void> take_words(const json::object& algorithm, ml::TrainingSpec& out) {
  const auto words = [&](std::string_view key) {
    std::vector<std::string> all;
    if (const json::array* given = json::array_at(algorithm, key)) {
      for (const json::value& word : *given) {
        if (word.is_string()) all.emplace_back(word.get_string());
      }
    }
    return all;
  };
  out.entrypoint = words("ContainerEntrypoint");
  out.arguments = words("ContainerArguments");
  each_at(algorithm, "MetricDefinitions", [&](const json::object& metric) {
    out.metrics.push_back({.name = text_at(metric, "Name"), .pattern = text_at(metric, "Regex")});
  });
  std::set<std::string> names;
  for (const ml::MetricDefinition& metric : out.metrics) {
    if (!names.insert(metric.name).second)
      return invalid(std::format("two MetricDefinitions are called {}", metric.name));
  }
  return {};
}

}  // namespace

Translated<ml::TrainingSpec> training_spec_of(const json::object& input) {
  if (auto fine = refuse_unsupported(input, kUnsupported); !fine)
    return std::unexpected(std::move(fine).error());
  const json::object& algorithm = object_in(input, "AlgorithmSpecification");
  ml::TrainingSpec out;
  out.name = text_at(input, "TrainingJobName");
  auto named = algorithm_of(algorithm);
  if (!named) return std::unexpected(std::move(named).error());
  out.algorithm = *std::move(named);
  auto channels = channels_of(input, json::string_at(algorithm, "TrainingInputMode"));
  if (!channels) return std::unexpected(std::move(channels).error());
  out.channels = *std::move(channels);
  const json::object& output = object_in(input, "OutputDataConfig");
  auto to = uri_at(output, "S3OutputPath", "OutputDataConfig.S3OutputPath");
  if (!to) return std::unexpected(std::move(to).error());
  out.output = *std::move(to);
  out.output_compressed = json::string_at(output, "CompressionType") != "NONE";
  out.hyperparameters = texts_at(input, "HyperParameters");
  out.environment = texts_at(input, "Environment");
  // Nothing is asked for by a default.
  out.network = json::bool_at(input, "EnableNetworkIsolation") == std::optional(false);
  using Take = Translated<void> (*)(const json::object&, ml::TrainingSpec&);
  for (const Take take : {Take(take_resources), Take(take_times), Take(take_checkpoints)}) {
    if (auto taken = take(input, out); !taken) return std::unexpected(std::move(taken).error());
  }
  if (auto taken = take_words(algorithm, out); !taken)
    return std::unexpected(std::move(taken).error());
  for (const auto check : {check_pipes, check_arguments}) {
    if (auto fine = check(out); !fine) return std::unexpected(std::move(fine).error());
  }
  out.request = input;
  out.request.erase("Tags");
  return out;
}

Translated<void> check_training_update(const json::object& input) {
  return refuse_unsupported(input, kUnsupportedInUpdates);
}

}  // namespace weft::adapters::sagemaker
