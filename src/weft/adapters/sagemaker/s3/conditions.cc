#include "weft/adapters/sagemaker/s3/conditions.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "weft/adapters/sagemaker/aws/times.h"
#include "weft/adapters/sagemaker/s3/errors.h"

namespace weft::adapters::sagemaker::s3 {
namespace {

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

struct Bounds {
  std::string_view first;
  std::string_view last;
};

std::optional<Bounds> bounds_of(std::string_view header) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos || header.contains(',')) return std::nullopt;
  return Bounds{.first = header.substr(0, dash), .last = header.substr(dash + 1)};
}

/// Whether a list of ETags, or `*`, names this one. S3 has no weak ones.
bool names(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    std::string_view each = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (each.starts_with("W/")) each.remove_prefix(2);
    if (each.size() >= 2 && each.starts_with('"') && each.ends_with('"'))
      each = each.substr(1, each.size() - 2);
    if (each == "*" || each == etag) return true;
  }
  return false;
}

}  // namespace

Result<std::optional<ByteRange>> range_of(std::string_view header, std::uint64_t object_bytes) {
  const auto bounds = bounds_of(header);
  if (!bounds) return std::nullopt;
  const auto first = number_of(bounds->first);
  const auto last = number_of(bounds->last);
  if (bounds->first.empty()) {
    if (!last) return std::nullopt;
    if (*last == 0 || object_bytes == 0) return wrong("InvalidRange");
    const std::uint64_t size = std::min(*last, object_bytes);
    return ByteRange{.first = object_bytes - size, .size = size};
  }
  if (!first || (!last && !bounds->last.empty()) || (last && *last < *first)) return std::nullopt;
  if (*first >= object_bytes) return wrong("InvalidRange");
  const std::uint64_t end = last ? std::min(*last, object_bytes - 1) : object_bytes - 1;
  return ByteRange{.first = *first, .size = end - *first + 1};
}

Result<ByteRange> copied_range(std::string_view header, std::uint64_t object_bytes) {
  const auto bounds = bounds_of(header);
  const auto first = bounds ? number_of(bounds->first) : std::nullopt;
  const auto last = bounds ? number_of(bounds->last) : std::nullopt;
  if (!first || !last || *last < *first) {
    return wrong("InvalidArgument",
                 "The x-amz-copy-source-range value must be of the form bytes=first-last where "
                 "first and last are the zero-based offsets of the first and last bytes to copy");
  }
  if (*last >= object_bytes)
    return wrong("InvalidArgument", "Range specified is not valid for the source object");
  return ByteRange{.first = *first, .size = *last - *first + 1};
}

Condition condition_of(const wire::Headers& headers, const store::ObjectInfo& info,
                       std::string_view prefix) {
  const auto header = [&](std::string_view name) {
    return headers.get(std::string(prefix) + std::string(name));
  };
  const std::int64_t modified_s = info.modified_ms / 1000;
  if (const auto match = header("If-Match"); !match.empty()) {
    if (!names(match, info.etag)) return Condition::failed;
  } else if (const auto since = from_http_date(header("If-Unmodified-Since"))) {
    if (modified_s > *since) return Condition::failed;
  }
  if (const auto none = header("If-None-Match"); !none.empty()) {
    if (names(none, info.etag)) return Condition::not_modified;
  } else if (const auto since = from_http_date(header("If-Modified-Since"))) {
    if (modified_s <= *since) return Condition::not_modified;
  }
  return Condition::holds;
}

}  // namespace weft::adapters::sagemaker::s3
