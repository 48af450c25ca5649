// A compiled JSON Schema: a graph of nodes. Built once by schema_compile, read by schema_check.
// Owned by base; immutable after it is built: any thread.
#pragma once

#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/pattern.h"
#include "weft/base/schema.h"

namespace weft::schema {

/// Bits of Node::types.
enum Type : unsigned {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kNumber = 8,
  kString = 16,
  kArray = 32,
  kObject = 64
};

struct Node;

struct NumberRules {
  std::optional<json::value> minimum, maximum, above, below, multiple_of;
};

struct StringRules {
  std::size_t length_min = 0;
  std::size_t length_max = std::numeric_limits<std::size_t>::max();
  const Pattern* pattern = nullptr;
};

struct ArrayRules {
  std::size_t items_min = 0;
  std::size_t items_max = std::numeric_limits<std::size_t>::max();
  bool unique = false;
  std::vector<const Node*> prefix;
  const Node* rest = nullptr;
  const Node* contains = nullptr;
  std::size_t contains_min = 1;
  std::size_t contains_max = std::numeric_limits<std::size_t>::max();
  const Node* unevaluated = nullptr;
};

struct ObjectRules {
  std::size_t size_min = 0;
  std::size_t size_max = std::numeric_limits<std::size_t>::max();
  std::vector<std::string> required;
  std::unordered_map<std::string_view, const Node*> properties;
  std::vector<std::pair<const Pattern*, const Node*>> patterns;
  const Node* additional = nullptr;
  const Node* names = nullptr;
  std::vector<std::pair<std::string, std::vector<std::string>>> dependent_required;
  std::vector<std::pair<std::string, const Node*>> dependent_schemas;
  const Node* unevaluated = nullptr;
};

/// `$ref`, and `$dynamicRef` when `anchor` names where it may be caught on the way.
struct Reference {
  const Node* target = nullptr;
  std::string anchor;
};

struct Node {
  /// For `true` and `false`.
  std::optional<bool> verdict;
  /// Which document with a base URI of its own it is part of.
  int resource = 0;
  unsigned types = 0;  ///< none: any
  std::optional<json::value> constant;
  std::optional<json::array> choices;
  std::unique_ptr<NumberRules> numbers;
  std::unique_ptr<StringRules> strings;
  std::unique_ptr<ArrayRules> arrays;
  std::unique_ptr<ObjectRules> objects;
  std::vector<Reference> references;
  std::vector<const Node*> all_of, any_of, one_of;
  const Node* not_ = nullptr;
  const Node* if_ = nullptr;
  const Node* then_ = nullptr;
  const Node* else_ = nullptr;
};

struct Graph {
  json::value source;
  std::deque<Node> nodes;
  std::deque<Pattern> patterns;
  const Node* root = nullptr;
  /// By resource and name of a `$dynamicAnchor`.
  std::map<std::pair<int, std::string>, const Node*> dynamic_anchors;
  /// Whether an `unevaluated…` stands anywhere: only then is kept what was looked at.
  bool tracks = false;
};

/// Errors: the schema is no schema, is too large or deep, or refers to what is not in it.
Result<std::unique_ptr<Graph>> compile(const json::value& source);
/// The first thing that does not fit, or that the check took too long.
std::optional<SchemaFault> check(const Graph& graph, const json::value& instance);
/// The names of a set of types, as people read them: `string or null`.
std::string type_words(unsigned types);

}  // namespace weft::schema
