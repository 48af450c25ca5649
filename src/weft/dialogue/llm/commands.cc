#include "weft/dialogue/llm/commands.h"

#include <algorithm>
#include <array>
#include <format>
#include <optional>

#include "weft/base/schema.h"
#include "weft/dialogue/llm/limits.h"

namespace weft::dialogue {
namespace {

constexpr auto kKinds =
    std::to_array<std::string_view>({"start", "set", "correct", "choose", "clarify", "ask",
                                     "affirm", "deny", "cancel", "human", "none"});

CommandValue value_of(const json::object& o) {
  const json::value* value = json::find(o, "value");
  return {.slot = std::string(json::string_at(o, "slot")),
          .value = value != nullptr ? *value : json::value(),
          .evidence = std::string(json::string_at(o, "evidence"))};
}

Command command_of(Command::Kind kind, const json::object& o) {
  Command out;
  out.kind = kind;
  out.skill = json::string_at(o, "skill");
  out.task = json::string_at(o, "task");
  out.offer = json::string_at(o, "offer");
  out.index = json::int_at(o, "index").value_or(0);
  out.reason = json::string_at(o, "reason");
  if (kind == Command::Kind::set || kind == Command::Kind::correct) {
    out.values.push_back(value_of(o));
  } else {
    out.slot = json::string_at(o, "slot");
    out.evidence = json::string_at(o, "evidence");
  }
  if (const auto* args = json::array_at(o, "args")) {
    for (const json::value& each : *args) {
      if (const auto* value = each.if_object()) out.values.push_back(value_of(*value));
    }
  }
  if (const auto* skills = json::array_at(o, "skills")) {
    for (const json::value& each : *skills) {
      if (each.is_string()) out.skills.emplace_back(each.get_string());
    }
  }
  return out;
}

Result<Command> read_one(const model::ToolCall& call, std::span<const model::ToolDecl> tools) {
  const auto tool = std::ranges::find(tools, call.name, &model::ToolDecl::name);
  const auto kind = std::ranges::find(kKinds, call.name);
  if (tool == tools.end() || kind == kKinds.end())
    return fail(Reason::invalid_argument, "there is no such tool here");
  if (call.arguments_text.size() > kCommandBytesMax)
    return fail(Reason::too_large, "the arguments are too long");
  // Some write nothing where there are no arguments.
  const std::string_view text =
      call.arguments_text.empty() ? std::string_view("{}") : std::string_view(call.arguments_text);
  WEFT_TRY(const json::object arguments, json::parse_object(text, "the arguments"));
  WEFT_TRY(const Schema schema, Schema::create(tool->input_schema));
  WEFT_CHECK(schema.require(json::value(arguments)));
  Command out =
      command_of(static_cast<Command::Kind>(std::distance(kKinds.begin(), kind)), arguments);
  if (out.values.size() > kCommandValuesMax)
    return fail(Reason::too_large, "there are too many values");
  return out;
}

}  // namespace

std::string_view to_string(Command::Kind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

ReadCommands read_commands(std::span<const model::ToolCall> calls,
                           std::span<const model::ToolDecl> tools) {
  ReadCommands out;
  for (const model::ToolCall& call : calls) {
    if (out.commands.size() + out.faults.size() >= kCommandsMax) {
      out.faults.push_back(std::format("at most {} tools are called at once", kCommandsMax));
      break;
    }
    if (auto command = read_one(call, tools)) {
      out.commands.push_back(*std::move(command));
    } else {
      out.faults.push_back(
          std::format("{}: {}", shortened(call.name, 64), command.error().message));
    }
  }
  return out;
}

json::value to_json(const Command& command) {
  json::object out{{"command", to_string(command.kind)}};
  const auto put = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) out[name] = text;
  };
  put("skill", command.skill);
  put("task", command.task);
  put("offer", command.offer);
  put("slot", command.slot);
  put("evidence", command.evidence);
  put("reason", command.reason);
  if (command.kind == Command::Kind::choose) out["index"] = command.index;
  json::array skills;
  for (const std::string& each : command.skills) skills.emplace_back(each);
  if (!skills.empty()) out["skills"] = std::move(skills);
  json::array values;
  for (const CommandValue& each : command.values) {
    values.push_back(
        json::object{{"slot", each.slot}, {"value", each.value}, {"evidence", each.evidence}});
  }
  if (!values.empty()) out["values"] = std::move(values);
  return out;
}

}  // namespace weft::dialogue
