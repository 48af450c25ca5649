// A connection to an MCP server, whatever carries it: requests go out, each with its own
// conversation of notifications, questions of the server and at last the response. Owned by the
// Client; any loop may send, a conversation belongs to the loop that began it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/mcp/handshake.h"
#include "weft/adapters/mcp/tools.h"
#include "weft/base/async.h"
#include "weft/hub/service.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

struct LinkRequest {
  std::string method;
  json::object params;
  /// Arguments repeated in headers (modern, HTTP).
  std::vector<HeaderParam> header_params;
  model::Trace trace;
  int depth = 0;
  /// Whether progress is wanted: the request then carries a progressToken of its own.
  bool progress = false;
  /// The log messages wanted of a modern server; empty: none.
  std::string log_level;
};

class Conversation {
 public:
  virtual ~Conversation() = default;
  /// Notifications and requests of the server, then the response; not to be called after it.
  virtual Awaitable<Result<wire::JsonRpcMessage>> next() = 0;
  /// Answers a request of the server. `context` holds from now on: its deadline is a later one
  /// when a person was asked.
  virtual Awaitable<Result<void>> reply(wire::JsonRpcResponse response,
                                        hub::CallContext context) = 0;
  /// Tells the server that the answer is not wanted any more.
  virtual Awaitable<> abandon(std::string why) = 0;
};

class Link {
 public:
  virtual ~Link() = default;
  /// Finds the era and shakes hands. Errors say what was tried.
  virtual Awaitable<Result<Handshake>> connect(hub::CallContext context) = 0;
  /// What the last handshake settled.
  virtual Handshake handshake() const = 0;
  /// Sends a request, with a new handshake first where the server forgot the old one.
  virtual Awaitable<Result<std::unique_ptr<Conversation>>> send(LinkRequest request,
                                                                hub::CallContext context) = 0;
  /// Ends the server's session.
  virtual Awaitable<> close(hub::CallContext context) = 0;
};

/// Sends and waits for the result; what comes before it is skipped, questions are refused.
Awaitable<Result<json::object>> ask_server(Link& link, LinkRequest request,
                                           hub::CallContext context);
/// The refusal of a server's request that weft cannot serve.
wire::JsonRpcResponse refuse_request(const wire::JsonRpcRequest& request);

}  // namespace weft::adapters::mcp
