// What a language model may answer with: commands, and nothing else. Each has a tool with a strict
// schema. Owned by dialogue; pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/dialogue/llm/scene.h"
#include "weft/model/call.h"

namespace weft::dialogue {

/// A value for a slot; `evidence` is a quote of what the person said, or a note's id.
struct CommandValue {
  std::string slot;
  json::value value;
  std::string evidence;
  friend bool operator==(const CommandValue&, const CommandValue&) = default;
};

struct Command {
  enum class Kind : std::uint8_t {
    start,    ///< `skill` is asked for by `evidence`, with `values`
    set,      ///< one of `values` for `task`
    correct,  ///< the same, in place of another
    choose,   ///< `index` of the offer, from 1
    clarify,  ///< which of `skills` is meant is to be asked
    ask,      ///< `slot` is to be asked for
    affirm,
    deny,
    cancel,  ///< `task` is not wanted any more
    human,
    none  ///< nobody here can do it; `reason` is for the log
  } kind = Kind::none;
  std::string skill;
  std::string evidence;
  std::vector<CommandValue> values;
  std::string task;
  std::string offer;
  std::int64_t index = 0;
  std::vector<std::string> skills;
  std::string slot;
  std::string reason;
  friend bool operator==(const Command&, const Command&) = default;
};
std::string_view to_string(Command::Kind kind);

/// The tools for a scene: those that mean something there, with the names that may stand in them.
std::vector<model::ToolDecl> command_tools(const Scene& scene);

struct ReadCommands {
  std::vector<Command> commands;
  /// What is wrong with the others, in words for the model.
  std::vector<std::string> faults;
};

/// The tool calls of an answer, in their order. What does not fit its tool's schema, has no such
/// tool, or is beyond kCommandsMax is a fault.
ReadCommands read_commands(std::span<const model::ToolCall> calls,
                           std::span<const model::ToolDecl> tools);

/// As the conversation's log has it.
json::value to_json(const Command& command);

}  // namespace weft::dialogue
