// A CreateModel request as ml's models take it. Owned by adapters/sagemaker; pure.
#pragma once

#include "weft/adapters/sagemaker/control/members.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {

/// Of input that fits its shape; `request` of it is what Describe gives back. Errors: what weft
/// does not do, by name; what contradicts itself.
Translated<ml::ModelSpec> model_spec_of(const json::object& input);
/// DescribeModel's answer.
json::object described(const AwsCaller& caller, const ml::Model& model);

}  // namespace weft::adapters::sagemaker
