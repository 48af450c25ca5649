// A JSON Schema put into another document: its references go on meaning what they meant. Owned by
// adapters/common; pure.
#pragma once

#include <string_view>

#include "weft/base/json.h"

namespace weft::adapters {

/// The schema as it stands at `at`, a reference to its new place (`#/properties/value`): what it
/// refers to by a pointer from its root (`#`, `#/…`) is found below that. Anchors, other documents
/// and a schema with an identifier of its own are left as they are.
json::value moved_schema(const json::value& schema, std::string_view at);

}  // namespace weft::adapters
