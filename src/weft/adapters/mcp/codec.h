// Tool results and the output of a call, both ways; content.h, tools.h and asks.h hold the other
// halves of the codec. Owned by adapters/mcp; pure.
#pragma once

#include "weft/adapters/mcp/eras.h"
#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/model/event.h"
#include "weft/model/solution.h"

namespace weft::adapters::mcp {

/// A CallToolResult: content, structuredContent, `_meta` with the losses (those given and those
/// made here). The modern one also says resultType and serverInfo. Where the tool lists an
/// outputSchema and the answer is words, the words are the data if the schema takes them; if not,
/// the result is an error with the answer in it, for such a tool may not answer without data.
json::object result_of(model::Output output, const model::Skill& skill, Era era,
                       std::vector<model::Loss> losses);
/// What a tool said of its failure: isError, the message as text, the reason in
/// `_meta["weft/error"]`.
json::object error_result_of(const Error& error, Era era);
/// Adds what every modern result carries.
void seal_result(json::object& result, Era era, std::string_view type);

/// The outcome of a CallToolResult; isError gives Reason::solution_failed (or the reason that
/// another hub put in `_meta`).
Result<model::Output> output_of(json::object result);
/// What another hub says that it lost (`_meta["weft/loss"]`).
std::vector<model::Loss> losses_of_result(const json::object& result);

}  // namespace weft::adapters::mcp
