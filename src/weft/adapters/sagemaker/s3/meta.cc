#include "weft/adapters/sagemaker/s3/meta.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/sagemaker/aws/times.h"
#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/wire/http.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

constexpr std::string_view kUserMeta = "x-amz-meta-";
constexpr std::string_view kChunked = "aws-chunked";
constexpr std::string_view kDefaultType = "binary/octet-stream";

/// Headers that are kept with the object, and the query's names for them in an answer.
struct Kept {
  std::string_view name;
  std::string_view override_name;
};
constexpr std::array kKept{
    Kept{"cache-control", "response-cache-control"},
    Kept{"content-disposition", "response-content-disposition"},
    Kept{"content-encoding", "response-content-encoding"},
    Kept{"content-language", "response-content-language"},
    Kept{"expires", "response-expires"},
};

/// What begins so asks for what weft does not do. Encryption by the service's own keys is taken and
/// not gone by, since the SDKs ask for it unasked: no answer says that it was done. Of a key that
/// the caller sends something would be expected that is not there.
struct Refused {
  std::string_view prefix;
  std::string_view instead;
};
constexpr std::array kRefused{
    Refused{"x-amz-server-side-encryption-customer-",
            "weft does not encrypt objects; encrypt the disk that the hub keeps them on"},
    Refused{"x-amz-copy-source-server-side-encryption-customer-",
            "weft does not encrypt objects; encrypt the disk that the hub keeps them on"},
    Refused{"x-amz-object-lock-", "weft does not lock objects"},
    Refused{"x-amz-bucket-object-lock-", "weft does not lock objects"},
    Refused{"x-amz-tagging", "weft keeps no tags of objects; x-amz-meta-… is kept"},
    Refused{"x-amz-grant-", "a bucket is its owner's alone"},
    Refused{"x-amz-website-redirect-location", "weft serves no web sites"},
    Refused{"x-amz-write-offset-bytes", "objects are put whole"},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// The encodings without the one that was of the transfer alone.
std::string without_chunked(std::string_view encodings) {
  std::string out;
  while (!encodings.empty()) {
    const auto end = std::min(encodings.find(','), encodings.size());
    std::string_view each = encodings.substr(0, end);
    encodings.remove_prefix(std::min(end + 1, encodings.size()));
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (each.empty() || wire::same_name(each, kChunked)) continue;
    if (!out.empty()) out += ',';
    out += each;
  }
  return out;
}

Result<void> check_acl(std::string_view acl) {
  if (acl.empty() || acl == "private" || acl == "bucket-owner-full-control") return {};
  return wrong("AccessControlListNotSupported");
}

}  // namespace

std::string etag_text(std::string_view etag) { return std::format("\"{}\"", etag); }

Result<void> check_supported(const wire::Headers& headers) {
  for (const auto& [name, value] : headers) {
    const std::string small = lower(name);
    if (!small.starts_with("x-amz-")) continue;
    for (const Refused& refused : kRefused) {
      if (!small.starts_with(refused.prefix)) continue;
      return not_implemented(
          std::format("A header you provided implies functionality that is not implemented: {} "
                      "({}); leave it out",
                      small, refused.instead));
    }
  }
  WEFT_CHECK(check_acl(headers.get("x-amz-acl")));
  const std::string_view storage = headers.get("x-amz-storage-class");
  if (storage.empty() || storage == "STANDARD") return {};
  return not_implemented(std::format("there is one storage class, STANDARD, and no {}",
                                     storage.substr(0, kUserMetaBytesMax)));
}

Result<store::ObjectMeta> meta_from(const wire::Headers& headers) {
  WEFT_CHECK(check_supported(headers));
  store::ObjectMeta out;
  out.content_type = headers.get("Content-Type");
  std::size_t user_bytes = 0;
  for (const auto& [name, value] : headers) {
    const std::string small = lower(name);
    const bool user = small.starts_with(kUserMeta) && small.size() > kUserMeta.size();
    if (!user && std::ranges::find(kKept, small, &Kept::name) == kKept.end()) continue;
    std::string kept = small == "content-encoding" ? without_chunked(value) : std::string(value);
    if (kept.empty() && !user) continue;
    std::string& to = out.headers[small];
    to += to.empty() ? kept : "," + kept;
    if (user) user_bytes += small.size() - kUserMeta.size() + kept.size();
  }
  if (user_bytes > kUserMetaBytesMax) return wrong("MetadataTooLarge");
  return out;
}

void describe(wire::Headers& out, const store::ObjectInfo& info) {
  out.set("ETag", etag_text(info.etag));
  out.set("Last-Modified", to_http_date(info.modified_ms / 1000));
  out.set("Accept-Ranges", "bytes");
  out.set("Content-Type",
          info.meta.content_type.empty() ? kDefaultType : std::string_view(info.meta.content_type));
  for (const auto& [name, value] : info.meta.headers) out.set(name, value);
  // A page that was put here must not act in the hub's name (README, security).
  out.set("Content-Security-Policy", "sandbox");
  out.set("X-Content-Type-Options", "nosniff");
}

void describe_checksums(wire::Headers& out, const store::ObjectMeta& meta) {
  for (const auto& [kind, value] : meta.checksums)
    out.set(std::format("x-amz-checksum-{}", kind), value);
  if (!meta.checksums.empty()) out.set("x-amz-checksum-type", "FULL_OBJECT");
}

Result<void> override_headers(wire::Headers& out, const Query& query) {
  const auto put = [&](std::string_view name, std::string_view wanted) -> Result<void> {
    if (!query.has(wanted)) return {};
    const std::string_view value = query.get(wanted);
    if (!wire::valid_header_value(value))
      return wrong("InvalidArgument", std::format("{} is no value of a header", wanted));
    out.set(name, value);
    return {};
  };
  WEFT_CHECK(put("Content-Type", "response-content-type"));
  for (const Kept& kept : kKept) WEFT_CHECK(put(kept.name, kept.override_name));
  return {};
}

}  // namespace weft::adapters::sagemaker::s3
