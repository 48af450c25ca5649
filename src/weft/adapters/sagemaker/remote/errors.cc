#include "weft/adapters/sagemaker/remote/errors.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/sagemaker/remote/limits.h"
#include "weft/base/text.h"

namespace weft::adapters::sagemaker::remote {
namespace {

std::string name_of(const RemoteStore& store) {
  return std::format("the object store at {}://{}", store.endpoint.scheme,
                     store.endpoint.authority());
}

/// Where its settings are.
std::string settings(const RemoteStore& store, std::string_view which) {
  std::string out =
      std::format("`ml.objects{}{}`", which.empty() ? std::string_view() : ".", which);
  if (!store.origin.empty()) out += std::format(" ({})", store.origin);
  return out;
}

/// What HttpClient says, without the address that it begins with.
std::string_view cause_of(const RemoteStore& store, std::string_view message) {
  const std::string address =
      std::format("{}://{}", store.endpoint.scheme, store.endpoint.authority());
  if (!message.starts_with(address)) return message;
  message.remove_prefix(address.size());
  if (message.starts_with(':')) message.remove_prefix(1);
  if (message.starts_with(' ')) message.remove_prefix(1);
  return message;
}

void replace_all(std::string& text, std::string_view what) {
  if (what.empty()) return;
  constexpr std::string_view kInstead = "***";
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += kInstead.size())
    text.replace(at, what.size(), kInstead);
}

/// The store's words as they may be shown: one line, not long, and without the key.
std::string shown(const RemoteStore& store, std::string_view words) {
  std::string out = mended_utf8(words.substr(0, kErrorBytesMax));
  replace_all(out, store.secret);
  replace_all(out, store.access_key);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return std::string(beginning_of(out, kWordsBytesMax));
}

/// `AccessDenied: Access Denied`, or the status alone.
std::string words_of(const RemoteStore& store, const Refusal& refusal) {
  const std::string code = shown(store, refusal.fault.code);
  const std::string message = shown(store, refusal.fault.message);
  if (code.empty()) return std::format("HTTP {} without saying why", refusal.status);
  if (message.empty()) return std::format("{} (HTTP {})", code, refusal.status);
  return std::format("{}: {}", code, message);
}

enum class Kind : std::uint8_t {
  denied,
  credentials,
  clock,
  region,
  full,
  large,
  busy,
  unsupported,
  argument,
  aborted,
  taken,
  owned,
  not_empty,
  no_upload,
  no_bucket,
};
struct Row {
  std::string_view code;
  Kind kind;
};
constexpr std::array kRows{
    Row{"AccessDenied", Kind::denied},
    Row{"AllAccessDisabled", Kind::denied},
    Row{"AccountProblem", Kind::denied},
    Row{"MethodNotAllowed", Kind::denied},
    Row{"InvalidAccessKeyId", Kind::credentials},
    Row{"SignatureDoesNotMatch", Kind::credentials},
    Row{"InvalidSecurity", Kind::credentials},
    Row{"ExpiredToken", Kind::credentials},
    Row{"InvalidToken", Kind::credentials},
    Row{"RequestTimeTooSkewed", Kind::clock},
    Row{"PermanentRedirect", Kind::region},
    Row{"TemporaryRedirect", Kind::region},
    Row{"AuthorizationHeaderMalformed", Kind::region},
    Row{"IllegalLocationConstraintException", Kind::region},
    Row{"InvalidLocationConstraint", Kind::region},
    Row{"QuotaExceeded", Kind::full},
    Row{"InsufficientStorage", Kind::full},
    Row{"XMinioStorageFull", Kind::full},
    Row{"XMinioAdminBucketQuotaExceeded", Kind::full},
    Row{"EntityTooLarge", Kind::large},
    Row{"MetadataTooLarge", Kind::large},
    Row{"SlowDown", Kind::busy},
    Row{"TooManyRequests", Kind::busy},
    Row{"RequestLimitExceeded", Kind::busy},
    Row{"NotImplemented", Kind::unsupported},
    Row{"InvalidPart", Kind::argument},
    Row{"InvalidPartOrder", Kind::argument},
    Row{"EntityTooSmall", Kind::argument},
    Row{"KeyTooLongError", Kind::argument},
    Row{"InvalidArgument", Kind::argument},
    Row{"InvalidRequest", Kind::argument},
    Row{"InvalidDigest", Kind::argument},
    Row{"BadDigest", Kind::argument},
    Row{"InvalidBucketName", Kind::argument},
    Row{"MalformedXML", Kind::argument},
    Row{"OperationAborted", Kind::aborted},
    Row{"ConditionalRequestConflict", Kind::aborted},
    Row{"BucketAlreadyExists", Kind::taken},
    Row{"BucketAlreadyOwnedByYou", Kind::owned},
    Row{"BucketNotEmpty", Kind::not_empty},
    Row{"NoSuchUpload", Kind::no_upload},
    Row{"NoSuchBucket", Kind::no_bucket},
};

Error with(Code code, Reason reason, std::string message) {
  Error error = make_error(reason, std::move(message));
  error.code = code;
  return error;
}

/// With the name that S3 has for it, by which its endpoint shows the message.
Error named(Reason reason, std::string_view name, std::string message) {
  Error error = make_error(reason, std::move(message));
  error.param = name;
  return error;
}

Error of_kind(Kind kind, const RemoteStore& store, const Refusal& refusal,
              std::string_view bucket) {
  const std::string said = std::format("{} says {}", name_of(store), words_of(store, refusal));
  switch (kind) {
    case Kind::denied:
      return named(
          Reason::permission_denied, "AccessDenied",
          std::format("{}; see whether the key of {} may do this", said, settings(store, "")));
    case Kind::credentials:
      return named(Reason::permission_denied, "AccessDenied",
                   std::format("{}; see whether `access_key` and `secret_key` of {} are the "
                               "store's",
                               said, settings(store, "")));
    case Kind::clock:
      return named(Reason::permission_denied, "AccessDenied",
                   std::format("{}; see whether the clocks of this machine and of the store are "
                               "right",
                               said));
    case Kind::region: {
      const std::string region =
          shown(store, refusal.fault.region.empty() ? refusal.region : refusal.fault.region);
      return named(Reason::permission_denied, "AccessDenied",
                   std::format("{}; {} `{}`, see {}", said,
                               region.empty() ? "the region asked for is" : "its region is",
                               region.empty() ? store.region : region, settings(store, "region")));
    }
    case Kind::full: return make_error(Reason::storage_full, said);
    case Kind::large: return make_error(Reason::too_large, said);
    case Kind::busy: return named(Reason::rate_limited, "SlowDown", said);
    case Kind::unsupported: return named(Reason::unsupported, "NotImplemented", said);
    case Kind::argument: return make_error(Reason::invalid_argument, said);
    case Kind::aborted: return with(Code::aborted, Reason::unavailable, said);
    case Kind::taken:
      return with(Code::already_exists, Reason::permission_denied,
                  std::format("the name `{}` is taken: {}", bucket, said));
    case Kind::owned:
      return with(Code::already_exists, Reason::invalid_argument,
                  std::format("there is a bucket `{}` already", bucket));
    case Kind::not_empty:
      return with(Code::failed_precondition, Reason::invalid_argument,
                  std::format("the bucket `{}` holds objects", bucket));
    case Kind::no_upload: return no_upload("");
    case Kind::no_bucket: return no_bucket(bucket);
  }
  return make_error(Reason::internal, said);
}

Error of_status(const RemoteStore& store, const Refusal& refusal, std::string_view bucket) {
  const int status = refusal.status;
  if (status == 401 || status == 403) return of_kind(Kind::denied, store, refusal, bucket);
  if (status == 429) return of_kind(Kind::busy, store, refusal, bucket);
  if (status == 507) return of_kind(Kind::full, store, refusal, bucket);
  if (status >= 500) {
    return named(Reason::unavailable, "ServiceUnavailable",
                 std::format("{} says {}; try again, and look at its log", name_of(store),
                             words_of(store, refusal)));
  }
  const bool elsewhere = (status >= 300 && status < 400) || !refusal.region.empty();
  if (elsewhere) return of_kind(Kind::region, store, refusal, bucket);
  if (!refusal.fault.code.empty() || refusal.content_type.empty())
    return of_kind(Kind::argument, store, refusal, bucket);
  return garbled(
      store, std::format("HTTP {} of the type `{}`", status, shown(store, refusal.content_type)));
}

}  // namespace

