// URLs that are signed with S3's older scheme, `?AWSAccessKeyId=…&Signature=…&Expires=…`: what
// boto3 presigns unless it is told otherwise ("Signing and authenticating REST requests (AWS
// signature version 2)" of the S3 User Guide). In headers the older scheme is refused. Owned by
// adapters/sagemaker; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weft/adapters/sagemaker/s3/address.h"
#include "weft/wire/http.h"

namespace weft::adapters::sagemaker::s3 {

struct QuerySignature {
  std::string access_key;
  std::string signature;  ///< base64 of 20 bytes
  std::int64_t expires_s = 0;
};
/// Nothing when the query has none, or a part of it is missing.
std::optional<QuerySignature> query_signature_of(const Query& query);

/// What the request should have as its signature.
std::string signature_v2(std::string_view secret, const wire::RequestHead& head,
                         const Address& address);

}  // namespace weft::adapters::sagemaker::s3
