// The errors of SageMaker's runtime as its clients parse them: restJson (x-amzn-ErrorType and
// JSON), and exceptions within an event stream. Owned by adapters/sagemaker/runtime; pure but for
// writing the answer.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/ml/api.h"
#include "weft/net/http_server.h"

namespace weft::adapters::sagemaker::runtime {

/// Which endpoint was meant, and as whose.
struct Place {
  std::string endpoint;
  std::string region;
  std::string account;
};

struct RuntimeError {
  int status = 400;
  std::string_view type = "ValidationError";
  std::string message;
  /// ModelError alone.
  int original_status = 0;
  std::string original_message;
  /// Whether the model has a log here that the error can name, and the worker's part of it.
  bool has_log = false;
  std::string log_stream;
  std::optional<Milliseconds> retry_after;
};

/// `Endpoint NAME of account ACCOUNT not found.`
RuntimeError endpoint_not_found(const Place& place);
/// What a model said of a request: status 400 and up, or none that HTTP has for an answer.
RuntimeError error_of_model(const ml::InvocationReply& reply, const Place& place);
/// The error of a reason (README, table). `deployed`: weft itself runs the model.
RuntimeError error_of(const Error& error, const Place& place, bool deployed);
/// Why a request could not be read to its end. One that came too slowly is a RequestTimeout.
RuntimeError error_of_request(const Error& error, const Place& place);
/// `1 validation error detected: Value '…' at 'endpointName' failed to satisfy constraint: …`
RuntimeError invalid_member(std::string_view member, std::string_view value,
                            std::string_view constraint);

/// The body of its shape.
json::object body_of(const RuntimeError& error, const Place& place);
void respond_error(net::Exchange& exchange, const RuntimeError& error, const Place& place,
                   std::string_view request_id);
/// The last frame of a stream that broke: ModelStreamError or InternalStreamFailure.
void append_exception(std::string& out, const RuntimeError& error);

}  // namespace weft::adapters::sagemaker::runtime