Error error_of(const RemoteStore& store, const Refusal& refusal, std::string_view bucket) {
  const auto* row = std::ranges::find(kRows, refusal.fault.code, &Row::code);
  Error error = row == kRows.end() ? of_status(store, refusal, bucket)
                                   : of_kind(row->kind, store, refusal, bucket);
  error.upstream_status = refusal.status;
  return error;
}

Error unreached(const RemoteStore& store, Error cause) {
  const std::string said = shown(store, cause_of(store, cause.message));
  switch (cause.reason) {
    case Reason::unavailable:
      cause.message = std::format(
          "{} cannot be reached: {}; see whether it runs, and whether {} is its address",
          name_of(store), said, settings(store, "endpoint"));
      cause.param = "ServiceUnavailable";
      break;
    case Reason::deadline:
      cause.message = std::format("{} is too slow: {}; try again, or see what holds it up",
                                  name_of(store), said);
      cause.param = "ServiceUnavailable";
      break;
    case Reason::upstream_protocol:
    case Reason::too_large: return garbled(store, said);
    case Reason::permission_denied:
      cause.message = std::format("{} is not connected to: {}; see {}", name_of(store), said,
                                  settings(store, "endpoint"));
      cause.param = "AccessDenied";
      break;
    default: cause.message = shown(store, cause.message); break;
  }
  return cause;
}

Error garbled(const RemoteStore& store, std::string_view what) {
  return named(Reason::upstream_protocol, "InternalError",
               std::format("{} does not answer as S3 does: {}; see whether {} is an S3 endpoint",
                           name_of(store), shown(store, what), settings(store, "endpoint")));
}

Error no_bucket(std::string_view bucket) {
  return with(Code::not_found, Reason::invalid_argument,
              std::format("there is no bucket `{}`", bucket));
}

Error no_upload(std::string_view upload) {
  return make_error(Reason::task_not_found, upload.empty()
                                                ? std::string("there is no such upload")
                                                : std::format("there is no upload `{}`", upload));
}

Error changed(std::string_view key) {
  return with(
      Code::aborted, Reason::unavailable,
      std::format("the object `{}` was replaced or removed while it was read; ask again", key));
}

}  // namespace weft::adapters::sagemaker::remote
