#include "weft/adapters/sagemaker/invoking.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/common/upstream.h"
#include "weft/base/text.h"
#include "weft/wire/base64.h"
#include "weft/wire/http.h"
#include "weft/wire/media_type.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::size_t kLineBytesMax = 1024 * 1024;

/// Arguments that are a header of the request.
struct Field {
  std::string_view argument;
  std::string_view header;
};
constexpr std::array kFields{
    Field{"target_model", "X-Amzn-SageMaker-Target-Model"},
    Field{"target_variant", "X-Amzn-SageMaker-Target-Variant"},
    Field{"inference_component", "X-Amzn-SageMaker-Inference-Component"},
    Field{"session_id", "X-Amzn-SageMaker-Session-Id"},
    Field{"custom_attributes", "X-Amzn-SageMaker-Custom-Attributes"},
};

json::object text_member(std::string_view description) {
  return {{"type", "string"}, {"description", description}};
}

Result<std::string> header_text(const json::object& args, std::string_view name) {
  const json::value* value = json::find(args, name);
  if (value == nullptr) return std::string();
  const std::string at = std::format("/{}", name);
  if (!value->is_string()) {
    return fail(make_argument_error(
        at, std::format("{}: expected string, got {}", at, json::type_name(*value))));
  }
  std::string text(value->get_string());
  if (wire::valid_header_value(text)) return text;
  return fail(make_argument_error(at, std::format("{}: no header may hold this", at)));
}

Result<std::string> body_of(const json::object& args, std::string& type) {
  if (const json::value* packed = json::find(args, "b64"); packed != nullptr) {
    auto bytes = packed->is_string() ? wire::base64_decode(packed->get_string())
                                     : Result<std::string>(fail(Reason::invalid_argument, ""));
    if (!bytes) return fail(make_argument_error("/b64", "/b64: it is no base64"));
    if (type.empty()) type = "application/octet-stream";
    return bytes;
  }
  const json::value* body = json::find(args, "body");
  if (body == nullptr)
    return fail(make_argument_error("/body", "/body: required: what the endpoint is sent"));
  if (body->is_string()) {
    if (type.empty()) type = "text/plain";
    return std::string(body->get_string());
  }
  if (type.empty()) type = "application/json";
  return json::write(*body);
}

// ---- errors

/// `ModelError` of `ModelError:http://internal.amazon.com/…` or `ns#ModelError`.
std::string_view bare_type(std::string_view type) {
  type = type.substr(0, type.find(':'));
  const auto hash = type.find('#');
  return hash == type.npos ? type : type.substr(hash + 1);
}

Reason reason_of(std::string_view type, std::string_view message) {
  if (type == "ModelError") return Reason::solution_failed;
  if (type == "ValidationError" || type == "ValidationException")
    return message.contains("not found") ? Reason::solution_not_found : Reason::invalid_argument;
  if (type == "ModelNotReadyException" || type == "ThrottlingException")
    return Reason::rate_limited;
  if (type == "ServiceUnavailable" || type == "InternalDependencyException")
    return Reason::unavailable;
  return Reason::solution_failed;
}

// ---- streams

const json::value* first_choice(const json::object& o) {
  const json::array* choices = json::array_at(o, "choices");
  return choices != nullptr && !choices->empty() ? &choices->front() : nullptr;
}

/// Where the servers of language models put a piece of text.
std::string text_in(const json::object& o) {
  if (const json::value* choice = first_choice(o)) {
    const json::value* delta = json::find(*choice, "delta");
    const json::value* text =
        delta != nullptr ? json::find(*delta, "content") : json::find(*choice, "text");
    return text != nullptr && text->is_string() ? std::string(text->get_string()) : std::string();
  }
  if (const json::object* token = json::object_at(o, "token"))
    return std::string(json::string_at(*token, "text"));
  for (const std::string_view name : {"text", "delta", "text_output", "output"}) {
    const json::value* text = json::find(o, name);
    if (text != nullptr && text->is_string()) return std::string(text->get_string());
  }
  return {};
}

std::string text_of_line(std::string_view line) {
  constexpr std::string_view kData = "data:";
  if (line.starts_with(kData)) line.remove_prefix(kData.size());
  while (line.starts_with(' ')) line.remove_prefix(1);
  if (line.empty() || line.starts_with(':') || line == "[DONE]") return {};
  if (line.starts_with("event:") || line.starts_with("id:")) return {};
  const auto parsed = json::parse(line, kLineBytesMax);
  const json::object* o = parsed ? parsed->if_object() : nullptr;
  if (o != nullptr) return text_in(*o);
  if (parsed && parsed->is_string()) return std::string(parsed->get_string());
  return std::string(line) + "\n";
}

/// The beginning that holds whole characters alone.
std::size_t whole_characters(std::string_view text) {
  std::size_t end = text.size();
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto c = static_cast<unsigned char>(text[text.size() - back]);
    if ((c & 0xC0U) == 0x80U) continue;
    const std::size_t size = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
    if (size > back) end = text.size() - back;
    break;
  }
  return end;
}

}  // namespace

