#include "weft/adapters/sagemaker/s3/errors.h"

#include <algorithm>
#include <array>

#include "weft/adapters/sagemaker/aws/xml.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

struct Row {
  std::string_view code;
  int status;
  std::string_view text;
};

constexpr std::array kRows{
    Row{"AccessDenied", 403, "Access Denied"},
    Row{"AccessControlListNotSupported", 400, "The bucket does not allow ACLs"},
    Row{"AuthorizationHeaderMalformed", 400, "The authorization header is malformed"},
    Row{"AuthorizationQueryParametersError", 400, "The query of the presigned URL is malformed"},
    Row{"BadDigest", 400, "The Content-MD5 you specified did not match what we received."},
    Row{"BucketAlreadyExists", 409,
        "The requested bucket name is not available. The bucket namespace is shared by all users "
        "of the system. Please select a different name and try again."},
    Row{"BucketAlreadyOwnedByYou", 409,
        "Your previous request to create the named bucket succeeded and you already own it."},
    Row{"BucketNotEmpty", 409, "The bucket you tried to delete is not empty"},
    Row{"ConditionalRequestConflict", 409,
        "The conditional request cannot succeed due to a conflicting operation against this "
        "resource."},
    Row{"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"},
    Row{"EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"},
    Row{"IncompleteBody", 400,
        "You did not provide the number of bytes specified by the Content-Length HTTP header"},
    Row{"InsufficientStorage", 507, "The disk of the hub is full"},
    Row{"InternalError", 500, "We encountered an internal error. Please try again."},
    Row{"InvalidAccessKeyId", 403,
        "The AWS Access Key Id you provided does not exist in our records."},
    Row{"InvalidArgument", 400, "Invalid Argument"},
    Row{"InvalidBucketName", 400, "The specified bucket is not valid."},
    Row{"InvalidDigest", 400, "The Content-MD5 you specified was invalid."},
    Row{"InvalidPart", 400,
        "One or more of the specified parts could not be found.  The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag."},
    Row{"InvalidPartOrder", 400,
        "The list of parts was not in ascending order. Parts must be ordered by part number."},
    Row{"InvalidRange", 416, "The requested range is not satisfiable"},
    Row{"InvalidRequest", 400, "Invalid Request"},
    Row{"InvalidURI", 400, "Couldn't parse the specified URI."},
    Row{"KeyTooLongError", 400, "Your key is too long"},
    Row{"MalformedTrailerError", 400,
        "The request contained trailing data that was not well-formed or did not conform to our "
        "published schema."},
    Row{"MalformedXML", 400,
        "The XML you provided was not well-formed or did not validate against our published "
        "schema"},
    Row{"MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"},
    Row{"MethodNotAllowed", 405, "The specified method is not allowed against this resource."},
    Row{"MissingContentLength", 411, "You must provide the Content-Length HTTP header."},
    Row{"NoSuchBucket", 404, "The specified bucket does not exist"},
    Row{"NoSuchKey", 404, "The specified key does not exist."},
    Row{"NoSuchUpload", 404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
        "been aborted or completed."},
    Row{"NotImplemented", 501,
        "A header you provided implies functionality that is not implemented"},
    Row{"OperationAborted", 409,
        "A conflicting conditional operation is currently in progress against this resource. "
        "Please try again."},
    Row{"PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"},
    Row{"RequestTimeTooSkewed", 403,
        "The difference between the request time and the current time is too large."},
    Row{"RequestTimeout", 400,
        "Your socket connection to the server was not read from or written to within the timeout "
        "period."},
    Row{"ServiceUnavailable", 503, "Please reduce your request rate."},
    Row{"SignatureDoesNotMatch", 403,
        "The request signature we calculated does not match the signature you provided. Check your "
        "key and signing method."},
    Row{"SlowDown", 503, "Please reduce your request rate."},
    Row{"XAmzContentSHA256Mismatch", 400,
        "The provided 'x-amz-content-sha256' header does not match what was computed."},
};

const Row* row_of(std::string_view code) {
  const auto at = std::ranges::find(kRows, code, &Row::code);
  return at == kRows.end() ? nullptr : &*at;
}

/// The name of what the store said.
std::string_view name_of(const Error& error) {
  if (error.reason == Reason::task_not_found) return "NoSuchUpload";
  if (error.param == "/bucket") return "InvalidBucketName";
  switch (error.code) {
    case Code::not_found: return "NoSuchBucket";
    case Code::already_exists:
      return error.reason == Reason::permission_denied ? "BucketAlreadyExists"
                                                       : "BucketAlreadyOwnedByYou";
    case Code::failed_precondition: return "BucketNotEmpty";
    case Code::aborted: return "OperationAborted";
    default: break;
  }
  switch (error.reason) {
    case Reason::permission_denied: return "AccessDenied";
    case Reason::storage_full: return "InsufficientStorage";
    case Reason::too_large: return "EntityTooLarge";
    case Reason::rate_limited: return "SlowDown";
    case Reason::unavailable: return "ServiceUnavailable";
    case Reason::deadline: return "RequestTimeout";
    case Reason::invalid_argument: return "InvalidArgument";
    default: return "InternalError";
  }
}

}  // namespace

std::unexpected<Error> wrong(std::string_view code, std::string message) {
  const Row* row = row_of(code);
  WEFT_ASSERT(row != nullptr);
  return fail(make_argument_error(std::string(code),
                                  message.empty() ? std::string(row->text) : std::move(message)));
}

std::unexpected<Error> not_implemented(std::string message) {
  return wrong("NotImplemented", std::move(message));
}

Told told(const Error& error) {
  if (const Row* row = row_of(error.param)) {
    return {.status = row->status, .code = std::string(row->code), .message = error.message};
  }
  const Row* row = row_of(name_of(error));
  const bool own_words = row->code == "InvalidArgument" || row->code == "InsufficientStorage";
  return {.status = row->status,
          .code = std::string(row->code),
          .message = own_words ? error.message : std::string(row->text)};
}

std::string error_xml(const Told& told, std::string_view resource, std::string_view request_id,
                      std::string_view more) {
  std::string out(kXmlHead);
  {
    const XmlElement error(out, "Error");
    append_xml(out, "Code", told.code);
    append_xml(out, "Message", told.message);
    out += more;
    append_xml(out, "Resource", resource);
    append_xml(out, "RequestId", request_id);
  }
  return out;
}

}  // namespace weft::adapters::sagemaker::s3
