// A call: one request to one skill, in no protocol's words. Owned by model; plain values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weft/base/ids.h"
#include "weft/base/json.h"
#include "weft/model/part.h"

namespace weft::model {

/// Who calls. The name of a key, or `local` where no keys are configured.
struct Principal {
  std::string name;
  std::string key_id;
  bool admin = false;
  friend bool operator==(const Principal&, const Principal&) = default;
};

/// W3C Trace Context, as received.
struct Trace {
  std::string parent;
  std::string state;
  friend bool operator==(const Trace&, const Trace&) = default;
};

struct ToolDecl {
  std::string name;
  std::string description;
  json::value input_schema;
  bool strict = false;
  friend bool operator==(const ToolDecl&, const ToolDecl&) = default;
};

/// How a model is asked to write. `extra` holds what only the protocol of the same name
/// understands.
struct Generation {
  std::optional<std::int64_t> max_tokens;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::vector<std::string> stop;
  std::optional<std::int64_t> seed;
  std::optional<std::int64_t> choices;
  std::optional<double> presence_penalty;
  std::optional<double> frequency_penalty;
  std::string effort;
  /// text, json or schema (then `schema` is set).
  std::string format;
  std::optional<json::value> schema;
  std::string schema_name;
  json::object extra;
  friend bool operator==(const Generation&, const Generation&) = default;
};

enum class AnswerAction : std::uint8_t { accept, decline, cancel };
std::string_view to_string(AnswerAction action);
std::optional<AnswerAction> answer_action_from(std::string_view word);

/// The reply to one Ask.
struct Answer {
  AnswerAction action = AnswerAction::accept;
  /// For forms, approvals and model samples.
  std::optional<json::value> data;
  /// For questions in plain words.
  std::string text;
  /// Who gave it, and for which question for approval (Ask::Consent::id), where that is known. The
  /// hub alone sets them: they are never read from what a caller sends.
  std::string by;
  std::string consent;
  friend bool operator==(const Answer&, const Answer&) = default;
};

using Answers = std::map<std::string, Answer>;

enum class Reply : std::uint8_t { unary, stream, task };

struct Call {
  CallId id;
  SolutionId solution;
  SkillId skill;
  Principal principal;
  Trace trace;
  Reply reply = Reply::unary;
  /// Whether the caller wants Delta, State and Log events. A solution that streams is then asked
  /// to.
  bool wants_stream() const { return reply != Reply::unary; }
  /// The conversation; the hub's id.
  ContextId context;
  /// The conversation so far, oldest first, for converse skills; the last turn is the new one.
  std::vector<Turn> turns;
  /// Structured arguments, for invoke, predict and embed skills.
  std::optional<json::value> args;
  std::vector<Tensor> tensors;
  std::vector<ToolDecl> tools;
  /// auto, none, required, or a tool's name.
  std::string tool_choice;
  std::optional<bool> parallel_tools;
  Generation gen;
  /// The upstream model a converse or embed call names; empty for the solution's own choice.
  std::string model;
  /// How many hubs and flows this call already went through (a loop guard).
  int depth = 0;
  std::string dedup_key;
  json::object meta;
  friend bool operator==(const Call&, const Call&) = default;
};

}  // namespace weft::model
