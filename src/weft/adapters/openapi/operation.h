// Operations of a document: how each is called, and the skill it is. Owned by adapters/openapi;
// immutable once read, any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/openapi/document.h"
#include "weft/base/url.h"
#include "weft/model/solution.h"

namespace weft::adapters::openapi {

enum class In : std::uint8_t { path, query, header, cookie };
enum class Style : std::uint8_t {
  matrix,
  label,
  form,
  simple,
  space_delimited,
  pipe_delimited,
  deep_object
};

struct Parameter {
  std::string name;
  /// Its name among the arguments: another one where two parameters share theirs.
  std::string argument;
  In in = In::query;
  Style style = Style::form;
  bool explode = true;
  bool required = false;
  bool allow_reserved = false;
  /// `content` instead of `schema`: the value goes as JSON text.
  bool as_json = false;
};

/// How one field of a form goes.
struct FieldEncoding {
  std::string content_type;
  Style style = Style::form;
  bool explode = true;
  bool file = false;
  bool base64 = false;
};

struct Body {
  std::string media_type;
  bool required = false;
  /// The body's fields stand among the arguments; else the whole is the argument `body`.
  bool flat = false;
  std::vector<std::string> fields;
  /// Arguments that are nothing else belong to the body.
  bool open = false;
  std::map<std::string, FieldEncoding, std::less<>> encodings;
};

/// One way to be allowed in: all of these together.
struct Scheme {
  std::string name;
  enum class Kind : std::uint8_t { api_key, basic, bearer, other } kind = Kind::other;
  In in = In::header;
  std::string key;
};
using Requirement = std::vector<Scheme>;

struct Operation {
  std::string id;
  std::string method;
  /// `/items/{id}`, as the document has it.
  std::string path;
  /// Empty: the document's own.
  std::string server;
  std::vector<Parameter> parameters;
  std::optional<Body> body;
  /// For Accept: the media types of its answers.
  std::vector<std::string> answers;
  /// Any of them is enough; none: nothing is asked.
  std::vector<Requirement> security;
};

struct Catalog {
  model::Solution solution;
  std::map<std::string, Operation, std::less<>> operations;
  /// What was left out, and why: for the log.
  std::vector<std::string> notes;
};

/// The operations of a document as skills. `at` is where it was found: relative server URLs start
/// there.
Result<Catalog> read_catalog(const Document& document, const std::optional<Url>& at);

/// Headers that belong to the hop or to weft: never a parameter's target.
bool forbidden_header(std::string_view name);

}  // namespace weft::adapters::openapi
