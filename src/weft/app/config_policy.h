// What of a solution in weft.yaml says how its skills may be called: `approval`, `cost`, `dedup`
// and `share`. Owned by app/config.cc.
#pragma once

#include "weft/app/config_node.h"
#include "weft/hub/registry.h"

namespace weft::app {

void read_policy(ConfigNode& node, hub::JoinRequest& request);

}  // namespace weft::app
