#include "weft/adapters/sagemaker/remote/address.h"

#include <algorithm>
#include <format>

#include "weft/adapters/sagemaker/remote/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::sagemaker::remote {
namespace {

constexpr std::size_t kBucketCharsMin = 3;
constexpr std::size_t kBucketCharsMax = 63;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// The path with each segment encoded.
void append_key(std::string& out, std::string_view key) {
  while (true) {
    const auto slash = std::min(key.find('/'), key.size());
    out += percent_encode(key.substr(0, slash));
    if (slash == key.size()) return;
    out += '/';
    key.remove_prefix(slash + 1);
  }
}

void append_parameters(std::string& out, const Parameters& parameters) {
  char before = '?';
  for (const auto& [name, value] : parameters) {
    out += before;
    out += percent_encode(name);
    if (!value.empty()) out += '=' + percent_encode(value);
    before = '&';
  }
}

}  // namespace

bool is_bucket_name(std::string_view name) {
  return name.size() >= kBucketCharsMin && name.size() <= kBucketCharsMax &&
         is_plain(name.front()) && is_plain(name.back()) && !name.contains("..") &&
         std::ranges::all_of(
             name, [](char c) { return is_plain(c) || c == '-' || c == '.' || c == '_'; });
}

Result<void> check_key(std::string_view key) {
  const auto cannot = [](std::string_view why) {
    return fail(Reason::invalid_argument,
                std::format("a key {} cannot be put into the store that objects are forwarded to; "
                            "choose another",
                            why));
  };
  if (key.empty()) return cannot("that is empty");
  if (key.size() > kKeyBytesMax) return cannot(std::format("of more than {} bytes", kKeyBytesMax));
  if (!wire::is_utf8(key) || key.contains('\0')) return cannot("that is no UTF-8 text");
  while (true) {
    const auto slash = std::min(key.find('/'), key.size());
    const std::string_view segment = key.substr(0, slash);
    if (segment == "." || segment == "..") return cannot("with a segment `.` or `..`");
    if (slash == key.size()) return {};
    key.remove_prefix(slash + 1);
  }
}

Place place_of(const RemoteStore& store, std::string_view bucket, std::string_view key,
               const Parameters& parameters) {
  Place out{.url = store.endpoint, .target = store.endpoint.path};
  while (out.target.ends_with('/')) out.target.pop_back();
  // No certificate for `*.host` is good for a name with two labels before it.
  const bool in_path = store.path_style || (store.endpoint.tls() && bucket.contains('.'));
  if (!bucket.empty() && in_path) out.target += '/' + percent_encode(bucket);
  if (!bucket.empty() && !in_path) out.url.host = std::format("{}.{}", bucket, out.url.host);
  if (!key.empty() || out.target.empty() || !in_path) out.target += '/';
  append_key(out.target, key);
  append_parameters(out.target, parameters);
  return out;
}

}  // namespace weft::adapters::sagemaker::remote
