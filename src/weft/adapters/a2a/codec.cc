#include "weft/adapters/a2a/codec.h"

#include <format>
#include <utility>

#include "weft/adapters/a2a/codec_v03.h"
#include "weft/adapters/a2a/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::a2a {
namespace {

using model::TaskState;

std::string_view state_v10(TaskState state) {
  switch (state) {
    case TaskState::submitted: return "TASK_STATE_SUBMITTED";
    case TaskState::working: return "TASK_STATE_WORKING";
    case TaskState::ask: return "TASK_STATE_INPUT_REQUIRED";
    case TaskState::auth: return "TASK_STATE_AUTH_REQUIRED";
    case TaskState::completed: return "TASK_STATE_COMPLETED";
    case TaskState::failed: return "TASK_STATE_FAILED";
    case TaskState::canceled: return "TASK_STATE_CANCELED";
    case TaskState::rejected: return "TASK_STATE_REJECTED";
  }
  return "TASK_STATE_UNSPECIFIED";
}

std::string_view role_v10(Speaker role) {
  return role == Speaker::user ? "ROLE_USER" : "ROLE_AGENT";
}

json::object write_part_v10(const model::Part& given) {
  const Carried carried = carry(given);
  const model::Part& part = carried.part();
  json::object out;
  out.reserve(4);
  std::string media_type = part.media_type;
  if (const auto* text = std::get_if<model::Text>(&part.body)) {
    out["text"] = text->text;
  } else if (const auto* data = std::get_if<model::Data>(&part.body)) {
    out["data"] = data->json;
    if (media_type.empty()) media_type = "application/json";
  } else if (const auto* blob = std::get_if<model::Blob>(&part.body)) {
    out["raw"] = wire::base64_encode(blob->bytes);
    if (!blob->filename.empty()) out["filename"] = blob->filename;
  } else if (const auto* link = std::get_if<model::Link>(&part.body)) {
    out["url"] = link->uri;
    if (!link->name.empty()) out["filename"] = link->name;
  }
  if (!media_type.empty()) out["mediaType"] = media_type;
  if (!part.meta.empty()) out["metadata"] = part.meta;
  return out;
}

Result<model::Part> part_body_v10(const Fields& fields, const std::string& filename) {
  model::Part part;
  int kinds = 0;
  if (const json::value* text = fields.find("text")) {
    if (!text->is_string()) return fail(wrong_type(fields.path_of("text"), "a string", *text));
    part.body = model::Text{std::string(text->get_string())};
    ++kinds;
  }
  if (fields.find("raw") != nullptr) {
    WEFT_TRY(auto base64, fields.text("raw"));
    auto bytes = wire::base64_decode(base64);
    const std::string path = fields.path_of("raw");
    if (!bytes) return fail(make_argument_error(path, path + ": expected base64"));
    part.body = model::Blob{*std::move(bytes), filename};
    ++kinds;
  }
  if (fields.find("url") != nullptr) {
    WEFT_TRY(auto uri, fields.text("url"));
    part.body = model::Link{std::move(uri), filename, std::nullopt};
    ++kinds;
  }
  if (const json::value* data = fields.find("data"); data != nullptr && kinds == 0) {
    part.body = model::Data{*data};
    ++kinds;
  }
  if (kinds == 1) return part;
  return fail(make_argument_error(
      fields.path(), std::format("{}: expected one of text, raw, url or data", fields.path())));
}

Result<model::Part> read_part_v10(const json::value& v, const std::string& path) {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  WEFT_TRY(const auto filename, fields.text("filename"));
  // ProtoJSON writes a `data` of null too: there it is the content, not an absent member.
  const json::value* null_data = json::find(v, "data");
  if (null_data != nullptr && null_data->is_null() && v.get_object().size() <= 2 &&
      fields.find("text") == nullptr && fields.find("raw") == nullptr &&
      fields.find("url") == nullptr) {
    return model::Part::data(nullptr);
  }
  WEFT_TRY(auto part, part_body_v10(fields, filename));
  WEFT_TRY(part.media_type, fields.text("mediaType"));
  WEFT_TRY(part.meta, fields.object("metadata"));
  const bool text = std::holds_alternative<model::Text>(part.body);
  const bool data = std::holds_alternative<model::Data>(part.body);
  if ((text && part.media_type == "text/plain") ||
      (data && part.media_type == "application/json")) {
    part.media_type.clear();
  }
  return uncarry(std::move(part));
}

constexpr Spelling kV10{Version::v10, "parts",        false,        state_v10,
                        role_v10,     write_part_v10, read_part_v10};

Result<Speaker> read_role(const Fields& fields) {
  WEFT_TRY(const auto word, fields.text("role"));
  if (word == "ROLE_USER" || word == "user") return Speaker::user;
  if (word == "ROLE_AGENT" || word == "agent") return Speaker::agent;
  const std::string path = fields.path_of("role");
  return fail(make_argument_error(path, std::format("{}: expected ROLE_USER or ROLE_AGENT", path)));
}

void put(json::object& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}

void put(json::object& out, std::string_view key, const json::object& object) {
  if (!object.empty()) out[key] = object;
}

void put(json::object& out, std::string_view key, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  json::array array;
  for (const std::string& text : texts) array.emplace_back(text);
  out[key] = std::move(array);
}

/// Unknown members go back out; what weft writes itself wins.
void put_extras(json::object& out, const json::object& extras) {
  for (const auto& member : extras) out.insert(member);
}

json::array write_parts(const Spelling& spelling, const std::vector<model::Part>& parts) {
  json::array out;
  out.reserve(parts.size());
  for (const model::Part& part : parts) out.push_back(spelling.write_part(part));
  return out;
}

Result<std::vector<model::Part>> read_parts(const Spelling& spelling, const Fields& fields,
                                            std::string_view key) {
  WEFT_TRY(auto parts, fields.list<model::Part>(key, spelling.read_part));
  if (parts.size() > kPartsMax) {
    return fail(Reason::too_large,
                std::format("{}: more than {} parts", fields.path_of(key), kPartsMax));
  }
  return parts;
}

}  // namespace

