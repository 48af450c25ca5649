#include "weft/adapters/a2a/view.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/a2a/questions.h"
#include "weft/adapters/common/losses.h"
#include "weft/base/clock.h"
#include "weft/base/json_compare.h"
#include "weft/model/codec.h"

namespace weft::adapters::a2a {
namespace {

Message agent_message(const std::string& task_id, const std::string& context_id, std::string id,
                      std::vector<model::Part> parts) {
  Message out;
  out.id = std::move(id);
  out.role = Speaker::agent;
  out.task_id = task_id;
  out.context_id = context_id;
  out.parts = std::move(parts);
  return out;
}

/// The same event gets the same id whoever reads it, and whenever.
std::string message_id(const std::string& task_id, std::string_view what) {
  return std::format("{}-{}", task_id, what);
}

Message message_of_turn(const model::Turn& turn, const hub::TaskView& view, std::size_t index) {
  Message out;
  out.id = turn.id.empty() ? message_id(view.id.str(), std::format("turn-{}", index)) : turn.id;
  out.role = turn.role == model::Role::assistant ? Speaker::agent : Speaker::user;
  out.task_id = view.id.str();
  out.context_id = view.context.str();
  out.parts = turn.parts;
  return out;
}

Artifact from_model(const model::Artifact& artifact, std::size_t index) {
  Artifact out;
  out.id = artifact.id.empty() ? std::format("artifact-{}", index + 1) : artifact.id;
  out.name = artifact.name;
  out.description = artifact.description;
  out.parts = artifact.parts;
  out.metadata = artifact.meta;
  return out;
}

bool is_data(const model::Part& part) { return std::holds_alternative<model::Data>(part.body); }
bool is_text(const model::Part& part) { return std::holds_alternative<model::Text>(part.body); }

/// The answer itself: what was said, the structured result, tensors. Data is told in words too when
/// nothing else was.
std::vector<model::Part> answer_parts(const model::Output& output) {
  std::vector<model::Part> parts;
  std::size_t most = 2 + output.tensors.size();
  for (const model::Turn& turn : output.turns) most += turn.parts.size();
  parts.reserve(most);
  for (const model::Turn& turn : output.turns) {
    for (const model::Part& part : turn.parts) {
      const auto* text = std::get_if<model::Text>(&part.body);
      const bool nothing = text != nullptr && text->text.empty();
      if (!nothing && !std::holds_alternative<model::Reasoning>(part.body)) parts.push_back(part);
    }
  }
  const auto same = [&](const model::Part& part) {
    const auto* data = std::get_if<model::Data>(&part.body);
    return data != nullptr && json::equal(data->json, *output.data);
  };
  if (output.data && std::ranges::none_of(parts, same))
    parts.push_back(model::Part::data(*output.data));
  for (const model::Tensor& tensor : output.tensors) {
    model::Part part;
    part.body = tensor;
    parts.push_back(std::move(part));
  }
  const auto data = std::ranges::find_if(parts, is_data);
  if (data != parts.end() && std::ranges::none_of(parts, is_text)) {
    std::string words = json::write(std::get<model::Data>(data->body).json);
    parts.insert(parts.begin(), model::Part::text(std::move(words)));
  }
  return parts;
}

json::object usage_json(const model::Usage& usage) {
  return {{"input", usage.input},
          {"output", usage.output},
          {"cached", usage.cached},
          {"reasoning", usage.reasoning}};
}

/// Of a model's thoughts only those on the way are told, as the words of a status.
void note_thoughts(bool there, std::vector<model::Loss>& losses) {
  LossNotes(losses).dropped(there, "/turns", "reasoning", "an answer of A2A has no thoughts");
}

std::vector<model::Loss> losses_of(const model::End& end) {
  std::vector<model::Loss> losses = end.losses;
  if (!end.outcome) return losses;
  const Contents said = turns_of(*end.outcome);
  note_thoughts(said.reasoning || said.opaque, losses);
  return losses;
}

/// What A2A has no field for.
json::object metadata_of(const model::End& end, const std::vector<model::Loss>& losses) {
  json::object out;
  if (!losses.empty()) out["weft.loss"] = model::to_json(losses);
  if (!end.outcome) {
    out["weft.error"] = model::to_json(end.outcome.error());
    return out;
  }
  const model::Output& output = *end.outcome;
  if (const json::object* about = json::object_at(output.meta, "a2a")) {
    if (const json::object* theirs = json::object_at(*about, "metadata")) {
      for (const auto& member : *theirs) out.insert(member);
    }
  }
  if (output.usage) out["weft.usage"] = usage_json(*output.usage);
  if (!output.model.empty()) out["weft.model"] = output.model;
  if (output.finish != model::Finish::stop) out["weft.finish"] = model::to_string(output.finish);
  return out;
}

model::TaskState state_of_error(const Error& error) {
  if (error.reason == Reason::cancelled) return model::TaskState::canceled;
  if (error.reason == Reason::refused) return model::TaskState::rejected;
  return model::TaskState::failed;
}

/// What the agent said with its last status, where the solution is one.
std::optional<Message> last_words(const model::Output& output) {
  const json::object* about = json::object_at(output.meta, "a2a");
  const json::value* said = about == nullptr ? nullptr : json::find(*about, "statusMessage");
  if (said == nullptr) return std::nullopt;
  auto message = Codec(Version::v10).read_message(*said, "");
  return message ? std::optional<Message>(*std::move(message)) : std::nullopt;
}

Status status_now(const hub::TaskView& view) {
  Status out;
  const std::string& task = view.id.str();
  const std::string& context = view.context.str();
  if (view.end) {
    out = a2a::status_of(*view.end, view.updated_ms);
    if (out.message) {
      out.message->task_id = task;
      out.message->context_id = context;
      if (out.message->id.empty()) out.message->id = message_id(task, "end");
    }
    return out;
  }
  out.state = view.state;
  out.timestamp = to_rfc3339(view.updated_ms);
  if (view.ask && !view.ask->items.empty()) {
    out.state = state_of(*view.ask);
    out.message = agent_message(task, context, message_id(task, std::format("ask-{}", view.head)),
                                write_ask(*view.ask));
  } else if (!view.note.empty()) {
    out.message = agent_message(task, context, message_id(task, std::format("note-{}", view.head)),
                                view.note);
  }
  return out;
}

void put_artifact(std::vector<Artifact>& list, Artifact artifact) {
  const auto same =
      std::ranges::find_if(list, [&](const Artifact& other) { return other.id == artifact.id; });
  if (same == list.end())
    list.push_back(std::move(artifact));
  else
    *same = std::move(artifact);
}

}  // namespace

Status status_of(const model::End& end, std::int64_t at_ms) {
  Status out;
  out.timestamp = to_rfc3339(at_ms);
  if (end.outcome) {
    const bool refused = end.outcome->finish == model::Finish::refused;
    out.state = refused ? model::TaskState::rejected : model::TaskState::completed;
    out.message = last_words(*end.outcome);
    return out;
  }
  const Error& error = end.outcome.error();
  out.state = state_of_error(error);
  out.message = agent_message("", "", "", {model::Part::text(error.message)});
  return out;
}

std::vector<Artifact> artifacts_of(const model::Output& output) {
  std::vector<Artifact> out;
  for (const model::Artifact& artifact : output.artifacts)
    put_artifact(out, from_model(artifact, out.size()));
  std::vector<model::Part> parts = answer_parts(output);
  if (parts.empty()) return out;
  Artifact answer;
  answer.id = kAnswerName;
  // An artifact of the solution's own may have the name.
  while (std::ranges::any_of(out, [&](const Artifact& other) { return other.id == answer.id; }))
    answer.id += "-text";
  answer.name = kAnswerName;
  answer.parts = std::move(parts);
  out.push_back(std::move(answer));
  return out;
}

Task task_of(const hub::TaskView& view, const Show& show) {
  Task out;
  out.id = view.id.str();
  out.context_id = view.context.str();
  out.status = status_now(view);
  if (show.artifacts) {
    for (const model::Artifact& artifact : view.artifacts) {
      put_artifact(out.artifacts, from_model(artifact, out.artifacts.size()));
    }
    if (view.end && view.end->outcome) {
      for (Artifact& artifact : artifacts_of(*view.end->outcome))
        put_artifact(out.artifacts, std::move(artifact));
    }
  }
  if (view.end) out.metadata = metadata_of(*view.end, losses_of(*view.end));
  const std::size_t all = view.history.size();
  const std::size_t most =
      show.history ? static_cast<std::size_t>(std::max<std::int64_t>(0, *show.history)) : all;
  for (std::size_t i = all - std::min(all, most); i < all; ++i) {
    out.history.push_back(message_of_turn(view.history[i], view, i));
  }
  return out;
}

std::optional<Message> message_of(const model::Event& event, const std::string& context_id) {
  const auto* end = std::get_if<model::End>(&event.body);
  if (end == nullptr || !end->outcome) return std::nullopt;
  const json::object* about = json::object_at(end->outcome->meta, "a2a");
  const json::value* said = about == nullptr ? nullptr : json::find(*about, "message");
  if (said == nullptr) return std::nullopt;
  auto message = Codec(Version::v10).read_message(*said, "");
  if (!message) return std::nullopt;
  message->context_id = context_id;
  message->task_id.clear();
  if (const auto losses = losses_of(*end); !losses.empty())
    message->metadata["weft.loss"] = model::to_json(losses);
  return *std::move(message);
}

std::optional<Message> message_of(const hub::TaskView& view) {
  if (!view.end) return std::nullopt;
  return message_of(model::Event{*view.end}, view.context.str());
}

std::vector<std::string> activated_for(const hub::TaskView& view) {
  std::vector<std::string> out;
  if (!view.end || !view.end->outcome) return out;
  const json::object* about = json::object_at(view.end->outcome->meta, "a2a");
  const json::array* list = about == nullptr ? nullptr : json::array_at(*about, "activated");
  if (list == nullptr) return out;
  for (const json::value& uri : *list) {
    if (uri.is_string()) out.emplace_back(std::string_view(uri.get_string()));
  }
  return out;
}

Message answer_of(const model::End& end, std::string id, std::string context_id) {
  Message out = agent_message("", context_id, std::move(id), {});
  std::vector<model::Loss> losses = losses_of(end);
  if (end.outcome) {
    LossNotes(losses).approximated(!end.outcome->artifacts.empty(), "/artifacts", "artifact",
                                   "parts", "the answer needed no task");
    // The answer first: an artifact's parts are what belongs to it.
    std::vector<Artifact> artifacts = artifacts_of(*end.outcome);
    std::ranges::stable_partition(
        artifacts, [](const Artifact& artifact) { return artifact.name == kAnswerName; });
    for (Artifact& artifact : artifacts) {
      for (model::Part& part : artifact.parts) out.parts.push_back(std::move(part));
    }
  }
  if (out.parts.empty()) out.parts.push_back(model::Part::text(""));
  out.metadata = metadata_of(end, losses);
  return out;
}

Telling::Telling(std::string task_id, std::string context_id)
    : task_id_(std::move(task_id)), context_id_(std::move(context_id)) {}

StatusUpdate Telling::status(Status status) const {
  if (status.message) {
    status.message->task_id = task_id_;
    status.message->context_id = context_id_;
  }
  return {task_id_, context_id_, std::move(status), {}, {}};
}

ArtifactUpdate Telling::artifact(Artifact artifact, bool append, bool last) const {
  return {task_id_, context_id_, std::move(artifact), append, last, {}, {}};
}

void Telling::skip(const hub::TaskEvent& event) {
  (void)tell(event);
  settled_ = false;
}

void Telling::complete(Task& snapshot) const {
  if (!answer_ || answer_->empty()) return;
  const auto shown = [](const Artifact& artifact) { return artifact.id == kAnswerName; };
  if (std::ranges::any_of(snapshot.artifacts, shown)) return;
  Artifact answer;
  answer.id = answer.name = kAnswerName;
  answer.parts.push_back(model::Part::text(*answer_));
  snapshot.artifacts.push_back(std::move(answer));
}

void Telling::tell_delta(const model::Delta& delta, std::int64_t at_ms,
                         std::vector<StreamItem>& out) {
  if (delta.kind == model::Delta::Kind::tool_call) return;  // told whole, at the end
  if (delta.kind == model::Delta::Kind::reasoning) {
    thought_ = true;
    model::Part part;
    part.body = model::Reasoning{delta.text, ""};
    Status working{model::TaskState::working, std::nullopt, to_rfc3339(at_ms)};
    working.message = agent_message("", "", message_id(task_id_, std::format("thought-{}", at_ms)),
                                    {std::move(part)});
    out.emplace_back(status(std::move(working)));
    return;
  }
  if (delta.text.empty()) return;
  Artifact piece;
  piece.id = piece.name = kAnswerName;
  model::Part part = model::Part::text(delta.text);
  if (delta.kind == model::Delta::Kind::refusal) part.body = model::Refusal{delta.text};
  piece.parts.push_back(std::move(part));
  out.emplace_back(artifact(std::move(piece), answer_.has_value(), false));
  answer_ = answer_.value_or("") + delta.text;
}

void Telling::tell_end(const model::End& end, std::int64_t at_ms, std::vector<StreamItem>& out) {
  if (end.outcome) {
    for (Artifact& whole : artifacts_of(*end.outcome)) {
      // An answer that streamed is closed below, with what of it is no text.
      if (told_.contains(whole.id) || (answer_ && whole.id == kAnswerName)) continue;
      out.emplace_back(artifact(std::move(whole), false, true));
    }
  }
  if (answer_) {
    Artifact rest;
    rest.id = rest.name = kAnswerName;
    if (end.outcome) {
      for (model::Part& part : answer_parts(*end.outcome)) {
        const bool streamed = is_text(part) || std::holds_alternative<model::Refusal>(part.body);
        if (!streamed) rest.parts.push_back(std::move(part));
      }
    }
    if (rest.parts.empty()) rest.parts.push_back(model::Part::text(""));
    out.emplace_back(artifact(std::move(rest), true, true));
  }
  StatusUpdate last = status(status_of(end, at_ms));
  if (last.status.message && last.status.message->id.empty())
    last.status.message->id = message_id(task_id_, "end");
  std::vector<model::Loss> losses = losses_of(end);
  if (losses.size() == end.losses.size()) note_thoughts(thought_, losses);
  last.metadata = metadata_of(end, losses);
  out.emplace_back(std::move(last));
}

std::vector<StreamItem> Telling::tell(const hub::TaskEvent& event) {
  std::vector<StreamItem> out;
  const std::int64_t at = event.at_ms;
  if (const auto* state = std::get_if<model::State>(&event.event.body)) {
    Status working{state->state, std::nullopt, to_rfc3339(at)};
    if (model::terminal(working.state) || interrupted(working.state))
      working.state = model::TaskState::working;
    std::vector<model::Part> note = state->note;
    if (note.empty() && state->progress && !state->progress->text.empty()) {
      note.push_back(model::Part::text(state->progress->text));
    }
    if (!note.empty()) {
      working.message = agent_message(
          "", "", message_id(task_id_, std::format("note-{}", event.seq)), std::move(note));
    }
    StatusUpdate update = status(std::move(working));
    if (state->progress) {
      json::object progress{{"done", state->progress->done}};
      if (state->progress->total) progress["total"] = *state->progress->total;
      update.metadata["weft.progress"] = std::move(progress);
    }
    out.emplace_back(std::move(update));
  } else if (const auto* delta = std::get_if<model::Delta>(&event.event.body)) {
    tell_delta(*delta, at, out);
  } else if (const auto* made = std::get_if<model::Artifact>(&event.event.body)) {
    Artifact piece = from_model(*made, told_.size());
    told_[piece.id] += piece.parts.size();
    out.emplace_back(artifact(std::move(piece), made->append, made->last));
  } else if (const auto* ask = std::get_if<model::Ask>(&event.event.body)) {
    Status waiting{state_of(*ask), std::nullopt, to_rfc3339(at)};
    waiting.message = agent_message("", "", message_id(task_id_, std::format("ask-{}", event.seq)),
                                    write_ask(*ask));
    out.emplace_back(status(std::move(waiting)));
    settled_ = true;
  } else if (const auto* end = std::get_if<model::End>(&event.event.body)) {
    tell_end(*end, at, out);
    settled_ = true;
  }
  return out;
}

}  // namespace weft::adapters::a2a
