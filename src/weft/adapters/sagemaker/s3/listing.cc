// Lists of objects, in both versions of S3's operation, and of uploads.
#include <algorithm>
#include <format>

#include "weft/adapters/sagemaker/aws/account.h"
#include "weft/adapters/sagemaker/aws/xml.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/adapters/sagemaker/s3/meta.h"
#include "weft/adapters/sagemaker/s3/operations.h"
#include "weft/base/clock.h"
#include "weft/base/url.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

/// Names as the caller wants them: plain, or percent-encoded but for `/`.
class Names {
 public:
  explicit Names(bool encoded) : encoded_(encoded) {}
  std::string operator()(std::string_view name) const {
    if (!encoded_) return std::string(name);
    std::string out;
    while (true) {
      const auto slash = std::min(name.find('/'), name.size());
      out += percent_encode(name.substr(0, slash));
      if (slash == name.size()) return out;
      out += '/';
      name.remove_prefix(slash + 1);
    }
  }

 private:
  bool encoded_;
};

/// What a list asks for, whichever version of it.
struct Wanted {
  store::ObjectQuery query;
  bool encoded = false;
};

Result<Wanted> wanted_of(const Query& query) {
  Wanted out;
  const std::string_view encoding = query.get("encoding-type");
  if (!encoding.empty() && encoding != "url")
    return wrong("InvalidArgument", "Invalid Encoding Method specified in Request");
  out.encoded = encoding == "url";
  WEFT_TRY(out.query.limit, number_in(query, "max-keys", kListedMax, kListedMax));
  out.query.prefix = query.get("prefix");
  out.query.delimiter = query.get("delimiter");
  return out;
}

void append_owner(std::string& out, const S3Call& call, std::string_view name = "Owner") {
  const XmlElement owner(out, name);
  append_xml(out, "ID", canonical_user_of(call.entrance.principal.name));
  append_xml(out, "DisplayName", call.entrance.principal.name);
}

void append_entries(std::string& out, const S3Call& call, const store::ObjectPage& page,
                    const Names& names, bool with_owner) {
  for (const store::ObjectInfo& info : page.objects) {
    const XmlElement contents(out, "Contents");
    append_xml(out, "Key", names(info.key));
    append_xml(out, "LastModified", to_rfc3339(info.modified_ms));
    append_xml(out, "ETag", etag_text(info.etag));
    for (const auto& [kind, value] : info.meta.checksums) {
      std::string word = kind;
      for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      append_xml(out, "ChecksumAlgorithm", word);
    }
    append_xml(out, "Size", std::format("{}", info.size));
    if (with_owner) append_owner(out, call);
    append_xml(out, "StorageClass", "STANDARD");
  }
  for (const std::string& prefix : page.common_prefixes) {
    const XmlElement common(out, "CommonPrefixes");
    append_xml(out, "Prefix", names(prefix));
  }
}

void append_head(std::string& out, const S3Call& call, const Wanted& wanted, const Names& names) {
  append_xml(out, "Name", call.address.bucket);
  append_xml(out, "Prefix", names(wanted.query.prefix));
  if (!wanted.query.delimiter.empty()) append_xml(out, "Delimiter", names(wanted.query.delimiter));
  append_xml(out, "MaxKeys", std::format("{}", wanted.query.limit));
  if (wanted.encoded) append_xml(out, "EncodingType", "url");
}

std::string v2_xml(const S3Call& call, const Wanted& wanted, const store::ObjectPage& page) {
  const Names names(wanted.encoded);
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "ListBucketResult", kXmlNamespace);
    append_head(out, call, wanted, names);
    append_xml(out, "KeyCount",
               std::format("{}", page.objects.size() + page.common_prefixes.size()));
    append_xml(out, "IsTruncated", page.next ? "true" : "false");
    if (call.query.has("continuation-token"))
      append_xml(out, "ContinuationToken", call.query.get("continuation-token"));
    if (page.next) append_xml(out, "NextContinuationToken", wire::base64url_encode(*page.next));
    if (call.query.has("start-after"))
      append_xml(out, "StartAfter", names(call.query.get("start-after")));
    append_entries(out, call, page, names, call.query.get("fetch-owner") == "true");
  }
  return out;
}

