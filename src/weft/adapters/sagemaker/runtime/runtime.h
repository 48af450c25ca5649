// SageMaker's runtime: InvokeEndpoint and InvokeEndpointWithResponseStream for every solution that
// has joined; a deployed model gets the bytes as they are. Owned by adapters/sagemaker; any loop.
#pragma once

#include "weft/adapters/common/adapter.h"

namespace weft::adapters::sagemaker {

/// Answers requests below `/endpoints/`; Request::rest begins with the endpoint's name.
RouteHandler runtime_handler(Environment& environment);

}  // namespace weft::adapters::sagemaker
