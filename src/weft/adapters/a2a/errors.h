// The error table of A2A (README.md shows it): an Error to JSON-RPC and HTTP+JSON and back,
// google.rpc.ErrorInfo in both. Owned by adapters/a2a; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/result.h"
#include "weft/wire/http.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::a2a {

/// One row: how the wire says it (protocol A2A 1.0 §3.3.2, §5.4, §11.6).
struct ErrorRow {
  int rpc_code;
  /// ErrorInfo.reason.
  std::string_view reason;
  /// The google.rpc.Code's name.
  std::string_view status;
  int http;
  /// Named by A2A itself; others carry weft's own domain.
  bool standard;
};

const ErrorRow& row_of(Reason reason);
/// Refusals that no Reason names.
extern const ErrorRow kPushNotSupported;
extern const ErrorRow kCardNotConfigured;
extern const ErrorRow kExtensionRequired;
extern const ErrorRow kVersionNotSupported;
extern const ErrorRow kMethodNotFound;
extern const ErrorRow kInvalidRequest;
extern const ErrorRow kParseError;

/// What went wrong, with the row it is said by.
struct Fault {
  ErrorRow row;
  Error error;
  Fault(Error e)
      : row(row_of(e.reason)), error(std::move(e)) {}  // NOLINT(google-explicit-constructor)
  Fault(const ErrorRow& r, std::string message);
};

wire::JsonRpcError to_jsonrpc(const Fault& fault);
/// `{"error": {code, status, message, details}}`.
json::object to_rest(const Fault& fault);
/// The HTTP status of a JSON-RPC answer: 200 but for what concerns the connection rather than the
/// call.
int jsonrpc_http_status(const Fault& fault);

/// An agent knows weft's credentials and nobody else's: what it says of credentials is that it
/// cannot be used as it was joined, and nothing about the caller.
Error not_the_callers(Error told);

/// The inverses, for the client. The reason is exact when weft is at the other end or A2A names it;
/// else the code's usual one; see not_the_callers().
Error from_jsonrpc(const wire::JsonRpcError& error);
Error from_rest(int status, const wire::Headers& headers, std::string_view body);

}  // namespace weft::adapters::a2a
