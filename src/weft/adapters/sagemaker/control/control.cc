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

Awaitable<AwsResult> refused(std::string operation) {
  co_return std::unexpected(unknown_operation(sagemaker_shapes(), "SageMaker", operation));
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
