// An OpenAPI document: read, and its references followed. Owned by adapters/openapi; immutable once
// read, any thread.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/json.h"

namespace weft::adapters::openapi {

struct Document {
  json::value root;
  /// `3.0.3`, `3.1.0` …
  std::string version;
  /// 3.0: schemas in its own dialect.
  bool old_dialect = false;
};

/// Reads JSON or YAML. Errors name what it is instead (Swagger 2.0, another version, no OpenAPI at
/// all).
Result<Document> read_document(std::string_view text);
/// The value that `v` is or refers to (`$ref` within the document, kRefHopsMax hops); null when it
/// leads nowhere.
const json::value* resolve(const Document& document, const json::value* v);
/// The same, when it is an object.
const json::object* resolve_object(const Document& document, const json::value* v);
/// The value at a local reference (`#/components/…`), nullptr when it is no local one or leads
/// nowhere.
const json::value* at_reference(const Document& document, std::string_view reference);

}  // namespace weft::adapters::openapi
