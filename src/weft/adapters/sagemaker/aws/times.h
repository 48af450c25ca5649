// Points in time as AWS's protocols write them. Owned by adapters/sagemaker; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft::adapters::sagemaker {

/// `2026-11-26T09:00:00Z`, with milliseconds where there are any.
std::string to_iso8601(double unix_s);
/// `2026-11-26T09:00:00(.123)(Z|+01:00)`, also without a zone (UTC) and as a day alone; nothing
/// when it is none.
std::optional<double> from_iso8601(std::string_view text);
/// `Thu, 26 Nov 2026 09:00:00 GMT` (RFC 9110 §5.6.7).
std::string to_http_date(std::int64_t unix_s);
/// The same, and `2026-11-26T09:00:00Z`.
std::optional<std::int64_t> from_http_date(std::string_view text);

}  // namespace weft::adapters::sagemaker
