#include "weft/adapters/openai/messages.h"

#include <array>
#include <format>

#include "weft/adapters/openai/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::openai {
namespace {

using model::Part;
using model::Role;
using model::Turn;

std::unexpected<Error> wrong(const std::string& at, std::string message) {
  return fail(make_argument_error(at, std::move(message)));
}

Part link_part(std::string_view uri, std::string media_type) {
  return Part{.body = model::Link{.uri = std::string(uri)}, .media_type = std::move(media_type)};
}

Result<Part> image_part(const json::object& o, const std::string& at) {
  const auto* image = json::object_at(o, "image_url");
  if (!image) return wrong(at + "/image_url", "expected an object with `url`");
  const auto url = json::string_at(*image, "url");
  if (url.empty()) return wrong(at + "/image_url/url", "expected a URL");
  Part part;
  if (auto blob = blob_from_data_url(url)) {
    part = std::move(*blob);
  } else if (url.starts_with("data:")) {
    return wrong(at + "/image_url/url", "the data URL is not base64");
  } else {
    part = link_part(url, "image/*");
  }
  if (const auto detail = json::string_at(*image, "detail"); !detail.empty())
    part.meta["detail"] = detail;
  return part;
}

Result<Part> audio_part(const json::object& o, const std::string& at) {
  const auto* audio = json::object_at(o, "input_audio");
  if (!audio) return wrong(at + "/input_audio", "expected an object with `data` and `format`");
  auto bytes = wire::base64_decode(json::string_at(*audio, "data"));
  if (!bytes) return wrong(at + "/input_audio/data", "expected base64");
  const auto format = json::string_at(*audio, "format");
  return Part{
      .body = model::Blob{.bytes = std::move(*bytes)},
      .media_type = format == "mp3" ? std::string("audio/mpeg") : std::format("audio/{}", format)};
}

/// What the name of a file says of its type.
std::string media_type_of_name(std::string_view filename) {
  using Row = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Row, 8> kTypes{{{".pdf", "application/pdf"},
                                              {".json", "application/json"},
                                              {".txt", "text/plain"},
                                              {".md", "text/markdown"},
                                              {".csv", "text/csv"},
                                              {".html", "text/html"},
                                              {".png", "image/png"},
                                              {".jpg", "image/jpeg"}}};
  for (const auto& [tail, type] : kTypes) {
    if (filename.ends_with(tail)) return std::string(type);
  }
  return "application/octet-stream";
}

/// A file as a data URL, or as base64 alone.
std::optional<Part> file_blob(std::string_view data, std::string_view filename) {
  if (data.starts_with("data:")) return blob_from_data_url(data);
  auto bytes = wire::base64_decode(data);
  if (!bytes || bytes->empty()) return std::nullopt;
  return Part{.body = model::Blob{.bytes = std::move(*bytes)},
              .media_type = media_type_of_name(filename)};
}

Result<Part> file_part(const json::object& o, const std::string& at) {
  const auto* file = json::object_at(o, "file");
  if (!file) return wrong(at + "/file", "expected an object with `file_data` or `file_id`");
  const auto name = json::string_at(*file, "filename");
  if (const auto id = json::string_at(*file, "file_id"); !id.empty()) {
    return wrong(at + "/file/file_id", "weft keeps no files: send the file itself as `file_data`");
  }
  auto part = file_blob(json::string_at(*file, "file_data"), name);
  if (!part) return wrong(at + "/file/file_data", "expected base64, or a data URL of it");
  std::get<model::Blob>(part->body).filename = name;
  return std::move(*part);
}

Result<Part> content_part(const json::value& v, const std::string& at) {
  const auto* o = v.if_object();
  if (!o) return wrong(at, std::format("expected an object, got {}", json::type_name(v)));
  const auto type = json::string_at(*o, "type");
  if (type == "text") {
    const auto* text = json::find(*o, "text");
    if (!text || !text->is_string()) return wrong(at + "/text", "expected a string");
    return Part::text(std::string(text->get_string()));
  }
  if (type == "image_url") return image_part(*o, at);
  if (type == "input_audio") return audio_part(*o, at);
  if (type == "file") return file_part(*o, at);
  if (type == "refusal") {
    return Part{.body = model::Refusal{std::string(json::string_at(*o, "refusal"))}};
  }
  return wrong(at + "/type",
               std::format("`{}` is no content part: use text, image_url, input_audio, file "
                           "or refusal",
                           type));
}

Result<std::vector<Part>> content_parts(const json::value* content, const std::string& at) {
  std::vector<Part> parts;
  if (!content || content->is_null()) return parts;
  if (content->is_string()) {
    parts.push_back(Part::text(std::string(content->get_string())));
    return parts;
  }
  const auto* list = content->if_array();
  if (!list)
    return wrong(at,
                 std::format("expected a string or an array, got {}", json::type_name(*content)));
  if (list->size() > kPartsPerMessageMax) {
    return wrong(at, std::format("a message has at most {} parts", kPartsPerMessageMax));
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    WEFT_TRY(Part part, content_part((*list)[i], std::format("{}/{}", at, i)));
    parts.push_back(std::move(part));
  }
  return parts;
}

Result<void> add_assistant_parts(Turn& turn, const json::object& o, const std::string& at) {
  if (const auto text = json::string_at(o, "reasoning_content"); !text.empty()) {
    turn.parts.insert(turn.parts.begin(),
                      Part{.body = model::Reasoning{.text = std::string(text)}});
  }
  if (const auto text = json::string_at(o, "refusal"); !text.empty()) {
    turn.parts.push_back(Part{.body = model::Refusal{std::string(text)}});
  }
  if (const auto* calls = json::array_at(o, "tool_calls")) {
    WEFT_TRY(auto parts, parts_from_tool_calls(*calls, at + "/tool_calls"));
    for (Part& part : parts) turn.parts.push_back(std::move(part));
  }
  return {};
}

Result<Turn> turn_from_message(const json::value& v, const std::string& at) {
  const auto* o = v.if_object();
  if (!o) return wrong(at, std::format("expected an object, got {}", json::type_name(v)));
  const auto word = json::string_at(*o, "role");
  const auto role = model::role_from(word);
  if (!role) {
    return wrong(
        at + "/role",
        std::format("`{}` is no role: use developer, system, user, assistant or tool", word));
  }
  Turn turn;
  turn.role = *role;
  turn.name = json::string_at(*o, "name");
  WEFT_TRY(turn.parts, content_parts(json::find(*o, "content"), at + "/content"));
  if (turn.role == Role::assistant) WEFT_CHECK(add_assistant_parts(turn, *o, at));
  if (turn.role == Role::tool) {
    const auto id = json::string_at(*o, "tool_call_id");
    if (id.empty()) return wrong(at + "/tool_call_id", "a tool message names the call it answers");
    model::ToolResult result{.call_id = std::string(id), .parts = std::move(turn.parts)};
    turn.parts.clear();
    turn.parts.push_back(Part{.body = std::move(result)});
  }
  if (turn.parts.empty() && turn.role == Role::user)
    return wrong(at + "/content", "a user message has content");
  return turn;
}

// ---- turns to messages

json::object text_json(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

/// OpenAI knows two formats of sound, `mp3` and `wav`; media types have more names for them.
std::string_view audio_format(std::string_view media_type) {
  std::string_view format = media_type.substr(media_type.find('/') + 1);
  format = format.substr(0, format.find_first_of("; "));
  if (format == "mpeg" || format == "mpeg3" || format == "x-mp3") return "mp3";
  if (format == "x-wav" || format == "wave" || format == "vnd.wave") return "wav";
  return format;
}

json::object blob_json(const Part& part, const model::Blob& blob) {
  const std::string& type = part.media_type;
  if (type.starts_with("audio/")) {
    return {{"type", "input_audio"},
            {"input_audio",
             {{"data", wire::base64_encode(blob.bytes)}, {"format", audio_format(type)}}}};
  }
  if (type.starts_with("image/")) {
    json::object image{{"url", data_url(type, blob.bytes)}};
    if (const auto detail = json::string_at(part.meta, "detail"); !detail.empty())
      image["detail"] = detail;
    return {{"type", "image_url"}, {"image_url", std::move(image)}};
  }
  json::object file{{"file_data", data_url(type, blob.bytes)}};
  if (!blob.filename.empty()) file["filename"] = blob.filename;
  return {{"type", "file"}, {"file", std::move(file)}};
}

json::object link_json(const Part& part, const model::Link& link) {
  if (!part.media_type.starts_with("image/")) return text_json(link.uri);
  json::object image{{"url", link.uri}};
  if (const auto detail = json::string_at(part.meta, "detail"); !detail.empty())
    image["detail"] = detail;
  return {{"type", "image_url"}, {"image_url", std::move(image)}};
}

/// One turn's message under construction.
struct MessageWriter {
  std::string at;
  std::vector<model::Loss>& losses;
  json::array content{};
  json::array tool_calls{};
  std::string reasoning{};
  std::string refusal{};

  void lose(std::string_view what, std::string_view to, model::LossKind kind) {
    losses.push_back({at, std::string(what), std::string(to), kind, ""});
  }
  void operator()(const Part&, const model::Text& text) { content.push_back(text_json(text.text)); }
  void operator()(const Part&, const model::Data& data) {
    lose("data", "text", model::LossKind::approximated);
    content.push_back(text_json(json::write(data.json)));
  }
  void operator()(const Part& part, const model::Blob& blob) {
    content.push_back(blob_json(part, blob));
  }
  void operator()(const Part& part, const model::Link& link) {
    if (!part.media_type.starts_with("image/")) lose("link", "text", model::LossKind::approximated);
    content.push_back(link_json(part, link));
  }
  void operator()(const Part&, const model::Tensor&) {
    lose("tensor", "", model::LossKind::dropped);
  }
  void operator()(const Part&, const model::ToolCall& call) {
    tool_calls.push_back(tool_call_json(call));
  }
  void operator()(const Part&, const model::ToolResult&) {}
  void operator()(const Part&, const model::Reasoning& r) { reasoning += r.text; }
  void operator()(const Part&, const model::Refusal& r) { refusal += r.text; }
};

/// A single text goes as a plain string: every server takes that.
json::value content_value(json::array content) {
  if (content.empty()) return nullptr;
  if (content.size() == 1) {
    const auto& only = content[0].as_object();
    if (only.at("type") == "text") return only.at("text");
  }
  return content;
}

json::object tool_message(const model::ToolResult& result, const std::string& at,
                          std::vector<model::Loss>& losses) {
  for (const Part& part : result.parts) {
    const bool said = std::holds_alternative<model::Text>(part.body) ||
                      std::holds_alternative<model::Data>(part.body);
    if (!said)
      losses.push_back({at, "media", "", model::LossKind::dropped, "tool messages are text"});
  }
  return {{"role", "tool"},
          {"tool_call_id", result.call_id},
          {"content", model::joined_text(result.parts, true)}};
}

json::object message_from_turn(const Turn& turn, MessageWriter& writer) {
  for (const Part& part : turn.parts) {
    std::visit([&](const auto& body) { writer(part, body); }, part.body);
  }
  json::object message{{"role", model::to_string(turn.role)}};
  if (!turn.name.empty()) message["name"] = turn.name;
  message["content"] = content_value(std::move(writer.content));
  if (!writer.reasoning.empty()) message["reasoning_content"] = writer.reasoning;
  if (!writer.refusal.empty()) message["refusal"] = writer.refusal;
  if (!writer.tool_calls.empty()) message["tool_calls"] = std::move(writer.tool_calls);
  if (message["content"].is_null() && turn.role != Role::assistant) message["content"] = "";
  return message;
}

}  // namespace

Result<std::vector<Turn>> turns_from_messages(const json::array& messages) {
  if (messages.empty()) return wrong("/messages", "at least one message is needed");
  if (messages.size() > kMessagesMax) {
    return wrong("/messages", std::format("at most {} messages are read", kMessagesMax));
  }
  std::vector<Turn> turns;
  turns.reserve(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    WEFT_TRY(Turn turn, turn_from_message(messages[i], "/messages/" + std::to_string(i)));
    turns.push_back(std::move(turn));
  }
  return turns;
}

json::array messages_from_turns(const std::vector<Turn>& turns, std::vector<model::Loss>& losses) {
  json::array messages;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const Turn& turn = turns[i];
    const std::string at = std::format("/turns/{}", i);
    bool answered = false;
    for (const Part& part : turn.parts) {
      if (const auto* result = std::get_if<model::ToolResult>(&part.body)) {
        messages.push_back(tool_message(*result, at, losses));
        answered = true;
      }
    }
    if (answered && turn.role == Role::tool) continue;
    MessageWriter writer{.at = at, .losses = losses};
    messages.push_back(message_from_turn(turn, writer));
  }
  return messages;
}

