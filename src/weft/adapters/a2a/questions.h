// Questions and answers: an Ask as an A2A status message and back, a reply as Answers and back.
// Owned by adapters/a2a; pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/adapters/a2a/messages.h"
#include "weft/base/result.h"
#include "weft/model/call.h"

namespace weft::adapters::a2a {

/// AUTH_REQUIRED when something has to be done elsewhere (a URL, a login); otherwise
/// INPUT_REQUIRED.
model::TaskState state_of(const model::Ask& ask);
/// The question in words, then one data part {key, kind, requestedSchema?, url?} for each item that
/// is more than words.
std::vector<model::Part> write_ask(const model::Ask& ask);
/// What a status message of an interrupted task asks.
model::Ask read_ask(model::TaskState state, const std::optional<Message>& message);

/// What a caller's message answers: a data part (bare, {key, data, action} or {answers}), or words.
/// Errors say what was asked.
Result<model::Answers> read_answers(const model::Ask& ask, const Message& message);
/// The message that carries answers to the agent that asked.
struct Reply {
  std::vector<model::Part> parts;
  json::object metadata;
};
Reply write_answers(const model::Ask& ask, const model::Answers& answers);

}  // namespace weft::adapters::a2a
