#include "weft/adapters/a2a/errors.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>
#include <utility>

#include "weft/adapters/common/upstream.h"
#include "weft/base/json.h"

namespace weft::adapters::a2a {
namespace {

constexpr std::string_view kA2aDomain = "a2a-protocol.org";
constexpr std::string_view kWeftDomain = "weft";
constexpr std::string_view kInfoType = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr std::string_view kBadRequestType = "type.googleapis.com/google.rpc.BadRequest";
constexpr std::string_view kRetryType = "type.googleapis.com/google.rpc.RetryInfo";

struct Line {
  Reason reason;
  ErrorRow row;
};

constexpr Line kTable[] = {
    {Reason::none, {-32603, "INTERNAL", "INTERNAL", 500, false}},
    {Reason::invalid_argument, {-32602, "INVALID_PARAMS", "INVALID_ARGUMENT", 400, false}},
    {Reason::unauthenticated, {-32603, "UNAUTHENTICATED", "UNAUTHENTICATED", 401, false}},
    {Reason::permission_denied, {-32603, "PERMISSION_DENIED", "PERMISSION_DENIED", 403, false}},
    {Reason::solution_not_found, {-32602, "SOLUTION_NOT_FOUND", "NOT_FOUND", 404, false}},
    {Reason::task_not_found, {-32001, "TASK_NOT_FOUND", "NOT_FOUND", 404, true}},
    {Reason::unsupported, {-32004, "UNSUPPORTED_OPERATION", "FAILED_PRECONDITION", 400, true}},
    {Reason::not_cancelable, {-32002, "TASK_NOT_CANCELABLE", "FAILED_PRECONDITION", 400, true}},
    {Reason::content_type, {-32005, "CONTENT_TYPE_NOT_SUPPORTED", "INVALID_ARGUMENT", 400, true}},
    {Reason::too_large, {-32602, "TOO_LARGE", "RESOURCE_EXHAUSTED", 413, false}},
    {Reason::rate_limited, {-32603, "RATE_LIMITED", "RESOURCE_EXHAUSTED", 429, false}},
    {Reason::unavailable, {-32603, "UNAVAILABLE", "UNAVAILABLE", 503, false}},
    {Reason::deadline, {-32603, "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", 504, false}},
    {Reason::cancelled, {-32603, "CANCELLED", "CANCELLED", 499, false}},
    {Reason::solution_failed, {-32603, "SOLUTION_FAILED", "INTERNAL", 500, false}},
    {Reason::refused, {-32603, "REFUSED", "FAILED_PRECONDITION", 400, false}},
    {Reason::upstream_protocol, {-32006, "INVALID_AGENT_RESPONSE", "INTERNAL", 500, true}},
    {Reason::storage_full, {-32603, "STORAGE_FULL", "RESOURCE_EXHAUSTED", 507, false}},
    {Reason::internal, {-32603, "INTERNAL", "INTERNAL", 500, false}},
};

json::object error_info(const Fault& fault) {
  const Error& error = fault.error;
  json::object metadata;
  if (error.reason != Reason::none) metadata["weftReason"] = to_string(error.reason);
  if (!error.solution.empty()) metadata["solution"] = error.solution;
  if (!error.param.empty()) metadata["field"] = error.param;
  if (error.retryable) metadata["retryable"] = "true";
  json::object info{{"@type", kInfoType},
                    {"reason", fault.row.reason},
                    {"domain", fault.row.standard ? kA2aDomain : kWeftDomain}};
  if (!metadata.empty()) info["metadata"] = std::move(metadata);
  return info;
}

/// ErrorInfo first, then what helps.
json::array details(const Fault& fault) {
  json::array out{error_info(fault)};
  const Error& error = fault.error;
  if (!error.param.empty()) {
    json::object violation{{"field", error.param}, {"description", error.message}};
    out.push_back(json::object{{"@type", kBadRequestType},
                               {"fieldViolations", json::array{std::move(violation)}}});
  }
  if (error.retry_after) {
    const double seconds = static_cast<double>(error.retry_after->count()) / 1000.0;
    out.push_back(
        json::object{{"@type", kRetryType}, {"retryDelay", std::format("{:.3f}s", seconds)}});
  }
  return out;
}

std::optional<std::chrono::milliseconds> retry_delay(std::string_view text) {
  constexpr double kSecondsMax = 30.0 * 86'400.0;
  if (text.empty() || text.back() != 's') return std::nullopt;
  double seconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size() - 1, seconds);
  const bool whole = problem == std::errc() && end == text.data() + text.size() - 1;
  if (!whole || !std::isfinite(seconds) || seconds < 0 || seconds > kSecondsMax)
    return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(seconds * 1000.0)));
}

std::optional<Reason> reason_named(std::string_view word) {
  for (const Line& line : kTable) {
    if (line.row.reason == word && line.reason != Reason::none) return line.reason;
  }
  if (word == kPushNotSupported.reason || word == kCardNotConfigured.reason ||
      word == kExtensionRequired.reason || word == kVersionNotSupported.reason) {
    return Reason::unsupported;
  }
  return std::nullopt;
}

Reason reason_of_code(int code) {
  switch (code) {
    case -32001: return Reason::task_not_found;
    case -32002: return Reason::not_cancelable;
    case -32005: return Reason::content_type;
    case -32006: return Reason::upstream_protocol;
    case wire::kJsonRpcInvalidParams: return Reason::invalid_argument;
    case -32003:
    case -32004:
    case -32007:
    case -32008:
    case -32009:
    case wire::kJsonRpcMethodNotFound: return Reason::unsupported;
    case wire::kJsonRpcParseError:
    case wire::kJsonRpcInvalidRequest: return Reason::upstream_protocol;
    default: return Reason::solution_failed;
  }
}

