// Bodies of invocations, read.
#include <algorithm>
#include <array>
#include <cmath>
#include <format>

#include "weft/adapters/sagemaker/runtime/bodies.h"
#include "weft/wire/base64.h"
#include "weft/wire/csv.h"
#include "weft/wire/media_type.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

using model::Part;
using model::Shape;

std::unexpected<Error> wrong(std::string message) {
  return fail(Reason::invalid_argument, std::move(message));
}

const json::object* properties_of(const model::Skill& skill) {
  const json::object* schema = skill.input_schema ? skill.input_schema->if_object() : nullptr;
  return schema != nullptr ? json::object_at(*schema, "properties") : nullptr;
}

bool names_member(const model::Skill& skill, std::string_view name) {
  const json::object* properties = properties_of(skill);
  return properties != nullptr && properties->contains(name);
}

/// The one argument there is.
std::optional<std::string> only_member(const model::Skill& skill) {
  const json::object* properties = properties_of(skill);
  if (properties == nullptr || properties->size() != 1) return std::nullopt;
  return std::string(properties->begin()->key());
}

model::Turn said(std::vector<Part> parts) {
  model::Turn out;
  out.role = model::Role::user;
  out.parts = std::move(parts);
  return out;
}

// ---- the forms of JSON

AskedBody chat_of(json::object o) {
  AskedBody out;
  out.form = BodyForm::chat;
  out.gen.top_p = json::number_at(o, "top_p");
  out.gen.seed = json::int_at(o, "seed");
  if (const auto most = json::int_at(o, "max_completion_tokens")) out.gen.max_tokens = most;
  if (const json::array* stop = json::array_at(o, "stop")) {
    for (const json::value& word : *stop) {
      if (word.is_string()) out.gen.stop.emplace_back(word.get_string());
    }
  }
  out.args = std::move(o);
  return out;
}

/// What Hugging Face's containers call a model's settings.
void read_parameters(const json::object& parameters, AskedBody& out) {
  for (const auto& [key, value] : parameters) {
    const std::string_view name = key;
    if (name == "max_new_tokens") {
      out.gen.max_tokens = json::int_at(parameters, name);
    } else if (name == "temperature") {
      out.gen.temperature = json::number_at(parameters, name);
    } else if (name == "top_p") {
      out.gen.top_p = json::number_at(parameters, name);
    } else if (name == "seed") {
      out.gen.seed = json::int_at(parameters, name);
    } else if (name == "stop" && value.is_array()) {
      for (const json::value& word : value.get_array()) {
        if (word.is_string()) out.gen.stop.emplace_back(word.get_string());
      }
    } else if (name != "return_full_text" && name != "details" && name != "stream") {
      out.losses.push_back({"/parameters/" + json::escape_pointer(name), "call", "",
                            model::LossKind::dropped, "the solution has no such setting"});
    }
  }
}

Result<AskedBody> generation_of(const model::Skill& skill, const json::object& o) {
  AskedBody out;
  out.form = BodyForm::generation;
  const json::value& inputs = *json::find(o, "inputs");
  if (skill.shape == Shape::embed) {
    out.args = json::object{{"input", inputs}};
    return out;
  }
  if (!inputs.is_string())
    return wrong("`inputs` must be one text: a request is one call of the solution");
  out.turns.push_back(said({Part::text(std::string(inputs.get_string()))}));
  if (const json::object* parameters = json::object_at(o, "parameters"))
    read_parameters(*parameters, out);
  return out;
}

Result<AskedBody> instances_of(const model::Skill& skill, const json::object& o) {
  AskedBody out;
  out.form = BodyForm::instances;
  const json::array& instances = *json::array_at(o, "instances");
  const auto only = only_member(skill);
  if (skill.shape == Shape::predict && only) {
    json::object args;
    args[*only] = instances;
    out.args = std::move(args);
    return out;
  }
  if (instances.size() != 1 || !instances[0].is_object())
    return wrong("`instances` must hold one object: a request is one call of the solution");
  out.args = instances[0];
  return out;
}

Result<AskedBody> message_of(const json::object& o) {
  AskedBody out;
  out.form = BodyForm::message;
  std::vector<Part> parts;
  for (const json::value& item : *json::array_at(o, "parts")) {
    const json::object* part = item.if_object();
    if (part == nullptr) return wrong("a part of the message is no object");
    if (const json::value* text = json::find(*part, "text"); text != nullptr && text->is_string()) {
      parts.push_back(Part::text(std::string(text->get_string())));
    } else if (const json::value* data = json::find(*part, "data")) {
      parts.push_back(Part::data(*data));
    } else {
      return wrong("a part of the message has neither `text` nor `data`");
    }
  }
  if (parts.empty()) return wrong("the message has no parts");
  out.turns.push_back(said(std::move(parts)));
  return out;
}

