#include <array>
#include <format>

#include "weft/model/codec.h"
#include "weft/model/fields.h"

namespace weft::model {
namespace {

constexpr std::array<std::string_view, 4> kDeltas{"text", "reasoning", "refusal", "tool_call"};

/// Reads a word and finds the enumerator whose to_string() it is.
template <class Enum>
void read_word(Fields& fields, std::string_view key, Enum& out, Enum last) {
  std::string word(to_string(out));
  fields.text(key, word);
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (to_string(static_cast<Enum>(i)) != word) continue;
    out = static_cast<Enum>(i);
    return;
  }
  fields.fault(make_argument_error(std::format("/{}", key),
                                   std::format("/{}: `{}` is not known", key, word)));
}

json::array parts_json(const std::vector<Part>& parts) {
  json::array out;
  for (const auto& part : parts) out.push_back(to_json(part));
  return out;
}

json::object usage_json(const Usage& usage) {
  json::object o;
  o["input"] = usage.input;
  o["output"] = usage.output;
  if (usage.cached != 0) o["cached"] = usage.cached;
  if (usage.reasoning != 0) o["reasoning"] = usage.reasoning;
  return o;
}

void read_usage(Fields& fields, Usage& usage) {
  fields.integer("input", usage.input);
  fields.integer("output", usage.output);
  fields.integer("cached", usage.cached);
  fields.integer("reasoning", usage.reasoning);
}

Result<Loss> loss_from(const json::value& v) {
  Fields fields(v);
  Loss loss;
  fields.text("path", loss.path);
  fields.text("from", loss.from);
  fields.text("to", loss.to);
  read_word(fields, "kind", loss.kind, LossKind::reordered);
  fields.text("note", loss.note);
  WEFT_CHECK(fields.done());
  return loss;
}

json::object consent_json(const Ask::Consent& consent) {
  json::object o;
  put(o, "id", consent.id);
  put(o, "digest", consent.digest);
  put(o, "approvers", consent.approvers);
  o["expires_ms"] = consent.expires_ms;
  return o;
}

Result<Ask::Consent> consent_from(const json::value& v) {
  Fields fields(v);
  Ask::Consent consent;
  fields.text("id", consent.id);
  fields.text("digest", consent.digest);
  fields.texts("approvers", consent.approvers);
  fields.integer("expires_ms", consent.expires_ms);
  WEFT_CHECK(fields.done());
  return consent;
}

Result<Ask::Item> item_from(const json::value& v) {
  Fields fields(v);
  Ask::Item item;
  read_word(fields, "kind", item.kind, Ask::Kind::login);
  fields.text("message", item.message);
  fields.value("schema", item.schema);
  fields.text("url", item.url);
  fields.object("raw", item.raw);
  if (const auto* consent = fields.find("consent")) {
    WEFT_TRY(item.consent, consent_from(*consent));
  }
  WEFT_CHECK(fields.done());
  return item;
}

struct WriteEvent {
  json::object& o;

