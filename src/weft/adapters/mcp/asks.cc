#include "weft/adapters/mcp/asks.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "weft/adapters/mcp/codec.h"
#include "weft/adapters/mcp/content.h"
#include "weft/adapters/mcp/tools.h"

namespace weft::adapters::mcp {

namespace {

using model::Answer;
using model::AnswerAction;
using model::Ask;

bool strings_only(const json::value* v) {
  return v != nullptr && v->is_array() &&
         std::ranges::all_of(v->get_array(), [](const json::value& e) { return e.is_string(); });
}

bool titled(const json::value* options) {
  return options != nullptr && options->is_array() &&
         std::ranges::all_of(options->get_array(), [](const json::value& o) {
           return o.is_object() && !json::string_at(o.get_object(), "const").empty() &&
                  o.get_object().contains("title");
         });
}

bool is_choice_list(const json::object& property) {
  const json::object* items = json::object_at(property, "items");
  if (items == nullptr) return false;
  return strings_only(json::find(*items, "enum")) || titled(json::find(*items, "anyOf"));
}

/// Choices of several, and choices with titles, came with 2025-11-25.
bool is_choice(const json::object& property) {
  return json::string_at(property, "type") == "array" || property.contains("oneOf");
}

bool is_flat(const json::object& property) {
  const std::string_view type = json::string_at(property, "type");
  if (type == "array") return is_choice_list(property);
  if (type == "string") {
    const json::value* options = json::find(property, "enum");
    const json::value* one_of = json::find(property, "oneOf");
    return (options == nullptr || strings_only(options)) && (one_of == nullptr || titled(one_of));
  }
  return type == "boolean" || type == "number" || type == "integer";
}

bool keeps_keyword(std::string_view type, std::string_view key) {
  static constexpr std::array<std::string_view, 4> kAlways = {"type", "title", "description",
                                                              "default"};
  static constexpr std::array<std::string_view, 6> kText = {"minLength", "maxLength", "format",
                                                            "enum",      "oneOf",     "enumNames"};
  static constexpr std::array<std::string_view, 2> kNumber = {"minimum", "maximum"};
  static constexpr std::array<std::string_view, 3> kList = {"items", "minItems", "maxItems"};
  if (std::ranges::find(kAlways, key) != kAlways.end()) return true;
  if (type == "string") return std::ranges::find(kText, key) != kText.end();
  if (type == "array") return std::ranges::find(kList, key) != kList.end();
  if (type == "boolean") return false;
  return std::ranges::find(kNumber, key) != kNumber.end();
}

bool known_format(std::string_view format) {
  static constexpr std::array<std::string_view, 4> kFormats = {"date", "date-time", "email", "uri"};
  return std::ranges::find(kFormats, format) != kFormats.end();
}

json::object flat_property(const json::object& property) {
  json::object out;
  const std::string_view type = json::string_at(property, "type");
  for (const auto& [key, value] : property) {
    if (!keeps_keyword(type, key)) continue;
    if (key == "format" && !known_format(json::string_at(property, "format"))) continue;
    out.emplace(key, value);
  }
  return out;
}

json::object json_property(const json::value& property) {
  json::object out;
  out["type"] = "string";
  std::string words = "A JSON value.";
  if (property.is_object()) {
    const std::string_view said = json::string_at(property.get_object(), "description");
    if (!said.empty()) words = std::format("{} (a JSON value)", said);
  }
  out["description"] = words;
  return out;
}

bool flat(const json::value& property) {
  return property.is_object() && is_flat(property.get_object());
}

const json::object* properties_of(const json::value& schema) {
  return schema.is_object() ? json::object_at(schema.get_object(), "properties") : nullptr;
}

/// The form of what has no schema of its own: one text.
json::object text_form(std::string_view name, std::string_view title) {
  json::object property;
  property["type"] = "string";
  property["title"] = title;
  json::object properties;
  properties[name] = std::move(property);
  json::object form;
  form["type"] = "object";
  form["properties"] = std::move(properties);
  form["required"] = json::array{json::value(name)};
  return form;
}

constexpr std::string_view kAnswerField = "message";

}  // namespace

ElicitCaps elicit_caps(const json::object& client_capabilities) {
  const json::object* elicitation = json::object_at(client_capabilities, "elicitation");
  if (elicitation == nullptr) return {};
  const bool url = elicitation->contains("url");
  return ElicitCaps{elicitation->contains("form") || !url, url};
}

json::object form_of(const json::value& schema, std::string_view version) {
  json::object shown;
  if (const json::object* properties = properties_of(schema)) {
    for (const auto& [name, property] : *properties) {
      const bool kept = flat(property) &&
                        (at_least(version, kLegacyVersion) || !is_choice(property.get_object()));
      shown[name] = kept ? flat_property(property.get_object()) : json_property(property);
    }
  }
  json::object form;
  form["type"] = "object";
  const json::array* required =
      schema.is_object() ? json::array_at(schema.get_object(), "required") : nullptr;
  json::array names;
  if (required != nullptr) {
    for (const json::value& name : *required) {
      if (name.is_string() && shown.contains(std::string_view(name.get_string())))
        names.push_back(name);
    }
  }
  form["properties"] = std::move(shown);
  if (!names.empty()) form["required"] = std::move(names);
  return form;
}

std::optional<json::object> elicit_params(const Ask::Item& item, ElicitCaps caps,
                                          std::string_view version,
                                          std::string_view elicitation_id) {
  json::object params;
  params["message"] = item.message;
  if (item.kind == Ask::Kind::sample) return std::nullopt;
  const bool by_url =
      item.kind == Ask::Kind::url || (item.kind == Ask::Kind::login && !item.url.empty());
  if (by_url) {
    if (!caps.url) return std::nullopt;
    params["mode"] = "url";
    params["url"] = item.url;
    if (version == kLegacyVersion) params["elicitationId"] = elicitation_id;
    return params;
  }
  if (!caps.form) return std::nullopt;
  if (at_least(version, kLegacyVersion)) params["mode"] = "form";
  if (item.kind == Ask::Kind::approve) {
    json::object form;
    form["type"] = "object";
    form["properties"] = json::object();
    params["requestedSchema"] = std::move(form);
  } else if (item.schema) {
    params["requestedSchema"] = form_of(*item.schema, version);
  } else {
    params["requestedSchema"] = text_form(kAnswerField, "Answer");
  }
  return params;
}

bool can_ask(const Ask& ask, ElicitCaps caps) {
  return std::ranges::all_of(ask.items, [&](const auto& entry) {
    // What another has to answer waits as a task.
    if (entry.second.consent && !entry.second.consent->approvers.empty()) return false;
    return elicit_params(entry.second, caps, kModernVersion, "").has_value();
  });
}

namespace {

/// Gives properties that were asked for as JSON text their values.
json::object read_back(const json::value& schema, const json::object& content) {
  json::object data = content;
  const json::object* properties = properties_of(schema);
  if (properties == nullptr) return data;
  for (const auto& [name, property] : *properties) {
    json::value* value = data.if_contains(name);
    const bool text = flat(property) && json::string_at(property.get_object(), "type") == "string";
    if (value == nullptr || !value->is_string() || text) continue;
    if (auto parsed = json::parse(std::string_view(value->get_string())))
      *value = *std::move(parsed);
  }
  return data;
}

std::optional<AnswerAction> action_of(std::string_view word) {
  if (word == "accept") return AnswerAction::accept;
  if (word == "decline") return AnswerAction::decline;
  if (word == "cancel") return AnswerAction::cancel;
  return std::nullopt;
}

}  // namespace

Result<Answer> answer_of(const Ask::Item& item, const json::value& elicit_result) {
  if (!elicit_result.is_object())
    return fail(Reason::invalid_argument, "an elicitation result must be an object");
  const json::object& result = elicit_result.get_object();
  const auto action = action_of(json::string_at(result, "action"));
  if (!action) {
    return fail(make_argument_error(
        "/action", "an elicitation result needs `action`: accept, decline or cancel"));
  }
  Answer answer;
  answer.action = *action;
  const json::object* content = json::object_at(result, "content");
  if (answer.action != AnswerAction::accept || content == nullptr) return answer;
  if (item.schema) {
    answer.data = read_back(*item.schema, *content);
  } else if (item.kind == Ask::Kind::question) {
    answer.text = std::string(json::string_at(*content, kAnswerField));
  } else {
    answer.data = *content;
  }
  return answer;
}

Result<Ask::Item> item_of(const json::object& params) {
  Ask::Item item;
  item.message = std::string(json::string_at(params, "message"));
  const std::string_view mode = json::string_at(params, "mode");
  if (mode == "url") {
    item.kind = Ask::Kind::url;
    item.url = std::string(json::string_at(params, "url"));
    if (item.url.empty())
      return fail(Reason::upstream_protocol, "an elicitation by URL without `url`");
    return item;
  }
  const json::object* schema = json::object_at(params, "requestedSchema");
  if (schema == nullptr)
    return fail(Reason::upstream_protocol, "an elicitation without `requestedSchema`");
  item.kind = Ask::Kind::form;
  item.schema = *schema;
  return item;
}

namespace {

std::optional<bool> boolean_word(std::string_view text) {
  std::string word;
  for (const char c : text) {
    if (c != ' ' && c != '.' && c != '!')
      word += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  }
  if (word == "yes" || word == "y" || word == "true" || word == "ok" || word == "confirm")
    return true;
  if (word == "no" || word == "n" || word == "false") return false;
  return std::nullopt;
}

std::optional<json::value> value_from_text(const json::object& property, std::string_view text) {
  const std::string_view type = json::string_at(property, "type");
  if (type == "string" || type.empty()) return json::value(text);
  if (type == "boolean") {
    if (const auto word = boolean_word(text)) return json::value(*word);
    return std::nullopt;
  }
  auto parsed = json::parse(text);
  if (!parsed) return std::nullopt;
  const bool number = parsed->is_number();
  if ((type == "number" || type == "integer") && !number) return std::nullopt;
  if (type == "array" && !parsed->is_array()) return std::nullopt;
  return *std::move(parsed);
}

/// The only property, or the only required one.
std::optional<std::string> lone_property(const json::value& schema,
                                         const json::object& properties) {
  if (properties.size() == 1) return std::string(properties.begin()->key());
  const json::array* required = json::array_at(schema.get_object(), "required");
  if (required == nullptr || required->size() != 1 || !required->front().is_string())
    return std::nullopt;
  return std::string(required->front().get_string());
}

void fill_defaults(const json::value& schema, json::object& data) {
  const json::object* properties = properties_of(schema);
  if (properties == nullptr) return;
  for (const auto& [name, property] : *properties) {
    if (data.contains(name) || !property.is_object()) continue;
    if (const json::value* value = json::find(property.get_object(), "default"))
      data.emplace(name, *value);
  }
}

}  // namespace

std::optional<json::object> form_data(const json::value& schema, std::string_view text) {
  if (auto parsed = json::parse(text); parsed && parsed->is_object())
    return std::move(parsed->get_object());
  const json::object* properties = properties_of(schema);
  if (properties == nullptr) return std::nullopt;
  const auto name = lone_property(schema, *properties);
  const json::value* property = name ? json::find(*properties, *name) : nullptr;
  if (property == nullptr || !property->is_object()) return std::nullopt;
  auto value = value_from_text(property->get_object(), text);
  if (!value) return std::nullopt;
  json::object data;
  data[*name] = *std::move(value);
  return data;
}

json::object elicit_result_of(const Ask::Item& item, const Answer& answer) {
  json::object result;
  result["action"] = model::to_string(answer.action);
  if (answer.action != AnswerAction::accept || item.kind != Ask::Kind::form) return result;
  json::object content;
  if (answer.data && answer.data->is_object()) {
    content = answer.data->get_object();
  } else if (item.schema && !answer.text.empty()) {
    if (auto data = form_data(*item.schema, answer.text)) content = *std::move(data);
  }
  if (item.schema) fill_defaults(*item.schema, content);
  result["content"] = std::move(content);
  return result;
}

namespace {

json::object question_json(const Ask::Item& item) {
  json::object o;
  o["kind"] = model::to_string(item.kind);
  o["message"] = item.message;
  if (item.schema) o["schema"] = *item.schema;
  if (!item.url.empty()) o["url"] = item.url;
  return o;
}

json::object continue_hint(const Ask& ask, std::string_view task_id) {
  json::object answers;
  for (const auto& [key, item] : ask.items) {
    answers[key] = item.schema ? json::value(json::object()) : json::value("");
  }
  json::object arguments;
  arguments["task_id"] = task_id;
  arguments["answers"] = std::move(answers);
  json::object hint;
  hint["tool"] = kContinueTool;
  hint["arguments"] = std::move(arguments);
  return hint;
}

}  // namespace

json::object parked_result(const Ask& ask, std::string_view task_id, Era era, bool promised) {
  std::string text;
  json::object questions;
  for (const auto& [key, item] : ask.items) {
    text += item.message;
    if (!item.url.empty()) text += std::format(" {}", item.url);
    text += "\n";
    questions[key] = question_json(item);
  }
  text += std::format(
      "The call waits for this answer as task {}. This client cannot be asked (it declared no "
      "elicitation capability): "
      "call the tool `{}` with task_id and answers.",
      task_id, kContinueTool);
  json::object data;
  data["task_id"] = task_id;
  data["status"] = "input_required";
  data["questions"] = std::move(questions);
  data["continue"] = continue_hint(ask, task_id);
  json::object result;
  json::array content{text_block(text)};
  if (promised) {
    content.push_back(text_block(json::write(data)));
    result["isError"] = true;
    json::object meta;
    meta[kMetaTask] = std::move(data);
    result["_meta"] = std::move(meta);
  } else {
    result["structuredContent"] = std::move(data);
  }
  result["content"] = std::move(content);
  seal_result(result, era, "complete");
  return result;
}

namespace {

Answer answer_of_value(const Ask::Item& item, const json::value& value) {
  Answer answer;
  if (!value.is_string()) {
    answer.data = value;
    return answer;
  }
  const std::string_view text = value.get_string();
  if (item.schema) {
    if (auto data = form_data(*item.schema, text)) {
      answer.data = *std::move(data);
      return answer;
    }
  }
  answer.text = std::string(text);
  return answer;
}

}  // namespace

Result<model::Answers> answers_of(const Ask& ask, const json::object& arguments) {
  model::Answers answers;
  const json::object* given = json::object_at(arguments, "answers");
  const json::value* text = json::find(arguments, "text");
  const bool decline = json::bool_at(arguments, "decline").value_or(false);
  for (const auto& [key, item] : ask.items) {
    if (decline) {
      Answer no;
      no.action = AnswerAction::decline;
      answers[key] = no;
      continue;
    }
    const json::value* value = given == nullptr ? nullptr : json::find(*given, key);
    if (value == nullptr && ask.items.size() == 1) {
      value = text != nullptr && text->is_string() ? text : nullptr;
    }
    if (value == nullptr && item.kind != Ask::Kind::approve) {
      return fail(make_argument_error("/answers/" + json::escape_pointer(key),
                                      std::format("an answer to \"{}\" is missing", item.message)));
    }
    answers[key] = value == nullptr ? Answer{} : answer_of_value(item, *value);
  }
  return answers;
}

}  // namespace weft::adapters::mcp
