#include "weft/adapters/openapi/skill_schema.h"

#include <algorithm>
#include <array>
#include <format>
#include <set>

#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/rest_codec.h"

namespace weft::adapters::openapi {
namespace {

std::optional<In> in_of(std::string_view word) {
  if (word == "path") return In::path;
  if (word == "query") return In::query;
  if (word == "header") return In::header;
  if (word == "cookie") return In::cookie;
  return std::nullopt;
}

std::string_view word_of(In in) {
  constexpr std::array<std::string_view, 4> kWords{"path", "query", "header", "cookie"};
  return kWords[static_cast<std::size_t>(in)];
}

Style style_of(std::string_view word, In in) {
  if (word == "matrix") return Style::matrix;
  if (word == "label") return Style::label;
  if (word == "simple") return Style::simple;
  if (word == "spaceDelimited") return Style::space_delimited;
  if (word == "pipeDelimited") return Style::pipe_delimited;
  if (word == "deepObject") return Style::deep_object;
  if (word == "form") return Style::form;
  return in == In::path || in == In::header ? Style::simple : Style::form;
}

bool is_json(std::string_view media_type) {
  const auto type = media_type.substr(0, media_type.find(';'));
  return type == "application/json" || type.ends_with("+json");
}

bool wildcard_type(std::string_view media_type) {
  return media_type == "*/*" || media_type == "application/*";
}

/// How well weft writes a body of a type; 0: not at all.
int body_rank(std::string_view media_type) {
  if (is_json(media_type)) return 6;
  if (media_type.starts_with("multipart/form-data")) return 5;
  if (media_type.starts_with("application/x-www-form-urlencoded")) return 4;
  if (wildcard_type(media_type)) return 3;
  if (media_type.starts_with("text/")) return 2;
  return 1;
}

/// Whether a schema has nothing but words about a value.
bool says_nothing(const json::value& schema) {
  static constexpr std::array<std::string_view, 8> kWords{"title",     "description", "default",
                                                          "examples",  "deprecated",  "readOnly",
                                                          "writeOnly", "format"};
  const auto* o = schema.if_object();
  return !o || std::ranges::all_of(*o, [](const auto& member) {
    return std::ranges::contains(kWords, std::string_view(member.key()));
  });
}

json::object described(json::value schema, const json::object& from) {
  json::object o = schema.is_object() ? std::move(schema.get_object()) : json::object();
  if (const auto text = json::string_at(from, "description");
      !text.empty() && !o.contains("description")) {
    o["description"] = text;
  }
  return o;
}

}  // namespace

Result<void> SkillSchema::read(const json::object& item, const json::object& from,
                               Operation& operation) {
  // The operation's own come first: they win over the path's of the same name and place.
  WEFT_CHECK(read_parameters(from, operation));
  WEFT_CHECK(read_parameters(item, operation));
  WEFT_CHECK(read_body(from, operation));
  read_answers(from, operation);
  return {};
}

Result<void> SkillSchema::read_parameters(const json::object& from, Operation& operation) {
  const auto* list = json::array_at(from, "parameters");
  if (!list) return {};
  if (list->size() > kParametersMax) {
    return fail(Reason::too_large, std::format("more than {} parameters", kParametersMax));
  }
  for (const auto& item : *list) {
    const auto* o = resolve_object(document_, &item);
    if (!o) {
      notes_.emplace_back("a parameter refers to nothing in the document");
      continue;
    }
    WEFT_CHECK(read_parameter(*o, operation));
  }
  return {};
}

Result<void> SkillSchema::read_parameter(const json::object& o, Operation& operation) {
  Parameter parameter;
  parameter.name = json::string_at(o, "name");
  const auto in = in_of(json::string_at(o, "in"));
  if (parameter.name.empty() || !in) {
    notes_.emplace_back("a parameter has no name or stands nowhere");
    return {};
  }
  parameter.in = *in;
  parameter.required = *in == In::path || json::bool_at(o, "required").value_or(false);
  const auto same = [&](const Parameter& p) {
    return p.name == parameter.name && p.in == parameter.in;
  };
  if (std::ranges::any_of(operation.parameters, same)) return {};
  if (*in == In::header && forbidden_header(parameter.name)) {
    notes_.push_back(std::format("the header `{}` is weft's own to set", parameter.name));
    return {};
  }
  parameter.style = style_of(json::string_at(o, "style"), *in);
  parameter.explode = json::bool_at(o, "explode").value_or(parameter.style == Style::form);
  parameter.allow_reserved = json::bool_at(o, "allowReserved").value_or(false);
  parameter.as_json = json::object_at(o, "content") != nullptr;
  add_parameter(o, std::move(parameter), operation);
  return {};
}

void SkillSchema::add_parameter(const json::object& o, Parameter parameter, Operation& operation) {
  const json::value* schema = json::find(o, "schema");
  if (const auto* content = json::object_at(o, "content"); content && !content->empty()) {
    schema = json::find(content->begin()->value(), "schema");
  }
  parameter.argument = parameter.name;
  if (properties_.contains(parameter.argument)) {
    parameter.argument = std::format("{}_{}", word_of(parameter.in), parameter.name);
  }
  json::value written = schema ? input_.translate(*schema) : json::value(json::object());
  properties_[parameter.argument] = described(std::move(written), o);
  if (parameter.required) required_.emplace_back(parameter.argument);
  operation.parameters.push_back(std::move(parameter));
}

Result<void> SkillSchema::read_body(const json::object& from, Operation& operation) {
  const auto* o = resolve_object(document_, json::find(from, "requestBody"));
  const auto* content = o ? json::object_at(*o, "content") : nullptr;
  if (!content || content->empty()) return {};
  const json::object::value_type* best = nullptr;
  for (const auto& item : *content) {
    if (!best || body_rank(item.key()) > body_rank(best->key())) best = &item;
  }
  Body body;
  body.media_type =
      wildcard_type(best->key()) ? std::string("application/json") : std::string(best->key());
  body.required = json::bool_at(*o, "required").value_or(false);
  const json::object empty;
  const auto* media = best->value().if_object();
  const auto* named = media ? json::find(*media, "schema") : nullptr;
  const json::value anything = json::object();
  const json::value& schema = named ? *named : anything;
  const auto* resolved = resolve_object(document_, &schema);
  if (resolved && body_rank(body.media_type) >= 4 && flatten(*resolved, body)) {
    read_form(media ? *media : empty, *resolved, body);
  } else {
    add_whole_body(schema, body, json::string_at(*o, "description"));
  }
  operation.body = std::move(body);
  return {};
}

/// An object's own properties can stand among the arguments when nothing else shapes it and no name
/// is taken.
bool SkillSchema::flatten(const json::object& schema, Body& body) {
  const auto* fields = json::object_at(schema, "properties");
  if (!fields || fields->empty()) return false;
  for (const std::string_view word :
       {"allOf", "anyOf", "oneOf", "not", "if", "patternProperties", "propertyNames",
        "dependentSchemas", "dependentRequired", "minProperties", "maxProperties"}) {
    if (schema.contains(word)) return false;
  }
  std::set<std::string_view> sent;
  for (const auto& [name, field] : *fields) {
    if (input_.leaves_out(field)) continue;
    if (properties_.contains(name)) return false;
    sent.insert(name);
  }
  const auto* more = json::find(schema, "additionalProperties");
  body.open = !more || !more->is_bool() || more->get_bool();
  open_ = body.open;
  body.flat = true;
  for (const auto& [name, field] : *fields) {
    if (!sent.contains(name)) continue;
    body.fields.emplace_back(name);
    properties_[name] = input_.translate(field);
  }
  const auto* wanted = json::array_at(schema, "required");
  if (!wanted || !body.required) return true;
  for (const auto& name : *wanted) {
    if (name.is_string() && sent.contains(name.get_string())) required_.push_back(name);
  }
  return true;
}

/// How each field of a form goes; a file among the arguments may be given in several ways.
void SkillSchema::read_form(const json::object& media, const json::object& schema, Body& body) {
  if (is_json(body.media_type)) return;
  const auto* encodings = json::object_at(media, "encoding");
  const auto& fields = *json::object_at(schema, "properties");
  for (const std::string& name : body.fields) {
    const json::value& field = fields.at(name);
    FieldEncoding encoding;
    if (const auto* own = encodings ? json::object_at(*encodings, name) : nullptr) {
      const auto types = json::string_at(*own, "contentType");
      encoding.content_type = types.substr(0, types.find(','));
      encoding.style = style_of(json::string_at(*own, "style"), In::query);
      encoding.explode = json::bool_at(*own, "explode").value_or(encoding.style == Style::form);
    }
    const auto* plain = resolve_object(document_, &field);
    if (plain && body.media_type.starts_with("multipart/") && is_file_schema(*plain)) {
      encoding.file = true;
      encoding.base64 = json::string_at(*plain, "contentEncoding") == "base64" ||
                        json::string_at(*plain, "format") == "byte";
      if (encoding.content_type.empty())
        encoding.content_type = json::string_at(*plain, "contentMediaType");
      properties_[name] = file_input_schema(json::string_at(*plain, "description"));
    }
    body.encodings.emplace(name, std::move(encoding));
  }
}

void SkillSchema::add_whole_body(const json::value& schema, const Body& body,
                                 std::string_view description) {
  json::value written;
  const bool binary = body_rank(body.media_type) == 1;
  if (binary) {
    written = file_input_schema(description);
  } else if (body_rank(body.media_type) == 2) {
    written = json::object{{"type", "string"}};
  } else {
    written = input_.translate(schema);
  }
  if (!description.empty() && written.is_object() && !binary) {
    if (!written.get_object().contains("description"))
      written.get_object()["description"] = description;
  }
  if (properties_.contains("body"))
    notes_.emplace_back("a parameter named `body` gives way to the body");
  properties_["body"] = std::move(written);
  if (body.required) required_.emplace_back("body");
}

/// The form that another weft gives to what has no schema.
bool SkillSchema::is_weft_answer(const json::value& schema) const {
  const auto* o = resolve_object(document_, &schema);
  return o && json::bool_at(*o, kAnswerMark).value_or(false);
}

void SkillSchema::read_answers(const json::object& from, Operation& operation) {
  // To HEAD there is never a body.
  other_results_ = operation.method == "HEAD";
  const auto* responses = json::object_at(from, "responses");
  if (!responses) return;
  for (const auto& [status, response] : *responses) {
    const std::string_view code = status;
    const bool is_result = code.starts_with('2');
    if (!is_result && code != "default") continue;
    const auto* o = resolve_object(document_, &response);
    const auto* content = o ? json::object_at(*o, "content") : nullptr;
    if (is_result) read_result(code, content);
    if (!content) continue;
    for (const auto& [type, media] : *content) {
      if (std::ranges::find(operation.answers, std::string_view(type)) == operation.answers.end()) {
        operation.answers.emplace_back(type);
      }
    }
  }
}

void SkillSchema::read_result(std::string_view status, const json::object* content) {
  if (!content || content->empty()) {
    other_results_ = true;
    return;
  }
  for (const auto& [type, media] : *content) {
    const auto* schema = json::find(media, "schema");
    // What another weft answers around a result, its reader takes off.
    if (schema && is_weft_answer(*schema)) continue;
    // Accepted: what is answered in the end is what is found where Location leads.
    if (!is_json(type) || status == "202") {
      other_results_ = true;
    } else {
      read_result_schema(schema);
    }
  }
}

void SkillSchema::read_result_schema(const json::value* schema) {
  const auto* target = resolve(document_, schema);
  if (target && std::ranges::contains(results_at_, target)) return;
  if (!target || results_at_.size() >= kAnswerSchemasMax) other_results_ = true;
  if (other_results_) return;
  json::value written = root_schema(*schema);
  other_results_ = says_nothing(written);
  results_at_.push_back(target);
  if (!std::ranges::contains(results_, written)) results_.push_back(std::move(written));
}

json::value SkillSchema::input() {
  json::object schema{{"type", "object"}};
  schema["properties"] = std::move(properties_);
  if (!required_.empty()) schema["required"] = std::move(required_);
  if (!open_) schema["additionalProperties"] = false;
  input_.add_definitions(schema);
  return schema;
}

/// Whether a schema takes objects alone, by its own word or by a part that must hold too.
bool SkillSchema::only_objects(const json::value& schema, int depth) {
  if (depth > kRefHopsMax || looks_left_ == 0) return false;
  --looks_left_;
  const auto* o = resolve_object(document_, &schema);
  if (!o) return false;
  if (json::string_at(*o, "type") == "object") return true;
  const auto* parts = json::array_at(*o, "allOf");
  return parts && std::ranges::any_of(
                      *parts, [&](const json::value& v) { return only_objects(v, depth + 1); });
}

/// A document's schema at the root of its own: not behind a reference, and saying that it is an
/// object where it is one, which some protocols ask of a result's schema.
json::value SkillSchema::root_schema(const json::value& schema) {
  const auto* target = resolve(document_, &schema);
  json::value written = output_.translate(target ? *target : schema);
  auto* o = written.if_object();
  if (o && !o->contains("type") && only_objects(schema, 0)) (*o)["type"] = "object";
  return written;
}

std::optional<json::value> SkillSchema::output() {
  if (other_results_ || results_.empty()) return std::nullopt;
  json::object schema;
  if (results_.size() == 1) {
    schema = std::move(results_.front().get_object());
  } else {
    const bool objects = std::ranges::all_of(results_, [](const json::value& one) {
      return json::string_at(one.get_object(), "type") == "object";
    });
    if (objects) schema["type"] = "object";
    schema["anyOf"] = json::array(results_.begin(), results_.end());
  }
  output_.add_definitions(schema);
  return schema;
}

}  // namespace weft::adapters::openapi
