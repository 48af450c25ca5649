// Bodies that came packed. Owned by wire; pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::wire {

/// The bytes in one gzip (RFC 1952) or zlib (RFC 1950, HTTP's `deflate`) stream. Errors:
/// Reason::invalid_argument when it is none or not whole, Reason::too_large past the limit.
Result<std::string> inflate(std::string_view packed, std::size_t bytes_max);

}  // namespace weft::wire
