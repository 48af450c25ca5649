#include "weft/adapters/a2a/intake.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/a2a/errors.h"
#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/a2a/questions.h"
#include "weft/adapters/common/losses.h"
#include "weft/hub/limits.h"
#include "weft/model/codec.h"

namespace weft::adapters::a2a {
namespace {

model::Event delta(std::string text) {
  model::Delta out;
  out.text = std::move(text);
  return {std::move(out)};
}

bool is_text(const model::Part& part) { return std::holds_alternative<model::Text>(part.body); }

model::Artifact to_model(Artifact artifact, bool append, bool last) {
  return {std::move(artifact.id),
          std::move(artifact.name),
          std::move(artifact.description),
          std::move(artifact.parts),
          append,
          last,
          std::move(artifact.metadata)};
}

bool is_plain(std::string_view media_type) {
  return media_type.empty() || media_type == "text/plain";
}

/// What an agent answered, as weft's own door tells it: it has no name of its own.
bool is_answer(const Artifact& artifact) {
  return artifact.name == kAnswerName && artifact.description.empty() &&
         artifact.id.starts_with(kAnswerName);
}

std::string texts_of(const std::vector<model::Part>& parts) {
  return model::joined_text(parts, false);
}

/// The text of an artifact. Its pieces are kept as parts by agents that stream, so they join
/// without anything between.
std::string run_of(const std::vector<model::Part>& parts) {
  std::string out;
  for (const model::Part& part : parts) {
    if (const auto* text = std::get_if<model::Text>(&part.body)) out += text->text;
  }
  return out;
}

/// Whether a snapshot repeats what came in pieces, merged or not.
bool holds_same(const std::vector<model::Part>& pieces, const std::vector<model::Part>& whole) {
  if (pieces == whole) return true;
  const auto others = [](const std::vector<model::Part>& parts) {
    std::vector<model::Part> out;
    for (const model::Part& part : parts) {
      if (!is_text(part)) out.push_back(part);
    }
    return out;
  };
  return run_of(pieces) == run_of(whole) && others(pieces) == others(whole);
}

model::Turn turn_of(std::vector<model::Part> parts, std::string id) {
  model::Turn turn;
  turn.id = std::move(id);
  turn.role = model::Role::assistant;
  turn.parts = std::move(parts);
  return turn;
}

}  // namespace

Result<void> Intake::take(StreamItem item, std::vector<model::Event>& out) {
  if (message_ || model::terminal(state_)) {
    return fail(Reason::upstream_protocol, "the agent went on after it had ended the task");
  }
  if (auto* task = std::get_if<Task>(&item)) return take_task(std::move(*task), out);
  if (auto* message = std::get_if<Message>(&item)) {
    for (const model::Part& part : message->parts) WEFT_CHECK(count(size_of(part)));
    if (!message->context_id.empty()) context_id_ = message->context_id;
    message_ = std::move(*message);
    return {};
  }
  if (auto* update = std::get_if<StatusUpdate>(&item)) {
    WEFT_CHECK(identify(update->task_id, update->context_id, out));
    take_status(std::move(update->status), std::move(update->metadata), out);
    return {};
  }
  auto& update = std::get<ArtifactUpdate>(item);
  WEFT_CHECK(identify(update.task_id, update.context_id, out));
  return take_artifact(std::move(update.artifact), update.append, update.last_chunk, out);
}

Result<void> Intake::identify(const std::string& task, const std::string& context,
                              std::vector<model::Event>& out) {
  if (task.size() > kIdCharsMax || context.size() > kIdCharsMax) {
    return fail(Reason::upstream_protocol,
                std::format("the agent's id is longer than {} characters", kIdCharsMax));
  }
  if (!context.empty()) context_id_ = context;
  if (task.empty() || task == task_id_) return {};
  if (!task_id_.empty()) {
    return fail(
        Reason::upstream_protocol,
        std::format("the agent answered for the task {} when asked about {}", task, task_id_));
  }
  task_id_ = task;
  out.push_back({model::Accepted{task_id_, context_id_}});
  return {};
}

Result<void> Intake::take_task(Task task, std::vector<model::Event>& out) {
  WEFT_CHECK(identify(task.id, task.context_id, out));
  for (Artifact& artifact : task.artifacts) {
    WEFT_CHECK(take_artifact(std::move(artifact), false, true, out));
  }
  if (std::exchange(stale_, std::nullopt) == task.status) return {};
  take_status(std::move(task.status), std::move(task.metadata), out);
  return {};
}

void Intake::take_status(Status status, json::object metadata, std::vector<model::Event>& out) {
  const bool news = status.state != state_ || (status.message && status.message != status_.message);
  state_ = status.state;
  status_ = std::move(status);
  if (!metadata.empty()) status_metadata_ = std::move(metadata);
  if (!news || settled() || state_ == model::TaskState::submitted) return;
  model::State told;
  told.state = state_;
  if (status_.message) told.note = status_.message->parts;
  out.push_back({std::move(told)});
}

Result<void> Intake::count(std::size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= hub::kAnswerBytesMax) return {};
  return fail(Reason::too_large,
              std::format("the agent's answer is larger than {} bytes", hub::kAnswerBytesMax));
}

