// The gRPC service: every call becomes a request of the hub's HTTP port, with the caller's own
// credentials. Owned by the program's main; gRPC's threads come in, the loop does the rest.
#pragma once

#include <memory>
#include <string>

#include "weft/base/result.h"
#include "weft/net/loop.h"

namespace grpc {
class Service;
}

namespace weft::doors {

struct DoorConfig {
  /// The hub: `http://127.0.0.1:8420`.
  std::string hub;
  /// Authorities trusted besides the system's, where the hub speaks TLS (PEM).
  std::string ca_file;
};

/// A service whose calls run on the loop; both outlive the server it is added to. Errors: a hub's
/// address that is none.
Result<std::unique_ptr<grpc::Service>> make_service(net::Loop& loop, const DoorConfig& config);

}  // namespace weft::doors
