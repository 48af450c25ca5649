#include "weft/adapters/common/moved_schema.h"

#include <algorithm>
#include <array>
#include <string>

namespace weft::adapters {
namespace {

constexpr std::array<std::string_view, 5> kData = {"const", "enum", "default", "examples",
                                                   "example"};
/// Keywords whose members have names of the author's choice, which may look like keywords.
constexpr std::array<std::string_view, 6> kNamed = {
    "properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"};

bool refers(std::string_view key) { return key == "$ref" || key == "$dynamicRef"; }

/// A schema with an identifier is where its own references start, wherever it stands. (`#name` was
/// an anchor in draft 7.)
bool has_base(const json::object& schema) {
  const std::string_view id = json::string_at(schema, "$id");
  return !id.empty() && !id.starts_with('#');
}

void move_reference(json::value& reference, std::string_view at) {
  const std::string_view target = reference.get_string();
  if (target != "#" && !target.starts_with("#/")) return;
  std::string moved(at);
  moved += target.substr(1);
  reference = moved;
}

void move_references(json::value& v, std::string_view at);

void move_keyword(std::string_view key, json::value& value, std::string_view at) {
  if (refers(key) && value.is_string()) return move_reference(value, at);
  if (std::ranges::contains(kData, key)) return;
  if (!std::ranges::contains(kNamed, key) || !value.is_object()) return move_references(value, at);
  for (auto& [name, schema] : value.get_object()) move_references(schema, at);
}

void move_references(json::value& v, std::string_view at) {
  if (auto* list = v.if_array()) {
    for (json::value& item : *list) move_references(item, at);
    return;
  }
  auto* schema = v.if_object();
  if (schema == nullptr || has_base(*schema)) return;
  for (auto& [key, value] : *schema) move_keyword(key, value, at);
}

}  // namespace

json::value moved_schema(const json::value& schema, std::string_view at) {
  json::value moved = schema;
  move_references(moved, at);
  return moved;
}

}  // namespace weft::adapters