Result<std::vector<Part>> parts_from_tool_calls(const json::array& calls, const std::string& at) {
  if (calls.size() > kToolCallsMax)
    return wrong(at, std::format("at most {} tool calls are read", kToolCallsMax));
  std::vector<Part> parts;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const std::string here = std::format("{}/{}", at, i);
    const auto* call = calls[i].if_object();
    const auto* function = call ? json::object_at(*call, "function") : nullptr;
    if (!function)
      return wrong(here + "/function", "expected an object: only function calls are spoken here");
    const auto name = json::string_at(*function, "name");
    if (name.empty()) return wrong(here + "/function/name", "expected the name of the function");
    model::ToolCall body{.id = std::string(json::string_at(*call, "id")),
                         .name = std::string(name),
                         .arguments_text = std::string(json::string_at(*function, "arguments"))};
    parts.push_back(Part{.body = std::move(body)});
  }
  return parts;
}

json::object tool_call_json(const model::ToolCall& call) {
  return {{"id", call.id},
          {"type", "function"},
          {"function", {{"name", call.name}, {"arguments", call.arguments_text}}}};
}

std::string data_url(std::string_view media_type, std::string_view bytes) {
  return std::format("data:{};base64,{}",
                     media_type.empty() ? "application/octet-stream" : media_type,
                     wire::base64_encode(bytes));
}

std::optional<Part> blob_from_data_url(std::string_view url) {
  if (!url.starts_with("data:")) return std::nullopt;
  url.remove_prefix(5);
  const auto comma = url.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  auto head = url.substr(0, comma);
  if (!head.ends_with(";base64")) return std::nullopt;
  head.remove_suffix(7);
  auto bytes = wire::base64_decode(url.substr(comma + 1));
  if (!bytes) return std::nullopt;
  return Part{.body = model::Blob{.bytes = std::move(*bytes)}, .media_type = std::string(head)};
}

}  // namespace weft::adapters::openai
