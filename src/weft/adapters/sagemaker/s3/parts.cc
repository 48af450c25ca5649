// Uploads in parts.
#include <algorithm>
#include <charconv>
#include <format>

#include "weft/adapters/common/own_url.h"
#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/s3/bodies.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/incoming.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/meta.h"
#include "weft/adapters/sagemaker/s3/operations.h"
#include "weft/adapters/sagemaker/s3/receive.h"
#include "weft/base/clock.h"
#include "weft/base/hex.h"
#include "weft/base/url.h"
#include "weft/wire/base64.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

using Parts = std::vector<std::pair<int, std::string>>;

/// Whether the parts named are there, in order and large enough.
Result<void> check_parts(const Parts& wanted, const std::vector<store::PartInfo>& there) {
  const auto falls = [](const auto& a, const auto& b) { return a.first >= b.first; };
  if (std::ranges::adjacent_find(wanted, falls) != wanted.end()) return wrong("InvalidPartOrder");
  for (const auto& [number, etag] : wanted) {
    const auto at = std::ranges::find(there, number, &store::PartInfo::number);
    if (at == there.end() || at->etag != etag) return wrong("InvalidPart");
    if (number != wanted.back().first && at->size < kPartBytesMin) return wrong("EntityTooSmall");
  }
  return {};
}

/// The checksum of the whole object that the caller knows. One of kind COMPOSITE, `…-N`, is one of
/// the parts' checksums: their ETags say as much. Errors: InvalidRequest.
Result<std::optional<store::ObjectDigest>> whole_checksum(const wire::Headers& headers) {
  if (wire::same_name(headers.get("x-amz-checksum-type"), "COMPOSITE")) return std::nullopt;
  for (const wire::DigestKind kind :
       {wire::DigestKind::crc32, wire::DigestKind::crc32c, wire::DigestKind::crc64nvme}) {
    const std::string name = std::format("x-amz-checksum-{}", wire::to_string(kind));
    if (!headers.has(name) || headers.get(name).contains('-')) continue;
    auto bytes = wire::base64_decode(headers.get(name));
    if (bytes && bytes->size() == wire::digest_bytes(kind))
      return store::ObjectDigest{.kind = kind, .bytes = *std::move(bytes)};
    return wrong("InvalidRequest", std::format("Value for {} header is invalid.", name));
  }
  return std::nullopt;
}

/// Why the store put nothing together, in S3's words.
std::unexpected<Error> not_completed(Error error,
                                     const std::optional<store::ObjectDigest>& checksum) {
  if (checksum && error.param == "/digest") {
    return wrong("BadDigest", std::format("The {} you specified did not match the calculated "
                                          "checksum.",
                                          wire::to_string(checksum->kind)));
  }
  if (checksum && error.reason == Reason::unsupported) return not_implemented(error.message);
  if (error.reason == Reason::invalid_argument && error.code == Code::invalid_argument)
    return wrong("InvalidPart");
  return fail(std::move(error));
}

/// The ETag that an object of these parts has: the MD5 of their MD5s.
std::string etag_of(const Parts& parts) {
  wire::Digest digest(wire::DigestKind::md5);
  for (const auto& [number, etag] : parts) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < etag.size(); i += 2) {
      const std::string_view digits = std::string_view(etag).substr(i, 2);
      int byte = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
      bytes += static_cast<char>(byte);
    }
    digest.add(bytes);
  }
  const std::string out = digest.finish();
  return std::format("{}-{}",
                     weft::hex({reinterpret_cast<const std::uint8_t*>(out.data()), out.size()}),
                     parts.size());
}

/// What an upload became, for a caller that asks again since it did not hear the answer: the object
/// that is there, when it is one of these very parts. Nothing when it is not.
Awaitable<Result<std::optional<store::ObjectInfo>>> completed_before(S3Call& call, Parts parts) {
  WEFT_CO_TRY(auto there, co_await call.objects->head(call.address.bucket, call.address.key));
  if (!there || there->etag != etag_of(parts)) co_return std::nullopt;
  co_return there;
}

std::string parts_xml(const S3Call& call, const std::vector<store::PartInfo>& parts,
                      std::size_t after, std::size_t max) {
  std::string entries;
  std::size_t count = 0;
  int last = 0;
  bool more = false;
  for (const store::PartInfo& part : parts) {
    if (part.number <= static_cast<int>(after)) continue;
    if (count == max) {
      more = true;
      break;
    }
    ++count;
    last = part.number;
    const XmlElement element(entries, "Part");
    append_xml(entries, "PartNumber", std::format("{}", part.number));
    append_xml(entries, "LastModified", to_rfc3339(part.modified_ms));
    append_xml(entries, "ETag", etag_text(part.etag));
    append_xml(entries, "Size", std::format("{}", part.size));
  }
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "ListPartsResult", kXmlNamespace);
    append_xml(out, "Bucket", call.address.bucket);
    append_xml(out, "Key", call.address.key);
    append_xml(out, "UploadId", call.query.get("uploadId"));
    for (const char* who : {"Initiator", "Owner"}) {
      const XmlElement owner(out, who);
      append_xml(out, "ID", canonical_user_of(call.entrance.principal.name));
      append_xml(out, "DisplayName", call.entrance.principal.name);
    }
    append_xml(out, "StorageClass", "STANDARD");
    append_xml(out, "PartNumberMarker", std::format("{}", after));
    if (more) append_xml(out, "NextPartNumberMarker", std::format("{}", last));
    append_xml(out, "MaxParts", std::format("{}", max));
    append_xml(out, "IsTruncated", more ? "true" : "false");
    out += entries;
  }
  return out;
}

