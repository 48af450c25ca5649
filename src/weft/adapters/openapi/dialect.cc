#include "weft/adapters/openapi/dialect.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/openapi/limits.h"
#include "weft/base/schema.h"

namespace weft::adapters::openapi {
namespace {

/// Whether the checker understands a pattern. One that it does not is left to the service, which
/// wrote it.
bool understood(const json::value& pattern) {
  return Schema::create(json::object{{"pattern", pattern}}).has_value();
}

template <std::size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

constexpr std::array<std::string_view, 12> kOneSchema{"items",
                                                      "additionalProperties",
                                                      "not",
                                                      "if",
                                                      "then",
                                                      "else",
                                                      "contains",
                                                      "propertyNames",
                                                      "unevaluatedItems",
                                                      "unevaluatedProperties",
                                                      "contentSchema",
                                                      "additionalItems"};
constexpr std::array<std::string_view, 4> kManySchemas{"allOf", "anyOf", "oneOf", "prefixItems"};
constexpr std::array<std::string_view, 3> kNamedSchemas{"properties", "patternProperties",
                                                        "dependentSchemas"};
/// Keywords of the document, not of the schema; and those that would move where references lead.
constexpr std::array<std::string_view, 14> kDropped{
    "discriminator",  "xml",         "externalDocs", "$schema",  "$id",     "$anchor",
    "$dynamicAnchor", "$dynamicRef", "$comment",     "nullable", "example", "$defs",
    "definitions",    "$vocabulary"};

void add_null(json::object& o) {
  if (auto* type = o.if_contains("type")) {
    if (type->is_string()) {
      const json::value was = *type;
      *type = json::array{was, "null"};
    } else if (auto* list = type->if_array()) {
      list->emplace_back("null");
    }
  }
  if (auto* words = o.if_contains("enum"); words && words->is_array()) {
    auto& list = words->get_array();
    if (std::ranges::none_of(list, [](const json::value& v) { return v.is_null(); }))
      list.emplace_back(nullptr);
  }
}

/// 3.0: `exclusiveMinimum: true` beside `minimum` is one number in 2020-12.
void move_bound(json::object& o, std::string_view exclusive, std::string_view inclusive) {
  const auto* flag = o.if_contains(exclusive);
  if (!flag || !flag->is_bool()) return;
  const bool on = flag->get_bool();
  o.erase(exclusive);
  const auto* bound = o.if_contains(inclusive);
  if (!on || !bound) return;
  const json::value moved = *bound;
  o.erase(inclusive);
  o[exclusive] = moved;
}

}  // namespace

bool is_file_schema(const json::object& schema) {
  const auto format = json::string_at(schema, "format");
  if (format == "binary" || format == "byte") return json::string_at(schema, "type") == "string";
  const auto type = json::string_at(schema, "contentMediaType");
  return !type.empty() && type != "application/json" && !type.starts_with("text/");
}

json::object file_input_schema(std::string_view description) {
  json::object bytes{{"type", "object"},
                     {"properties",
                      {{"base64", {{"type", "string"}}},
                       {"text", {{"type", "string"}}},
                       {"filename", {{"type", "string"}}},
                       {"media_type", {{"type", "string"}}}}},
                     {"additionalProperties", false}};
  const std::string_view how =
      "A file: its text, a data: URL, or {base64 or text, filename, media_type}.";
  return {{"description",
           description.empty() ? std::string(how) : std::format("{} {}", description, how)},
          {"anyOf", json::array{json::object{{"type", "string"}}, std::move(bytes)}}};
}

std::string SchemaWriter::definition(std::string_view reference) {
  if (const auto known = names_.find(reference); known != names_.end()) return known->second;
  const auto slash = reference.rfind('/');
  std::string name;
  for (const char c : reference.substr(slash == std::string_view::npos ? 0 : slash + 1)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    name += plain ? c : '_';
  }
  const auto taken = [&](const std::string& word) {
    return std::ranges::any_of(names_, [&](const auto& entry) { return entry.second == word; });
  };
  std::string unique = name;
  for (int i = 2; taken(unique); ++i) unique = std::format("{}_{}", name, i);
  names_.emplace(std::string(reference), unique);
  order_.emplace_back(reference);
  return unique;
}

void SchemaWriter::walk_keyword(std::string_view key, const json::value& value, json::object& to,
                                int depth) {
  if (among(kDropped, key) || key.starts_with("x-")) return;
  if (key == "pattern" && !understood(value)) return;
  if (among(kOneSchema, key)) {
    to[key] = value.is_bool() ? value : walk(value, depth + 1);
  } else if (among(kManySchemas, key)) {
    json::array list;
    if (const auto* from = value.if_array()) {
      for (const auto& item : *from) list.push_back(walk(item, depth + 1));
    }
    if (!list.empty()) to[key] = std::move(list);
  } else if (among(kNamedSchemas, key)) {
    json::object named;
    if (const auto* from = value.if_object()) {
      for (const auto& [name, item] : *from) {
        if (key == "patternProperties" && !understood(json::value(name))) continue;
        named[name] = walk(item, depth + 1);
      }
    }
    to[key] = std::move(named);
  } else {
    to[key] = value;
  }
}

json::object SchemaWriter::walk_object(const json::object& from, int depth) {
  json::object to;
  if (const auto reference = json::string_at(from, "$ref"); !reference.empty()) {
    // A reference that leads nowhere (or out of the document, which is never fetched) asks for
    // nothing.
    if (at_reference(document_, reference)) to["$ref"] = "#/$defs/" + definition(reference);
    if (document_.old_dialect) return to;
  }
  for (const auto& [key, value] : from) {
    if (key != "$ref") walk_keyword(key, value, to, depth);
  }
  if (const auto* example = json::find(from, "example"); example && !to.contains("examples")) {
    to["examples"] = json::array{*example};
  }
  // Of older drafts too, which a 3.1 document may name as a schema's own.
  move_bound(to, "exclusiveMinimum", "minimum");
  move_bound(to, "exclusiveMaximum", "maximum");
  const bool nullable = document_.old_dialect && json::bool_at(from, "nullable").value_or(false);
  if (nullable) add_null(to);
  return to;
}

json::value SchemaWriter::walk(const json::value& schema, int depth) {
  if (schema.is_bool()) return schema;
  const auto* o = schema.if_object();
  if (!o || depth > kSchemaWalkDepthMax) return json::object();
  return walk_object(*o, depth);
}

json::value SchemaWriter::translate(const json::value& schema) { return walk(schema, 0); }

void SchemaWriter::add_definitions(json::object& schema) {
  json::object definitions;
  std::size_t bytes = json::write(schema).size();
  // The list grows while it is read: each definition may refer to more.
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const std::string reference = order_[i];
    const auto* target = at_reference(document_, reference);
    json::value written = json::object();
    if (target && bytes < kSkillSchemaBytesMax) {
      written = walk(*target, 0);
      bytes += json::write(written).size();
      if (bytes >= kSkillSchemaBytesMax) written = json::object();
    }
    definitions[names_.at(reference)] = std::move(written);
  }
  if (!definitions.empty()) schema["$defs"] = std::move(definitions);
}

}  // namespace weft::adapters::openapi
