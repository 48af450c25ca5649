// What a store says of an object in headers, and what is said to it. Owned by adapters/sagemaker;
// pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weft/store/objects.h"
#include "weft/wire/headers.h"

namespace weft::adapters::sagemaker::remote {

/// `bytes FIRST-LAST/WHOLE` of a piece that is not empty and lies within the whole.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
  std::uint64_t whole = 0;
};
std::optional<ContentRange> read_content_range(std::string_view text);

/// Of an answer to HEAD or GET of an object. Errors: Reason::upstream_protocol without a length or
/// an ETag.
Result<store::ObjectInfo> info_of(std::string key, const wire::Headers& headers);
/// Adds what is kept with the object. Of checksums the first: a request may have one.
void describe(wire::Headers& out, const store::ObjectMeta& meta);

}  // namespace weft::adapters::sagemaker::remote
