// What speaks gRPC beside the hub (docs/decisions/0013): the door that callers come in by, where
// weft.yaml names its port, and the bridge to solutions, from the first on that needs it. Owned by
// RunningHub; the first loop.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "weft/app/beside.h"
#include "weft/base/task_group.h"
#include "weft/net/http_server.h"

namespace weft::app {

class GrpcPrograms {
 public:
  struct Parts {
    Executor executor;
    std::filesystem::path libexec;
    std::filesystem::path data;
  };
  struct Door {
    std::string host;
    std::uint16_t port = 0;
    /// The hub's own port.
    std::uint16_t hub_port = 0;
    std::optional<net::TlsServerConfig> tls;
  };
  explicit GrpcPrograms(Parts parts) : parts_(std::move(parts)), keeping_(parts_.executor) {}

  /// Where the hub takes what the door hands on.
  static std::filesystem::path door_socket(const std::filesystem::path& data);
  /// Opens the door: on which port. Once. Errors: in its own words.
  Awaitable<Result<int>> open_door(Door door);
  /// The socket of the bridge, which is opened where it is not open yet. From any loop.
  Awaitable<Result<std::string>> bridge();
  /// Ends both. Last of all, once.
  Awaitable<> end();

 private:
  std::unique_ptr<Beside> program(std::string name, std::string_view file,
                                  std::vector<std::string> words) const;
  Awaitable<Result<std::string>> open_bridge();

  Parts parts_;
  std::unique_ptr<Beside> door_;
  std::unique_ptr<Beside> bridge_;
  bool bridge_opening_ = false;
  CancelSource ending_;
  /// What begins the programs again.
  TaskGroup keeping_;
};

}  // namespace weft::app
