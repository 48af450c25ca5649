// MCP content blocks and the parts of the model, both ways. What a block cannot hold is reported as
// a loss. Owned by adapters/mcp; pure.
//
// Fields of a block that the model has no word for (annotations, _meta, title …) ride in
// Part::meta["mcp"] and come back unchanged.
#pragma once

#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/model/event.h"
#include "weft/model/part.h"

namespace weft::adapters::mcp {

json::object text_block(std::string_view text);
/// The block of one part; null when content has no form for it (then a loss says so).
json::value block_of(const model::Part& part, std::string_view path,
                     std::vector<model::Loss>& losses);
json::array content_of(const std::vector<model::Part>& parts, std::string_view path,
                       std::vector<model::Loss>& losses);
/// Errors name the block: an unknown type, a missing field, bad base64.
Result<model::Part> part_of(const json::value& block, std::string_view path);
Result<std::vector<model::Part>> parts_of(const json::array& content, std::string_view path);

}  // namespace weft::adapters::mcp
