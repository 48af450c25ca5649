// The URLs that a solution can have. Owned by app; pure.
#pragma once

#include <string>

#include "weft/base/result.h"

namespace weft::app {

/// Of the web, of a server that is reached by gRPC, or of an MQTT broker. Errors: what is wrong
/// with it.
Result<void> check_solution_url(const std::string& url);

}  // namespace weft::app
