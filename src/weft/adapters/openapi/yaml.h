// YAML documents as JSON, read under limits. Owned by adapters/openapi; pure.
#pragma once

#include <string_view>

#include "weft/base/json.h"

namespace weft::adapters::openapi {

/// One document of YAML 1.2's core schema. Aliases, tags of their own, more than kYamlDepthMax
/// levels, kYamlNodesMax nodes or kYamlBytesMax bytes, and keys that stand twice are refused while
/// reading: nothing is ever expanded.
Result<json::value> parse_yaml(std::string_view text);

}  // namespace weft::adapters::openapi
