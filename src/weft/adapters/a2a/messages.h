// The objects of A2A as values, the same for every version of the wire. Owned by adapters/a2a;
// plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weft/base/json.h"
#include "weft/model/event.h"
#include "weft/model/part.h"

namespace weft::adapters::a2a {

enum class Speaker : std::uint8_t { user, agent };

struct Message {
  std::string id;
  std::string context_id;
  std::string task_id;
  Speaker role = Speaker::user;
  std::vector<model::Part> parts;
  json::object metadata;
  std::vector<std::string> extensions;
  std::vector<std::string> reference_task_ids;
  /// Members this version of weft does not know; written back as they came. The same below.
  json::object extras;
  friend bool operator==(const Message&, const Message&) = default;
};

struct Status {
  model::TaskState state = model::TaskState::submitted;
  std::optional<Message> message;
  /// RFC 3339; empty when not said.
  std::string timestamp;
  friend bool operator==(const Status&, const Status&) = default;
};

/// Id and name of the artifact in which weft's own door tells what was said.
inline constexpr std::string_view kAnswerName = "answer";

struct Artifact {
  std::string id;
  std::string name;
  std::string description;
  std::vector<model::Part> parts;
  json::object metadata;
  std::vector<std::string> extensions;
  json::object extras;
  friend bool operator==(const Artifact&, const Artifact&) = default;
};

struct Task {
  std::string id;
  std::string context_id;
  Status status;
  std::vector<Artifact> artifacts;
  std::vector<Message> history;
  json::object metadata;
  json::object extras;
  friend bool operator==(const Task&, const Task&) = default;
};

struct StatusUpdate {
  std::string task_id;
  std::string context_id;
  Status status;
  json::object metadata;
  json::object extras;
  friend bool operator==(const StatusUpdate&, const StatusUpdate&) = default;
};

struct ArtifactUpdate {
  std::string task_id;
  std::string context_id;
  Artifact artifact;
  bool append = false;
  bool last_chunk = false;
  json::object metadata;
  json::object extras;
  friend bool operator==(const ArtifactUpdate&, const ArtifactUpdate&) = default;
};

/// One event of a stream; the answer to a message is one of the first two.
using StreamItem = std::variant<Task, Message, StatusUpdate, ArtifactUpdate>;

struct SendRequest {
  std::string tenant;
  Message message;
  std::vector<std::string> accepted_output_modes;
  std::optional<std::int64_t> history_length;
  bool return_immediately = false;
  /// The caller wants to be told by a webhook.
  bool push = false;
  json::object metadata;
  /// The extensions to activate, which a header names.
  std::vector<std::string> activate;
  friend bool operator==(const SendRequest&, const SendRequest&) = default;
};

struct ListRequest {
  std::string tenant;
  std::string context_id;
  std::optional<model::TaskState> state;
  std::optional<std::int64_t> page_size;
  std::string page_token;
  std::optional<std::int64_t> history_length;
  /// Milliseconds since the epoch; 0 for no such filter.
  std::int64_t updated_after_ms = 0;
  bool include_artifacts = false;
};

/// Waits for the caller: a question or a login.
inline bool interrupted(model::TaskState state) {
  return state == model::TaskState::ask || state == model::TaskState::auth;
}

}  // namespace weft::adapters::a2a