std::string v1_xml(const S3Call& call, const Wanted& wanted, const store::ObjectPage& page) {
  const Names names(wanted.encoded);
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "ListBucketResult", kXmlNamespace);
    append_head(out, call, wanted, names);
    append_xml(out, "Marker", names(wanted.query.after));
    append_xml(out, "IsTruncated", page.next ? "true" : "false");
    // Without a delimiter the last key is the marker.
    if (page.next && !wanted.query.delimiter.empty())
      append_xml(out, "NextMarker", names(*page.next));
    append_entries(out, call, page, names, true);
  }
  return out;
}

std::string uploads_xml(const S3Call& call, const std::vector<store::UploadInfo>& uploads,
                        std::size_t max) {
  const Names names(call.query.get("encoding-type") == "url");
  const std::string_view key_marker = call.query.get("key-marker");
  const std::string_view id_marker = call.query.get("upload-id-marker");
  // Behind the marker: in the order of the keys, and of the ids within one key.
  bool past = key_marker.empty();
  std::string entries;
  std::size_t count = 0;
  const store::UploadInfo* last = nullptr;
  bool more = false;
  for (const store::UploadInfo& upload : uploads) {
    if (!past) {
      past = upload.key > key_marker;
      const bool marked = upload.key == key_marker && upload.id == id_marker;
      if (marked) past = true;
      if (!past || marked) continue;
    }
    if (count == max) {
      more = true;
      break;
    }
    ++count;
    last = &upload;
    const XmlElement element(entries, "Upload");
    append_xml(entries, "Key", names(upload.key));
    append_xml(entries, "UploadId", upload.id);
    append_owner(entries, call, "Initiator");
    append_owner(entries, call);
    append_xml(entries, "StorageClass", "STANDARD");
    append_xml(entries, "Initiated", to_rfc3339(upload.begun_ms));
  }
  std::string out(kXmlHead);
  {
    const XmlElement result(out, "ListMultipartUploadsResult", kXmlNamespace);
    append_xml(out, "Bucket", call.address.bucket);
    append_xml(out, "KeyMarker", names(key_marker));
    append_xml(out, "UploadIdMarker", id_marker);
    if (more && last != nullptr) {
      append_xml(out, "NextKeyMarker", names(last->key));
      append_xml(out, "NextUploadIdMarker", last->id);
    }
    append_xml(out, "Prefix", names(call.query.get("prefix")));
    append_xml(out, "MaxUploads", std::format("{}", max));
    append_xml(out, "IsTruncated", more ? "true" : "false");
    out += entries;
  }
  return out;
}

}  // namespace

Answered list_objects_v2(S3Call& call) {
  WEFT_CO_TRY(Wanted wanted, wanted_of(call.query));
  wanted.query.after = call.query.get("start-after");
  if (const std::string_view token = call.query.get("continuation-token"); !token.empty()) {
    auto after = wire::base64_decode(token);
    if (!after || !wire::is_utf8(*after))
      co_return wrong("InvalidArgument", "The continuation token provided is incorrect");
    wanted.query.after = *std::move(after);
  }
  WEFT_CO_TRY(const store::ObjectPage page,
              co_await call.objects->list(call.address.bucket, wanted.query));
  co_return xml_reply(v2_xml(call, wanted, page));
}

Answered list_objects(S3Call& call) {
  WEFT_CO_TRY(Wanted wanted, wanted_of(call.query));
  wanted.query.after = call.query.get("marker");
  WEFT_CO_TRY(const store::ObjectPage page,
              co_await call.objects->list(call.address.bucket, wanted.query));
  co_return xml_reply(v1_xml(call, wanted, page));
}

Answered list_uploads(S3Call& call) {
  if (!call.query.get("delimiter").empty())
    co_return not_implemented("uploads are listed without a delimiter; leave it out");
  WEFT_CO_TRY(const std::size_t max, number_in(call.query, "max-uploads", kListedMax, kListedMax));
  WEFT_CO_TRY(const auto uploads, co_await call.objects->uploads(
                                      call.address.bucket, std::string(call.query.get("prefix"))));
  co_return xml_reply(uploads_xml(call, uploads, max));
}

}  // namespace weft::adapters::sagemaker::s3
