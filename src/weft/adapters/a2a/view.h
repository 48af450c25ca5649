// The hub's tasks as A2A tasks: snapshots of a TaskView, and a task's events as updates. Owned by
// adapters/a2a; pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weft/adapters/a2a/messages.h"
#include "weft/hub/tasks.h"

namespace weft::adapters::a2a {

/// What a snapshot shows.
struct Show {
  /// At most so many of the newest messages; nothing: all.
  std::optional<std::int64_t> history;
  bool artifacts = true;
};

Task task_of(const hub::TaskView& view, const Show& show);
/// The message that an agent answered with, where the solution is one and it did not make a task.
/// Belongs to the view's context.
std::optional<Message> message_of(const hub::TaskView& view);
/// The same of a task's last event.
std::optional<Message> message_of(const model::Event& event, const std::string& context_id);
/// The extensions that the agent activated for its answer.
std::vector<std::string> activated_for(const hub::TaskView& view);
/// The state that an ended call leaves.
Status status_of(const model::End& end, std::int64_t at_ms);
/// Everything of an outcome that is a result: its artifacts, then the answer (text, data, files) as
/// the artifact `answer`.
std::vector<Artifact> artifacts_of(const model::Output& output);

/// A whole outcome as one message, for a call that needed no task.
Message answer_of(const model::End& end, std::string id, std::string context_id);

/// A task's events as updates, in order. Law: a snapshot by task_of() of the ended task holds what
/// the updates add up to.
class Telling {
 public:
  Telling(std::string task_id, std::string context_id);

  /// An event that the snapshot shows already; only what is needed to go on is kept of it.
  void skip(const hub::TaskEvent& event);
  /// Puts what was skipped into a snapshot that does not show it yet (an answer half told).
  void complete(Task& snapshot) const;
  std::vector<StreamItem> tell(const hub::TaskEvent& event);
  /// Terminal or interrupted: the stream is over.
  bool settled() const { return settled_; }

 private:
  void tell_end(const model::End& end, std::int64_t at_ms, std::vector<StreamItem>& out);
  void tell_delta(const model::Delta& delta, std::int64_t at_ms, std::vector<StreamItem>& out);
  StatusUpdate status(Status status) const;
  ArtifactUpdate artifact(Artifact artifact, bool append, bool last) const;

  std::string task_id_;
  std::string context_id_;
  /// Text of the answer told so far; nothing before the first piece.
  std::optional<std::string> answer_;
  /// Artifacts told so far, and how many parts of each.
  std::map<std::string, std::size_t> told_;
  /// A model's thoughts were told on the way.
  bool thought_ = false;
  bool settled_ = false;
};

}  // namespace weft::adapters::a2a
