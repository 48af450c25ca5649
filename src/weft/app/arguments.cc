#include "weft/app/arguments.h"

#include <algorithm>
#include <format>
#include <set>

#include "weft/app/config.h"

namespace weft::app {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

json::value typed(const std::string& text, const json::object* property) {
  const std::string_view type = property ? json::string_at(*property, "type") : std::string_view();
  if (type == "string") return json::value(text);
  if (auto parsed = json::parse(text)) return *std::move(parsed);
  return json::value(text);
}

/// Whether the schema may know of arguments that are not among its `properties`.
bool is_open(const json::object& schema) {
  for (const char* word : {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else",
                           "dependentSchemas", "patternProperties"}) {
    if (schema.contains(word)) return true;
  }
  const auto* more = schema.if_contains("additionalProperties");
  return more != nullptr && *more != json::value(false);
}

Error unknown_key(std::string_view key, const json::object& properties) {
  std::vector<std::string> known;
  std::string all;
  for (const auto& [name, property] : properties) {
    known.emplace_back(name);
    all += std::format("{}`{}`", all.empty() ? "" : ", ", std::string_view(name));
  }
  const std::string near = nearest(key, known);
  const std::string meant = near.empty() ? "" : std::format("did you mean `{}`? ", near);
  return make_argument_error(
      "/" + json::escape_pointer(key),
      std::format("there is no argument `{}`: {}it takes {}", key, meant, all));
}

Result<void> check_pairs(const std::vector<std::string>& words) {
  std::set<std::string_view> seen;
  for (const std::string_view word : words) {
    if (!is_pair(word)) {
      return fail(Reason::invalid_argument,
                  std::format("`{}` is not KEY=VALUE; a text is one word: put it in quotes", word));
    }
    const std::string_view key = word.substr(0, word.find('='));
    if (!seen.insert(key).second) {
      return fail(Reason::invalid_argument,
                  std::format("`{0}` is given twice; a list is written {0}='[…, …]'", key));
    }
  }
  return {};
}

std::string placeholder(std::string_view name, const json::value& property) {
  const auto* o = property.if_object();
  if (o != nullptr && json::string_at(*o, "type") == "boolean") return std::format("{}=true", name);
  return std::format("{}=…", name);
}

}  // namespace

bool is_pair(std::string_view word) {
  const auto mark = word.find('=');
  return mark != std::string_view::npos && mark > 0 &&
         word.substr(0, mark).find_first_of(kSpaces) == std::string_view::npos;
}

std::optional<std::string> text_of_words(const std::vector<std::string>& words) {
  if (words.size() != 1 || is_pair(words.front())) return std::nullopt;
  return words.front();
}

Result<void> check_words(const std::vector<std::string>& words) {
  return text_of_words(words) ? Result<void>() : check_pairs(words);
}

Result<json::object> read_arguments(const std::vector<std::string>& words,
                                    const json::value* schema) {
  WEFT_CHECK(check_pairs(words));
  json::object out;
  const auto* top = schema ? schema->if_object() : nullptr;
  const auto* properties = top ? json::object_at(*top, "properties") : nullptr;
  for (const auto& word : words) {
    const auto mark = word.find('=');
    const std::string key = word.substr(0, mark);
    out[key] =
        typed(word.substr(mark + 1), properties ? json::object_at(*properties, key) : nullptr);
  }
  return out;
}

Result<void> check_known(const json::object& arguments, const json::value& schema) {
  const auto* top = schema.if_object();
  const auto* properties = top ? json::object_at(*top, "properties") : nullptr;
  if (properties == nullptr || properties->empty() || is_open(*top)) return {};
  for (const auto& [key, value] : arguments) {
    if (!properties->contains(key)) return fail(unknown_key(key, *properties));
  }
  return {};
}

bool looks_like_json(std::string_view text) {
  const auto first = text.find_first_not_of(kSpaces);
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

std::string usage_of_schema(const json::value& schema, bool optional) {
  const auto* top = schema.if_object();
  const auto* properties = top ? json::object_at(*top, "properties") : nullptr;
  if (properties == nullptr) return "";
  const auto* required = json::array_at(*top, "required");
  const auto is_required = [&](std::string_view name) {
    return required != nullptr && std::ranges::any_of(*required, [&](const json::value& one) {
             return one.is_string() && one.get_string() == name;
           });
  };
  std::string out;
  std::string rest;
  for (const auto& [name, property] : *properties) {
    if (is_required(name)) {
      out += std::format("{}{}", out.empty() ? "" : " ", placeholder(name, property));
    } else if (optional) {
      rest += std::format(" [{}]", placeholder(name, property));
    }
  }
  return out.empty() ? rest.substr(rest.empty() ? 0 : 1) : out + rest;
}

}  // namespace weft::app
