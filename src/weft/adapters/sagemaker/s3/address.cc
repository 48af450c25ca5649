#include "weft/adapters/sagemaker/s3/address.h"

#include <algorithm>

#include "weft/adapters/sagemaker/s3/errors.h"
#include "weft/adapters/sagemaker/s3/limits.h"
#include "weft/base/url.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

constexpr std::string_view kScopeEnd = "/s3/aws4_request";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// What stands before `.name` in a host; empty when it is no name below it.
std::string_view before(std::string_view host, std::string_view name) {
  if (host.size() < name.size() + 2) return {};
  const std::size_t dot = host.size() - name.size() - 1;
  const bool below = host[dot] == '.' && wire::same_name(host.substr(dot + 1), name);
  return below ? host.substr(0, dot) : std::string_view();
}

/// The bucket in Host; empty when there is none.
std::string_view bucket_in_host(std::string_view host, const std::vector<std::string>& hosts) {
  host = host.substr(0, host.find(':'));
  if (const auto found = before(host, "localhost"); !found.empty()) return found;
  for (const std::string& name : hosts) {
    if (const auto found = before(host, name); !found.empty()) return found;
  }
  return {};
}

}  // namespace

bool is_for_s3(const net::Exchange& exchange, const std::vector<std::string>& hosts) {
  const wire::RequestHead& head = exchange.head();
  const std::string_view authorization = head.headers.get("Authorization");
  if (authorization.starts_with("AWS4-HMAC-SHA256") && authorization.contains(kScopeEnd))
    return true;
  if (authorization.starts_with("AWS ")) return true;
  if (const std::string_view query = head.query(); !query.empty()) {
    if (query.contains("X-Amz-Credential=") &&
        (query.contains("%2Fs3%2Faws4_request") || query.contains(kScopeEnd))) {
      return true;
    }
    if (query.contains("AWSAccessKeyId=") && query.contains("Signature=")) return true;
  }
  return !bucket_in_host(head.headers.get("Host"), hosts).empty();
}

Result<Address> address_of(const wire::RequestHead& head, const std::vector<std::string>& hosts) {
  Address out;
  std::string_view path = head.path();
  if (path.starts_with('/')) path.remove_prefix(1);
  if (const auto bucket = bucket_in_host(head.headers.get("Host"), hosts); !bucket.empty()) {
    out.bucket = bucket;
    out.bucket_in_host = true;
    for (char& c : out.bucket) c = lower(c);
  } else {
    const auto slash = std::min(path.find('/'), path.size());
    auto decoded = percent_decode(path.substr(0, slash));
    if (!decoded || !wire::is_utf8(*decoded)) return wrong("InvalidURI");
    out.bucket = *std::move(decoded);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  auto key = percent_decode(path);
  if (!key || !wire::is_utf8(*key)) return wrong("InvalidURI");
  out.key = *std::move(key);
  if (out.key.size() > kKeyBytesMax) return wrong("KeyTooLongError");
  return out;
}

Query::Query(std::string_view text) : fields_(parse_query(text)) {}

const std::string* Query::find(std::string_view name) const {
  const auto at = std::ranges::find(
      fields_, name, [](const auto& each) -> const std::string& { return each.first; });
  return at == fields_.end() ? nullptr : &at->second;
}

std::string_view Query::get(std::string_view name) const {
  const std::string* found = find(name);
  return found == nullptr ? std::string_view() : *found;
}

}  // namespace weft::adapters::sagemaker::s3
