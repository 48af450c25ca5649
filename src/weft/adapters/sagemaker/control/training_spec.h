// A CreateTrainingJob request as ml's jobs take it. Owned by adapters/sagemaker; pure.
#pragma once

#include "weft/adapters/sagemaker/control/members.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {

/// Of input that fits its shape; `request` of it is what Describe gives back. Errors: what weft
/// does not do, by name; what contradicts itself.
Translated<ml::TrainingSpec> training_spec_of(const json::object& input);
/// The members of an UpdateTrainingJob request: whether they ask for anything that could be done.
Translated<void> check_training_update(const json::object& input);

}  // namespace weft::adapters::sagemaker
