// The gRPC service: every call becomes a request of the hub's HTTP port, with the caller's own
// credentials. Owned by the program's main; gRPC's threads come in, the loop does the rest.
#pragma once

#include <memory>
#include <string>

#include "weft/base/result.h"
#include "weft/net/loop.h"

namespace grpc {
class CallbackGenericService;
class Service;
}  // namespace grpc

namespace weft::doors {

struct DoorConfig {
  /// What the hub is called: `http://127.0.0.1:8420`.
  std::string hub;
  /// The Unix socket where it takes what the door hands on.
  std::string socket;
};

/// A service whose calls run on the loop; both outlive the server it is added to. Errors: a hub's
/// address that is none.
Result<std::unique_ptr<grpc::Service>> make_service(net::Loop& loop, const DoorConfig& config);

/// Answers every other method: UNIMPLEMENTED, by its name and with what to call instead.
std::unique_ptr<grpc::CallbackGenericService> make_refusals();

}  // namespace weft::doors
