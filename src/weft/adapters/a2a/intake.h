// What an agent's tasks, messages and updates mean as events of a call. Owned by one call of the
// client; pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weft/adapters/a2a/messages.h"
#include "weft/base/result.h"
#include "weft/model/event.h"

namespace weft::adapters::a2a {

/// How the answer is handed on: `plain` for callers of other protocols (text becomes deltas, one
/// data part the structured result), `faithful` for A2A callers (artifacts stay artifacts, a
/// message stays a message).
enum class Manner : std::uint8_t { plain, faithful };

/// Law: whatever items come, in whatever pieces, text that was handed on is never taken back nor
/// handed on twice.
class Intake {
 public:
  explicit Intake(Manner manner) : manner_(manner) {}

  /// Appends what the item means. Errors: another task's item, something after the end, or an
  /// answer that outgrows the limit.
  Result<void> take(StreamItem item, std::vector<model::Event>& out);
  /// The extensions that the agent activated for what comes next.
  void note_activated(std::vector<std::string> extensions) { activated_ = std::move(extensions); }
  /// What comes next is the answer to a reply. In a stream it begins with the task as it was when
  /// it asked.
  void expect_reply(bool streamed) { stale_ = streamed ? answered_ : std::nullopt; }

  /// A message came, or the task is terminal or interrupted.
  bool settled() const {
    return message_.has_value() || model::terminal(state_) || interrupted(state_);
  }
  bool asks() const { return !message_ && interrupted(state_); }
  /// The question of an interrupted task; the intake then goes on with what follows the answer.
  model::Ask take_ask();
  /// The outcome of a settled call that asks nothing; events that had to wait for the end are
  /// appended first.
  Result<model::Output> finish(std::vector<model::Event>& out);

  /// What of the answer was not handed on as it was.
  std::vector<model::Loss> take_losses();

  const std::string& task_id() const { return task_id_; }
  const std::string& context_id() const { return context_id_; }
  /// The task may still be running at the agent.
  bool open() const { return !task_id_.empty() && !model::terminal(state_); }

 private:
  struct Seen {
    Artifact whole;
    std::string text;
    /// Data, files and links, handed on at the end.
    std::vector<model::Part> rest;
    /// Text of it had a media type.
    bool typed = false;
    bool made = false;
  };
  Result<void> identify(const std::string& task, const std::string& context,
                        std::vector<model::Event>& out);
  Result<void> take_task(Task task, std::vector<model::Event>& out);
  void take_status(Status status, json::object metadata, std::vector<model::Event>& out);
  Result<void> take_artifact(Artifact artifact, bool append, bool last,
                             std::vector<model::Event>& out);
  void hand_on_faithful(Seen& seen, Artifact artifact, bool append, bool last,
                        std::vector<model::Event>& out);
  void hand_on_plain(Seen& seen, const Artifact& artifact, bool append,
                     std::vector<model::Event>& out);
  void note_order(const Artifact& artifact);
  Result<void> count(std::size_t bytes);
  void take_facts(model::Output& output) const;
  Error failure() const;
  model::Output plain_output(std::vector<model::Event>& out);

  Manner manner_;
  std::string task_id_;
  std::string context_id_;
  model::TaskState state_ = model::TaskState::submitted;
  Status status_;
  json::object status_metadata_;
  /// The status whose question was answered last; and while that may be told once more.
  std::optional<Status> answered_;
  std::optional<Status> stale_;
  std::optional<Message> message_;
  std::vector<std::string> activated_;
  std::map<std::string, Seen> artifacts_;
  /// Artifacts in the order they came.
  std::vector<std::string> order_;
  std::string text_;
  /// The artifact that spoke last, those that spoke, and the furthest place of one that did.
  std::string speaker_;
  std::set<std::string> spoke_;
  std::ptrdiff_t furthest_ = 0;
  /// One spoke again after another, or after one of a later place.
  bool interleaved_ = false;
  std::size_t bytes_ = 0;
};

}  // namespace weft::adapters::a2a