std::string_view to_string(Version version) { return version == Version::v10 ? "1.0" : "0.3"; }

const Spelling& spelling(Version version) {
  if (version == Version::v03) return spelling_v03();
  if (version == Version::v03_rest) return spelling_v03_rest();
  return kV10;
}

json::object Codec::write(const Message& message) const {
  json::object out;
  out.reserve(9 + message.extras.size());
  if (spelling_.kinds) out["kind"] = "message";
  out["messageId"] = message.id;
  out["role"] = spelling_.role(message.role);
  out[spelling_.parts_key] = write_parts(spelling_, message.parts);
  put(out, "contextId", message.context_id);
  put(out, "taskId", message.task_id);
  put(out, "metadata", message.metadata);
  put(out, "extensions", message.extensions);
  put(out, "referenceTaskIds", message.reference_task_ids);
  put_extras(out, message.extras);
  return out;
}

json::object Codec::write(const Status& status) const {
  json::object out{{"state", spelling_.state(status.state)}};
  if (status.message) out["message"] = write(*status.message);
  put(out, "timestamp", status.timestamp);
  return out;
}

json::object Codec::write(const Artifact& artifact) const {
  json::object out{{"artifactId", artifact.id}};
  put(out, "name", artifact.name);
  put(out, "description", artifact.description);
  out["parts"] = write_parts(spelling_, artifact.parts);
  put(out, "metadata", artifact.metadata);
  put(out, "extensions", artifact.extensions);
  put_extras(out, artifact.extras);
  return out;
}

json::object Codec::write(const Task& task) const {
  json::object out;
  if (spelling_.kinds) out["kind"] = "task";
  out["id"] = task.id;
  out["contextId"] = task.context_id;
  out["status"] = write(task.status);
  if (!task.artifacts.empty()) {
    json::array artifacts;
    for (const Artifact& artifact : task.artifacts) artifacts.push_back(write(artifact));
    out["artifacts"] = std::move(artifacts);
  }
  if (!task.history.empty()) {
    json::array history;
    for (const Message& message : task.history) history.push_back(write(message));
    out["history"] = std::move(history);
  }
  put(out, "metadata", task.metadata);
  put_extras(out, task.extras);
  return out;
}

json::object Codec::write(const StatusUpdate& update) const {
  json::object out;
  if (spelling_.kinds) out["kind"] = "status-update";
  out["taskId"] = update.task_id;
  out["contextId"] = update.context_id;
  out["status"] = write(update.status);
  if (spelling_.version != Version::v10) {
    out["final"] = model::terminal(update.status.state) || interrupted(update.status.state);
  }
  put(out, "metadata", update.metadata);
  put_extras(out, update.extras);
  return out;
}

json::object Codec::write(const ArtifactUpdate& update) const {
  json::object out;
  if (spelling_.kinds) out["kind"] = "artifact-update";
  out["taskId"] = update.task_id;
  out["contextId"] = update.context_id;
  out["artifact"] = write(update.artifact);
  if (update.append) out["append"] = true;
  if (update.last_chunk) out["lastChunk"] = true;
  put(out, "metadata", update.metadata);
  put_extras(out, update.extras);
  return out;
}

json::object Codec::write(const StreamItem& item) const {
  constexpr std::string_view kNames[] = {"task", "message", "statusUpdate", "artifactUpdate"};
  json::object inner = std::visit([this](const auto& body) { return write(body); }, item);
  if (spelling_.kinds) return inner;
  json::object out;
  out[kNames[item.index()]] = std::move(inner);
  return out;
}