std::string completed_xml(const S3Call& call, const store::ObjectInfo& info,
                          const std::optional<store::ObjectDigest>& checksum) {
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "CompleteMultipartUploadResult", kXmlNamespace);
    append_xml(out, "Location",
               std::format("{}/{}/{}", own_url(call.environment, call.exchange),
                           call.address.bucket, percent_encode(call.address.key)));
    append_xml(out, "Bucket", call.address.bucket);
    append_xml(out, "Key", call.address.key);
    append_xml(out, "ETag", etag_text(info.etag));
    if (checksum) {
      std::string name = "Checksum";
      for (const char c : wire::to_string(checksum->kind))
        name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      append_xml(out, name, wire::base64_encode(checksum->bytes));
      append_xml(out, "ChecksumType", "FULL_OBJECT");
    }
  }
  return out;
}

}  // namespace

Result<PartName> part_named(const Query& query) {
  PartName out{.upload = std::string(query.get("uploadId")), .number = 0};
  const std::string_view text = query.get("partNumber");
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out.number);
  const bool fits = read.ec == std::errc() && read.ptr == text.data() + text.size() &&
                    out.number >= 1 && out.number <= kPartNumberMax;
  if (fits) return out;
  return wrong("InvalidArgument", std::format("Part number must be an integer between 1 and {}, "
                                              "inclusive",
                                              kPartNumberMax));
}

Answered begin_upload(S3Call& call) {
  WEFT_CO_TRY(store::ObjectMeta meta, meta_from(call.headers()));
  WEFT_CO_TRY(const std::string id, co_await call.objects->begin_upload(
                                        call.address.bucket, call.address.key, std::move(meta)));
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "InitiateMultipartUploadResult", kXmlNamespace);
    append_xml(out, "Bucket", call.address.bucket);
    append_xml(out, "Key", call.address.key);
    append_xml(out, "UploadId", id);
  }
  Reply reply = xml_reply(std::move(out));
  for (const char* name : {"x-amz-checksum-algorithm", "x-amz-checksum-type"})
    if (call.headers().has(name)) reply.headers.add(name, call.headers().get(name));
  co_return reply;
}

Answered put_part(S3Call& call) {
  if (call.headers().has("x-amz-copy-source")) co_return co_await copy_part(call);
  WEFT_CO_TRY(const PartName part, part_named(call.query));
  WEFT_CO_CHECK(check_supported(call.headers()));
  WEFT_CO_TRY(auto writer, co_await call.objects->put_part(call.address.bucket, call.address.key,
                                                           part.upload, part.number));
  WEFT_CO_TRY(const Received received, co_await receive(call, *writer));
  WEFT_CO_TRY(const store::ObjectInfo info, co_await writer->commit({}));
  Reply out;
  out.headers.add("ETag", etag_text(info.etag));
  for (const auto& [kind, value] : received.checksums)
    out.headers.add(std::format("x-amz-checksum-{}", kind), value);
  co_return out;
}

Answered complete_upload(S3Call& call) {
  WEFT_CO_TRY(const std::string body, co_await whole_body(call, kXmlBytesMax, ChecksumOf::object));
  WEFT_CO_TRY(const Parts wanted, read_parts(body));
  WEFT_CO_TRY(const auto checksum, whole_checksum(call.headers()));
  const std::string upload(call.query.get("uploadId"));
  const std::string& bucket = call.address.bucket;
  const std::string& key = call.address.key;
  const auto there = co_await call.objects->parts(bucket, key, upload);
  if (!there && there.error().reason == Reason::task_not_found) {
    WEFT_CO_TRY(const auto before, co_await completed_before(call, wanted));
    if (before) co_return xml_reply(completed_xml(call, *before, std::nullopt));
  }
  if (!there) co_return fail(there.error());
  WEFT_CO_CHECK(check_parts(wanted, *there));
  WEFT_CO_TRY(const auto claim, co_await claim_place(call));
  auto info = co_await call.objects->complete_upload(bucket, key, upload, wanted, checksum);
  if (!info) co_return not_completed(std::move(info).error(), checksum);
  co_return xml_reply(completed_xml(call, *info, checksum));
}

Answered abort_upload(S3Call& call) {
  WEFT_CO_CHECK(co_await call.objects->abort_upload(call.address.bucket, call.address.key,
                                                    std::string(call.query.get("uploadId"))));
  Reply out;
  out.status = 204;
  co_return out;
}

Answered list_parts(S3Call& call) {
  WEFT_CO_TRY(const std::size_t max, number_in(call.query, "max-parts", kListedMax, kListedMax));
  WEFT_CO_TRY(const std::size_t after, number_in(call.query, "part-number-marker", 0,
                                                 static_cast<std::size_t>(kPartNumberMax)));
  WEFT_CO_TRY(const auto parts,
              co_await call.objects->parts(call.address.bucket, call.address.key,
                                           std::string(call.query.get("uploadId"))));
  co_return xml_reply(parts_xml(call, parts, after, max));
}

}  // namespace weft::adapters::sagemaker::s3
