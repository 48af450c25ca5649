#include "weft/dialogue/router/skill.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "weft/dialogue/router/limits.h"
#include "weft/dialogue/router/words.h"

namespace weft::dialogue {
namespace {

void add_choices(const json::object& schema, std::vector<std::string>& out) {
  const auto add = [&](const json::value& each) {
    if (each.is_string() && out.size() < kRoutedChoicesMax) out.emplace_back(each.get_string());
  };
  if (const json::array* choices = json::array_at(schema, "enum")) {
    for (const json::value& each : *choices) add(each);
  }
  if (const json::value* only = json::find(schema, "const")) add(*only);
}

void add_parameters(const json::object& schema, std::size_t depth,
                    std::vector<RoutedParameter>& out) {
  if (depth > kRoutedSchemaDepthMax) return;
  if (const json::object* items = json::object_at(schema, "items"))
    add_parameters(*items, depth + 1, out);
  const json::object* properties = json::object_at(schema, "properties");
  if (properties == nullptr) return;
  for (const auto& [name, value] : *properties) {
    if (out.size() >= kRoutedParametersMax) return;
    RoutedParameter& parameter = out.emplace_back();
    parameter.name = name;
    if (!value.is_object()) continue;
    const json::object& object = value.get_object();
    parameter.description = json::string_at(object, "description");
    add_choices(object, parameter.choices);
    if (const json::object* items = json::object_at(object, "items"))
      add_choices(*items, parameter.choices);
    add_parameters(object, depth + 1, out);
  }
}

void append(std::vector<std::string>& out, std::vector<std::string> words) {
  words.resize(std::min(words.size(), kSkillWordsMax - std::min(out.size(), kSkillWordsMax)));
  out.insert(out.end(), std::move_iterator(words.begin()), std::move_iterator(words.end()));
}

}  // namespace

std::vector<RoutedParameter> parameters_of(const json::value& schema) {
  std::vector<RoutedParameter> out;
  if (schema.is_object()) add_parameters(schema.get_object(), 0, out);
  return out;
}

SkillWords words_of_skill(const RoutedSkill& skill) {
  SkillWords out;
  append(out[Field::name], words_of_name(skill.name));
  append(out[Field::description], words_of(skill.description));
  for (const std::string& tag : skill.tags) append(out[Field::parameter], words_of_name(tag));
  for (const RoutedParameter& parameter : skill.parameters) {
    append(out[Field::parameter], words_of_name(parameter.name));
    append(out[Field::parameter], words_of(parameter.description));
    for (const std::string& choice : parameter.choices)
      append(out[Field::choice], words_of(choice));
  }
  for (std::size_t i = 0; i < std::min(skill.examples.size(), kExamplesRead); ++i)
    append(out[Field::example], words_of(skill.examples[i]));
  return out;
}

}  // namespace weft::dialogue
