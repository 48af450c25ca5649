// `Content-Encoding: aws-chunked`: a body in chunks that are signed one by one, or that end with a
// checksum as a trailer ("Signature calculations for the authorization header: transferring a
// payload in multiple chunks" and "… including trailing headers" of the S3 API Reference). Owned by
// wire; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/result.h"
#include "weft/wire/aws_signature.h"

namespace weft::wire {

/// How such a body is protected; from `x-amz-content-sha256`.
struct AwsChunking {
  bool chunks_signed = false;
  bool trailer = false;
};

/// Nothing when the word names no such body (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`,
/// `…-PAYLOAD-TRAILER`, `STREAMING-UNSIGNED-PAYLOAD-TRAILER` do).
std::optional<AwsChunking> aws_chunking_from(std::string_view payload);

/// Reads such a body from bytes that come in any pieces.
class AwsChunkReader {
 public:
  struct Keys {
    Sha256 signing_key{};
    AwsSignature seed;  ///< of the request: the first chunk's signature is chained to it
  };
  /// `keys` must be there when the chunks are signed.
  AwsChunkReader(AwsChunking chunking, std::optional<Keys> keys);

  /// Reads on in `bytes` until a piece of the content, which is valid as long as they are; empty:
  /// all of them were used. `used` tells how many were. What was read counts only once finish() was
  /// fine: a chunk's signature comes before its bytes but can be checked only behind them. Errors:
  /// Reason::invalid_argument (the form), Reason::permission_denied (a signature that does not
  /// fit).
  Result<std::string_view> feed(std::string_view bytes, std::size_t& used);
  /// The body is over: errors when it was cut off.
  Result<void> finish() const;
  /// What came behind the last chunk, names in lower case.
  const std::vector<std::pair<std::string, std::string>>& trailers() const { return trailers_; }
  std::uint64_t content_bytes() const { return content_bytes_; }

 private:
  enum class State : std::uint8_t { size_line, content, content_end, trailer_line, over };
  Result<void> take_line(std::string_view line);
  Result<void> take_size(std::string_view line);
  Result<void> take_trailer(std::string_view line);
  Result<void> end_chunk();
  Result<void> end_trailers();

  AwsChunking chunking_;
  std::optional<Keys> keys_;
  State state_ = State::size_line;
  std::string line_;
  std::uint64_t left_ = 0;
  bool last_ = false;
  std::uint64_t content_bytes_ = 0;
  std::string previous_;
  std::string claimed_;
  std::optional<Digest> digest_;
  std::vector<std::pair<std::string, std::string>> trailers_;
  std::size_t trailer_bytes_ = 0;
  std::string trailer_signature_;
};

}  // namespace weft::wire
