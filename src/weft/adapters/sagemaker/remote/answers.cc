#include "weft/adapters/sagemaker/remote/answers.h"

#include <pugixml.hpp>

#include <charconv>
#include <cmath>
#include <format>

#include "weft/adapters/sagemaker/aws/times.h"
#include "weft/adapters/sagemaker/remote/limits.h"
#include "weft/base/url.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker::remote {
namespace {

/// A key may be a space alone.
constexpr unsigned kHowToParse = pugi::parse_default | pugi::parse_ws_pcdata_single;
/// A key of the longest, each byte of it encoded.
constexpr std::size_t kTextBytesMax = 4 * kKeyBytesMax;

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') + 1);
}

std::string_view text_of(const pugi::xml_node& node) { return node.text().get(); }

pugi::xml_node child(const pugi::xml_node& of, std::string_view name) {
  for (const pugi::xml_node& each : of.children())
    if (local_name(each) == name) return each;
  return {};
}

std::string text_in(const pugi::xml_node& of, std::string_view name) {
  return std::string(text_of(child(of, name)).substr(0, kTextBytesMax));
}

std::unexpected<Error> no_answer(std::string_view what) {
  return fail(Reason::upstream_protocol, std::format("what it says is no {}", what));
}

/// Some stores call `…Response` what S3 calls `…Result`, and no SDK minds.
bool is_called(std::string_view root, std::string_view name) {
  constexpr std::string_view kResult = "Result";
  constexpr std::string_view kResponse = "Response";
  if (root == name) return true;
  return name.ends_with(kResult) && root.ends_with(kResponse) &&
         root.substr(0, root.size() - kResponse.size()) ==
             name.substr(0, name.size() - kResult.size());
}

Result<pugi::xml_node> root_of(pugi::xml_document& document, std::string_view xml,
                               std::string_view name) {
  if (xml.size() > kXmlBytesMax || !wire::is_utf8(xml)) return no_answer(name);
  const auto parsed =
      document.load_buffer(xml.data(), xml.size(), kHowToParse, pugi::encoding_utf8);
  const pugi::xml_node root = document.document_element();
  if (!parsed || !is_called(local_name(root), name)) return no_answer(name);
  return root;
}

template <class T>
Result<T> number_in(const pugi::xml_node& of, std::string_view name) {
  const std::string text = text_in(of, name);
  T out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return out;
  return fail(Reason::upstream_protocol, std::format("`{}` is no number for {}", text, name));
}

std::int64_t time_in(const pugi::xml_node& of, std::string_view name) {
  const auto at = from_iso8601(text_in(of, name));
  return at ? static_cast<std::int64_t>(std::llround(*at * 1000)) : 0;
}

/// Names come encoded where that was asked for, and the answer says whether they did.
class Names {
 public:
  explicit Names(const pugi::xml_node& root) : encoded_(text_in(root, "EncodingType") == "url") {}
  Result<std::string> operator()(const pugi::xml_node& of, std::string_view name) const {
    std::string out = text_in(of, name);
    if (encoded_) {
      for (char& c : out)
        if (c == '+') c = ' ';
      auto decoded = percent_decode(out);
      if (!decoded)
        return fail(Reason::upstream_protocol, std::format("`{}` cannot be decoded", out));
      out = *std::move(decoded);
    }
    if (out.size() > kKeyBytesMax || !wire::is_utf8(out) || out.contains('\0'))
      return fail(Reason::upstream_protocol, std::format("a {} is none", name));
    return out;
  }

 private:
  bool encoded_;
};

bool is_truncated(const pugi::xml_node& root) { return text_in(root, "IsTruncated") == "true"; }

/// What a truncated list is gone on with.
Result<std::string> next_in(const pugi::xml_node& root, std::string_view name) {
  if (!is_truncated(root)) return std::string();
  std::string out = text_in(root, name);
  if (out.empty())
    return fail(Reason::upstream_protocol, std::format("a list that goes on has no {}", name));
  return out;
}

}  // namespace

