// The body of a request to S3 on its way in: piece by piece, out of aws-chunked where it is in it,
// and compared at the end with everything that was said of it (length, signature, digests). Owned
// by the operation; its request's loop.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "weft/adapters/sagemaker/s3/call.h"
#include "weft/wire/aws_chunked.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker::s3 {

/// What x-amz-checksum-… is of: of the body, or (CompleteMultipartUpload) of the object that is put
/// together.
enum class ChecksumOf : std::uint8_t { body, object };

class Incoming {
 public:
  /// Reads what the headers say of the body. Errors: InvalidDigest, InvalidRequest,
  /// InvalidArgument, EntityTooLarge, NotImplemented.
  static Result<Incoming> open(const S3Call& call, std::uint64_t bytes_max,
                               ChecksumOf checksum = ChecksumOf::body);

  /// About kPieceBytes; empty at the end.
  Awaitable<Result<std::string>> next();
  /// Once next() gave the end: whether it is what it was said to be. Errors: BadDigest,
  /// XAmzContentSHA256Mismatch, IncompleteBody, MalformedTrailerError, SignatureDoesNotMatch.
  Result<void> finish();
  /// The checksum that was sent and is right, by its name, in base64.
  const std::map<std::string, std::string>& checksums() const { return checksums_; }

 private:
  explicit Incoming(net::Exchange& exchange, std::uint64_t bytes_max)
      : exchange_(&exchange), bytes_max_(bytes_max) {}
  Result<void> read_digests(const wire::Headers& headers);
  Result<void> read_checksum(const wire::Headers& headers);
  Result<void> read_chunking(const S3Call& call);
  Result<void> take(std::string_view bytes, std::string& out);
  void add(std::string_view content);
  Result<void> check_checksum();

  net::Exchange* exchange_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  bool ended_ = false;
  std::optional<std::uint64_t> length_;
  std::optional<wire::AwsChunkReader> chunks_;
  std::optional<wire::Digest> sha256_;
  std::string sha256_claimed_;
  std::optional<wire::Digest> md5_;
  std::string md5_claimed_;
  std::optional<wire::Digest> checksum_;
  /// Empty: it comes behind the body.
  std::string checksum_claimed_;
  std::map<std::string, std::string> checksums_;
};

/// A short body at once, checked. Errors: those above.
Awaitable<Result<std::string>> whole_body(const S3Call& call, std::uint64_t bytes_max,
                                          ChecksumOf checksum = ChecksumOf::body);

}  // namespace weft::adapters::sagemaker::s3
