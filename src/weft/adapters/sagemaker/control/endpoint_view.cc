#include "weft/adapters/sagemaker/control/endpoint_view.h"

#include <algorithm>
#include <utility>

namespace weft::adapters::sagemaker {
namespace {

/// The structure, where it says anything.
const json::object* filled(const json::object& object, std::string_view key) {
  const json::object* out = json::object_at(object, key);
  return out == nullptr || out->empty() ? nullptr : out;
}

/// The variant as the configuration's request has it; empty when that is gone.
json::object given_variant(const ml::EndpointConfig* config, std::string_view name) {
  json::object out;
  if (config == nullptr) return out;
  each_at(config->request, "ProductionVariants", [&](const json::object& variant) {
    if (json::string_at(variant, "VariantName") == name) out = variant;
  });
  return out;
}

json::array images_of(const Call& call, const ml::Endpoint& endpoint,
                      const ml::EndpointConfig* config, std::string_view variant) {
  json::array out;
  if (config == nullptr) return out;
  const auto spec = std::ranges::find(config->variants, variant, &ml::VariantSpec::name);
  if (spec == config->variants.end()) return out;
  const auto model = call.ml.models.find(endpoint.owner, spec->model);
  if (!model) return out;
  out.push_back(json::object{{"SpecifiedImage", model->spec.image},
                             {"ResolvedImage", model->spec.image},
                             {"ResolutionTime", seconds_of(endpoint.modified_ms)}});
  return out;
}

json::array variants_of(const Call& call, const ml::Endpoint& endpoint,
                        const ml::EndpointConfig* config) {
  json::array out;
  for (const ml::VariantState& state : endpoint.variants) {
    json::object one{{"VariantName", state.name},
                     {"CurrentWeight", state.weight},
                     {"DesiredWeight", state.desired_weight}};
    if (json::array images = images_of(call, endpoint, config, state.name); !images.empty())
      one["DeployedImages"] = std::move(images);
    const json::object given = given_variant(config, state.name);
    if (const json::object* serverless = json::object_at(given, "ServerlessConfig")) {
      one["CurrentServerlessConfig"] = *serverless;
    } else {
      one["CurrentInstanceCount"] = state.instances;
      one["DesiredInstanceCount"] = state.desired_instances;
    }
    for (const char* kept : {"ManagedInstanceScaling", "RoutingConfig"}) {
      if (const json::object* of = filled(given, kept)) one[kept] = *of;
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

json::object described(const Call& call, const ml::Endpoint& endpoint) {
  const auto config = call.ml.endpoints.find_config(endpoint.owner, endpoint.config);
  json::object out{{"EndpointName", endpoint.name},
                   {"EndpointArn", arn_of(call.caller, kEndpoint, endpoint.name)},
                   {"EndpointConfigName", endpoint.config},
                   {"EndpointStatus", ml::to_string(endpoint.status)},
                   {"CreationTime", seconds_of(endpoint.created_ms)},
                   {"LastModifiedTime", seconds_of(endpoint.modified_ms)}};
  if (json::array variants = variants_of(call, endpoint, config.get()); !variants.empty())
    out["ProductionVariants"] = std::move(variants);
  if (!endpoint.failure.empty()) out["FailureReason"] = endpoint.failure;
  if (const json::object* deployment = filled(endpoint.request, "DeploymentConfig"))
    out["LastDeploymentConfig"] = *deployment;
  return out;
}

json::object summary(const AwsCaller& caller, const ml::Endpoint& endpoint) {
  return {{"EndpointName", endpoint.name},
          {"EndpointArn", arn_of(caller, kEndpoint, endpoint.name)},
          {"CreationTime", seconds_of(endpoint.created_ms)},
          {"LastModifiedTime", seconds_of(endpoint.modified_ms)},
          {"EndpointStatus", ml::to_string(endpoint.status)}};
}

}  // namespace weft::adapters::sagemaker
