#include <format>

#include "weft/adapters/sagemaker/aws/service.h"

namespace weft::adapters::sagemaker {
namespace {

struct Row {
  int status;
  std::string_view code;
};

/// What the code says where it is finer than the reason.
const Row* row_of(Code code) {
  static constexpr Row kExists{400, "ResourceInUse"};
  static constexpr Row kMissing{400, "ResourceNotFound"};
  static constexpr Row kConflict{400, "ConflictException"};
  switch (code) {
    case Code::already_exists: return &kExists;
    case Code::not_found: return &kMissing;
    case Code::aborted: return &kConflict;
    default: return nullptr;
  }
}

Row row_of(const Error& error) {
  if (const Row* row = row_of(error.code)) return *row;
  switch (error.reason) {
    case Reason::permission_denied:
    case Reason::refused: return {400, "AccessDeniedException"};
    case Reason::unauthenticated: return {400, "UnrecognizedClientException"};
    case Reason::too_large: return {413, "RequestEntityTooLargeException"};
    case Reason::rate_limited:
      // What has room again soon is to be tried again; a limit that is reached is not.
      return error.retry_after ? Row{400, "ThrottlingException"}
                               : Row{400, "ResourceLimitExceeded"};
    case Reason::storage_full: return {400, "ResourceLimitExceeded"};
    case Reason::unavailable: return {503, "ServiceUnavailable"};
    case Reason::deadline: return {504, "RequestTimeout"};
    case Reason::none:
    case Reason::cancelled:
    case Reason::solution_failed:
    case Reason::upstream_protocol:
    case Reason::internal: return {500, "InternalFailure"};
    default: return {400, "ValidationException"};
  }
}

}  // namespace

AwsError to_aws(const Error& error) {
  const Row row = row_of(error);
  return AwsError{
      .status = row.status, .code = std::string(row.code), .message = error.message, .more = {}};
}

}  // namespace weft::adapters::sagemaker