json::object Codec::write(const SendRequest& request) const {
  json::object out;
  out.reserve(4);
  if (spelling_.version == Version::v10) put(out, "tenant", request.tenant);
  out["message"] = write(request.message);
  json::object configuration;
  put(configuration, "acceptedOutputModes", request.accepted_output_modes);
  if (request.history_length) configuration["historyLength"] = *request.history_length;
  if (spelling_.version == Version::v10) {
    if (request.return_immediately) configuration["returnImmediately"] = true;
  } else {
    configuration["blocking"] = !request.return_immediately;
  }
  put(out, "configuration", configuration);
  put(out, "metadata", request.metadata);
  return out;
}

Result<Message> Codec::read_message(const json::value& v, const std::string& path) const {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  Message out;
  WEFT_TRY(out.id, fields.text("messageId"));
  WEFT_TRY(out.context_id, fields.text("contextId"));
  WEFT_TRY(out.task_id, fields.text("taskId"));
  WEFT_TRY(out.role, read_role(fields));
  WEFT_TRY(out.parts, read_parts(spelling_, fields, spelling_.parts_key));
  WEFT_TRY(out.metadata, fields.object("metadata"));
  WEFT_TRY(out.extensions, fields.texts("extensions"));
  WEFT_TRY(out.reference_task_ids, fields.texts("referenceTaskIds"));
  out.extras = fields.others({"kind", "messageId", "contextId", "taskId", "role",
                              spelling_.parts_key, "metadata", "extensions", "referenceTaskIds"});
  return out;
}

Result<Status> Codec::read_status(const json::value& v, const std::string& path) const {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  Status out;
  WEFT_TRY(const auto word, fields.needed_text("state"));
  const std::optional<TaskState> state = read_state(word);
  if (!state) {
    const std::string where = fields.path_of("state");
    return fail(make_argument_error(where, std::format("{}: `{}` is no task state", where, word)));
  }
  out.state = *state;
  if (const json::value* message = fields.find("message")) {
    WEFT_TRY(out.message, read_message(*message, fields.path_of("message")));
  }
  WEFT_TRY(out.timestamp, fields.text("timestamp"));
  return out;
}

Result<Artifact> Codec::read_artifact(const json::value& v, const std::string& path) const {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  Artifact out;
  WEFT_TRY(out.id, fields.text("artifactId"));
  WEFT_TRY(out.name, fields.text("name"));
  WEFT_TRY(out.description, fields.text("description"));
  WEFT_TRY(out.parts, read_parts(spelling_, fields, "parts"));
  WEFT_TRY(out.metadata, fields.object("metadata"));
  WEFT_TRY(out.extensions, fields.texts("extensions"));
  out.extras =
      fields.others({"artifactId", "name", "description", "parts", "metadata", "extensions"});
  return out;
}

Result<Task> Codec::read_task(const json::value& v, const std::string& path) const {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  Task out;
  WEFT_TRY(out.id, fields.needed_text("id"));
  WEFT_TRY(out.context_id, fields.text("contextId"));
  const json::value* status = fields.find("status");
  if (status == nullptr) {
    return fail(
        make_argument_error(fields.path_of("status"), fields.path_of("status") + ": is required"));
  }
  WEFT_TRY(out.status, read_status(*status, fields.path_of("status")));
  WEFT_TRY(out.artifacts,
           fields.list<Artifact>("artifacts", [this](const json::value& a, const std::string& p) {
             return read_artifact(a, p);
           }));
  WEFT_TRY(out.history,
           fields.list<Message>("history", [this](const json::value& m, const std::string& p) {
             return read_message(m, p);
           }));
  WEFT_TRY(out.metadata, fields.object("metadata"));
  out.extras =
      fields.others({"kind", "id", "contextId", "status", "artifacts", "history", "metadata"});
  return out;
}

Result<StatusUpdate> Codec::read_status_update(const json::value& v,
                                               const std::string& path) const {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  StatusUpdate out;
  WEFT_TRY(out.task_id, fields.text("taskId"));
  WEFT_TRY(out.context_id, fields.text("contextId"));
  const json::value* status = fields.find("status");
  if (status == nullptr) {
    return fail(
        make_argument_error(fields.path_of("status"), fields.path_of("status") + ": is required"));
  }
  WEFT_TRY(out.status, read_status(*status, fields.path_of("status")));
  WEFT_TRY(out.metadata, fields.object("metadata"));
  out.extras = fields.others({"kind", "taskId", "contextId", "status", "metadata", "final"});
  return out;
}

