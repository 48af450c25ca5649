// weft.yaml: strict reading, every fault at once, each with its place and its remedy. Owned by app;
// main thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/common/front.h"
#include "weft/app/config_concierge.h"
#include "weft/app/ml_services.h"
#include "weft/base/log.h"
#include "weft/hub/registry.h"
#include "weft/net/http_server.h"

namespace weft::app {

/// One fault in a configuration; `line` and `column` count from 1, characters and not bytes.
struct ConfigFault {
  std::string code;  ///< W1203
  std::string file;
  int line = 0;
  int column = 0;
  std::size_t length = 1;
  std::string message;
  std::string expected;  ///< what would be right, for the caret line
  std::string hint;
};

/// A model that weft.yaml deploys.
struct ModelConfig {
  std::string name;   ///< the endpoint's, and the solution's
  std::string file;   ///< absolute, or from where weft.yaml lies
  std::string image;  ///< what loads it; empty: told by the file itself
  std::int64_t instances = 1;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string origin;  ///< `weft.yaml:14`
  friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};

struct Config {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8420;
  /// Where gRPC is spoken; nothing: nowhere.
  std::optional<std::uint16_t> grpc_port;
  adapters::FrontConfig front;
  /// Where callers reach the hub, without a slash at its end; empty: where each came to.
  std::string public_url;
  std::optional<net::TlsServerConfig> tls;
  std::filesystem::path data = "weft-data";
  std::size_t threads = 0;  ///< 0: one for each core
  /// What the hub's own process may hold; 0: a quarter of the machine's.
  std::uint64_t memory_bytes = 0;
  log::Level log_level = log::Level::info;
  std::vector<hub::JoinRequest> solutions;
  MlConfig ml;
  ConciergeConfig concierge;
  std::vector<ModelConfig> models;
  /// The file it was read from; empty: the defaults.
  std::string file;
};

struct ConfigReading {
  Config config;
  std::vector<ConfigFault> faults;
};

/// Reads the text of `file`. Faults make the configuration unusable.
ConfigReading read_config(std::string_view text, std::string file);
/// The same from disk; a missing file is a fault.
ConfigReading load_config(const std::string& file);
/// What people see of a fault: place, picture, cause, remedy.
std::string render(const ConfigFault& fault, std::string_view text);
/// Whether the address is one that only this machine reaches.
bool is_loopback(std::string_view host);
/// The nearest of the candidates (edit distance), or empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace weft::app
