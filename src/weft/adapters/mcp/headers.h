// The headers of a modern request, which repeat parts of its body so that what stands between can
// route by them (SEP-2243). Owned by adapters/mcp; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/mcp/tools.h"
#include "weft/wire/http.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

/// A refusal before the request is looked at: HTTP status and JSON-RPC error.
struct Refusal {
  int status = 400;
  wire::JsonRpcError error;
};

/// The value as a header field: itself, or `=?base64?…?=` where it is not plain visible ASCII.
std::string encode_header_value(std::string_view value);
/// The inverse. Errors: the base64 is broken, or characters that no header value has.
Result<std::string> decode_header_value(std::string_view value);

/// What params Mcp-Name repeats for a method; empty when it has none.
std::string_view name_param(std::string_view method);

/// Checks `_meta`, MCP-Protocol-Version, Mcp-Method and Mcp-Name against the body, in the order of
/// the specification.
std::optional<Refusal> check_modern(const wire::Headers& headers,
                                    const wire::JsonRpcRequest& request);
/// Checks Mcp-Param-* against the arguments of a tools/call.
std::optional<Refusal> check_params(const wire::Headers& headers,
                                    const std::vector<HeaderParam>& params,
                                    const json::object& arguments);
/// Adds the headers of a request that weft makes.
void add_modern_headers(wire::Headers& headers, std::string_view method, const json::object& params,
                        const std::vector<HeaderParam>& header_params);

Refusal mismatch(std::string message);

}  // namespace weft::adapters::mcp
