// The events that answer a call; the last, and only the last, is an End. Owned by model; plain
// values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/model/part.h"

namespace weft::model {

/// What a translation could not carry.
enum class LossKind : std::uint8_t { dropped, approximated, invented, reordered };
std::string_view to_string(LossKind kind);
struct Loss {
  std::string path;
  std::string from;
  std::string to;
  LossKind kind = LossKind::dropped;
  std::string note;
  friend bool operator==(const Loss&, const Loss&) = default;
};
json::array to_json(const std::vector<Loss>& losses);
/// One line for the `Weft-Loss` header: `path from>to kind; …`.
std::string summary(const std::vector<Loss>& losses);

enum class TaskState : std::uint8_t {
  submitted,
  working,
  ask,
  auth,
  completed,
  failed,
  canceled,
  rejected
};
std::string_view to_string(TaskState state);
std::optional<TaskState> task_state_from(std::string_view word);
bool terminal(TaskState state);

/// The solution took the call; its own ids, by which it can be found again.
struct Accepted {
  std::string upstream_task;
  std::string upstream_context;
  friend bool operator==(const Accepted&, const Accepted&) = default;
};

struct Progress {
  double done = 0;
  std::optional<double> total;
  std::string text;
  friend bool operator==(const Progress&, const Progress&) = default;
};

/// Working on; with a note for people or a measure.
struct State {
  TaskState state = TaskState::working;
  std::vector<Part> note;
  std::optional<Progress> progress;
  friend bool operator==(const State&, const State&) = default;
};

/// A growing piece of the answer's turn: text, or the arguments of tool call number `tool_index`.
struct Delta {
  enum class Kind : std::uint8_t { text, reasoning, refusal, tool_call } kind = Kind::text;
  std::string text;
  int tool_index = 0;
  /// Set on the first delta of a tool call.
  std::string tool_id;
  std::string tool_name;
  friend bool operator==(const Delta&, const Delta&) = default;
};

/// A result with a name of its own. `append` adds its parts to the artifact of the id; `last`
/// closes it.
struct Artifact {
  std::string id;
  std::string name;
  std::string description;
  std::vector<Part> parts;
  bool append = false;
  bool last = true;
  json::object meta;
  friend bool operator==(const Artifact&, const Artifact&) = default;
};

/// A question back. Until every key is answered the call waits.
struct Ask {
  enum class Kind : std::uint8_t { form, question, url, approve, sample, login };
  /// Of the hub's own question whether a call may be made; no solution's question has it.
  struct Consent {
    std::string id;      ///< of this question, which is answered once
    std::string digest;  ///< what a yes is for (hub/consent.h)
    /// Names of keys: who may answer. Empty: whoever called.
    std::vector<std::string> approvers;
    std::int64_t expires_ms = 0;  ///< Unix time
    friend bool operator==(const Consent&, const Consent&) = default;
  };
  struct Item {
    Kind kind = Kind::question;
    std::string message;
    /// For forms: the JSON Schema of the answer's data.
    std::optional<json::value> schema;
    std::string url;
    /// What only the asking protocol understands (the params of MCP's sampling request …).
    json::object raw;
    std::optional<Consent> consent;
    friend bool operator==(const Item&, const Item&) = default;
  };
  std::map<std::string, Item> items;
  friend bool operator==(const Ask&, const Ask&) = default;
};
std::string_view to_string(Ask::Kind kind);

struct Usage {
  std::int64_t input = 0;
  std::int64_t output = 0;
  std::int64_t cached = 0;
  std::int64_t reasoning = 0;
  friend bool operator==(const Usage&, const Usage&) = default;
};

struct Log {
  std::string level;
  std::string logger;
  json::value data;
  friend bool operator==(const Log&, const Log&) = default;
};

enum class Finish : std::uint8_t { stop, length, tool_calls, filtered, refused, paused };
std::string_view to_string(Finish finish);
std::optional<Finish> finish_from(std::string_view word);

/// What a call came to.
struct Output {
  /// Turns of the assistant (usually one).
  std::vector<Turn> turns;
  std::vector<Artifact> artifacts;
  /// The structured result, when there is one.
  std::optional<json::value> data;
  std::vector<Tensor> tensors;
  Finish finish = Finish::stop;
  std::optional<Usage> usage;
  std::string model;
  json::object meta;
  friend bool operator==(const Output&, const Output&) = default;
};

struct End {
  Result<Output> outcome;
  std::vector<Loss> losses;
  friend bool operator==(const End&, const End&) = default;
};

struct Event {
  std::variant<Accepted, State, Delta, Artifact, Ask, Usage, Log, End> body;
  bool is_end() const { return std::holds_alternative<End>(body); }
  friend bool operator==(const Event&, const Event&) = default;
};

/// The error as the end of a call.
Event end_with(Error error);
Event end_with(Output output);

/// Everything that people would read of the output: texts of turns, then of artifacts; data as JSON
/// when there is no text.
std::string plain_text(const Output& output);
/// The structured result: `data`, or the only Data part there is.
std::optional<json::value> plain_data(const Output& output);

}  // namespace weft::model
