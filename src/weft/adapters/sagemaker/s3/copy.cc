// CopyObject and UploadPartCopy: from the store to the store.
#include <algorithm>
#include <format>

#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/s3/conditions.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/meta.h"
#include "weft/adapters/sagemaker/s3/operations.h"
#include "weft/base/clock.h"
#include "weft/base/url.h"
#include "weft/wire/base64.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

/// `/bucket/key?versionId=…`, percent-encoded.
Result<Address> source_of(std::string_view header) {
  const auto mark = std::min(header.find("?versionId="), header.size());
  const std::string_view version = header.substr(mark);
  if (!version.empty() && version != "?versionId=null")
    return wrong("InvalidArgument", "Invalid version id specified");
  auto text = percent_decode(header.substr(0, mark));
  if (!text || !wire::is_utf8(*text))
    return wrong("InvalidArgument",
                 "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  std::string_view rest = *text;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == rest.size()) {
    return wrong("InvalidArgument",
                 "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  }
  return Address{.bucket = std::string(rest.substr(0, slash)),
                 .key = std::string(rest.substr(slash + 1))};
}

Awaitable<Result<std::unique_ptr<store::ObjectReader>>> open_source(S3Call& call) {
  const wire::Headers& headers = call.headers();
  WEFT_CO_TRY(const Address from, source_of(headers.get("x-amz-copy-source")));
  const std::string_view owner = headers.get("x-amz-source-expected-bucket-owner");
  if (!owner.empty() && owner != call.entrance.account()) co_return wrong("AccessDenied");
  WEFT_CO_TRY(auto reader, co_await call.objects->open(from.bucket, from.key));
  if (!reader) co_return wrong("NoSuchKey");
  if (condition_of(headers, reader->info(), "x-amz-copy-source-") != Condition::holds)
    co_return wrong("PreconditionFailed");
  co_return reader;
}

/// Copies a range; `digest` sees it too, where there is one.
Awaitable<Result<void>> pour(S3Call& call, store::ObjectReader& from, ByteRange range,
                             store::ObjectWriter& to, std::optional<wire::Digest>& digest) {
  if (range.size > kPutBytesMax) {
    co_return wrong("InvalidRequest",
                    std::format("The specified copy source is larger than the maximum allowable "
                                "size for a copy source: {}",
                                kPutBytesMax));
  }
  std::uint64_t done = 0;
  while (done < range.size) {
    if (call.exchange.gone().cancelled()) co_return fail(call.exchange.gone().why());
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(range.size - done, kPieceBytes));
    WEFT_CO_TRY(std::string piece, co_await from.read(range.first + done, size));
    if (piece.empty()) co_return wrong("InternalError");
    done += piece.size();
    if (digest) digest->add(piece);
    WEFT_CO_CHECK(co_await to.write(std::move(piece)));
  }
  co_return Result<void>();
}

/// What is said of the copy: the source's own words, or those of the request.
Result<store::ObjectMeta> meta_of_copy(const S3Call& call, const store::ObjectInfo& from) {
  WEFT_CHECK(check_supported(call.headers()));
  const std::string_view directive = call.headers().get("x-amz-metadata-directive");
  if (directive == "REPLACE") {
    WEFT_TRY(store::ObjectMeta out, meta_from(call.headers()));
    // The bytes are the same.
    out.checksums = from.meta.checksums;
    return out;
  }
  if (!directive.empty() && directive != "COPY")
    return wrong("InvalidArgument", "Unknown metadata directive.");
  const std::string_view source = call.headers().get("x-amz-copy-source");
  WEFT_TRY(const Address place, source_of(source));
  if (place.bucket == call.address.bucket && place.key == call.address.key) {
    return wrong("InvalidRequest",
                 "This copy request is illegal because it is trying to copy an object to itself "
                 "without changing the object's metadata, storage class, website redirect location "
                 "or encryption attributes.");
  }
  return from.meta;
}

std::string result_xml(std::string_view name, const store::ObjectInfo& info) {
  std::string out(kXmlHead);
  {
    const XmlElement result(out, name, kXmlNamespace);
    append_xml(out, "LastModified", to_rfc3339(info.modified_ms));
    append_xml(out, "ETag", etag_text(info.etag));
    for (const auto& [kind, value] : info.meta.checksums) {
      std::string element = "Checksum";
      for (const char c : kind)
        element += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      append_xml(out, element, value);
    }
  }
  return out;
}

}  // namespace

Answered copy_object(S3Call& call) {
  WEFT_CO_TRY(auto from, co_await open_source(call));
  WEFT_CO_TRY(store::ObjectMeta meta, meta_of_copy(call, from->info()));
  std::optional<wire::Digest> digest;
  if (const std::string_view word = call.headers().get("x-amz-checksum-algorithm"); !word.empty()) {
    const auto kind = wire::checksum_kind_from(word);
    if (!kind) co_return wrong("InvalidRequest", "Checksum algorithm provided is unsupported.");
    digest.emplace(*kind);
  }
  WEFT_CO_TRY(auto writer, co_await call.objects->put(call.address.bucket, call.address.key));
  const ByteRange all{.first = 0, .size = from->info().size};
  WEFT_CO_CHECK(co_await pour(call, *from, all, *writer, digest));
  if (digest) {
    const std::string kind(wire::to_string(digest->kind()));
    meta.checksums = {{kind, wire::base64_encode(digest->finish())}};
  }
  WEFT_CO_TRY(const auto claim, co_await claim_place(call));
  WEFT_CO_TRY(const store::ObjectInfo info, co_await writer->commit(std::move(meta)));
  co_return xml_reply(result_xml("CopyObjectResult", info));
}

Answered copy_part(S3Call& call) {
  WEFT_CO_TRY(const PartName part, part_named(call.query));
  WEFT_CO_TRY(auto from, co_await open_source(call));
  ByteRange range{.first = 0, .size = from->info().size};
  if (const std::string_view wanted = call.headers().get("x-amz-copy-source-range");
      !wanted.empty()) {
    WEFT_CO_TRY(range, copied_range(wanted, from->info().size));
  }
  WEFT_CO_TRY(auto writer, co_await call.objects->put_part(call.address.bucket, call.address.key,
                                                           part.upload, part.number));
  std::optional<wire::Digest> none;
  WEFT_CO_CHECK(co_await pour(call, *from, range, *writer, none));
  WEFT_CO_TRY(const store::ObjectInfo info, co_await writer->commit({}));
  co_return xml_reply(result_xml("CopyPartResult", info));
}

}  // namespace weft::adapters::sagemaker::s3
