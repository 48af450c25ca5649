// Schemas of an OpenAPI document as JSON Schema 2020-12 that stands alone: references become
// `$defs`, and a schema that refers to itself stays small. Owned by adapters/openapi; pure, one
// thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/openapi/document.h"
#include "weft/adapters/openapi/limits.h"

namespace weft::adapters::openapi {

/// Which way the described value goes: a `readOnly` property is in no request, a `writeOnly` one in
/// no answer, and `required` asks for neither there (OAS 3.0 §4.7.24.1; JSON Schema 2020-12 §9.4).
enum class Direction : std::uint8_t { request, answer };

/// Writes schemas for one direction: what goes both ways in a document needs one writer for each.
class SchemaWriter {
 public:
  SchemaWriter(const Document& document, Direction direction)
      : document_(document), stays_(direction == Direction::request ? "readOnly" : "writeOnly") {}

  /// The schema, translated; what it refers to is kept for add_definitions().
  json::value translate(const json::value& schema);
  /// Adds `$defs` with everything that the translated schemas refer to, directly or not.
  void add_definitions(json::object& schema);
  /// Whether a property of this schema does not go this way.
  bool leaves_out(const json::value& property) { return leaves_out(property, 0); }

 private:
  using Names = std::set<std::string, std::less<>>;
  /// The names of an instance's properties that do not go this way: by the schema at hand, and by
  /// those around it that speak of the same instance.
  struct LeftOut {
    const LeftOut* around = nullptr;
    Names names;
    bool contains(std::string_view name) const;
    bool any() const;
  };
  json::value walk(const json::value& schema, int depth, const LeftOut* around);
  json::object walk_object(const json::object& from, int depth, const LeftOut* around);
  void walk_keyword(std::string_view key, const json::value& value, json::object& to, int depth,
                    const LeftOut& left_out);
  void walk_list(std::string_view key, const json::array& from, json::object& to, int depth,
                 const LeftOut& left_out);
  void walk_named(std::string_view key, const json::object& from, json::object& to, int depth,
                  const LeftOut& left_out);
  bool leaves_out(const json::value& property, int depth);
  void add_left_out(const json::value& schema, int depth, Names& names);
  void add_left_out(const json::object& schema, int depth, Names& names);
  std::string definition(std::string_view reference);

  const Document& document_;
  /// The word that keeps a property from going this way.
  std::string_view stays_;
  /// So many schemas more are looked into for it: beyond, all properties count as going.
  std::size_t looks_left_ = kDirectionLooksMax;
  /// Reference to the name it has under `$defs`, in the order met.
  std::map<std::string, std::string, std::less<>> names_;
  std::vector<std::string> order_;
};

/// A string with `format: binary` or a content type of its own: a file.
bool is_file_schema(const json::object& schema);
/// What a caller may give for a file: text, a data URL, or an object with the bytes.
json::object file_input_schema(std::string_view description);

}  // namespace weft::adapters::openapi