  void operator()(const Accepted& v) const {
    o["type"] = "accepted";
    put(o, "task", v.upstream_task);
    put(o, "context", v.upstream_context);
  }
  void operator()(const State& v) const {
    o["type"] = "state";
    o["state"] = to_string(v.state);
    if (!v.note.empty()) o["note"] = parts_json(v.note);
    if (!v.progress) return;
    json::object progress;
    progress["done"] = v.progress->done;
    put(progress, "total", v.progress->total);
    put(progress, "text", v.progress->text);
    o["progress"] = std::move(progress);
  }
  void operator()(const Delta& v) const {
    o["type"] = "delta";
    o["kind"] = kDeltas.at(static_cast<std::size_t>(v.kind));
    put(o, "text", v.text);
    if (v.tool_index != 0) o["tool_index"] = v.tool_index;
    put(o, "tool_id", v.tool_id);
    put(o, "tool_name", v.tool_name);
  }
  void operator()(const Artifact& v) const {
    o = to_json(v);
    o["type"] = "artifact";
  }
  void operator()(const Ask& v) const {
    o = to_json(v);
    o["type"] = "ask";
  }
  void operator()(const Usage& v) const {
    o = usage_json(v);
    o["type"] = "usage";
  }
  void operator()(const Log& v) const {
    o["type"] = "log";
    put(o, "level", v.level);
    put(o, "logger", v.logger);
    o["data"] = v.data;
  }
  void operator()(const End& v) const {
    o["type"] = "end";
    if (v.outcome) {
      o["output"] = to_json(*v.outcome);
    } else {
      o["error"] = to_json(v.outcome.error());
    }
    if (!v.losses.empty()) o["losses"] = to_json(v.losses);
  }
};

void read(Fields& fields, Accepted& v) {
  fields.text("task", v.upstream_task);
  fields.text("context", v.upstream_context);
}

void read(Fields& fields, State& v) {
  read_word(fields, "state", v.state, TaskState::rejected);
  fields.list("note", v.note, part_from_json);
  const json::value* member = fields.find("progress");
  if (!member) return;
  Fields inner(*member);
  Progress progress;
  inner.number("done", progress.done);
  inner.number("total", progress.total);
  inner.text("text", progress.text);
  if (auto read = inner.done(); !read) return fields.fault(std::move(read).error());
  v.progress = std::move(progress);
}

void read(Fields& fields, Delta& v) {
  std::string kind(kDeltas[0]);
  fields.text("kind", kind);
  const auto* found = std::ranges::find(kDeltas, kind);
  if (found == kDeltas.end()) return fields.wrong("kind", "text, reasoning, refusal or tool_call");
  v.kind = static_cast<Delta::Kind>(found - kDeltas.begin());
  fields.text("text", v.text);
  fields.integer("tool_index", v.tool_index);
  fields.text("tool_id", v.tool_id);
  fields.text("tool_name", v.tool_name);
}

void read(Fields& fields, Usage& v) { read_usage(fields, v); }

void read(Fields& fields, Log& v) {
  fields.text("level", v.level);
  fields.text("logger", v.logger);
  std::optional<json::value> data;
  fields.value("data", data);
  if (data) v.data = *std::move(data);
}

void read(Fields& fields, End& v) {
  fields.list("losses", v.losses, loss_from);
  if (const json::value* error = fields.find("error")) {
    if (!error->is_object()) return fields.wrong("error", "object");
    v.outcome = std::unexpected(error_from_json(error->get_object()));
    return;
  }
  const json::value* output = fields.find("output");
  if (!output)
    return fields.fault(
        make_argument_error("/output", "/output: an end needs an output or an error"));
  auto read = output_from_json(*output);
  if (!read) return fields.fault(std::move(read).error());
  v.outcome = *std::move(read);
}

/// A member that is a value of its own, with the type word beside it.
template <class Body, class Read>
void read_whole(Fields& fields, const json::value& v, Event& event, Read read) {
  Result<Body> body = read(v);
  if (!body) return fields.fault(std::move(body).error());
  event.body = *std::move(body);
}

template <class Body>
void read_as(Fields& fields, Event& event) {
  Body body{};
  read(fields, body);
  event.body = std::move(body);
}

bool read_body(Fields& fields, const json::value& v, std::string_view type, Event& event) {
  if (type == "accepted") return read_as<Accepted>(fields, event), true;
  if (type == "state") return read_as<State>(fields, event), true;
  if (type == "delta") return read_as<Delta>(fields, event), true;
  if (type == "artifact") return read_whole<Artifact>(fields, v, event, artifact_from_json), true;
  if (type == "ask") return read_whole<Ask>(fields, v, event, ask_from_json), true;
  if (type == "usage") return read_as<Usage>(fields, event), true;
  if (type == "log") return read_as<Log>(fields, event), true;
  if (type == "end") return read_as<End>(fields, event), true;
  return false;
}

}  // namespace

json::object to_json(const Event& event) {
  json::object o;
  std::visit(WriteEvent{o}, event.body);
  return o;
}

Result<Event> event_from_json(const json::value& v) {
  Fields fields(v);
  Event event;
  std::string type;
  fields.text("type", type);
  if (!read_body(fields, v, type, event)) {
    fields.fault(
        make_argument_error("/type", std::format("/type: `{}` is no kind of event", type)));
  }
  WEFT_CHECK(fields.done());
  return event;
}

json::object to_json(const Artifact& artifact) {
  json::object o;
  put(o, "id", artifact.id);
  put(o, "name", artifact.name);
  put(o, "description", artifact.description);
  if (!artifact.parts.empty()) o["parts"] = parts_json(artifact.parts);
  put(o, "append", artifact.append);
  if (!artifact.last) o["last"] = false;
  put(o, "meta", artifact.meta);
  return o;
}

