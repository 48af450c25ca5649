// Bringing a call into the shape its skill wants: conversation to arguments and back (the standing
// conventions). Owned by hub; pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/hub/registry.h"
#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::hub {

/// A conversation where arguments are wanted: (a) the last user turn is a JSON object, or holds one
/// in a fenced block, or a Data part; (b) meta["weft_args"]; (c) the text fills the only required
/// string property. Nothing fits: a question that lists the missing fields, with the skill's schema
/// as its form.
struct Shaped {
  std::optional<json::value> args;
  std::optional<model::Ask> ask;
};
Shaped args_from_turns(const model::Skill& skill, const Schema* schema, const model::Call& call);

/// Arguments where a conversation is wanted: `messages`, or `system` +
/// `message`/`prompt`/`text`/`input` (+ `data`, `images`).
Result<std::vector<model::Turn>> turns_from_args(const json::value& args);
/// What of such arguments says how a model is to write (`model`, `max_tokens`, `temperature`,
/// `response_format` as OpenAI spells it), put into what the call does not say yet.
Result<void> steer_from_args(model::Call& call);
/// The schema of the arguments that turns_from_args() and steer_from_args() read: what tool-shaped
/// doors show of a converse skill.
json::value converse_schema(const model::Skill& skill);
/// The schema of the arguments of an embed skill: {input: string | string[]}.
json::value embed_schema();
/// The schema a tool-shaped door (MCP tool, REST operation) shows of any skill.
json::value outward_input_schema(const model::Skill& skill);

}  // namespace weft::hub
