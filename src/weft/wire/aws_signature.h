// AWS Signature Version 4: who signed a request, whether the signature fits, and signing ("Create a
// signed AWS API request" of the IAM User Guide; presigned URLs: "Authenticating Requests: Using
// Query Parameters" of the S3 API Reference). Owned by wire; pure: the time and the secrets are
// passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/wire/digest.h"
#include "weft/wire/headers.h"

namespace weft::wire {

/// What a signature is good for: `AKID/20261126/us-east-1/sagemaker/aws4_request`.
struct AwsScope {
  std::string access_key;
  std::string date;  ///< YYYYMMDD
  std::string region;
  std::string service;
  /// `20261126/us-east-1/sagemaker/aws4_request`
  std::string str() const;
  friend bool operator==(const AwsScope&, const AwsScope&) = default;
};

/// What a request says of its signature; nothing of it is checked yet.
struct AwsSignature {
  AwsScope scope;
  std::vector<std::string> signed_headers;  ///< lower case, ascending
  std::string signature;                    ///< 64 hexadecimal digits
  std::string amz_date;                     ///< YYYYMMDDTHHMMSSZ
  std::int64_t signed_at_s = 0;             ///< the same in seconds since the epoch
  /// For how long a presigned URL is good; nothing: it was signed by header.
  std::optional<std::int64_t> expires_s;
  /// `x-amz-content-sha256`: the body's digest, `UNSIGNED-PAYLOAD` or a form of `STREAMING-…`;
  /// empty: none was named.
  std::string payload;
  std::string session_token;
  bool presigned() const { return expires_s.has_value(); }
};

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

struct AwsRequest {
  std::string_view method;
  std::string_view target;  ///< path and query as sent
  const Headers& headers;
};

/// Nothing when the request is not signed this way. Errors: Reason::unauthenticated, with what is
/// wrong (a part is missing, Host or an `x-amz-…` header is not signed, a date that is none).
Result<std::optional<AwsSignature>> read_aws_signature(const AwsRequest& request);

/// The scope alone, as cheap as can be: which service is meant. Nothing when it is not signed.
std::optional<AwsScope> aws_scope_of(const AwsRequest& request);

/// What a secret signs with on one day, in one region, for one service; costs four HMACs, so keep
/// it.
Sha256 aws_signing_key(std::string_view secret, const AwsScope& scope);

/// The signature that the request should have. `payload_digest` is the body's SHA-256 in
/// hexadecimal, or the word that stands for it.
std::string aws_signature_of(const Sha256& signing_key, const AwsSignature& claimed,
                             const AwsRequest& request, std::string_view payload_digest);
/// The canonical request (tests, and the hint of a signature that does not fit).
std::string aws_canonical_request(const AwsSignature& claimed, const AwsRequest& request,
                                  std::string_view payload_digest);

/// Signs: adds `x-amz-date`, `x-amz-content-sha256` (for S3) and `Authorization` to the headers,
/// which must hold Host already; all of them are signed.
struct AwsCredentials {
  std::string access_key;
  std::string secret;
  std::string session_token;
};
void sign_aws(std::string_view method, std::string_view target, Headers& headers,
              std::string_view payload_digest, const AwsCredentials& credentials,
              std::string_view region, std::string_view service, std::int64_t now_s);

/// `20261126T090000Z`, and back; nothing when it is none.
std::string to_amz_date(std::int64_t unix_s);
std::optional<std::int64_t> from_amz_date(std::string_view text);

}  // namespace weft::wire
