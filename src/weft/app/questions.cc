#include "weft/app/questions.h"

#include <algorithm>
#include <format>

#include "weft/app/arguments.h"

namespace weft::app {
namespace {

using Item = model::Ask::Item;

const json::object* properties_of(const Item& item) {
  const auto* schema = item.schema ? item.schema->if_object() : nullptr;
  const auto* properties = schema ? json::object_at(*schema, "properties") : nullptr;
  return properties == nullptr || properties->empty() ? nullptr : properties;
}

std::string type_of(const json::object& property) {
  if (const auto* choices = json::array_at(property, "enum")) {
    std::string out;
    for (const auto& choice : *choices) {
      out += out.empty() ? "" : " | ";
      out += choice.is_string() ? std::string(choice.get_string()) : json::write(choice);
    }
    return out;
  }
  return std::string(json::string_at(property, "type"));
}

/// `district   string   where you live`.
void add_fields(std::vector<std::string>& out, const json::object& properties) {
  std::size_t width = 0;
  for (const auto& [name, property] : properties) width = std::max(width, name.size());
  for (const auto& [name, property] : properties) {
    const auto* o = property.if_object();
    std::string line = std::format("  {:<{}}", std::string_view(name), width);
    if (o != nullptr) line += "  " + type_of(*o);
    if (o != nullptr && !json::string_at(*o, "description").empty())
      line += std::format("  {}", json::string_at(*o, "description"));
    out.push_back(std::move(line));
  }
}

/// Whether the question's own words list the fields already.
bool lists_fields(const std::string& message, const json::object& properties) {
  return std::ranges::all_of(properties, [&](const auto& property) {
    return message.contains(std::format("\n- {} ", std::string_view(property.key())));
  });
}

/// The words that answer one question when it is the only one.
std::string words_for(const Item& item) {
  switch (item.kind) {
    case model::Ask::Kind::approve: return "yes";
    case model::Ask::Kind::url:
    case model::Ask::Kind::login: return "done";
    default: break;
  }
  if (properties_of(item) == nullptr) return "'TEXT'";
  std::string words = usage_of_schema(*item.schema, false);
  if (words.empty()) {
    // What may be left out is all that there is to say: shown as it is typed, without brackets.
    words = usage_of_schema(*item.schema, true);
    std::erase_if(words, [](char c) { return c == '[' || c == ']'; });
  }
  return words;
}

std::string words_for(const model::Ask& ask) {
  if (ask.items.size() == 1) return words_for(ask.items.begin()->second);
  std::string out;
  for (const auto& [key, item] : ask.items) {
    const bool form = properties_of(item) != nullptr;
    const std::string words = form ? "'{…}'" : words_for(item);
    out += std::format("{}{}={}", out.empty() ? "" : " ", key, words);
  }
  return out;
}

json::object answers_of(json::object answers) {
  json::object body;
  body["answers"] = std::move(answers);
  return body;
}

json::object accepted(std::string_view member, json::value value) {
  json::object body{{"action", "accept"}};
  body[member] = std::move(value);
  return body;
}

}  // namespace

std::vector<std::string> lines_of(const model::Ask& ask) {
  std::vector<std::string> out;
  for (const auto& [key, item] : ask.items) {
    out.push_back(ask.items.size() == 1 ? item.message : std::format("{}: {}", key, item.message));
    if (const auto* properties = properties_of(item)) {
      if (!lists_fields(item.message, *properties)) add_fields(out, *properties);
    } else if (item.schema) {
      out.push_back(json::write_pretty(*item.schema));
    }
    if (!item.url.empty()) out.push_back(item.url);
  }
  return out;
}

bool waits_for_others(const model::Ask& ask) {
  return std::ranges::any_of(ask.items, [](const auto& entry) {
    return entry.second.consent && !entry.second.consent->approvers.empty();
  });
}

std::string answer_command(std::string_view task, const model::Ask& ask) {
  if (waits_for_others(ask))
    return std::format("weft approve {}", ask.items.begin()->second.consent->id);
  return std::format("weft task answer {} {}", task, words_for(ask));
}

std::string next_step(std::string_view task, const model::Ask& ask) {
  if (!waits_for_others(ask))
    return std::format("next: {}  (or --decline)", answer_command(task, ask));
  return std::format("next, for who may approve: {}  (or weft deny)", answer_command(task, ask));
}

std::string answer_taken(const model::Ask& ask) {
  if (ask.items.size() != 1) return "an answer to each question, QUESTION=ANSWER";
  const Item& item = ask.items.begin()->second;
  if (item.kind == model::Ask::Kind::approve) return "yes or no";
  const auto* properties = properties_of(item);
  if (properties == nullptr) return "a text";
  std::string names;
  for (const auto& [name, property] : *properties)
    names += std::format("{}`{}`", names.empty() ? "" : ", ", std::string_view(name));
  return std::format("the field{} {}", properties->size() == 1 ? "" : "s", names);
}

Result<json::object> answer_of_words(const std::vector<std::string>& words, const model::Ask& ask) {
  if (ask.items.size() != 1) {
    WEFT_TRY(const json::object given, read_arguments(words, nullptr));
    json::object answers;
    for (const auto& [key, value] : given) {
      const std::string text =
          value.is_string() ? std::string(value.get_string()) : json::write(value);
      answers[key] = accepted("text", json::value(text));
    }
    return answers_of(std::move(answers));
  }
  if (const auto text = text_of_words(words)) return accepted("text", json::value(*text));
  const Item& item = ask.items.begin()->second;
  const json::value* schema = item.schema ? &*item.schema : nullptr;
  WEFT_TRY(json::object data, read_arguments(words, schema));
  if (schema != nullptr) {
    WEFT_CHECK(check_known(data, *schema));
  }
  return accepted("data", std::move(data));
}

Result<json::object> answer_of_input(const std::string& input, const model::Ask& ask) {
  auto parsed = json::parse(input);
  if (!parsed && looks_like_json(input)) return fail(std::move(parsed).error());
  if (ask.items.size() == 1) {
    const bool data =
        parsed && (parsed->is_structured() || ask.items.begin()->second.schema.has_value());
    return data ? accepted("data", *std::move(parsed)) : accepted("text", json::value(input));
  }
  if (!parsed || !parsed->is_object()) {
    return fail(
        Reason::invalid_argument,
        std::format("{} questions are open: --input takes an object with an answer for each",
                    ask.items.size()));
  }
  json::object answers;
  for (const auto& [key, value] : parsed->get_object())
    answers[key] = accepted(value.is_string() ? "text" : "data", value);
  return answers_of(std::move(answers));
}

json::object answer_of_decline(const model::Ask& ask) {
  json::object declined{{"action", "decline"}};
  if (ask.items.size() == 1) return declined;
  json::object answers;
  for (const auto& [key, item] : ask.items) answers[key] = declined;
  return answers_of(std::move(answers));
}

}  // namespace weft::app
