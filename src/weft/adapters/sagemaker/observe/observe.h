// CloudWatch Logs and CloudWatch metrics over ml's logs and metrics. Owned by adapters/sagemaker;
// any loop.
#pragma once

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/sagemaker/aws/service.h"

namespace weft::adapters::sagemaker {

/// `environment.ml` is not null.
AwsService cloudwatch_logs(Environment& environment);
AwsService cloudwatch_metrics(Environment& environment);

}  // namespace weft::adapters::sagemaker
