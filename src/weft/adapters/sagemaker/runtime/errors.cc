#include "weft/adapters/sagemaker/runtime/errors.h"

#include <format>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/sagemaker/runtime/limits.h"
#include "weft/base/text.h"
#include "weft/wire/aws_events.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

/// What SageMaker says when a container takes too long.
constexpr std::string_view kTimedOut =
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.";

std::string log_group(const Place& place) { return ml::Endpoints::log_group(place.endpoint); }

/// As SageMaker words it; programs take it apart by this pattern.
std::string model_message(int status, std::string_view original, const Place& place) {
  const bool client = status >= 400 && status < 500;
  return std::format(
      "Received {} error ({}) from primary with message \"{}\". See "
      "https://{}.console.aws.amazon.com/cloudwatch/home?region={}#logEventViewer:group={} in "
      "account {} for more information.",
      client ? "client" : "server", status, original, place.region, place.region, log_group(place),
      place.account);
}

RuntimeError model_error(int status, std::string_view original, const Place& place, bool has_log) {
  RuntimeError out;
  out.status = 424;
  out.type = "ModelError";
  out.original_status = status;
  out.original_message = mended_utf8(beginning_of(original, kOriginalMessageBytesMax));
  out.message = model_message(status, out.original_message, place);
  out.has_log = has_log;
  return out;
}

RuntimeError plain(int status, std::string_view type, std::string message) {
  RuntimeError out;
  out.status = status;
  out.type = type;
  out.message = std::move(message);
  return out;
}

/// The status that a container would have answered with.
int original_status_of(const Error& error) {
  if (error.upstream_status >= 400) return error.upstream_status;
  if (error.reason == Reason::solution_failed) return 500;
  return http_status(error);
}

}  // namespace

RuntimeError endpoint_not_found(const Place& place) {
  return plain(400, "ValidationError",
               std::format("Endpoint {} of account {} not found.", place.endpoint, place.account));
}

RuntimeError error_of_model(const ml::InvocationReply& reply, const Place& place) {
  RuntimeError out = model_error(reply.status, reply.body, place, true);
  out.log_stream = reply.log_stream;
  return out;
}

RuntimeError error_of(const Error& error, const Place& place, bool deployed) {
  switch (error.reason) {
    case Reason::unauthenticated:
    case Reason::permission_denied: return plain(403, "AccessDeniedException", error.message);
    case Reason::solution_not_found: return endpoint_not_found(place);
    case Reason::rate_limited: {
      RuntimeError out = plain(429, "ModelNotReadyException", error.message);
      out.retry_after = error.retry_after;
      return out;
    }
    case Reason::unavailable: {
      RuntimeError out = plain(503, "ServiceUnavailable", error.message);
      out.retry_after = error.retry_after;
      return out;
    }
    // A container that says nothing in time has no status.
    case Reason::deadline: return model_error(0, kTimedOut, place, deployed);
    case Reason::solution_failed:
    case Reason::refused:
    case Reason::upstream_protocol:
      return model_error(original_status_of(error), error.message, place, deployed);
    case Reason::none:
    case Reason::cancelled:
    case Reason::storage_full:
    case Reason::internal: return plain(500, "InternalFailure", error.message);
    case Reason::invalid_argument:
    case Reason::task_not_found:
    case Reason::unsupported:
    case Reason::not_cancelable:
    case Reason::content_type:
    case Reason::too_large: break;
  }
  return plain(400, "ValidationError", error.message);
}

RuntimeError error_of_request(const Error& error, const Place& place) {
  if (error.reason == Reason::deadline) return plain(408, "RequestTimeout", error.message);
  return error_of(error, place, true);
}

RuntimeError invalid_member(std::string_view member, std::string_view value,
                            std::string_view constraint) {
  return plain(
      400, "ValidationError",
      std::format("1 validation error detected: Value '{}' at '{}' failed to satisfy "
                  "constraint: {}",
                  mended_utf8(beginning_of(value, kNameCharsMax * 2)), member, constraint));
}

json::object body_of(const RuntimeError& error, const Place& place) {
  json::object out{{"Message", error.message}};
  if (error.type != "ModelError") return out;
  const bool client = error.original_status >= 400 && error.original_status < 500;
  out["ErrorCode"] = client ? "CLIENT_ERROR_FROM_MODEL" : "SERVER_ERROR_FROM_MODEL";
  out["OriginalStatusCode"] = error.original_status;
  out["OriginalMessage"] = error.original_message;
  if (!error.has_log) return out;
  std::string arn =
      std::format("arn:aws:logs:{}:{}:log-group:{}", place.region, place.account, log_group(place));
  if (!error.log_stream.empty()) arn += ":log-stream:" + error.log_stream;
  out["LogStreamArn"] = arn;
  return out;
}

void respond_error(net::Exchange& exchange, const RuntimeError& error, const Place& place,
                   std::string_view request_id) {
  wire::Headers headers;
  headers.add("x-amzn-RequestId", request_id);
  headers.add("x-amzn-ErrorType", error.type);
  if (error.retry_after) {
    Error waiting;
    waiting.retry_after = error.retry_after;
    add_error_headers(headers, waiting);
  }
  const json::value body(body_of(error, place));
  (void)respond_json(exchange, error.status, body, std::move(headers));
}

void append_exception(std::string& out, const RuntimeError& error) {
  const bool of_model = error.type == "ModelError";
  json::object body{{"Message", error.message}};
  if (of_model) {
    const bool late = error.original_status == 0;
    body["ErrorCode"] = late ? "ModelInvocationTimeExceeded" : "StreamBroken";
  }
  wire::AwsEvent event;
  event.headers = {{":message-type", "exception"},
                   {":exception-type", of_model ? "ModelStreamError" : "InternalStreamFailure"},
                   {":content-type", "application/json"}};
  event.payload = json::write(body);
  wire::write_aws_event(out, event);
}

}  // namespace weft::adapters::sagemaker::runtime
