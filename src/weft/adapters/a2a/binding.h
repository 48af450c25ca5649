// What the two bindings share: the operations by name, and how results, faults and streams are
// said. Owned by the server; one request each.
#pragma once

#include <optional>
#include <string_view>

#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/a2a/errors.h"
#include "weft/adapters/a2a/operations.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::a2a {

enum class Verb : std::uint8_t { send, stream, get, list, cancel, subscribe, push, card };

/// How one request is answered.
class Outlet {
 public:
  /// JSON-RPC.
  Outlet(net::Exchange& exchange, Version version, wire::JsonRpcId id);
  /// HTTP+JSON.
  Outlet(net::Exchange& exchange, Version version);

  const Codec& codec() const { return codec_; }
  /// `extensions`: those that were activated for it.
  void answer(json::value result, const std::vector<std::string>& extensions = {});
  void refuse(Fault fault);
  Awaitable<> pour(Feed feed);

 private:
  std::string frame(json::value result) const;
  std::string frame(const Fault& fault) const;
  wire::Headers headers(std::string_view media_type) const;
  /// HTTP+JSON is answered in the media type it was asked in.
  std::string_view rest_media_type() const;

  net::Exchange& exchange_;
  Codec codec_;
  bool rest_;
  wire::JsonRpcId id_;
};

/// For where an answer is awaited.
Awaitable<> refused(Outlet outlet, Fault fault);

/// The version the caller names in the A2A-Version header or query parameter; nothing when it names
/// none. Errors: one that weft does not speak.
struct Named {
  std::optional<Version> version;
  std::optional<Fault> fault;
};
Named named_version(const wire::RequestHead& head);

/// application/json or application/a2a+json, with or without parameters.
bool json_content(std::string_view content_type);

/// What has joined, as far as the caller may call it: to its key there is nothing else.
std::shared_ptr<const hub::Snapshot> seen_by(hub::Hub& hub, const model::Principal& principal);
/// The solution a path or a `tenant` names, or all that the caller sees. Errors: there is none (of
/// those the caller may call).
Result<Scope> scope_of(Environment& environment, const model::Principal& principal,
                       std::string_view solution);

/// Carries an operation out and answers.
Awaitable<> serve(Desk& desk, Request& request, Scope scope, Outlet outlet, Verb verb,
                  json::object params);

}  // namespace weft::adapters::a2a
