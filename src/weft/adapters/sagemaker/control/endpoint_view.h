// Endpoints as Describe, List and Search show them. Owned by adapters/sagemaker; any loop.
#pragma once

#include "weft/adapters/sagemaker/control/operations.h"

namespace weft::adapters::sagemaker {

/// DescribeEndpoint's answer.
json::object described(const Call& call, const ml::Endpoint& endpoint);
json::object summary(const AwsCaller& caller, const ml::Endpoint& endpoint);

}  // namespace weft::adapters::sagemaker
