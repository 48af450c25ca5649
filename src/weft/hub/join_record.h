// A JoinRequest as JSON: how it is kept across restarts. References to the environment stay references. Owned by hub; pure.
#pragma once

#include "weft/hub/registry.h"

namespace weft::hub {

json::value to_json(const JoinRequest& request);
Result<JoinRequest> join_request_from_json(const json::value& v);
/// Whether two requests join the same thing in the same way (their origin may differ).
bool same_request(const JoinRequest& a, const JoinRequest& b);

}  // namespace weft::hub