Result<void> Intake::take_artifact(Artifact artifact, bool append, bool last,
                                   std::vector<model::Event>& out) {
  if (!artifacts_.contains(artifact.id)) {
    if (artifacts_.size() >= kListMax) {
      return fail(Reason::too_large,
                  std::format("the agent's task has more than {} artifacts", kListMax));
    }
    order_.push_back(artifact.id);
  }
  for (const model::Part& part : artifact.parts) WEFT_CHECK(count(size_of(part)));
  Seen& seen = artifacts_[artifact.id];
  if (manner_ == Manner::faithful) {
    hand_on_faithful(seen, std::move(artifact), append, last, out);
  } else {
    hand_on_plain(seen, artifact, append, out);
  }
  return {};
}

void Intake::hand_on_faithful(Seen& seen, Artifact artifact, bool append, bool last,
                              std::vector<model::Event>& out) {
  if (append) {
    for (const model::Part& part : artifact.parts) seen.whole.parts.push_back(part);
    if (artifact.parts.empty() && !last) return;
  } else {
    // A snapshot may repeat what streamed in pieces before.
    const bool same = !seen.whole.id.empty() && seen.whole.name == artifact.name &&
                      holds_same(seen.whole.parts, artifact.parts);
    if (same && !seen.whole.parts.empty()) return;
    seen.whole = artifact;
  }
  out.push_back({to_model(std::move(artifact), append, last)});
}

void Intake::hand_on_plain(Seen& seen, const Artifact& artifact, bool append,
                           std::vector<model::Event>& out) {
  if (!append) seen.rest.clear();
  seen.whole.id = artifact.id;
  if (!artifact.name.empty()) seen.whole.name = artifact.name;
  if (!artifact.description.empty()) seen.whole.description = artifact.description;
  if (!artifact.metadata.empty()) seen.whole.metadata = artifact.metadata;
  for (const model::Part& part : artifact.parts) {
    if (!is_text(part)) seen.rest.push_back(part);
    seen.typed = seen.typed || (is_text(part) && !is_plain(part.media_type));
  }
  const std::string said = run_of(artifact.parts);
  std::string fresh = said;
  if (append) {
    seen.text += said;
  } else {
    // What was handed on stays; only what is new of the whole follows.
    if (said.starts_with(seen.text)) fresh = said.substr(seen.text.size());
    seen.text = said;
  }
  if (fresh.empty()) return;
  const bool begins = fresh.size() == said.size() && !append;
  if (begins && !text_.empty()) fresh.insert(0, "\n");
  text_ += fresh;
  note_order(seen.whole);
  out.push_back(delta(std::move(fresh)));
}

void Intake::note_order(const Artifact& artifact) {
  if (speaker_ != artifact.id) interleaved_ = interleaved_ || !spoke_.insert(artifact.id).second;
  speaker_ = artifact.id;
  // What weft's own door says as the answer has no place among the artifacts.
  if (is_answer(artifact)) return;
  const auto place = std::ranges::find(order_, artifact.id) - order_.begin();
  interleaved_ = interleaved_ || place < furthest_;
  furthest_ = std::max(furthest_, place);
}

model::Ask Intake::take_ask() {
  model::Ask ask = read_ask(state_, status_.message);
  answered_ = status_;
  state_ = model::TaskState::working;
  return ask;
}

Error Intake::failure() const {
  const std::string words = status_.message ? texts_of(status_.message->parts) : "";
  // Another weft says exactly what it was.
  if (const json::object* exact = json::object_at(status_metadata_, "weft.error")) {
    Error error = model::error_from_json(*exact);
    error.solution.clear();
    if (!words.empty()) error.message = words;
    if (error.reason != Reason::none) return not_the_callers(std::move(error));
  }
  switch (state_) {
    case model::TaskState::rejected:
      return make_error(Reason::refused, words.empty() ? "the agent refused the task" : words);
    case model::TaskState::canceled:
      return make_error(Reason::cancelled, words.empty() ? "the agent cancelled the task" : words);
    default:
      return make_error(Reason::solution_failed,
                        words.empty() ? "the agent's task failed; it did not say why" : words);
  }
}

