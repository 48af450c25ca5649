// A deployed endpoint as a solution: what the hub calls for every protocol, and what adapters of
// tensors reach past it. Owned by MlServices; any loop.
#pragma once

#include <memory>
#include <string_view>

#include "weft/hub/registry.h"
#include "weft/ml/serving/endpoint.h"
#include "weft/ml/serving/invocation.h"

namespace weft::app {

/// What stands as the protocol of a model that weft itself serves.
inline constexpr std::string_view kDeployedProtocol = "weft";

/// The entry of the registry: kind predictor, one skill `predict` whose schema is the model's own
/// signature.
std::shared_ptr<const hub::Entry> entry_of_endpoint(const ml::Endpoint& endpoint, SolutionId id,
                                                    std::shared_ptr<ml::Inferring> serving);

}  // namespace weft::app
