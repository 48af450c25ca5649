// MCP tools and the skills of the model, both ways. Owned by adapters/mcp; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/mcp/eras.h"
#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/model/call.h"
#include "weft/model/solution.h"

namespace weft::adapters::mcp {

/// The tool that shows a skill under an outward name. `server` is the solution's protocol: what an
/// MCP server said beyond the model's words (icons, _meta) is shown again.
json::object tool_of(const model::Skill& skill, std::string_view name, std::string_view server,
                     Era era);
/// A skill from a server's tool. Errors name the tool and what is wrong with it (no name, a schema
/// that is no object, an `x-mcp-header` that breaks the rules).
Result<model::Skill> skill_of(const json::value& tool);

/// Whether a tool's arguments are the skill's as they are. Otherwise they stand inside
/// `{"value": …}`, for the skill's schema is no object.
bool takes_as_given(const model::Skill& skill);
/// What such arguments hold; null when they hold nothing.
json::value wrapped_value(const json::object& arguments);

/// The outputSchema that the tool lists: every answer without it breaks a promise. Nothing for a
/// conversation, and for a legacy client (whose results are objects alone) where the output may be
/// an object and may be something else.
std::optional<json::object> output_schema_of(const model::Skill& skill, Era era);
/// Whether a legacy tool gives its output inside `{"result": …}`, whatever it is: the skill's
/// schema lets no object through. The listed schema and the result both go by this.
bool wraps_output(const model::Skill& skill);

/// One property of a tool that is repeated in a request header (`x-mcp-header`).
struct HeaderParam {
  std::vector<std::string> path;  ///< property names from the arguments down
  std::string header;             ///< without `Mcp-Param-`
};
/// All of them, in document order. Errors: on a property that is no string, integer or boolean, not
/// reachable through `properties` alone, an empty, repeated or unprintable name.
Result<std::vector<HeaderParam>> header_params(const json::value& input_schema);

/// The tool by which a parked question is answered.
inline constexpr std::string_view kContinueTool = "continue_task";
json::object continue_tool();

}  // namespace weft::adapters::mcp