model::Output Intake::plain_output(std::vector<model::Event>& out) {
  model::Output output;
  std::vector<model::Part> data;
  std::size_t others = 0;
  for (const std::string& id : order_) {
    for (const model::Part& part : artifacts_[id].rest) {
      if (std::holds_alternative<model::Data>(part.body))
        data.push_back(part);
      else
        ++others;
    }
  }
  const bool one = data.size() == 1 && data.front().meta.empty();
  if (one) output.data = std::get<model::Data>(data.front().body).json;
  for (const std::string& id : order_) {
    Seen& seen = artifacts_[id];
    if (one)
      std::erase_if(seen.rest, [](const model::Part& p) {
        return std::holds_alternative<model::Data>(p.body);
      });
    if (seen.rest.empty()) continue;
    seen.made = true;
    seen.whole.parts = std::move(seen.rest);
    model::Artifact artifact = to_model(std::move(seen.whole), false, true);
    output.artifacts.push_back(artifact);
    out.push_back({std::move(artifact)});
  }
  // Some agents put the answer into the last status instead of an artifact.
  if (text_.empty() && !output.data && others == 0 && data.empty() && status_.message) {
    output.data = model::plain_data({.turns = {turn_of(status_.message->parts, "")}});
    text_ = texts_of(status_.message->parts);
    if (!text_.empty()) out.push_back(delta(text_));
  }
  if (!text_.empty()) output.turns.push_back(turn_of({model::Part::text(text_)}, ""));
  return output;
}

/// What another weft says of the answer beside it.
void Intake::take_facts(model::Output& output) const {
  const json::object& about = message_ ? message_->metadata : status_metadata_;
  if (const json::object* usage = json::object_at(about, "weft.usage")) {
    const auto count = [&](std::string_view key) { return json::int_at(*usage, key).value_or(0); };
    output.usage =
        model::Usage{count("input"), count("output"), count("cached"), count("reasoning")};
  }
  output.finish =
      model::finish_from(json::string_at(about, "weft.finish")).value_or(model::Finish::stop);
  output.model = json::string_at(about, "weft.model");
}

std::vector<model::Loss> Intake::take_losses() {
  // What another weft lost before.
  std::vector<model::Loss> losses =
      losses_from(json::find(message_ ? message_->metadata : status_metadata_, "weft.loss"));
  if (manner_ == Manner::faithful || message_) return losses;
  LossNotes notes(losses);
  bool typed = false;
  bool unnamed = false;
  for (const std::string& id : order_) {
    const Seen& seen = artifacts_[id];
    typed = typed || seen.typed;
    unnamed = unnamed || (!seen.made && !is_answer(seen.whole));
  }
  notes.approximated(unnamed, "/artifacts", "artifact", "text", "what was said is one text");
  notes.dropped(typed, "/artifacts", "text_type", "what was said is plain text");
  if (interleaved_) {
    losses.push_back({"/artifacts", "text", "text", model::LossKind::reordered,
                      "artifacts were told in turn; what was said is one text"});
  }
  return losses;
}

Result<model::Output> Intake::finish(std::vector<model::Event>& out) {
  json::object about;
  if (!task_id_.empty()) about["taskId"] = task_id_;
  if (!context_id_.empty()) about["contextId"] = context_id_;
  if (manner_ == Manner::faithful && !activated_.empty())
    about["activated"] = json::array(activated_.begin(), activated_.end());
  model::Output output;
  if (message_) {
    if (manner_ == Manner::plain) {
      std::string text = texts_of(message_->parts);
      if (!text.empty()) out.push_back(delta(std::move(text)));
    } else {
      about["message"] = Codec(Version::v10).write(*message_);
    }
    output.turns.push_back(turn_of(std::move(message_->parts), message_->id));
    if (manner_ == Manner::plain) output.data = model::plain_data(output);
  } else if (state_ != model::TaskState::completed) {
    return fail(failure());
  } else if (manner_ == Manner::plain) {
    output = plain_output(out);
  } else {
    if (status_.message) about["statusMessage"] = Codec(Version::v10).write(*status_.message);
    json::object kept = status_metadata_;
    kept.erase("weft.loss");  // told on with this hub's own
    if (!kept.empty()) about["metadata"] = std::move(kept);
  }
  take_facts(output);
  output.meta["a2a"] = std::move(about);
  return output;
}

}  // namespace weft::adapters::a2a
