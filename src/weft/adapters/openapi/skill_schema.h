// The arguments of an operation: its parameters and its body as one JSON Schema, and how each goes
// back on the wire. Owned by adapters/openapi; pure, one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/adapters/openapi/dialect.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/operation.h"

namespace weft::adapters::openapi {

class SkillSchema {
 public:
  explicit SkillSchema(const Document& document)
      : document_(document),
        input_(document, Direction::request),
        output_(document, Direction::answer) {}

  /// Reads the path item's and the operation's parameters, the body and the answers into
  /// `operation`. Errors: the operation cannot be called at all (a required parameter that may not
  /// be set, a body of no type that is written here).
  Result<void> read(const json::object& item, const json::object& from, Operation& operation);
  /// The schema of the arguments.
  json::value input();
  /// The schema of every answer of status 2xx; nothing when there may be one that is no JSON, or of
  /// which the document says nothing.
  std::optional<json::value> output();
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Result<void> read_parameters(const json::object& from, Operation& operation);
  Result<void> read_parameter(const json::object& o, Operation& operation);
  void add_parameter(const json::object& o, Parameter parameter, Operation& operation);
  Result<void> read_body(const json::object& from, Operation& operation);
  void read_form(const json::object& media, const json::object& schema, Body& body);
  bool flatten(const json::object& schema, Body& body);
  void add_whole_body(const json::value& schema, const Body& body, std::string_view description);
  bool only_objects(const json::value& schema, int depth);
  json::value root_schema(const json::value& schema);
  bool is_weft_answer(const json::value& schema) const;
  void read_answers(const json::object& from, Operation& operation);
  void read_result(std::string_view status, const json::object* content);
  void read_result_schema(const json::value* schema);

  const Document& document_;
  SchemaWriter input_;
  SchemaWriter output_;
  json::object properties_;
  json::array required_;
  bool open_ = false;
  /// The schemas of the 2xx answers, each once, and where they stand.
  std::vector<json::value> results_;
  std::vector<const json::value*> results_at_;
  /// A 2xx answer may be something that none of them describes.
  bool other_results_ = false;
  std::size_t looks_left_ = kObjectLooksMax;
  std::vector<std::string> notes_;
};

}  // namespace weft::adapters::openapi
