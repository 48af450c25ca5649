// The front door: one handler for the port. Checks Host and Origin on every path, finds the route,
// authenticates, then hands over. Owned by app; any loop.
#pragma once

#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"

namespace weft::adapters {

struct FrontConfig {
  /// Host names that may stand in Host besides loopback's (and besides the address listened on).
  std::vector<std::string> hosts;
  /// Browser origins that may call; none by default.
  std::vector<std::string> origins;
  /// Whether a caller needs a key. Always true when listening beyond loopback.
  bool keys_required = false;
};

/// Credentials are read from `Authorization: Bearer`, `x-api-key` or `api-key`, unless a route
/// reads its own. Wrong ones give one identical 401 on every path.
net::Handler make_front(Environment& environment, std::vector<Route> routes, FrontConfig config);

}  // namespace weft::adapters
