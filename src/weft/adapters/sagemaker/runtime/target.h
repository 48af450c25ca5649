// Which solution an endpoint's name means. Owned by adapters/sagemaker/runtime; any thread.
#pragma once

#include <memory>
#include <string_view>

#include "weft/hub/registry.h"
#include "weft/model/call.h"

namespace weft::adapters::sagemaker::runtime {

/// The caller's own endpoint of that name, whatever its id is; else the solution of that id, else
/// somebody else's endpoint of the name (whether the caller may ask it is the hub's to say). Null
/// when there is none.
std::shared_ptr<const hub::Entry> find_endpoint(const hub::Snapshot& snapshot,
                                                std::string_view name,
                                                const model::Principal& principal);

}  // namespace weft::adapters::sagemaker::runtime
