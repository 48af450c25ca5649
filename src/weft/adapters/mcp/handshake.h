// The beginning of a connection to a server: what weft says of itself, and what the server said.
// Owned by adapters/mcp; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/mcp/eras.h"
#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/model/call.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

struct Handshake {
  Era era = Era::legacy;
  std::string version;
  std::string name;
  std::string title;
  std::string server_version;
  std::string instructions;
  json::object capabilities;
  /// Every revision a modern server listed.
  std::vector<std::string> versions;
};

json::object initialize_params();
/// Errors: no protocolVersion, or one that weft does not speak.
Result<Handshake> read_initialize(const json::value& result);
/// Errors: no supportedVersions. `era` stays legacy when 2026-07-28 is not among them.
Result<Handshake> read_discover(const json::value& result);

/// Whether the server says when its list of tools changes.
bool tells_changes(const Handshake& shake);

/// What weft can do for a server that asks: elicitation, in forms and by URL.
json::object client_capabilities();
/// Adds `_meta` of a modern request.
void add_modern_meta(json::object& params, const std::string& log_level);
/// Takes it out again: the same request goes to a legacy server.
void drop_modern_meta(json::object& params);
void add_progress_token(json::object& params, const json::value& token);
/// The trace context where no header can carry it: bare keys of `_meta`.
void add_trace(json::object& params, const model::Trace& trace);
/// Whether an error code belongs to the modern era, so that its sender speaks it.
bool is_modern_error(int code);
/// Whether the sender of an error speaks the modern era and no legacy one, so that there is nothing
/// to fall back to.
bool is_modern_alone(const wire::JsonRpcError& error);

}  // namespace weft::adapters::mcp
