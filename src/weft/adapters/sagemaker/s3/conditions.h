// Ranges and conditions of a request for an object (RFC 9110 §13, §14; what S3 does with them).
// Owned by adapters/sagemaker; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weft/store/objects.h"
#include "weft/wire/headers.h"

namespace weft::adapters::sagemaker::s3 {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};
/// Nothing for a header that says none that is understood: the whole is answered then. Errors:
/// InvalidRange.
Result<std::optional<ByteRange>> range_of(std::string_view header, std::uint64_t object_bytes);
/// `bytes=FIRST-LAST` of a copied part, which must lie within the object. Errors: InvalidArgument.
Result<ByteRange> copied_range(std::string_view header, std::uint64_t object_bytes);

enum class Condition : std::uint8_t { holds, not_modified, failed };
/// If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since; `prefix` is put before each
/// name
/// (`x-amz-copy-source-`).
Condition condition_of(const wire::Headers& headers, const store::ObjectInfo& info,
                       std::string_view prefix = "");

}  // namespace weft::adapters::sagemaker::s3
