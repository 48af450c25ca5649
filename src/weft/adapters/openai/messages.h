// Chat messages and turns: the conversation as the chat wire has it and as the model has it. Owned
// by adapters/openai; pure.
#pragma once

#include <vector>

#include "weft/base/json.h"
#include "weft/model/event.h"
#include "weft/model/part.h"

namespace weft::adapters::openai {

/// `messages` of a request. Errors point at the message and part that is wrong.
Result<std::vector<model::Turn>> turns_from_messages(const json::array& messages);

/// The same conversation on the wire; what chat cannot say is noted in `losses`.
json::array messages_from_turns(const std::vector<model::Turn>& turns,
                                std::vector<model::Loss>& losses);

/// The `tool_calls` of a message, as parts. `at` is the pointer of the array, for errors.
Result<std::vector<model::Part>> parts_from_tool_calls(const json::array& calls,
                                                       const std::string& at);
json::object tool_call_json(const model::ToolCall& call);

/// `data:TYPE;base64,…` of bytes; and the way back (nothing when it is no base64 data URL).
std::string data_url(std::string_view media_type, std::string_view bytes);
std::optional<model::Part> blob_from_data_url(std::string_view url);

}  // namespace weft::adapters::openai