json::value invoke_schema() {
  json::object properties;
  properties["body"] =
      json::object{{"description", "What the model is sent: a text as it is, or JSON."}};
  properties["b64"] = text_member("The same as base64, for what is no text.");
  properties["content_type"] =
      text_member("Its media type; without it application/json, or text/plain for a text.");
  properties["accept"] = text_member("The media type that is wanted back.");
  properties["target_model"] = text_member("Which model of a multi-model endpoint.");
  properties["target_variant"] = text_member("Which production variant.");
  properties["inference_component"] = text_member("Which inference component.");
  properties["session_id"] = text_member("The session to go on with, or NEW_SESSION.");
  properties["custom_attributes"] = text_member("Words for the model's program.");
  return json::object{
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Result<InvokeBody> read_invoke(const json::value& args) {
  const json::object* o = args.if_object();
  if (o == nullptr)
    return fail(make_argument_error("", "the arguments must be an object with `body`"));
  InvokeBody out;
  WEFT_TRY(out.content_type, header_text(*o, "content_type"));
  WEFT_TRY(out.accept, header_text(*o, "accept"));
  for (const Field& field : kFields) {
    WEFT_TRY(std::string value, header_text(*o, field.argument));
    if (!value.empty()) out.more.emplace_back(field.header, std::move(value));
  }
  WEFT_TRY(out.body, body_of(*o, out.content_type));
  return out;
}

model::Output output_of_body(std::string_view content_type, std::string body) {
  model::Output out;
  const std::string type = wire::media_type(content_type);
  if (type == "application/json" || type.ends_with("+json")) {
    if (auto document = json::parse(body)) {
      out.data = *std::move(document);
      return out;
    }
  }
  model::Part part;
  const bool text = (type.empty() || type.starts_with("text/") || type.ends_with("json") ||
                     type.ends_with("jsonlines")) &&
                    wire::is_utf8(body);
  if (text) {
    part = model::Part::text(std::move(body));
    if (type != "text/plain") part.media_type = type;
  } else {
    part.body = model::Blob{.bytes = std::move(body), .filename = ""};
    part.media_type = type;
  }
  model::Turn turn;
  turn.role = model::Role::assistant;
  turn.parts.push_back(std::move(part));
  out.turns.push_back(std::move(turn));
  return out;
}

Error read_runtime_error(int status, const wire::Headers& headers, std::string_view body) {
  const auto parsed = json::parse(body);
  const json::object* o = parsed ? parsed->if_object() : nullptr;
  std::string_view type = headers.get("x-amzn-ErrorType");
  if (type.empty() && o != nullptr) type = json::string_at(*o, "__type");
  // What is wrong with weft's own credentials is nothing that the caller could mend.
  if (o == nullptr || type.empty() || status == 401 || status == 403)
    return error_of_status(status, headers, body);
  type = bare_type(type);
  std::string message(json::string_at(*o, "Message"));
  if (message.empty()) message = json::string_at(*o, "message");
  const Reason reason = reason_of(type, message);
  const std::string_view original = json::string_at(*o, "OriginalMessage");
  if (type == "ModelError" && !original.empty()) message = original;
  if (message.empty()) message = std::format("it answered {}", type);
  Error out = with_status(make_error(reason, std::move(message)), status, headers);
  if (const auto own = json::int_at(*o, "OriginalStatusCode"); own && *own >= 100 && *own < 600)
    out.upstream_status = static_cast<int>(*own);
  return out;
}

Error read_stream_exception(std::string_view type, std::string_view payload) {
  const auto parsed = json::parse(payload);
  const json::object* o = parsed ? parsed->if_object() : nullptr;
  std::string message(o != nullptr ? json::string_at(*o, "Message") : std::string_view());
  if (message.empty()) message = std::format("the stream ended with {}", type);
  const bool late =
      o != nullptr && json::string_at(*o, "ErrorCode") == "ModelInvocationTimeExceeded";
  const Reason reason = late                         ? Reason::deadline
                        : type == "ModelStreamError" ? Reason::solution_failed
                                                     : Reason::upstream_protocol;
  return make_error(reason, std::move(message));
}

StreamedText::StreamedText(std::string_view content_type) : form_(Form::whole) {
  const std::string type = wire::media_type(content_type);
  if (type == "text/event-stream" || type == "application/jsonlines" ||
      type == "application/x-ndjson" || type == "application/x-jsonlines") {
    form_ = Form::lines;
  } else if (type == "text/plain") {
    form_ = Form::text;
  }
}

Result<std::string> StreamedText::feed(std::string_view bytes) {
  held_ += bytes;
  std::string out;
  if (form_ == Form::text) {
    const std::size_t end = whole_characters(held_);
    out = held_.substr(0, end);
    held_.erase(0, end);
    if (!wire::is_utf8(out)) return fail(Reason::upstream_protocol, "the stream is no text");
    return out;
  }
  std::size_t at = 0;
  for (auto end = held_.find('\n'); end != held_.npos; end = held_.find('\n', at)) {
    std::string_view line = std::string_view(held_).substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!wire::is_utf8(line)) return fail(Reason::upstream_protocol, "the stream is no text");
    out += text_of_line(line);
  }
  held_.erase(0, at);
  if (held_.size() > kLineBytesMax) {
    return fail(Reason::upstream_protocol,
                std::format("a line of the stream is longer than {} bytes", kLineBytesMax));
  }
  return out;
}

Result<std::string> StreamedText::end() {
  if (held_.empty()) return std::string();
  if (!wire::is_utf8(held_)) return fail(Reason::upstream_protocol, "the stream is no text");
  std::string out = form_ == Form::lines ? text_of_line(held_) : held_;
  held_.clear();
  return out;
}

}  // namespace weft::adapters::sagemaker
