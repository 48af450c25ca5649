// Requests about endpoints and their configurations as ml takes them. Owned by adapters/sagemaker;
// pure.
#pragma once

#include <vector>

#include "weft/adapters/sagemaker/control/members.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {

/// Of input that fits its shape; `request` of it is what Describe gives back; the owner is left
/// out. Errors: what weft does not do, by name; what contradicts itself.
Translated<ml::EndpointConfig> endpoint_config_of(const json::object& input);
/// DescribeEndpointConfig's answer.
json::object described(const AwsCaller& caller, const ml::EndpointConfig& config);

/// `DeploymentConfig` of CreateEndpoint and UpdateEndpoint: all at once, or refused.
Translated<void> check_deployment(const json::object& input);
/// RetainAllVariantProperties and what is left out of it: whether variants keep their weights and
/// numbers of workers.
Translated<bool> keeps_variants(const json::object& input);
Translated<std::vector<ml::VariantChange>> variant_changes_of(const json::object& input);

}  // namespace weft::adapters::sagemaker