Result<AskedBody> read_json(const model::Skill& skill, std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == body.npos) body = "{}";
  auto parsed = json::parse(body);
  if (!parsed) return wrong(std::format("the body is no JSON: {}", parsed.error().message));
  AskedBody out;
  json::object* o = parsed->if_object();
  if (o == nullptr) {
    if (parsed->is_string()) {
      out.form = BodyForm::text;
      out.turns.push_back(said({Part::text(std::string(parsed->get_string()))}));
      return out;
    }
    const auto only = only_member(skill);
    if (!only) {
      return wrong(
          std::format("the body must be an object of arguments, got {}", json::type_name(*parsed)));
    }
    out.args = json::object{{*only, *std::move(parsed)}};
    return out;
  }
  // A member that the skill itself names is meant as the skill means it.
  const auto has = [&](std::string_view name) { return !names_member(skill, name); };
  if (has("messages") && json::array_at(*o, "messages") != nullptr) return chat_of(std::move(*o));
  if (has("inputs") && o->contains("inputs")) return generation_of(skill, *o);
  if (has("instances") && json::array_at(*o, "instances") != nullptr)
    return instances_of(skill, *o);
  if (has("parts") && json::array_at(*o, "parts") != nullptr) return message_of(*o);
  if (skill.shape == Shape::embed && o->contains("text_inputs") && !o->contains("input"))
    (*o)["input"] = (*o)["text_inputs"];
  out.args = *std::move(parsed);
  return out;
}

// ---- other types

Result<AskedBody> read_table(const model::Skill& skill, std::string_view body) {
  const auto only = only_member(skill);
  if (!only || skill.shape == Shape::converse || skill.shape == Shape::embed) {
    return fail(Reason::content_type,
                "text/csv is a tensor, and the skill takes none, or several; send "
                "application/json with its arguments by name");
  }
  wire::CsvReader reader(wire::sniff_delimiter(body));
  std::vector<float> values;
  WEFT_TRY(const std::size_t rows, reader.read(body, values));
  json::array table;
  for (std::size_t row = 0; row < rows; ++row) {
    json::array line;
    for (std::size_t column = 0; column < reader.columns(); ++column) {
      const float value = values[row * reader.columns() + column];
      line.emplace_back(std::isfinite(value) ? json::value(static_cast<double>(value))
                                             : json::value(nullptr));
    }
    table.emplace_back(std::move(line));
  }
  AskedBody out;
  out.form = BodyForm::table;
  out.args = json::object{{*only, std::move(table)}};
  return out;
}

Result<AskedBody> read_text(std::string_view body) {
  if (!wire::is_utf8(body)) return wrong("the text is not UTF-8");
  AskedBody out;
  out.form = BodyForm::text;
  out.turns.push_back(said({Part::text(std::string(body))}));
  return out;
}

Result<AskedBody> read_file(const model::Skill& skill, std::string_view type,
                            std::string_view body) {
  if (skill.shape != Shape::converse) {
    return fail(Reason::content_type,
                std::format("the skill takes arguments: application/json, not `{}`", type));
  }
  Part part;
  part.body = model::Blob{.bytes = std::string(body), .filename = ""};
  part.media_type = type;
  AskedBody out;
  out.form = BodyForm::file;
  out.turns.push_back(said({std::move(part)}));
  return out;
}

}  // namespace

Result<AskedBody> read_body(const model::Skill& skill, std::string_view content_type,
                            std::string_view body) {
  const std::string type = wire::media_type(content_type);
  if (type.empty() || type == "application/json" || type.ends_with("+json"))
    return read_json(skill, body);
  if (type == "application/jsonlines" || type == "application/x-ndjson") {
    const auto end = body.find_last_not_of("\r\n");
    const std::string_view line = body.substr(0, end == body.npos ? 0 : end + 1);
    if (line.contains('\n')) return wrong("one line is one call: send one");
    return read_json(skill, line);
  }
  if (type == "text/csv") return read_table(skill, body);
  if (type == "text/plain") return read_text(body);
  return read_file(skill, type, body);
}

}  // namespace weft::adapters::sagemaker::runtime
