// GetObject, HeadObject and GetObjectAttributes.
#include <algorithm>
#include <charconv>
#include <format>

#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/s3/conditions.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/meta.h"
#include "weft/adapters/sagemaker/s3/operations.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

constexpr std::string_view kNoVersion = "Invalid version id specified";

/// One part is asked for by number only of objects that were put in one.
Result<bool> whole_as_part(const Query& query, const store::ObjectInfo& info) {
  if (!query.has("partNumber")) return false;
  if (query.get("partNumber") == "1" && !info.etag.contains('-')) return true;
  return not_implemented(
      "where the parts of an object began is not kept; leave partNumber out, or ask by Range");
}

struct Chosen {
  ByteRange range;
  bool partial = false;
};

Result<Chosen> chosen(const S3Call& call, const store::ObjectInfo& info) {
  Chosen out{.range = {.first = 0, .size = info.size}, .partial = false};
  WEFT_TRY(const bool as_part, whole_as_part(call.query, info));
  out.partial = as_part && info.size > 0;
  const std::string_view only_if = call.headers().get("If-Range");
  if (!only_if.empty() && only_if != etag_text(info.etag)) return out;
  WEFT_TRY(const auto range, range_of(call.headers().get("Range"), info.size));
  if (range) out = {.range = *range, .partial = true};
  return out;
}

Result<wire::Headers> headers_of(const S3Call& call, const store::ObjectInfo& info,
                                 const Chosen& what) {
  wire::Headers out;
  describe(out, info);
  WEFT_CHECK(override_headers(out, call.query));
  // Of the whole: of a piece of it they would be wrong.
  const bool whole = what.range.size == info.size;
  if (whole && wire::same_name(call.headers().get("x-amz-checksum-mode"), "ENABLED"))
    describe_checksums(out, info.meta);
  if (what.partial) {
    out.set("Content-Range", std::format("bytes {}-{}/{}", what.range.first,
                                         what.range.first + what.range.size - 1, info.size));
  }
  return out;
}

/// Writes the bytes as fast as the client takes them.
Answered stream(S3Call& call, Reply reply, std::unique_ptr<store::ObjectReader> reader,
                ByteRange range) {
  WEFT_CO_TRY(std::string piece,
              co_await reader->read(range.first, static_cast<std::size_t>(std::min<std::uint64_t>(
                                                     range.size, kPieceBytes))));
  wire::ResponseHead head;
  head.status = reply.status;
  head.headers = std::move(reply.headers);
  head.headers.set("x-amz-request-id", call.request_id);
  head.body_length = range.size;
  reply.written = true;
  // From here on an error is an answer that ends too soon: nothing else can be said any more.
  const auto started = co_await call.exchange.start(std::move(head));
  if (!started) co_return reply;
  std::uint64_t done = 0;
  while (!piece.empty()) {
    const auto wrote = co_await call.exchange.write(piece);
    if (!wrote) co_return reply;
    done += piece.size();
    if (done >= range.size) break;
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(range.size - done, kPieceBytes));
    auto more = co_await reader->read(range.first + done, size);
    if (!more) co_return reply;
    piece = *std::move(more);
  }
  if (done == range.size) (void)co_await call.exchange.finish();
  co_return reply;
}

Awaitable<Result<std::unique_ptr<store::ObjectReader>>> opened(S3Call& call) {
  if (call.query.has("versionId") && call.query.get("versionId") != "null")
    co_return wrong("InvalidArgument", std::string(kNoVersion));
  WEFT_CO_TRY(auto reader, co_await call.objects->open(call.address.bucket, call.address.key));
  if (!reader) co_return wrong("NoSuchKey");
  co_return reader;
}

Reply not_modified(const store::ObjectInfo& info) {
  Reply out;
  out.status = 304;
  describe(out.headers, info);
  return out;
}

std::string attributes_xml(const store::ObjectInfo& info, std::string_view wanted) {
  const auto wants = [&](std::string_view word) { return wanted.contains(word); };
  std::string out(kXmlHead);
  {
    const XmlElement response(out, "GetObjectAttributesResponse", kXmlNamespace);
    if (wants("ETag")) append_xml(out, "ETag", info.etag);
    if (wants("Checksum") && !info.meta.checksums.empty()) {
      const XmlElement checksum(out, "Checksum");
      for (const auto& [kind, value] : info.meta.checksums) {
        std::string name = "Checksum";
        for (const char c : kind)
          name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        append_xml(out, name, value);
      }
      append_xml(out, "ChecksumType", "FULL_OBJECT");
    }
    const auto dash = info.etag.find('-');
    if (wants("ObjectParts") && dash != std::string::npos) {
      const XmlElement parts(out, "ObjectParts");
      append_xml(out, "PartsCount", std::string_view(info.etag).substr(dash + 1));
    }
    if (wants("StorageClass")) append_xml(out, "StorageClass", "STANDARD");
    if (wants("ObjectSize")) append_xml(out, "ObjectSize", std::format("{}", info.size));
  }
  return out;
}

}  // namespace

Answered get_object(S3Call& call) {
  WEFT_CO_TRY(auto reader, co_await opened(call));
  const store::ObjectInfo& info = reader->info();
  const Condition condition = condition_of(call.headers(), info);
  if (condition == Condition::failed) co_return wrong("PreconditionFailed");
  if (condition == Condition::not_modified) co_return not_modified(info);
  WEFT_CO_TRY(const Chosen what, chosen(call, info));
  Reply out;
  WEFT_CO_TRY(out.headers, headers_of(call, info, what));
  out.status = what.partial ? 206 : 200;
  out.length = what.range.size;
  if (call.head().method == "HEAD") co_return out;
  if (what.range.size > kSmallObjectBytes)
    co_return co_await stream(call, std::move(out), std::move(reader), what.range);
  WEFT_CO_TRY(out.body,
              co_await reader->read(what.range.first, static_cast<std::size_t>(what.range.size)));
  if (out.body.size() != what.range.size) co_return wrong("InternalError");
  co_return out;
}

Answered object_attributes(S3Call& call) {
  WEFT_CO_TRY(auto reader, co_await opened(call));
  const std::string_view wanted = call.headers().get("x-amz-object-attributes");
  if (wanted.empty())
    co_return wrong("InvalidRequest", "x-amz-object-attributes must say what is asked for");
  Reply out = xml_reply(attributes_xml(reader->info(), wanted));
  wire::Headers described;
  describe(described, reader->info());
  out.headers.set("Last-Modified", described.get("Last-Modified"));
  co_return out;
}

}  // namespace weft::adapters::sagemaker::s3
