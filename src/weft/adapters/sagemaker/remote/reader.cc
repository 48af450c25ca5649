// Reading an object piece by piece. A piece is asked for when it is read, and as much again as was
// read in a row: a range costs few requests, and what is left over of the last is little.
#include <algorithm>
#include <format>
#include <optional>

#include "weft/adapters/sagemaker/remote/heads.h"
#include "weft/adapters/sagemaker/remote/operations.h"

namespace weft::adapters::sagemaker::remote {
namespace {

class ForwardedReader final : public store::ObjectReader {
 public:
  ForwardedReader(Client& client, std::string bucket, store::ObjectInfo info)
      : client_(client), bucket_(std::move(bucket)), info_(std::move(info)) {}

  const store::ObjectInfo& info() const override { return info_; }

  Awaitable<Result<std::string>> read(std::uint64_t offset, std::size_t bytes_max) override {
    std::string out;
    if (offset >= info_.size) co_return out;
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max, info_.size - offset));
    const SteadyTime until = client_.clock().steady() + client_.waits().piece +
                             std::chrono::seconds(wanted / kBytesPerSecondMin);
    out.reserve(wanted);
    int resumed = 0;
    while (out.size() < wanted) {
      const auto got = co_await read_on(offset + out.size(), wanted - out.size(), out);
      if (got && (out.size() == wanted || client_.clock().steady() < until)) continue;
      window_.reset();
      if (got) co_return fail(unreached(client_.store(), make_error(Reason::deadline, "it drips")));
      // What was cut off goes on where it was.
      if (got.error().reason != Reason::unavailable || got.error().code == Code::aborted ||
          ++resumed > kResumesMax) {
        co_return fail(got.error());
      }
    }
    co_return out;
  }

 private:
  /// Adds at least a byte, at most `bytes_max`.
  Awaitable<Result<void>> read_on(std::uint64_t offset, std::size_t bytes_max, std::string& out) {
    if (!window_ || offset != at_) WEFT_CO_CHECK(co_await open_window(offset, bytes_max));
    if (rest_.empty()) {
      WEFT_CO_TRY(const std::string_view piece, co_await client_.next(*window_));
      if (piece.empty() || piece.size() > end_ - at_)
        co_return client_.garbled("a piece of an object has another length than it said");
      rest_ = piece;
    }
    const std::size_t size = std::min(rest_.size(), bytes_max);
    out.append(rest_.substr(0, size));
    rest_.remove_prefix(size);
    at_ += size;
    in_a_row_ += size;
    if (at_ == end_) window_.reset();
    co_return Result<void>();
  }

  Awaitable<Result<void>> open_window(std::uint64_t offset, std::uint64_t wanted) {
    if (offset != at_) in_a_row_ = 0;
    window_.reset();
    rest_ = {};
    const std::uint64_t size =
        std::min({std::max(wanted, std::min(in_a_row_, kWindowBytesMax)), info_.size - offset});
    const Version version{.etag = info_.etag, .size = info_.size};
    WEFT_CO_TRY(Opened opened,
                co_await open_piece(client_, bucket_, info_.key, version, offset, size));
    at_ = offset;
    end_ = offset + size;
    window_ = std::move(opened.response);
    co_return Result<void>();
  }

  Client& client_;
  std::string bucket_;
  store::ObjectInfo info_;
  /// What is being read: from `at_` to `end_`, the next of it in `rest_`.
  std::unique_ptr<net::ClientResponse> window_;
  std::string_view rest_;
  std::uint64_t at_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t in_a_row_ = 0;
};

/// The piece that the answer has; all of the object is one too.
std::optional<ContentRange> piece_of(const wire::ResponseHead& head) {
  if (head.status == 206) return read_content_range(head.headers.get("Content-Range"));
  if (head.status != 200 || !head.body_length) return std::nullopt;
  return ContentRange{.first = 0, .size = *head.body_length, .whole = *head.body_length};
}

/// That the answer is what was asked for, whether the store looked at If-Match and Range or not.
Result<void> check_piece(const Client& client, const wire::ResponseHead& head, std::string_view key,
                         const Version& version, std::uint64_t offset, std::uint64_t size) {
  const auto piece = piece_of(head);
  const std::string etag = bare_etag(head.headers.get("ETag"));
  if (!piece || etag.empty())
    return client.garbled("it does not say which piece of which object it answers with");
  if (!version.etag.empty() && (etag != version.etag || piece->whole != version.size))
    return fail(changed(key));
  const std::uint64_t end = size > 0 ? offset + size : piece->whole;
  if (piece->first != offset || piece->first + piece->size != end)
    return client.garbled("it answers with another piece of an object than was asked for");
  return {};
}

}  // namespace

Awaitable<Result<Opened>> open_piece(Client& client, std::string bucket, std::string key,
                                     Version version, std::uint64_t offset, std::uint64_t size) {
  Ask ask;
  ask.bucket = bucket;
  ask.key = key;
  ask.reads = true;
  ask.streamed = true;
  ask.headers.add("x-amz-checksum-mode", "ENABLED");
  if (!version.etag.empty()) ask.headers.add("If-Match", std::format("\"{}\"", version.etag));
  if (size > 0) {
    ask.headers.add("Range", std::format("bytes={}-{}", offset, offset + size - 1));
  } else if (offset > 0) {
    ask.headers.add("Range", std::format("bytes={}-", offset));
  }
  WEFT_CO_TRY(Opened out, co_await client.open(std::move(ask)));
  if (out.response) {
    WEFT_CO_CHECK(check_piece(client, out.response->head(), key, version, offset, size));
    co_return out;
  }
  const bool gone = out.head.status == 412 || out.head.status == 416 || out.head.status == 404;
  if (!version.etag.empty() && gone) co_return fail(changed(key));
  co_return out;
}

Awaitable<Result<std::unique_ptr<store::ObjectReader>>> open_reader(Client& client,
                                                                    std::string bucket,
                                                                    std::string key) {
  WEFT_CO_TRY(auto info, co_await head(client, bucket, std::move(key), /*reads=*/true));
  if (!info) co_return nullptr;
  co_return std::make_unique<ForwardedReader>(client, std::move(bucket), *std::move(info));
}

}  // namespace weft::adapters::sagemaker::remote
