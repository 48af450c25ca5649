#include "weft/adapters/sagemaker/s3/incoming.h"

#include <array>
#include <charconv>
#include <format>

#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/base/hex.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

constexpr std::array<std::string_view, 5> kChecksums{"crc32", "crc32c", "crc64nvme", "sha1",
                                                     "sha256"};
constexpr std::string_view kChecksumPrefix = "x-amz-checksum-";

std::string hex_of(std::string_view bytes) {
  return weft::hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// As S3 calls it in its texts.
std::string capital(wire::DigestKind kind) {
  std::string out(wire::to_string(kind));
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

Error of_chunks(const Error& error) {
  return error.reason == Reason::permission_denied ? wrong("SignatureDoesNotMatch").error()
                                                   : wrong("IncompleteBody", error.message).error();
}

}  // namespace

Result<Incoming> Incoming::open(const S3Call& call, std::uint64_t bytes_max, ChecksumOf checksum) {
  Incoming out(call.exchange, bytes_max);
  WEFT_CHECK(out.read_chunking(call));
  WEFT_CHECK(out.read_digests(call.headers()));
  if (checksum == ChecksumOf::body) WEFT_CHECK(out.read_checksum(call.headers()));
  const std::uint64_t length = out.length_.value_or(call.head().body_length.value_or(0));
  if (length > bytes_max) return wrong("EntityTooLarge");
  return out;
}

Result<void> Incoming::read_chunking(const S3Call& call) {
  // What was signed says it, be it in a header or in the query.
  const std::string_view payload = call.entrance.signature
                                       ? std::string_view(call.entrance.signature->payload)
                                       : call.headers().get("x-amz-content-sha256");
  if (const auto chunking = wire::aws_chunking_from(payload)) {
    const bool checked = chunking->chunks_signed && call.entrance.signature;
    std::optional<wire::AwsChunkReader::Keys> keys;
    if (checked) {
      keys = {.signing_key = call.entrance.signing_key, .seed = *call.entrance.signature};
    }
    // Where nobody needs a key there is none to check the chunks with.
    chunks_.emplace(wire::AwsChunking{.chunks_signed = checked, .trailer = chunking->trailer},
                    std::move(keys));
    const std::string_view text = call.headers().get("x-amz-decoded-content-length");
    std::uint64_t length = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
      return wrong("MissingContentLength", "x-amz-decoded-content-length must say the length");
    length_ = length;
    return {};
  }
  if (payload.starts_with("STREAMING-")) {
    return not_implemented(
        std::format("x-amz-content-sha256 `{}` is not taken", payload.substr(0, 64)));
  }
  if (is_sha256(payload)) {
    sha256_claimed_ = payload;
    sha256_.emplace(wire::DigestKind::sha256);
  } else if (!payload.empty() && payload != wire::kUnsignedPayload) {
    return wrong("InvalidArgument",
                 "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a form of STREAMING-… or a valid "
                 "sha256 value.");
  }
  return {};
}

Result<void> Incoming::read_digests(const wire::Headers& headers) {
  if (!headers.has("Content-MD5")) return {};
  auto bytes = wire::base64_decode(headers.get("Content-MD5"));
  if (!bytes || bytes->size() != wire::digest_bytes(wire::DigestKind::md5))
    return wrong("InvalidDigest");
  md5_claimed_ = *std::move(bytes);
  md5_.emplace(wire::DigestKind::md5);
  return {};
}

Result<void> Incoming::read_checksum(const wire::Headers& headers) {
  const auto begin = [&](std::string_view name, std::string_view value) -> Result<void> {
    const auto kind = wire::checksum_kind_from(name);
    if (!kind) {
      return wrong("InvalidRequest",
                   std::format("The checksum `{}` is none that S3 has", name.substr(0, 32)));
    }
    if (checksum_) {
      return wrong("InvalidRequest",
                   "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                   "allowed.");
    }
    checksum_.emplace(*kind);
    checksum_claimed_ = value;
    if (value.empty()) return {};
    const auto bytes = wire::base64_decode(value);
    if (bytes && bytes->size() == wire::digest_bytes(*kind)) return {};
    return wrong("InvalidRequest", std::format("Value for {}{} header is invalid.", kChecksumPrefix,
                                               wire::to_string(*kind)));
  };
  for (const std::string_view name : kChecksums) {
    const std::string header = std::string(kChecksumPrefix) + std::string(name);
    if (headers.has(header)) WEFT_CHECK(begin(name, headers.get(header)));
  }
  const std::string_view trailer = headers.get("x-amz-trailer");
  if (trailer.empty()) return {};
  if (!chunks_ || !trailer.starts_with(kChecksumPrefix))
    return wrong("InvalidRequest",
                 "The value specified in the x-amz-trailer header is not supported");
  return begin(trailer.substr(kChecksumPrefix.size()), "");
}

void Incoming::add(std::string_view content) {
  bytes_ += content.size();
  if (sha256_) sha256_->add(content);
  if (md5_) md5_->add(content);
  if (checksum_) checksum_->add(content);
}

Result<void> Incoming::take(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    std::string_view content = bytes;
    std::size_t used = bytes.size();
    if (chunks_) {
      auto fed = chunks_->feed(bytes, used);
      if (!fed) return fail(of_chunks(fed.error()));
      content = *fed;
    }
    add(content);
    out += content;
    bytes.remove_prefix(used);
    if (bytes_ > bytes_max_) return wrong("EntityTooLarge");
  }
  return {};
}

Awaitable<Result<std::string>> Incoming::next() {
  std::string out;
  while (!ended_ && out.size() < kPieceBytes) {
    WEFT_CO_TRY(const std::string_view bytes, co_await exchange_->read_some());
    if (bytes.empty()) {
      ended_ = true;
      break;
    }
    WEFT_CO_CHECK(take(bytes, out));
  }
  co_return out;
}

Result<void> Incoming::finish() {
  WEFT_ASSERT(ended_);
  if (chunks_) {
    if (auto whole = chunks_->finish(); !whole) return fail(of_chunks(whole.error()));
  }
  if (length_ && *length_ != bytes_) return wrong("IncompleteBody");
  if (sha256_ && !wire::equal_in_constant_time(hex_of(sha256_->finish()), sha256_claimed_))
    return wrong("XAmzContentSHA256Mismatch");
  if (md5_ && md5_->finish() != md5_claimed_) return wrong("BadDigest");
  return check_checksum();
}

Result<void> Incoming::check_checksum() {
  if (!checksum_) return {};
  const wire::DigestKind kind = checksum_->kind();
  if (checksum_claimed_.empty()) {
    const std::string wanted = std::string(kChecksumPrefix) + std::string(wire::to_string(kind));
    for (const auto& [name, value] : chunks_->trailers())
      if (name == wanted) checksum_claimed_ = value;
    if (checksum_claimed_.empty()) return wrong("MalformedTrailerError");
  }
  const std::string digest = checksum_->finish();
  const auto claimed = wire::base64_decode(checksum_claimed_);
  if (!claimed || *claimed != digest) {
    return wrong(
        "BadDigest",
        std::format("The {} you specified did not match the calculated checksum.", capital(kind)));
  }
  checksums_[std::string(wire::to_string(kind))] = wire::base64_encode(digest);
  return {};
}

Awaitable<Result<std::string>> whole_body(const S3Call& call, std::uint64_t bytes_max,
                                          ChecksumOf checksum) {
  WEFT_CO_TRY(Incoming incoming, Incoming::open(call, bytes_max, checksum));
  std::string out;
  while (true) {
    WEFT_CO_TRY(const std::string piece, co_await incoming.next());
    if (piece.empty()) break;
    out += piece;
  }
  WEFT_CO_CHECK(incoming.finish());
  co_return out;
}

}  // namespace weft::adapters::sagemaker::s3
