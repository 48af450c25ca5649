// The section `mqtt:` of a solution in weft.yaml: which topics it listens to. Owned by app; pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "weft/app/config_node.h"
#include "weft/hub/registry.h"

namespace weft::app {

/// Takes `mqtt` from the solution of this index into the request's details, with a fault where it
/// cannot be; `text` is the whole document. A solution at a broker needs it, any other has no place
/// for it.
void read_mqtt(ConfigNode& node, std::size_t index, std::string_view text,
               hub::JoinRequest& request);

}  // namespace weft::app
