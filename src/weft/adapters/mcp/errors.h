// The one table between errors and MCP: JSON-RPC codes, HTTP statuses, tool results. Owned by
// adapters/mcp; pure.
#pragma once

#include "weft/adapters/mcp/eras.h"
#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

/// Whether a failed call is told as a tool result with isError (the caller's model should read it)
/// and not as a JSON-RPC error.
bool told_as_result(const Error& error);
/// The JSON-RPC error; its data carries reason, retryable and the solution's name, so that another
/// hub loses nothing.
wire::JsonRpcError rpc_error_of(const Error& error);
/// The HTTP status of an answer that is nothing but this error. Refusals of weft itself have one
/// (401, 403, 413, 429, 503); what a solution did is 200.
int status_of(const Error& error);
/// What a server's JSON-RPC error means.
Error error_of(const wire::JsonRpcError& error);
/// A whole response; an unknown id is left out.
std::string error_message(const wire::JsonRpcId& id, const wire::JsonRpcError& error);

}  // namespace weft::adapters::mcp
