#include "weft/adapters/a2a/codec_v03.h"

#include <format>
#include <utility>

#include "weft/wire/base64.h"

namespace weft::adapters::a2a {
namespace {

using model::TaskState;

// 0.3 has no place for these: a media type of text and data, and data that is no object.
constexpr std::string_view kMediaType = "weft.media_type";
constexpr std::string_view kWrapped = "weft.wrapped";

std::string_view state_v03(TaskState state) {
  switch (state) {
    case TaskState::submitted: return "submitted";
    case TaskState::working: return "working";
    case TaskState::ask: return "input-required";
    case TaskState::auth: return "auth-required";
    case TaskState::completed: return "completed";
    case TaskState::failed: return "failed";
    case TaskState::canceled: return "canceled";
    case TaskState::rejected: return "rejected";
  }
  return "unknown";
}

std::string_view role_v03(Speaker role) { return role == Speaker::user ? "user" : "agent"; }

std::string_view state_v03_rest(TaskState state) {
  // a2a.v1 spells this one with two l.
  if (state == TaskState::canceled) return "TASK_STATE_CANCELLED";
  return spelling(Version::v10).state(state);
}

std::string_view role_v03_rest(Speaker role) { return spelling(Version::v10).role(role); }

json::value wrapped(const model::Data& data, json::object& metadata) {
  if (data.json.is_object()) return data.json;
  metadata[kWrapped] = true;
  return json::object{{"value", data.json}};
}

/// The two 0.3 bindings agree on text and metadata.
json::object finish(json::object out, json::object metadata, const model::Part& part, bool file) {
  if (!file && !part.media_type.empty()) metadata[kMediaType] = part.media_type;
  if (!metadata.empty()) out["metadata"] = std::move(metadata);
  return out;
}

json::object write_part_v03(const model::Part& given) {
  const Carried carried = carry(given);
  const model::Part& part = carried.part();
  json::object metadata = part.meta;
  json::object out;
  json::object file;
  if (const auto* text = std::get_if<model::Text>(&part.body)) {
    out = {{"kind", "text"}, {"text", text->text}};
  } else if (const auto* data = std::get_if<model::Data>(&part.body)) {
    out["kind"] = "data";
    out["data"] = wrapped(*data, metadata);
  } else if (const auto* blob = std::get_if<model::Blob>(&part.body)) {
    file["bytes"] = wire::base64_encode(blob->bytes);
    if (!blob->filename.empty()) file["name"] = blob->filename;
  } else if (const auto* link = std::get_if<model::Link>(&part.body)) {
    file["uri"] = link->uri;
    if (!link->name.empty()) file["name"] = link->name;
  }
  const bool is_file = !file.empty();
  if (is_file) {
    if (!part.media_type.empty()) file["mimeType"] = part.media_type;
    out["kind"] = "file";
    out["file"] = std::move(file);
  }
  return finish(std::move(out), std::move(metadata), part, is_file);
}

json::object write_part_v03_rest(const model::Part& given) {
  const Carried carried = carry(given);
  const model::Part& part = carried.part();
  json::object metadata = part.meta;
  json::object out;
  json::object file;
  if (const auto* text = std::get_if<model::Text>(&part.body)) {
    out["text"] = text->text;
  } else if (const auto* data = std::get_if<model::Data>(&part.body)) {
    json::object inner;
    inner["data"] = wrapped(*data, metadata);
    out["data"] = std::move(inner);
  } else if (const auto* blob = std::get_if<model::Blob>(&part.body)) {
    file["fileWithBytes"] = wire::base64_encode(blob->bytes);
    if (!blob->filename.empty()) file["name"] = blob->filename;
  } else if (const auto* link = std::get_if<model::Link>(&part.body)) {
    file["fileWithUri"] = link->uri;
    if (!link->name.empty()) file["name"] = link->name;
  }
  const bool is_file = !file.empty();
  if (is_file) {
    if (!part.media_type.empty()) file["mimeType"] = part.media_type;
    out["file"] = std::move(file);
  }
  return finish(std::move(out), std::move(metadata), part, is_file);
}

Result<model::Part> read_file(const json::value& v, const std::string& path) {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  WEFT_TRY(const auto name, fields.text("name"));
  model::Part part;
  WEFT_TRY(part.media_type, fields.text("mimeType"));
  const std::string_view bytes_key = fields.find("bytes") != nullptr ? "bytes" : "fileWithBytes";
  if (fields.find(bytes_key) != nullptr) {
    WEFT_TRY(const auto base64, fields.text(bytes_key));
    auto bytes = wire::base64_decode(base64);
    const std::string where = fields.path_of(bytes_key);
    if (!bytes) return fail(make_argument_error(where, where + ": expected base64"));
    part.body = model::Blob{*std::move(bytes), name};
    return part;
  }
  const std::string_view uri_key = fields.find("uri") != nullptr ? "uri" : "fileWithUri";
  WEFT_TRY(auto uri, fields.needed_text(uri_key));
  part.body = model::Link{std::move(uri), name, std::nullopt};
  return part;
}

Result<model::Part> part_body_v03(const Fields& fields, bool proto) {
  if (const json::value* text = fields.find("text")) {
    if (!text->is_string()) return fail(wrong_type(fields.path_of("text"), "a string", *text));
    return model::Part::text(std::string(text->get_string()));
  }
  if (const json::value* file = fields.find("file"))
    return read_file(*file, fields.path_of("file"));
  if (const json::value* data = fields.find("data")) {
    const json::value* inner = proto ? json::find(*data, "data") : data;
    if (inner == nullptr || !inner->is_object()) {
      return fail(
          wrong_type(fields.path_of("data"), "an object", inner == nullptr ? *data : *inner));
    }
    return model::Part::data(*inner);
  }
  return fail(make_argument_error(
      fields.path(), std::format("{}: expected one of text, file or data", fields.path())));
}

Result<model::Part> read_part_any(const json::value& v, const std::string& path, bool proto) {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  WEFT_TRY(auto part, part_body_v03(fields, proto));
  WEFT_TRY(part.meta, fields.object("metadata"));
  if (const json::value* type = json::find(part.meta, kMediaType);
      type != nullptr && type->is_string()) {
    part.media_type = std::string(type->get_string());
    part.meta.erase(kMediaType);
  }
  if (auto* data = std::get_if<model::Data>(&part.body);
      data != nullptr && part.meta.contains(kWrapped)) {
    const json::value* value = json::find(data->json, "value");
    if (value != nullptr) {
      json::value inner = *value;
      data->json = std::move(inner);
      part.meta.erase(kWrapped);
    }
  }
  return uncarry(std::move(part));
}

Result<model::Part> read_part_v03(const json::value& v, const std::string& path) {
  return read_part_any(v, path, false);
}

Result<model::Part> read_part_v03_rest(const json::value& v, const std::string& path) {
  return read_part_any(v, path, true);
}

constexpr Spelling kV03{Version::v03, "parts",        true,         state_v03,
                        role_v03,     write_part_v03, read_part_v03};
constexpr Spelling kV03Rest{Version::v03_rest, "content",     false,
                            state_v03_rest,    role_v03_rest, write_part_v03_rest,
                            read_part_v03_rest};

}  // namespace

const Spelling& spelling_v03() { return kV03; }
const Spelling& spelling_v03_rest() { return kV03Rest; }

}  // namespace weft::adapters::a2a