std::string bare_etag(std::string_view text) {
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

Fault read_fault(std::string_view xml) {
  pugi::xml_document document;
  const auto root = root_of(document, xml, "Error");
  if (!root) return {};
  return {.code = text_in(*root, "Code"),
          .message = text_in(*root, "Message"),
          .region = text_in(*root, "Region")};
}

Result<Buckets> read_buckets(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "ListAllMyBucketsResult"));
  Buckets out{.buckets = {}, .next = text_in(root, "ContinuationToken")};
  for (const pugi::xml_node& each : child(root, "Buckets").children()) {
    if (local_name(each) != "Bucket") continue;
    std::string name = text_in(each, "Name");
    if (name.empty()) return no_answer("list of buckets with names");
    out.buckets.push_back({.name = std::move(name), .created_ms = time_in(each, "CreationDate")});
  }
  return out;
}

Result<Listing> read_listing(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "ListBucketResult"));
  const Names names(root);
  Listing out;
  WEFT_TRY(out.next, next_in(root, "NextContinuationToken"));
  for (const pugi::xml_node& each : root.children()) {
    if (local_name(each) == "CommonPrefixes") {
      WEFT_TRY(std::string prefix, names(each, "Prefix"));
      if (prefix.empty()) return no_answer("list of prefixes with names");
      out.common_prefixes.push_back(std::move(prefix));
    }
    if (local_name(each) != "Contents") continue;
    store::ObjectInfo info;
    WEFT_TRY(info.key, names(each, "Key"));
    if (info.key.empty()) return no_answer("list of objects with keys");
    WEFT_TRY(info.size, number_in<std::uint64_t>(each, "Size"));
    info.modified_ms = time_in(each, "LastModified");
    info.etag = bare_etag(text_in(each, "ETag"));
    out.objects.push_back(std::move(info));
  }
  return out;
}

Result<Parts> read_parts(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "ListPartsResult"));
  Parts out;
  WEFT_TRY(out.next, next_in(root, "NextPartNumberMarker"));
  for (const pugi::xml_node& each : root.children()) {
    if (local_name(each) != "Part") continue;
    store::PartInfo part;
    WEFT_TRY(part.number, number_in<int>(each, "PartNumber"));
    WEFT_TRY(part.size, number_in<std::uint64_t>(each, "Size"));
    part.modified_ms = time_in(each, "LastModified");
    part.etag = bare_etag(text_in(each, "ETag"));
    out.parts.push_back(std::move(part));
  }
  return out;
}

Result<Uploads> read_uploads(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "ListMultipartUploadsResult"));
  const Names names(root);
  Uploads out;
  if (is_truncated(root)) {
    WEFT_TRY(out.next_key, names(root, "NextKeyMarker"));
    WEFT_TRY(out.next_id, next_in(root, "NextUploadIdMarker"));
    if (out.next_key.empty()) return no_answer("list of uploads that says how it goes on");
  }
  for (const pugi::xml_node& each : root.children()) {
    if (local_name(each) != "Upload") continue;
    store::UploadInfo upload{.id = text_in(each, "UploadId"), .key = "", .begun_ms = 0};
    WEFT_TRY(upload.key, names(each, "Key"));
    upload.begun_ms = time_in(each, "Initiated");
    if (upload.id.empty() || upload.key.empty()) return no_answer("list of uploads with names");
    out.uploads.push_back(std::move(upload));
  }
  return out;
}

Result<std::string> read_upload_id(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "InitiateMultipartUploadResult"));
  std::string out = text_in(root, "UploadId");
  if (out.empty()) return no_answer("upload with an id");
  return out;
}

Result<std::string> read_completed(std::string_view xml) {
  pugi::xml_document document;
  WEFT_TRY(const pugi::xml_node root, root_of(document, xml, "CompleteMultipartUploadResult"));
  std::string out = bare_etag(text_in(root, "ETag"));
  if (out.empty()) return no_answer("object with an ETag");
  return out;
}

}  // namespace weft::adapters::sagemaker::remote
