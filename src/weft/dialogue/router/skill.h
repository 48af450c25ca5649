// What the router is told of a skill. Owned by who registers it; plain data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "weft/base/json.h"

namespace weft::dialogue {

struct RoutedParameter {
  std::string name;
  std::string description;
  std::vector<std::string> choices;  ///< what it may be, where that is listed
};

struct RoutedSkill {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::string> examples;
  std::vector<RoutedParameter> parameters;
  std::vector<std::string> tags;  ///< words that it is filed under; these count as parameters do
};

/// The parameters that a JSON Schema names: its `properties`, and those of objects in it (also in
/// lists), with `description` and the words of `enum` and `const`. What is no schema names none; at
/// most kRoutedParametersMax are read, at most kRoutedChoicesMax choices of each, and nothing
/// deeper than kRoutedSchemaDepthMax.
std::vector<RoutedParameter> parameters_of(const json::value& schema);

/// Where a skill says something of itself.
enum class Field : std::uint8_t { name, description, parameter, choice, example };
inline constexpr std::size_t kFields = 5;

/// The words that it says there, in order.
struct SkillWords {
  std::array<std::vector<std::string>, kFields> fields;
  std::vector<std::string>& operator[](Field field) {
    return fields[static_cast<std::size_t>(field)];
  }
  const std::vector<std::string>& operator[](Field field) const {
    return fields[static_cast<std::size_t>(field)];
  }
};
SkillWords words_of_skill(const RoutedSkill& skill);

}  // namespace weft::dialogue