Result<ArtifactUpdate> Codec::read_artifact_update(const json::value& v,
                                                   const std::string& path) const {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  ArtifactUpdate out;
  WEFT_TRY(out.task_id, fields.text("taskId"));
  WEFT_TRY(out.context_id, fields.text("contextId"));
  const json::value* artifact = fields.find("artifact");
  if (artifact == nullptr) {
    const std::string where = fields.path_of("artifact");
    return fail(make_argument_error(where, where + ": is required"));
  }
  WEFT_TRY(out.artifact, read_artifact(*artifact, fields.path_of("artifact")));
  WEFT_TRY(out.append, fields.boolean("append", false));
  WEFT_TRY(out.last_chunk, fields.boolean("lastChunk", false));
  WEFT_TRY(out.metadata, fields.object("metadata"));
  out.extras =
      fields.others({"kind", "taskId", "contextId", "artifact", "append", "lastChunk", "metadata"});
  return out;
}

Result<StreamItem> Codec::read_item(const json::value& v) const {
  WEFT_TRY(const auto fields, Fields::of(v, ""));
  WEFT_TRY(const auto kind, fields.text("kind"));
  const auto at = [&](std::string_view name, std::string_view of_kind) -> const json::value* {
    return kind.empty() ? fields.find(name) : kind == of_kind ? &v : nullptr;
  };
  const auto path = [&](std::string_view name) {
    return kind.empty() ? fields.path_of(name) : std::string();
  };
  if (const auto* task = at("task", "task")) return read_task(*task, path("task"));
  if (const auto* said = at("message", "message")) return read_message(*said, path("message"));
  if (const auto* said = at("msg", "message")) return read_message(*said, path("msg"));
  if (const auto* update = at("statusUpdate", "status-update")) {
    return read_status_update(*update, path("statusUpdate"));
  }
  if (const auto* update = at("artifactUpdate", "artifact-update")) {
    return read_artifact_update(*update, path("artifactUpdate"));
  }
  // Some agents leave out `kind` where 0.3 wants it.
  if (spelling_.kinds && fields.find("status") != nullptr) return read_task(v, "");
  if (spelling_.kinds && fields.find("parts") != nullptr) return read_message(v, "");
  return fail(make_argument_error("", "expected a task, a message or an update of a task"));
}

Result<SendRequest> Codec::read_request(const json::object& params) const {
  const Fields fields(params, "");
  SendRequest out;
  WEFT_TRY(out.tenant, fields.text("tenant"));
  const json::value* message = fields.find("message");
  if (message == nullptr && spelling_.version == Version::v03_rest)
    message = fields.find("request");
  if (message == nullptr) return fail(make_argument_error("/message", "/message: is required"));
  WEFT_TRY(out.message, read_message(*message, "/message"));
  WEFT_TRY(const auto configuration, fields.object("configuration"));
  const Fields wanted(configuration, "/configuration");
  WEFT_TRY(out.accepted_output_modes, wanted.texts("acceptedOutputModes"));
  WEFT_TRY(out.history_length, wanted.integer("historyLength"));
  const bool v10 = spelling_.version == Version::v10;
  WEFT_TRY(const bool at_once, wanted.boolean("returnImmediately", false));
  // ProtoJSON leaves `false` out: over 0.3's HTTP binding a missing flag cannot mean "do not wait".
  WEFT_TRY(const bool blocking, wanted.boolean("blocking", true));
  out.return_immediately = v10 ? at_once : !blocking;
  out.push = wanted.find("taskPushNotificationConfig") != nullptr ||
             wanted.find("pushNotificationConfig") != nullptr ||
             wanted.find("pushNotification") != nullptr;
  WEFT_TRY(out.metadata, fields.object("metadata"));
  return out;
}

Result<ListRequest> Codec::read_list(const json::object& params) const {
  const Fields fields(params, "");
  ListRequest out;
  WEFT_TRY(out.tenant, fields.text("tenant"));
  WEFT_TRY(out.context_id, fields.text("contextId"));
  WEFT_TRY(const auto state, fields.text("status"));
  if (!state.empty() && state != "TASK_STATE_UNSPECIFIED") {
    out.state = read_state(state);
    if (!out.state) {
      return fail(
          make_argument_error("/status", std::format("/status: `{}` is no task state", state)));
    }
  }
  WEFT_TRY(out.page_size, fields.integer("pageSize"));
  WEFT_TRY(out.page_token, fields.text("pageToken"));
  WEFT_TRY(out.history_length, fields.integer("historyLength"));
  WEFT_TRY(const auto after, fields.text("statusTimestampAfter"));
  if (!after.empty()) {
    WEFT_TRY(out.updated_after_ms, parse_timestamp(after, "/statusTimestampAfter"));
  }
  WEFT_TRY(out.include_artifacts, fields.boolean("includeArtifacts", false));
  return out;
}

}  // namespace weft::adapters::a2a
