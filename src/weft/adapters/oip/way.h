// How a server is reached: by HTTP, or through the bridge that speaks gRPC for the hub
// (docs/decisions/0013). Owned by adapters/oip; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/adapters/oip/metadata.h"
#include "weft/hub/registry.h"
#include "weft/net/http_client.h"

namespace weft::adapters::oip {

struct Way {
  Place place;
  /// The Unix socket of the bridge, where the server is reached by gRPC.
  std::string bridge;
};

/// A request to `target` (`/v2/models/iris`) below where the protocol begins, with the solution's
/// own credentials. Errors: as solution_request().
Result<net::ClientRequest> request_by(const Way& way, const hub::JoinRequest& request,
                                      std::string_view method, std::string_view target,
                                      const hub::CallContext& context);

}  // namespace weft::adapters::oip
