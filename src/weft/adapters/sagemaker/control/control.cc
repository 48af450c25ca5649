#include "weft/adapters/sagemaker/control/control.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/sagemaker/aws/shape_refusal.h"
#include "weft/adapters/sagemaker/control/operations.h"

namespace weft::adapters::sagemaker {
namespace {

struct Entry {
  std::string_view name;
  Operation operation;
};

constexpr Entry kOperations[] = {
    {"CreateTrainingJob", create_training_job},
    {"DescribeTrainingJob", describe_training_job},
    {"StopTrainingJob", stop_training_job},
    {"UpdateTrainingJob", update_training_job},
    {"DeleteTrainingJob", delete_training_job},
    {"ListTrainingJobs", list_training_jobs},
    {"CreateModel", create_model},
    {"DescribeModel", describe_model},
    {"DeleteModel", delete_model},
    {"ListModels", list_models},
    {"CreateEndpointConfig", create_endpoint_config},
    {"DescribeEndpointConfig", describe_endpoint_config},
    {"DeleteEndpointConfig", delete_endpoint_config},
    {"ListEndpointConfigs", list_endpoint_configs},
    {"CreateEndpoint", create_endpoint},
    {"DescribeEndpoint", describe_endpoint},
    {"UpdateEndpoint", update_endpoint},
    {"UpdateEndpointWeightsAndCapacities", update_endpoint_weights_and_capacities},
    {"DeleteEndpoint", delete_endpoint},
    {"ListEndpoints", list_endpoints},
    {"AddTags", add_tags},
    {"ListTags", list_tags},
    {"DeleteTags", delete_tags},
    {"Search", search},
};

constexpr std::string_view kWatch =
    "requests and answers are not recorded: keep them where you ask, and read the metrics of "
    "AWS/SageMaker";
constexpr std::string_view kTrack =
    "put Tags on the jobs and find them by Search, sorted by Metrics.NAME";
constexpr std::string_view kNotebook =
    "run your notebook where you like, with AWS_ENDPOINT_URL as weft's address";
constexpr std::string_view kServeAsItIs = "a model is served as it is: CreateModel with it";

/// Of operations that weft does not have; the first that fits.
constexpr Advice kInstead[] = {
    {"TransformJob", "call InvokeEndpoint for each file"},
    {"HyperParameterTuningJob",
     "CreateTrainingJob for each setting, then Search sorted by Metrics.NAME"},
    {"ProcessingJob", "run the program as a training job in script mode"},
    {"AutoMLJob",
     "CreateTrainingJob for each algorithm and setting, then Search sorted by Metrics.NAME"},
    {"ModelPackage",
     "there is no model registry: CreateModel with Image and ModelDataUrl, and Tags for what the "
     "registry would say"},
    {"Pipeline", "call the operations of its steps one after the other"},
    {"JobDefinition", kWatch},
    {"Monitoring", kWatch},
    {"InferenceExperiment", "give the endpoint a second variant, or make a second endpoint"},
    {"InferenceComponent", "make a variant or an endpoint for each model"},
    {"Experiment", kTrack},
    {"Trial", kTrack},
    {"Artifact", kTrack},
    {"Context", kTrack},
    {"Association", kTrack},
    {"Lineage", kTrack},
    {"Mlflow", kTrack},
    {"Notebook", kNotebook},
    {"Domain", kNotebook},
    {"UserProfile", kNotebook},
    {"App", kNotebook},
    {"Space", kNotebook},
    {"Studio", kNotebook},
    {"Feature", "keep the features as objects of S3, and name these as channels"},
    {"CompilationJob", kServeAsItIs},
    {"OptimizationJob", kServeAsItIs},
};

Awaitable<AwsResult> refused(std::string operation) {
  co_return std::unexpected(
      unknown_operation(sagemaker_shapes(), "SageMaker", operation, kInstead));
}

}  // namespace

AwsService control_plane(Environment& environment) {
  ml::Api* ml = environment.ml;
  WEFT_ASSERT(ml != nullptr);
  AwsService out;
  out.signing_name = "sagemaker";
  out.target = "SageMaker";
  out.shapes = &sagemaker_shapes();
  out.call = [ml](AwsCaller caller, std::string operation, json::object input) {
    const auto at = std::ranges::find(kOperations, operation, &Entry::name);
    if (at == std::end(kOperations)) return refused(std::move(operation));
    return at->operation(Call{*ml, std::move(caller), std::move(input)});
  };
  return out;
}

namespace {

/// As SageMaker's messages call the kinds.
std::string_view spoken(std::string_view kind) {
  if (kind == kEndpointConfig) return "endpoint configuration";
  return kind;
}

}  // namespace

std::unexpected<AwsError> missing(const AwsCaller& caller, std::string_view kind,
                                  std::string_view name) {
  return invalid(
      std::format("Could not find {} \"{}\".", spoken(kind), arn_of(caller, kind, name)));
}

std::unexpected<AwsError> existing(const AwsCaller& caller, std::string_view kind,
                                   std::string_view name) {
  return invalid(std::format("Cannot create already existing {} \"{}\".", spoken(kind),
                             arn_of(caller, kind, name)));
}

json::object arn_answer(const AwsCaller& caller, std::string_view member, std::string_view kind,
                        std::string_view name) {
  return {{member, arn_of(caller, kind, name)}};
}

}  // namespace weft::adapters::sagemaker
