// The errors of the Open Inference Protocol: `{"error": "…"}` and a status. weft adds the reason,
// so that another weft has it exactly. Owned by adapters/oip; pure but for writing the answer.
#pragma once

#include <string_view>

#include "weft/base/json.h"
#include "weft/model/event.h"
#include "weft/net/http_server.h"

namespace weft::adapters::oip {

int oip_status(const Error& error);
json::object error_json(const Error& error);
void respond_error(net::Exchange& exchange, const Error& error);

/// What another weft wrote, or any server's words: by the reason where there is one, else by the
/// status (0: within a stream).
Error read_error(int status, const wire::Headers& headers, std::string_view body);
Error error_from_json(const json::object& object, int status);

/// A question that no connection waits for: 409, with the task that a later request answers by its
/// parameter `task_id`.
json::object question_json(const model::Ask& ask, std::string_view task);
inline constexpr int kQuestionStatus = 409;
inline constexpr std::string_view kQuestionReason = "question";

}  // namespace weft::adapters::oip
