// Parameter values on the wire: every style, and every byte that a caller chose encoded as data.
// Owned by adapters/openapi; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/adapters/openapi/operation.h"

namespace weft::adapters::openapi {

/// What a template's `{name}` becomes. Errors: a value that would change the path (empty, `.`,
/// `..`, a NUL).
Result<std::string> path_value(const Parameter& parameter, const json::value& value);
/// `a=1&a=2`, appended with its own `&` to what is there.
void append_query(std::string& query, const Parameter& parameter, const json::value& value);
/// A header's value. Errors: characters that no header may hold.
Result<std::string> header_value(const Parameter& parameter, const json::value& value);
/// `name=value` (or several, parted by `; `).
std::string cookie_pair(const Parameter& parameter, const json::value& value);
/// A scalar as it is written; objects and arrays as JSON.
std::string plain_text_of(const json::value& value);

}  // namespace weft::adapters::openapi
