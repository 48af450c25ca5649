#include "weft/adapters/a2a/questions.h"

#include <algorithm>
#include <cctype>
#include <format>
#include <utility>

namespace weft::adapters::a2a {
namespace {

using Kind = model::Ask::Kind;
using Item = model::Ask::Item;

/// The key of a question that came without one.
constexpr std::string_view kOnlyKey = "input";
constexpr std::string_view kActionMeta = "weft.action";

std::string trimmed(std::string_view text) {
  const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::optional<Kind> kind_from(std::string_view word) {
  for (const Kind kind :
       {Kind::form, Kind::question, Kind::url, Kind::approve, Kind::sample, Kind::login}) {
    if (model::to_string(kind) == word) return kind;
  }
  return std::nullopt;
}

json::value approve_schema() {
  json::object approve{{"type", "boolean"}, {"description", "Whether it may be done."}};
  json::object properties{{"approve", std::move(approve)}};
  return json::object{{"type", "object"},
                      {"properties", std::move(properties)},
                      {"required", json::array{"approve"}}};
}

json::object describe(const std::string& key, const Item& item) {
  json::object out{{"key", key}, {"kind", model::to_string(item.kind)}};
  if (!item.message.empty()) out["message"] = item.message;
  if (item.schema) out["requestedSchema"] = *item.schema;
  if (item.kind == Kind::approve && !item.schema) out["requestedSchema"] = approve_schema();
  if (!item.url.empty()) out["url"] = item.url;
  if (!item.raw.empty()) out["raw"] = item.raw;
  return out;
}

/// Words as the value that a property's schema wants; the hub checks whether they fit it.
json::value coerce(const json::value& schema, std::string_view words) {
  const std::string text = trimmed(words);
  const std::string_view type =
      schema.is_object() ? json::string_at(schema.get_object(), "type") : "";
  if (type == "boolean") {
    const std::string word = lower(text);
    if (word == "yes") return true;
    if (word == "no") return false;
  }
  if (!type.empty() && type != "string") {
    if (auto parsed = json::parse(text)) return *std::move(parsed);
  }
  return json::value(text);
}

/// `field: value` or `field = value`, one a line.
std::optional<json::object> by_names(const json::object& properties, std::string_view text) {
  json::object out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (trimmed(line).empty()) continue;
    const auto split = line.find_first_of(":=");
    if (split == std::string_view::npos) return std::nullopt;
    const std::string wanted = lower(trimmed(line.substr(0, split)));
    const auto found = std::ranges::find_if(properties, [&](const auto& member) {
      return lower(std::string_view(member.key())) == wanted;
    });
    if (found == properties.end()) return std::nullopt;
    out[found->key()] = coerce(found->value(), line.substr(split + 1));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

/// Words as they are, for the hub to fit them to the question; only a form of several fields is
/// taken apart here.
model::Answer answer_from_words(const Item& item, const std::string& text) {
  const std::string word = lower(trimmed(text));
  if (item.kind != Kind::question && (word == "decline" || word == "cancel")) {
    const auto action =
        word == "cancel" ? model::AnswerAction::cancel : model::AnswerAction::decline;
    return {action, std::nullopt, text};
  }
  model::Answer answer{model::AnswerAction::accept, std::nullopt, trimmed(text)};
  const json::value* properties = item.schema ? json::find(*item.schema, "properties") : nullptr;
  if (item.kind != Kind::form || properties == nullptr || !properties->is_object()) return answer;
  if (properties->get_object().size() < 2) return answer;
  if (auto data = by_names(properties->get_object(), text))
    answer.data = json::value(*std::move(data));
  return answer;
}

std::optional<model::AnswerAction> action_from(std::string_view word) {
  for (const auto action :
       {model::AnswerAction::accept, model::AnswerAction::decline, model::AnswerAction::cancel}) {
    if (model::to_string(action) == word) return action;
  }
  return std::nullopt;
}

/// A data part that names what it answers: {key, action?, data?}.
bool take_keyed(const model::Ask& ask, const json::object& object, model::Answers& out) {
  const std::string key(json::string_at(object, "key"));
  if (key.empty() || !ask.items.contains(key)) return false;
  model::Answer answer;
  answer.action =
      action_from(json::string_at(object, "action")).value_or(model::AnswerAction::accept);
  if (const json::value* data = json::find(object, "data")) answer.data = *data;
  answer.text = json::string_at(object, "text");
  out[key] = std::move(answer);
  return true;
}

bool take_answers(const model::Ask& ask, const json::object& object, model::Answers& out) {
  const json::object* answers = json::object_at(object, "answers");
  if (answers == nullptr) return false;
  for (const auto& member : *answers) {
    const std::string key(std::string_view(member.key()));
    if (ask.items.contains(key)) out[key] = {model::AnswerAction::accept, member.value(), ""};
  }
  return !out.empty();
}

void take_bare(const model::Ask& ask, const json::value& data, model::Answers& out) {
  const auto& [key, item] = *ask.items.begin();
  model::Answer answer{model::AnswerAction::accept, data, ""};
  if (data.is_object()) {
    const json::object& object = data.get_object();
    const json::value* parameters = json::find(object, "parameters");
    const bool wants_skill =
        item.schema && json::at_pointer(*item.schema, "/properties/skill") != nullptr;
    if (json::find(object, "skill") && parameters && !wants_skill) answer.data = *parameters;
    const auto action = action_from(json::string_at(object, "action"));
    const bool field =
        item.schema && json::at_pointer(*item.schema, "/properties/action") != nullptr;
    if (action && !field && object.size() == 1) answer = {*action, std::nullopt, ""};
  }
  if (item.kind == Kind::question && data.is_string()) answer.text = std::string(data.get_string());
  out[key] = std::move(answer);
}

}  // namespace

model::TaskState state_of(const model::Ask& ask) {
  const bool elsewhere = std::ranges::any_of(ask.items, [](const auto& entry) {
    return entry.second.kind == Kind::url || entry.second.kind == Kind::login;
  });
  return elsewhere ? model::TaskState::auth : model::TaskState::ask;
}

std::vector<model::Part> write_ask(const model::Ask& ask) {
  std::string words;
  std::vector<model::Part> details;
  for (const auto& [key, item] : ask.items) {
    if (!words.empty()) words += '\n';
    words += item.message.empty() ? "The solution asks for something." : item.message;
    const bool plain = item.kind == Kind::question && ask.items.size() == 1 && !item.schema;
    if (!plain) details.push_back(model::Part::data(describe(key, item)));
    if (!item.url.empty()) {
      model::Part link;
      link.body = model::Link{item.url, "", std::nullopt};
      details.push_back(std::move(link));
    }
  }
  std::vector<model::Part> out{model::Part::text(std::move(words))};
  for (model::Part& part : details) out.push_back(std::move(part));
  return out;
}

model::Ask read_ask(model::TaskState state, const std::optional<Message>& message) {
  model::Ask ask;
  const std::vector<model::Part> none;
  const std::vector<model::Part>& parts = message ? message->parts : none;
  const std::string words = model::joined_text(parts, false);
  std::string url;
  for (const model::Part& part : parts) {
    if (const auto* link = std::get_if<model::Link>(&part.body)) url = link->uri;
    const auto* data = std::get_if<model::Data>(&part.body);
    if (data == nullptr || !data->json.is_object()) continue;
    const json::object& object = data->json.get_object();
    const json::value* schema = json::find(object, "requestedSchema");
    const auto kind = kind_from(json::string_at(object, "kind"));
    if (schema == nullptr && !kind) continue;
    Item item;
    item.kind = kind.value_or(Kind::form);
    if (schema != nullptr && schema->is_object()) item.schema = *schema;
    if (item.kind == Kind::form && !item.schema) item.kind = Kind::question;
    item.message = json::string_at(object, "message");
    if (item.message.empty()) item.message = words;
    item.url = json::string_at(object, "url");
    if (const json::object* raw = json::object_at(object, "raw")) item.raw = *raw;
    std::string key(json::string_at(object, "key"));
    if (key.empty()) key = kOnlyKey;
    ask.items[key] = std::move(item);
  }
  if (!ask.items.empty()) return ask;
  Item item;
  item.kind =
      state == model::TaskState::auth ? (url.empty() ? Kind::login : Kind::url) : Kind::question;
  item.message = words.empty() ? "The agent asks for more input." : words;
  item.url = url;
  ask.items[std::string(kOnlyKey)] = std::move(item);
  return ask;
}

Result<model::Answers> read_answers(const model::Ask& ask, const Message& message) {
  model::Answers out;
  if (ask.items.empty()) return out;
  if (const auto action = action_from(json::string_at(message.metadata, kActionMeta));
      action && *action != model::AnswerAction::accept) {
    const std::string words = model::joined_text(message.parts, false);
    for (const auto& entry : ask.items) out[entry.first] = {*action, std::nullopt, words};
    return out;
  }
  for (const model::Part& part : message.parts) {
    const auto* data = std::get_if<model::Data>(&part.body);
    if (data == nullptr) continue;
    const json::object* object = data->json.is_object() ? &data->json.get_object() : nullptr;
    if (object != nullptr && (take_keyed(ask, *object, out) || take_answers(ask, *object, out)))
      continue;
    if (ask.items.size() == 1 && out.empty()) take_bare(ask, data->json, out);
  }
  if (out.empty() && ask.items.size() == 1) {
    const std::string text = model::joined_text(message.parts, false);
    out[ask.items.begin()->first] = answer_from_words(ask.items.begin()->second, text);
  }
  if (out.size() == ask.items.size()) return out;
  std::string missing;
  for (const auto& entry : ask.items) {
    if (!out.contains(entry.first)) missing += (missing.empty() ? "`" : ", `") + entry.first + "`";
  }
  return fail(make_argument_error("/message/parts",
                                  std::format("not every question is answered; still open: {}. "
                                              "Send a data part {{\"key\": …, \"data\": …}} "
                                              "for each",
                                              missing)));
}

Reply write_answers(const model::Ask& ask, const model::Answers& answers) {
  Reply reply;
  json::object together;
  for (const auto& [key, answer] : answers) {
    if (answer.action != model::AnswerAction::accept) {
      reply.metadata[kActionMeta] = model::to_string(answer.action);
      reply.parts.push_back(model::Part::text(answer.text.empty() ? "I decline." : answer.text));
      continue;
    }
    const auto asked = ask.items.find(key);
    const bool words = asked == ask.items.end() || asked->second.kind == Kind::question;
    const json::value* data = answer.data ? &*answer.data : nullptr;
    // A question in words that was shown as a form of one field comes back as that field.
    if (words && answer.text.empty() && data != nullptr && data->is_object() &&
        data->get_object().size() == 1 && data->get_object().begin()->value().is_string()) {
      data = &data->get_object().begin()->value();
    }
    if (words && data != nullptr && data->is_string()) {
      reply.parts.push_back(model::Part::text(std::string(data->get_string())));
    } else if (data != nullptr && answers.size() > 1) {
      together[key] = *data;
    } else if (data != nullptr) {
      reply.parts.push_back(model::Part::data(*data));
    } else {
      reply.parts.push_back(model::Part::text(answer.text.empty() ? "Done." : answer.text));
    }
  }
  if (!together.empty()) {
    reply.parts.push_back(model::Part::data(json::object{{"answers", std::move(together)}}));
  }
  if (reply.parts.empty()) reply.parts.push_back(model::Part::text(""));
  return reply;
}

}  // namespace weft::adapters::a2a
