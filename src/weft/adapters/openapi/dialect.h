// Schemas of an OpenAPI document as JSON Schema 2020-12 that stands alone: references become
// `$defs`, and a schema that refers to itself stays small. Owned by adapters/openapi; pure, one
// thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/openapi/document.h"

namespace weft::adapters::openapi {

class SchemaWriter {
 public:
  explicit SchemaWriter(const Document& document) : document_(document) {}

  /// The schema, translated; what it refers to is kept for add_definitions().
  json::value translate(const json::value& schema);
  /// Adds `$defs` with everything that the translated schemas refer to, directly or not.
  void add_definitions(json::object& schema);

 private:
  json::value walk(const json::value& schema, int depth);
  json::object walk_object(const json::object& from, int depth);
  void walk_keyword(std::string_view key, const json::value& value, json::object& to, int depth);
  std::string definition(std::string_view reference);

  const Document& document_;
  /// Reference to the name it has under `$defs`, in the order met.
  std::map<std::string, std::string, std::less<>> names_;
  std::vector<std::string> order_;
};

/// A string with `format: binary` or a content type of its own: a file.
bool is_file_schema(const json::object& schema);
/// What a caller may give for a file: text, a data URL, or an object with the bytes.
json::object file_input_schema(std::string_view description);

}  // namespace weft::adapters::openapi
