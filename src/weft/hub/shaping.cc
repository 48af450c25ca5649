#include "weft/hub/shaping.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/base/text.h"

namespace weft::hub {
namespace {

using model::Part;
using model::Role;
using model::Turn;

constexpr std::array<std::string_view, 4> kMessageNames{"message", "prompt", "text", "input"};
constexpr std::size_t kDescriptionCharsMax = 160;

const Turn* last_user_turn(const model::Call& call) {
  const auto found = std::find_if(call.turns.rbegin(), call.turns.rend(),
                                  [](const Turn& turn) { return turn.role == Role::user; });
  return found == call.turns.rend() ? nullptr : &*found;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

void add_object(std::vector<json::value>& out, std::string_view text) {
  text = trimmed(text);
  if (!text.starts_with('{')) return;
  if (auto parsed = json::parse(text); parsed && parsed->is_object())
    out.push_back(*std::move(parsed));
}

/// What stands between ``` fences, whatever word follows the first.
void add_fenced(std::vector<json::value>& out, std::string_view text) {
  constexpr std::string_view kFence = "```";
  while (true) {
    const auto open = text.find(kFence);
    if (open == text.npos) return;
    const auto line = text.find('\n', open);
    if (line == text.npos) return;
    const auto close = text.find(kFence, line);
    if (close == text.npos) return;
    add_object(out, text.substr(line, close - line));
    text.remove_prefix(close + kFence.size());
  }
}

/// Everything in a call that could be the arguments, the likeliest first.
std::vector<json::value> candidates(const model::Call& call, const std::string& text) {
  std::vector<json::value> out;
  if (const Turn* turn = last_user_turn(call)) {
    for (const auto& part : turn->parts) {
      const auto* data = std::get_if<model::Data>(&part.body);
      if (data && data->json.is_object()) out.push_back(data->json);
    }
  }
  add_object(out, text);
  add_fenced(out, text);
  if (const auto* given = json::object_at(call.meta, "weft_args")) out.emplace_back(*given);
  const std::string_view given = json::string_at(call.meta, "weft_args");
  if (!given.empty()) add_object(out, given);
  return out;
}

bool is_text_field(const json::value& field) {
  const json::value* type = json::find(field, "type");
  return type && type->is_string() && type->get_string() == "string" && !json::find(field, "enum");
}

/// The only required property when it is a string; else the only property at all, when it is one.
std::string_view text_field(const json::value& schema) {
  const json::value* properties = json::find(schema, "properties");
  if (!properties || !properties->is_object()) return {};
  const json::value* required = json::find(schema, "required");
  const bool any_required = required && required->is_array() && !required->get_array().empty();
  if (any_required) {
    if (required->get_array().size() != 1 || !required->get_array()[0].is_string()) return {};
    const std::string_view name = required->get_array()[0].get_string();
    const json::value* field = json::find(*properties, name);
    return field && is_text_field(*field) ? name : std::string_view();
  }
  if (properties->get_object().size() != 1) return {};
  const auto& only = *properties->get_object().begin();
  return is_text_field(only.value()) ? std::string_view(only.key()) : std::string_view();
}

bool wants_nothing(const json::value& schema) {
  const json::value* required = json::find(schema, "required");
  if (required && required->is_array() && !required->get_array().empty()) return false;
  const json::value* properties = json::find(schema, "properties");
  return !properties || !properties->is_object() || properties->get_object().empty();
}

std::string field_line(std::string_view name, const json::value& field, bool required) {
  std::string out = std::format("\n- {}", name);
  const json::value* type = json::find(field, "type");
  if (type && type->is_string()) out += std::format(" ({})", std::string_view(type->get_string()));
  if (!required) out += ", optional";
  const json::value* description = json::find(field, "description");
  if (description && description->is_string()) {
    out += std::format(": {}", beginning_of(description->get_string(), kDescriptionCharsMax));
  }
  return out;
}

std::string field_list(const json::value& schema) {
  const json::value* properties = json::find(schema, "properties");
  if (!properties || !properties->is_object()) return {};
  const json::value* required = json::find(schema, "required");
  const auto is_required = [&](std::string_view name) {
    return required && required->is_array() &&
           std::ranges::any_of(required->get_array(), [&](const auto& v) {
             return v.is_string() && v.get_string() == name;
           });
  };
  std::string out;
  for (const bool wanted : {true, false}) {
    for (const auto& [name, field] : properties->get_object()) {
      if (is_required(name) == wanted) out += field_line(name, field, wanted);
    }
  }
  return out;
}

model::Ask question(const model::Skill& skill, const std::optional<SchemaFault>& fault) {
  model::Ask::Item item;
  item.kind = model::Ask::Kind::form;
  const std::string name = skill.title.empty() ? skill.id.str() : skill.title;
  item.message = std::format("{} needs these fields:{}\nAnswer with a JSON object.", name,
                             field_list(*skill.input_schema));
  if (fault) {
    item.message = std::format("{}: {}\n{}", fault->path.empty() ? "the arguments" : fault->path,
                               fault->message, item.message);
  }
  item.schema = *skill.input_schema;
  model::Ask ask;
  ask.items.emplace("arguments", std::move(item));
  return ask;
}

Result<Role> read_role(const json::object& message, std::string_view where) {
  const std::string_view word = json::string_at(message, "role");
  if (word.empty()) return Role::user;
  if (const auto role = model::role_from(word)) return *role;
  return fail(make_argument_error(std::format("{}/role", where),
                                  std::format("{}/role: `{}` is no role", where, word)));
}

Result<void> add_content(Turn& turn, const json::value& content, std::string_view where) {
  if (content.is_string()) {
    turn.parts.push_back(Part::text(std::string(content.get_string())));
    return {};
  }
  if (content.is_object()) {
    turn.parts.push_back(Part::data(content));
    return {};
  }
  if (!content.is_array()) {
    return fail(make_argument_error(
        std::string(where),
        std::format("{}: expected string or array, got {}", where, json::type_name(content))));
  }
  for (const auto& item : content.get_array()) {
    const json::value* text = json::find(item, "text");
    if (item.is_string()) {
      turn.parts.push_back(Part::text(std::string(item.get_string())));
    } else if (text && text->is_string()) {
      turn.parts.push_back(Part::text(std::string(text->get_string())));
    } else {
      turn.parts.push_back(Part::data(item));
    }
  }
  return {};
}

Result<void> add_messages(std::vector<Turn>& turns, const json::array& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string where = std::format("/messages/{}", i);
    if (!messages[i].is_object()) {
      return fail(make_argument_error(
          where, std::format("{}: expected object, got {}", where, json::type_name(messages[i]))));
    }
    const json::object& message = messages[i].get_object();
    Turn turn;
    WEFT_TRY(turn.role, read_role(message, where));
    const json::value* content = json::find(message, "content");
    if (!content) {
      return fail(
          make_argument_error(where + "/content", std::format("{}/content: required", where)));
    }
    WEFT_CHECK(add_content(turn, *content, where + "/content"));
    turns.push_back(std::move(turn));
  }
  return {};
}

Result<void> add_images(Turn& turn, const json::object& args) {
  const json::value* images = json::find(args, "images");
  if (!images) return {};
  const bool fits =
      images->is_array() &&
      std::ranges::all_of(images->get_array(), [](const auto& v) { return v.is_string(); });
  if (!fits) return fail(make_argument_error("/images", "/images: expected an array of URLs"));
  for (const auto& uri : images->get_array()) {
    Part part;
    part.body = model::Link{std::string(uri.get_string()), "", std::nullopt};
    part.media_type = "image/*";
    turn.parts.push_back(std::move(part));
  }
  return {};
}

json::object typed(std::string_view type, std::string_view description) {
  json::object o;
  o["type"] = type;
  if (!description.empty()) o["description"] = description;
  return o;
}

json::object list_of(json::value items, std::string_view description) {
  json::object o = typed("array", description);
  o["items"] = std::move(items);
  return o;
}

}  // namespace

Shaped args_from_turns(const model::Skill& skill, const Schema* schema, const model::Call& call) {
  Shaped shaped;
  const Turn* turn = last_user_turn(call);
  const std::string text = turn ? model::joined_text(turn->parts, false) : std::string();
  std::optional<SchemaFault> first_fault;
  for (auto& candidate : candidates(call, text)) {
    auto fault = schema ? schema->check(candidate) : std::nullopt;
    if (!fault) {
      shaped.args = std::move(candidate);
      return shaped;
    }
    if (!first_fault) first_fault = std::move(fault);
  }
  if (!skill.input_schema || wants_nothing(*skill.input_schema)) {
    json::object empty;
    if (!skill.input_schema && !text.empty()) empty["input"] = text;
    shaped.args = std::move(empty);
    return shaped;
  }
  const std::string_view field = text_field(*skill.input_schema);
  if (!first_fault && !field.empty() && !trimmed(text).empty()) {
    json::object args;
    args[field] = text;
    json::value filled(std::move(args));
    first_fault = schema ? schema->check(filled) : std::nullopt;
    if (!first_fault) {
      shaped.args = std::move(filled);
      return shaped;
    }
  }
  shaped.ask = question(skill, first_fault);
  return shaped;
}

Result<std::vector<Turn>> turns_from_args(const json::value& args) {
  std::vector<Turn> turns;
  if (args.is_string()) {
    turns.push_back(Turn{"", Role::user, "", {Part::text(std::string(args.get_string()))}});
    return turns;
  }
  if (!args.is_object()) {
    return fail(
        make_argument_error("", std::format("expected object, got {}", json::type_name(args))));
  }
  const json::object& o = args.get_object();
  if (const auto system = json::string_at(o, "system"); !system.empty()) {
    turns.push_back(Turn{"", Role::system, "", {Part::text(std::string(system))}});
  }
  if (const auto* messages = json::array_at(o, "messages"))
    WEFT_CHECK(add_messages(turns, *messages));
  Turn last;
  for (const auto name : kMessageNames) {
    const json::value* said = json::find(o, name);
    if (!said || !last.parts.empty()) continue;
    WEFT_CHECK(add_content(last, *said, std::format("/{}", name)));
  }
  if (const json::value* data = json::find(o, "data")) last.parts.push_back(Part::data(*data));
  WEFT_CHECK(add_images(last, o));
  if (!last.parts.empty()) turns.push_back(std::move(last));
  if (std::ranges::none_of(turns, [](const Turn& turn) { return turn.role != Role::system; })) {
    return fail(make_argument_error("/message", "/message: required: what to say"));
  }
  return turns;
}

Result<void> steer_from_args(model::Call& call) {
  const json::object* args = call.args ? call.args->if_object() : nullptr;
  if (!args) return {};
  if (call.model.empty()) call.model = json::string_at(*args, "model");
  model::Generation& gen = call.gen;
  if (!gen.max_tokens) gen.max_tokens = json::int_at(*args, "max_tokens");
  if (!gen.temperature) gen.temperature = json::number_at(*args, "temperature");
  const json::object* format = json::object_at(*args, "response_format");
  if (!format || !gen.format.empty()) return {};
  const std::string_view type = json::string_at(*format, "type");
  const json::object* named = json::object_at(*format, "json_schema");
  const json::object* schema = named ? json::object_at(*named, "schema") : nullptr;
  if (type == "text" || type == "json_object") {
    gen.format = type == "text" ? "text" : "json";
  } else if (type == "json_schema" && schema) {
    gen.format = "schema";
    gen.schema = *schema;
    gen.schema_name = json::string_at(*named, "name");
  } else {
    return fail(make_argument_error("/response_format",
                                    "/response_format: expected {\"type\": \"text\"}, "
                                    "{\"type\": \"json_object\"} or {\"type\": \"json_schema\", "
                                    "\"json_schema\": {\"name\": …, \"schema\": …}}"));
  }
  return {};
}

json::value converse_schema(const model::Skill& skill) {
  json::object properties;
  properties["message"] =
      typed("string", skill.description.empty() ? "What to say." : skill.description);
  properties["system"] = typed("string", "Instructions for the whole conversation.");
  properties["data"] = typed("object", "Structured content that goes with the message.");
  properties["images"] = list_of(typed("string", ""), "URLs of images that go with the message.");
  properties["context_id"] = typed("string", "The conversation to go on with.");
  json::object message = typed("object", "");
  json::object members;
  members["role"] = typed("string", "");
  members["content"] = typed("string", "");
  message["properties"] = std::move(members);
  properties["messages"] = list_of(std::move(message), "What was said before, oldest first.");
  properties["model"] = typed("string", "The model that is to answer, where there are several.");
  properties["max_tokens"] = typed("integer", "How long the answer may get.");
  properties["temperature"] = typed("number", "How freely it is written.");
  properties["response_format"] = typed("object", "Its form, as OpenAI spells it.");
  json::object schema = typed("object", "");
  schema["properties"] = std::move(properties);
  schema["required"] = json::array({"message"});
  return schema;
}

json::value embed_schema() {
  json::object input;
  input["description"] = "The text to embed, or several.";
  json::array forms;
  forms.push_back(typed("string", ""));
  forms.push_back(list_of(typed("string", ""), ""));
  input["anyOf"] = std::move(forms);
  json::object properties;
  properties["input"] = std::move(input);
  json::object schema = typed("object", "");
  schema["properties"] = std::move(properties);
  schema["required"] = json::array({"input"});
  return schema;
}

json::value outward_input_schema(const model::Skill& skill) {
  if (skill.input_schema && skill.input_schema->is_object()) {
    json::object schema = skill.input_schema->get_object();
    if (!schema.contains("type")) schema["type"] = "object";
    return schema;
  }
  if (skill.shape == model::Shape::converse) return converse_schema(skill);
  if (skill.shape == model::Shape::embed) return embed_schema();
  return typed("object", "");
}

}  // namespace weft::hub
