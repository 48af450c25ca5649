// `${NAME}` in what a solution is joined with: kept as written, looked up in the environment when
// it is used. Owned by hub.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::hub {

struct JoinRequest;

/// `text` with each ${NAME} from the environment; one that is not set is an error (unavailable)
/// that names it.
Result<std::string> resolve_variables(std::string_view text);
/// Whether all is set that the request's headers, bearer token and environment name; else the error
/// of the first that is not.
Result<void> check_variables(const JoinRequest& request);

}  // namespace weft::hub
