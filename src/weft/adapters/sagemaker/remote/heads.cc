#include "weft/adapters/sagemaker/remote/heads.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

#include "weft/adapters/sagemaker/aws/times.h"
#include "weft/adapters/sagemaker/remote/answers.h"
#include "weft/wire/base64.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker::remote {
namespace {

constexpr std::string_view kUserMeta = "x-amz-meta-";
constexpr std::string_view kChecksum = "x-amz-checksum-";
constexpr std::array<std::string_view, 5> kKept{"cache-control", "content-disposition",
                                                "content-encoding", "content-language", "expires"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return std::nullopt;
  return out;
}

/// A checksum of checksums (`…-N`, COMPOSITE) is none of the object's bytes.
void take_checksum(store::ObjectMeta& out, std::string_view kind, std::string_view value) {
  const auto known = wire::checksum_kind_from(kind);
  const auto bytes = wire::base64_decode(value);
  if (known && bytes && bytes->size() == wire::digest_bytes(*known))
    out.checksums[std::string(wire::to_string(*known))] = std::string(value);
}

/// The length of the whole object: of a piece of it Content-Range says it.
std::optional<std::uint64_t> size_of(const wire::Headers& headers) {
  if (const auto range = read_content_range(headers.get("Content-Range"))) return range->whole;
  return number_of(headers.get("Content-Length"));
}

}  // namespace

std::optional<ContentRange> read_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash)
    return std::nullopt;
  const auto first = number_of(text.substr(0, dash));
  const auto last = number_of(text.substr(dash + 1, slash - dash - 1));
  const auto whole = number_of(text.substr(slash + 1));
  if (!first || !last || !whole || *first > *last || *last >= *whole) return std::nullopt;
  return ContentRange{.first = *first, .size = *last - *first + 1, .whole = *whole};
}

Result<store::ObjectInfo> info_of(std::string key, const wire::Headers& headers) {
  const auto size = size_of(headers);
  store::ObjectInfo out{.key = std::move(key),
                        .size = size.value_or(0),
                        .modified_ms = 0,
                        .etag = bare_etag(headers.get("ETag")),
                        .meta = {}};
  if (!size || out.etag.empty()) {
    return fail(Reason::upstream_protocol,
                std::format("it says no {} of an object", size ? "ETag" : "length"));
  }
  out.modified_ms = from_http_date(headers.get("Last-Modified")).value_or(0) * 1000;
  out.meta.content_type = headers.get("Content-Type");
  const bool composite = wire::same_name(headers.get("x-amz-checksum-type"), "COMPOSITE");
  for (const auto& [name, value] : headers) {
    const std::string small = lower(name);
    const bool user = small.starts_with(kUserMeta) && small.size() > kUserMeta.size();
    if (user || std::ranges::contains(kKept, small)) {
      std::string& to = out.meta.headers[small];
      to += to.empty() ? std::string(value) : std::format(",{}", value);
    }
    if (!composite && small.starts_with(kChecksum))
      take_checksum(out.meta, small.substr(kChecksum.size()), value);
  }
  return out;
}

void describe(wire::Headers& out, const store::ObjectMeta& meta) {
  if (!meta.content_type.empty()) out.set("Content-Type", meta.content_type);
  for (const auto& [name, value] : meta.headers) out.set(name, value);
  if (meta.checksums.empty()) return;
  const auto& [kind, value] = *meta.checksums.begin();
  out.set(std::format("{}{}", kChecksum, kind), value);
  // As an SDK says it: some stores only keep it then.
  std::string word = kind;
  for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  out.set("x-amz-sdk-checksum-algorithm", word);
}

}  // namespace weft::adapters::sagemaker::remote
