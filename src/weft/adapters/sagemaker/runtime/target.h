// Which solution an endpoint's name means. Owned by adapters/sagemaker/runtime; any thread.
#pragma once

#include <memory>
#include <string_view>

#include "weft/hub/registry.h"
#include "weft/model/call.h"

namespace weft::adapters::sagemaker::runtime {

/// The solution of that id; or a deployed endpoint whose name is no id (`My-Endpoint`), or which
/// shares it with an endpoint of somebody else: of several the caller's own. Null when there is
/// none.
std::shared_ptr<const hub::Entry> find_endpoint(const hub::Snapshot& snapshot,
                                                std::string_view name,
                                                const model::Principal& principal);

}  // namespace weft::adapters::sagemaker::runtime