Result<Artifact> artifact_from_json(const json::value& v) {
  Fields fields(v);
  Artifact artifact;
  fields.text("id", artifact.id);
  fields.text("name", artifact.name);
  fields.text("description", artifact.description);
  fields.list("parts", artifact.parts, part_from_json);
  fields.flag("append", artifact.append);
  fields.flag("last", artifact.last);
  fields.object("meta", artifact.meta);
  WEFT_CHECK(fields.done());
  return artifact;
}

json::object to_json(const Ask& ask) {
  json::object items;
  for (const auto& [key, item] : ask.items) {
    json::object o;
    o["kind"] = to_string(item.kind);
    put(o, "message", item.message);
    put(o, "schema", item.schema);
    put(o, "url", item.url);
    put(o, "raw", item.raw);
    if (item.consent) o["consent"] = consent_json(*item.consent);
    items[key] = std::move(o);
  }
  json::object out;
  out["items"] = std::move(items);
  return out;
}

Result<Ask> ask_from_json(const json::value& v) {
  Fields fields(v);
  json::object items;
  fields.object("items", items);
  Ask ask;
  for (const auto& [key, value] : items) {
    WEFT_TRY(auto item, item_from(value));
    ask.items.emplace(std::string(key), std::move(item));
  }
  WEFT_CHECK(fields.done());
  return ask;
}

json::object to_json(const Output& output) {
  json::object o;
  put_list(o, "turns", output.turns, [](const Turn& turn) { return to_json(turn); });
  put_list(o, "artifacts", output.artifacts,
           [](const Artifact& artifact) { return to_json(artifact); });
  put(o, "data", output.data);
  put_list(o, "tensors", output.tensors, [](const Tensor& tensor) { return to_json(tensor); });
  o["finish"] = to_string(output.finish);
  if (output.usage) o["usage"] = usage_json(*output.usage);
  put(o, "model", output.model);
  put(o, "meta", output.meta);
  return o;
}

Result<Output> output_from_json(const json::value& v) {
  Fields fields(v);
  Output output;
  fields.list("turns", output.turns, turn_from_json);
  fields.list("artifacts", output.artifacts, artifact_from_json);
  fields.value("data", output.data);
  fields.list("tensors", output.tensors, tensor_from_json);
  read_word(fields, "finish", output.finish, Finish::paused);
  if (const json::value* usage = fields.find("usage")) {
    Fields inner(*usage);
    Usage read;
    read_usage(inner, read);
    if (auto done = inner.done(); !done) fields.fault(std::move(done).error());
    output.usage = read;
  }
  fields.text("model", output.model);
  fields.object("meta", output.meta);
  WEFT_CHECK(fields.done());
  return output;
}

json::object to_json(const Error& error) {
  json::object o;
  o["code"] = to_string(error.code);
  o["reason"] = to_string(error.reason);
  o["message"] = text_value(error.message);
  put(o, "param", error.param);
  put(o, "solution", error.solution);
  put(o, "retryable", error.retryable);
  if (error.retry_after)
    o["retry_after_ms"] = static_cast<std::int64_t>(error.retry_after->count());
  if (error.upstream_status != 0) o["upstream_status"] = error.upstream_status;
  return o;
}

Error error_from_json(const json::object& o) {
  Error error;
  error.reason = reason_from(json::string_at(o, "reason")).value_or(Reason::none);
  error.code = code_of(error.reason);
  const std::string_view code = json::string_at(o, "code");
  for (int i = 1; i <= static_cast<int>(Code::unauthenticated); ++i) {
    if (to_string(static_cast<Code>(i)) == code) error.code = static_cast<Code>(i);
  }
  error.message = json::string_at(o, "message");
  error.param = json::string_at(o, "param");
  error.solution = json::string_at(o, "solution");
  error.retryable = json::bool_at(o, "retryable").value_or(false);
  if (const auto after = json::int_at(o, "retry_after_ms"))
    error.retry_after = std::chrono::milliseconds(*after);
  error.upstream_status = static_cast<int>(json::int_at(o, "upstream_status").value_or(0));
  return error;
}

}  // namespace weft::model
