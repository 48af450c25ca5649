// What an adapter is: the solution side (a hub::Protocol) and the caller side (routes on the one
// port). Owned by adapters; the table of all of them is generated from adapters/CMakeLists.txt.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weft/hub/hub.h"
#include "weft/hub/joiner.h"
#include "weft/hub/keys.h"
#include "weft/net/clients.h"
#include "weft/net/http_server.h"

namespace weft::dialogue {
class Training;
}
namespace weft::ml {
struct Api;
}

namespace weft::adapters {

/// What every adapter may use; lives as long as the program.
struct Environment {
  hub::Hub& hub;
  hub::Joiner* joiner;  ///< null while the protocols are made; set before serving
  net::HttpClients& clients;
  /// Training and serving (ml/api.h); null where a hub has none (tests).
  ml::Api* ml = nullptr;
  /// Examples of sentences (dialogue/api.h); null where a hub has none.
  dialogue::Training* training = nullptr;
  /// Where it listens: `http://127.0.0.1:8420`.
  std::string listen_url;
  /// Where callers reach it, as weft.yaml says; empty: where each of them came to (own_url.h).
  std::string public_url;
  /// Where the hub keeps its data, and what it runs with: shown by the admin API.
  std::string data_directory;
  std::string config_file;
  std::function<Awaitable<Result<std::string>>()> reload;
  /// Whether the hub can serve as it should; nothing means yes.
  std::function<bool()> ready;
  /// Opens what speaks gRPC to solutions where it is not open yet (docs/decisions/0013): its Unix
  /// socket. From any loop; null where a hub has none (tests).
  std::function<Awaitable<Result<std::string>>()> grpc_bridge;
  /// What of memory is taken; null: always enough.
  std::shared_ptr<const net::MemoryLevelNow> memory;
  /// Whether a key is wanted even before one was made.
  bool keys_required = false;
  /// Names of the hub besides loopback's, in lower case; set by the front door.
  std::vector<std::string> hosts;

  /// Whether callers beyond the admin socket have to show a key.
  bool asks_for_keys() const { return keys_required || hub.keys().any(); }
};

/// One request with what the front door already found out.
struct Request {
  net::Exchange& exchange;
  model::Principal principal;
  /// Path segments after the route's prefix, percent-decoded.
  std::vector<std::string> rest;
};

using RouteHandler = std::function<Awaitable<>(Request&)>;

/// A path prefix on the port. The longest prefix wins; `admin` routes need the admin socket or an
/// admin key.
struct Route {
  std::string prefix;
  RouteHandler handler;
  bool admin = false;
  /// Answers without a key too (health, discovery documents that must be public).
  bool open = false;
  /// How this protocol says an error that the front door found (401, 403, 404, 413 …).
  std::function<void(net::Exchange&, const Error&)> refuse;
  /// Whether a request with this prefix is the route's; null: all are. Of one length, prefixes with
  /// it are asked first.
  std::function<bool(const net::Exchange&)> match;
  /// How this protocol's callers show who they are; null: a key (front.h).
  std::function<Result<model::Principal>(net::Exchange&)> authenticate;
  /// Bodies of any media type and encoding, which go on as they are (objects).
  bool any_body = false;
  /// Bodies with Content-Encoding gzip or deflate, which the route unpacks itself, within a bound.
  bool packed_body = false;
  /// Host may be a name below one of the hub's (a bucket's).
  bool names_below = false;
  /// Asked before every longer prefix: what it matches says by its signature whose it is.
  bool first = false;
};

struct Adapter {
  std::string_view name;
  /// The solution side; null for adapters that only serve (admin).
  std::function<std::unique_ptr<hub::Protocol>(Environment&)> protocol;
  /// The caller side.
  std::function<std::vector<Route>(Environment&)> routes;
};

/// Generated: one entry for each name in adapters/CMakeLists.txt.
std::vector<Adapter> all_adapters();

}  // namespace weft::adapters
