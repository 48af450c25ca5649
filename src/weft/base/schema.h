// JSON Schema 2020-12 (draft 7 where `$schema` says so), compiled once and checked often. Owned by
// base; a compiled Schema is immutable: any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft {

/// The first thing that does not fit.
struct SchemaFault {
  /// JSON Pointer into the instance; empty for the whole.
  std::string path;
  /// What was expected, in words: `expected integer, got string`.
  std::string message;
};

class Schema {
 public:
  /// Compiles. Refuses a schema larger than kSchemaBytesMax, deeper than kSchemaDepthMax, or one
  /// whose `$ref` leaves the document: nothing is ever fetched.
  static Result<Schema> create(const json::value& schema);
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  /// Nothing when the instance fits.
  std::optional<SchemaFault> check(const json::value& instance) const;
  /// The fault as an Error: message "PATH: WORDS", param = path.
  Result<void> require(const json::value& instance) const;

 private:
  struct Compiled;
  explicit Schema(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace weft
