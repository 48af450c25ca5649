// Training jobs as Describe, List and Search show them. Owned by adapters/sagemaker; pure.
#pragma once

#include "weft/adapters/sagemaker/control/members.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {

/// DescribeTrainingJob's answer. `metrics`: what the job's log is searched for.
json::object described(const AwsCaller& caller, const ml::TrainingJob& job,
                       const std::vector<ml::MetricDefinition>& metrics,
                       const std::optional<ml::JobProgress>& progress);
json::object summary(const AwsCaller& caller, const ml::TrainingJob& job);

}  // namespace weft::adapters::sagemaker
