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

bool SchemaWriter::LeftOut::contains(std::string_view name) const {
  for (const LeftOut* at = this; at; at = at->around) {
    if (at->names.contains(name)) return true;
  }
  return false;
}

bool SchemaWriter::LeftOut::any() const { return !names.empty() || (around && around->any()); }

bool SchemaWriter::leaves_out(const json::value& property, int depth) {
  const auto* o = property.if_object();
  if (!o || depth > kRefHopsMax || looks_left_ == 0) return false;
  --looks_left_;
  if (const auto reference = json::string_at(*o, "$ref"); !reference.empty()) {
    const auto* target = at_reference(document_, reference);
    if (target && leaves_out(*target, depth + 1)) return true;
    if (document_.old_dialect) return false;
  }
  if (json::bool_at(*o, stays_).value_or(false)) return true;
  const auto* parts = json::array_at(*o, "allOf");
  return parts && std::ranges::any_of(
                      *parts, [&](const json::value& v) { return leaves_out(v, depth + 1); });
}

void SchemaWriter::add_left_out(const json::value& schema, int depth, Names& names) {
  if (const auto* o = schema.if_object()) add_left_out(*o, depth, names);
}

/// By the schema's own word, or by that of a part that must hold too.
void SchemaWriter::add_left_out(const json::object& schema, int depth, Names& names) {
  if (depth > kRefHopsMax || looks_left_ == 0) return;
  --looks_left_;
  if (const auto* fields = json::object_at(schema, "properties")) {
    for (const auto& [name, field] : *fields) {
      if (leaves_out(field, 0)) names.emplace(name);
    }
  }
  if (const auto reference = json::string_at(schema, "$ref"); !reference.empty()) {
    const auto* target = at_reference(document_, reference);
    if (target) add_left_out(*target, depth + 1, names);
  }
  const auto* parts = json::array_at(schema, "allOf");
  if (!parts) return;
  for (const auto& part : *parts) add_left_out(part, depth + 1, names);
}

void SchemaWriter::walk_list(std::string_view key, const json::array& from, json::object& to,
                             int depth, const LeftOut& left_out) {
  json::array list;
  Names gone;
  for (const auto& item : from) {
    list.push_back(walk(item, depth + 1, key == "prefixItems" ? nullptr : &left_out));
    if (key == "oneOf") add_left_out(item, 0, gone);
  }
  if (list.empty()) return;
  // What told one from the others may be among what is left out. Where an anyOf stands beside, one
  // of the two alone is kept.
  const bool alike = key == "oneOf" && (left_out.any() || !gone.empty());
  to[alike ? std::string_view("anyOf") : key] = std::move(list);
}

void SchemaWriter::walk_named(std::string_view key, const json::object& from, json::object& to,
                              int depth, const LeftOut& left_out) {
  json::object named;
  for (const auto& [name, item] : from) {
    if (key == "patternProperties" && !understood(json::value(name))) continue;
    if (key == "properties" && left_out.contains(name)) continue;
    named[name] = walk(item, depth + 1, nullptr);
  }
  to[key] = std::move(named);
}

void SchemaWriter::walk_keyword(std::string_view key, const json::value& value, json::object& to,
                                int depth, const LeftOut& left_out) {
  static const json::object kNone;
  if (among(kDropped, key) || key.starts_with("x-")) return;
  if (key == "pattern" && !understood(value)) return;
  if (among(kOneSchema, key)) {
    const bool of_the_same = key == "then" || key == "else";
    to[key] = value.is_bool() ? value : walk(value, depth + 1, of_the_same ? &left_out : nullptr);
  } else if (among(kManySchemas, key)) {
    if (const auto* list = value.if_array()) walk_list(key, *list, to, depth, left_out);
  } else if (among(kNamedSchemas, key)) {
    const auto* named = value.if_object();
    walk_named(key, named ? *named : kNone, to, depth, left_out);
  } else if (key == "required" && value.is_array() && left_out.any()) {
    json::array names;
    for (const auto& name : value.get_array()) {
      if (!name.is_string() || !left_out.contains(name.get_string())) names.push_back(name);
    }
    if (!names.empty()) to[key] = std::move(names);
  } else {
    to[key] = value;
  }
}

json::object SchemaWriter::walk_object(const json::object& from, int depth, const LeftOut* around) {
  json::object to;
  if (const auto reference = json::string_at(from, "$ref"); !reference.empty()) {
    // A reference that leads nowhere (or out of the document, which is never fetched) asks for
    // nothing.
    if (at_reference(document_, reference)) to["$ref"] = "#/$defs/" + definition(reference);
    if (document_.old_dialect) return to;
  }
  LeftOut left_out{around, {}};
  add_left_out(from, 0, left_out.names);
  for (const auto& [key, value] : from) {
    if (key != "$ref") walk_keyword(key, value, to, depth, left_out);
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

json::value SchemaWriter::walk(const json::value& schema, int depth, const LeftOut* around) {
  if (schema.is_bool()) return schema;
  const auto* o = schema.if_object();
  if (!o || depth > kSchemaWalkDepthMax) return json::object();
  return walk_object(*o, depth, around);
}

json::value SchemaWriter::translate(const json::value& schema) { return walk(schema, 0, nullptr); }

void SchemaWriter::add_definitions(json::object& schema) {
  json::object definitions;
  std::size_t bytes = json::write(schema).size();
  // The list grows while it is read: each definition may refer to more.
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const std::string reference = order_[i];
    const auto* target = at_reference(document_, reference);
    json::value written = json::object();
    if (target && bytes < kSkillSchemaBytesMax) {
      written = walk(*target, 0, nullptr);
      bytes += json::write(written).size();
      if (bytes >= kSkillSchemaBytesMax) written = json::object();
    }
    definitions[names_.at(reference)] = std::move(written);
  }
  if (!definitions.empty()) schema["$defs"] = std::move(definitions);
}

}  // namespace weft::adapters::openapi
