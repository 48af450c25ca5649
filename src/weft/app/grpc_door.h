// The gRPC door: a program of its own beside the hub (doors/grpc), started where weft.yaml names
// its port, and again when it dies. Owned by RunningHub; the first loop.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "weft/base/async.h"
#include "weft/net/http_server.h"

namespace weft::net {
class ChildProcess;
}

namespace weft::app {

class GrpcDoor {
 public:
  struct Parts {
    Executor executor;
    std::filesystem::path program;
    std::string listen;  ///< `127.0.0.1:8421`
    /// What the hub is called: `http://127.0.0.1:8420`.
    std::string hub;
    /// The hub's Unix socket, which every call goes on to with its caller's credentials.
    std::string socket;
    std::optional<net::TlsServerConfig> tls;
  };
  explicit GrpcDoor(Parts parts);
  ~GrpcDoor();

  /// Starts it and waits until it listens: on which port. Tried again for a second. Errors: in the
  /// door's own words.
  Awaitable<Result<int>> open(CancelToken cancel);
  /// Starts it again whenever it ends, with growing pauses, until cancelled; then ends it.
  Awaitable<> keep(CancelToken cancel);

 private:
  Awaitable<Result<int>> begin();

  Parts parts_;
  std::unique_ptr<net::ChildProcess> child_;
};

}  // namespace weft::app
