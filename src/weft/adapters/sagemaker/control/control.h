// SageMaker's control plane over ml's services. Owned by adapters/sagemaker; any loop.
#pragma once

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/sagemaker/aws/service.h"

namespace weft::adapters::sagemaker {

/// `environment.ml` is not null.
AwsService control_plane(Environment& environment);

}  // namespace weft::adapters::sagemaker
