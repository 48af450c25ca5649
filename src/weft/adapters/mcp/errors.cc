#include "weft/adapters/mcp/errors.h"

#include <array>

namespace weft::adapters::mcp {

namespace {

struct Row {
  Reason reason;
  bool as_result;
  int code;
  int status;  ///< of weft's own refusals
};

constexpr std::array<Row, 19> kTable = {{
    {Reason::none, false, wire::kJsonRpcInternalError, 200},
    {Reason::invalid_argument, true, wire::kJsonRpcInvalidParams, 200},
    {Reason::unauthenticated, false, wire::kJsonRpcInternalError, 401},
    {Reason::permission_denied, false, wire::kJsonRpcInternalError, 403},
    {Reason::solution_not_found, false, wire::kJsonRpcInvalidParams, 200},
    {Reason::task_not_found, false, wire::kJsonRpcInvalidParams, 200},
    {Reason::unsupported, false, wire::kJsonRpcMethodNotFound, 200},
    {Reason::not_cancelable, false, wire::kJsonRpcInvalidParams, 200},
    {Reason::content_type, false, wire::kJsonRpcInvalidParams, 415},
    {Reason::too_large, false, wire::kJsonRpcInvalidParams, 413},
    {Reason::rate_limited, false, wire::kJsonRpcInternalError, 429},
    {Reason::unavailable, false, wire::kJsonRpcInternalError, 503},
    {Reason::deadline, false, wire::kJsonRpcInternalError, 200},
    {Reason::cancelled, false, wire::kJsonRpcInternalError, 200},
    {Reason::solution_failed, true, wire::kJsonRpcInternalError, 200},
    {Reason::refused, true, wire::kJsonRpcInternalError, 200},
    {Reason::upstream_protocol, false, wire::kJsonRpcInternalError, 200},
    {Reason::storage_full, false, wire::kJsonRpcInternalError, 507},
    {Reason::internal, false, wire::kJsonRpcInternalError, 200},
}};

const Row& row_of(Reason reason) {
  for (const Row& row : kTable) {
    if (row.reason == reason) return row;
  }
  return kTable.back();
}

}  // namespace

bool told_as_result(const Error& error) { return row_of(error.reason).as_result; }

wire::JsonRpcError rpc_error_of(const Error& error) {
  json::object data;
  data["reason"] = to_string(error.reason);
  if (!error.param.empty()) data["param"] = error.param;
  if (!error.solution.empty()) data["solution"] = error.solution;
  data["retryable"] = error.retryable;
  if (error.retry_after) data["retryAfterMs"] = error.retry_after->count();
  return wire::JsonRpcError{row_of(error.reason).code, error.message, std::move(data)};
}

int status_of(const Error& error) {
  if (!error.solution.empty() && error.reason != Reason::rate_limited) return 200;
  return row_of(error.reason).status;
}

namespace {

Reason reason_of_code(int code) {
  switch (code) {
    case wire::kJsonRpcInvalidParams:
    case kResourceNotFound: return Reason::invalid_argument;
    case wire::kJsonRpcMethodNotFound:
    case kMissingCapability:
    case kUnsupportedVersion: return Reason::unsupported;
    case wire::kJsonRpcParseError:
    case wire::kJsonRpcInvalidRequest:
    case kHeaderMismatch: return Reason::upstream_protocol;
    default: return Reason::solution_failed;
  }
}

}  // namespace

Error error_of(const wire::JsonRpcError& error) {
  Reason reason = reason_of_code(error.code);
  const json::object* data =
      error.data && error.data->is_object() ? &error.data->get_object() : nullptr;
  if (data != nullptr) {
    const auto told = reason_from(json::string_at(*data, "reason"));
    if (told && *told != Reason::none) reason = *told;
  }
  Error result =
      make_error(reason, error.message.empty() ? "the server gave no message" : error.message);
  if (data == nullptr) return result;
  result.param = std::string(json::string_at(*data, "param"));
  if (const auto retryable = json::bool_at(*data, "retryable")) result.retryable = *retryable;
  const auto after = json::int_at(*data, "retryAfterMs");
  if (after && *after >= 0) result.retry_after = std::chrono::milliseconds(*after);
  return result;
}

std::string error_message(const wire::JsonRpcId& id, const wire::JsonRpcError& error) {
  json::object e;
  e["code"] = error.code;
  e["message"] = error.message;
  if (error.data) e["data"] = *error.data;
  json::object message;
  message["jsonrpc"] = "2.0";
  if (!id.is_null()) message["id"] = id;
  message["error"] = std::move(e);
  return json::write(message);
}

}  // namespace weft::adapters::mcp
