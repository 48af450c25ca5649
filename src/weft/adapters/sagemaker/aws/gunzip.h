// Bodies that AWS's programs pack once they are long (PutMetricData). Owned by adapters/sagemaker;
// pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::adapters::sagemaker {

/// The bytes in one gzip stream (RFC 1952). Errors: Reason::invalid_argument when it is none,
/// Reason::too_large past the limit.
Result<std::string> gunzip(std::string_view packed, std::size_t bytes_max);

}  // namespace weft::adapters::sagemaker
