// JSON-RPC 2.0 messages (MCP and A2A speak it). Owned by wire; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::wire {

inline constexpr int kJsonRpcParseError = -32700;
inline constexpr int kJsonRpcInvalidRequest = -32600;
inline constexpr int kJsonRpcMethodNotFound = -32601;
inline constexpr int kJsonRpcInvalidParams = -32602;
inline constexpr int kJsonRpcInternalError = -32603;

/// Null when unknown; otherwise a string or an integer.
using JsonRpcId = json::value;

struct JsonRpcRequest {
  /// Nothing for a notification.
  std::optional<JsonRpcId> id;
  std::string method;
  json::object params;
};

struct JsonRpcError {
  int code = kJsonRpcInternalError;
  std::string message;
  std::optional<json::value> data;
};

struct JsonRpcResponse {
  JsonRpcId id;
  std::variant<json::value, JsonRpcError> outcome;
};

using JsonRpcMessage = std::variant<JsonRpcRequest, JsonRpcResponse>;

/// One message. Refuses batches, ids of other types, params that are no object, and both or neither
/// of result and error.
Result<JsonRpcMessage> parse_jsonrpc(std::string_view text);
Result<JsonRpcMessage> read_jsonrpc(json::value message);
std::string write_jsonrpc(const JsonRpcRequest& request);
std::string write_jsonrpc(const JsonRpcResponse& response);
std::string write_jsonrpc_result(const JsonRpcId& id, json::value result);
std::string write_jsonrpc_error(const JsonRpcId& id, const JsonRpcError& error);

}  // namespace weft::wire
