#include "weft/wire/aws_chunked.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "weft/base/hex.h"

namespace weft::wire {
namespace {

/// 16 digits, `;chunk-signature=`, 64 digits, and room.
constexpr std::size_t kSizeLineMax = 256;
constexpr std::size_t kTrailerBytesMax = 4096;
constexpr std::string_view kSignatureField = "chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";

std::unexpected<Error> malformed(std::string message) {
  return fail(Reason::invalid_argument, std::format("aws-chunked: {}", message));
}

std::unexpected<Error> does_not_fit(std::string_view what) {
  return fail(Reason::permission_denied,
              std::format("The request signature we calculated does not match the signature you "
                          "provided (of {})",
                          what));
}

std::string hex_of(std::string_view bytes) {
  return weft::hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace

std::optional<AwsChunking> aws_chunking_from(std::string_view payload) {
  if (payload == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") return AwsChunking{true, false};
  if (payload == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") return AwsChunking{true, true};
  if (payload == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return AwsChunking{false, true};
  return std::nullopt;
}

AwsChunkReader::AwsChunkReader(AwsChunking chunking, std::optional<Keys> keys)
    : chunking_(chunking), keys_(std::move(keys)) {
  WEFT_ASSERT(!chunking_.chunks_signed || keys_);
  if (chunking_.chunks_signed) previous_ = keys_->seed.signature;
}

Result<std::string_view> AwsChunkReader::feed(std::string_view bytes, std::size_t& used) {
  used = 0;
  while (used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    if (state_ == State::content) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      const std::string_view piece = rest.substr(0, size);
      used += size;
      left_ -= size;
      content_bytes_ += size;
      if (digest_) digest_->add(piece);
      if (left_ == 0) state_ = State::content_end;
      return piece;
    }
    if (state_ == State::over) return malformed("there is more behind its end");
    const auto end = rest.find('\n');
    const std::size_t size = end == std::string_view::npos ? rest.size() : end + 1;
    if (line_.size() + size > kSizeLineMax + (state_ == State::trailer_line ? kTrailerBytesMax : 0))
      return malformed("a line of it is too long");
    line_ += rest.substr(0, size);
    used += size;
    if (end == std::string_view::npos) break;
    if (!line_.ends_with("\r\n")) return malformed("its lines end with CR LF");
    std::string line = std::exchange(line_, {});
    line.resize(line.size() - 2);
    WEFT_CHECK(take_line(line));
  }
  return std::string_view();
}

Result<void> AwsChunkReader::take_line(std::string_view line) {
  switch (state_) {
    case State::size_line: return take_size(line);
    case State::content_end:
      if (!line.empty()) return malformed("a chunk is longer than its size");
      return end_chunk();
    case State::trailer_line:
      if (line.empty()) return end_trailers();
      return take_trailer(line);
    case State::content:
    case State::over: break;
  }
  return malformed("it cannot be read");
}

Result<void> AwsChunkReader::take_size(std::string_view line) {
  const auto mark = std::min(line.find(';'), line.size());
  const std::string_view digits = line.substr(0, mark);
  std::uint64_t size = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || digits.empty()) {
    return malformed("a chunk begins with its size in hexadecimal digits");
  }
  if (chunking_.chunks_signed) {
    std::string_view field = line.substr(std::min(mark + 1, line.size()));
    if (!field.starts_with(kSignatureField)) return malformed("a chunk has no signature");
    claimed_ = field.substr(kSignatureField.size());
    digest_.emplace(DigestKind::sha256);
  }
  left_ = size;
  last_ = size == 0;
  if (!last_) {
    state_ = State::content;
    return {};
  }
  return end_chunk();
}

Result<void> AwsChunkReader::end_chunk() {
  if (chunking_.chunks_signed) {
    const std::string to_sign =
        std::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}", keys_->seed.amz_date,
                    keys_->seed.scope.str(), previous_, hex(sha256("")), hex_of(digest_->finish()));
    const std::string should = hex(hmac_sha256(keys_->signing_key, to_sign));
    if (!equal_in_constant_time(should, claimed_)) return does_not_fit("a chunk");
    previous_ = should;
    digest_.reset();
  }
  state_ = last_ ? State::trailer_line : State::size_line;
  return {};
}

Result<void> AwsChunkReader::take_trailer(std::string_view line) {
  trailer_bytes_ += line.size();
  if (trailer_bytes_ > kTrailerBytesMax) return malformed("its trailers are too long");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return malformed("a trailer is `name:value`");
  std::string name(line.substr(0, colon));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  if (name == kTrailerSignature) {
    trailer_signature_ = value;
    return {};
  }
  if (!chunking_.trailer) return malformed("it has a trailer that was not announced");
  trailers_.emplace_back(std::move(name), std::string(value));
  return {};
}

Result<void> AwsChunkReader::end_trailers() {
  state_ = State::over;
  if (!chunking_.chunks_signed || !chunking_.trailer) return {};
  std::string lines;
  for (const auto& [name, value] : trailers_) lines += std::format("{}:{}\n", name, value);
  const std::string to_sign =
      std::format("AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{}", keys_->seed.amz_date,
                  keys_->seed.scope.str(), previous_, hex(sha256(lines)));
  const std::string should = hex(hmac_sha256(keys_->signing_key, to_sign));
  if (!equal_in_constant_time(should, trailer_signature_)) return does_not_fit("the trailers");
  return {};
}

Result<void> AwsChunkReader::finish() const {
  if (state_ == State::over) return {};
  return malformed("it ends before its last chunk");
}

}  // namespace weft::wire
