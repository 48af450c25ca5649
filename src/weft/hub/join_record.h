// What was joined, as it is kept. Owned by hub (Joiner); pure.
#pragma once

#include <string>

#include "weft/hub/registry.h"

namespace weft::hub {

/// `${ENV}` stays as it was written: what it stands for is never kept.
json::value to_json(const JoinRequest& request);
Result<JoinRequest> join_request_from(const json::value& v);
/// Whether two ask for the same, wherever they are written.
bool same_request(const JoinRequest& a, const JoinRequest& b);
/// A word for where the solution is: its URL, or the command.
std::string place_of(const JoinRequest& request);
/// A name for a solution that gave none: of its title, its host or its command.
SolutionId name_for(const model::Solution& solution, const JoinRequest& request);

}  // namespace weft::hub
