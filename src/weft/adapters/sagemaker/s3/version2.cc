#include "weft/adapters/sagemaker/s3/version2.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <map>

#include "weft/base/url.h"
#include "weft/wire/base64.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

/// Parameters that are signed, since they say what is asked for.
constexpr std::array<std::string_view, 24> kSigned{"acl",
                                                   "cors",
                                                   "delete",
                                                   "lifecycle",
                                                   "location",
                                                   "logging",
                                                   "notification",
                                                   "partNumber",
                                                   "policy",
                                                   "replication",
                                                   "requestPayment",
                                                   "response-cache-control",
                                                   "response-content-disposition",
                                                   "response-content-encoding",
                                                   "response-content-language",
                                                   "response-content-type",
                                                   "response-expires",
                                                   "restore",
                                                   "tagging",
                                                   "uploadId",
                                                   "uploads",
                                                   "versionId",
                                                   "versioning",
                                                   "website"};

/// RFC 2104.
std::string hmac_sha1(std::string_view key, std::string_view bytes) {
  constexpr std::size_t kBlock = 64;
  const auto digest = [](std::string_view first, std::string_view second) {
    wire::Digest out(wire::DigestKind::sha1);
    out.add(first);
    out.add(second);
    return out.finish();
  };
  std::string block = key.size() > kBlock ? digest(key, "") : std::string(key);
  block.resize(kBlock, '\0');
  std::string inner = block;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : block) c = static_cast<char>(c ^ 0x5C);
  return digest(block, digest(inner, bytes));
}

/// `x-amz-…` headers in lower case and in order, those of one name put together.
std::string amz_headers(const wire::Headers& headers) {
  std::map<std::string, std::string> sorted;
  for (const auto& [name, value] : headers) {
    std::string small(name);
    for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!small.starts_with("x-amz-")) continue;
    std::string& to = sorted[small];
    if (!to.empty()) to += ',';
    to += value;
  }
  std::string out;
  for (const auto& [name, value] : sorted) out += std::format("{}:{}\n", name, value);
  return out;
}

/// The path as sent, with the bucket before it, and the parameters that are signed.
std::string resource(const wire::RequestHead& head, const Address& address) {
  std::string out;
  if (address.bucket_in_host) out = "/" + address.bucket;
  out += head.path();
  std::vector<std::string> fields;
  std::string_view query = head.query();
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view field = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(field.find('='), field.size());
    const std::string_view name = field.substr(0, equals);
    if (std::ranges::find(kSigned, name) == kSigned.end()) continue;
    std::string text(name);
    if (equals < field.size()) text += "=" + percent_decode(field.substr(equals + 1)).value_or("");
    fields.push_back(std::move(text));
  }
  std::ranges::sort(fields);
  for (std::size_t i = 0; i < fields.size(); ++i) out += (i == 0 ? "?" : "&") + fields[i];
  return out;
}

}  // namespace

std::optional<QuerySignature> query_signature_of(const Query& query) {
  QuerySignature out{.access_key = std::string(query.get("AWSAccessKeyId")),
                     .signature = std::string(query.get("Signature")),
                     .expires_s = 0};
  const std::string_view text = query.get("Expires");
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out.expires_s);
  const bool whole = !out.access_key.empty() && !out.signature.empty() && read.ec == std::errc() &&
                     read.ptr == text.data() + text.size();
  return whole ? std::optional(std::move(out)) : std::nullopt;
}

std::string signature_v2(std::string_view secret, const wire::RequestHead& head,
                         const Address& address) {
  const std::string to_sign =
      std::format("{}\n{}\n{}\n{}\n{}{}", head.method, head.headers.get("Content-MD5"),
                  head.headers.get("Content-Type"), Query(head.query()).get("Expires"),
                  amz_headers(head.headers), resource(head, address));
  return wire::base64_encode(hmac_sha1(secret, to_sign));
}

}  // namespace weft::adapters::sagemaker::s3
