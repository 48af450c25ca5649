#include "weft/adapters/sagemaker/control/endpoint_specs.h"

#include <format>
#include <optional>
#include <set>
#include <utility>

#include "weft/adapters/sagemaker/control/operations.h"
#include "weft/hub/limits.h"

namespace weft::adapters::sagemaker {
namespace {

static_assert(hub::kCallDeadlineMs == 120'000, "the advice below says so");

// README.md has the whole table: what is honoured, what is kept and given back, what is refused.
constexpr Unsupported kUnsupported[] = {
    {"KmsKeyId", "", "files are kept as they are; encrypt the disk that they are on"},
    {"AsyncInferenceConfig", "",
     "call InvokeEndpoint, which waits for an answer up to 120 s; what takes longer is a training "
     "job in script mode"},
    {"ExplainerConfig", "", "leave it out"},
    {"ShadowProductionVariants", "", "make a second endpoint of it and call both"},
    {"DataCaptureConfig.EnableCapture", "", "requests are not recorded; leave it out"},
    {"MetricsConfig.EnableEnhancedMetrics", "",
     "there are the metrics of AWS/SageMaker, by variant"},
    {"MetricsConfig.EnableDetailedObservability", "",
     "there are the metrics of AWS/SageMaker, by variant"},
    {"CrossRegionTrafficConfig", "", "there is one machine"},
    {"ProductionVariants[].InstancePools", "", "name one InstanceType"},
    {"ProductionVariants[].AcceleratorType", "", "there are no accelerators to attach"},
    {"ProductionVariants[].CoreDumpConfig", "", "read the log of the endpoint"},
    {"ProductionVariants[].ServerlessConfig.ProvisionedConcurrency", "",
     "a worker is always there"},
    {"ProductionVariants[].EnableSSMAccess", "", "a worker cannot be logged into"},
    {"ProductionVariants[].ManagedInstanceScaling.Status", "DISABLED",
     "use InitialInstanceCount and UpdateEndpointWeightsAndCapacities"},
    {"ProductionVariants[].RoutingConfig.RoutingStrategy", "LEAST_OUTSTANDING_REQUESTS,RANDOM",
     "requests go to the worker that has the fewest"},
    {"ProductionVariants[].RoutingConfig.PrefixAwareRoutingConfig", "",
     "requests go to the worker that has the fewest"},
    {"ProductionVariants[].CapacityReservationConfig", "", "leave it out"},
    {"ProductionVariants[].AcceleratorPartitionLayouts", "", "leave it out"},
};

constexpr Unsupported kUnsupportedDeployments[] = {
    {"DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration.Type", "ALL_AT_ONCE",
     "the new workers take over all at once as soon as all of them are ready; use ALL_AT_ONCE"},
    {"DeploymentConfig.RollingUpdatePolicy", "",
     "the new workers take over all at once as soon as all of them are ready"},
    {"DeploymentConfig.AutoRollbackConfiguration.Alarms", "",
     "there are no alarms; an update whose models do not load is taken back by itself"},
};

Translated<ml::VariantSpec> variant_of(const json::object& given) {
  ml::VariantSpec out;
  out.name = text_at(given, "VariantName");
  out.model = text_at(given, "ModelName");
  if (out.model.empty()) {
    return invalid(std::format(
        "the variant {} names no ModelName: inference components are not supported by weft",
        out.name));
  }
  out.instance_type = text_at(given, "InstanceType");
  out.weight = json::number_at(given, "InitialVariantWeight").value_or(1);
  const bool serverless = json::object_at(given, "ServerlessConfig") != nullptr;
  const auto count = json::int_at(given, "InitialInstanceCount");
  if (serverless && (count || !out.instance_type.empty())) {
    return invalid(std::format(
        "the variant {}: ServerlessConfig goes without InstanceType and InitialInstanceCount",
        out.name));
  }
  if (!serverless && (!count || out.instance_type.empty())) {
    return invalid(
        std::format("the variant {}: InstanceType and InitialInstanceCount are missing", out.name));
  }
  // One without servers is one worker that is always there.
  out.instances = count.value_or(1);
  return out;
}

}  // namespace

Translated<ml::EndpointConfig> endpoint_config_of(const json::object& input) {
  if (auto fine = refuse_unsupported(input, kUnsupported); !fine)
    return std::unexpected(std::move(fine).error());
  ml::EndpointConfig out;
  out.name = text_at(input, "EndpointConfigName");
  std::optional<AwsError> wrong;
  each_at(input, "ProductionVariants", [&](const json::object& given) {
    auto variant = variant_of(given);
    if (variant) {
      out.variants.push_back(*std::move(variant));
    } else if (!wrong) {
      wrong = std::move(variant).error();
    }
  });
  if (wrong) return std::unexpected(*std::move(wrong));
  out.request = input;
  out.request.erase("Tags");
  return out;
}

json::object described(const AwsCaller& caller, const ml::EndpointConfig& config) {
  json::object out = members_of_structure(config.request, "DescribeEndpointConfigOutput");
  out["EndpointConfigName"] = config.name;
  out["EndpointConfigArn"] = arn_of(caller, kEndpointConfig, config.name);
  out["CreationTime"] = seconds_of(config.created_ms);
  if (json::array_at(out, "ProductionVariants") != nullptr) {
    for (json::value& each : out["ProductionVariants"].get_array()) {
      json::object& variant = each.get_object();
      if (!variant.contains("InitialVariantWeight")) variant["InitialVariantWeight"] = 1;
    }
  }
  return out;
}

Translated<void> check_deployment(const json::object& input) {
  return refuse_unsupported(input, kUnsupportedDeployments);
}

Translated<bool> keeps_variants(const json::object& input) {
  if (!json::bool_at(input, "RetainAllVariantProperties").value_or(false)) return false;
  std::set<std::string> without;
  each_at(input, "ExcludeRetainedVariantProperties", [&](const json::object& property) {
    without.insert(text_at(property, "VariantPropertyType"));
  });
  const bool counts = without.contains("DesiredInstanceCount");
  const bool weights = without.contains("DesiredWeight");
  if (counts != weights) {
    return invalid(
        "ExcludeRetainedVariantProperties with one of DesiredInstanceCount and DesiredWeight is "
        "not supported by weft: both are kept or neither");
  }
  return !counts;
}

Translated<std::vector<ml::VariantChange>> variant_changes_of(const json::object& input) {
  std::vector<ml::VariantChange> out;
  std::set<std::string> names;
  std::string wrong;
  each_at(input, "DesiredWeightsAndCapacities", [&](const json::object& given) {
    ml::VariantChange change;
    change.variant = text_at(given, "VariantName");
    change.weight = json::number_at(given, "DesiredWeight");
    change.instances = json::int_at(given, "DesiredInstanceCount");
    if (json::object_at(given, "ServerlessUpdateConfig") != nullptr) {
      wrong = std::format(
          "the variant {}: ServerlessUpdateConfig is not supported by weft: a variant with "
          "ServerlessConfig is one worker",
          change.variant);
    }
    if (!names.insert(change.variant).second) {
      wrong =
          std::format("The variant name \"{}\" was non-unique within the request.", change.variant);
    }
    out.push_back(std::move(change));
  });
  if (!wrong.empty()) return invalid(std::move(wrong));
  return out;
}

}  // namespace weft::adapters::sagemaker
