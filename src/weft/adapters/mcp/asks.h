// Questions: the model's Ask and MCP's elicitation, both ways. Owned by adapters/mcp; pure.
//
// Elicitation forms are flat (strings, numbers, booleans, choices). A property that is none of
// these is asked for as JSON in a string and read back; the same function makes the form and reads
// the answer, so nothing about it has to be remembered.
#pragma once

#include <optional>
#include <string_view>

#include "weft/adapters/mcp/eras.h"
#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::adapters::mcp {

/// How a client can be asked.
struct ElicitCaps {
  bool form = false;
  bool url = false;
};
/// From `capabilities.elicitation`: an empty object means forms.
ElicitCaps elicit_caps(const json::object& client_capabilities);

/// The params of elicitation/create; nothing when a client with these capabilities cannot be asked
/// this. `version` below 2025-11-25 knows no `mode`.
std::optional<json::object> elicit_params(const model::Ask::Item& item, ElicitCaps caps,
                                          std::string_view version,
                                          std::string_view elicitation_id);
/// Whether every question of the ask can be put.
bool can_ask(const model::Ask& ask, ElicitCaps caps);
/// The answer in an ElicitResult. Errors: not an object, an unknown action.
Result<model::Answer> answer_of(const model::Ask::Item& item, const json::value& elicit_result);

/// The question in a server's elicitation params.
Result<model::Ask::Item> item_of(const json::object& elicit_params);
/// The ElicitResult of an answer: defaults of the form filled in, a plain text brought into the
/// form's field.
json::object elicit_result_of(const model::Ask::Item& item, const model::Answer& answer);

/// The flat form that shows any JSON Schema, in the words of a revision.
json::object form_of(const json::value& schema, std::string_view version);
/// What a text means as the data of a form: a JSON object, or the value of its only (required)
/// property.
std::optional<json::object> form_data(const json::value& schema, std::string_view text);

/// On a result: the questions and the task at which they wait, where structuredContent has no room.
inline constexpr std::string_view kMetaTask = "weft/task";
/// What a client that cannot be asked gets: the questions, the task's id, and how to go on with
/// `continue_task`. `promised`: the tool lists an outputSchema, which none of this is; clients take
/// nothing else of such a tool but an error, so it is one, with all of it in words and in `_meta`.
json::object parked_result(const model::Ask& ask, std::string_view task_id, Era era, bool promised);
/// The answers in continue_task's arguments. Errors name what is missing.
Result<model::Answers> answers_of(const model::Ask& ask, const json::object& arguments);

}  // namespace weft::adapters::mcp