struct Told {
  std::optional<Reason> reason;
  std::string param;
  std::optional<std::chrono::milliseconds> retry_after;
};

Told read_details(const json::value* list) {
  Told told;
  if (list == nullptr || !list->is_array()) return told;
  for (const json::value& entry : list->get_array()) {
    if (!entry.is_object()) continue;
    const json::object& detail = entry.get_object();
    const std::string_view type = json::string_at(detail, "@type");
    if (type == kInfoType) {
      told.reason = reason_named(json::string_at(detail, "reason"));
      if (const json::object* metadata = json::object_at(detail, "metadata")) {
        const auto exact = reason_from(json::string_at(*metadata, "weftReason"));
        if (exact && *exact != Reason::none) told.reason = exact;
        told.param = json::string_at(*metadata, "field");
      }
    } else if (type == kRetryType) {
      told.retry_after = retry_delay(json::string_at(detail, "retryDelay"));
    }
  }
  return told;
}

Error make_told(Reason fallback, Told told, std::string message) {
  Error error = make_error(told.reason.value_or(fallback), std::move(message));
  error.param = std::move(told.param);
  error.retry_after = told.retry_after;
  return not_the_callers(std::move(error));
}

}  // namespace

constinit const ErrorRow kPushNotSupported{-32003, "PUSH_NOTIFICATION_NOT_SUPPORTED",
                                           "FAILED_PRECONDITION", 400, true};
constinit const ErrorRow kCardNotConfigured{-32007, "EXTENDED_AGENT_CARD_NOT_CONFIGURED",
                                            "FAILED_PRECONDITION", 400, true};
constinit const ErrorRow kExtensionRequired{-32008, "EXTENSION_SUPPORT_REQUIRED",
                                            "FAILED_PRECONDITION", 400, true};
constinit const ErrorRow kVersionNotSupported{-32009, "VERSION_NOT_SUPPORTED",
                                              "FAILED_PRECONDITION", 400, true};
constinit const ErrorRow kMethodNotFound{wire::kJsonRpcMethodNotFound, "METHOD_NOT_FOUND",
                                         "UNIMPLEMENTED", 404, false};
constinit const ErrorRow kInvalidRequest{wire::kJsonRpcInvalidRequest, "INVALID_REQUEST",
                                         "INVALID_ARGUMENT", 400, false};
constinit const ErrorRow kParseError{wire::kJsonRpcParseError, "PARSE_ERROR", "INVALID_ARGUMENT",
                                     400, false};

const ErrorRow& row_of(Reason reason) {
  for (const Line& line : kTable) {
    if (line.reason == reason) return line.row;
  }
  return kTable[0].row;
}

Fault::Fault(const ErrorRow& r, std::string message)
    : row(r), error(make_error(Reason::unsupported, std::move(message))) {
  if (!row.standard) error.reason = Reason::invalid_argument;
}

wire::JsonRpcError to_jsonrpc(const Fault& fault) {
  return {fault.row.rpc_code, fault.error.message, json::value(details(fault))};
}

json::object to_rest(const Fault& fault) {
  json::object error{{"code", fault.row.http},
                     {"status", fault.row.status},
                     {"message", fault.error.message},
                     {"details", details(fault)}};
  return {{"error", std::move(error)}};
}

int jsonrpc_http_status(const Fault& fault) {
  switch (fault.error.reason) {
    case Reason::unauthenticated:
    case Reason::permission_denied:
    case Reason::solution_not_found:
    case Reason::too_large:
    case Reason::rate_limited:
    case Reason::unavailable:
    case Reason::storage_full: return fault.row.http;
    default: return 200;
  }
}

Error not_the_callers(Error told) {
  const bool unknown = told.reason == Reason::unauthenticated;
  if (!unknown && told.reason != Reason::permission_denied) return told;
  Error error =
      make_error(Reason::unavailable,
                 std::format("refused weft's credentials: {}; set them with --bearer or --header",
                             told.message));
  error.retry_after = told.retry_after;
  // The agent did answer: it does not count as down.
  error.upstream_status = told.upstream_status != 0 ? told.upstream_status : unknown ? 401 : 403;
  return error;
}

Error from_jsonrpc(const wire::JsonRpcError& error) {
  const json::value* data = error.data ? &*error.data : nullptr;
  return make_told(reason_of_code(error.code), read_details(data), error.message);
}

Error from_rest(int status, const wire::Headers& headers, std::string_view body) {
  Error plain = error_of_status(status, headers, body);
  const Result<json::value> parsed = json::parse(body);
  if (!parsed || !parsed->is_object()) return plain;
  // 0.3 answers with the bare JSON-RPC error object.
  const json::object& whole = parsed->get_object();
  const json::object* error = json::object_at(whole, "error");
  if (error == nullptr) error = &whole;
  const std::string message(json::string_at(*error, "message"));
  if (message.empty()) return plain;
  Reason fallback = plain.reason;
  const auto code = json::int_at(*error, "code").value_or(0);
  if (code <= -32000 && code >= -32768) fallback = reason_of_code(static_cast<int>(code));
  const json::value* list = json::find(*error, "details");
  if (list == nullptr) list = json::find(*error, "data");
  Error out = make_told(fallback, read_details(list), message);
  const bool credentials = status == 401 || status == 403;
  if (credentials && out.reason != Reason::refused) return plain;
  if (!out.retry_after) out.retry_after = plain.retry_after;
  out.upstream_status = status;
  return out;
}

}  // namespace weft::adapters::a2a
